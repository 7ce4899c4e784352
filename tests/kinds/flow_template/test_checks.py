"""Each rule of a flow's graph once, with its whole finding; the published examples, and specs that say only a part."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from syncer.kinds.flow_template.checks.entity_schemas import check_flow_against_schemas
from syncer.kinds.flow_template.checks.spec import RULES, check_flow
from syncer.model.diagnostic import Finding
from syncer.model.json_values import Part, Ref, Secret

Spec = dict[str, Any]


def statement(name: str, **fields: Any) -> Spec:
    source = {"id": "start", "origin": "trigger", "origin_type": "entity", "schema": "opportunity", "attribute": "size"}
    return {"id": name, "operator": "equals", "values": ["big"], "source": source, **fields}


def condition(name: str, *statements: Spec) -> Spec:
    return {"id": name, "branch_name": name, "logical_operator": "AND", "statements": list(statements)}


def edge(source: str, target: str | None, condition: str = "", **fields: Any) -> Spec:
    return {"from_id": source, "to_id": target, **({"condition_id": condition} if condition else {}), **fields}


SOUND: Spec = {
    # trigger → check: look → size? → (big) call → end, (rest) end; then build: mail → again? → (redo) fix → mail, …
    "name": "Hausanschluss",
    "enabled": False,
    "version": "v3",
    "trigger": {"id": "start", "type": "manual", "entity_schema": "opportunity"},
    "phases": [{"id": "check", "name": "Prüfen"}, {"id": "build", "name": "Bauen"}],
    "tasks": [
        {"id": "look", "name": "Ansehen", "task_type": "MANUAL", "phase_id": "check"},
        {
            "id": "size",
            "name": "Wie groß?",
            "task_type": "DECISION",
            "phase_id": "check",
            "trigger_mode": "automatic",
            "conditions": [condition("big", statement("is-big")), condition("rest")],
        },
        {"id": "call", "name": "Anrufen", "task_type": "MANUAL", "phase_id": "check"},
        {
            "id": "mail",
            "name": "Schreiben",
            "task_type": "AUTOMATION",
            "phase_id": "build",
            "automation_config": {"flow_id": {"automation": "mail"}},
        },
        {
            "id": "again",
            "name": "Noch einmal?",
            "task_type": "DECISION",
            "phase_id": "build",
            "trigger_mode": "manual",
            "conditions": [condition("fine"), condition("redo"), condition("stop")],
            "loop_config": {"loop_branch_id": "redo", "exit_branch_id": "stop", "max_iterations": 3},
        },
        {"id": "fix", "name": "Ausbessern", "task_type": "MANUAL", "phase_id": "build"},
    ],
    "edges": [
        edge("trigger", "check"),  # 0
        edge("check", "look"),  # 1
        edge("look", "size"),  # 2
        edge("size", "call", "big"),  # 3
        edge("size", "", "rest", none_met=True),  # 4
        edge("check", "build"),  # 5
        edge("build", "mail"),  # 6
        edge("mail", "again"),  # 7
        edge("again", None, "fine"),  # 8
        edge("again", "fix", "redo", none_met=True),  # 9
        edge("fix", "mail"),  # 10
        {"from_id": "again", "condition_id": "stop"},  # 11
    ],
    "automations": {"mail": {"flow_name": "Schreiben", "triggers": [], "actions": []}},
}
LOOK, SIZE, CALL, MAIL, AGAIN, FIX = range(6)


def put(*path: Any) -> Callable[[Spec], None]:
    """A change: `put("tasks", 0, "id", "new")` sets a field; a list is appended to at the index of its length."""
    *way, last, value = path

    def change(spec: Spec) -> None:
        place: Any = spec
        for step in way:
            place = place[step]
        if isinstance(place, list) and last == len(place):
            place.append(value)
        else:
            place[last] = value

    return change


def drop(*path: Any) -> Callable[[Spec], None]:
    *way, last = path

    def change(spec: Spec) -> None:
        place: Any = spec
        for step in way:
            place = place[step]
        del place[last]

    return change


def changed(*changes: Callable[[Spec], None]) -> Spec:
    spec = copy.deepcopy(SOUND)
    for change in changes:
        change(spec)
    return spec


def says(path: tuple[str | int, ...]) -> tuple[str | int, ...]:
    return ("tasks", SIZE, "conditions", 0, "statements", 0, *path)


def bare(*tasks: Spec, edges: list[Spec]) -> Spec:
    """A flow without phases that begins at its first task."""
    spec = {"name": "Bare", "enabled": False, "tasks": list(tasks), "edges": [edge("trigger", tasks[0]["id"]), *edges]}
    return copy.deepcopy(spec)


def manual(name: str) -> Spec:
    return {"id": name, "name": name, "task_type": "MANUAL"}


def looping(name: str) -> Spec:
    """A decision with the branches on, back (the loop branch) and out (its exit)."""
    conditions = [condition(f"{name}-{branch}") for branch in ("on", "back", "out")]
    loop = {"loop_branch_id": f"{name}-back", "exit_branch_id": f"{name}-out", "max_iterations": 3}
    return {
        **manual(name),
        "task_type": "DECISION",
        "trigger_mode": "manual",
        "conditions": conditions,
        "loop_config": loop,
    }


def branches(name: str, on: str, back: str, out: str = "") -> list[Spec]:
    return [edge(name, on, f"{name}-on"), edge(name, back, f"{name}-back"), edge(name, out, f"{name}-out")]


def crossing() -> Spec:
    """a → b → one → c → two; one leads back to a, two into the middle of that, to b."""
    way = [edge("a", "b"), edge("b", "one"), *branches("one", "c", "a"), edge("c", "two"), *branches("two", "", "b")]
    return bare(manual("a"), manual("b"), looping("one"), manual("c"), looping("two"), edges=way)


def nested() -> Spec:
    """a → b → inner → outer; inner leads back to b by way of a tail of its own, outer to a by way of another."""
    way = [edge("a", "b"), edge("b", "inner"), *branches("inner", "outer", "t1"), edge("t1", "b")]
    way += [*branches("outer", "", "t2"), edge("t2", "a")]
    return bare(manual("a"), manual("b"), looping("inner"), looping("outer"), manual("t1"), manual("t2"), edges=way)


def in_a_row() -> Spec:
    """a → one → two, and both lead back to a: the first loop lies within the second."""
    return bare(
        manual("a"), looping("one"), looping("two"),
        edges=[edge("a", "one"), *branches("one", "two", "a"), *branches("two", "", "a")],
    )  # fmt: skip


EXTRA = {"id": "extra", "name": "Extra", "task_type": "MANUAL"}

CASES: dict[str, tuple[Spec, list[Finding]]] = {
    "sound": (changed(), []),
    "task with a taken id": (
        changed(put("tasks", 6, {**EXTRA, "id": "look"})),
        [
            Finding(
                "flow-duplicate-id",
                "task `look` has an id that is taken",
                ("tasks", 6, "id"),
                "`spec.tasks[0].id` has it already; ids are unique in the whole flow",
            )
        ],
    ),
    "task with the id of a phase": (
        changed(put("tasks", 6, {**EXTRA, "id": "check"})),
        [
            Finding(
                "flow-duplicate-id",
                "task `check` has an id that is taken",
                ("tasks", 6, "id"),
                "`spec.phases[0].id` has it already; ids are unique in the whole flow",
            )
        ],
    ),
    "former keys": (changed(put("tasks", 0, "aliases", ["sight"]), put("phases", 0, "aliases", ["inspect"])), []),
    "a former key that is a key": (
        changed(put("tasks", 0, "aliases", ["sight", "check"])),
        [
            Finding(
                "flow-alias-taken",
                "task `look` was never called `check`: that is a key of this flow",
                ("tasks", 0, "aliases", 1),
                "name former keys only, each in the part that it became",
            )
        ],
    ),
    "a former key of two": (
        changed(put("phases", 0, "aliases", ["sight"]), put("tasks", 0, "aliases", ["sight"])),
        [
            Finding(
                "flow-alias-taken",
                "task `look` was never called `sight`: that is another part's former key as well",
                ("tasks", 0, "aliases", 0),
                "name former keys only, each in the part that it became",
            )
        ],
    ),
    "edges with one id": (
        changed(put("edges", 0, "id", "e"), put("edges", 1, "id", "e")),
        [
            Finding(
                "flow-duplicate-id",
                "edge `e` has an id that is taken",
                ("edges", 1, "id"),
                "`spec.edges[0].id` has it already; ids are unique in the whole flow",
            )
        ],
    ),
    "conditions with one id, in two decisions": (
        changed(put("tasks", AGAIN, "conditions", 0, "id", "big"), put("edges", 8, "condition_id", "big")),
        [
            Finding(
                "flow-duplicate-id",
                "condition `big` has an id that is taken",
                ("tasks", 4, "conditions", 0, "id"),
                "`spec.tasks[1].conditions[0].id` has it already; ids are unique in the whole flow",
            )
        ],
    ),
    "statements with one id": (
        changed(put("tasks", SIZE, "conditions", 0, "statements", 1, statement("is-big"))),
        [
            Finding(
                "flow-duplicate-id",
                "statement `is-big` has an id that is taken",
                ("tasks", 1, "conditions", 0, "statements", 1, "id"),
                "`spec.tasks[1].conditions[0].statements[0].id` has it already; ids are unique in the whole flow",
            )
        ],
    ),
    "triggers with one id": (
        changed(put("additional_triggers", [{"id": "start", "type": "manual"}])),
        [
            Finding(
                "flow-duplicate-id",
                "trigger `start` has an id that is taken",
                ("additional_triggers", 0, "id"),
                "`spec.trigger.id` has it already; ids are unique in the whole flow",
            )
        ],
    ),
    "task called trigger": (
        changed(put("tasks", 6, {**EXTRA, "id": "trigger"})),
        [
            Finding(
                "flow-reserved-id",
                "task `trigger` takes the name of the flow's start",
                ("tasks", 6, "id"),
                "call the task something else",
            )
        ],
    ),
    "edge twice": (
        changed(put("edges", 12, edge("look", "size"))),
        [
            Finding(
                "flow-duplicate-edge",
                "edge `look` → `size` says the same as edge 2",
                ("edges", 12),
                "remove one of the two",
            )
        ],
    ),
    "edge to nobody": (
        changed(put("edges", 2, "to_id", "sise")),
        [
            Finding(
                "flow-dangling-edge",
                "edge `look` → `sise` leads to `sise`, which is no task or phase of this flow",
                ("edges", 2, "to_id"),
                "did you mean `size`?",
            )
        ],
    ),
    "edge from nobody": (
        changed(put("edges", 0, "from_id", "Trigger")),
        [
            Finding(
                "flow-dangling-edge",
                "edge `Trigger` → `check` begins at `Trigger`, which is no task or phase of this flow",
                ("edges", 0, "from_id"),
                "did you mean `trigger`?",
            )
        ],
    ),
    "edge of an unknown condition": (
        changed(put("edges", 3, "condition_id", "bigg")),
        [
            Finding(
                "flow-dangling-condition",
                "edge `size` → `call` belongs to `bigg`, which is no condition of task `size`",
                ("edges", 3, "condition_id"),
                "did you mean `big`?",
            )
        ],
    ),
    "edge into the trigger": (
        changed(put("edges", 8, "to_id", "trigger")),
        [
            Finding(
                "flow-into-trigger",
                "edge `again` → `trigger` leads to `trigger`, where flows only begin",
                ("edges", 8, "to_id"),
                'let it end nowhere with `to_id: ""`',
            )
        ],
    ),
    "no start": (
        changed(drop("edges", 0)),
        [
            Finding(
                "flow-start",
                "no edge leaves `trigger`, so the flow has no beginning",
                ("edges",),
                "add `{from_id: trigger, to_id: check}`",
            )
        ],
    ),
    "second start": (
        changed(put("edges", 12, edge("trigger", "build"))),
        [
            Finding(
                "flow-start",
                "edge `trigger` → `build` is a second start beside the one to `check`",
                ("edges", 12),
                "exactly one edge leaves `trigger`",
            )
        ],
    ),
    "start to nowhere": (
        changed(put("edges", 0, "to_id", "")),
        [
            Finding(
                "flow-start",
                "the edge from `trigger` leads nowhere, so the flow has no beginning",
                ("edges", 0),
                "say in `to_id` what comes first",
            )
        ],
    ),
    "condition off a decision": (
        changed(put("edges", 2, "condition_id", "big")),
        [
            Finding(
                "flow-branch-off-decision",
                "edge `look` → `size` carries `condition_id`, but task `look` is no decision",
                ("edges", 2, "condition_id"),
                "remove `condition_id`, or make the task a DECISION",
            )
        ],
    ),
    "default off a decision": (
        changed(put("edges", 0, "none_met", True)),
        [
            Finding(
                "flow-branch-off-decision",
                "edge `trigger` → `check` carries `none_met`, but `trigger` is no decision",
                ("edges", 0, "none_met"),
                "remove `none_met`",
            )
        ],
    ),
    "two tasks at once": (
        changed(put("edges", 12, edge("look", "call"))),
        [
            Finding(
                "flow-parallel-start",
                "task `look` is followed by `size`, `call` at once",
                ("tasks", 0),
                "the platform documents parallel starts only for the branches of a decision",
                "warning",
            )
        ],
    ),
    "cycle": (
        changed(put("edges", 12, edge("call", "look", id="back"))),
        [
            Finding(
                "flow-cycle",
                "`look` comes after itself: look → size → call → look",
                ("edges", 12),
                "if it is meant, declare the branch that leads back in the `loop_config` of task `size`",
            )
        ],
    ),
    "cycle by way of a decision without loop": (
        changed(drop("tasks", AGAIN, "loop_config")),
        [
            Finding(
                "flow-cycle",
                "`mail` comes after itself: mail → again → fix → mail",
                ("edges", 10),
                "if it is meant, declare the branch that leads back in the `loop_config` of task `again`",
            )
        ],
    ),
    "way back beside the loop branch": (
        changed(put("edges", 8, "to_id", "mail")),
        [
            Finding(
                "flow-cycle",
                "`mail` comes after itself: mail → again → mail",
                ("edges", 8),
                "if it is meant, declare the branch that leads back in the `loop_config` of task `again`",
            )
        ],
    ),
    "task after itself": (
        changed(put("edges", 12, edge("call", "call"))),
        [
            Finding(
                "flow-cycle",
                "`call` comes after itself: call → call",
                ("edges", 12),
                "let a DECISION in it lead back, and declare that branch as its `loop_config.loop_branch_id`",
            )
        ],
    ),
    "out of reach": (
        changed(
            put("tasks", 6, EXTRA), put("tasks", 7, {**EXTRA, "id": "next"}), put("edges", 12, edge("extra", "next"))
        ),
        [
            Finding(
                "flow-unreachable",
                "task `extra` can't be reached from `trigger`",
                ("tasks", 6),
                "lead an edge to it; then `next` can be reached too",
                "warning",
            )
        ],
    ),
    "phase out of reach": (
        changed(drop("edges", 5)),
        [
            Finding(
                "flow-unreachable",
                "phase `build` can't be reached from `trigger`",
                ("phases", 1),
                "lead an edge to it; then `mail`, `again`, `fix` can be reached too",
                "warning",
            )
        ],
    ),
    "unknown phase": (
        changed(put("tasks", CALL, "phase_id", "chek")),
        [
            Finding(
                "flow-dangling-phase",
                "task `call` belongs to `chek`, which is no phase of this flow",
                ("tasks", 2, "phase_id"),
                "did you mean `check`?",
            )
        ],
    ),
    "phase without tasks": (
        changed(put("phases", 2, {"id": "after", "name": "Danach"}), put("edges", 12, edge("build", "after"))),
        [
            Finding(
                "flow-empty-phase",
                "phase `after` has no tasks",
                ("phases", 2),
                "give its tasks `phase_id: after`, or remove the phase and its edges",
            )
        ],
    ),
    "phase without entry": (
        changed(drop("edges", 1)),
        [
            Finding(
                "flow-phase-entry",
                "no edge leads from phase `check` to a task of its own",
                ("phases", 0),
                "add `{from_id: check, to_id: look}`",
            )
        ],
    ),
    "phase with two entries": (
        changed(put("edges", 12, edge("check", "call"))),
        [
            Finding(
                "flow-phase-entry",
                "edge `check` → `call` is a second entry of phase `check` beside `look`",
                ("edges", 12),
                "lead to `call` from the task before it",
            )
        ],
    ),
    "phase with two ways out": (
        changed(put("tasks", 6, EXTRA), put("edges", 12, edge("check", "extra"))),
        [
            Finding(
                "flow-phase-successor",
                "edge `check` → `extra` is a second way out of phase `check` beside the one to `build`",
                ("edges", 12),
                "branch with a DECISION as the last task of the phase, or before the next one",
            )
        ],
    ),
    "entry behind another task": (
        changed(put("edges", 1, "to_id", "size")),
        [
            Finding(
                "flow-entry-inside",
                "edge `look` → `size` leads to the entry of phase `check` from inside the phase",
                ("edges", 2),
                "enter the phase at `look`",
            )
        ],
    ),
    "loop off a decision": (
        changed(put("tasks", LOOK, "loop_config", {"loop_branch_id": "a", "exit_branch_id": "b", "max_iterations": 1})),
        [
            Finding(
                "flow-loop-off-decision",
                "task `look` has a `loop_config`, but is no decision",
                ("tasks", 0, "loop_config"),
                "a loop is declared on the DECISION that leads back",
            )
        ],
    ),
    "loop branch unknown": (
        changed(put("tasks", AGAIN, "loop_config", "loop_branch_id", "red")),
        [
            Finding(
                "flow-loop-branch",
                "`loop_branch_id` of task `again` is `red`, which is no condition of it",
                ("tasks", 4, "loop_config", "loop_branch_id"),
                "did you mean `redo`?",
            )
        ],
    ),
    "exit is the loop branch": (
        changed(put("tasks", AGAIN, "loop_config", "exit_branch_id", "redo")),
        [
            Finding(
                "flow-loop-branch",
                "the loop of task `again` has `redo` as its loop branch and as its exit",
                ("tasks", 4, "loop_config", "exit_branch_id"),
                "add a condition for the way out and name it here",
            )
        ],
    ),
    "exit is the default": (
        changed(put("edges", 11, "none_met", True), drop("edges", 9, "none_met")),
        [
            Finding(
                "flow-loop-branch",
                "the exit `stop` of task `again` is its default branch too",
                ("tasks", 4, "loop_config", "exit_branch_id"),
                "the platform keeps the exit as a condition of its own; add one for it",
            )
        ],
    ),
    "loop that never returns": (
        changed(drop("edges", 10)),
        [
            Finding(
                "flow-loop-open",
                "the loop branch `redo` of task `again` never leads back to it",
                ("tasks", 4, "loop_config", "loop_branch_id"),
                "lead its last task to `again` or to a task before it, or remove `loop_config`",
            )
        ],
    ),
    "condition without edge": (
        changed(drop("edges", 8)),
        [
            Finding(
                "flow-branch-edge",
                "condition `fine` of task `again` has no edge",
                ("tasks", 4, "conditions", 0),
                'add `{from_id: again, condition_id: fine, to_id: …}`; `to_id: ""` if the path ends there',
            )
        ],
    ),
    "condition with two edges": (
        changed(put("edges", 12, edge("size", "", "big"))),
        [
            Finding(
                "flow-branch-edge",
                "edge `size` → nowhere is a second edge of condition `big`",
                ("edges", 12),
                "each condition has exactly one edge",
            )
        ],
    ),
    "edge of a decision without condition": (
        changed(drop("edges", 3, "condition_id")),
        [
            Finding(
                "flow-edge-without-condition",
                "edge `size` → `call` leaves task `size`, but names none of its conditions",
                ("edges", 3),
                "`condition_id` is one of `big`, `rest`",
            )
        ],
    ),
    "two defaults": (
        changed(put("edges", 8, "none_met", True)),
        [
            Finding(
                "flow-two-defaults",
                "task `again` has more than one default branch: `fine`, `redo`",
                ("edges", 9, "none_met"),
                "keep `none_met: true` on one edge",
            )
        ],
    ),
    "one branch": (
        changed(drop("tasks", SIZE, "conditions", 1), drop("edges", 4)),
        [
            Finding(
                "flow-few-branches",
                "task `size` has one branch; a decision needs two",
                ("tasks", 1, "conditions"),
                "add the branch for everything else, its edge with `none_met: true`",
            )
        ],
    ),
    "branch without statements": (
        changed(put("tasks", SIZE, "conditions", 0, "statements", [])),
        [
            Finding(
                "flow-branch-without-statements",
                "branch `big` of task `size` doesn't say when it is taken",
                ("tasks", 1, "conditions", 0, "statements"),
                "add `statements`, or mark its edge with `none_met: true` if it is the default",
            )
        ],
    ),
    "manual branch with statements": (
        changed(put("tasks", AGAIN, "conditions", 0, "statements", [statement("s")])),
        [
            Finding(
                "flow-manual-statements",
                "branch `fine` of task `again` has statements, but a person chooses there",
                ("tasks", 4, "conditions", 0, "statements"),
                "remove them, or write `trigger_mode: automatic`",
            )
        ],
    ),
    "default with statements": (
        changed(put("tasks", SIZE, "conditions", 1, "statements", [statement("s")])),
        [
            Finding(
                "flow-default-statements",
                "default branch `rest` of task `size` has statements, which nothing asks",
                ("tasks", 1, "conditions", 1, "statements"),
                "remove the statements",
                "warning",
            )
        ],
    ),
    "no default": (
        changed(put("tasks", SIZE, "conditions", 1, "statements", [statement("s")]), drop("edges", 4, "none_met")),
        [
            Finding(
                "flow-no-default",
                "task `size` has no default branch, so the flow stops where no condition is met",
                ("tasks", 1),
                "add a condition without statements, its edge with `none_met: true`",
                "warning",
            )
        ],
    ),
    "decision in an old version": (
        changed(put("version", "v2")),
        [
            Finding(
                "flow-old-version",
                "version `v2` has no branching, but task `size` is a DECISION",
                ("version",),
                "write `version: v3`",
                "warning",
            )
        ],
    ),
    "value for an operator without": (
        changed(put(*says(("operator",)), "is_empty")),
        [
            Finding(
                "flow-statement-values",
                "operator `is_empty` takes no values",
                ("tasks", 1, "conditions", 0, "statements", 0, "values"),
                "write `values: []`",
            )
        ],
    ),
    "no value": (
        changed(put(*says(("values",)), [])),
        [
            Finding(
                "flow-statement-values",
                "operator `equals` needs a value",
                ("tasks", 1, "conditions", 0, "statements", 0, "values"),
                "ask for no value with `is_empty` or `is_not_empty`",
            )
        ],
    ),
    "relative date of two values": (
        changed(put(*says(("values",)), ["today", "today"]), put(*says(("value_type",)), "relative_date")),
        [
            Finding(
                "flow-statement-values",
                "a relative date is one value; here are 2",
                ("tasks", 1, "conditions", 0, "statements", 0, "values"),
                "such as `values: [today]`",
            )
        ],
    ),
    "relative date of a text": (
        changed(put(*says(("source", "attribute_type")), "string"), put(*says(("value_type",)), "relative_date")),
        [
            Finding(
                "flow-relative-date",
                "a relative date can't be compared with an attribute of type `string`",
                ("tasks", 1, "conditions", 0, "statements", 0, "value_type"),
                "remove `value_type`, or compare a date",
            )
        ],
    ),
    "eleven attributes with an offset": (
        changed(put(*says(("source", "attributes")), ["a"] * 11), put(*says(("source", "date_offset")), {"amount": 1})),
        [
            Finding(
                "flow-statement-attributes",
                "11 attributes stand in one statement; at most 10 may",
                ("tasks", 1, "conditions", 0, "statements", 0, "source", "attributes"),
                "use a second statement",
            ),
            Finding(
                "flow-statement-attributes",
                "`date_offset` can't stand beside several `attributes`",
                ("tasks", 1, "conditions", 0, "statements", 0, "source", "date_offset"),
                "use a statement for each attribute",
            ),
        ],
    ),
    "unknown trigger": (
        changed(put(*says(("source", "id")), "strat")),
        [
            Finding(
                "flow-unknown-trigger",
                "`strat` is the id of no trigger of this flow",
                ("tasks", 1, "conditions", 0, "statements", 0, "source", "id"),
                "did you mean `start`?",
            )
        ],
    ),
    "due date after an unknown task": (
        changed(put("due_date_config", {"type": "TASK_FINISHED", "task_id": "loook"})),
        [
            Finding(
                "flow-due-date",
                "the due date of the flow names `loook`, which is no task of this flow",
                ("due_date_config", "task_id"),
                "did you mean `look`?",
            )
        ],
    ),
    "due date after a task that is a phase": (
        changed(put("tasks", MAIL, "due_date_config", {"type": "TASK_FINISHED", "task_id": "check"})),
        [
            Finding(
                "flow-due-date",
                "the due date of task `mail` names `check`, which is no task of this flow",
                ("tasks", 3, "due_date_config", "task_id"),
                "`check` is a phase",
            )
        ],
    ),
    "due date without its phase": (
        changed(put("phases", 1, "due_date_config", {"type": "PHASE_FINISHED"})),
        [
            Finding(
                "flow-due-date",
                "the due date of phase `build` is `PHASE_FINISHED` without a `phase_id`",
                ("phases", 1, "due_date_config"),
                "say which phase it is",
            )
        ],
    ),
    "due date after itself": (
        changed(put("phases", 1, "due_date_config", {"type": "PHASE_FINISHED", "phase_id": "build"})),
        [
            Finding(
                "flow-due-date",
                "the due date of phase `build` hangs on that phase itself",
                ("phases", 1, "due_date_config", "phase_id"),
                "name a phase that comes before",
            )
        ],
    ),
    "schedule after itself": (
        changed(put("tasks", MAIL, "schedule", {"reference": {"origin": "task_completed", "id": "mail"}})),
        [
            Finding(
                "flow-schedule",
                "the schedule of task `mail` hangs on that task itself",
                ("tasks", 3, "schedule", "reference", "id"),
                "name a task before it",
            )
        ],
    ),
    "schedule after an unknown task": (
        changed(put("tasks", MAIL, "schedule", {"reference": {"origin": "task_completed", "id": "zzz"}})),
        [
            Finding(
                "flow-schedule",
                "the schedule of task `mail` names `zzz`, which is no task of this flow",
                ("tasks", 3, "schedule", "reference", "id"),
                "there are `again`, `call`, `fix`, `look`, `mail`, `size`",
            )
        ],
    ),
    "schedule after all that precede": (
        changed(
            put("tasks", MAIL, "schedule", {"reference": {"origin": "all_preceding_tasks_completed", "id": "look"}})
        ),
        [
            Finding(
                "flow-schedule",
                "the schedule of task `mail` names `look`, where `id` repeats the origin",
                ("tasks", 3, "schedule", "reference", "id"),
                "write `id: all_preceding_tasks_completed`",
            )
        ],
    ),
    "schedule after a date": (
        changed(
            put(
                "tasks",
                MAIL,
                "schedule",
                {"reference": {"origin": "trigger_entity_attribute", "schema": "opportunity"}},
            )
        ),
        [
            Finding(
                "flow-schedule",
                "the schedule of task `mail` hangs on a date of the entity, but names no `attribute`",
                ("tasks", 3, "schedule", "reference"),
                "add `attribute`",
            )
        ],
    ),
    "unknown requirement": (
        changed(put("tasks", MAIL, "requirements", [{"when": "PHASE_FINISHED", "phase_id": "chec"}])),
        [
            Finding(
                "flow-requirement",
                "a requirement of task `mail` names `chec`, which is no phase of this flow",
                ("tasks", 3, "requirements", 0, "phase_id"),
                "did you mean `check`?",
            )
        ],
    ),
    "requirement of itself": (
        changed(put("tasks", MAIL, "requirements", [{"when": "TASK_FINISHED", "task_id": "mail"}])),
        [
            Finding(
                "flow-requirement",
                "task `mail` requires itself to be done",
                ("tasks", 3, "requirements", 0, "task_id"),
                "require what comes before it",
            )
        ],
    ),
    "requirement of its own phase": (
        changed(put("tasks", MAIL, "requirements", [{"when": "PHASE_FINISHED", "phase_id": "build"}])),
        [
            Finding(
                "flow-requirement",
                "task `mail` requires its own phase `build` to be done",
                ("tasks", 3, "requirements", 0, "phase_id"),
                "require what comes before it",
            )
        ],
    ),
    "requirements in a circle": (
        changed(
            put("tasks", MAIL, "requirements", [{"when": "PHASE_FINISHED", "phase_id": "check"}]),
            put("tasks", CALL, "requirements", [{"when": "TASK_FINISHED", "task_id": "mail"}]),
        ),
        [
            Finding(
                "flow-requirement-cycle",
                "`call` waits for itself: call → mail → check → call",
                ("tasks", 3, "requirements", 0, "phase_id"),
                "remove one of these requirements",
            )
        ],
    ),
    "sync filter": (
        changed(
            put("entity_sync", [{"trigger": {"filter": {"task_template_id": "loo", "phase_template_id": "check"}}}])
        ),
        [
            Finding(
                "flow-sync-filter",
                "the filter of entity sync 0 names a task and a phase",
                ("entity_sync", 0, "trigger", "filter"),
                "keep one of `task_template_id` and `phase_template_id`",
            ),
            Finding(
                "flow-sync-filter",
                "the filter of entity sync 0 names `loo`, which is no task of this flow",
                ("entity_sync", 0, "trigger", "filter", "task_template_id"),
                "did you mean `look`?",
            ),
        ],
    ),
    "input from an unknown task": (
        changed(put("tasks", MAIL, "automation_config", "input_context", {"source": "task", "task_id": "loo"})),
        [
            Finding(
                "flow-input-context",
                "the input of task `mail` names `loo`, which is no task of this flow",
                ("tasks", 3, "automation_config", "input_context", "task_id"),
                "did you mean `look`?",
            )
        ],
    ),
    "input from nowhere": (
        changed(put("tasks", MAIL, "automation_config", "input_context", {"source": "task"})),
        [
            Finding(
                "flow-input-context",
                "the input of task `mail` comes from a task, but no `task_id` says which",
                ("tasks", 3, "automation_config", "input_context"),
                "add `task_id`",
            )
        ],
    ),
    "input from what comes after": (
        changed(put("tasks", MAIL, "automation_config", "input_context", {"source": "task", "task_id": "fix"})),
        [
            Finding(
                "flow-input-context",
                "the input of task `mail` comes from `fix`, which does not come before it",
                ("tasks", 3, "automation_config", "input_context", "task_id"),
                "name a task that is done when this one starts, or `source: trigger`",
            )
        ],
    ),
    "input from an earlier phase": (
        changed(put("tasks", MAIL, "automation_config", "input_context", {"source": "task", "task_id": "call"})),
        [],
    ),
    "automation from two places": (
        changed(put("tasks", MAIL, "automation_config", "action_config", {"type": "send-email"})),
        [
            Finding(
                "flow-automation",
                "task `mail` has `flow_id` and `action_config`; they say where its automation comes from",
                ("tasks", 3, "automation_config", "action_config"),
                "keep one of them",
            )
        ],
    ),
    "automation task without automation": (
        changed(drop("tasks", MAIL, "automation_config"), drop("automations")),
        [
            Finding(
                "flow-automation",
                "task `mail` has no automation",
                ("tasks", 3),
                "add `automation_config` with `flow_id: {automation: KEY}`, a `flow_id`, or an `action_config`",
            )
        ],
    ),
    "agent task without agent": (
        changed(put("tasks", LOOK, "task_type", "AI_AGENT"), put("tasks", LOOK, "agent_config", {})),
        [
            Finding(
                "flow-agent",
                "task `look` names no agent",
                ("tasks", 0, "agent_config"),
                "add `agent_config: {agent_id: …}`",
            )
        ],
    ),
    "unknown automation": (
        changed(put("tasks", MAIL, "automation_config", "flow_id", Part("automations", "male"))),
        [
            Finding(
                "flow-unknown-automation",
                "`male` is no automation of this manifest",
                ("tasks", 3, "automation_config", "flow_id"),
                "did you mean `mail`?",
            )
        ],
    ),
    "unused automation": (
        changed(put("automations", "more", {})),
        [
            Finding(
                "flow-unused-automation",
                "automation `more` is used by no trigger and no task",
                ("automations", "more"),
                "use it with `{automation: more}`, or remove it",
                "warning",
            )
        ],
    ),
    "loops that cross": (
        crossing(),
        [
            Finding(
                "flow-loops-overlap",
                "the loops of tasks `one` and `two` overlap in `b`, `one`",
                ("tasks", 4, "loop_config"),
                "let one of them begin and end within the other, or let them share no task",
            )
        ],
    ),
    "loop within a loop": (nested(), []),
    "loops one after the other to one task": (in_a_row(), []),
}


@pytest.mark.parametrize(("spec", "expected"), CASES.values(), ids=CASES)
def test_findings(spec: Spec, expected: list[Finding]) -> None:
    assert check_flow(spec) == expected


def test_every_rule_has_a_case_and_a_sentence() -> None:
    shown = {finding.rule for _, expected in [*CASES.values(), *SCHEMA_CASES.values()] for finding in expected}
    assert shown == set(RULES)
    assert [rule for rule, sentence in RULES.items() if not sentence.endswith(".")] == []


PARTS = {
    # what a spec may say alone, without a finding
    "name only": {"name": "Hausanschluss"},
    "edges without tasks": {"edges": SOUND["edges"]},
    "tasks without edges": {"tasks": SOUND["tasks"], "automations": SOUND["automations"]},
    "phases only": {"phases": SOUND["phases"]},
    "tasks that say nothing but their ids": {
        "tasks": [{"id": task["id"], "task_type": task["task_type"]} for task in SOUND["tasks"]],
        "edges": SOUND["edges"],
    },
    "phases of which only the tasks know": {key: value for key, value in SOUND.items() if key != "phases"},
    "task without its automation": {"tasks": [{"id": "mail", "task_type": "AUTOMATION", "automation_config": {}}]},
    "decision without its branches": {"tasks": [{"id": "size", "task_type": "DECISION", "trigger_mode": "manual"}]},
    "statement without its trigger": {key: value for key, value in SOUND.items() if key != "trigger"},
    "trigger without an id, statement without one": changed(drop("trigger", "id"), drop(*says(("source", "id")))),
    "ids that come from elsewhere": changed(
        put("tasks", LOOK, "id", "${env.SYNCER_TASK}"),
        put("edges", 2, "from_id", "${env.SYNCER_TASK}"),
        put("edges", 1, "to_id", Secret("SYNCER_TASK", "look")),
        put("trigger", "automation_id", {"lookup": "Anfrage"}),
        put("trigger", "entity_schema", Ref("EntitySchema", "opportunity")),
        put("closing_reasons", [{"ref": "won"}, {"lookup": "Kein Interesse"}]),
    ),
}


@pytest.mark.parametrize("spec", PARTS.values(), ids=PARTS)
def test_a_part_has_no_finding(spec: Spec) -> None:
    assert check_flow(spec) == []


MISSHAPEN: list[Any] = [
    None,
    1,
    "x",
    [],
    {},
    [None, 1, "x", [], {}],
    [{"id": 1}],
    [{"id": None, "conditions": 1}],
    True,
]


@pytest.mark.parametrize(
    "field", ["trigger", "additional_triggers", "phases", "tasks", "edges", "entity_sync", "automations"]
)
@pytest.mark.parametrize("value", MISSHAPEN, ids=str)
def test_a_misshapen_field_is_another_checks_business(field: str, value: Any) -> None:
    """Nothing is raised; what is said is about ids that are gone, never about the form."""
    assert {type(found) for found in check_flow({**copy.deepcopy(SOUND), field: value})} <= {Finding}


def test_the_same_spec_gives_the_same_findings() -> None:
    spec = changed(drop("edges", 0), put("tasks", 6, EXTRA), put("version", "v1"), put("edges", 2, "to_id", "nobody"))
    assert check_flow(spec) == check_flow(copy.deepcopy(spec))
    assert len(check_flow(spec)) == 2


def test_a_long_chain_is_walked_without_recursion() -> None:
    tasks = [{"id": f"t{n}", "name": "T", "task_type": "MANUAL"} for n in range(5000)]
    edges = [edge("trigger", "t0"), *(edge(f"t{n}", f"t{n + 1}") for n in range(4999))]
    assert check_flow({"name": "Long", "tasks": tasks, "edges": edges}) == []
    assert [found.rule for found in check_flow({"tasks": tasks, "edges": [*edges, edge("t4999", "t0")]})] == [
        "flow-cycle"
    ]


EXAMPLES = Path(__file__).parents[3] / ".." / "shared" / "api" / "workflow-definition.md"


@pytest.mark.parametrize("title", ["### 18.1", "### 18.2"])
@pytest.mark.skipif(
    not EXAMPLES.exists(), reason="the notes on the API with their examples are not beside this repository"
)
def test_the_published_examples_are_sound(title: str) -> None:
    section = EXAMPLES.read_text("utf-8").partition(title)[2]
    body = json.loads(section.partition("```json")[2].partition("```")[0])
    assert check_flow(body) == []


SCHEMA: Spec = {
    "slug": "project",
    "name": "Project",
    "plural": "Projects",
    "capabilities": [{"name": "c", "attributes": [{"name": "inner", "label": "I", "type": "date"}]}],
    "attributes": [
        {"name": "size", "label": "Size", "type": "select"},
        {"name": "note", "label": "Note", "type": "string"},
        {"name": "sum", "label": "Sum", "type": "currency"},
        {"name": "tags", "label": "Tags", "type": "checkbox"},
    ],
}
SCHEMAS: dict[str, Spec] = {
    "project": SCHEMA,
    "contact": {**SCHEMA, "slug": "contact"},
    "part": {"slug": "part", "attributes": [{"name": "size", "label": "Size", "type": "select"}]},
}


def asks(schema: Any, attribute: str, attribute_type: str | None = None, **fields: Any) -> Spec:
    source = {"origin": "trigger", "schema": schema, "attribute": attribute, **fields}
    if attribute_type:
        source["attribute_type"] = attribute_type
    return {
        "tasks": [{"id": "d", "task_type": "DECISION", "conditions": [condition("c", statement("s", source=source))]}]
    }


SOURCE = ("tasks", 0, "conditions", 0, "statements", 0, "source")
UNKNOWN = Finding(
    "flow-unknown-attribute",
    "`sise` is no attribute of schema `project`",
    (*SOURCE, "attribute"),
    "did you mean `size`?",
)

SCHEMA_CASES: dict[str, tuple[Spec, list[Finding]]] = {
    "known, of its type": (asks("project", "size", "select"), []),
    "known, by another word for its type": (asks("project", "note", "text"), []),
    "known, of a capability": (asks("project", "inner", "date"), []),
    "known, stored beside a currency": (asks("project", "sum_currency", "string"), []),
    "known, of a type that statements have no word for": (asks("project", "sum", "number"), []),
    "of the platform": (asks("project", "_created_at", "datetime"), []),
    "part of an attribute": (asks("project", "size.label", "string"), []),
    "part of a related entity": (asks("project", "size", "string", attribute_sub_field="name"), []),
    "not of an entity": (asks("project", "sise", origin_type="journey_block"), []),
    "schema not managed": (asks("meter", "sise"), []),
    "schema in parts": (asks("part", "sise"), []),
    "schema built in": (asks("contact", "sise"), []),
    "unknown": (asks("project", "sise"), [UNKNOWN]),
    "unknown, by the manifest's name": (asks({"ref": "the-project"}, "sise"), [UNKNOWN]),
    "unknown, by a resolved reference": (asks(Ref("EntitySchema", "the-project"), "sise"), [UNKNOWN]),
    "reference to no manifest": (asks({"ref": "nobody"}, "sise"), []),
    "of another type": (
        asks("contact", "size", "string"),
        [
            Finding(
                "flow-attribute-type",
                "attribute `size` is of type `select`, not `string`",
                (*SOURCE, "attribute_type"),
                "write `attribute_type: select`",
            )
        ],
    ),
    "of another type, known by another word": (
        asks("part", "size", "multiselect", attributes=["size"]),
        [
            Finding(
                "flow-attribute-type",
                "attribute `size` is of type `select`, not `multiselect`",
                (*SOURCE, "attribute_type"),
                "write `attribute_type: select`",
            )
        ],
    ),
    "of a type that statements call otherwise": (
        asks("project", "tags", "string"),
        [
            Finding(
                "flow-attribute-type",
                "attribute `tags` is of type `checkbox`, not `string`",
                (*SOURCE, "attribute_type"),
                "write `attribute_type: multiselect`",
            )
        ],
    ),
    "unknown, of several": (
        asks("project", "size", attributes=["size", "nota"]),
        [
            Finding(
                "flow-unknown-attribute",
                "`nota` is no attribute of schema `project`",
                (*SOURCE, "attributes", 1),
                "did you mean `note`?",
            )
        ],
    ),
    "unknown, in a schedule": (
        {
            "tasks": [
                {
                    "id": "t",
                    "schedule": {
                        "reference": {"origin": "trigger_entity_attribute", "schema": "project", "attribute": "day"}
                    },
                }
            ]
        },
        [
            Finding(
                "flow-unknown-attribute",
                "`day` is no attribute of schema `project`",
                ("tasks", 0, "schedule", "reference", "attribute"),
                "there are `inner`, `note`, `size`, `sum`, `sum_currency`, `sum_decimal`, `tags`",
            )
        ],
    ),
    "unknown, in an entity sync": (
        {"entity_sync": [{"target": {"entitySchema": "project", "entityAttribute": "nots"}}]},
        [
            Finding(
                "flow-unknown-attribute",
                "`nots` is no attribute of schema `project`",
                ("entity_sync", 0, "target", "entityAttribute"),
                "did you mean `note`?",
            )
        ],
    ),
}


@pytest.mark.parametrize(("spec", "expected"), SCHEMA_CASES.values(), ids=SCHEMA_CASES)
def test_findings_against_schemas(spec: Spec, expected: list[Finding]) -> None:
    assert check_flow_against_schemas(spec, SCHEMAS, {"the-project": "project"}) == expected
