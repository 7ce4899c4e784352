"""Entities, as far as counting them and losing them needs: create, read, change, delete, list, search, wipe."""

from __future__ import annotations

import json
from collections.abc import Callable

from flask import Blueprint, Response

from syncer.sandbox.entity.bodies import ENTITY, ENTITY_LIST, ENTITY_SEARCH, WIPE
from syncer.sandbox.entity.search import Predicate, QueryError, predicate, query, schemas_of
from syncer.sandbox.request_scope import RequestScope, asked, body, here, listed, raw, refuse, reply
from syncer.sandbox.store import Json, encode

ROUTES = Blueprint("entities", __name__)

MOST_PER_PAGE, FURTHEST = 1000, 25_000
_SERVERS_OWN = ("_id", "_org", "_schema", "_created_at", "_updated_at", "_deleted_at")


@ROUTES.post("/v1/entity:list")
def list_entities() -> Response:
    """Entities by filter; `size: 0` only counts them."""
    given = body(ENTITY_LIST)
    scope, slugs = here(), schemas_of(given["filter"])
    if not slugs and not given.get("allow_targeting_all_schemas"):
        refuse(400, "filter must name a schema (_schema), or allow_targeting_all_schemas must be true")
    wanted = predicate(given["filter"], known_fields(scope))
    if "query" in given:
        words, narrowed = _query(scope, given["query"]["query_string"]["query"]), wanted
        return _found(given, slugs, lambda entity: narrowed(entity) and words(entity))
    return _found(given, slugs, wanted)


@ROUTES.post("/v1/entity:search")
def search_entities() -> Response:
    """Entities by a Lucene query string."""
    given = body(ENTITY_SEARCH)
    return _found(given, set(), _query(here(), given["q"]))


@ROUTES.post("/v1/entity:wipeAllEntities")
def wipe() -> Response:
    """Delete all entities, or those of some schemas: really, so that a test can prove that nothing calls it."""
    given, scope = body(WIPE, optional=True), here()
    slugs = given.get("schemas") or {each["_schema"] for each in scope.all("entity")}
    for slug in slugs:
        scope.store.delete_owned(scope.org, "entity", slug)
    return reply(status=201)


@ROUTES.post("/v1/entity/<slug>")
def create_entity(slug: str) -> Response:
    """Create an entity; checked against its schema only with `validate=true`."""
    given, scope = body(ENTITY), here()
    schema = scope.get("schema", slug)
    if schema is None:
        refuse(404, f"Schema {slug} not found")
    if asked("validate"):
        missing = [each["name"] for each in schema["attributes"] if each.get("required") and each["name"] not in given]
        if missing:
            errors = [{"error_class": "schema", "attribute": name, "message": "is required"} for name in missing]
            return reply({"status": "error", "errors": errors}, 422)
    return raw(new_entity(scope, slug, given), 201)


@ROUTES.get("/v1/entity/<slug>/<id>")
def get_entity(slug: str, id: str) -> Response:
    """An entity with those it points at."""
    entity, scope = _one(slug, id), here()
    related = [json.loads(text) for text in (scope.text("entity", each) for each in related_ids(entity)) if text]
    return reply({"entity": entity, "relations": related})


@ROUTES.get("/v2/entity/<slug>/<id>")
def get_entity_v2(slug: str, id: str) -> Response:
    """An entity alone."""
    return reply(_one(slug, id))


@ROUTES.put("/v1/entity/<slug>/<id>")
def put_entity(slug: str, id: str) -> Response:
    """Replace an entity's values."""
    given, old = body(ENTITY), _one(slug, id)
    return _write(old, {key: value for key, value in old.items() if key in _SERVERS_OWN} | _own(given))


@ROUTES.patch("/v1/entity/<slug>/<id>")
def patch_entity(slug: str, id: str) -> Response:
    """Change some of an entity's values."""
    given, old = body(ENTITY), _one(slug, id)
    return _write(old, old | _own(given))


@ROUTES.delete("/v1/entity/<slug>/<id>")
def delete_entity(slug: str, id: str) -> Response:
    """Put an entity in the trash; with `purge=true` it is gone."""
    entity = _one(slug, id)
    if asked("purge"):
        here().delete("entity", id)
    else:
        bury(here(), entity)
    return reply()


