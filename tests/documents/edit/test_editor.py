# ruff: noqa: E501  a case is a line, so that the tables can be read down
"""Edits of texts, a detail of style a case: the whole text before and after; and what is refused, with nothing made."""

from __future__ import annotations

from typing import Any

import pytest

from syncer.documents.edit.editor import edit
from syncer.documents.edit.operations import Deletion, Edit, Insertion, Move, Replacement
from syncer.documents.edit.splices import Splice, spliced
from syncer.model.diagnostic import InvalidInput

Json = Any

CASES: dict[str, tuple[str, list[Edit], str]] = {
    # --- scalars
    "a plain word stays plain": ("a: one # c\n", [Replacement(("a",), "two")], "a: two # c\n"),
    "quotes are kept": ("a: 'one'\nb: \"two\"\n", [Replacement(("a",), "it's"), Replacement(("b",), "x")], "a: 'it''s'\nb: \"x\"\n"),
    "quotes are added where they must": ("a: one\n", [Replacement(("a",), "x: y #")], 'a: "x: y #"\n'),
    "as the file quotes": ("a: one\nb: 'c'\n", [Replacement(("a",), "yes")], "a: 'yes'\nb: 'c'\n"),
    "a number becomes a text": ("a: 5\n", [Replacement(("a",), "5")], 'a: "5"\n'),
    "a text becomes a number": ('a: "5"\n', [Replacement(("a",), 5)], "a: 5\n"),
    "a date stays as it is written": ("a: 2027-02-01\n", [Replacement(("a",), "2027-03-01")], "a: 2027-03-01\n"),
    "nothing becomes something": (
        "a: # c\nb:\n- # d\n", [Replacement(("a",), 1), Replacement(("b", 0), True)], "a: 1 # c\nb:\n- true # d\n"
    ),
    "something becomes null": ("a: x\n", [Replacement(("a",), None)], "a: null\n"),
    "a plain text of two lines": ("a: one\n  two # c\nb: 1\n", [Replacement(("a",), "three")], "a: three # c\nb: 1\n"),
    "a quoted text of two lines": ('a: "one\n  two" # c\n', [Replacement(("a",), "three")], 'a: "three" # c\n'),
    "a tab before a comment": ("a: x\t# c\n", [Replacement(("a",), "z")], "a: z\t# c\n"),
    "a text gets lines": ("a: one # c\nb: 1\n", [Replacement(("a",), "one\ntwo\n")], "a: | # c\n  one\n  two\nb: 1\n"),
    "but not between double quotes": ('a: "one"\n', [Replacement(("a",), "one\ntwo")], 'a: "one\\ntwo"\n'),
    "what nobody sees is escaped": ("a: x\n", [Replacement(("a",), "\u200b\u2028")], 'a: "\\u200b\\u2028"\n'),
    # --- texts behind | and >
    "a literal text keeps its lines": (
        "a: | # c\n    one\n\n    two\n\n# d\nb: 1\n",
        [Replacement(("a",), "one\n\n2\nthree\n")],
        "a: | # c\n    one\n\n    2\n    three\n\n# d\nb: 1\n",
    ),
    "its end": ("a: |\n  x\nb: |-\n  y\n", [Replacement(("a",), "x"), Replacement(("b",), "y\n")], "a: |-\n  x\nb: |\n  y\n"),
    "a folded text keeps its lines": (
        "a: >-\n  one two\n  three four\n  five\n\n  next\n",
        [Replacement(("a",), "one two three 4 five\nnext")],
        "a: >-\n  one two\n  three 4\n  five\n\n  next\n",
    ),
    "a literal text becomes a number": ("a: | # c\n  x\n\nb: 1\n", [Replacement(("a",), 7)], "a: 7 # c\n\nb: 1\n"),
    "a text that no block can hold": ("a: |\n  x\n", [Replacement(("a",), "\nx")], 'a: "\\nx"\n'),
    # --- keys
    "a key between others": ("s:\n  a: 1\n  c: 3\n", [Insertion(("s", "b"), 2, 1)], "s:\n  a: 1\n  b: 2\n  c: 3\n"),
    "behind the comments of the one before": (
        "s:\n  a:\n    x: 1\n    # of a\n\n  # of c\n  c: 3\n",
        [Insertion(("s", "b"), 2, 1)],
        "s:\n  a:\n    x: 1\n    # of a\n  b: 2\n\n  # of c\n  c: 3\n",
    ),
    "the first key": ("s:\n  # of c\n  c: 3\n", [Insertion(("s", "a"), 1, 0)], "s:\n  a: 1\n  # of c\n  c: 3\n"),
    "the first key of an item": ("- a: 1\n  b: 2\n", [Insertion((0, "z"), 0, 0)], "- z: 0\n  a: 1\n  b: 2\n"),
    "a key without a last line end": ("a: 1", [Insertion(("b",), {"c": [1]})], "a: 1\nb:\n  c:\n    - 1"),
    "a key goes with its comment": (
        "s:\n  # of a\n  a: 1 # too\n  # of b\n  b: 2\n", [Deletion(("s", "a"))], "s:\n  # of b\n  b: 2\n"
    ),
    "a comment further up is nobody's": (
        "s:\n  # all\n\n  a: 1\n  b: 2\n", [Deletion(("s", "a"))], "s:\n  # all\n\n  b: 2\n"
    ),
    "a heading is nobody's": ("s:\n  # --- a ---\n  a: 1\n  b: 2\n", [Deletion(("s", "a"))], "s:\n  # --- a ---\n  b: 2\n"),
    "the first key of an item goes": ("- a: 1\n  b: 2\n", [Deletion((0, "a"))], "- b: 2\n"),
    "with a comment below": ("- a: 1\n  # of b\n  b: 2\n", [Deletion((0, "a"))], "-\n  # of b\n  b: 2\n"),
    "the only key": ("s: # c\n  # of a\n  a: 1\nt: 2\n", [Deletion(("s", "a"))], "s: {} # c\nt: 2\n"),
    # --- lists
    "items as deep as the key": ("a:\n- x\n- z\n", [Insertion(("a", 1), "w")], "a:\n- x\n- w\n- z\n"),
    "items deeper than the key": ("a:\n    - x\n", [Insertion(("a", 1), "w")], "a:\n    - x\n    - w\n"),
    "an item of four spaces a level": (
        "a:\n    b: 1\nl:\n    - c:\n          d: 1\n",
        [Insertion(("l", 1), {"c": {"e": 2}})],
        "a:\n    b: 1\nl:\n    - c:\n          d: 1\n    - c:\n          e: 2\n",
    ),
    "beside items in braces": ("a:\n  - {x: 1} # c\n", [Insertion(("a", 1), {"x": 2})], "a:\n  - {x: 1} # c\n  - {x: 2}\n"),
    "an item goes with its comments": (
        "a:\n  # x\n  - x\n  # y\n  - y # y\n    # y too\n  # z\n  - z\n",
        [Deletion(("a", 1))],
        "a:\n  # x\n  - x\n  # z\n  - z\n",
    ),
    "an item moves with its comments": (
        "a:\n  - x # x\n  # y\n  - y\n  - z\n", [Move(("a", 1), 0)], "a:\n  # y\n  - y\n  - x # x\n  - z\n"
    ),
    "lists in lists": ("- - a\n  - b\n- c\n", [Deletion((0, 0)), Insertion((0, 0), "z")], "- - z\n  - b\n- c\n"),
    "the last item": ("a:\n- x\nb: 1\n", [Deletion(("a", 0))], "a: []\nb: 1\n"),
    "an empty list is filled": ("a: [] # c\nb: {}\n", [Replacement(("a",), [{"x": 1}])], "a: # c\n  - x: 1\nb: {}\n"),
    # --- brackets
    "within brackets": ("a: [x, y]\n", [Insertion(("a", 2), "z, z"), Deletion(("a", 0))], 'a: [y, "z, z"]\n'),
    "within braces": ("a: {x: 1, y: 2}\n", [Insertion(("a", "z"), None), Deletion(("a", "x"))], "a: {y: 2, z: null}\n"),
    "a gap at the brackets": ("a: [ x ]\n", [Insertion(("a", 0), "w")], "a: [ w, x ]\n"),
    "all of them": ("a: [x]\nb: {y: 1} # c\n", [Deletion(("a", 0)), Deletion(("b", "y"))], "a: []\nb: {} # c\n"),
    "a line each": (
        "a: [\n  x, # x\n  y\n]\n", [Insertion(("a", 2), "z"), Deletion(("a", 0))], "a: [\n  y,\n  z\n]\n"
    ),
    "a comma behind the last": ("a: [\n  x,\n  y,\n]\n", [Deletion(("a", 1)), Insertion(("a", 1), "z")], "a: [\n  x,\n  z,\n]\n"),
    # --- documents, line ends
    "the second of three": ("a: 1\n---\na: 1\n---\na: 1\n", [Replacement(("a",), 2)], "a: 1\n---\na: 2\n---\na: 1\n"),
    "CR LF": ("a: 1\r\nb:\r\n  - x\r\n", [Insertion(("b", 1), {"w": [1]})], "a: 1\r\nb:\r\n  - x\r\n  - w:\r\n      - 1\r\n"),
    "no end of the last line": ("a: 1\nb: |\n  x", [Replacement(("a",), 2)], "a: 2\nb: |\n  x"),
    # --- whole values are broken down
    "only what differs": (
        "l:\n  # first\n  - {name: a, v: 1}\n  - name: b # b\n    v: 1\n",
        [Replacement(("l",), [{"name": "b", "v": 2}, {"name": "c"}, {"name": "a", "v": 1}])],
        "l:\n  - name: b # b\n    v: 2\n  - name: c\n  # first\n  - {name: a, v: 1}\n",
    ),
    "nothing differs": ("a:   {x: 1}   # c\n", [Replacement((), {"a": {"x": 1}})], "a:   {x: 1}   # c\n"),
}  # fmt: skip


