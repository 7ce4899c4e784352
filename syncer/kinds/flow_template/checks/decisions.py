"""Checks a flow's decisions: that edges and conditions belong together, and what each statement says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from syncer.kinds.flow_template.graph_model import Flow, Node, branches, default_branches, lists_conditions, loop
from syncer.kinds.lenient_reader import listed, mapping, mappings, suggestion, text
from syncer.model.diagnostic import Finding
from syncer.model.json_values import Json, Path

RULES = {
    "flow-branch-edge": "Each condition of a decision has exactly one edge.",
    "flow-edge-without-condition": "Each edge that leaves a decision names its condition.",
    "flow-two-defaults": "At most one branch of a decision is its default (`none_met`).",
    "flow-few-branches": "A decision has at least two branches.",
    "flow-branch-without-statements": "Each branch of an automatic decision says when it is taken, save the "
    "default and the way out of a loop.",
    "flow-manual-statements": "The branches of a manual decision have no statements: a person chooses.",
    "flow-default-statements": "The default branch has no statements: it is taken when no other is met.",
    "flow-no-default": "An automatic decision has a default branch, or the flow stops where nothing is met.",
    "flow-old-version": "Flows of version v1 and v2 are linear; decisions need v3.",
    "flow-statement-values": "`is_empty` and `is_not_empty` take no values, every other operator at least one; "
    "`relative_date` exactly one.",
    "flow-relative-date": "`value_type: relative_date` compares a date.",
    "flow-statement-attributes": "`attributes` names at most ten, and more than one excludes `attribute_sub_field`, "
    "`date_offset` and `attribute_operation`.",
    "flow-unknown-trigger": "A statement's `source.id` with origin `trigger` is the id of a trigger of this flow.",
}

NO_VALUES = ("is_empty", "is_not_empty")
MOST_ATTRIBUTES = 10
"""docs/platform.md#decisions, `attributes`."""
DATES = ("date", "datetime")


def check_decisions(flow: Flow) -> Iterator[Finding]:
    """Every decision: its branches, its edges, its statements."""
    version = text(flow.spec.get("version"))
    if version in ("v1", "v2") and any(flow.decisions()):
        message = f"version `{version}` has no branching, but {next(flow.decisions())} is a DECISION"
        yield Finding("flow-old-version", message, ("version",), "write `version: v3`", "warning")
    for task in flow.decisions():
        if flow.drawn:
            yield from _edges(flow, task)
        if lists_conditions(task) or flow.whole:
            yield from _branches(flow, task)
        for place, _, condition in task.conditions:
            for index, statement in mappings(condition.get("statements")):
                yield from _statement(flow, (*place, "statements", index), statement)


def _edges(flow: Flow, task: Node) -> Iterator[Finding]:
    unlinked = [edge for edge in flow.begun.get(task.id, ()) if edge.condition is None and not edge.vague]
    for edge in unlinked:
        message = f"{edge} leaves {task}, but names none of its conditions"
        hint = f"`condition_id` is one of {listed(name for _, name, _ in task.conditions)}" if task.conditions else ""
        yield Finding("flow-edge-without-condition", message, edge.path, hint)
    taken, declared = branches(flow, task), [name for _, name, _ in task.conditions]
    certain = not unlinked and not flow.stray and all(name in declared for name in taken)
    for place, name, _ in task.conditions:
        if name not in taken and certain:
            hint = f'add `{{from_id: {task.id}, condition_id: {name}, to_id: …}}`; `to_id: ""` if the path ends there'
            yield Finding("flow-branch-edge", f"condition `{name}` of {task} has no edge", place, hint)
        for edge in {edge.key: edge for edge in reversed(taken.get(name, []))}.values():
            if edge.key != taken[name][0].key:
                message = f"{edge} is a second edge of condition `{name}`"
                yield Finding("flow-branch-edge", message, edge.path, "each condition has exactly one edge")
    defaults = default_branches(flow, task)
    places = {name: (*place, "id") for place, name, _ in task.conditions}
    places |= {name: (*edge.path, "none_met") for name, edges in taken.items() for edge in edges if edge.default}
    for name in [name for name in places if name in defaults][1:]:
        message = f"{task} has more than one default branch: {listed(sorted(defaults))}"
        yield Finding("flow-two-defaults", message, places[name], "keep `none_met: true` on one edge")


def _branches(flow: Flow, task: Node) -> Iterator[Finding]:
    all_of_them = task.conditions
    listed_here = task.spec.get("conditions")
    if len(listed_here if isinstance(listed_here, list) else []) < 2:
        how_many = "one branch" if all_of_them else "no branches"
        path = (*task.path, "conditions") if "conditions" in task.spec else task.path
        hint = "add the branch for everything else, its edge with `none_met: true`"
        yield Finding("flow-few-branches", f"{task} has {how_many}; a decision needs two", path, hint)
        return
    yield from _statements_of(flow, task)


