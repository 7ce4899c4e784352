"""Entity schemas: every PUT is a new version, a frozen one is what is served (docs/platform.md#schema-calls,
#versions-of-a-schema)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from flask import Blueprint, Response, request

from syncer.sandbox.entity.bodies import FREEZE, SCHEMA, SLUG
from syncer.sandbox.entity.schema_values import example_of, json_schema_of
from syncer.sandbox.request_scope import RequestScope, asked, body, here, listed, raw, refuse, reply, sound, whole
from syncer.sandbox.store import Json

ROUTES = Blueprint("schemas", __name__)

SERVERS_OWN = (
    "id",
    "created_at",
    "updated_at",
    "version",
    "comment",
    "source",
    "frozen",
    "latest",
    "_summary",
    "draft",
)
NOTHING: Mapping[str, Json] = {}
ITEM_LISTS = {"attributes": "name", "capabilities": "name", "group_settings": "id", "group_headlines": "name"}


@ROUTES.get("/v1/entity/schemas")
def list_v1() -> Response:
    """All schemas, whole; no paging."""
    return listed("results", _chosen())


@ROUTES.get("/v2/entity/schemas")
def list_v2() -> Response:
    """All schemas, as summaries unless `full=true`."""
    texts = _chosen()
    return listed("results", texts if asked("full") else (json.dumps(_summary(json.loads(text))) for text in texts))


@ROUTES.get("/v1/entity/schemas/blueprints")
def list_built_in() -> Response:
    """The built-in schemas as they were from the start."""
    return listed("results", (text for text in here().texts("schema_version", mark="built-in")))


@ROUTES.get("/v1/entity/schemas/<slug>")
def get_schema(slug: str) -> Response:
    """One schema: what is served, the latest, or a version by id."""
    if id := request.args.get("id"):
        version = here().get("schema_version", id)
        if version is None or version["slug"] != slug:
            refuse(404, f"Schema {slug} has no version {id}")
        return reply(version)
    return raw(current(here(), slug, latest=_latest()))


@ROUTES.put("/v1/entity/schemas/<slug>")
def put_schema(slug: str) -> Response:
    """Create a schema or add a version to it."""
    scope = here()
    status = scope.options.schema_invalid_status
    given = body(SCHEMA, status=status)
    if given["slug"] != slug:
        refuse(status, f"body/slug {given['slug']} does not match the path's {slug}")
    return raw(write(scope, given))


@ROUTES.delete("/v1/entity/schemas/<slug>")
def delete_schema(slug: str) -> Response:
    """Delete a schema with all its versions."""
    scope = here()
    current(scope, slug)
    if not scope.options.schema_core_deletable and scope.texts("schema_version", owner=slug, mark="built-in"):
        refuse(403, f"Schema {slug} is built in and cannot be deleted")
    entities = scope.store.count(scope.org, "entity", owner=slug, mark="")
    if entities and scope.options.schema_delete_with_entities == "refuse":
        refuse(409, f"Schema {slug} still has {entities} entities")
    scope.delete("schema", slug)
    scope.delete("schema_frozen", slug)
    for kind in ("schema_version", "entity"):
        scope.store.delete_owned(scope.org, kind, slug)
    return reply()


@ROUTES.get("/v1/entity/schemas/<slug>/versions")
def versions(slug: str) -> Response:
    """A schema's versions, newest first, paged."""
    scope = here()
    current(scope, slug)
    start, size = whole("versions_from", 0), whole("versions_size", 20)
    texts = scope.texts("schema_version", owner=slug)[::-1]
    wanted = texts[start : start + size]
    if fields := request.args.get("fields"):
        names = set(fields.split(","))
        cut = ({key: value for key, value in json.loads(text).items() if key in names} for text in wanted)
        wanted = [json.dumps(each) for each in cut]
    more: dict[str, Json] = {"versions_more": start + size < len(texts), "drafts": [], "drafts_more": False}
    if frozen := scope.get("schema_frozen", slug):
        more["frozen_version"] = frozen["id"]
    return listed("versions", wanted, **more)


@ROUTES.post("/v1/entity/schemas/<slug>/freeze")
def freeze(slug: str) -> Response:
    """Serve one version, whatever is written from now on."""
    scope, given = here(), body(FREEZE, optional=True)
    id = given.get("version_id") or json.loads(current(scope, slug))["id"]
    version = scope.get("schema_version", id)
    if version is None or version["slug"] != slug:
        refuse(404, f"Schema {slug} has no version {id}")
    if scope.options.schema_latest != "honoured":
        return raw(current(scope, slug))
    return raw(scope.put("schema_frozen", slug, version | {"frozen": True}))


