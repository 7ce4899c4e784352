"""Entity schemas: versions, freezing, item ids, what a PUT keeps and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

BASE = "/v1/entity/schemas"
SMALL: dict[str, Any] = {
    "slug": "mast",
    "name": "Mast",
    "plural": "Masten",
    "capabilities": [],
    "attributes": [{"name": "height", "label": "Höhe", "type": "number"}],
}


def put(box: Any, **change: Any) -> Any:
    return box.get(f"PUT {BASE}/mast", SMALL | change)


def test_a_put_creates_and_then_makes_versions(box: Any) -> None:
    first = put(box, comment="weg", version=7, fremd={"a": 1})
    assert first == {
        "id": first["id"],
        "created_at": "2026-03-02T09:14:03.000Z",
        "updated_at": "2026-03-02T09:14:03.000Z",
        "version": 1,
        **SMALL,
        "fremd": {"a": 1},
        "latest": True,
        "attributes": [{**SMALL["attributes"][0], "id": first["attributes"][0]["id"]}],
    }
    second = put(box)
    assert (second["version"], second["created_at"], second["updated_at"]) == (
        2,
        "2026-03-02T09:14:03.000Z",
        "2026-03-02T09:14:03.001Z",
    )
    assert "fremd" not in second, "a PUT replaces the schema"
    assert second["id"] != first["id"]
    old = box.get(f"GET {BASE}/mast?id={first['id']}")
    assert (old["version"], "latest" in old) == (1, False)


def test_item_ids_are_kept_when_sent_and_new_when_not(box: Any) -> None:
    first = put(
        box,
        group_settings=[{"label": "A"}],
        group_headlines=[{"name": "h", "label": "H", "group": "A", "type": "headline"}],
        capabilities=[{"name": "c", "attributes": [{"name": "x", "label": "X", "type": "string"}]}],
    )
    items = [
        first["group_settings"][0],
        first["group_headlines"][0],
        first["capabilities"][0],
        first["capabilities"][0]["attributes"][0],
        first["attributes"][0],
    ]
    assert all(len(item["id"]) == 36 for item in items)
    again = box.get(f"PUT {BASE}/mast", first)
    assert {key: again[key] for key in ("attributes", "capabilities", "group_settings", "group_headlines")} == {
        key: first[key] for key in ("attributes", "capabilities", "group_settings", "group_headlines")
    }
    assert put(box)["attributes"][0]["id"] != first["attributes"][0]["id"]


ITEM = {"name": "height", "label": "Höhe", "type": "number", "_manifest": ["97b17719-b229-43f0-8553-23eb21c4b346"]}
BARE = {key: value for key, value in ITEM.items() if key != "_manifest"}


@pytest.mark.parametrize(
    ("switches", "kept"), [({}, False), ({"schema_manifest_when_omitted": "kept"}, True)], ids=["default", "kept"]
)
def test_a_manifest_left_out(make_box: Callable[..., Any], switches: dict[str, Any], kept: bool) -> None:
    box = make_box(**switches)
    assert put(box, attributes=[ITEM])["attributes"][0]["_manifest"] == ITEM["_manifest"]
    assert ("_manifest" in put(box, attributes=[BARE])["attributes"][0]) is kept


def test_frozen_is_what_is_served(box: Any) -> None:
    first = put(box)
    second = put(box, name="Neu")
    frozen = box.get(f"POST {BASE}/mast/freeze", {"version_id": first["id"]})
    assert (frozen["name"], frozen["frozen"]) == ("Mast", True)
    third = put(box, name="Neuer")
    assert box.get(f"GET {BASE}/mast")["name"] == "Mast"
    assert box.get(f"GET {BASE}/mast?latest=true")["name"] == "Neuer"
    listed = {
        flag: {each["slug"]: each["name"] for each in box.get(f"GET {BASE}?latest={flag}")["results"]}["mast"]
        for flag in ("true", "false")
    }
    assert listed == {"true": "Neuer", "false": "Mast"}
    versions = box.get(f"GET {BASE}/mast/versions?versions_size=2&fields=id,version")
    assert versions == {
        "versions": [{"id": third["id"], "version": 3}, {"id": second["id"], "version": 2}],
        "versions_more": True,
        "drafts": [],
        "drafts_more": False,
        "frozen_version": first["id"],
    }
    rest = box.get(f"GET {BASE}/mast/versions?versions_from=2&fields=version")
    assert (rest["versions"], rest["versions_more"]) == ([{"version": 1}], False)
    assert box.get(f"POST {BASE}/mast/unfreeze")["name"] == "Neuer"
    assert box.get(f"GET {BASE}/mast")["name"] == "Neuer"


def test_freezing_without_a_version_takes_the_current_one(box: Any) -> None:
    made = put(box)
    assert box.get(f"POST {BASE}/mast/freeze")["id"] == made["id"]
    put(box)
    both = box.get(f"GET {BASE}/mast")
    assert (both["frozen"], "latest" in both) == (True, False)
    assert (
        box.ask(f"POST {BASE}/mast/freeze", {"version_id": "0f6d3a7e-6c53-4d07-9f2f-2a1b8d7b3c11"}).status_code == 404
    )


def test_lists(box: Any) -> None:
    slugs = [
        "contact",
        "account",
        "opportunity",
        "contract",
        "order",
        "meter",
        "submission",
        "ticket",
        "file",
        "message",
        "asset",
        "billing_account",
        "billing_event",
        "call",
        "calendar",
        "calendar_event",
        "campaign",
        "comment",
        "coupon",
        "email_template",
        "journey",
        "location",
        "meter_counter",
        "notification_template",
        "partner",
        "portal_user",
        "price",
        "product",
        "product_recommendation",
        "request",
        "target",
        "tax",
    ]
    assert [each["slug"] for each in box.get(f"GET {BASE}")["results"]] == slugs
    assert [each["slug"] for each in box.get(f"GET {BASE}?include=meter,contact")["results"]] == ["contact", "meter"]
    assert [each["slug"] for each in box.get(f"GET {BASE}?exclude={','.join(slugs[1:])}")["results"]] == ["contact"]
    whole = box.get("GET /v2/entity/schemas?full=true&include=contact")["results"][0]
    assert whole == box.get(f"GET {BASE}/contact")
    cut = box.get("GET /v2/entity/schemas?include=contact")["results"][0]
    assert ([each["name"] for each in cut["attributes"]], cut["capabilities"], cut["_summary"]) == (
        ["first_name", "last_name", "email"],
        [],
        True,
    )
    assert "group_settings" not in cut


def test_the_built_in_contact(box: Any) -> None:
    contact = box.get(f"GET {BASE}/contact")
    assert len(contact["attributes"]) >= 30
    assert len({each["id"] for each in contact["attributes"]}) == len(contact["attributes"])
    assert all(each["id"] == each["label"] for each in contact["group_settings"])
    assert {each["group"] for each in contact["attributes"] if "group" in each} == {
        each["id"] for each in contact["group_settings"]
    }
    assert [each["name"] for each in contact["attributes"] if each.get("protected")] == [
        "first_name",
        "last_name",
        "email",
        "phone",
    ]
    assert any(each.get("_manifest") for each in contact["attributes"])
    assert box.get(f"GET {BASE}/blueprints")["results"][0]["slug"] == "contact"


def attribute(**fields: Any) -> dict[str, Any]:
    return {"attributes": [{"name": "x", "label": "X", "type": "string"} | fields]}


WRONG = {
    "no plural": ({"plural": None}, "body/plural must be string"),
    "another slug": ({"slug": "turm"}, "body/slug turm does not match the path's mast"),
    "a slug with blanks": ({"slug": "ma st"}, 'body/slug must match pattern "^[a-zA-Z0-9_-]+$"'),
    "no label": (
        {"attributes": [{"name": "x", "type": "date"}]},
        "body/attributes/0 must have required property 'label'",
    ),
    "an unknown type": (
        attribute(type="text"),
        "body/attributes/0/type must be equal to one of the allowed values: string, boolean",
    ),
    "an option that is a number": (attribute(type="select", options=[1]), "body/attributes/0/options/0 must be object"),
    "no currency": (attribute(type="currency"), "body/attributes/0 must have required property 'currency'"),
    "no topic": (attribute(type="consent"), "body/attributes/0 must have required property 'topic'"),
    "no formula": (attribute(type="computed"), "body/attributes/0 must have required property 'value_formatter'"),
    "null as purpose": (attribute(_purpose=None), "body/attributes/0/_purpose must be array"),
    "a manifest that is no uuid": (attribute(_manifest=["x"]), "body/attributes/0/_manifest/0 must match pattern"),
    "a group without label": ({"group_settings": [{"id": "a"}]}, "body/group_settings/0 must have required property"),
    "a relation to nothing": (
        attribute(type="relation", allowedSchemas=["mast", "turm"]),
        "body/attributes: x relates to schema turm, which does not exist",
    ),
    "a view that is none": (
        {"ui_config": {"table_view": {"view_type": "grid"}}},
        "body/ui_config/table_view/view_type must",
    ),
    "a hook without name": (
        {"capabilities": [{"name": "c", "ui_hooks": [{}]}]},
        "body/capabilities/0/ui_hooks/0 must have",
    ),
    "an open installment": (
        {"capabilities": [{"name": "c", "adjust_installment": {"journey_id": "j", "x": 1}}]},
        "body/capabilities/0/adjust_installment must NOT have additional property 'x'",
    ),
    "two mistakes": (
        {"name": 1, "plural": 2},
        "body/name must be string; body/plural must be string",
    ),
}


@pytest.mark.parametrize(("change", "said"), WRONG.values(), ids=WRONG)
def test_refused(box: Any, change: Any, said: str) -> None:
    answer = box.ask(f"PUT {BASE}/mast", SMALL | change)
    body = answer.json()
    assert (answer.status_code, body["status"], body["error"][: len(said)]) == (400, 400, said)
    assert box.ask(f"GET {BASE}/mast").status_code == 404


RIGHT: dict[str, dict[str, Any]] = {
    "options of all kinds": attribute(type="select", options=[None, "a", {"value": "b"}]),
    "a relation to itself": attribute(type="relation", allowedSchemas=["mast"], edit_mode="list-view"),
    "a name with dots": attribute(name="_acl.view"),
    "names twice": {"attributes": [{"name": "x", "label": "X", "type": "string"}] * 2},
    "unknown keys": attribute(hintHelperText="", fremd=[1, {"a": None}]),
    "rows in words": attribute(rows="4", multiline=True),
    "no lineage": attribute(_manifest=None),
    "an empty setting": {"enable_setting": []},
}


@pytest.mark.parametrize("change", RIGHT.values(), ids=RIGHT)
def test_accepted_and_kept(box: Any, change: dict[str, Any]) -> None:
    stored = put(box, **change)
    for item in stored["attributes"]:
        del item["id"]
    assert {key: stored[key] for key in change} == change


CONDITION = {
    "id": "0f6d3a7e-6c53-4d07-9f2f-2a1b8d7b3c11",
    "name": "plz",
    "label": "PLZ",
    "type": "location",
    "format": "zipcode",
}
SWITCHED: dict[str, tuple[dict[str, Any], list[dict[str, Any]], int]] = {
    # case: switches, puts one after the other, the last one's status
    "protected, not enforced": ({}, [attribute(protected=True), {"attributes": []}], 200),
    "protected": ({"schema_protected_enforced": True}, [attribute(protected=True), {"attributes": []}], 400),
    "protected, kept": ({"schema_protected_enforced": True}, [attribute(protected=True), attribute(label="Y")], 200),
    "version not checked": ({}, [{}, {"version": 9}], 200),
    "version checked": ({"schema_version_checked": True}, [{}, {"version": 9}], 409),
    "version right": ({"schema_version_checked": True}, [{}, {"version": 1}], 200),
    "names unique": ({"schema_names_unique": True}, [RIGHT["names twice"]], 400),
    "references not checked": (
        {"schema_references_checked": False},
        [attribute(type="relation", allowedSchemas=["turm"])],
        200,
    ),
    "another status": ({"schema_invalid_status": 422}, [{"plural": 1}], 422),
    "a condition renamed": ({}, [{"conditions": [CONDITION]}, {"conditions": [CONDITION | {"name": "ort"}]}], 400),
    "a condition relabelled": ({}, [{"conditions": [CONDITION]}, {"conditions": [CONDITION | {"label": "Ort"}]}], 200),
}


@pytest.mark.parametrize(("switches", "puts", "status"), SWITCHED.values(), ids=SWITCHED)
def test_switches(
    make_box: Callable[..., Any], switches: dict[str, Any], puts: list[dict[str, Any]], status: int
) -> None:
    box = make_box(**switches)
    for change in puts[:-1]:
        put(box, **change)
    assert box.ask(f"PUT {BASE}/mast", SMALL | puts[-1]).status_code == status


def test_switches_of_putting(make_box: Callable[..., Any]) -> None:
    merging = make_box(schema_put="merge")
    put(merging, icon="tower")
    assert put(merging)["icon"] == "tower"
    still = make_box(schema_same_put_makes_version=False, schema_item_ids_when_omitted="by_name")
    assert put(still) == put(still)
    assert put(still, name="Turm")["version"] == 2


def test_deleting(make_box: Callable[..., Any]) -> None:
    box = make_box()
    put(box)
    entity = box.get("POST /v1/entity/mast", {"height": "20"})
    answer = box.ask(f"DELETE {BASE}/mast")
    assert (answer.status_code, answer.json()) == (409, {"status": 409, "error": "Schema mast still has 1 entities"})
    box.get(f"DELETE /v1/entity/mast/{entity['_id']}")
    assert box.ask(f"DELETE {BASE}/mast").status_code == 200
    for call in ("GET {}", "GET {}/versions", "DELETE {}", "POST {}/freeze"):
        answer = box.ask(call.format(f"{BASE}/mast"))
        assert (answer.status_code, answer.json()) == (404, {"status": 404, "error": "Schema mast not found"})
    assert put(box)["version"] == 1
    assert make_box(schema_core_deletable=False).ask(f"DELETE {BASE}/contact").status_code == 403
    losing = make_box(schema_delete_with_entities="delete")
    put(losing)
    losing.get("POST /v1/entity/mast", {})
    assert losing.ask(f"DELETE {BASE}/mast").status_code == 200


def test_items_one_by_one(box: Any) -> None:
    put(box)
    item = {"name": "height", "label": "Noch eine", "type": "string"}
    made = box.get(f"POST {BASE}/attributes", {**item, "schema": "mast"})
    assert made == {**item, "id": made["id"], "composite_id": f"mast:{made['id']}", "schema": "mast"}
    schema = box.get(f"GET {BASE}/mast")
    assert ([each["name"] for each in schema["attributes"]], schema["version"]) == (["height", "height"], 2)
    box.get(f"PUT {BASE}/attributes/{made['composite_id']}", item | {"label": "Anders"})
    assert box.get(f"GET {BASE}/attributes/{made['composite_id']}")["label"] == "Anders"
    assert box.ask(f"PUT {BASE}/attributes/mast:nope", item).status_code == 404
    assert box.get(f"PUT {BASE}/group/mast:Neue Gruppe", {"label": "Neue Gruppe"})["id"] == "Neue Gruppe"
    assert box.get(f"DELETE {BASE}/attributes/{made['composite_id']}")["name"] == "height"
    assert len(box.get(f"GET {BASE}/mast")["attributes"]) == 1


@pytest.mark.parametrize("how", ["ignored", "refused"])
def test_where_freezing_is_retired_every_read_gives_the_latest(make_box: Callable[..., Any], how: str) -> None:
    box = make_box(schema_latest=how)
    first = put(box)
    assert box.get(f"POST {BASE}/mast/freeze", {"version_id": first["id"]})["id"] == first["id"]
    put(box, name="Neu")
    assert box.get(f"GET {BASE}/mast")["name"] == "Neu"
    assert "frozen_version" not in box.get(f"GET {BASE}/mast/versions")
    status = {"ignored": 200, "refused": 400}[how]
    for path in (f"{BASE}/mast?latest=true", f"{BASE}?latest=true", "/v2/entity/schemas?full=true&latest=true"):
        assert box.ask(f"GET {path}").status_code == status