def _statements_of(flow: Flow, task: Node) -> Iterator[Finding]:
    """Whether each branch says, or doesn't say, when it is taken, as the decision's mode wants it."""
    mode, defaults, taken = task.spec.get("trigger_mode"), default_branches(flow, task), branches(flow, task)
    declared = task.conditions
    certain = flow.drawn and not flow.stray and all(name in taken for _, name, _ in declared)
    certain = certain and all(name in {found for _, found, _ in declared} for name in taken) and _good_exit(task)
    may_be_silent, silent = {*defaults, text(loop(task).get("exit_branch_id"))}, False
    for place, name, condition in declared:
        says = condition.get("statements")
        path = (*place, "statements") if "statements" in condition else place
        if mode == "manual" and says:
            message = f"branch `{name}` of {task} has statements, but a person chooses there"
            yield Finding("flow-manual-statements", message, path, "remove them, or write `trigger_mode: automatic`")
        elif mode == "automatic" and says and name in defaults:
            message = f"default branch `{name}` of {task} has statements, which nothing asks"
            yield Finding("flow-default-statements", message, path, "remove the statements", "warning")
        elif mode == "automatic" and certain and not says and name not in may_be_silent:
            if "statements" not in condition and not flow.whole:
                continue
            silent = True
            message = f"branch `{name}` of {task} doesn't say when it is taken"
            hint = "add `statements`, or mark its edge with `none_met: true` if it is the default"
            yield Finding("flow-branch-without-statements", message, path, hint)
    if mode == "automatic" and certain and not silent and not defaults:
        message = f"{task} has no default branch, so the flow stops where no condition is met"
        hint = "add a condition without statements, its edge with `none_met: true`"
        yield Finding("flow-no-default", message, task.path, hint, "warning")


def _good_exit(task: Node) -> bool:
    """Whether the loop, if there is one, names a condition of the decision as its exit."""
    leave, config = loop(task).get("exit_branch_id"), loop(task)
    return not config or (leave != config.get("loop_branch_id") and leave in [name for _, name, _ in task.conditions])


def _statement(flow: Flow, path: Path, statement: Mapping[str, Json]) -> Iterator[Finding]:
    source = mapping(statement.get("source"))
    yield from _values(path, statement, source)
    attributes = source.get("attributes")
    if isinstance(attributes, list):
        place = (*path, "source", "attributes")
        if len(attributes) > MOST_ATTRIBUTES:
            message = f"{len(attributes)} attributes stand in one statement; at most {MOST_ATTRIBUTES} may"
            yield Finding("flow-statement-attributes", message, place, "use a second statement")
        for key in ("attribute_sub_field", "date_offset", "attribute_operation"):
            if len(attributes) > 1 and source.get(key) is not None:
                message = f"`{key}` can't stand beside several `attributes`"
                hint = "use a statement for each attribute"
                yield Finding("flow-statement-attributes", message, (*path, "source", key), hint)
    name = text(source.get("id"))
    if name is not None and source.get("origin") == "trigger" and isinstance(flow.spec.get("trigger"), Mapping):
        known = {found for _, trigger in flow.triggers() if (found := text(trigger.get("id"))) is not None}
        if name not in known:
            hint = suggestion(name, known) or "leave `id` out for the flow's trigger, or give the trigger this `id`"
            message = f"`{name}` is the id of no trigger of this flow"
            yield Finding("flow-unknown-trigger", message, (*path, "source", "id"), hint)


def _values(path: Path, statement: Mapping[str, Json], source: Mapping[str, Json]) -> Iterator[Finding]:
    operator, values = text(statement.get("operator")), statement.get("values")
    place = (*path, "values") if "values" in statement else path
    relative = statement.get("value_type") == "relative_date"
    if operator in NO_VALUES:
        if isinstance(values, list) and values:
            message = f"operator `{operator}` takes no values"
            yield Finding("flow-statement-values", message, place, "write `values: []`")
    elif operator is not None and not values:
        message = f"operator `{operator}` needs a value"
        hint = "ask for no value with `is_empty` or `is_not_empty`"
        yield Finding("flow-statement-values", message, place, hint)
    elif relative and isinstance(values, list) and len(values) != 1:
        message = f"a relative date is one value; here are {len(values)}"
        yield Finding("flow-statement-values", message, place, "such as `values: [today]`")
    attribute_type = text(source.get("attribute_type"))
    if relative and attribute_type is not None and attribute_type not in DATES:
        message = f"a relative date can't be compared with an attribute of type `{attribute_type}`"
        hint = "remove `value_type`, or compare a date"
        yield Finding("flow-relative-date", message, (*path, "value_type"), hint)
