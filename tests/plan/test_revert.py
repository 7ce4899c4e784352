"""Three sides of an object to the object with a run's changes taken back: a table."""

from __future__ import annotations

from typing import Any

import pytest

from syncer.diff.three_way_merge import merge
from syncer.model.field_change import show_field
from syncer.model.field_rules import AS_SET, compile_shape, keyed
from syncer.plan.plan import HIDDEN
from syncer.plan.revert import asking, go_back

Json = Any
SHAPE = compile_shape(
    lists={
        "attributes": keyed("name"),
        "attributes[].tags": AS_SET,
        "steps": keyed("id", whole=True, ordered=True),
        "options": keyed("key"),
    },
    defaults={"status": "ACTIVE"},
    empty=("tags",),
    ignored=("_manifest",),
)


def named(*names: str, **more: Json) -> list[Json]:
    return [{"name": name, **more} for name in names]


def steps(*ids: str) -> list[Json]:
    return [{"id": each} for each in ids]


CASES: dict[str, tuple[Json, Json, Json, Json, list[str], list[str], list[str]]] = {
    # case: before, after, now, goal, what goes back, conflicts, withheld
    "changed": ({"t": "a"}, {"t": "b"}, {"t": "b", "x": 1}, {"t": "a", "x": 1}, ["t"], [], []),
    "changed, and by hand since": ({"t": "a"}, {"t": "b"}, {"t": "c"}, {"t": "c"}, [], ["t"], []),
    "changed, and back by hand": ({"t": "a"}, {"t": "b"}, {"t": "a"}, {"t": "a"}, [], [], []),
    "added": ({}, {"t": "b"}, {"t": "b"}, {}, ["t"], [], []),
    "added, and gone by hand": ({}, {"t": "b"}, {}, {}, [], [], []),
    "taken away": ({"t": "a"}, {}, {}, {"t": "a"}, ["t"], [], []),
    "taken away, and there by hand": ({"t": "a"}, {}, {"t": "c"}, {"t": "c"}, [], ["t"], []),
    "not the run's": ({"t": "a"}, {"t": "a"}, {"t": "c"}, {"t": "c"}, [], [], []),
    "null for nothing": ({"t": None}, {"t": "b"}, {"t": "b"}, {"t": None}, ["t"], [], []),
    "a default for nothing": ({}, {"status": "ACTIVE"}, {"status": "INACTIVE"}, {"status": "INACTIVE"}, [], [], []),
    "ignored": ({"_manifest": [1]}, {"_manifest": [2]}, {"_manifest": [3]}, {"_manifest": [3]}, [], [], []),
    "number in another spelling": ({"n": 1}, {"n": 2}, {"n": 2.0}, {"n": 1}, ["n"], [], []),
    "true is not one": ({"n": 1}, {"n": 2}, {"n": True}, {"n": True}, [], ["n"], []),
    "inside, one of two by hand": (
        {"m": {"a": 1, "b": 1}}, {"m": {"a": 2, "b": 2}}, {"m": {"a": 2, "b": 3}},
        {"m": {"a": 1, "b": 3}}, ["m.a"], ["m.b"], [],
    ),
    "item added": (
        {"attributes": named("a")}, {"attributes": named("a", "b")}, {"attributes": named("x", "a", "b")},
        {"attributes": named("x", "a")}, ["attributes[b]"], [], [],
    ),
    "item added, and changed by hand": (
        {"attributes": named("a")}, {"attributes": named("a", "b")}, {"attributes": [*named("a"), *named("b", l=1)]},
        {"attributes": [*named("a"), *named("b", l=1)]}, [], ["attributes[b]"], [],
    ),
    "item taken away comes back where it stood": (
        {"attributes": named("a", "b", "c")}, {"attributes": named("a", "c")}, {"attributes": named("a", "x", "c")},
        {"attributes": named("a", "b", "x", "c")}, ["attributes[b]"], [], [],
    ),
    "item changed, and gone by hand": (
        {"attributes": named("a", l=1)}, {"attributes": named("a", l=2)}, {"attributes": []},
        {"attributes": []}, [], ["attributes[a]"], [],
    ),
    "the list itself added": (
        {}, {"attributes": named("a")}, {"attributes": named("a")}, {"attributes": []}, ["attributes[a]"], [], [],
    ),
    "field of an item": (
        {"attributes": named("a", l=1)}, {"attributes": named("a", l=2)}, {"attributes": named("a", l=2, m=9)},
        {"attributes": named("a", l=1, m=9)}, ["attributes[a].l"], [], [],
    ),
    "keys twice: the list is one value": (
        {"attributes": named("a", "a")}, {"attributes": named("a")}, {"attributes": named("a")},
        {"attributes": named("a", "a")}, ["attributes"], [], [],
    ),
    "order": (
        {"steps": steps("a", "b")}, {"steps": steps("b", "a")}, {"steps": steps("b", "a")},
        {"steps": steps("a", "b")}, ["steps.(order)"], [], [],
    ),
    "order, and another by hand": (
        {"steps": steps("a", "b", "c")}, {"steps": steps("b", "a", "c")}, {"steps": steps("c", "b", "a")},
        {"steps": steps("c", "b", "a")}, [], ["steps.(order)"], [],
    ),
    "a set in another order": (
        {"attributes": named("a", tags=["x"])}, {"attributes": named("a", tags=["y", "z"])},
        {"attributes": named("a", tags=["z", "y"])}, {"attributes": named("a", tags=["x"])},
        ["attributes[a].tags"], [], [],
    ),
    "a secret before": ({"s": HIDDEN}, {"s": "x"}, {"s": "x"}, {"s": "x"}, [], [], ["s"]),
    "a secret after": ({"s": "x"}, {"s": HIDDEN}, {"s": "y"}, {"s": "y"}, [], [], ["s"]),
    "a secret that stayed": (
        {"s": HIDDEN, "t": 1}, {"s": HIDDEN, "t": 2}, {"s": "y", "t": 2}, {"s": "y", "t": 1}, ["t"], [], [],
    ),
    "an item with a secret, added": (
        {"options": []}, {"options": [{"key": "k", "v": HIDDEN}]}, {"options": [{"key": "k", "v": "y"}]},
        {"options": []}, ["options[k]"], [], [],
    ),
    "an item with a secret, taken away": (
        {"options": [{"key": "k", "v": HIDDEN, "w": 1}]}, {"options": []}, {"options": []},
        {"options": [{"key": "k", "w": 1}]}, ["options[k]"], [], ["options[k].v"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "now", "goal", "changed", "conflicts", "withheld"), CASES.values(), ids=CASES
)
def test_go_back(
    before: Json, after: Json, now: Json, goal: Json, changed: list[str], conflicts: list[str], withheld: list[str]
) -> None:
    back = go_back(before, after, now, SHAPE)
    said = [[show_field(path) for path in paths] for paths in (back.changed, back.conflicts, back.withheld)]
    assert (back.goal, *said) == (goal, changed, conflicts, withheld)


@pytest.mark.parametrize("case", CASES)
def test_what_is_asked_for_leads_there(case: str) -> None:
    """What a manifest would have to say, laid over what is there, is the goal, but for the order of items."""
    before, after, now, goal = CASES[case][:4]
    wish = asking(go_back(before, after, now, SHAPE).goal, now, SHAPE)
    made = merge(now, wish, now, SHAPE).goal
    assert not merge(made, goal, {}, SHAPE).changes
    assert not merge(goal, made, {}, SHAPE).changes


def test_what_is_to_be_left_is_left() -> None:
    back = go_back({"t": 1, "u": 1}, {"t": 2, "u": 2}, {"t": 2, "u": 2}, SHAPE, frozenset({("t",)}))
    assert (back.goal, back.changed) == ({"t": 2, "u": 1}, [("u",)])