def new_entity(scope: RequestScope, slug: str, given: Json, id: str | None = None) -> str:
    """Store an entity of a schema."""
    stamp = scope.stamp()
    entity = {
        "_id": id or scope.new_id(),
        "_schema": slug,
        "_org": scope.org,
        "_tags": [],
        **_own(given),
        "_title": given.get("_title") or _title(given),
        "_created_at": given.get("_created_at", stamp) if id else stamp,
        "_updated_at": stamp,
    }
    return scope.put("entity", entity["_id"], entity, owner=slug, mark="deleted" if entity.get("_deleted_at") else "")


def bury(scope: RequestScope, entity: Json) -> None:
    """Put an entity in the trash, where `include_deleted` still finds it."""
    stamp = scope.stamp()
    gone = entity | {"_deleted_at": stamp, "_updated_at": stamp}
    scope.put("entity", entity["_id"], gone, owner=entity["_schema"], mark="deleted")


def related_ids(entity: Json) -> list[str]:
    """The entities this one points at, in whichever attribute."""
    return [
        each["entity_id"]
        for value in entity.values()
        if isinstance(value, dict)
        for each in value.get("$relation", ())
        if isinstance(each, dict) and "entity_id" in each
    ]


def known_fields(scope: RequestScope) -> Callable[[str, str], bool]:
    """Whether a schema defines a field: only what it defines can be searched (docs/platform.md#counting-entities)."""
    names: dict[str, set[str]] = {}

    def known(slug: str, field: str) -> bool:
        if slug not in names:
            schema = scope.get("schema", slug) or {"attributes": [], "capabilities": []}
            names[slug] = {each["name"] for each in schema["attributes"]}
            for capability in schema["capabilities"]:
                names[slug].update(each["name"] for each in capability.get("attributes", ()))
        field = field.removesuffix(".keyword")
        while field:
            if field.startswith("_") or field in names[slug]:
                return True
            field = field.rpartition(".")[0]
        return False

    return known


def living(scope: RequestScope, slugs: set[str] | None = None, include_deleted: str = "false") -> list[Json]:
    """The entities of some schemas (or of all), without those in the trash unless they are asked for."""
    mark = {"false": "", "only": "deleted", "true": None}[include_deleted]
    if not slugs:
        return scope.all("entity", mark=mark)
    return [entity for slug in sorted(slugs) for entity in scope.all("entity", owner=slug, mark=mark)]


def _query(scope: RequestScope, words: str) -> Predicate:
    try:
        return query(words, known_fields(scope))
    except QueryError as error:
        refuse(400, str(error))


def _found(given: Json, slugs: set[str], wanted: Predicate) -> Response:
    start, size = given.get("from", 0), min(given.get("size", 10), MOST_PER_PAGE)
    if start + size > FURTHEST and "search_after" not in given:
        refuse(400, f"from + size beyond {FURTHEST} needs search_after")
    scope = here()
    hits = [entity for entity in living(scope, slugs, given.get("include_deleted", "false")) if wanted(entity)]
    sort = given.get("sort", [])
    for each in reversed([sort] if isinstance(sort, str) else sort):
        key, _, direction = each.partition(":")
        hits.sort(key=lambda entity, key=key: str(entity.get(key, "")), reverse=direction == "desc")  # type: ignore[misc]
    page = hits[start : start + size]
    if "fields" in given:
        names = {*given["fields"], "_id", "_schema", "_org"}
        page = [{key: value for key, value in entity.items() if key in names} for entity in page]
    exact = scope.options.hits_exact_up_to
    return listed("results", map(encode, page), hits=len(hits) if exact is None else min(len(hits), exact))


def _one(slug: str, id: str) -> Json:
    entity = here().get("entity", id)
    if entity is None or entity["_schema"] != slug or entity.get("_deleted_at"):
        refuse(404, f"Entity {slug} {id} not found")
    return entity


def _own(given: Json) -> dict[str, Json]:
    return {key: value for key, value in given.items() if key not in _SERVERS_OWN}


def _title(values: Json) -> str | None:
    """What an entity is called after its own values."""
    words = (values.get(key) for key in ("first_name", "last_name", "name", "title", "subject"))
    return " ".join(word for word in words if isinstance(word, str)) or None


def _write(old: Json, new: Json) -> Response:
    scope = here()
    new["_updated_at"] = scope.stamp()
    new["_title"] = _title(new) or new.get("_title")
    return raw(scope.put("entity", old["_id"], new, owner=old["_schema"]))