@pytest.mark.parametrize(("before", "edits", "after"), CASES.values(), ids=CASES)
def test_an_edit(before: str, edits: list[Edit], after: str) -> None:
    document = 1 if before.count("---\n") > 1 else 0
    assert edit(before.encode(), document, edits, "x.yaml").decode() == after


JSON: dict[str, tuple[str, list[Edit], str]] = {
    "a line each": (
        '{\n  "a": [\n    1\n  ],\n  "b": {}\n}\n',
        [Insertion(("a", 1), {"x": "ü"}), Replacement(("b",), {"c": "\U0001f600"})],
        '{\n  "a": [\n    1,\n    {\n      "x": "ü"\n    }\n  ],\n  "b": {\n    "c": "\U0001f600"\n  }\n}\n',
    ),
    "one line": (
        '{"a": [1, 2], "b": "\\u00e4"}', [Deletion(("a", 0)), Insertion(("c",), None)], '{"a": [2], "b": "\\u00e4", "c": null}'
    ),
    "the last goes": ('{\n  "a": 1,\n  "b": 2\n}', [Deletion(("b",))], '{\n  "a": 1\n}'),
}  # fmt: skip


@pytest.mark.parametrize(("before", "edits", "after"), JSON.values(), ids=JSON)
def test_an_edit_of_json(before: str, edits: list[Edit], after: str) -> None:
    assert edit(before.encode(), 0, edits, "x.json").decode() == after


