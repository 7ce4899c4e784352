"""Checks what a flow's parts say of each other beside the edges: due dates, schedules, requirements, automations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

from syncer.kinds.flow_template.graph_model import TRIGGER, Flow, Node, completing
from syncer.kinds.flow_template.graph_search import circles, leading_back, reach, turned
from syncer.kinds.lenient_reader import bundled, mapping, mappings, suggestion, text
from syncer.model.diagnostic import Finding
from syncer.model.json_values import Json, Path

RULES = {
    "flow-due-date": "A due date that hangs on a task or phase names one of this flow, and not the one it belongs to.",
    "flow-schedule": "A schedule relative to a task names another task of this flow; `all_preceding_tasks_completed` "
    "and an entity's date name what they need.",
    "flow-requirement": "A requirement names another task, or another phase, of this flow.",
    "flow-requirement-cycle": "No task waits for itself by way of what it requires.",
    "flow-sync-filter": "The filter of an entity sync names one task or one phase of this flow.",
    "flow-input-context": "`input_context.task_id` names a task that comes before the one it feeds.",
    "flow-automation": "An AUTOMATION task has exactly one of `flow_id`, `action_config` and `duplicated_flow_id`.",
    "flow-agent": "An AI_AGENT task names its agent in `agent_config.agent_id`.",
    "flow-unknown-automation": "`{automation: KEY}` names an automation of `spec.automations`.",
    "flow-unused-automation": "Every automation of `spec.automations` is used by the trigger or a task.",
}

ALL_PRECEDING = "all_preceding_tasks_completed"
AUTOMATION_SOURCES = ("flow_id", "action_config", "duplicated_flow_id")


def check_references(flow: Flow) -> Iterator[Finding]:
    """Everything a part of the flow points at, beside the edges."""
    yield from _due_date(flow, flow.spec, (), None)
    for node in (*flow.phases, *flow.tasks):
        yield from _due_date(flow, node.spec, node.path, node)
        if node.noun == "task":
            yield from _schedule(flow, node)
    yield from _requirements(flow)
    yield from _sync_filters(flow)
    yield from _inputs(flow)
    yield from _automations(flow)


def _missing(flow: Flow, noun: str, name: str, rule: str, path: Path, where: str) -> Iterator[Finding]:
    """A finding if `name` is no task (or phase) of the flow, and the flow lists them."""
    if isinstance(flow.spec.get(f"{noun}s"), list):
        names, others = (flow.task_ids, flow.phase_ids) if noun == "task" else (flow.phase_ids, flow.task_ids)
        if name not in names:
            other = "phase" if noun == "task" else "task"
            hint = f"`{name}` is a {other}" if name in others else suggestion(name, names)
            yield Finding(rule, f"{where} names `{name}`, which is no {noun} of this flow", path, hint)


def _due_date(flow: Flow, spec: Mapping[str, Json], path: Path, node: Node | None) -> Iterator[Finding]:
    config, place = mapping(spec.get("due_date_config")), (*path, "due_date_config")
    where = f"the due date of {node}" if node else "the due date of the flow"
    for kind, noun in (("TASK_FINISHED", "task"), ("PHASE_FINISHED", "phase")):
        if config.get("type") != kind:
            continue
        key = f"{noun}_id"
        name = text(config.get(key))
        if not config.get(key):
            yield Finding("flow-due-date", f"{where} is `{kind}` without a `{key}`", place, f"say which {noun} it is")
        elif name is not None and node is not None and node.noun == noun and node.id == name:
            message = f"{where} hangs on that {noun} itself"
            yield Finding("flow-due-date", message, (*place, key), f"name a {noun} that comes before")
        elif name is not None:
            yield from _missing(flow, noun, name, "flow-due-date", (*place, key), where)


def _schedule(flow: Flow, task: Node) -> Iterator[Finding]:
    reference = mapping(mapping(task.spec.get("schedule")).get("reference"))
    place, where = (*task.path, "schedule", "reference"), f"the schedule of {task}"
    origin, name = reference.get("origin"), text(reference.get("id"))
    if origin == "task_completed" and name is not None:
        if name == task.id:
            yield Finding(
                "flow-schedule", f"{where} hangs on that task itself", (*place, "id"), "name a task before it"
            )
        else:
            yield from _missing(flow, "task", name, "flow-schedule", (*place, "id"), where)
    elif origin == ALL_PRECEDING and name not in (None, ALL_PRECEDING):
        message = f"{where} names `{name}`, where `id` repeats the origin"
        yield Finding("flow-schedule", message, (*place, "id"), f"write `id: {ALL_PRECEDING}`")
    elif origin == "trigger_entity_attribute":
        for key in ("schema", "attribute"):
            if not reference.get(key):
                message = f"{where} hangs on a date of the entity, but names no `{key}`"
                yield Finding("flow-schedule", message, place, f"add `{key}`")


def _requirements(flow: Flow) -> Iterator[Finding]:
    waits: dict[str, list[str]] = {name: [] for name in flow.task_ids}
    places: dict[tuple[str, str], Path] = {}
    for task in flow.tasks:
        for index, requirement in mappings(task.spec.get("requirements")):
            for when, noun in (("TASK_FINISHED", "task"), ("PHASE_FINISHED", "phase")):
                place = (*task.path, "requirements", index, f"{noun}_id")
                name = text(requirement.get(f"{noun}_id"))
                if requirement.get("when") != when or name is None:
                    continue
                if name == task.id or (noun == "phase" and name == task.phase):
                    message = f"{task} requires {'itself' if name == task.id else f'its own phase `{name}`'} to be done"
                    yield Finding("flow-requirement", message, place, "require what comes before it")
                    continue
                yield from _missing(flow, noun, name, "flow-requirement", place, f"a requirement of {task}")
                waits[task.id].append(name)
                places[(task.id, name)] = place
    for task in flow.tasks:
        if task.phase:
            waits.setdefault(task.phase, []).append(task.id)
    if flow.phase_ids.keys() & flow.task_ids.keys():
        return
    for circle in circles(waits):
        steps = list(pairwise(circle))
        path = next((places[step] for step in reversed(steps) if step in places), ("tasks",))
        message = f"`{circle[0]}` waits for itself: {' → '.join(circle)}"
        yield Finding("flow-requirement-cycle", message, path, "remove one of these requirements")


def _sync_filters(flow: Flow) -> Iterator[Finding]:
    for index, rule in mappings(flow.spec.get("entity_sync")):
        place = ("entity_sync", index, "trigger", "filter")
        narrowed = mapping(mapping(rule.get("trigger")).get("filter"))
        where = f"the filter of entity sync {index}"
        if narrowed.get("task_template_id") and narrowed.get("phase_template_id"):
            message = f"{where} names a task and a phase"
            yield Finding("flow-sync-filter", message, place, "keep one of `task_template_id` and `phase_template_id`")
        for noun in ("task", "phase"):
            name = text(narrowed.get(f"{noun}_template_id"))
            if name:
                yield from _missing(flow, noun, name, "flow-sync-filter", (*place, f"{noun}_template_id"), where)


def _inputs(flow: Flow) -> Iterator[Finding]:
    for task, place, name in _input_tasks(flow):
        if not name:
            message = f"the input of {task} comes from a task, but no `task_id` says which"
            yield Finding("flow-input-context", message, place, "add `task_id`")
        else:
            path = (*place, "task_id")
            yield from _missing(flow, "task", name, "flow-input-context", path, f"the input of {task}")


def _input_tasks(flow: Flow) -> Iterator[tuple[Node, Path, str]]:
    """Each task fed by another: the task, the place of its context, the other's id or "" where none is given."""
    for task in flow.tasks:
        context = mapping(mapping(task.spec.get("automation_config")).get("input_context"))
        name = text(context.get("task_id") or "")
        if context.get("source") == "task" and name is not None:
            yield task, (*task.path, "automation_config", "input_context"), name


