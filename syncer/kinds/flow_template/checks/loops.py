"""Checks the loops of a flow: which edges they may close, and which tasks lie in which (docs/platform.md#loops).

A loop is a decision's promise that one branch, its loop branch, leads back to it, at most `max_iterations` times. That
branch may go straight to an earlier task or by way of tasks of its own, whose last edge is the way back. So the edge of
the loop branch is the one that is taken out before looking for circles: whatever circle is left has no such promise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from syncer.kinds.flow_template.graph_model import (
    TRIGGER,
    Edge,
    Flow,
    Node,
    completing,
    default_branches,
    lists_conditions,
    loop,
)
from syncer.kinds.flow_template.graph_search import reach, turned
from syncer.kinds.lenient_reader import listed, suggestion, text
from syncer.model.diagnostic import Finding
from syncer.model.json_values import Json

RULES = {
    "flow-loop-off-decision": "Only a DECISION has a `loop_config`.",
    "flow-loop-branch": "`loop_branch_id` and `exit_branch_id` name two different conditions of the decision; the exit "
    "is not the default branch.",
    "flow-loop-open": "The loop branch of a decision leads back to that decision.",
    "flow-loops-overlap": "Two loops share no task, or one lies within the other.",
}


def loop_edges(flow: Flow) -> dict[str, list[Edge]]:
    """Decision → the edges of its loop branch; a decision whose loop names no edge has an empty list."""
    return {
        task.id: [
            edge for edge in flow.leaving.get(task.id, ()) if edge.condition == text(loop(task)["loop_branch_id"])
        ]
        for task in flow.decisions()
        if text(loop(task).get("loop_branch_id"))
    }


def unbounded(flow: Flow) -> list[Edge]:
    """The edges of decisions that mean to loop but whose loop branch is wrong: their circles are not reported too."""
    closed = loop_edges(flow)
    broken = [task.id for task in flow.decisions() if loop(task) and not closed.get(task.id)]
    return [edge for name in broken for edge in flow.leaving.get(name, ())]


def check_loops(flow: Flow) -> Iterator[Finding]:
    """Every `loop_config` by itself."""
    for task in flow.tasks:
        config = loop(task)
        if config and "task_type" in task.spec and not task.decides:
            message = f"{task} has a `loop_config`, but is no decision"
            hint = "a loop is declared on the DECISION that leads back"
            yield Finding("flow-loop-off-decision", message, (*task.path, "loop_config"), hint)
        elif config:
            yield from _named(flow, task, config)


def check_ways_back(flow: Flow) -> Iterator[Finding]:
    """The loops of a flow whose edges are sound: that each closes, and that they don't cross."""
    yield from _closed(flow)
    yield from _overlaps(flow)


def _named(flow: Flow, task: Node, config: Mapping[str, Json]) -> Iterator[Finding]:
    declared = [name for _, name, _ in task.conditions]
    named = {key: name for key in ("loop_branch_id", "exit_branch_id") if (name := text(config.get(key))) is not None}
    for key, name in named.items():
        if lists_conditions(task) and name not in declared:
            message = f"`{key}` of {task} is `{name}`, which is no condition of it"
            yield Finding("flow-loop-branch", message, (*task.path, "loop_config", key), suggestion(name, declared))
    leave = named.get("exit_branch_id")
    place = (*task.path, "loop_config", "exit_branch_id")
    if leave is not None and leave == named.get("loop_branch_id"):
        message = f"the loop of {task} has `{leave}` as its loop branch and as its exit"
        yield Finding("flow-loop-branch", message, place, "add a condition for the way out and name it here")
    elif leave is not None and leave in default_branches(flow, task):
        message = f"the exit `{leave}` of {task} is its default branch too"
        hint = "the platform keeps the exit as a condition of its own; add one for it"
        yield Finding("flow-loop-branch", message, place, hint)


def _closed(flow: Flow) -> Iterator[Finding]:
    ways, closing = completing(flow, flow.graph()), loop_edges(flow)
    for task in flow.decisions():
        edges = closing.get(task.id)
        if edges and task.id not in reach(ways, [edge.target for edge in edges if edge.target]):
            message = f"the loop branch `{edges[0].condition}` of {task} never leads back to it"
            hint = f"lead its last task to `{task.id}` or to a task before it, or remove `loop_config`"
            yield Finding("flow-loop-open", message, (*task.path, "loop_config", "loop_branch_id"), hint)


def _overlaps(flow: Flow) -> Iterator[Finding]:
    found = list(bodies(flow).items())
    order = [TRIGGER, *flow.phase_ids, *flow.task_ids]
    for index, (later, body) in enumerate(found):
        for earlier, other in found[:index]:
            if body & other and not body <= other and not other <= body:
                shared = listed(sorted(body & other, key=order.index))
                message = f"the loops of tasks `{earlier}` and `{later}` overlap in {shared}"
                path = (*flow.nodes[later].path, "loop_config")
                hint = "let one of them begin and end within the other, or let them share no task"
                yield Finding("flow-loops-overlap", message, path, hint)


def bodies(flow: Flow) -> dict[str, set[str]]:
    """Decision → the nodes of its loop: those on the ways from its loop branch back to it.

    The ways are those without any loop's own edge, so that a loop within doesn't bring in the one around it; the tasks
    that only its loop branch leads to (its tail) are added where it lies within another.
    """
    closing = loop_edges(flow)
    ways = flow.graph(*(edge for edges in closing.values() for edge in edges))
    back, main = turned(ways), reach(ways, [TRIGGER])
    found: dict[str, set[str]] = {}
    for name, edges in closing.items():
        body = reach(ways, [edge.target for edge in edges if edge.target]) & reach(back, [name])
        if name in body:
            found[name] = body
    tails = {name: body - main for name, body in found.items()}
    for body in found.values():
        grown = -1
        while grown != len(body):
            grown = len(body)
            for inner in [name for name in found if name in body]:
                body |= tails[inner]
    return found
