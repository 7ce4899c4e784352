"""Taxonomies and their classifications: labels and purposes (docs/platform.md#labels-and-purposes)."""

from __future__ import annotations

import fnmatch

from flask import Blueprint, Response, request

from syncer.sandbox.entity.bodies import BY_LABEL, CLASSIFICATION, CLASSIFICATIONS, TAXONOMY
from syncer.sandbox.request_scope import (
    RequestScope,
    asked,
    body,
    choice,
    found,
    here,
    listed,
    raw,
    refuse,
    reply,
    whole,
)
from syncer.sandbox.store import Json, encode

ROUTES = Blueprint("labels", __name__)


@ROUTES.get("/v1/entity/taxonomies")
def list_taxonomies() -> Response:
    """The taxonomies of a type, `entity` unless asked otherwise."""
    kind, disabled = choice("type", "entity", "relation") or "entity", asked("include_disabled")
    return reply(
        {
            "results": [
                each
                for each in here().all("taxonomy")
                if each.get("type", "entity") == kind and (disabled or each.get("enabled", True))
            ]
        }
    )


@ROUTES.post("/v1/entity/taxonomies")
def create_taxonomy() -> Response:
    """Create a taxonomy; 409 where its slug is taken."""
    given, scope = body(TAXONOMY), here()
    if not given.get("slug") or not given.get("name"):
        refuse(400, "body must have required property 'slug' and 'name'")
    if scope.get("taxonomy", given["slug"]) is not None:
        refuse(409, f"Taxonomy {given['slug']} exists already")
    return raw(new_taxonomy(scope, given), 201)


@ROUTES.get("/v1/entity/taxonomies/<slug>")
def get_taxonomy(slug: str) -> Response:
    """One taxonomy."""
    return reply(found("taxonomy", slug, "Taxonomy"))


@ROUTES.put("/v1/entity/taxonomies/<slug>")
def put_taxonomy(slug: str) -> Response:
    """Change a taxonomy."""
    given, old, scope = body(TAXONOMY), found("taxonomy", slug, "Taxonomy"), here()
    return raw(scope.put("taxonomy", slug, old | given | {"slug": slug, "updated_at": scope.stamp()}))


@ROUTES.delete("/v1/entity/taxonomies/<slug>")
def delete_taxonomy(slug: str) -> Response:
    """Delete a taxonomy with its classifications."""
    found("taxonomy", slug, "Taxonomy")
    scope = here()
    scope.delete("taxonomy", slug)
    scope.store.delete_owned(scope.org, "classification", slug)
    return reply(status=204)


@ROUTES.post("/v1/entity/taxonomies/<slug>/classifications")
def change_classifications(slug: str) -> Response:
    """Create, change and delete a taxonomy's classifications in one call."""
    given, scope = body(CLASSIFICATIONS), here()
    found("taxonomy", slug, "Taxonomy")
    done: dict[str, list[Json]] = {"created": [], "updated": [], "deleted": []}
    for each in given.get("create", ()):
        done["created"].append(_create(scope, slug, each))
    for each in given.get("update", ()):
        done["updated"].append(_update(scope, each.get("id") or f"{slug}:{each['slug']}", each))
    for id in given.get("delete", ()):
        done["deleted"].append(found("classification", id, "Classification"))
        scope.delete("classification", id)
    return reply(done)


@ROUTES.post("/v2/entity/taxonomies/classifications")
def create_classification() -> Response:
    """Create a classification; its slug or id names the taxonomy."""
    given = body(CLASSIFICATION)
    taxonomy = (given.get("id") or given["slug"]).partition(":")[0]
    found("taxonomy", taxonomy, "Taxonomy")
    return reply(_create(here(), taxonomy, given), 201)


@ROUTES.get("/v2/entity/taxonomies/classifications/<id>")
def get_classification(id: str) -> Response:
    """One classification, by id."""
    return reply(found("classification", id, "Classification"))


@ROUTES.put("/v2/entity/taxonomies/classifications/<id>")
def put_classification(id: str) -> Response:
    """Change a classification."""
    return reply(_update(here(), id, body(CLASSIFICATION)))


@ROUTES.delete("/v2/entity/taxonomies/classifications/<id>")
def delete_classification(id: str) -> Response:
    """Delete a classification; answers with it."""
    gone = found("classification", id, "Classification")
    here().delete("classification", id)
    return reply(gone)


@ROUTES.post("/v1/entity/taxonomies/classifications:search")
def search_classifications() -> Response:
    """Classifications by name, taxonomy and id pattern; archived ones on request."""
    given = body(BY_LABEL, optional=True)
    archived = choice("include_archived", "true", "false", "only") or "false"
    words, slugs = request.args.get("query", "").lower(), request.args.getlist("taxonomySlug")
    patterns = [each if isinstance(each, str) else each["pattern"] for each in given.get("classificationIds", ())]
    results = [
        each
        for each in here().all("classification")
        if (not slugs or each["id"].partition(":")[0] in slugs)
        and words in each["name"].lower()
        and (not patterns or any(fnmatch.fnmatchcase(each["id"], pattern) for pattern in patterns))
        and (archived == "true" or bool(each.get("archived")) == (archived == "only"))
    ]
    return listed("results", map(encode, results), hits=len(results))


@ROUTES.get("/v1/entity/schemas/<slug>/taxonomy/<taxonomy>")
def for_schema(slug: str, taxonomy: str) -> Response:
    """The classifications of a taxonomy, offered to a schema."""
    found("schema", slug, "Schema")
    words, size = request.args.get("query", "").lower(), whole("size", 25)
    labels = (each for each in here().all("classification", owner=taxonomy) if words in each["name"].lower())
    return reply({"results": list(labels)[:size]})


def new_taxonomy(scope: RequestScope, given: Json) -> str:
    """Store a taxonomy under its slug."""
    stamp = scope.stamp()
    filled = {
        "type": "entity",
        "enabled": True,
        "kind": "user_defined",
        **given,
        "created_at": stamp,
        "updated_at": stamp,
    }
    return scope.put("taxonomy", given["slug"], filled)


def new_classification(scope: RequestScope, taxonomy: str, given: Json) -> Json:
    """Store a classification; its id is `taxonomy:classification`, whatever was sent."""
    slug = given["slug"].partition(":")[2] or given["slug"]
    stamp = scope.stamp()
    label = {
        "parents": [],
        "archived": False,
        "starred": False,
        **given,
        "slug": slug,
        "id": f"{taxonomy}:{slug}",
        "created_at": stamp,
        "updated_at": stamp,
    }
    scope.put("classification", label["id"], label, owner=taxonomy)
    return label


def _create(scope: RequestScope, taxonomy: str, given: Json) -> Json:
    slug = given["slug"].partition(":")[2] or given["slug"]
    if scope.get("classification", f"{taxonomy}:{slug}") is not None:
        refuse(409, f"Classification {taxonomy}:{slug} exists already")
    return new_classification(scope, taxonomy, given)


def _update(scope: RequestScope, id: str, given: Json) -> Json:
    old = found("classification", id, "Classification")
    label = old | given | {"id": id, "slug": old["slug"], "created_at": old["created_at"], "updated_at": scope.stamp()}
    scope.put("classification", id, label, owner=id.partition(":")[0])
    return label
