"""Which soft limits a flow would pass: told exactly where a write under `enforce_limits` is refused."""

from __future__ import annotations

import random
from typing import Any

import pytest

pytest.importorskip("flask", reason="the sandbox's extra is not installed")

from syncer.kinds.flow_template.kind import KIND
from syncer.kinds.flow_template.soft_limits import ASSUMED, passed_limits
from syncer.sandbox.options import Options
from syncer.sandbox.workflow.flow_graph import limit_warnings

Json = Any
LIMITS = dict(Options().flow_limits)


def flow(edges: int = 0, branches: int = 0, iterations: int = 0, rules: int = 0) -> Json:
    task = {"id": "t", "name": "Look", "conditions": [{"id": f"c{n}"} for n in range(branches)]}
    return {
        "tasks": [task | ({"loop_config": {"max_iterations": iterations}} if iterations else {})],
        "edges": [{"id": f"e{n}", "from_id": f"f{n}", "to_id": "t"} for n in range(edges)],
        "entity_sync": [{} for _ in range(rules)],
    }


def over(key: str, most: int) -> Json:
    return {"limit_warnings": [{"i18nKey": key, "message": "", "max": most, "path": []}]}


KNOWN = "errors.task_max_incoming_edges"
ROWS: dict[str, tuple[Json, Json, tuple[str, ...]]] = {
    "at the limit": (None, flow(10, 20, 100, 20), ()),
    "a new one that passes all": (
        None,
        flow(11, 21, 101, 21),
        (
            "task `Look`: 11 edges into it, and at most 10 are allowed as far as is known: the platform refuses more",
            "task `Look`: 21 branches, and at most 20 are allowed as far as is known: the platform refuses more",
            "task `Look`: 101 iterations, and at most 100 are allowed as far as is known: the platform refuses more",
            "21 rules of entity sync, and at most 20 are allowed as far as is known: the platform refuses more",
        ),
    ),
    "one more than before": (
        flow(9),
        flow(11),
        (
            "task `Look`: 11 edges into it (9 live), and at most 10 are allowed as far as is known: the platform "
            "refuses more",
        ),
    ),
    "over it already, and no worse": (flow(13), flow(13), ()),
    "over it already, and better": (flow(13), flow(12), ()),
    "over it already, and worse": (
        flow(13) | over(KNOWN, 12),
        flow(14),
        ("task `Look`: 14 edges into it (13 live), and at most 12 are allowed: the platform refuses more",),
    ),
    "the platform's own number": (flow(3) | over(KNOWN, 40), flow(40), ()),
    "a key that nobody knows": (flow(1) | over("errors.agent_max_params", 1), flow(2), ()),
    "odd things": ({"limit_warnings": [3, {"max": "many"}], "tasks": "none"}, {"tasks": None, "edges": [1]}, ()),
}


@pytest.mark.parametrize(("live", "goal", "told"), ROWS.values(), ids=ROWS)
def test_what_a_reviewer_is_told(live: Json, goal: Json, told: tuple[str, ...]) -> None:
    assert passed_limits(live, goal) == told
    assert KIND.notices(live, {}, goal) == told


def test_the_numbers_are_those_of_the_sandbox() -> None:
    assert sorted(LIMITS.values()) == sorted(ASSUMED.values())


def test_it_is_told_exactly_where_a_write_is_refused() -> None:
    """Refused is what is over a limit, and more than it was."""
    chance = random.Random(11)
    refusals = 0
    for _ in range(300):
        sizes = [(9, 10, 11, 12), (19, 20, 21, 22), (99, 100, 101, 102), (19, 20, 21, 22)]
        live, goal = (flow(*(chance.choice(each) for each in sizes)) for _ in range(2))
        before = {each["i18nKey"]: each["current"] for each in limit_warnings(live, LIMITS)}
        worse = [each for each in limit_warnings(goal, LIMITS) if each["current"] > before.get(each["i18nKey"], 0)]
        assert len(passed_limits(live, goal)) == len(worse)
        refusals += bool(worse)
    assert refusals > 100
