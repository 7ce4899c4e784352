"""The automations that go along with a flow, with its task or with its trigger, and who else may use them.

A flow's tasks and triggers name automations; which of those belong to the flow, and go with it, the platform says in an
older form only (`workflow_context`), and state knows of those that the flow's manifest bundled. What belongs to another
flow stays. Of all others it is not documented, so they are taken to go (docs/platform.md#automations).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from syncer.kinds.flow_template.automations import answered, owner
from syncer.kinds.flow_template.inline_automations import triggers_of
from syncer.kinds.lenient_reader import by_id, items, listed, mapping
from syncer.kinds.users import AUTOMATIONS, DEFINITIONS, called, configs, results, steps, unseen
from syncer.model.calls import Call
from syncer.model.json_values import Json, Spec
from syncer.model.kind import CascadedObject, CascadeQuery

TO = "AutomationFlow"
"""What references to automations are to."""


def removal_asks(flow_id: str) -> Mapping[str, Call]:
    """Which automations belong to the flow or start it, and which flows of the older generation use them."""
    return {"automations": AUTOMATIONS, "definitions": DEFINITIONS}


def removal_reasons(live: Json, answers: Mapping[str, Json]) -> tuple[str, ...]:
    """The automations that start the flow and do not go with it."""
    own = {*named(live), *(id for id, each in answered(answers).items() if owner(each) == live["id"])}
    starting = [
        called(each)
        for id, each in answered(answers).items()
        if id not in own and any(config.get("target_workflow") == live["id"] for config in configs(each))
    ]
    said = [f"automations start it: {listed(starting)}"] if starting else []
    return (*said, *filter(None, [unseen(answers.get("automations"))]))


def takes_along(taking: CascadeQuery) -> tuple[CascadedObject, ...]:
    """The automations that go with the flow, or with what the change takes out of it."""
    seen, ours = answered(taking.answers), taking.parts.get("automations", {})
    keys = {id: key for key, id in ours.items()}
    going = dict(going_with(taking.have, taking.goal))
    if taking.goal is None:
        whole = _whole(taking.answers.get("automations"))
        belonging = (id for id, each in seen.items() if owner(each) == taking.live_id)
        going |= {id: "" for id in (*ours.values(), *belonging) if id in seen or not whole}
    found = []
    for id, item in going.items():
        whose = owner(seen.get(id))
        if whose not in ("", taking.live_id):
            continue  # another flow's, which only lets this one use it
        name = str(mapping(seen.get(id)).get("flow_name") or keys.get(id, ""))
        found.append(
            CascadedObject(TO, id, name, item, sure=id in keys or bool(whose), users=_older(id, taking.answers))
        )
    return tuple(found)


def _whole(answer: Json) -> bool:
    """Whether a list surely shows all that there are."""
    total = mapping(answer).get("total")
    return isinstance(total, int) and total <= len(results(answer))


def going_with(have: Spec, goal: Spec | None) -> Iterator[tuple[str, str]]:
    """(automation, item of the risk that says so) of all that the live flow names where `goal` has no such task or
    trigger any more; without a goal, of all that it names."""
    if goal is None:
        yield from ((id, "") for id in named(have))
        return
    tasks = by_id(goal.get("tasks"))
    for task in items(have.get("tasks")):
        id = mapping(task.get("automation_config")).get("flow_id")
        then = tasks.get(str(task.get("id")))
        gone = then is None or then.get("task_type") != "AUTOMATION"
        if task.get("task_type") == "AUTOMATION" and isinstance(id, str) and gone:
            yield id, f"tasks/{task.get('name') or task.get('id')}"
    starting = (each.get("automation_id") for _, each in triggers_of(goal) if each.get("type") == "automation")
    started = {id for id in starting if isinstance(id, str)}
    for _, trigger in triggers_of(have):
        id = trigger.get("automation_id")
        if trigger.get("type") == "automation" and isinstance(id, str) and id not in started:
            yield id, "trigger"


def named(flow: Mapping[str, Json]) -> list[str]:
    """The automations that a flow's tasks and triggers name."""
    ids = [trigger.get("automation_id") for _, trigger in triggers_of(flow)]
    ids += [mapping(task.get("automation_config")).get("flow_id") for task in items(flow.get("tasks"))]
    return [each for each in ids if isinstance(each, str)]


def _older(id: str, answers: Mapping[str, Json]) -> tuple[str, ...]:
    return tuple(
        f"the older workflow `{called(each)}`"
        for each in results(answers.get("definitions"))
        if any(mapping(step.get("automationConfig")).get("flowId") == id for step in steps(each))
    )
