"""Entities: counting by filter and by query string, the trash, views, labels, and the call that wipes everything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

LIST, SEARCH = "POST /v1/entity:list", "POST /v1/entity:search"
PEOPLE: list[dict[str, Any]] = [
    {
        "first_name": "Anna",
        "last_name": "Abel",
        "status": "aktiv",
        "consumption": 100,
        "birthdate": "1980-05-01",
        "email": [{"email": "anna@example.com"}],
        "privacy_accepted": True,
    },
    {
        "first_name": "Bert",
        "last_name": "Bauer",
        "status": "inaktiv",
        "consumption": 2500,
        "birthdate": "1990-05-01",
        "email": [{"email": "bert@example.com"}, {"email": "b@example.org"}],
        "privacy_accepted": False,
    },
    {"first_name": "Cem", "last_name": "Celik", "status": "inaktiv", "consumption": 9000, "unknown_field": "x"},
    {"first_name": "", "last_name": None, "email": []},
]


@pytest.fixture
def people(box: Any) -> Any:
    for person in PEOPLE:
        box.get("POST /v1/entity/contact", person)
    box.get("POST /v1/entity/account", {"name": "Abel GmbH"})
    return box


C: dict[str, Any] = {"term": {"_schema": "contact"}}
FILTERS: dict[str, tuple[list[Any], str]] = {
    # case                 filter beside the schema                                  first letters of who is found
    "all": ([], "ABC_"),
    "term": ([{"term": {"status": "inaktiv"}}], "BC"),
    "term, keyword": ([{"term": {"last_name.keyword": "Abel"}}], "A"),
    "term, inside a list": ([{"term": {"email.email": "b@example.org"}}], "B"),
    "term, boolean": ([{"term": {"privacy_accepted": False}}], "B"),
    "term, number": ([{"term": {"consumption": 100}}], "A"),
    "terms": ([{"terms": {"last_name": ["Abel", "Celik", "Nobody"]}}], "AC"),
    "range of numbers": ([{"range": {"consumption": {"gt": 100, "lte": 9000}}}], "BC"),
    "range of days": ([{"range": {"birthdate": {"lt": "1985-01-01"}}}], "A"),
    "exists": ([{"exists": {"field": "last_name"}}], "ABC"),
    "exists, an empty text counts": ([{"exists": {"field": "first_name"}}], "ABC_"),
    "exists, an empty list does not": ([{"exists": {"field": "email"}}], "AB"),
    "exists, inside": ([{"exists": {"field": "email.email"}}], "AB"),
    "exists, not in the schema": ([{"exists": {"field": "unknown_field"}}], ""),
    "not": ([{"$not": [{"exists": {"field": "email"}}]}], "C_"),
    "not any of": ([{"$not": [{"term": {"status": "aktiv"}}, {"term": {"status": "inaktiv"}}]}], "_"),
    "or": ([{"$or": [{"term": {"status": "aktiv"}}, {"range": {"consumption": {"gte": 9000}}}]}], "AC"),
    "and": ([{"$and": [{"term": {"status": "inaktiv"}}, {"exists": {"field": "email"}}]}], "B"),
    "several are all": ([{"term": {"status": "inaktiv"}}, {"exists": {"field": "email"}}], "B"),
    "ids": ([{"ids": {"values": ["nope"]}}], ""),
}


@pytest.mark.parametrize(("more", "who"), FILTERS.values(), ids=FILTERS)
def test_filters(people: Any, more: list[Any], who: str) -> None:
    found = people.get(LIST, {"filter": [C, *more], "size": 100})
    assert "".join((each["first_name"] or "_")[0] for each in found["results"]) == who
    assert found["hits"] == len(who)
    assert people.get(LIST, {"filter": [C, *more], "size": 0}) == {"results": [], "hits": len(who)}


QUERIES = {
    "everything": ("*", "ABC_G"),
    "a schema": ("_schema:contact", "ABC_"),
    "a field exists": ("_schema:contact AND _exists_:email", "AB"),
    "a field that is in no schema": ("_exists_:unknown_field", ""),
    "or": ("status:aktiv OR last_name:Celik", "AC"),
    "and binds closer": ("last_name:Celik OR status:inaktiv AND email.email:bert*", "BC"),
    "parentheses": ("(last_name:Celik OR status:aktiv) AND NOT consumption:9000", "A"),
    "a phrase": ('last_name:"bauer"', "B"),
    "a wildcard": ("last_name:*l", "A"),
    "a range": ("consumption:[100 TO 2500}", "A"),
    "an open range": ("consumption:{100 TO *]", "BC"),
    "a bare word": ("anna", "A"),
    "words side by side": ("anna cem", "AC"),
}


@pytest.mark.parametrize(("words", "who"), QUERIES.values(), ids=QUERIES)
def test_query_strings(people: Any, words: str, who: str) -> None:
    found = people.get(SEARCH, {"q": words, "size": 100, "sort": "_created_at:asc"})
    named = {"account": "G", "contact": ""}
    assert "".join(named[each["_schema"]] or (each["first_name"] or "_")[0] for each in found["results"]) == who


WRONG = {
    "no schema": (
        LIST,
        {"filter": [{"exists": {"field": "x"}}]},
        "filter must name a schema (_schema), or allow_targeting_all_schemas must be true",
    ),
    "no filter": (LIST, {"size": 0}, "body must have required property 'filter'"),
    "an unknown key": (LIST, {"filter": [C], "limit": 1}, "body must NOT have additional property 'limit'"),
    "two clauses in one": (
        LIST,
        {"filter": [{**C, "exists": {"field": "a"}}]},
        "body/filter/0 must have exactly one of term, terms, ids, range, exists, $and, $or, $not",
    ),
    "an unknown clause": (
        LIST,
        {"filter": [C, {"match": {}}]},
        "body/filter/1 must NOT have additional property 'match'",
    ),
    "too far": (LIST, {"filter": [C], "from": 24_995}, "from + size beyond 25000 needs search_after"),
    "deleted as a boolean": (
        LIST,
        {"filter": [C], "include_deleted": True},
        "body/include_deleted must be equal to one of the allowed values: true, false, only",
    ),
    "an open parenthesis": (SEARCH, {"q": "(a"}, "query string has an open parenthesis: (a"),
    "nothing after NOT": (SEARCH, {"q": "NOT"}, "query string cannot be read: NOT"),
    "an entity of no schema": ("POST /v1/entity/nope", {}, "Schema nope not found"),
}


@pytest.mark.parametrize(("call", "body", "said"), WRONG.values(), ids=WRONG)
def test_refused(box: Any, call: str, body: Any, said: str) -> None:
    answer = box.ask(call, body)
    status = 404 if "not found" in said else 400
    assert (answer.status_code, answer.json()) == (status, {"status": status, "error": said})


def test_pages_and_fields(people: Any) -> None:
    body = {"filter": [C], "sort": "last_name:desc", "fields": ["last_name"]}
    page = people.get(LIST, body | {"from": 1, "size": 1})
    assert (page["hits"], [set(each) for each in page["results"]], page["results"][0]["last_name"]) == (
        4,
        [{"_id", "_schema", "_org", "last_name"}],
        "Celik",
    )
    assert len(people.get(LIST, {"filter": [], "allow_targeting_all_schemas": True})["results"]) == 5


def test_hits_are_exact_up_to_a_number(make_box: Callable[..., Any]) -> None:
    box = make_box(hits_exact_up_to=2)
    for _ in range(3):
        box.get("POST /v1/entity/contact", {"last_name": "x"})
    assert box.get(LIST, {"filter": [C], "size": 0})["hits"] == 2


def test_the_trash(box: Any) -> None:
    made = box.get("POST /v1/entity/contact", {"last_name": "Weg", "_id": "mine", "_org": "x"})
    assert {key: made[key] for key in ("_schema", "_org", "_title", "_tags", "_created_at")} == {
        "_schema": "contact",
        "_org": "739224",
        "_title": "Weg",
        "_tags": [],
        "_created_at": "2026-03-02T09:14:03.000Z",
    }
    assert box.get(f"GET /v1/entity/contact/{made['_id']}") == {"entity": made, "relations": []}
    assert box.ask(f"DELETE /v1/entity/contact/{made['_id']}").status_code == 200
    assert box.ask(f"GET /v1/entity/contact/{made['_id']}").status_code == 404
    counts = {
        deleted: box.get(LIST, {"filter": [C], "size": 0, "include_deleted": deleted})["hits"]
        for deleted in ("true", "false", "only")
    }
    assert counts == {"true": 1, "false": 0, "only": 1}
    other = box.get("POST /v1/entity/contact", {"last_name": "Ganz weg"})
    box.ask(f"DELETE /v1/entity/contact/{other['_id']}?purge=true")
    assert box.get(LIST, {"filter": [C], "size": 0, "include_deleted": "true"})["hits"] == 1


def test_validating_on_request_only(box: Any) -> None:
    assert box.ask("POST /v1/entity/contact", {}).status_code == 201
    answer = box.ask("POST /v1/entity/contact?validate=true", {})
    assert (answer.status_code, answer.json()["errors"][0]["attribute"]) == (422, "last_name")


def test_wiping_really_wipes(people: Any) -> None:
    """So that a test that finds the entities still there has proved something."""
    assert people.ask("POST /v1/entity:wipeAllEntities", {"schemas": ["account"]}).status_code == 201
    count = {"filter": [], "allow_targeting_all_schemas": True, "size": 0, "include_deleted": "true"}
    assert people.get(LIST, count)["hits"] == 4
    people.ask("POST /v1/entity:wipeAllEntities")
    assert people.get(LIST, count)["hits"] == 0


VIEW = {"slug": ["contact"], "name": "Stille", "ui_config": {"filters": {"status": "inaktiv"}}}


def test_views(box: Any) -> None:
    made = box.get("POST /v1/entity/view", VIEW | {"id": "mine", "fremd": 1})
    stamp = "2026-03-02T09:14:03.000Z"
    assert made == {
        **VIEW,
        "id": made["id"],
        "org": "739224",
        "shared": False,
        "created_by": {"user_id": "user-739224"},
        "fremd": 1,
        "created_at": stamp,
        "updated_at": stamp,
    }
    assert box.get("POST /v1/entity/view", VIEW)["id"] != made["id"], "names are not unique"
    put = box.get(f"PUT /v1/entity/view/{made['id']}", VIEW | {"shared": True})
    assert ("fremd" in put, put["created_at"], put["shared"]) == (False, stamp, True)
    stale = box.ask(f"PATCH /v1/entity/view/{made['id']}", {"name": "Alt", "updated_at": made["updated_at"]})
    assert (stale.status_code, stale.json()["status"]) == (409, 409)
    fresh = box.get(f"PATCH /v1/entity/view/{made['id']}", {"name": "Neu", "updated_at": put["updated_at"]})
    assert (fresh["name"], fresh["ui_config"]) == ("Neu", VIEW["ui_config"])
    assert box.ask(f"DELETE /v1/entity/view/{made['id']}").status_code == 200
    for method in ("GET", "DELETE"):
        answer = box.ask(f"{method} /v1/entity/view/{made['id']}")
        assert (answer.status_code, answer.json()) == (404, {"status": 404, "error": f"View {made['id']} not found"})


def test_lists_of_views(box: Any) -> None:
    box.get("POST /v1/entity/view", VIEW | {"slug": ["meter", "contact"], "name": "Zähler"})

    def names(query: str) -> list[str]:
        return [each["name"] for each in box.get(f"GET /v1/entity/views?{query}")["results"]]

    assert names("slug=contact") == ["Alle Kontakte", "Inaktive Kontakte", "Zähler"]
    assert names("slug=contact&sort=name:desc&from=1&size=1") == ["Inaktive Kontakte"]
    assert names("slug=meter") == ["Zähler"]
    assert names("q=KONTAKTE") == ["Alle Kontakte", "Inaktive Kontakte"]
    assert box.get("GET /v1/entity/views?fields=name&q=alle") == {"results": [{"name": "Alle Kontakte"}], "hits": 1}
    assert box.ask("GET /v1/entity/views?size=0").status_code == 400


@pytest.mark.parametrize(
    "body",
    [{"name": "x", "ui_config": {}}, VIEW | {"name": ""}, VIEW | {"name": "x" * 101}, VIEW | {"slug": "contact"}],
)
def test_views_refused(box: Any, body: Any) -> None:
    assert box.ask("POST /v1/entity/view", body).status_code == 400


def test_private_views_of_others(make_box: Callable[..., Any]) -> None:
    theirs = VIEW | {"created_by": {"user_id": "somebody"}}
    box = make_box()
    hidden = box.get("POST /v1/entity/view", theirs)
    shared = box.get("POST /v1/entity/view", theirs | {"shared": True, "name": "Geteilt"})
    assert box.ask(f"GET /v1/entity/view/{hidden['id']}").status_code == 404
    assert box.ask(f"GET /v1/entity/view/{shared['id']}").status_code == 200
    assert box.get("GET /v1/entity/views?q=still")["hits"] == 0
    listing = make_box(views_of_others="listed")
    listing.get("POST /v1/entity/view", theirs)
    assert listing.get("GET /v1/entity/views?q=still")["hits"] == 1


def test_labels(box: Any) -> None:
    assert [each["slug"] for each in box.get("GET /v1/entity/taxonomies")["results"]] == ["purpose"]
    assert [each["slug"] for each in box.get("GET /v1/entity/taxonomies?type=relation")["results"]] == [
        "_relation_contact"
    ]
    search = "POST /v1/entity/taxonomies/classifications:search"

    def ids(query: str = "", body: Any = None) -> list[str]:
        return [each["id"] for each in box.get(f"{search}?{query}", body)["results"]]

    assert ids("taxonomySlug=purpose&query=ver") == ["purpose:vertrag"]
    assert ids("", {"classificationIds": [{"pattern": "purpose:w*"}, "purpose:angebot"]}) == [
        "purpose:angebot",
        "purpose:wallbox",
    ]
    box.get(
        "PUT /v2/entity/taxonomies/classifications/purpose:wallbox", {"slug": "x", "name": "Wallbox", "archived": True}
    )
    assert ids("taxonomySlug=purpose&query=wall") == []
    assert ids("include_archived=only") == ["purpose:wallbox"]
    made = box.get("POST /v2/entity/taxonomies/classifications", {"slug": "purpose:neu", "name": "Neu"})
    assert (made["id"], made["slug"]) == ("purpose:neu", "neu")
    assert (
        box.ask("POST /v2/entity/taxonomies/classifications", {"slug": "purpose:neu", "name": "x"}).status_code == 409
    )
    assert box.ask("POST /v1/entity/taxonomies", {"slug": "purpose", "name": "Zweck"}).status_code == 409
    assert (
        box.get("GET /v1/entity/schemas/contact/taxonomy/purpose?query=pv")["results"][0]["id"] == "purpose:pv-anlage"
    )
