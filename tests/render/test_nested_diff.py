"""Where two nested values differ: a table, and that nothing is missed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncer.model.field_change import Item
from syncer.model.json_values import ABSENT, Json, Ref, Secret
from syncer.plan.plan import HIDDEN
from syncer.render.nested_diff import NestedDifference, differences

WON, LOST = Ref("ClosingReason", "won"), Ref("ClosingReason", "lost")
DIFFERENCES = {
    # case: (before, after, differences)
    "equal": ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 2}]}, ()),
    "a scalar": ({"a": 1, "b": 2}, {"a": 1, "b": 3}, (NestedDifference(("b",), 2, 3),)),
    "one number, two spellings": ({"a": 1}, {"a": 1.0}, ()),
    "a switch is no number": ({"a": 1}, {"a": True}, (NestedDifference(("a",), 1, True),)),
    "nor in a list": ({"a": [False]}, {"a": [0]}, (NestedDifference(("a", 0), False, 0),)),
    "null is a value": ({}, {"a": None}, (NestedDifference(("a",), ABSENT, None),)),
    "items by name": (
        [{"name": "a", "x": 1}, {"name": "b", "x": 2}],
        [{"name": "b", "x": 3}, {"name": "a", "x": 1}, {"name": "c"}],
        (NestedDifference((Item("b"), "x"), 2, 3), NestedDifference((Item("c"),), ABSENT, {"name": "c"})),
    ),
    "items by place": (
        [{"x": 1}, {"x": 2}, {"x": 3}],
        [{"x": 1}, {"x": 9}],
        (NestedDifference((1, "x"), 2, 9), NestedDifference((2,), {"x": 3}, ABSENT)),
    ),
    "items without a name that are like": (
        [{"on": "a", "to": "x", "at": 1}, {"on": "b", "to": "y", "at": 1}],
        [{"on": "b", "to": "z", "at": 1}, {"on": "c", "to": "z", "at": 2}],
        (
            NestedDifference((0,), {"on": "a", "to": "x", "at": 1}, ABSENT),
            NestedDifference((1,), ABSENT, {"on": "c", "to": "z", "at": 2}),
            NestedDifference((1, "to"), "y", "z"),
        ),
    ),
    "nothing in common, in one place": (
        [{"on": "a", "to": "x"}],
        [{"on": "b", "to": "y"}],
        (
            NestedDifference((0,), {"on": "a", "to": "x"}, ABSENT),
            NestedDifference((0,), ABSENT, {"on": "b", "to": "y"}),
        ),
    ),
    "an item more at the front": ([{"x": 1}], [{"x": 0}, {"x": 1}], (NestedDifference((0,), ABSENT, {"x": 0}),)),
    "everything is new": ([], [None, []], (NestedDifference((0,), ABSENT, None), NestedDifference((1,), ABSENT, []))),
    "references": ({"a": WON}, {"a": LOST}, (NestedDifference(("a",), WON, LOST),)),
    "items by reference": (
        [{"id": WON, "x": 1}], [{"id": WON, "x": 2}], (NestedDifference((Item("won"), "x"), 1, 2),),
    ),
    "a secret": ({"a": HIDDEN}, {"a": Secret("X", "y")}, (NestedDifference(("a",), HIDDEN, Secret("X", "y")),)),
    "scalars in a list": ({"a": [1, 2]}, {"a": [2]}, (NestedDifference(("a", 0), 1, ABSENT),)),
    "another form": ({"a": [1]}, {"a": {"b": 1}}, (NestedDifference(("a",), [1], {"b": 1}),)),
    "only the order": ([{"x": 1}, {"x": 2}], [{"x": 2}, {"x": 1}], ()),
}  # fmt: skip


def test_of_long_lists_the_place_decides() -> None:
    """Comparing each with each would take longer than anybody waits."""
    before, after = ([{"x": number + more, "y": 0, "z": 0} for number in range(101)] for more in (0, 1000))
    found = [NestedDifference((at, "x"), at, at + 1000) for at in range(101)]
    assert differences(before, after) == tuple(sorted(found, key=lambda each: f"[{each.path[0]}].x"))


@pytest.mark.parametrize(("before", "after", "expected"), DIFFERENCES.values(), ids=DIFFERENCES)
def test_differences(before: Json, after: Json, expected: tuple[NestedDifference, ...]) -> None:
    assert differences(before, after) == expected


LEAVES = st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["a", "b", WON, LOST, HIDDEN])
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["id", "name", "x", "y"]), inner),
    max_leaves=12,
)


def unordered(value: Json) -> Json:
    """The value with its lists sorted: what `differences` does not tell apart."""
    if isinstance(value, dict):
        return {name: unordered(item) for name, item in value.items()}
    if isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        return sorted(map(unordered, value), key=repr)
    return value


@settings(deadline=None)
@given(VALUES, VALUES)
def test_no_difference_is_missed(before: Json, after: Json) -> None:
    found = differences([before], [after])
    assert bool(found) == (repr(unordered(before)) != repr(unordered(after)))
    assert all(repr(each.before) != repr(each.after) for each in found)
