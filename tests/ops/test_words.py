"""How a plan and a report of drift tell what changed in a flow: its parts by their titles, its triggers, its rules."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from simulation.manifests import document
from simulation.world import World
from syncer.render.drift_text import render_drift
from syncer.render.plan_text import render_plan
from syncer.render.terminal import Terminal

Json = Any


def _rule(event: str, value: str, **filter: str) -> Json:
    trigger = {"event": event, **({"filter": filter} if filter else {})}
    target = {"entitySchema": "opportunity", "entityAttribute": "status"}
    return {"trigger": trigger, "value": {"source": "custom_value", "value": value}, "target": target}


FLOW = {
    "name": "House",
    "version": "v3",
    "enabled": True,
    "trigger": {"type": "manual", "entity_schema": "opportunity"},
    "additional_triggers": [{"type": "manual", "entity_schema": "contact"}],
    "tasks": [
        {
            "id": "look",
            "name": "Look at the house",
            "task_type": "MANUAL",
            "due_date_config": {"duration": 3, "unit": "days", "type": "WORKFLOW_STARTED"},
        },
        {"id": "call", "name": "Call", "task_type": "MANUAL"},
    ],
    "edges": [{"from_id": "trigger", "to_id": "look"}, {"from_id": "look", "to_id": "call"}],
    "entity_sync": [_rule("FlowStarted", "open"), _rule("TaskCompleted", "seen", task_template_id="look")],
}


def _edited(flow: Json) -> None:
    """In a manifest or by hand: a due date, a trigger, a trigger more, a rule changed, one gone, one new."""
    flow["tasks"][0]["due_date_config"]["duration"] = 5
    flow["additional_triggers"][0]["entity_schema"] = "order"
    flow["entity_sync"][1]["value"]["value"] = "looked at"
    flow["entity_sync"][0] = {**_rule("FlowCancelled", "gone"), "target": flow["entity_sync"][1]["target"]}


PLAN = """\
~ FlowTemplate/house  "House"  risky
    the flow starts otherwise
    additional_triggers[1].entity_schema  "contact" → "order"  [risky]
    tasks[look].due_date_config.duration  3 → 5  ("Look at the house")
    entity_sync                           3 differences inside
        - [0]  trigger.event: "FlowStarted", value.source: "custom_value", value.value: "open", tar…
        + [1]  trigger.event: "FlowCancelled", value.source: "custom_value", value.value: "gone", t…
        ~ [1].value.value  "seen" → "looked at"
"""
DRIFT = """\
~ FlowTemplate/house  "House"  changed by hand
    last written 2026-03-02T09:14:03.002Z by user-739224@example.org, after the last apply
    additional_triggers[1].entity_schema  "contact" → "order"
    tasks[look].due_date_config.duration  3 → 5  ("Look at the house")
    entity_sync                           3 differences inside
        + [0]  trigger.event: "FlowCancelled", value.source: "custom_value", value.value: "gone", t…
        ~ [0].value.value  "seen" → "looked at"
        - [1]  trigger.event: "FlowStarted", value.source: "custom_value", value.value: "open", tar…
"""
TAKEN_BACK = """\
~ FlowTemplate/house  "House"  risky
    the flow starts otherwise
    additional_triggers[1].entity_schema  "order" → "contact"  [drift]  [risky]
    tasks[look].due_date_config.duration  5 → 3  ("Look at the house")  [drift]
    entity_sync                           3 differences inside  [drift]
        - [0]  trigger.event: "FlowCancelled", value.source: "custom_value", value.value: "gone", t…
        + [1]  trigger.event: "FlowStarted", value.source: "custom_value", value.value: "open", tar…
        ~ [1].value.value  "looked at" → "seen"
"""


def _of_the_flow(text: str) -> str:
    """Its own paragraph."""
    return next(f"{part}\n" for part in text.split("\n\n") if part.startswith("~ FlowTemplate"))


def test_a_flow_changed_in_its_manifest(world: World) -> None:
    world.put(document("FlowTemplate", "house", FLOW))
    assert world.apply().code == 0
    edited = copy.deepcopy(FLOW)
    _edited(edited)
    world.put(document("FlowTemplate", "house", edited))
    assert _of_the_flow(render_plan(world.plan().plan, Terminal())) == PLAN


def test_a_flow_changed_by_hand(world: World) -> None:
    world.put(document("FlowTemplate", "house", FLOW))
    assert world.apply().code == 0
    live = world.one("FlowTemplate", name="House")
    _edited(live)
    world.ask(f"PUT /v2/flows/templates/{live['id']}", live)
    assert _of_the_flow(render_drift(world.drift(), Terminal())) == DRIFT
    assert _of_the_flow(render_plan(world.plan().plan, Terminal())) == TAKEN_BACK


def test_a_title_that_holds_a_secret_is_told_by_nobody(make_world: Callable[..., World]) -> None:
    """Live it is a text like any other; the manifest knows that it is not."""
    world = make_world()
    flow = copy.deepcopy(FLOW)
    flow["tasks"][0]["name"] = "Look ${env.SYNCER_KEY}"
    world.put(document("FlowTemplate", "house", flow))
    assert world.apply().code == 0
    live = world.one("FlowTemplate", name="House")
    assert live["tasks"][0]["name"] == "Look hush-hush-1"
    live["tasks"][0]["due_date_config"]["duration"] = 5
    world.ask(f"PUT /v2/flows/templates/{live['id']}", live)
    told = [render_drift(world.drift(), Terminal()), render_plan(world.plan().plan, Terminal())]
    world.forget()
    told += [render_drift(world.drift(), Terminal()), render_plan(world.plan().plan, Terminal())]
    for text in told:
        assert "tasks[look].due_date_config.duration" in text
        assert "hush-hush-1" not in text