REFUSED: dict[str, tuple[str, Edit, str]] = {
    "a place that is not there": ("a: 1\n", Replacement(("b",), 1), "`x.yaml` was left as it is: there is no such place"),
    "a key that is there": ("a: 1\n", Insertion(("a",), 1), "`x.yaml` was left as it is: there is no such place"),
    "an item behind the end": ("a: [1]\n", Deletion(("a", 1)), "`x.yaml` was left as it is: there is no such place"),
    "a pair without braces": (
        "a: [b: 1]\n", Replacement(("a", 0, "b"), 2), "`x.yaml` was left as it is: `$.a[0]` is a mapping without braces"
    ),
    "a whole document": ("a: 1\n", Deletion(("a",)), "`x.yaml` was left as it is: the whole document would be empty"),
    "a key behind a question mark": (
        "s:\n  ? a\n  : 1\n  ? b\n  : 2\n",
        Insertion(("s", "c"), 1),
        "`x.yaml` was left as it is: no form was found that says it"
    ),
    "a comment within empty brackets": (
        "s: {a: [ # c\n  ]}\n",
        Insertion(("s", "a", 0), 1),
        "`x.yaml` was left as it is: a comment stands within empty brackets"
    ),
    "a byte order mark": ("\ufeffa: 1\n", Replacement(("a",), 2), "file begins with a byte order mark"),
    "an anchor": ("a: &x 1\nb: 2\n", Replacement(("b",), 3), ""),
}  # fmt: skip


@pytest.mark.parametrize(("text", "each", "said"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(text: str, each: Edit, said: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        edit(text.encode(), 0, [each], "x.yaml")
    assert refusal.value.problems[0].message.startswith(said)


def test_what_is_put_in_at_one_place_keeps_its_order() -> None:
    assert spliced("ad", [Splice(1, 1, "b"), Splice(0, 1, "A"), Splice(1, 1, "c")]) == "Abcd"
