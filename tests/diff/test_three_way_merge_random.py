"""What holds for every merge, whatever stands in it."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from syncer.diff.fingerprint import fingerprint
from syncer.diff.three_way_merge import merge, same
from syncer.model.field_rules import AS_SET, ORDERED, ListRule, Shape, compile_shape, keyed
from syncer.model.json_values import ABSENT, Json
from tests.support.examples import examples

RULES: dict[str, ListRule] = {
    "named": keyed("name"),
    "named[].set": AS_SET,
    "whole": keyed("name", whole=True),
    "columns": keyed("name", whole=True, ordered=True),
    "set": AS_SET,
    "list": ORDERED,
    "list[].named": keyed("name"),
}
SHAPE = compile_shape(
    lists=RULES,
    defaults={"x": False, "named[].x": 0, "list[].x": 1},
    empty=("set", "named[].set"),
    null_is_data=("list[]",),
)

LEAVES = st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(["", "a", "b"])
MAPPINGS = st.dictionaries(st.sampled_from(["x", "y", "z"]), LEAVES, max_size=3)


@st.composite
def items(draw: st.DrawFn) -> list[Json]:
    """A list whose items have names, each its own."""
    names = draw(st.lists(st.sampled_from("abcd"), unique=True, max_size=4))
    sets: st.SearchStrategy[dict[str, Json]] = st.just({}) | st.lists(LEAVES, max_size=3).map(
        lambda found: {"set": found}
    )
    return [{"name": name, **draw(MAPPINGS), **draw(sets)} for name in names]


VALUES = MAPPINGS | LEAVES
SPECS = st.fixed_dictionaries(
    {},
    optional={
        "x": LEAVES,
        "y": LEAVES | MAPPINGS,
        "named": items(),
        "whole": items(),
        "columns": items(),
        "set": st.lists(VALUES, max_size=4),
        "list": st.lists(VALUES | items().map(lambda found: {"named": found}), max_size=4),
    },
)
LAWS = settings(deadline=None, max_examples=examples(300))


@LAWS
@given(SPECS, SPECS, SPECS)
def test_a_second_plan_is_empty(live: Json, want: Json, last: Json) -> None:
    goal = merge(live, want, last, SHAPE).goal
    again = merge(goal, want, want, SHAPE)
    assert (again.changes, again.released, again.refused) == ([], [], [])
    assert repr(again.goal) == repr(goal)


@LAWS
@given(SPECS, SPECS)
def test_no_change_leaves_the_live_object_as_it_is(live: Json, want: Json) -> None:
    merged = merge(live, want, {}, SHAPE)
    assert bool(merged.changes) == (repr(merged.goal) != repr(live))
    assert merged.changes or fingerprint(merged.goal, SHAPE) == fingerprint(live, SHAPE)


@LAWS
@given(SPECS)
def test_what_is_live_is_what_it_is(live: Json) -> None:
    assert merge(live, live, {}, SHAPE).changes == []
    assert same(live, live, SHAPE)


@LAWS
@given(SPECS, SPECS)
def test_nothing_is_lost_that_nobody_declared(live: Json, want: Json) -> None:
    goal = merge(live, want, {}, SHAPE).goal
    assert {name: goal[name] for name in live if name not in want} == {
        name: value for name, value in live.items() if name not in want
    }
    kept = {item["name"]: item for item in goal.get("named") or []}
    ours = {item["name"]: item for item in want.get("named") or []}
    if isinstance(want.get("named"), list):
        for item in live.get("named") or []:
            assert item["name"] in kept
            declared = ours.get(item["name"], {})
            for field, value in item.items():
                assert field in declared or kept[item["name"]][field] == value


@LAWS
@given(SPECS, SPECS, SPECS)
def test_the_goal_holds_all_that_is_declared(live: Json, want: Json, last: Json) -> None:
    goal = merge(live, want, last, SHAPE).goal
    for name, value in want.items():
        assert _holds(goal.get(name, ABSENT), value, SHAPE.at(name)), name


def _holds(goal: Json, want: Json, shape: Shape) -> bool:
    """Written apart from `merge`: whether the value says all that was declared."""
    if want is ABSENT or shape.blank(want):
        return shape.blank(goal)
    if isinstance(want, dict):
        return isinstance(goal, dict) and all(
            _holds(goal.get(name, ABSENT), value, shape.at(name)) for name, value in want.items()
        )
    if isinstance(want, list):
        return isinstance(goal, list) and _all_in(goal, want, shape)
    return repr(goal) == repr(want)


def _all_in(goal: list[Any], want: list[Any], shape: Shape) -> bool:
    if shape.rule.form == "keyed":
        by_name = {item["name"]: item for item in goal}
        found = [by_name.get(item["name"], ABSENT) for item in want]
        return all(_holds(have, item, shape.item()) for have, item in zip(found, want, strict=True))
    if shape.rule.form == "ordered":
        return len(goal) == len(want) and all(
            _holds(have, item, shape.item()) for have, item in zip(goal, want, strict=True)
        )
    return all(any(_holds(have, item, shape.item()) for have in goal) for item in want)
