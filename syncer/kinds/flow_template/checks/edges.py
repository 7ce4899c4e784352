"""Checks that a flow's edges join its nodes into one graph that begins once and ends
(docs/platform.md#graph-of-a-flow)."""

from __future__ import annotations

from collections.abc import Iterator

from syncer.kinds.flow_template.checks.loops import loop_edges, unbounded
from syncer.kinds.flow_template.graph_model import TRIGGER, Edge, Flow, lists_conditions
from syncer.kinds.flow_template.graph_search import circles, reach, turned
from syncer.kinds.lenient_reader import listed, mappings, repeated, suggestion, text, texts
from syncer.model.diagnostic import Finding
from syncer.model.json_values import Path, show_path, value_at

RULES = {
    "flow-duplicate-id": "Ids are unique: tasks and phases share one set of names; edges, conditions, statements and "
    "triggers have one each for the whole flow.",
    "flow-alias-taken": "A former key in `aliases` is no part's key any more, and is named once.",
    "flow-reserved-id": "No task or phase is called `trigger`: that name is the flow's start.",
    "flow-duplicate-edge": "There is at most one edge for the same start, condition and end.",
    "flow-dangling-edge": "An edge begins at the trigger, a phase or a task of the flow, and ends at a phase, at a "
    "task, or nowhere.",
    "flow-dangling-condition": "An edge's `condition_id` names a condition of the decision it leaves.",
    "flow-into-trigger": "No edge leads to `trigger`.",
    "flow-start": "Exactly one edge leaves `trigger`, and it leads to a task or a phase.",
    "flow-branch-off-decision": "Only edges that leave a decision carry `condition_id` or `none_met`.",
    "flow-parallel-start": "A task that is no decision is followed by at most one node; starting several there is not "
    "documented.",
    "flow-cycle": "Circles exist only as loops of a decision: without the edges of all loop branches, none is left.",
    "flow-unreachable": "Every task and phase can be reached from `trigger`.",
}


def check_ids(flow: Flow) -> Iterator[Finding]:
    """Ids that stand twice where they must not, and the reserved one."""
    for node in (*flow.phases, *flow.tasks):
        if node.id == TRIGGER:
            message = f"{node} takes the name of the flow's start"
            yield Finding("flow-reserved-id", message, (*node.path, "id"), f"call the {node.noun} something else")
    for group in _ids(flow):
        for again, first in repeated(name for _, name, _ in group):
            what, name, path = group[again]
            hint = f"`{show_path(group[first][2], 'spec')}` has it already; ids are unique in the whole flow"
            yield Finding("flow-duplicate-id", f"{what} `{name}` has an id that is taken", path, hint)
        yield from _former_keys(flow, group)


def _former_keys(flow: Flow, group: list[tuple[str, str, Path]]) -> Iterator[Finding]:
    """Former keys that are still somebody's, or are named twice."""
    keys, seen = {name for _, name, _ in group}, set[str]()
    for what, name, path in group:
        for index, alias in texts(value_at(flow.spec, path[:-1]).get("aliases")):
            if alias in keys or alias in seen:
                whose = "is a key of this flow" if alias in keys else "is another part's former key as well"
                message = f"{what} `{name}` was never called `{alias}`: that {whose}"
                hint = "name former keys only, each in the part that it became"
                yield Finding("flow-alias-taken", message, (*path[:-1], "aliases", index), hint)
            seen.add(alias)


def _ids(flow: Flow) -> Iterator[list[tuple[str, str, Path]]]:
    """The sets of names that may not repeat: what it is, id, place of the id."""
    yield [(node.noun, node.id, (*node.path, "id")) for node in (*flow.phases, *flow.tasks)]
    yield [("edge", edge.id, (*edge.path, "id")) for edge in flow.edges if edge.id is not None]
    branching = [found for task in flow.decisions() for found in task.conditions]
    yield [("condition", name, (*path, "id")) for path, name, _ in branching]
    yield [
        ("statement", name, (*path, "statements", index, "id"))
        for path, _, condition in branching
        for index, statement in mappings(condition.get("statements"))
        if (name := text(statement.get("id"))) is not None
    ]
    starts = [(path, text(trigger.get("id"))) for path, trigger in flow.triggers()]
    yield [("trigger", name, (*path, "id")) for path, name in starts if name is not None]


def check_edges(flow: Flow) -> Iterator[Finding]:
    """Each edge by itself: its ends, its condition, and that it stands once."""
    names = [TRIGGER, *flow.phase_ids, *flow.task_ids]
    for edge in flow.edges:
        if edge.target == TRIGGER:
            message = f"{edge} leads to `trigger`, where flows only begin"
            yield Finding("flow-into-trigger", message, (*edge.path, "to_id"), 'let it end nowhere with `to_id: ""`')
        if not flow.drawn:
            continue
        if edge.source is not None and not flow.known(edge.source):
            message = f"{edge} begins at `{edge.source}`, which is no task or phase of this flow"
            yield Finding("flow-dangling-edge", message, (*edge.path, "from_id"), suggestion(edge.source, names))
        if edge.target and not flow.known(edge.target):
            message = f"{edge} leads to `{edge.target}`, which is no task or phase of this flow"
            yield Finding("flow-dangling-edge", message, (*edge.path, "to_id"), suggestion(edge.target, names[1:]))
        yield from _condition(flow, edge)
    clear = [edge for edge in flow.edges if not edge.vague]
    for again, first in repeated("\0".join(str(part) for part in edge.key) for edge in clear):
        if clear[again].id is None or clear[again].id != clear[first].id:
            message = f"{clear[again]} says the same as edge {clear[first].path[1]}"
            yield Finding("flow-duplicate-edge", message, clear[again].path, "remove one of the two")