@ROUTES.post("/v1/entity/schemas/<slug>/unfreeze")
def unfreeze(slug: str) -> Response:
    """Serve the latest version again."""
    scope = here()
    latest = current(scope, slug, latest=True)
    scope.delete("schema_frozen", slug)
    return raw(latest)


@ROUTES.get("/v1/entity/schemas/<slug>/json/schema")
def json_schema(slug: str) -> Response:
    """A JSON Schema of the schema's entities."""
    return reply(json_schema_of(json.loads(current(here(), slug))))


@ROUTES.get("/v1/entity/schemas/<slug>/json/example")
def json_example(slug: str) -> Response:
    """An entity of the schema, made up."""
    return reply(example_of(json.loads(current(here(), slug))))


@ROUTES.get("/v1/entity/schemas/<slug>/capabilities/available")
def available_capabilities(slug: str) -> Response:
    """The capabilities that any schema here has."""
    current(here(), slug)
    known: dict[str, Json] = {}
    for schema in here().all("schema"):
        for capability in schema["capabilities"]:
            known.setdefault(
                capability["name"], {key: capability[key] for key in ("name", "title") if key in capability}
            )
    return reply({"results": [known[name] for name in sorted(known)]})


def current(scope: RequestScope, slug: str, latest: bool = False) -> str:
    """The text of the version that is served: the frozen one if there is one and `latest` is not asked; or 404."""
    text = None if latest or scope.options.schema_latest != "honoured" else scope.text("schema_frozen", slug)
    text = text or scope.text("schema", slug)
    if text is None:
        refuse(404, f"Schema {slug} not found")
    return text


def write(
    scope: RequestScope, given: Json, built_in: bool = False, id: str | None = None, about: Mapping[str, Json] = NOTHING
) -> str:
    """Store a schema as its newest version and return the stored text; the body is sound already. `about`: its
    `comment` and `source`, which no body sets (docs/platform.md#versions-of-a-schema): the platform writes them where a
    blueprint made it."""
    slug = given["slug"]
    old = scope.get("schema", slug)
    new = {key: value for key, value in given.items() if key not in SERVERS_OWN}
    if old is not None:
        _against(scope, given, old)
        if scope.options.schema_put == "merge":
            new = {key: value for key, value in old.items() if key not in SERVERS_OWN} | new
    if not built_in:
        _references(scope, new)
    if scope.options.schema_names_unique:
        _unique(scope, new)
    _keep_lineage(scope, new, old or {})
    _give_ids(scope, new, old or {})
    if old is not None and not scope.options.schema_same_put_makes_version:
        same = {key: value for key, value in old.items() if key not in SERVERS_OWN}
        if same == new:
            return scope.text("schema", slug) or ""
    stamp = scope.stamp()
    version = {
        "id": id or scope.new_id(),
        "created_at": old["created_at"] if old else stamp,
        "updated_at": stamp,
        "version": old["version"] + 1 if old else 1,
        **about,
        **new,
    }
    if old is not None:
        _retire(scope, old)
    scope.put(
        "schema_version", version["id"], version | {"latest": True}, owner=slug, mark="built-in" if built_in else ""
    )
    return scope.put("schema", slug, version | {"latest": True})


def _retire(scope: RequestScope, old: Json) -> None:
    """The former latest version stays as a version that no longer says it is the latest."""
    former = {key: value for key, value in old.items() if key != "latest"}
    built_in = (
        "built-in" if old["version"] == 1 and scope.texts("schema_version", owner=old["slug"], mark="built-in") else ""
    )
    scope.put("schema_version", old["id"], former, owner=old["slug"], mark=built_in)
    frozen = scope.get("schema_frozen", old["slug"])
    if frozen is not None and frozen["id"] == old["id"]:
        scope.put("schema_frozen", old["slug"], former | {"frozen": True})


