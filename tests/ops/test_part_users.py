"""An attribute that goes, by its name, under somebody who names it: those are named in the plan, whoever manages them,
and what a schema will be live is judged like a manifest."""

from __future__ import annotations

from typing import Any

import pytest

from syncer.model.diagnostic import InvalidInput

Json = Any
World, Make = Any, Any
SITE = "EntitySchema/site"
GONE = "attribute `old` goes: its values are no longer seen, searched or exported; "


def relation(name: str, slug: str, back: str) -> Json:
    found = {"name": name, "label": name, "type": "relation", "allowedSchemas": [slug]}
    return {**found, "reverse_attributes": {slug: back}}


def site(make: Make, name: str, **spec: Json) -> Json:
    """A schema whose relation is called so."""
    attributes = [make.text("a"), {"name": name, "label": "Sites", "type": "relation", "allowedSchemas": ["site"]}]
    return make.schema("site", *attributes, **spec)


def asking(make: Make, name: str) -> Json:
    """A flow that asks for `old` of a site in a condition, a schedule and an entity sync."""
    source = {"id": "t", "origin": "trigger", "origin_type": "entity", "schema": "site", "attribute": "old"}
    statement = {
        "id": "s",
        "source": {**source, "attribute_type": "relation"},
        "operator": "is_not_empty",
        "values": [],
    }
    branch = {"id": "yes", "branch_name": "Yes", "logical_operator": "AND", "statements": [statement]}
    trigger = {"id": "t", "type": "manual", "entity_schema": "site"}
    task = {"id": "ask", "name": "Ask", "task_type": "DECISION", "trigger_mode": "automatic"}
    edges = [
        {"from_id": "trigger", "to_id": "ask"},
        *({"from_id": "ask", "condition_id": id, "to_id": "", "none_met": id == "no"} for id in ("yes", "no")),
    ]
    return make.flow(
        name,
        trigger=trigger,
        tasks=[{**task, "conditions": [branch, {**branch, "id": "no", "branch_name": "No", "statements": []}]}],
        edges=edges,
    )


def changes(world: World) -> Json:
    return {str(each.address): list(each.reasons) for each in world.plan().plan.changes}


@pytest.mark.parametrize("managed", [True, False], ids=["both managed", "one managed"])
def test_who_names_an_attribute_is_named_with_it(world: World, make: Make, managed: bool) -> None:
    """Beside its manifest, or by hand only: the lists are read anyway."""
    house = make.schema("house", make.text("a"), relation("of_site", "site", "old"))
    world.put(site(make, "old", title_template="{{old}}"))
    world.put(make.flow("other"))
    if managed:
        world.put(house)
        world.put(asking(make, "asks"))
    assert world.apply().code == 0
    if not managed:
        world.ask("PUT /v1/entity/schemas/house", {"published": True, "capabilities": [], **house["spec"]})
        flow = asking(make, "asks")["spec"]
        world.ask(
            "POST /v2/flows/templates", {**flow, "edges": [{**e, "id": f"e{n}"} for n, e in enumerate(flow["edges"])]}
        )
    world.put(site(make, "new", title_template="{{old}}"))
    called = (
        ("EntitySchema/house", "FlowTemplate/asks")
        if managed
        else ("EntitySchema `house`", f"FlowTemplate `{flow['name']}`")
    )
    users = f"{called[0]} (`reverse_attributes` of `of_site`), {SITE} (`title_template` of the schema), "
    users += f"{called[1]} (a condition of task `Ask`)"
    expected = ", ".join(sorted(users.split(", ")))
    assert changes(world) == {SITE: [f"{GONE}`old` is still named by {expected}"]}


def test_what_nobody_looked_at_is_said(world: World, make: Make) -> None:
    world.put(site(make, "old"))
    assert world.apply().code == 0
    world.put(site(make, "new"))
    plan = world.plan().plan
    assert [list(each.reasons) for each in plan.changes] == [[GONE.removesuffix("; ")]]
    assert [each.message for each in plan.notices if "looked at" in each.message] == [
        "whether a FlowTemplate names `old` was not looked at: no manifest is one"
    ]


def test_what_stays_live_is_judged_with_what_goes(world: World, make: Make) -> None:
    """A condition set by hand asks for an attribute that goes: `validate` would refuse the two together."""
    world.put(site(make, "old"))
    assert world.apply().code == 0
    live = world.one("EntitySchema", slug="site")
    live["attributes"][0]["render_condition"] = 'old = "x"'
    keep = ("id", "created_at", "updated_at", "version", "comment", "source")
    world.ask("PUT /v1/entity/schemas/site", {name: value for name, value in live.items() if name not in keep})
    world.put(site(make, "new"))
    with pytest.raises(InvalidInput) as refused:
        world.plan()
    assert [(each.rule, each.message) for each in refused.value.problems] == [
        (
            "schema-condition-attribute",
            "the render condition asks for `old`, which is no attribute of this schema, once this is applied",
        )
    ]
