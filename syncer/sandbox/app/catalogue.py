"""App configurations: an organisation's own apps, everybody's public ones, and their versions
(docs/platform.md#app-calls, #versions-of-an-app)."""

from __future__ import annotations

import json

from flask import Blueprint, Response, request

from syncer.sandbox.request_scope import RequestScope, here, refuse, reply, whole
from syncer.sandbox.store import Json

ROUTES = Blueprint("app_catalogue", __name__)

_METADATA = (
    "app_id",
    "name",
    "author",
    "description",
    "support_email",
    "category",
    "icon_url",
    "documentation_url",
    "owner_org_id",
    "pricing",
    "dev_mode",
    "internal",
    "configuration_audit",
)


@ROUTES.get("/v1/app-configurations")
def list_own() -> Response:
    """The organisation's own apps, private ones too."""
    return _paged("configurations", [_metadata(here(), each) for each in here().all("app_configuration")])


@ROUTES.get("/v1/app-configurations/public")
def list_public() -> Response:
    """Every app that has a public version, of whichever owner."""
    scope = here()
    apps = [json.loads(text) for text in scope.store.everywhere("app_configuration", "public")]
    return _paged("configurations", [_metadata(scope, each) for each in apps])


@ROUTES.get("/v1/app-configurations/public/<app_id>")
def get_public(app_id: str) -> Response:
    """One app as an installing organisation sees it: a public version, and which others there are."""
    scope, wanted = here(), request.args.get("version")
    app = _app(scope, app_id)
    if app is None or not (_public(app) or scope.options.app_public_page_serves_private):
        refuse(404, f"App {app_id} not found")
    offered = app["versions"] if scope.options.app_public_page_serves_private else _public(app)
    chosen = _pick(offered, wanted)
    if chosen is None:
        refuse(404, f"App {app_id} has no public version {wanted}")
    shown = {key: app[key] for key in _METADATA if key in app and key not in ("internal", "configuration_audit")}
    own = {
        key: chosen[key]
        for key in ("components", "options", "version", "role", "is_beta", "deprecated_at", "blueprint_ref")
        if key in chosen
    }
    latest = max((each["version"] for each in _public(app) or offered), key=rank)
    return reply(
        {**shown, **own, "public": True, "latest_version": latest, "versions": [_entry(app, each) for each in offered]}
    )


@ROUTES.get("/v1/app-configurations/<app_id>")
def get_own(app_id: str) -> Response:
    """One's own app in a version, the newest without a wish."""
    return _configuration(app_id, request.args.get("version"))


@ROUTES.get("/v1/app-configurations/<app_id>/versions")
def list_versions(app_id: str) -> Response:
    """The versions of one's own app."""
    app = _own_app(app_id)
    return _paged("versions", [_entry(app, each) for each in app["versions"]])


@ROUTES.get("/v1/app-configurations/<app_id>/versions/<version>")
def get_version(app_id: str, version: str) -> Response:
    """One's own app in that version."""
    return _configuration(app_id, version)


def version(scope: RequestScope, app_id: str, wanted: str | None) -> Json | None:
    """The version of an app that this organisation may install (without a wish the newest), with the app's name."""
    app = _app(scope, app_id)
    if app is None:
        return None
    mine = app["owner_org_id"] == scope.org
    chosen = _pick(app["versions"] if mine else _public(app), wanted)
    if chosen is None:
        return None
    return _entry(app, chosen) | {key: app[key] for key in ("name", "icon_url") if key in app}


def new_app(scope: RequestScope, given: Json) -> str:
    """Store an app with its versions; it belongs to the organisation unless it names another owner."""
    stamp = scope.stamp()
    app = {
        "owner_org_id": scope.org,
        "description": {"de": given["name"]},
        "configuration_audit": {"created_at": stamp, "created_by": scope.user, "updated_at": stamp},
        **given,
    }
    for each in app["versions"]:
        each.setdefault("visibility", "private")
        each.setdefault("version_audit", {"created_at": stamp, "updated_at": stamp})
    mark = "public" if _public(app) else ""
    return scope.store.put(app["owner_org_id"], "app_configuration", app["app_id"], app, mark=mark)


def rank(text: str) -> tuple[int, ...]:
    """A version as something to compare: `1.10.0` comes after `1.9.0`."""
    return tuple(int(part) if part.isdigit() else 0 for part in text.split("."))


def _app(scope: RequestScope, app_id: str) -> Json | None:
    own = scope.get("app_configuration", app_id)
    if own is not None:
        return own
    for text in scope.store.everywhere("app_configuration", "public"):
        app = json.loads(text)
        if app["app_id"] == app_id:
            return app
    return None


def _own_app(app_id: str) -> Json:
    app = here().get("app_configuration", app_id)
    if app is None:
        refuse(404, f"App {app_id} not found")
    return app


def _configuration(app_id: str, wanted: str | None) -> Response:
    app = _own_app(app_id)
    chosen = _pick(app["versions"], wanted)
    if chosen is None:
        refuse(404, f"App {app_id} has no version {wanted}")
    return reply(_metadata(here(), app) | _entry(app, chosen))


def _public(app: Json) -> list[Json]:
    return [each for each in app["versions"] if each.get("visibility") == "public" and not each.get("pending")]


def _pick(versions: list[Json], wanted: str | None) -> Json | None:
    if wanted is None:
        return max(versions, key=lambda each: rank(each["version"]), default=None)
    return next((each for each in versions if each["version"] == wanted), None)


def _entry(app: Json, each: Json) -> Json:
    """A version as version lists show it."""
    return {
        "app_id": app["app_id"],
        "owner_org_id": app["owner_org_id"],
        "public": each.get("visibility") == "public",
        **each,
    }


def _metadata(scope: RequestScope, app: Json) -> Json:
    """An app as configuration lists show it; strangers learn of public versions only."""
    mine = app["owner_org_id"] == scope.org
    public = [each["version"] for each in _public(app)]
    versions = [each["version"] for each in app["versions"]] if mine else public
    return {
        **{key: app[key] for key in _METADATA if key in app},
        "versions": versions,
        "public_versions": public,
        "latest_version": max(versions, key=rank),
    }


def _paged(name: str, items: list[Json]) -> Response:
    page = whole("page", 1, least=1)
    size = whole("pageSize", 20, least=1, most=here().options.app_most_per_page)
    shown = items[(page - 1) * size : page * size]
    return reply({name: shown, "pagination": {"total": len(items), "page": page, "pageSize": size}})
