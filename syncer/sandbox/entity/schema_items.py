"""Attributes, capabilities, groups and headlines one by one, by composite id (docs/platform.md#items-one-by-one)."""

from __future__ import annotations

import json
from dataclasses import dataclass

from flask import Blueprint, Response

from syncer.sandbox.body_schema import BodySchema
from syncer.sandbox.entity import schemas
from syncer.sandbox.entity.bodies import ATTRIBUTE, CAPABILITY, GROUP, HEADLINE, ITEM_OWNER
from syncer.sandbox.request_scope import body, here, refuse, reply
from syncer.sandbox.store import Json

ROUTES = Blueprint("schema_items", __name__)


@dataclass(frozen=True)
class PartList:
    """A list of a schema whose items have addresses of their own."""

    path: str
    where: str
    shape: BodySchema
    put_adds: bool


PARTS = (
    PartList("attributes", "attributes", ATTRIBUTE, put_adds=False),
    PartList("capabilities", "capabilities", CAPABILITY, put_adds=True),
    PartList("group", "group_settings", GROUP, put_adds=True),
    PartList("headline", "group_headlines", HEADLINE, put_adds=True),
)


def _routes(part: PartList) -> None:
    """The four calls of one list. In one piece: they differ in the list alone, which all of them close over."""

    def create() -> Response:
        given = body(ITEM_OWNER + part.shape)
        slug, item = given["schema"], _own(given)
        schema = _schema(slug)
        item.setdefault("id", here().new_id())
        schema.setdefault(part.where, []).append(item)
        return _written(slug, schema, item, 201)

    def get(composite_id: str) -> Response:
        slug, schema, index = _find(part, composite_id)
        if index is None:
            refuse(404, f"{composite_id} not found")
        return _shown(slug, schema[part.where][index])

    def put(composite_id: str) -> Response:
        given = _own(body(part.shape))
        slug, schema, index = _find(part, composite_id)
        item = given | {"id": composite_id.partition(":")[2]}
        if index is not None:
            schema[part.where][index] = item
        elif part.put_adds:
            schema.setdefault(part.where, []).append(item)
        else:
            refuse(404, f"{composite_id} not found")
        return _written(slug, schema, item)

    def delete(composite_id: str) -> Response:
        slug, schema, index = _find(part, composite_id)
        if index is None:
            refuse(404, f"{composite_id} not found")
        return _written(slug, schema, schema[part.where].pop(index))

    base = f"/v1/entity/schemas/{part.path}"
    for method, path, view in (
        ("POST", base, create),
        ("GET", f"{base}/<composite_id>", get),
        ("PUT", f"{base}/<composite_id>", put),
        ("DELETE", f"{base}/<composite_id>", delete),
    ):
        ROUTES.add_url_rule(path, endpoint=f"{method} {part.path}".lower(), view_func=view, methods=[method])


def _own(given: Json) -> dict[str, Json]:
    return {key: value for key, value in given.items() if key not in ("composite_id", "schema")}


def _schema(slug: str) -> dict[str, Json]:
    schema: dict[str, Json] = json.loads(schemas.current(here(), slug, latest=True))
    return schema


def _find(part: PartList, composite_id: str) -> tuple[str, dict[str, Json], int | None]:
    slug, colon, id = composite_id.partition(":")
    if not colon:
        refuse(400, f"{composite_id} is not a composite id")
    schema = _schema(slug)
    places = [index for index, item in enumerate(schema.get(part.where, ())) if item.get("id") == id]
    return slug, schema, places[0] if places else None


def _written(slug: str, schema: Json, item: Json, status: int = 200) -> Response:
    schemas.write(here(), schema)
    return _shown(slug, item, status)


def _shown(slug: str, item: Json, status: int = 200) -> Response:
    return reply({**item, "composite_id": f"{slug}:{item['id']}", "schema": slug}, status)


for _part in PARTS:
    _routes(_part)
