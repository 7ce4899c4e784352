"""Ownership (README.md#partial-manifests): what is live, declared and remembered → what it becomes, what changes, what
is noted."""

from __future__ import annotations

from typing import Any

import pytest

from syncer.diff.three_way_merge import MergeResult, as_new, merge, same
from syncer.model.field_change import ORDER, FieldChange, Item, show_field
from syncer.model.field_rules import AS_SET, ORDERED, Shape, compile_shape, keyed
from syncer.model.json_values import ABSENT, Json, Part, Ref, Secret
from syncer.model.secret_text import secret_text, written

PLAIN = compile_shape()


def changes(merged: MergeResult) -> list[tuple[str, Json, Json, str]]:
    """(field, before, after, cause) of each change."""
    return [(show_field(each.path), each.before, each.after, each.cause) for each in merged.changes]


FIELDS: dict[str, tuple[Json, Json, Json, Json, list[Any], list[str]]] = {
    # case: (live, manifest, remembered, goal, changes, released)
    "new": ({}, {"title": "Won"}, {}, {"title": "Won"}, [("title", ABSENT, "Won", "ours")], []),
    "same": ({"title": "Won"}, {"title": "Won"}, {"title": "Won"}, {"title": "Won"}, [], []),
    "server's own": ({"title": "Won", "at": 1}, {"title": "Won"}, {}, {"title": "Won", "at": 1}, [], []),
    "changed by us": ({"a": 1}, {"a": 2}, {"a": 1}, {"a": 2}, [("a", 1, 2, "ours")], []),
    "changed by hand": ({"a": 2}, {"a": 1}, {"a": 1}, {"a": 1}, [("a", 2, 1, "drift")], []),
    "changed by both": ({"a": 3}, {"a": 2}, {"a": 1}, {"a": 2}, [("a", 3, 2, "conflict")], []),
    "changed by both to the same": ({"a": 2}, {"a": 2}, {"a": 1}, {"a": 2}, [], []),
    "no memory": ({"a": 2}, {"a": 1}, {}, {"a": 1}, [("a", 2, 1, "ours")], []),
    "removed by hand": ({}, {"a": 1}, {"a": 1}, {"a": 1}, [("a", ABSENT, 1, "drift")], []),
    "released": ({"a": 1, "b": 2}, {"a": 1}, {"a": 1, "b": 2}, {"a": 1, "b": 2}, [], ["b"]),
    "released inside": ({"a": {"b": 1}}, {"a": {}}, {"a": {"b": 1}}, {"a": {"b": 1}}, [], ["a.b"]),
    "released, and gone already": ({"a": 1}, {"a": 1}, {"a": 1, "b": 2}, {"a": 1}, [], []),
    "released, was emptied": ({"b": 2}, {}, {"b": None}, {"b": 2}, [], []),
    "emptied": ({"a": 1, "b": 2}, {"b": None}, {}, {"a": 1}, [("b", 2, ABSENT, "ours")], []),
    "emptied before": ({"a": 1}, {"b": None}, {"b": None}, {"a": 1}, [], []),
    "filled by hand again": ({"b": 2}, {"b": None}, {"b": None}, {}, [("b", 2, ABSENT, "drift")], []),
    "null is nothing live": ({"b": None}, {"b": None}, {}, {"b": None}, [], []),
    "null in something new": (
        {}, {"a": {"x": 1, "y": None}}, {}, {"a": {"x": 1}}, [("a", ABSENT, {"x": 1}, "ours")], [],
    ),
    "not ours": ({"title": "Won"}, {}, {}, {"title": "Won"}, [], []),
    "inside a mapping": (
        {"a": {"x": 1, "theirs": 2}}, {"a": {"x": 3}}, {}, {"a": {"x": 3, "theirs": 2}}, [("a.x", 1, 3, "ours")], [],
    ),
    "another form": ({"a": [1]}, {"a": {"x": 1}}, {}, {"a": {"x": 1}}, [("a", [1], {"x": 1}, "ours")], []),
    "a number for a switch": ({"a": 1}, {"a": True}, {}, {"a": True}, [("a", 1, True, "ours")], []),
    "nought for off": ({"a": False}, {"a": 0}, {}, {"a": 0}, [("a", False, 0, "ours")], []),
    "one number, two spellings": ({"a": 1.0}, {"a": 1}, {}, {"a": 1.0}, [], []),
    "a text for a number": ({"a": 1}, {"a": "1"}, {}, {"a": "1"}, [("a", 1, "1", "ours")], []),
    "the secret it is": ({"a": "hush"}, {"a": Secret("X", "hush")}, {}, {"a": "hush"}, [], []),
    "another secret": (
        {"a": "old"}, {"a": Secret("X", "new")}, {"a": {"secret": "X"}}, {"a": Secret("X", "new")},
        [("a", "old", Secret("X", "new"), "ours")], [],
    ),
    "a list with a secret, changed by hand": (
        {"a": ["theirs"]}, {"a": [Secret("X", "s"), "b"]}, {"a": [{"secret": "X"}, "b"]},
        {"a": [Secret("X", "s"), "b"]},
        [("a", ["theirs"], [Secret("X", "s"), "b"], "drift")], [],
    ),
    "a reference not known yet": (
        {"a": "id1"}, {"a": Ref("Book", "x")}, {}, {"a": Ref("Book", "x")},
        [("a", "id1", Ref("Book", "x"), "ours")], [],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("live", "want", "last", "goal", "differing", "released"), FIELDS.values(), ids=FIELDS)
def test_fields(live: Json, want: Json, last: Json, goal: Json, differing: list[Any], released: list[str]) -> None:
    merged = merge(live, want, last, PLAIN)
    assert merged.goal == goal
    assert changes(merged) == differing
    assert [show_field(path) for path in merged.released] == released
    assert merged.refused == []


SAID = compile_shape(
    defaults={"hidden": False, "order": 0, "kind": "plain"},
    empty=("tags", "note"),
    null_is_data=("choice", "options[]"),
    ignored=("copy",),
    canon={"options[]": lambda value: value["value"] if isinstance(value, dict) else value},
    lists={"tags": AS_SET, "options": ORDERED},
)
EQUALS: dict[str, tuple[Json, Json, Json, list[Any]]] = {
    # case: (live, manifest, goal, changes)
    "absent is the default": ({}, {"hidden": False}, {}, []),
    "null is the default": ({"order": None}, {"order": 0}, {"order": None}, []),
    "the default is absent": ({"hidden": False}, {"hidden": None}, {"hidden": False}, []),
    "a default of another type": ({}, {"order": False}, {"order": False}, [("order", ABSENT, False, "ours")]),
    "a default in another spelling": ({}, {"order": 0.0}, {}, []),
    "back to the default": ({"hidden": True}, {"hidden": False}, {"hidden": False}, [("hidden", True, False, "ours")]),
    "emptied to the default": ({"kind": "x"}, {"kind": None}, {}, [("kind", "x", ABSENT, "ours")]),
    "an empty list is absent": ({}, {"tags": []}, {}, []),
    "an empty text is absent": ({"note": ""}, {"note": None}, {"note": ""}, []),
    "a list is emptied": ({"tags": ["a"]}, {"tags": []}, {"tags": []}, [("tags", ["a"], [], "ours")]),
    "empty where nothing is said": ({}, {"other": []}, {"other": []}, [("other", ABSENT, [], "ours")]),
    "null is a value": ({}, {"choice": None}, {"choice": None}, [("choice", ABSENT, None, "ours")]),
    "null was a value": ({"choice": 1}, {"choice": None}, {"choice": None}, [("choice", 1, None, "ours")]),
    "null among options": ({"options": ["a"]}, {"options": [None, "a"]}, {"options": [None, "a"]},
                           [("options", ["a"], [None, "a"], "ours")]),
    "ignored": ({"copy": 1}, {"copy": 2}, {"copy": 1}, []),
    "ignored, to fill a gap": ({}, {"copy": 2}, {"copy": 2}, []),
    "two spellings": ({"options": ["a", {"value": "b"}]}, {"options": [{"value": "a"}, "b"]},
                      {"options": ["a", {"value": "b"}]}, []),
}  # fmt: skip


@pytest.mark.parametrize(("live", "want", "goal", "differing"), EQUALS.values(), ids=EQUALS)
def test_what_equals_what(live: Json, want: Json, goal: Json, differing: list[Any]) -> None:
    merged = merge(live, want, {}, SAID)
    assert merged.goal == goal
    assert changes(merged) == differing


KEYED = compile_shape(
    lists={
        "items": keyed("name"),
        "groups": keyed("id", "label"),
        "whole": keyed("id", whole=True),
        "columns": keyed("name", whole=True, ordered=True),
        "steps": keyed("name", ordered=True),
    }
)
BOTH = [{"name": "a", "x": 1}, {"name": "b", "x": 2}]
ITEMS: dict[str, tuple[Json, Json, Json, Json, list[Any]]] = {
    # case: (live, manifest, remembered, goal, changes)
    "live order, new ones last": (
        {"items": BOTH}, {"items": [{"name": "c"}, {"name": "b", "x": 2}, {"name": "a"}]}, {},
        {"items": [*BOTH, {"name": "c"}]}, [("items[c]", ABSENT, {"name": "c"}, "ours")],
    ),
    "a field of an item, the rest carried": (
        {"items": BOTH}, {"items": [{"name": "b", "x": 3}]}, {},
        {"items": [{"name": "a", "x": 1}, {"name": "b", "x": 3}]}, [("items[b].x", 2, 3, "ours")],
    ),
    "never declared: kept": ({"items": BOTH}, {"items": []}, {}, {"items": BOTH}, []),
    "declared last time, gone now: removed": (
        {"items": BOTH}, {"items": [{"name": "a"}]}, {"items": [{"name": "a"}, {"name": "b"}]},
        {"items": [{"name": "a", "x": 1}]}, [("items[b]", {"name": "b", "x": 2}, ABSENT, "ours")],
    ),
    "the list released: all kept": ({"items": BOTH}, {}, {"items": [{"name": "a"}]}, {"items": BOTH}, []),
    "removed by hand": (
        {"items": []}, {"items": [{"name": "a"}]}, {"items": [{"name": "a"}]},
        {"items": [{"name": "a"}]}, [("items[a]", ABSENT, {"name": "a"}, "drift")],
    ),
    "a list where there is none: item by item": (
        {}, {"items": [{"name": "a", "y": None}]}, {}, {"items": [{"name": "a"}]},
        [("items[a]", ABSENT, {"name": "a"}, "ours")],
    ),
    "emptied: each item is named": (
        {"items": BOTH}, {"items": None}, {}, {},
        [("items[a]", BOTH[0], ABSENT, "ours"), ("items[b]", BOTH[1], ABSENT, "ours")],
    ),
    "by the fallback, where the manifest lacks the key": (
        {"groups": [{"id": "g1", "label": "A"}]}, {"groups": [{"label": "A", "x": 1}]}, {},
        {"groups": [{"id": "g1", "label": "A", "x": 1}]}, [("groups[A].x", ABSENT, 1, "ours")],
    ),
    "by the fallback, where the live item lacks it": (
        {"groups": [{"label": "A"}]}, {"groups": [{"id": "g1", "label": "A"}]}, {},
        {"groups": [{"id": "g1", "label": "A"}]}, [("groups[g1].id", ABSENT, "g1", "ours")],
    ),
    "two keys that differ are two things": (
        {"groups": [{"id": "g1", "label": "A"}]}, {"groups": [{"id": "g2", "label": "A"}]}, {},
        {"groups": [{"id": "g1", "label": "A"}, {"id": "g2", "label": "A"}]},
        [("groups[g2]", ABSENT, {"id": "g2", "label": "A"}, "ours")],
    ),
    "the better key first": (
        {"groups": [{"id": "g1", "label": "A"}]}, {"groups": [{"label": "A"}, {"id": "g1", "label": "B"}]}, {},
        {"groups": [{"id": "g1", "label": "B"}, {"label": "A"}]},
        [("groups[g1].label", "A", "B", "ours"), ("groups[A]", ABSENT, {"label": "A"}, "ours")],
    ),
    "ours whole: what is not declared goes": (
        {"whole": [{"id": 1}, {"id": 2}]}, {"whole": [{"id": 2}]}, {}, {"whole": [{"id": 2}]},
        [("whole[1]", {"id": 1}, ABSENT, "ours")],
    ),
    "ours whole: added by hand": (
        {"whole": [{"id": 1}, {"id": 2}]}, {"whole": [{"id": 2}]}, {"whole": [{"id": 2}]}, {"whole": [{"id": 2}]},
        [("whole[1]", {"id": 1}, ABSENT, "drift")],
    ),
    "ours whole: added by hand to an empty list": (
        {"whole": [{"id": 1}]}, {"whole": []}, {"whole": []}, {"whole": []}, [("whole[1]", {"id": 1}, ABSENT, "drift")],
    ),
    "order alone means nothing": ({"whole": [{"id": 1}, {"id": 2}]}, {"whole": [{"id": 2}, {"id": 1}]}, {},
                                  {"whole": [{"id": 1}, {"id": 2}]}, []),
    "order that matters": (
        {"columns": BOTH}, {"columns": [{"name": "b"}, {"name": "a"}]}, {}, {"columns": [BOTH[1], BOTH[0]]},
        [(f"columns.{ORDER}", ["a", "b"], ["b", "a"], "ours")],
    ),
    "order that matters, changed by hand": (
        {"columns": BOTH}, {"columns": [{"name": "b"}, {"name": "a"}]}, {"columns": [{"name": "b"}, {"name": "a"}]},
        {"columns": [BOTH[1], BOTH[0]]}, [(f"columns.{ORDER}", ["a", "b"], ["b", "a"], "drift")],
    ),
    "one put between: no other order": (
        {"columns": BOTH}, {"columns": [{"name": "a"}, {"name": "c"}, {"name": "b"}]}, {},
        {"columns": [BOTH[0], {"name": "c"}, BOTH[1]]}, [("columns[c]", ABSENT, {"name": "c"}, "ours")],
    ),
    "order is not ours where the list is not": (
        {"steps": BOTH}, {"steps": [{"name": "c"}, {"name": "b"}, {"name": "a"}]}, {},
        {"steps": [*BOTH, {"name": "c"}]}, [("steps[c]", ABSENT, {"name": "c"}, "ours")],
    ),
    "a reference that is new": (
        {"whole": []}, {"whole": [{"id": Ref("Book", "x")}, {"id": Part("automations", "mail")}]}, {},
        {"whole": [{"id": Ref("Book", "x")}, {"id": Part("automations", "mail")}]},
        [
            ("whole[x]", ABSENT, {"id": Ref("Book", "x")}, "ours"),
            ("whole[mail]", ABSENT, {"id": Part("automations", "mail")}, "ours"),
        ],
    ),
    "live items that are none of ours": ({"items": ["x", {"y": 1}]}, {"items": []}, {}, {"items": ["x", {"y": 1}]}, []),
}  # fmt: skip


@pytest.mark.parametrize(("live", "want", "last", "goal", "differing"), ITEMS.values(), ids=ITEMS)
def test_keyed_lists(live: Json, want: Json, last: Json, goal: Json, differing: list[Any]) -> None:
    merged = merge(live, want, last, KEYED)
    assert merged.goal == goal
    assert changes(merged) == differing
    assert merged.refused == []


def test_prune_makes_a_list_ours_whole() -> None:
    merged = merge({"items": BOTH}, {"items": [{"name": "a"}]}, {}, KEYED, frozenset({"items"}))
    assert merged.goal == {"items": [{"name": "a", "x": 1}]}
    assert changes(merged) == [("items[b]", {"name": "b", "x": 2}, ABSENT, "ours")]


def test_prune_leaves_what_is_not_declared() -> None:
    merged = merge({"items": BOTH}, {}, {}, KEYED, frozenset({"items"}))
    assert (merged.goal, changes(merged)) == ({"items": BOTH}, [])


REFUSED: dict[str, tuple[Json, Json, list[Any]]] = {
    # case: (live, manifest, refused)
    "two of one name, and one is asked for": (
        {"items": [{"name": "a"}, {"name": "a"}]}, {"items": [{"name": "a", "x": 1}]}, [(("items",), "name `a`")],
    ),
    "one of a name, and two are asked for": (
        {"items": [{"name": "a"}]}, {"items": [{"name": "a", "x": 1}, {"name": "a"}]}, [(("items",), "name `a`")],
    ),
    "two of one id": ({"groups": [{"id": 1}, {"id": "1"}]}, {"groups": [{"id": 1}]}, [(("groups",), "id `1`")]),
    "two of one id, in a list that is ours whole": (
        {"whole": [{"id": 1}, {"id": "1"}]}, {"whole": [{"id": 1}]}, [(("whole",), "id `1`")],
    ),
    "two without a name, and one is asked for": (
        {"items": [{"x": 1}, {"x": 2}]}, {"items": [{"x": 3}]}, [(("items",), "no `name`")],
    ),
    "two of one name, and nobody asks": ({"items": [{"name": "a"}, {"name": "a"}]}, {"items": []}, []),
    "two of the fallback that is asked for": (
        {"groups": [{"id": 1, "label": "A"}, {"id": 2, "label": "A"}]}, {"groups": [{"label": "A"}]},
        [(("groups",), "label `A`")],
    ),
    "two of the fallback, and nobody asks": (
        {"groups": [{"id": 1, "label": "A"}, {"id": 2, "label": "A"}]}, {"groups": [{"id": 2}]}, [],
    ),
    "not declared, so not ours to judge": ({"items": [{"name": "a"}, {"name": "a"}]}, {}, []),
}  # fmt: skip


@pytest.mark.parametrize(("live", "want", "refused"), REFUSED.values(), ids=REFUSED)
def test_duplicates_are_not_guessed(live: Json, want: Json, refused: list[Any]) -> None:
    merged = merge(live, want, {}, KEYED)
    assert merged.refused == refused
    assert merged.goal == live
    assert merged.changes == []


D1, D2 = {"name": "a", "x": 1}, {"name": "a", "x": 2}
DOUBLES: dict[str, tuple[Json, Json, Json, list[tuple[str, Json, Json, str]]]] = {
    # live, manifest, goal, changes: of each key as many as there are, by their order
    "another item is ours": ([D1, D2, {"name": "b", "x": 1}], [{"name": "b", "x": 5}], [D1, D2, {"name": "b", "x": 5}],
                             [("items[b].x", 1, 5, "ours")]),
    "a new item": ([D1, D2], [{"name": "c"}], [D1, D2, {"name": "c"}], [("items[c]", ABSENT, {"name": "c"}, "ours")]),
    "both are ours": ([D1, D2], [D1, {"name": "a", "x": 5}], [D1, {"name": "a", "x": 5}],
                      [("items[a].x", 2, 5, "ours")]),
    "both as they are": ([D1, D2], [D1, D2], [D1, D2], []),
    "both are new": ([], [D1, D2], [D1, D2], [("items[a]", ABSENT, D1, "ours"), ("items[a]", ABSENT, D2, "ours")]),
    "two without a name": ([{"x": 1}, {"x": 2}], [{"x": 1}, {"x": 3}], [{"x": 1}, {"x": 3}],
                           [("items[?].x", 2, 3, "ours")]),
}  # fmt: skip


@pytest.mark.parametrize(("live", "want", "goal", "changed"), DOUBLES.values(), ids=DOUBLES)
def test_doubles_are_paired_by_their_order(live: Json, want: Json, goal: Json, changed: list[Any]) -> None:
    merged = merge({"items": live}, {"items": want}, {}, KEYED)
    assert (merged.refused, merged.goal, changes(merged)) == ([], {"items": goal}, changed)


def test_what_is_refused_holds_nothing_else_back() -> None:
    live = [D1, D2, {"name": "b", "x": 1}]
    merged = merge({"items": live}, {"items": [{"name": "a", "x": 7}, {"name": "b", "x": 2}]}, {}, KEYED)
    assert merged.refused == [(("items",), "name `a`")]
    assert merged.goal == {"items": [D1, D2, {"name": "b", "x": 2}]}


LISTS = compile_shape(lists={"set": AS_SET, "set[].values": AS_SET, "list": ORDERED})
A1, B2 = {"a": 1}, {"b": 2}
OTHER_LISTS: dict[str, tuple[Json, Json, Json, list[Any]]] = {
    # case: (live, manifest, goal, changes)
    "a set in another order": ({"set": [1, 2, 3]}, {"set": [3, 1, 2]}, {"set": [1, 2, 3]}, []),
    "a set with one more": ({"set": [2, 1]}, {"set": [3, 1, 2]}, {"set": [2, 1, 3]},
                            [("set", [2, 1], [2, 1, 3], "ours")]),
    "a set with one less": ({"set": [1, 2]}, {"set": [2]}, {"set": [2]}, [("set", [1, 2], [2], "ours")]),
    "a set named twice": ({"set": [1, 2]}, {"set": [1, 1, 2]}, {"set": [1, 2]}, []),
    "a set stored twice": ({"set": [1, 2, 2]}, {"set": [1, 2]}, {"set": [1, 2, 2]}, []),
    "a switch is no number in a set": ({"set": [1]}, {"set": [True]}, {"set": [True]}, [("set", [1], [True], "ours")]),
    "mappings of a set by what they hold": ({"set": [{"a": 1, "values": [1, 2]}, B2]},
                                            {"set": [B2, {"values": [2, 1], "a": 1}]},
                                            {"set": [{"a": 1, "values": [1, 2]}, B2]}, []),
    "unknown fields of a set's mappings are carried": (
        {"set": [{"a": 1, "theirs": 9}]}, {"set": [A1, B2]}, {"set": [{"a": 1, "theirs": 9}, B2]},
        [("set", [{"a": 1, "theirs": 9}], [{"a": 1, "theirs": 9}, B2], "ours")],
    ),
    "the exact one is not taken by the vague one": (
        {"set": [{"a": 1, "b": 2}, A1]}, {"set": [A1, {"a": 1, "b": 2}]}, {"set": [{"a": 1, "b": 2}, A1]}, [],
    ),
    "two vague ones that both fit the first": (
        {"set": [{"a": 1, "b": 2}, {"a": 1, "c": 3}]}, {"set": [A1, B2]},
        {"set": [{"a": 1, "b": 2}, {"a": 1, "c": 3}]}, [],
    ),
    "a secret in a set": ({"set": ["hush", 1]}, {"set": [1, Secret("X", "hush")]}, {"set": ["hush", 1]}, []),
    "an ordered list in another order": ({"list": [1, 2]}, {"list": [2, 1]}, {"list": [2, 1]},
                                         [("list", [1, 2], [2, 1], "ours")]),
    "an ordered list with one between": (
        {"list": [{"a": 1, "theirs": 9}, {"a": 2}]}, {"list": [A1, {"a": 3}, {"a": 2}]},
        {"list": [{"a": 1, "theirs": 9}, {"a": 3}, {"a": 2}]},
        [("list", [{"a": 1, "theirs": 9}, {"a": 2}], [{"a": 1, "theirs": 9}, {"a": 3}, {"a": 2}], "ours")],
    ),
    "a field of an item where it stands": (
        {"list": [{"a": 1, "theirs": 9}, {"a": 2, "x": 5}]}, {"list": [A1, {"a": 3}]},
        {"list": [{"a": 1, "theirs": 9}, {"a": 3, "x": 5}]}, [("list[1].a", 2, 3, "ours")],
    ),
    "vague items where they stand": ({"list": [{"a": 1, "b": 2}, {"a": 1, "b": 3}]}, {"list": [A1, A1]},
                                     {"list": [{"a": 1, "b": 2}, {"a": 1, "b": 3}]}, []),
    "the same twice": ({"list": [1, 1]}, {"list": [1, 1]}, {"list": [1, 1]}, []),
    "twice is not once": ({"list": [1]}, {"list": [1, 1]}, {"list": [1, 1]}, [("list", [1], [1, 1], "ours")]),
    "lists in a list": ({"list": [[1], [2]]}, {"list": [[1], [3]]}, {"list": [[1], [3]]},
                        [("list", [[1], [2]], [[1], [3]], "ours")]),
}  # fmt: skip


@pytest.mark.parametrize(("live", "want", "goal", "differing"), OTHER_LISTS.values(), ids=OTHER_LISTS)
def test_sets_and_ordered_lists(live: Json, want: Json, goal: Json, differing: list[Any]) -> None:
    merged = merge(live, want, {}, LISTS)
    assert repr(merged.goal) == repr(goal)  # which tells 1 from True
    assert changes(merged) == differing


def test_a_change_knows_what_was_declared_there() -> None:
    last = {"a": {"secret": "X"}, "items": [{"name": "a", "key": {"secret": "Y"}}]}
    live = {"a": "old", "items": [{"name": "a", "key": "plain"}]}
    merged = merge(live, {"a": "b", "items": []}, last, KEYED)
    assert [(each.path, each.last) for each in merged.changes] == [
        (("a",), {"secret": "X"}),
        (("items", Item("a")), {"name": "a", "key": {"secret": "Y"}}),
    ]
    assert merged.changes[0] == FieldChange(("a",), "old", "b", "conflict")  # `last` is no part of what a change is


KEY = Secret("KEY", "new")
TO_A, TO_B = (secret_text([f"https://{host}/?k=", KEY]) for host in "ab")
MOVED: dict[str, tuple[Json, Json, Json, str]] = {
    # case: (live, manifest, remembered, who moved it)
    "another value": ("https://a/?k=old", TO_A, {"secret": written(TO_A)}, "ours"),
    "another text": ("https://a/?k=new", TO_B, {"secret": written(TO_A)}, "ours"),
    "another text by hand": ("https://c/?k=new", TO_A, {"secret": written(TO_A)}, "drift"),
    "emptied by hand": (None, TO_A, {"secret": written(TO_A)}, "drift"),
    "another text in both": ("https://c/?k=new", TO_B, {"secret": written(TO_A)}, "conflict"),
    "a value alone": ("old", KEY, {"secret": "KEY"}, "ours"),
    "as it was written down at first": ("https://c/?k=new", TO_A, {"secret": "KEY"}, "ours"),
    "no secret before": ("https://a/?k=old", TO_A, "https://a/?k=old", "ours"),
    "what nobody wrote down so": ("https://c/?k=new", TO_A, {"secret": "$"}, "ours"),
    "nothing remembered": ("https://c/?k=new", TO_A, ABSENT, "ours"),
}


@pytest.mark.parametrize(("live", "want", "last", "cause"), MOVED.values(), ids=MOVED)
def test_who_moved_a_text_with_a_secret(live: Json, want: Json, last: Json, cause: str) -> None:
    merged = merge({"a": live}, {"a": want}, {} if last is ABSENT else {"a": last}, PLAIN)
    assert [(each.before, each.after, each.cause) for each in merged.changes] == [(live, want, cause)]


SAME: dict[str, tuple[Json, Json, Shape, bool]] = {
    # case: (one, other, shape, same)
    "absent and the default": ({}, {"hidden": False}, SAID, True),
    "part of it": ({"a": 1}, {"a": 1, "b": 2}, PLAIN, False),
    "another order of a set": ({"set": [1, 2]}, {"set": [2, 1]}, LISTS, True),
    "another order of a list": ({"list": [1, 2]}, {"list": [2, 1]}, LISTS, False),
    "duplicates": ({"items": [{"name": 1}, {"name": 1}]}, {"items": [{"name": 1}, {"name": 1}]}, KEYED, True),
}


@pytest.mark.parametrize(("one", "other", "shape", "expected"), SAME.values(), ids=SAME)
def test_same(one: Json, other: Json, shape: Shape, expected: bool) -> None:
    assert same(one, other, shape) is expected
    assert same(other, one, shape) is expected


def test_what_is_new_is_sent_without_nulls_that_only_say_empty() -> None:
    want = {"a": None, "choice": None, "b": {"c": None, "d": 0}, "options": [None, {"e": None}], "tags": []}
    assert as_new(want, SAID) == {"choice": None, "b": {"d": 0}, "options": [None, {}], "tags": []}


def test_a_long_list_that_is_replaced_takes_no_long_time() -> None:
    live = [f"old {number}" for number in range(20_000)]
    want = [f"new {number}" for number in range(20_000)]
    assert changes(merge({"list": live}, {"list": want}, {}, LISTS)) == [("list", live, want, "ours")]
    assert changes(merge({"set": live}, {"set": want}, {}, LISTS)) == [("set", live, want, "ours")]


CHOICES = compile_shape(lists={"options": ORDERED._replace(keys=("value",))})
A, B, C = ({"value": each, "title": each.upper()} for each in "abc")
PAIRED: dict[str, tuple[list[Json], list[Json], list[Json] | None, list[Any]]] = {
    # case: (live, manifest, remembered, changes); the goal is the manifest's list
    "one goes, one comes, in its place": (
        [A, B], [C, B], [A, B], [("options[c]", ABSENT, C, "ours"), ("options[a]", A, ABSENT, "ours")],
    ),
    "both change places and titles": (
        [B, {**A, "title": "x"}], [A, B], [A, B],
        [("options[a].title", "x", "A", "drift"), ("options.(order)", ["b", "a"], ["a", "b"], "drift")],
    ),
    "one was added by hand": ([A, B], [A], [A], [("options[b]", B, ABSENT, "drift")]),
    "one was taken away by hand": ([A], [A, B], [A, B], [("options[b]", ABSENT, B, "drift")]),
    "nothing is remembered": ([A], [B], None, [("options[b]", ABSENT, B, "ours"), ("options[a]", A, ABSENT, "ours")]),
    "words": (
        ["a", "b"], ["b", "c"], ["a", "b"],
        [("options[c]", ABSENT, "c", "ours"), ("options[a]", "a", ABSENT, "ours")],
    ),
    "two of one value": ([A, A], [A], [A], [("options", [A, A], [A], "drift")]),
    "one without a value": ([{"title": "x"}, A], [A], [A], [("options", [{"title": "x"}, A], [A], "drift")]),
}  # fmt: skip


@pytest.mark.parametrize(("live", "want", "last", "differing"), PAIRED.values(), ids=PAIRED)
def test_items_of_an_ordered_list_with_keys(
    live: list[Json], want: list[Json], last: list[Json] | None, differing: list[Any]
) -> None:
    merged = merge({"options": live}, {"options": want}, {} if last is None else {"options": last}, CHOICES)
    assert (merged.goal, changes(merged)) == ({"options": want}, differing)