def _against(scope: RequestScope, given: Json, old: Json) -> None:
    """What a new version may not do to the old one."""
    options, status = scope.options, scope.options.schema_invalid_status
    if options.schema_version_checked and given.get("version", old["version"]) != old["version"]:
        refuse(409, f"Schema {old['slug']} is at version {old['version']}, not {given['version']}")
    before = {each["id"]: each for each in old.get("conditions") or ()}
    for each in given.get("conditions") or ():
        was = before.get(each["id"], each)
        for key in ("name", "type", "format"):
            if was.get(key) != each.get(key):
                refuse(status, f"body/conditions: {key} of condition {was['name']} cannot be changed")
    if options.schema_protected_enforced:
        after = {each["name"]: each for each in given["attributes"]}
        for each in old["attributes"]:
            if each.get("protected") and (after.get(each["name"]) or {}).get("type") != each["type"]:
                refuse(status, f"body/attributes: attribute {each['name']} is protected")


def _references(scope: RequestScope, new: Json) -> None:
    """A relation must lead to schemas that exist; the schema itself counts."""
    if not scope.options.schema_references_checked:
        return
    for attribute in new["attributes"]:
        for slug in attribute.get("allowedSchemas", ()):
            sound(SLUG, slug, scope.options.schema_invalid_status)
            if slug != new["slug"] and scope.text("schema", slug) is None:
                message = f"body/attributes: {attribute['name']} relates to schema {slug}, which does not exist"
                refuse(scope.options.schema_invalid_status, message)


def _unique(scope: RequestScope, new: Json) -> None:
    for where in ("attributes", "capabilities"):
        names = [each["name"] for each in new[where]]
        if doubled := sorted({name for name in names if names.count(name) > 1}):
            refuse(scope.options.schema_invalid_status, f"body/{where}: {doubled[0]} is there twice")


def _items(schema: Json) -> Iterator[tuple[tuple[str, str], Json]]:
    """Every item of a schema that has an id, after its list and natural key."""
    for where, key in ITEM_LISTS.items():
        for item in schema.get(where, ()):
            yield (where, str(item.get(key) or item.get("label"))), item


def _keep_lineage(scope: RequestScope, new: Json, old: Json) -> None:
    """Whether `_manifest` survives a PUT that leaves it out is not documented; the default forgets it."""
    if scope.options.schema_manifest_when_omitted == "cleared":
        return
    before = dict(_items(old))
    for item, was in [(new, old), *((item, before.get(key, {})) for key, item in _items(new))]:
        if "_manifest" in was and "_manifest" not in item:
            item["_manifest"] = was["_manifest"]


def _give_ids(scope: RequestScope, new: Json, old: Json) -> None:
    """Items without an id get one; an id that was sent stays."""
    before = dict(_items(old)) if scope.options.schema_item_ids_when_omitted == "by_name" else {}
    for key, item in _items(new):
        if not item.get("id"):
            item["id"] = before.get(key, {}).get("id") or scope.new_id()
    for capability in new["capabilities"]:
        for attribute in capability.get("attributes", ()):
            if not attribute.get("id"):
                attribute["id"] = scope.new_id()


def _latest() -> bool:
    """Whether the latest version is meant, whatever is frozen; where freezing is retired it always is."""
    how = here().options.schema_latest
    if how == "refused" and "latest" in request.args:
        refuse(400, "query parameter latest is not known")
    return asked("latest") or how != "honoured"


def _chosen() -> list[str]:
    """The schemas a list request is about."""
    scope = here()
    store, org = scope.store, scope.org
    texts = store.texts(org, "schema") if _latest() else store.preferred(org, "schema", "schema_frozen")
    include, exclude = (request.args.get(name, "") for name in ("include", "exclude"))
    if not include and not exclude:
        return texts
    wanted, unwanted = (set(names.split(",")) if names else None for names in (include, exclude))
    slugs = [json.loads(text)["slug"] for text in texts]
    return [
        text
        for text, slug in zip(texts, slugs, strict=True)
        if (wanted is None or slug in wanted) and (unwanted is None or slug not in unwanted)
    ]


def _summary(schema: Json) -> Json:
    """What v2 lists without `full=true`: the summary attributes, no groups, no capabilities."""
    ui_config = schema.get("ui_config", {})
    names = {each for each in ui_config.get("list_item", {}).get("summary_attributes", ()) if isinstance(each, str)}
    for view in ("edit_view", "single_view"):
        names.update(ui_config.get(view, {}).get("summary_attributes", ()))
    cut = {key: value for key, value in schema.items() if key not in ("group_settings", "group_headlines")}
    attributes = [each for each in schema["attributes"] if each["name"] in names]
    return cut | {"_summary": True, "attributes": attributes, "capabilities": []}
