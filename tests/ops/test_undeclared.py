"""Drift of what no manifest declares, of every kind: inside what is declared, new items, whole manifests."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from simulation.manifests import Make
from simulation.world import World
from syncer.model.diagnostic import InvalidInput
from syncer.ops.drift import accept_drift
from syncer.plan.drift import Drift
from syncer.state.state_file import encode

Json = Any
GOVERNANCE = "POST /data-governance/v1/contact/configs"


def documents(**metadata: Json) -> list[Json]:
    """One object of every kind, each declared in part."""
    return [
        Make.reason("won", metadata),
        Make.schema("mast", Make.text("height"), metadata=metadata),
        Make.flow("visit", metadata, closing_reasons=[{"ref": "won"}]),
        Make.checker("address", metadata),
        Make.retention("old", metadata),
    ]


def put_schema(world: World, change: Callable[[Json], None]) -> None:
    live = world.one("EntitySchema", slug="mast")
    change(live)
    world.ask("PUT /v1/entity/schemas/mast", live)


def put_flow(world: World, change: Callable[[Json], None]) -> None:
    flow = world.one("FlowTemplate", name="Visit")
    change(flow)
    world.ask(f"PUT /v2/flows/templates/{flow['id']}", flow)


def put_reason(world: World, **more: Json) -> None:
    live = world.one("ClosingReason", title="Won")
    world.ask(f"PATCH /v2/workflows/closing-reasons/{live['id']}", {"title": "Won", "status": "ACTIVE", **more})


def put_app(world: World, *more: Json, component: str = "") -> None:
    spec = Make.checker()["spec"]
    (values,) = spec["option_values"]
    values = [{**values, "options": [*values["options"], *more]}]
    values += [{"component_id": component, "options": [{"key": "x", "value": "y"}]}] if component else []
    world.ask(f"PATCH /v1/app/{spec['app_id']}", {"option_values": values})


def put_retention(world: World, **more: Json) -> None:
    live = world.one("RetentionConfig", entity_schema="contact")
    body = {
        name: live[name] for name in ("type", "enabled", "query", "schedule", "relations_for_deletion") if name in live
    }
    world.ask(GOVERNANCE, {**body, **more})


def note(live: Json) -> None:
    live["description"] = "von Hand"


def require(live: Json) -> None:
    live["attributes"][0]["required"] = True


def add_attribute(live: Json) -> None:
    live["attributes"].append({"name": "colour", "label": "Colour", "type": "string"})


def hint(live: Json) -> None:
    live["tasks"][0]["description"] = {"enabled": True, "value": "Klingeln"}


CASES: dict[str, tuple[str, Callable[[World], None], list[str], list[str]]] = {
    # what is done: whose, how, what is drift, what was added by others where the manifest is not whole
    "a field of a reason": ("ClosingReason/won", lambda w: put_reason(w, colour="red"), ["colour"], []),
    "a field of a schema": ("EntitySchema/mast", lambda w: put_schema(w, note), ["description"], []),
    "a field of a declared attribute": (
        "EntitySchema/mast", lambda w: put_schema(w, require), ["attributes[height].required"], [],
    ),
    "an attribute": ("EntitySchema/mast", lambda w: put_schema(w, add_attribute), [], ["attributes[colour]"]),
    "a field of a flow": ("FlowTemplate/visit", lambda w: put_flow(w, note), ["description"], []),
    "a field of a task": ("FlowTemplate/visit", lambda w: put_flow(w, hint), ["tasks[call].description"], []),
    "an option of an app": (
        "AppInstallation/address",
        lambda w: put_app(w, {"key": "unterzeile", "value": "Bitte"}),
        [],
        ["option_values[536b9491-d800-59f9-8e70-1a97a593240b].options[unterzeile]"],
    ),
    "a field of a retention config": (
        "RetentionConfig/old",
        lambda w: put_retention(w, relations_for_deletion=["order"]),
        ["relations_for_deletion"],
        [],
    ),
}  # fmt: skip


def told(report: Drift) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """(what drifted, what others added): address → fields, all of them undeclared."""
    assert {field.cause for each in (*report.objects, *report.added) for field in each.fields} <= {"undeclared"}
    drifted, added = (
        {str(each.address): [field.path for field in each.fields] for each in side}
        for side in (report.objects, report.added)
    )
    return drifted, added


def named(address: str, fields: list[str]) -> dict[str, list[str]]:
    return {address: fields} if fields else {}


@pytest.fixture
def org(world: World) -> World:
    world.put(*documents())
    assert world.apply().code == 0
    return world


@pytest.mark.parametrize("whole", [False, True], ids=["partial", "whole"])
@pytest.mark.parametrize("name", CASES)
def test_every_kind(world: World, name: str, whole: bool) -> None:
    address, change, drifted, added = CASES[name]
    world.put(*documents(**({"policy": {"whole": True}} if whole else {})))
    assert world.apply().code == 0
    assert told(world.drift()) == ({}, {})
    change(world)
    fields = drifted + added if whole else drifted
    expected = (named(address, fields), {} if whole else named(address, added))
    assert told(world.drift()) == expected
    planned = world.plan()
    assert (planned.plan.changes, [each.rule for each in planned.plan.notices]) == ((), ["undeclared-drift"])
    assert world.apply().code == 0  # an apply that does not write it takes nothing for known
    assert told(world.drift()) == expected
    with world.api(read_only=True) as api:
        assert accept_drift(world, [f"{address}/{(drifted + added)[0]}"], api) == {planned.plan.notices[0].address: 1}
    assert (told(world.drift()), world.plan().plan.notices) == (({}, {}), ())


def test_a_write_takes_what_is_there_for_known(org: World) -> None:
    put_schema(org, note)
    listed = {"extra": ["attributes[height].hint_label"]}
    org.put(Make.schema("mast", Make.text("height", hint_label="hoch"), metadata=listed, plural="Maste"))
    assert org.apply().code == 0
    assert told(org.drift()) == ({}, {})


def test_what_was_known_and_changes_or_goes(org: World) -> None:
    """The value that it had stands nowhere: it is shown as one that is hidden."""
    put_schema(org, note)
    put_schema(org, add_attribute)
    with org.api(read_only=True) as api:
        assert list(accept_drift(org, ["EntitySchema/mast"], api).values()) == [2]
    assert "von Hand" not in org.state_path.read_text()

    def change(live: Json) -> None:
        live["description"] = "anders"
        live["attributes"] = [
            {**each, "label": "Farbe"} if each["name"] == "colour" else each for each in live["attributes"]
        ]

    put_schema(org, change)
    (each,) = org.drift().objects
    assert [(field.path, repr(field.before), field.after) for field in each.fields] == [
        ("description", "HIDDEN", "anders")
    ]
    assert told(org.drift())[1] == {"EntitySchema/mast": ["attributes[colour].label"]}
    put_schema(org, lambda live: live["attributes"].pop())
    put_schema(org, lambda live: live.pop("description"))
    assert told(org.drift()) == ({"EntitySchema/mast": ["description"]}, {"EntitySchema/mast": ["attributes[colour]"]})


@pytest.mark.parametrize("attributes", [[], None, [Make.text("height")]], ids=["an empty list", "none", "another"])
def test_what_goes_from_a_list_to_which_others_may_add(world: World, attributes: Json) -> None:
    schema = Make.schema("contact", **({} if attributes is None else {"attributes": attributes}))
    for name in ("name", "plural", *(["attributes"] if attributes is None else [])):
        del schema["spec"][name]
    world.put(schema)
    world.apply()

    def less(live: Json) -> None:
        live["attributes"] = [each for each in live["attributes"] if each["name"] != "website"]
        next(each for each in live["attributes"] if each["name"] == "last_name")["required"] = False

    world.stored("schema", "contact", less)
    report = world.drift()
    found = [(one.path, one.cause) for each in (*report.objects, *report.added) for one in each.fields]
    assert sorted(found) == [("attributes[last_name].required", "undeclared"), ("attributes[website]", "undeclared")]


def test_what_is_let_go_of_is_known_as_it_was_declared(org: World) -> None:
    org.put(Make.schema("mast", Make.text("height"), description="hoch"))
    assert org.apply().code == 0
    org.put(Make.schema("mast", Make.text("height")))
    assert told(org.drift()) == ({}, {})
    assert org.apply().code == 0
    assert told(org.drift()) == ({}, {})
    put_schema(org, note)
    assert told(org.drift()) == ({"EntitySchema/mast": ["description"]}, {})
    org.put(Make.schema("mast", Make.text("height"), description="von Hand"))  # declared by now: git has taken it over
    assert told(org.drift()) == ({}, {})
    assert org.apply().code == 0
    org.put(Make.schema("mast", Make.text("height")))
    assert told(org.drift()) == ({}, {})


@pytest.mark.parametrize("form", ["of the old form", "without salt"])
def test_a_state_that_does_not_know(org: World, form: str) -> None:
    """It is read; what was live is known from the next apply on."""
    state = org.state()
    entries = {
        address: entry if form == "without salt" else entry._replace(undeclared=None)
        for address, entry in state.entries.items()
    }
    before = replace(state, salt="", entries=entries)
    org.state_path.write_text(encode(org.environment, before))
    put_schema(org, note)
    report = org.drift()
    assert (report.objects, report.added, report.unknown) == ((), (), 5)
    assert org.apply().code == 0
    assert (org.drift().objects, org.drift().unknown) == ((), 0)
    put_schema(org, require)
    assert told(org.drift()) == ({"EntitySchema/mast": ["attributes[height].required"]}, {})


def test_ten_thousand_undeclared_paths(org: World) -> None:
    """They are remembered and compared; a state stays one line an object."""

    def many(live: Json) -> None:
        live["attributes"] += [
            {"name": f"a{number}", "label": f"A {number}", "type": "string"} for number in range(3400)
        ]

    put_schema(org, many)
    with org.api(read_only=True) as api:
        assert list(accept_drift(org, ["EntitySchema/mast"], api).values()) == [3400]
    assert told(org.drift()) == ({}, {})
    assert org.apply().code == 0
    line = next(line for line in org.state_path.read_text().splitlines() if '"EntitySchema/mast"' in line)
    known = json.loads(line.rstrip(","))["undeclared"]
    assert sum(map(len, known.values())) >= 10_000
    put_schema(org, lambda live: live["attributes"][-1].update(label="B"))
    assert told(org.drift()) == ({}, {"EntitySchema/mast": ["attributes[a3399].label"]})


@pytest.mark.parametrize(
    ("wish", "message"),
    {
        "EntitySchema": "`EntitySchema` is no address",
        "EntitySchema/mast": "EntitySchema/mast: nothing that no manifest declares was changed",
        "EntitySchema/mast/plural": "EntitySchema/mast: at `plural` nothing that no manifest declares was changed",
        "EntitySchema/other": "`EntitySchema/other` fits no manifest of this environment",
    }.items(),
)
def test_what_cannot_be_accepted(org: World, wish: str, message: str) -> None:
    before = org.state_path.read_bytes()
    with org.api(read_only=True) as api, pytest.raises(InvalidInput) as caught:
        accept_drift(org, [wish], api)
    assert (caught.value.problems[0].message, org.state_path.read_bytes()) == (message, before)
