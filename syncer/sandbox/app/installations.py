"""App installations: install, change, promote, uninstall; `enabled` follows from versions and options
(docs/platform.md#install-promote-patch)."""

from __future__ import annotations

import hashlib
import json

from flask import Blueprint, Response, request

from syncer.sandbox.app import catalogue
from syncer.sandbox.app.bodies import (
    REQUEST,
    Values,
    by_component,
    declarations,
    missing,
    secret_paths,
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
        values = by_component(given["option_values"])
        if options.app_options_patch == "merge":
            old: Values = held["values"]
            values = {id: old.get(id, {}) | values.get(id, {}) for id in [*old, *values]}
        _set_values(scope, held, values)
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
    version = held["version"]
    values = without_secrets(version["components"], held["values"], scope.options.app_secrets == "masked")
    components = version["components"]
    if scope.options.app_values_in_declarations:
        components = json.loads(json.dumps(components))
        for id, option in declarations(components):
            if option["key"] in values.get(id, {}):
                option["value"] = values[id][option["key"]]
    shown = {
        "app_id": held["app_id"],
        "installer_org_id": scope.org,
        "owner_org_id": version["owner_org_id"],
        "enabled": held["saved"] and not missing(version["components"], held["values"]),
        "name": version["name"],
        "icon_url": version.get("icon_url"),
        "installed_version": version["version"],
        "option_values": [
            {"component_id": id, "options": [{"key": key, "value": value} for key, value in options.items()]}
            for id, options in values.items()
        ],
        "components": components,
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


def _set_values(scope: RequestScope, held: Json, values: Values) -> None:
    components = held["version"]["components"]
    if scope.options.app_options_checked and (found_wrong := list(wrong(components, values))):
        refuse(400, "; ".join(found_wrong))
    held["values"] = _sealed(components, with_entry_ids(components, values, scope.new_id))


def _sealed(components: Json, values: Values) -> Values:
    """The values as they are stored: of a secret only a digest, for nothing here ever reads it back."""
    declared = {(component, option["key"]): secret_paths(option) for component, option in declarations(components)}

    def seal(value: Json) -> Json:
        return "" if value in ("", None) else "sealed:" + hashlib.sha256(str(value).encode()).hexdigest()

    def inside(value: Json, names: set[str]) -> Json:
        if isinstance(value, list):
            return [inside(each, names) for each in value]
        if not isinstance(value, dict):
            return value
        return {key: seal(each) if key in names else each for key, each in value.items()}

    sealed: Values = {}
    for component, options in values.items():
        sealed[component] = {}
        for key, value in options.items():
            secret, names = declared.get((component, key), (False, set[str]()))
            sealed[component][key] = seal(value) if secret else inside(value, names)
    return sealed


def _store(scope: RequestScope, held: Json) -> None:
    held["audit"] = held["audit"] | {"updated_at": scope.stamp(), "updated_by": scope.user}
    scope.put("installation", held["app_id"], held)
