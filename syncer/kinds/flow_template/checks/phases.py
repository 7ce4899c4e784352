"""Checks that each phase of a flow is entered at one task and left by at most one edge
(docs/platform.md#graph-of-a-flow)."""

from __future__ import annotations

from collections.abc import Iterator

from syncer.kinds.flow_template.graph_model import Edge, Flow, Node, settled
from syncer.kinds.flow_template.graph_search import leading_back
from syncer.kinds.lenient_reader import listed, suggestion, text
from syncer.model.diagnostic import Finding
from syncer.model.json_values import Path

RULES = {
    "flow-dangling-phase": "A task's `phase_id` names a phase of the flow.",
    "flow-empty-phase": "A phase has at least one task.",
    "flow-phase-entry": "Exactly one edge leads from a phase to a task of its own: the phase's entry.",
    "flow-phase-successor": "At most one edge leads from a phase out of it: to what follows once its tasks are done.",
    "flow-entry-inside": "No other task of the phase leads to the phase's entry, save the way back of a loop.",
}


def check_phases(flow: Flow) -> Iterator[Finding]:
    """Membership, entry and successor of every phase."""
    astray = False
    if flow.lists_phases:
        for task in flow.tasks:
            if task.phase and task.phase not in flow.phase_ids:
                astray = True
                message = f"{task} belongs to `{task.phase}`, which is no phase of this flow"
                hint = suggestion(task.phase, flow.phase_ids)
                yield Finding("flow-dangling-phase", message, (*task.path, "phase_id"), hint)
    if not flow.drawn:
        return
    unclear = {task.id for task in flow.tasks if not _clear(flow, task)}
    for phase in flow.phase_ids:
        node = flow.nodes.get(phase)
        if node is not None and node.noun == "task":
            continue
        path = node.path if node else ("edges",)
        members = _members(flow, phase)
        if not members:
            if flow.whole and not astray and not unclear:
                hint = f"give its tasks `phase_id: {phase}`, or remove the phase and its edges"
                yield Finding("flow-empty-phase", f"phase `{phase}` has no tasks", path, hint)
        elif not any(edge.target in unclear for edge in flow.leaving.get(phase, ())):
            yield from _ways(flow, phase, members, path)


def _ways(flow: Flow, phase: str, members: list[str], path: Path) -> Iterator[Finding]:
    entries, successors = _entries(flow, phase), _successors(flow, phase)
    if not entries and not flow.loose:
        first = next((name for name in members if not _led_to(flow, name)), members[0])
        hint = f"add `{{from_id: {phase}, to_id: {first}}}`"
        yield Finding("flow-phase-entry", f"no edge leads from phase `{phase}` to a task of its own", path, hint)
    for edge in entries[1:]:
        message = f"{edge} is a second entry of phase `{phase}` beside `{entries[0].target}`"
        hint = f"lead to `{edge.target}` from the task before it"
        yield Finding("flow-phase-entry", message, edge.path, hint)
    for edge in successors[1:]:
        message = f"{edge} is a second way out of phase `{phase}` beside the one to `{successors[0].target}`"
        hint = "branch with a DECISION as the last task of the phase, or before the next one"
        yield Finding("flow-phase-successor", message, edge.path, hint)


def check_entries(flow: Flow) -> Iterator[Finding]:
    """Phases that are entered behind one of their own tasks, in a flow whose edges are sound."""
    back = None
    for phase in flow.phase_ids:
        members, entries = _members(flow, phase), _entries(flow, phase)
        inside = [
            edge
            for name in members
            for edge in flow.leaving.get(name, ())
            if entries and edge.target == entries[0].target
        ]
        if inside and back is None:
            back = leading_back(flow.graph())
        for edge in inside:
            if (edge.source, edge.target) not in (back or ()):
                message = f"{edge} leads to the entry of phase `{phase}` from inside the phase"
                firsts = [name for name in members if not _led_to(flow, name)]
                hint = (
                    f"enter the phase at {listed(firsts)}" if firsts else "enter the phase at the task that comes first"
                )
                yield Finding("flow-entry-inside", message, edge.path, hint)


def _members(flow: Flow, phase: str) -> list[str]:
    return list(dict.fromkeys(task.id for task in flow.tasks if task.phase == phase))


def _entries(flow: Flow, phase: str) -> list[Edge]:
    members = set(_members(flow, phase))
    return [edge for edge in flow.leaving.get(phase, ()) if edge.target in members]


def _successors(flow: Flow, phase: str) -> list[Edge]:
    members = set(_members(flow, phase))
    return [edge for edge in flow.leaving.get(phase, ()) if edge.target and edge.target not in members]


def _led_to(flow: Flow, name: str) -> bool:
    return any(edge.target == name for edges in flow.leaving.values() for edge in edges)


def _clear(flow: Flow, task: Node) -> bool:
    """Whether it can be told which phase a task belongs to."""
    said = task.spec.get("phase_id")
    return settled(task) and (not said or (text(said) is not None and said in flow.phase_ids))
