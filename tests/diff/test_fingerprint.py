"""What matters of a live object: equal where nothing of it differs, another where something does."""

from __future__ import annotations

import pytest

from syncer.diff.fingerprint import canonical, digest, fingerprint, normal
from syncer.model.field_rules import AS_SET, ORDERED, compile_shape, find_all, keyed, pattern_steps
from syncer.model.json_values import Json, Path, Ref, Secret

SHAPE = compile_shape(
    lists={
        "items": keyed("name"),
        "columns": keyed("name", ordered=True),
        "set": AS_SET,
        "list": ORDERED,
        "items[].tags": AS_SET,
    },
    defaults={"hidden": False, "items[].order": 0},
    empty=("note", "items[].tags"),
    ignored=("at", "items[].id"),
    null_is_data=("choice",),
    canon={"options[]": lambda value: value["value"] if isinstance(value, dict) else value},
)
A, B = {"name": "a", "x": 1}, {"name": "b", "x": 2}

EQUAL: dict[str, tuple[Json, Json]] = {
    "order of keys": ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
    "order of a keyed list": ({"items": [A, B]}, {"items": [B, A]}),
    "order of a set": ({"set": ["b", 1, None]}, {"set": [None, "b", 1]}),
    "twice in a set": ({"set": ["a", "b", "a"]}, {"set": ["a", "b"]}),
    "order of a set in an item": ({"items": [{**A, "tags": [1, 2]}]}, {"items": [{**A, "tags": [2, 1]}]}),
    "a default": ({"hidden": False, "items": [{**A, "order": 0}]}, {"items": [A]}),
    "null": ({"a": None, "hidden": None}, {}),
    "empty": ({"note": "", "items": [{**A, "tags": []}]}, {"items": [A]}),
    "ignored": ({"at": 1, "items": [{**A, "id": "1"}]}, {"at": 2, "items": [{**A, "id": "2"}]}),
    "two spellings": ({"options": [{"value": "a"}, "b"]}, {"options": ["a", {"value": "b"}]}),
    "one number": ({"a": 1.0}, {"a": 1}),
}
DIFFERENT: dict[str, tuple[Json, Json]] = {
    "a value": ({"a": 1}, {"a": 2}),
    "a field more": ({"a": 1}, {"a": 1, "b": 2}),
    "a switch and a number": ({"a": True}, {"a": 1}),
    "a text and a number": ({"a": "1"}, {"a": 1}),
    "null that is a value": ({"choice": None}, {}),
    "empty where nothing is said": ({"other": []}, {}),
    "order that matters": ({"list": [1, 2]}, {"list": [2, 1]}),
    "order of a keyed list that matters": ({"columns": [A, B]}, {"columns": [B, A]}),
    "twice in a list": ({"list": [1, 1]}, {"list": [1]}),
    "not the default": ({"hidden": True}, {}),
    "a field of an item": ({"items": [A]}, {"items": [{**A, "x": 3}]}),
    "letters written in two ways": ({"a": "\u00fc"}, {"a": "u\u0308"}),
}


@pytest.mark.parametrize(("one", "other"), EQUAL.values(), ids=EQUAL)
def test_equal(one: Json, other: Json) -> None:
    assert fingerprint(one, SHAPE) == fingerprint(other, SHAPE)


@pytest.mark.parametrize(("one", "other"), DIFFERENT.values(), ids=DIFFERENT)
def test_different(one: Json, other: Json) -> None:
    assert fingerprint(one, SHAPE) != fingerprint(other, SHAPE)


def test_it_is_the_same_everywhere() -> None:
    assert fingerprint({"items": [B, A], "hidden": False}, SHAPE) == digest(
        '{"items":[{"name":"a","x":1},{"name":"b","x":2}]}'
    )
    assert digest("") == "e3b0c44298fc1c149afbf4c8996fb924"


def test_a_lone_surrogate_is_a_value_like_any_other() -> None:
    assert len(fingerprint({"a": "\ud800"}, SHAPE)) == 32


def test_a_secret_is_only_its_name() -> None:
    assert canonical({"b": Secret("X", "hush"), "a": Ref("Book", "x")}) == '{"a":{"ref":"Book/x"},"b":{"secret":"X"}}'


def test_normal_leaves_the_value_as_it_is() -> None:
    value = {"set": [2, 1], "hidden": False}
    assert normal(value, SHAPE) == {"set": [1, 2]}
    assert value == {"set": [2, 1], "hidden": False}


STEPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "a field": ("a", ("a",)),
    "items": ("a[].b", ("a", "[]", "b")),
    "lists in lists": ("a[][]", ("a", "[]", "[]")),
    "any key": ("a.*.b", ("a", "*", "b")),
}


@pytest.mark.parametrize(("pattern", "steps"), STEPS.values(), ids=STEPS)
def test_pattern_steps(pattern: str, steps: tuple[str, ...]) -> None:
    assert pattern_steps(pattern) == steps


FOUND: dict[str, tuple[Json, str, list[tuple[Path, Json]]]] = {
    # case: (value, pattern, places)
    "everywhere": ({"a": [{"b": 1}, {"c": 2}, {"b": None}]}, "a[].b", [(("a", 0, "b"), 1), (("a", 2, "b"), None)]),
    "any key": ({"a": {"x": {"b": 1}, "y": {"b": 2}}}, "a.*.b", [(("a", "x", "b"), 1), (("a", "y", "b"), 2)]),
    "another form": ({"a": {"b": 1}}, "a[].b", []),
    "not there": ({}, "a.b", []),
}


@pytest.mark.parametrize(("value", "pattern", "places"), FOUND.values(), ids=FOUND)
def test_find_all(value: Json, pattern: str, places: list[tuple[Path, Json]]) -> None:
    assert find_all(value, pattern_steps(pattern)) == places
