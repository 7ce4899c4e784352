"""A rule of entity sync that changes keeps what nobody declares of it, and its place; one that is new gets nothing."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from simulation.world import World

Json = Any
Make = Any


def rule(event: str, value: str, attribute: str) -> Json:
    return {
        "trigger": {"event": event},
        "value": {"source": "custom_value", "value": value},
        "target": {"entitySchema": "contact", "entityAttribute": attribute},
    }


FIRST, SECOND = rule("FlowStarted", "open", "status"), rule("FlowCompleted", "done", "status")
THIRD = rule("FlowCancelled", "gone", "reason")
ELSEWHERE = {**FIRST, "target": {"entitySchema": "order", "entityAttribute": "colour"}}
EDITS: dict[str, tuple[list[Json], list[tuple[Json, str]], list[str]]] = {
    # edit: what the manifest says, what is live then with whose unknown field, the fields of the plan
    "changed": (
        [rule("FlowStarted", "open", "phase"), SECOND],
        [(rule("FlowStarted", "open", "phase"), "red"), (SECOND, "blue")],
        ["entity_sync[0].target.entityAttribute"],
    ),
    "added": ([FIRST, SECOND, THIRD], [(FIRST, "red"), (SECOND, "blue"), (THIRD, "")], ["entity_sync"]),
    "removed": ([SECOND], [(SECOND, "blue")], ["entity_sync"]),
    "reordered": ([SECOND, FIRST], [(FIRST, "red"), (SECOND, "blue")], []),
    "changed and added": (
        [rule("FlowStarted", "new", "status"), SECOND, THIRD],
        [(rule("FlowStarted", "new", "status"), "red"), (SECOND, "blue"), (THIRD, "")],
        ["entity_sync"],
    ),
    "another one in its place": ([ELSEWHERE, SECOND], [(SECOND, "blue"), (ELSEWHERE, "")], ["entity_sync"]),
}


def put(world: World, make: Make, rules: list[Json]) -> None:
    world.put(make.flow("visit", entity_sync=copy.deepcopy(rules)))


@pytest.mark.parametrize("name", EDITS)
def test_what_nobody_declares_of_a_rule_stays(world: World, make: Make, name: str) -> None:
    wanted, expected, fields = EDITS[name]
    put(world, make, [FIRST, SECOND])
    assert world.apply().code == 0
    id = world.listed("FlowTemplate")[0]["id"]

    def coloured(body: Json) -> Json:
        for each, colour in zip(body["entity_sync"], ("red", "blue"), strict=True):
            each["colour"] = colour
        return body

    world.stored("flow", id, coloured)
    assert world.changes() == {}
    put(world, make, wanted)
    planned = [field.path for change in world.plan().plan.changes for field in change.fields]
    assert planned == fields
    assert world.apply().code == 0
    live = world.stored("flow", id)["entity_sync"]
    assert live == [{**each, "colour": colour} if colour else each for each, colour in expected]
