"""App installations: install, change, promote, uninstall; `enabled` follows from versions and options
(docs/platform.md#install-promote-patch)."""

from __future__ import annotations

import hashlib
import json

from flask import Blueprint, Response, request

from syncer.sandbox.app import catalogue
from syncer.sandbox.app.bodies import (
    APP_LEVEL,
    REQUEST,
    Values,
    by_component,
    declarations,
    folded_back,
    missing,
    sealed,
    secret_paths,
    sensitive,
    with_entry_ids,
    without_secrets,
    wrong,
)
from syncer.sandbox.request_scope import RequestScope, asked, body, found, here, refuse, reply, whole
from syncer.sandbox.store import Json

ROUTES = Blueprint("apps", __name__)


@ROUTES.get("/v1/app")
def list_installations() -> Response:
    """The installed apps, paged; `enabled` and `componentType` narrow them."""
    scope = here()
    shown = [installation(scope, each) for each in scope.all("installation")]
    if "enabled" in request.args:
        shown = [each for each in shown if each["enabled"] == asked("enabled")]
    if kind := request.args.get("componentType"):
        shown = [each for each in shown if kind in {one["component_type"] for one in each["components"]}]
    page, size = whole("page", 1, least=1), whole("pageSize", 20, least=1, most=scope.options.app_most_per_page)
    pagination = {"total": len(shown), "page": page, "pageSize": size}
    return reply({"apps": shown[(page - 1) * size : page * size], "pagination": pagination})


@ROUTES.get("/v1/app/<app_id>")
def get_installation(app_id: str) -> Response:
    """One installed app; 404 says that it is not installed."""
    scope, held = here(), found("installation", app_id, "Installation")
    return reply(installation(scope, held))


@ROUTES.post("/v1/app/<app_id>")
def install(app_id: str) -> Response:
    """Install an app, or install it again: an upsert that answers 201 both times."""
    given, scope = body(REQUEST, optional=True), here()
    if "version" not in given and scope.options.app_default_version == "refuse":
        refuse(400, "body must have required property 'version'")
    version = catalogue.version(scope, app_id, given.get("version"))
    if version is None:
        refuse(404, f"App {app_id} not found in version {given.get('version', 'latest')}")
    held = new_installation(scope, version, given, scope.get("installation", app_id))
    return reply(installation(scope, held), 201)


@ROUTES.patch("/v1/app/<app_id>")
def patch(app_id: str) -> Response:
    """Change version or options, each with its side effect on `enabled`; 204 without a body."""
    given, scope = body(REQUEST, optional=True), here()
    held = found("installation", app_id, "Installation")
    before = installation(scope, held)
    options = scope.options
    if "option_values" in given:
        _set_values(scope, held, by_component(given["option_values"]), merged=options.app_options_patch == "merge")
        held["saved"] = held["saved"] or options.app_patch_options_enables
    if "version" in given:
        version = catalogue.version(scope, app_id, given["version"])
        if version is None:
            refuse(400, f"Version {given['version']} of app {app_id} is not available")
        _move(scope, held, version)
        if options.app_patch_version_disables:
            held["saved"] = "option_values" in given and options.app_version_and_options_enables
    if "_manifest" in given:
        held["_manifest"] = given["_manifest"]
    _store(scope, held)
    if options.app_stale_reads:
        scope.put("stale", app_id, {"left": options.app_stale_reads, "shown": before})
    return reply(status=204)


@ROUTES.post("/v1/app/<app_id>/promote-to/<wanted>")
def promote(app_id: str, wanted: str) -> Response:
    """Move to another version and wait for options to be saved; the same version does nothing."""
    scope, held = here(), found("installation", app_id, "Installation")
    version = catalogue.version(scope, app_id, wanted)
    if version is None:
        refuse(400, f"Version {wanted} of app {app_id} is not available")
    if wanted != held["version"]["version"]:
        _move(scope, held, version)
        held["saved"] = held["saved"] and not scope.options.app_promote_disables
        _store(scope, held)
    return reply(installation(scope, held))


@ROUTES.delete("/v1/app/<app_id>")
def uninstall(app_id: str) -> Response:
    """Remove an app and its options."""
    found("installation", app_id, "Installation")
    here().delete("installation", app_id)
    return reply(status=204)


@ROUTES.get("/v1/public/app/<app_id>/components/<component_id>")
def component(app_id: str, component_id: str) -> Response:
    """One component of an installed app, without its options."""
    components = found("installation", app_id, "Installation")["version"]["components"]
    wanted = next((each for each in components if each["id"] == component_id), None)
    if wanted is None:
        refuse(404, f"App {app_id} has no component {component_id}")
    return reply({key: value for key, value in wanted.items() if key != "options"})


def new_installation(scope: RequestScope, version: Json, given: Json, old: Json | None = None) -> Json:
    """Install a version, or install it again over what is there; returns what is held."""
    app_id, stamp = version["app_id"], scope.stamp()
    held: Json = {
        "app_id": app_id,
        "values": old["values"] if old and scope.options.app_install_keeps_options else {},
        "changed": old.get("changed", {}) if old and scope.options.app_install_keeps_options else {},
        "saved": True,
        "role": f"{scope.org}:{app_id}",
        "_manifest": given.get("_manifest", []),
        "audit": old["audit"] if old else {"created_at": stamp, "created_by": scope.user},
        "version": version,
    }
    if "option_values" in given:
        _set_values(scope, held, by_component(given["option_values"]))
    _store(scope, held)
    return held


