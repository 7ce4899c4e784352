"""Saved views: named filters over entities (docs/platform.md#saved-views)."""

from __future__ import annotations

import json

from flask import Blueprint, Response, request

from syncer.sandbox.entity.bodies import VIEW, VIEW_PATCH
from syncer.sandbox.request_scope import RequestScope, body, found, here, listed, raw, refuse, reply, whole
from syncer.sandbox.store import Json, encode

ROUTES = Blueprint("views", __name__)

_SERVERS_OWN = ("id", "created_at", "updated_at", "org")
MOST = 250


@ROUTES.get("/v1/entity/views")
def list_views() -> Response:
    """The views the caller sees, sorted and paged."""
    scope, query = here(), request.args
    slug, words = query.get("slug"), query.get("q", "").lower()
    start, size = whole("from", 0), whole("size", 80, least=1, most=MOST)
    views = [
        view
        for view in scope.all("view")
        if (slug is None or slug in view["slug"]) and words in view["name"].lower() and visible(scope, view)
    ]
    key, _, direction = query.get("sort", "name:asc").partition(":")
    views.sort(key=lambda view: str(view.get(key, "")), reverse=direction == "desc")
    names = query["fields"].split(",") if "fields" in query else None
    page = views[start : start + size]
    cut = page if names is None else [{key: view[key] for key in names if key in view} for view in page]
    return listed("results", map(encode, cut), hits=len(views))


@ROUTES.get("/v1/entity/views/favorites")
def favourites() -> Response:
    """The views the caller marked."""
    scope = here()
    return reply({"results": [view for view in scope.all("view") if scope.user in view.get("isFavoritedBy", ())]})


@ROUTES.post("/v1/entity/view")
def create_view() -> Response:
    """Create a view; names are not unique."""
    return raw(new_view(here(), body(VIEW)), 201)


@ROUTES.get("/v1/entity/view/<id>")
def get_view(id: str) -> Response:
    """One view."""
    return reply(_seen(id))


@ROUTES.put("/v1/entity/view/<id>")
def put_view(id: str) -> Response:
    """Replace a view."""
    old = _seen(id)
    given = _own(body(VIEW))
    return raw(_write({"created_by": old.get("created_by"), **given}, old))


@ROUTES.patch("/v1/entity/view/<id>")
def patch_view(id: str) -> Response:
    """Change some of a view; 409 where the `updated_at` sent is older than the stored one."""
    old, given = _seen(id), body(VIEW_PATCH)
    if given.get("updated_at", old["updated_at"]) < old["updated_at"]:
        refuse(409, f"View {id} was changed at {old['updated_at']}")
    return raw(_write(old | _own(given), old))


@ROUTES.delete("/v1/entity/view/<id>")
def delete_view(id: str) -> Response:
    """Delete a view."""
    _seen(id)
    scope = here()
    in_use = scope.texts("retention", containing=json.dumps(id))
    if in_use and scope.options.view_delete_in_use == "refused":
        refuse(409, f"View {id} is in use")
    scope.delete("view", id)
    return reply()


def new_view(scope: RequestScope, given: Json, id: str | None = None) -> str:
    """Store a view for the caller; names are not unique."""
    stamp = scope.stamp()
    view = {
        "id": id or scope.new_id(),
        "org": scope.org,
        "shared": False,
        "created_by": {"user_id": scope.user},
        **_own(given),
        "created_at": stamp,
        "updated_at": stamp,
    }
    return scope.put("view", view["id"], view)


def visible(scope: RequestScope, view: Json) -> bool:
    """Whether the caller sees a view: shared ones, and their own."""
    mine = (view.get("created_by") or {}).get("user_id") in (None, scope.user)
    return mine or bool(view.get("shared")) or scope.options.views_of_others == "listed"


def _seen(id: str) -> Json:
    view = found("view", id, "View")
    if not visible(here(), view):
        refuse(404, f"View {id} not found")
    return view


def _own(given: Json) -> dict[str, Json]:
    return {key: value for key, value in given.items() if key not in _SERVERS_OWN}


def _write(new: Json, old: Json) -> str:
    scope = here()
    kept = {key: old[key] for key in ("id", "org", "created_at") if key in old}
    return scope.put("view", old["id"], {**_own(new), **kept, "updated_at": scope.stamp()})
