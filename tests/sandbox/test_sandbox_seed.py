"""Seeds and resets: what a document says is what the API shows, twice is like once, a mistake loads nothing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from syncer.sandbox.seed import private_app_id, reset, seed
from syncer.sandbox.server import Organisation, create_app

METER_APP = "b9eda1bd-0d39-5eef-b5a2-6747eea88c73"
DOCUMENT: dict[str, Any] = {
    "taxonomies": [{"slug": "sparte", "name": "Sparte"}],
    "classifications": [{"id": "sparte:strom", "slug": "strom", "name": "Strom"}],
    "schemas": [
        {
            "slug": "mast",
            "name": "Mast",
            "plural": "Masten",
            "capabilities": [],
            "attributes": [{"name": "lage", "label": "Lage", "type": "relation", "allowedSchemas": ["trafo"]}],
        },
        {"slug": "trafo", "name": "Trafo", "plural": "Trafos", "capabilities": [], "attributes": []},
    ],
    "saved_views": [{"id": "view-1", "slug": ["mast"], "name": "Alle", "shared": True, "ui_config": {}}],
    "closing_reasons": [{"title": "Umzug"}, {"title": "Umzug"}, {"id": "r-3", "title": "Alt", "status": "INACTIVE"}],
    "automations": [{"id": "auto-1", "flow_name": "Frei", "triggers": [], "actions": [{"type": "send-email"}]}],
    "flow_templates": [
        {"id": "flow1", "name": "Anschluss", "tasks": [], "edges": [], "closing_reasons": [{"title": "Alt"}]}
    ],
    "workflow_definitions": [{"id": "def1", "name": "Alt", "flow": []}],
    "app_configurations": [
        {
            "app_id": "app-1",
            "name": "Eigene",
            "versions": [{"version": "1.0.0", "visibility": "public", "components": []}],
        }
    ],
    "apps": [{"app_id": METER_APP, "version": "1.0.0"}, {"app_id": "app-1"}],
    "retention_configs": [
        {
            "id": "cfg-1",
            "entity_schema": "mast",
            "type": "deletion",
            "enabled": False,
            "query": {"saved_view_id": "view-1"},
            "schedule": {"frequency": "interval", "interval_days": 30},
        }
    ],
    "entities": [{"_schema": "mast", "_id": "m-1"}, {"_schema": "mast"}, {"_schema": "contact", "last_name": "A"}],
}
COUNTS = {
    "taxonomies": 1,
    "classifications": 1,
    "schemas": 2,
    "saved_views": 1,
    "closing_reasons": 3,
    "automations": 1,
    "flow_templates": 1,
    "workflow_definitions": 1,
    "app_configurations": 1,
    "apps": 2,
    "retention_configs": 1,
    "entities": 3,
}
LISTS = {
    "schemas": "/v1/entity/schemas?latest=true",
    "saved_views": "/v1/entity/views",
    "automations": "/v1/automation/flows",
    "closing_reasons": "/v1/workflows/closing-reasons?includeInactive=true",
    "flow_templates": "/v2/flows/templates",
    "workflow_definitions": "/v1/workflows/definitions",
    "apps": "/v1/app",
    "public": "/v1/app-configurations/public",
    "retention_configs": "/data-governance/v1/configs",
    "taxonomies": "/v1/entity/taxonomies",
}
SERVERS = {
    "created_at",
    "updated_at",
    "creationTime",
    "lastUpdateTime",
    "last_updated_at",
    "version",
    "id",
    "installation_audit",
    "configuration_audit",
    "_created_at",
    "_updated_at",
}


def shown(db: Any) -> dict[str, Any]:
    """Everything the API lists of an organisation."""
    app = create_app(db, [Organisation("739224", "t")])
    client = httpx.Client(
        transport=httpx.WSGITransport(app), base_url="http://x", headers={"Authorization": "Bearer t"}
    )
    lists = {name: client.get(path).json() for name, path in LISTS.items()}
    search = {"filter": [], "allow_targeting_all_schemas": True}
    lists["entities"] = client.post("/v1/entity:list", json=search).json()
    app.extensions["sandbox"].close()
    return lists


def timeless(value: Any) -> Any:
    """A value without what the server makes."""
    if isinstance(value, dict):
        return {key: timeless(each) for key, each in value.items() if key not in SERVERS}
    return [timeless(each) for each in value] if isinstance(value, list) else value


def ids(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [each for key, each in value.items() if key in ("id", "_id")]
        return own + [each for inner in value.values() for each in ids(inner)]
    return [each for inner in value for each in ids(inner)] if isinstance(value, list) else []


def test_a_seed_is_what_the_api_shows(tmp_path: Path) -> None:
    db = str(tmp_path / "sandbox.db")
    assert seed(db, "739224", DOCUMENT) == COUNTS
    lists = shown(db)
    assert [each["slug"] for each in lists["schemas"]["results"]][-2:] == ["mast", "trafo"]
    assert [each["title"] for each in lists["closing_reasons"]["reasons"]] == ["Umzug", "Umzug", "Alt"]
    assert len({each["id"] for each in lists["closing_reasons"]["reasons"]}) == 3
    flow = lists["flow_templates"]["results"][0]
    assert (flow["id"], flow["closing_reasons"][0]["id"]) == ("flow1", "r-3")
    assert [(each["app_id"], each["installed_version"]) for each in lists["apps"]["apps"]] == [
        (METER_APP, "1.0.0"),
        ("app-1", "1.0.0"),
    ]
    assert lists["retention_configs"]["configs"][0]["id"] == "cfg-1"
    assert (lists["entities"]["hits"], lists["entities"]["results"][0]["_id"]) == (3, "m-1")


def test_a_round_trip(tmp_path: Path) -> None:
    """What one organisation's API shows, seeded into another place, is shown there again."""
    first, second = str(tmp_path / "first.db"), str(tmp_path / "second.db")
    seed(first, "739224", DOCUMENT)
    lists = shown(first)
    document = {
        "schemas": lists["schemas"]["results"],
        "saved_views": lists["saved_views"]["results"],
        "closing_reasons": lists["closing_reasons"]["reasons"],
        "automations": lists["automations"]["results"],
        "flow_templates": lists["flow_templates"]["results"],
        "workflow_definitions": lists["workflow_definitions"],
        "taxonomies": lists["taxonomies"]["results"],
        "retention_configs": lists["retention_configs"]["configs"],
        "entities": lists["entities"]["results"],
        "app_configurations": DOCUMENT["app_configurations"],
        "apps": lists["apps"]["apps"],
    }
    seed(second, "739224", document)
    assert timeless(shown(second)) == timeless(lists)