def installation(scope: RequestScope, held: Json) -> Json:
    """An installation as it is answered: a snapshot of its version, without secrets, `enabled` worked out."""
    stale = scope.get("stale", held["app_id"])
    if stale is not None:
        left = stale["left"] - 1
        if left:
            scope.put("stale", held["app_id"], stale | {"left": left})
        else:
            scope.delete("stale", held["app_id"])
        return stale["shown"]
    version, options = held["version"], scope.options
    values = without_secrets(version, held["values"], options.app_secrets == "masked")
    components = json.loads(json.dumps(folded_back(version)))
    for each in components:
        if each.get("options"):
            each["options"] = [_option(scope, held, values, each["id"], one) for one in each["options"]]
    shown = {
        "app_id": held["app_id"],
        "installer_org_id": scope.org,
        "owner_org_id": version["owner_org_id"],
        "enabled": held["saved"] and not missing(version, held["values"]),
        "name": version["name"],
        "icon_url": version.get("icon_url"),
        "installed_version": version["version"],
        "option_values": [
            {"component_id": id, "options": [{"key": key, "value": value} for key, value in options.items()]}
            for id, options in values.items()
        ],
        "components": components,
        "options": _app_level(scope, held, values) if options.app_level_options else None,
        "role": held["role"],
        "installation_audit": held["audit"],
        "_manifest": held["_manifest"],
    }
    return {key: value for key, value in shown.items() if value is not None}


def _move(scope: RequestScope, held: Json, version: Json) -> None:
    here_now, wanted = held["version"]["version"], version["version"]
    if scope.options.app_downgrade == "refused" and catalogue.rank(wanted) < catalogue.rank(here_now):
        refuse(400, f"Version {wanted} is older than the installed {here_now}")
    held["version"] = version


def _app_level(scope: RequestScope, held: Json, values: Values) -> list[Json]:
    """The options of the app as a whole as an installation lists them: declared ones, then those of components whose
    key no other has, with the values that these have."""
    found: dict[str, Json] = {}
    for component, option in declarations(held["version"]):
        if option["key"] not in found:
            shown = _option(scope, held, values, component, option)
            value = values.get(component, {}).get(option["key"])
            found[option["key"]] = shown if value is None else {**shown, "value": value}
    return [*found.values()]


def _option(scope: RequestScope, held: Json, values: Values, component: str, option: Json) -> Json:
    """An option as an installation shows it: with its value where that may be read, else whether there is one and since
    when. A value of the app as a whole may stand at a component, where older readers set it."""
    shown, key = dict(option), option["key"]
    declared = APP_LEVEL if option.get("lifted") else component
    hidden, fields = sensitive(declared, option), secret_paths(option)[1]
    places = [declared, *(held["values"] if declared == APP_LEVEL else ())]
    mirrored = component == APP_LEVEL or option.get("lifted") or scope.options.app_values_in_declarations
    place = next((each for each in places if held["values"].get(each, {}).get(key) not in (None, "", [], {})), None)
    if place is not None and mirrored and not hidden:
        shown["value"] = values[place][key]
    if hidden and declared == APP_LEVEL:
        shown["sensitive"] = True
    if scope.options.app_secret_status and (hidden or fields):
        shown["configured"] = place is not None
        if place is not None:
            shown["value_updated_at"] = held.get("changed", {}).get(f"{place}/{key}", held["audit"]["created_at"])
    return shown


def _set_values(scope: RequestScope, held: Json, values: Values, merged: bool = False) -> None:
    """Keep the values, of a secret only a digest, for nothing here ever reads it back; what changes has no time until
    it is stored. `merged`: what is not among them stays."""
    version = held["version"]
    before: Values = held["values"]
    if scope.options.app_options_checked and (found_wrong := list(wrong(version, values))):
        refuse(400, "; ".join(found_wrong))
    stored = sealed(version, with_entry_ids(version, values, before, scope.new_id), _seal)
    if merged:
        stored = {id: before.get(id, {}) | stored.get(id, {}) for id in [*before, *stored]}
    times = held.get("changed", {})
    held["values"] = stored
    held["changed"] = {
        f"{component}/{key}": times.get(f"{component}/{key}", "")
        if _same(before.get(component, {}).get(key), value)
        else ""
        for component, options in stored.items()
        for key, value in options.items()
    }


def _seal(value: Json) -> Json:
    return value if value in ("", None) else "sealed:" + hashlib.sha256(str(value).encode()).hexdigest()


def _same(one: Json, other: Json) -> bool:
    """Whether two values are the same but for the ids of their entries."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return {**one, "id": ""} == {**other, "id": ""}
    return bool(one == other)


def _store(scope: RequestScope, held: Json) -> None:
    stamp = scope.stamp()
    held["audit"] = held["audit"] | {"updated_at": stamp, "updated_by": scope.user}
    held["changed"] = {place: time or stamp for place, time in held.get("changed", {}).items()}
    scope.put("installation", held["app_id"], held)
