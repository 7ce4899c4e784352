"""Who in the organisation may use an object that goes: its flows of both generations, its automations; and what of
these lists may stand in a recording.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from syncer.kinds.lenient_reader import mapping, mappings
from syncer.model.calls import Call
from syncer.model.json_values import Json
from syncer.model.unexpected_reply import object_at

if TYPE_CHECKING:
    from syncer.model.recording_rules import RecordedRead

FLOWS = Call("GET", "/v2/flows/templates", service="workflow")
DEFINITIONS = Call("GET", "/v1/workflows/definitions", service="workflow")
"""Flows of the older generation (docs/platform.md#older-flows), which no other list shows."""
AUTOMATIONS = Call("GET", "/v1/automation/flows?include_flows=true&size=250", service="automation")
"""Without `include_flows` those that belong to flows are hidden."""


def results(answer: Json) -> list[Mapping[str, Json]]:
    """The objects of a list, which is the reply itself or stands in its `results`."""
    return [each for _, each in mappings(mapping(answer).get("results", answer))]


def unseen(answer: Json) -> str:
    """That a list is longer than what was looked at, in words; "" where it is not."""
    total, seen = mapping(answer).get("total"), len(results(answer))
    return f"only {seen} of {total} automations were looked at" if isinstance(total, int) and total > seen else ""


def steps(definition: Mapping[str, Json]) -> Iterator[Mapping[str, Json]]:
    """The steps of a flow of the older generation, those in sections too."""
    for _, item in mappings(definition.get("flow")):
        yield item
        yield from (step for _, step in mappings(item.get("steps")))


def called(each: Mapping[str, Json]) -> str:
    """What people call a flow or an automation."""
    return str(each.get("name") or each.get("flow_name") or each.get("id"))


def reads() -> tuple[RecordedRead, ...]:
    """Of each of these lists what is read of it, by whichever kind; flow templates speak for all of them."""
    from syncer.model.recording_rules import RecordedRead, pick, rows  # late: only `record` asks

    def reasons(flow: Json) -> Json:
        names = [name for name in ("closing_reasons", "closingReasons") if isinstance(object_at(flow).get(name), list)]
        return {**pick("id", "name")(flow), **{name: [pick("id")(each) for each in flow[name]] for name in names}}

    def definition(flow: Json) -> Json:
        named = [pick("flowId")(mapping(each.get("automationConfig"))) for each in steps(mapping(flow))]
        return {**reasons(flow), "flow": [{"automationConfig": each} for each in named if each]}

    def automation(value: Json) -> Json:
        actions = [pick("app_id", "target_workflow")(mapping(each.get("config"))) for each in _actions(value)]
        context = pick("workflow_id")(mapping(value.get("workflow_context")))
        own = {"workflow_context": context} if context else {}
        return {**pick("id", "flow_name")(value), **own, "actions": [{"config": each} for each in actions]}

    return (
        RecordedRead("workflow", "GET /v2/flows/templates", rows("results", reasons)),
        RecordedRead("workflow", "GET /v1/workflows/definitions", rows("results", definition)),
        RecordedRead("automation", "GET /v1/automation/flows", rows("results", automation)),
    )


def _actions(automation: Mapping[str, Json]) -> list[Mapping[str, Json]]:
    return [each for _, each in mappings(object_at(automation).get("actions"))]


def configs(automation: Mapping[str, Json]) -> list[Mapping[str, Json]]:
    """The configuration of each of its actions."""
    return [mapping(each.get("config")) for each in _actions(automation)]