def test_loading_twice_changes_no_id(tmp_path: Path) -> None:
    db = str(tmp_path / "sandbox.db")
    seed(db, "739224", DOCUMENT)
    before = shown(db)
    seed(db, "739224", DOCUMENT)
    assert timeless(shown(db)) == timeless(before)
    assert {*ids(before["closing_reasons"]), *ids(before["entities"])} == {
        *ids(shown(db)["closing_reasons"]),
        *ids(shown(db)["entities"]),
    }


def test_organisations_have_ids_of_their_own(box: Any) -> None:
    store = box.app.extensions["sandbox"]
    document = {"closing_reasons": [{"title": "Umzug"}], "schemas": DOCUMENT["schemas"]}
    found: dict[str, set[str]] = {}
    for org, token in (("739224", "alpha"), ("911042", "beta")):
        seed(store, org, document)
        reasons = box.get("GET /v1/workflows/closing-reasons", token=token)
        schemas = box.get("GET /v1/entity/schemas", token=token)["results"]
        groups = {group["id"] for each in schemas for group in each.get("group_settings", ())}
        found[org] = {*ids(reasons), *ids(schemas)} - groups
    assert found["739224"].isdisjoint(found["911042"])
    assert private_app_id("739224") != private_app_id("911042")


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown section": (
        {"flows": []},
        "unknown section `flows` in the seed document; known are taxonomies, classifications, schemas, saved_views, "
        "closing_reasons, automations, flow_templates, workflow_definitions, app_configurations, apps, "
        "retention_configs, entities",
    ),
    "an object that is not sound": (
        {"closing_reasons": [{"title": "x"}, {"title": 7}]},
        "closing_reasons[1]: body/title must be string",
    ),
    "a flow that is not sound": (
        {"flow_templates": [{"name": "ab"}]},
        "flow_templates[0]: body must have required property 'tasks'",
    ),
    "a reason nobody has": (
        {"flow_templates": [{"name": "abc", "tasks": [], "edges": [], "closing_reasons": [{"title": "?"}]}]},
        "flow_templates[0]: closing reason with title ? does not exist",
    ),
    "an app nobody offers": ({"apps": [{"app_id": "x"}]}, "apps[0]: app x is not available in that version"),
    "an entity of no schema": ({"entities": [{"_schema": "x"}]}, "entities[0]: schema x does not exist"),
}


@pytest.mark.parametrize(("document", "said"), WRONG.values(), ids=WRONG)
def test_a_mistake_loads_nothing(box: Any, document: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)) as raised:
        seed(box.app.extensions["sandbox"], "739224", {"closing_reasons": [{"title": "vorher"}], **document})
    assert str(raised.value) == said
    assert box.get("GET /v1/workflows/closing-reasons") == {"reasons": []}


def test_reset(tmp_path: Path) -> None:
    db = str(tmp_path / "sandbox.db")
    fresh = shown(db)
    seed(db, "739224", DOCUMENT)
    seed(db, "911042", {"closing_reasons": [{"title": "bleibt"}]})
    reset(db, "739224")
    assert timeless(shown(db)) == timeless(fresh)
    assert ids(shown(db)["schemas"]) == ids(fresh["schemas"])
    seed(db, "739224", DOCUMENT)
    reset(db, None)
    assert timeless(shown(db)) == timeless(fresh)
