"""Which changes of a flow's branches are not simply safe, and why: in a flow that can be started, and in another."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from syncer.diff.three_way_merge import merge
from syncer.kinds.flow_template.diff_rules import SHAPE
from syncer.kinds.flow_template.risks import risk
from syncer.model.field_change import show_field

Json = Any

ONE = {"id": "s-1", "source": {"origin": "trigger", "attribute": "status"}, "operator": "equals", "values": ["open"]}
FLOW: Json = {
    "name": "House",
    "enabled": True,
    "trigger": {"id": "t", "type": "manual", "entity_schema": "contact"},
    "tasks": [
        {
            "id": "choose",
            "name": "Choose",
            "task_type": "DECISION",
            "trigger_mode": "automatic",
            "conditions": [
                {"id": "yes", "branch_name": "Yes", "logical_operator": "AND", "statements": [ONE]},
                {"id": "no", "branch_name": "No", "logical_operator": "AND", "statements": [{**ONE, "id": "s-2"}]},
                {"id": "none-met-1", "branch_name": "Else", "logical_operator": "AND", "statements": []},
            ],
        },
        *({"id": each, "name": each.capitalize(), "task_type": "MANUAL"} for each in ("dig", "wait", "refuse")),
    ],
    "edges": [
        {"id": "e-0", "from_id": "trigger", "to_id": "choose"},
        {"id": "e-yes", "from_id": "choose", "condition_id": "yes", "to_id": "dig"},
        {"id": "e-no", "from_id": "choose", "condition_id": "no", "to_id": "wait"},
        {"id": "e-else", "from_id": "choose", "condition_id": "none-met-1", "none_met": True, "to_id": "refuse"},
    ],
}
GOES = "branch `No` goes, and running executions lose it"
DEFAULT = "another branch is taken where no condition is met"


def branch_goes(flow: Json) -> None:
    del flow["tasks"][0]["conditions"][1], flow["edges"][2]


def default_branch_goes(flow: Json) -> None:
    del flow["tasks"][0]["conditions"][2], flow["edges"][3]


def default_moves(flow: Json) -> None:
    flow["edges"][3]["none_met"] = False
    flow["edges"][2]["none_met"] = True


def default_leads_elsewhere(flow: Json) -> None:
    flow["edges"][3]["to_id"] = "wait"


def other_leads_elsewhere(flow: Json) -> None:
    flow["edges"][2]["to_id"] = "refuse"


def operator_turned(flow: Json) -> None:
    flow["tasks"][0]["conditions"][0]["statements"][0]["operator"] = "not_equals"


def all_made_one(flow: Json) -> None:
    flow["tasks"][0]["conditions"][0]["logical_operator"] = "OR"


def decision_made_manual(flow: Json) -> None:
    flow["tasks"][0] |= {"task_type": "MANUAL", "conditions": None, "trigger_mode": None}
    flow["edges"][1:] = [{"id": "e-on", "from_id": "choose", "to_id": "dig"}]


def renamed(flow: Json) -> None:
    flow["tasks"][0]["conditions"][0]["branch_name"] = "Ja"


TABLE: dict[str, tuple[Callable[[Json], None], dict[str, str], dict[str, str]]] = {
    # what is done: how, path → why it is risky where the flow can be started, and where it can't
    "a branch goes": (branch_goes, {"tasks[choose].conditions[no]": GOES}, {"tasks[choose].conditions[no]": GOES}),
    "the default branch goes": (
        default_branch_goes,
        {
            "tasks[choose].conditions[none-met-1]": "branch `Else` goes, and running executions lose it",
            "edges[e-else]": DEFAULT,
        },
        {"tasks[choose].conditions[none-met-1]": "branch `Else` goes, and running executions lose it"},
    ),
    "the default branch moves": (
        default_moves,
        {"edges[e-no].none_met": DEFAULT, "edges[e-else].none_met": DEFAULT},
        {},
    ),
    "the default branch leads elsewhere": (default_leads_elsewhere, {"edges[e-else].to_id": DEFAULT}, {}),
    "another branch leads elsewhere": (other_leads_elsewhere, {}, {}),
    "an operator is turned round": (
        operator_turned,
        {
            "tasks[choose].conditions[yes].statements[s-1].operator": "a branch is taken on `not_equals` where it was "
            "on `equals`"
        },
        {},
    ),
    "all conditions become one of them": (
        all_made_one,
        {
            "tasks[choose].conditions[yes].logical_operator": "a branch is taken on one of its conditions where it was "
            "on all of its conditions"
        },
        {},
    ),
    "a decision becomes manual": (
        decision_made_manual,
        {
            "tasks[choose].task_type": "a task becomes one of another kind",
            "tasks[choose].conditions[yes]": "branch `Yes` goes, and running executions lose it",
            "tasks[choose].conditions[no]": GOES,
            "tasks[choose].conditions[none-met-1]": "branch `Else` goes, and running executions lose it",
            "edges[e-else]": DEFAULT,
        },
        {
            "tasks[choose].task_type": "a task becomes one of another kind",
            "tasks[choose].conditions[yes]": "branch `Yes` goes, and running executions lose it",
            "tasks[choose].conditions[no]": GOES,
            "tasks[choose].conditions[none-met-1]": "branch `Else` goes, and running executions lose it",
        },
    ),
    "a branch is called otherwise": (renamed, {}, {}),
}


@pytest.mark.parametrize("row", TABLE)
@pytest.mark.parametrize("live", [True, False], ids=["enabled", "not enabled"])
def test_why_a_change_of_branches_is_not_safe(row: str, live: bool) -> None:
    change, enabled, disabled = TABLE[row]
    have = {**copy.deepcopy(FLOW), "enabled": live}
    want = copy.deepcopy(have)
    change(want)
    merged = merge(have, want, {}, SHAPE)
    found = {show_field(each.path): risk(each, have, merged.goal) for each in merged.changes}
    assert merged.changes
    assert {path: (each.level, each.reason) for path, each in found.items() if each} == {
        path: ("risky", reason) for path, reason in (enabled if live else disabled).items()
    }