def _condition(flow: Flow, edge: Edge) -> Iterator[Finding]:
    source = flow.nodes.get(edge.source or "")
    if source is None and edge.source != TRIGGER:
        return
    if source is not None and source.decides:
        declared = [name for _, name, _ in source.conditions]
        if edge.condition and lists_conditions(source) and edge.condition not in declared:
            message = f"{edge} belongs to `{edge.condition}`, which is no condition of {source}"
            hint = suggestion(edge.condition, declared)
            yield Finding("flow-dangling-condition", message, (*edge.path, "condition_id"), hint)
    elif source is None or source.noun == "phase" or "task_type" in source.spec:
        start = source or "`trigger`"
        for key, there in (("condition_id", edge.condition), ("none_met", edge.default)):
            if there:
                message = f"{edge} carries `{key}`, but {start} is no decision"
                hint = f"remove `{key}`, or make the task a DECISION" if source else f"remove `{key}`"
                yield Finding("flow-branch-off-decision", message, (*edge.path, key), hint)
                return


def check_graph(flow: Flow) -> Iterator[Finding]:
    """The edges together: one start, no circle but declared loops."""
    if isinstance(flow.spec.get("edges"), list):
        yield from _start(flow)
    if not flow.drawn:
        return
    order = [*flow.phase_ids, *flow.task_ids]
    for node in flow.tasks:
        if node.id in flow.phase_ids:
            continue
        edges = flow.leaving.get(node.id, ())
        followers = {edge.target for edge in edges if edge.target}
        marked = any(edge.condition or edge.default for edge in edges)
        if "task_type" in node.spec and not node.decides and not marked and len(followers) > 1:
            message = f"{node} is followed by {listed(sorted(followers, key=order.index))} at once"
            hint = "the platform documents parallel starts only for the branches of a decision"
            yield Finding("flow-parallel-start", message, node.path, hint, "warning")
    yield from _circles(flow)


def _start(flow: Flow) -> Iterator[Finding]:
    starts = [edge for edge in flow.edges if edge.source == TRIGGER]
    if not starts and not flow.loose and (flow.tasks or flow.phases or flow.edges):
        names = [*flow.phase_ids, *flow.task_ids]
        first = next((name for name in names if not any(edge.target == name for edge in flow.edges)), "…")
        hint = f"add `{{from_id: trigger, to_id: {first}}}`"
        yield Finding("flow-start", "no edge leaves `trigger`, so the flow has no beginning", ("edges",), hint)
    for edge in starts[1:]:
        if edge.key != starts[0].key:
            message = f"{edge} is a second start beside the one to `{starts[0].target}`"
            yield Finding("flow-start", message, edge.path, "exactly one edge leaves `trigger`")
    if starts and not starts[0].target:
        message = "the edge from `trigger` leads nowhere, so the flow has no beginning"
        yield Finding("flow-start", message, starts[0].path, "say in `to_id` what comes first")


def _circles(flow: Flow) -> Iterator[Finding]:
    left_out = [edge for edges in loop_edges(flow).values() for edge in edges] + unbounded(flow)
    for circle in circles(flow.graph(*left_out)):
        closing = next(edge for edge in flow.leaving[circle[-2]] if edge.target == circle[-1])
        hint = "let a DECISION in it lead back, and declare that branch as its `loop_config.loop_branch_id`"
        decides = [name for name in circle[:-1] if name in flow.nodes and flow.nodes[name].decides]
        if decides:
            hint = f"if it is meant, declare the branch that leads back in the `loop_config` of task `{decides[-1]}`"
        message = f"`{circle[0]}` comes after itself: {' → '.join(circle)}"
        yield Finding("flow-cycle", message, closing.path, hint)


def check_reach(flow: Flow) -> Iterator[Finding]:
    """What no way leads to in a flow whose edges are sound; of a chain of such nodes the first."""
    graph = flow.graph()
    reached = reach(graph, [TRIGGER])
    left = [name for name in graph if name not in reached]
    inside = {name: [other for other in graph[name] if other in left] for name in left}
    entered = {name for name, others in turned(inside).items() if others}
    heads = [name for name in left if name not in entered]
    covered = reach(inside, heads)
    for name in left:
        if name not in covered:
            heads.append(name)
            covered |= reach(inside, [name])
    for name in sorted(heads, key=left.index):
        node = flow.nodes.get(name)
        followers = sorted(reach(inside, [name]) - {name}, key=left.index)
        hint = f"lead an edge to it{f'; then {listed(followers)} can be reached too' if followers else ''}"
        message = f"{node or f'phase `{name}`'} can't be reached from `trigger`"
        yield Finding("flow-unreachable", message, node.path if node else ("edges",), hint, "warning")