def check_inputs(flow: Flow) -> Iterator[Finding]:
    """In a flow whose edges are sound: that what feeds a task comes before it.

    Ways back of loops don't count, and what follows a phase comes after all of its tasks.
    """
    fed = [found for found in _input_tasks(flow) if found[2] in flow.task_ids]
    if not fed or not flow.whole:
        return
    graph = flow.graph()
    back = leading_back(graph)
    onward = {name: [other for other in others if (name, other) not in back] for name, others in graph.items()}
    backward = turned(completing(flow, onward))
    for task, place, name in fed:
        before = reach(backward, backward.get(task.id, ())) - {task.id}
        if TRIGGER in before and name not in before:
            message = f"the input of {task} comes from `{name}`, which does not come before it"
            hint = "name a task that is done when this one starts, or `source: trigger`"
            yield Finding("flow-input-context", message, (*place, "task_id"), hint)


def _automations(flow: Flow) -> Iterator[Finding]:
    places: list[tuple[Path, Json]] = [
        ((*path, "automation_id"), trigger.get("automation_id")) for path, trigger in flow.triggers()
    ]
    for task in flow.tasks:
        kind, place = task.spec.get("task_type"), (*task.path, "automation_config")
        config = task.spec.get("automation_config")
        if isinstance(config, Mapping):
            given = [key for key in AUTOMATION_SOURCES if config.get(key) is not None]
            if len(given) > 1:
                message = f"{task} has `{given[0]}` and `{given[1]}`; they say where its automation comes from"
                yield Finding("flow-automation", message, (*place, given[1]), "keep one of them")
            places.append(((*place, "flow_id"), config.get("flow_id")))
        if kind == "AUTOMATION" and flow.whole and not any(mapping(config).get(key) for key in AUTOMATION_SOURCES):
            hint = "add `automation_config` with `flow_id: {automation: KEY}`, a `flow_id`, or an `action_config`"
            path = place if "automation_config" in task.spec else task.path
            yield Finding("flow-automation", f"{task} has no automation", path, hint)
        if kind == "AI_AGENT" and flow.whole and not mapping(task.spec.get("agent_config")).get("agent_id"):
            path = (*task.path, "agent_config") if "agent_config" in task.spec else task.path
            yield Finding("flow-agent", f"{task} names no agent", path, "add `agent_config: {agent_id: …}`")
    yield from _bundle(flow, places)


def _bundle(flow: Flow, places: list[tuple[Path, Json]]) -> Iterator[Finding]:
    bundle, used = mapping(flow.spec.get("automations")), set()
    for path, reference in places:
        key = bundled(reference)
        if key is None:
            continue
        used.add(key)
        if key not in bundle:
            hint = suggestion(key, list(bundle)) or "add it to `spec.automations`"
            yield Finding("flow-unknown-automation", f"`{key}` is no automation of this manifest", path, hint)
    for key in bundle if used <= set(bundle) else ():
        if key not in used:
            message = f"automation `{key}` is used by no trigger and no task"
            hint = f"use it with `{{automation: {key}}}`, or remove it"
            yield Finding("flow-unused-automation", message, ("automations", key), hint, "warning")
