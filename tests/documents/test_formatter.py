"""`fmt`: the canonical style; values, comments and quotes stay; what cannot be kept is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from syncer.documents.comments import comments
from syncer.documents.formatter import format_text
from syncer.documents.yaml_reader import read
from syncer.model.diagnostic import InvalidInput

ROOT = Path(__file__).parents[2]
SUITE = ROOT / "tests" / "data" / "yaml-test-suite" / "cases.jsonl"

STYLES = {
    # case                     before                                         after
    "good already": ("a: 1\nb:\n  - c\n", "a: 1\nb:\n  - c\n"),
    "empty": ("", ""),
    "only comments": ("# a\n", "# a\n"),
    "four spaces": ("a:\n    b:\n        c: 1\n", "a:\n  b:\n    c: 1\n"),
    "lists no deeper than their key": ("a:\n- b\n- c: 1\n  d: 2\ne: 3\n", "a:\n  - b\n  - c: 1\n    d: 2\ne: 3\n"),
    "root list": ("-   a\n-   b: 1\n    c: 2\n", "- a\n- b: 1\n  c: 2\n"),
    "list in list": ("- - a\n  -   - b\n      - c\n", "- - a\n  - - b\n    - c\n"),
    "blanks behind : and -": ("a:    1\nb:\t2\n-x:   -y\n", "a: 1\nb: 2\n-x: -y\n"),
    "blanks at line ends": ("a: 1  \n  \nb: 2\n", "a: 1\n\nb: 2\n"),
    "CR LF and no end": ("a: 1\r\nb: |\r\n  x\r\n  y", "a: 1\nb: |\n  x\n  y\n"),
    "empty lines around": ("\n\na: 1\n\n\nb: 2\n\n\n", "a: 1\n\n\nb: 2\n"),
    "byte order mark": ("\ufeffa: 1\n", "a: 1\n"),
    "spelling and quotes": (
        "a: 'x'\nb: \"\\u00e4\"\nc: 0o10\nd: 1.10\ne: ~\nf:\ng: 2024-13-45\nh: 'it''s'\ni: yes\nj: +1\n",
        "a: 'x'\nb: \"\\u00e4\"\nc: 0o10\nd: 1.10\ne: ~\nf:\ng: 2024-13-45\nh: 'it''s'\ni: yes\nj: +1\n",
    ),
    "block texts": (
        "a: |\n      x\n        y\n\n      z\nb: >-\n\n   x\nc: |+\n x\n\n\nd:\n    e: |2\n          x\n         y\n",
        "a: |\n  x\n    y\n\n  z\nb: >-\n\n  x\nc: |+\n  x\n\n\nd:\n  e: |2\n        x\n       y\n",
    ),
    "block text kept to the end": ("a: |+\n    x\n\n\n", "a: |+\n  x\n\n\n"),
    "texts over several lines": (
        "a:\n    b: one\n         two\n    c: 'one\n\n       two'\n    d:\n            one\n            two\n",
        "a:\n  b: one\n    two\n  c: 'one\n\n    two'\n  d:\n    one\n    two\n",
    ),
    "brackets": (
        "a:\n    b: [1,\n        2, # c\n        3\n    ]\n    c: {d: 1,   e: [f]}\n",
        "a:\n  b: [1,\n      2, # c\n      3\n    ]\n  c: {d: 1,   e: [f]}\n",
    ),
    "comments": (
        "# head\n\n# a\na:   # of a\n    # before b\n    b: |\n        x\n    # behind b\n    c:\n    # in c\n"
        "    - d # of d\n    # end of c\n# before e\ne: 1\n  # deep end\n",
        "# head\n\n# a\na:   # of a\n  # before b\n  b: |\n    x\n  # behind b\n  c:\n    # in c\n"
        "    - d # of d\n  # end of c\n# before e\ne: 1\n# deep end\n",
    ),
    "documents": ("--- # x\na:\n- 1\n...\n# y\n---\nb: 1\n", "--- # x\na:\n  - 1\n...\n# y\n---\nb: 1\n"),
    "envelope": (
        "# $schema\nkind: X  # k\n\n# the spec\n# of it\nspec:\n- a\n# version\napiVersion: v\nextra: 1\n"
        "metadata: {name: a}\n# end\n",
        "# $schema\n# version\napiVersion: v\nkind: X  # k\n\nmetadata: {name: a}\n# end\n# the spec\n# of it\n"
        "spec:\n  - a\nextra: 1\n",
    ),
    "envelope of each document": (
        "kind: X\napiVersion: v\n---\nspec: 1\n\nkind: Y\napiVersion: v\n",
        "apiVersion: v\nkind: X\n---\napiVersion: v\nkind: Y\nspec: 1\n",
    ),
    "no envelope": ("kind: X\na: 1\n", "kind: X\na: 1\n"),
}


@pytest.mark.parametrize(("before", "after"), STYLES.values(), ids=STYLES)
def test_style(before: str, after: str) -> None:
    formatted = format_text(before.encode(), "f.yaml")
    assert formatted.decode() == after
    assert format_text(formatted, "f.yaml") == formatted


def test_json() -> None:
    text = b'{"kind": "X", "spec": {"b": [1, {}], "a": "\\u00e4"}, "apiVersion": "v"}'
    expected = """{
  "apiVersion": "v",
  "kind": "X",
  "spec": {
    "b": [
      1,
      {}
    ],
    "a": "ä"
  }
}
"""
    assert format_text(text, "f.json").decode() == expected
    assert format_text(expected.encode(), "f.json").decode() == expected


REFUSED = {
    "no YAML": ("a: b: c", "yaml-syntax", "a second `:` stands where no key can be"),
    "marked keys": ("a: 1\n? b\n: c\n", "not-formatted", "`f.yaml` is not formatted: a key is marked with `?`"),
}


@pytest.mark.parametrize(("text", "rule", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(text: str, rule: str, message: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        format_text(text.encode(), "f.yaml")
    [problem] = refusal.value.problems
    assert (problem.rule, problem.message) == (rule, message)


def readable_cases() -> dict[str, str]:
    """The YAML test suite's texts that the reader accepts."""
    found = {}
    for case in map(json.loads, SUITE.read_text().splitlines()):
        try:
            read(case["yaml"].encode(), "f.yaml")
        except InvalidInput:
            continue
        found[case["id"]] = case["yaml"]
    return found


CASES = readable_cases()
MARKED_KEYS = {name for name, text in CASES.items() if "? " in text or "?\n" in text}


@pytest.mark.parametrize("name", CASES)
def test_yaml_test_suite(name: str) -> None:
    text = CASES[name].encode()
    try:
        formatted = format_text(text, "f.yaml")
    except InvalidInput:
        formatted = b""
    if not formatted:
        assert name in MARKED_KEYS or not read(text, "f.yaml")
        return
    assert [repr(each.value) for each in read(formatted, "f.yaml")] == [
        repr(each.value) for each in read(text, "f.yaml")
    ]
    assert [words for _, words in comments(formatted.decode())] == [words for _, words in comments(text.decode())]
    assert format_text(formatted, "f.yaml") == formatted


def test_examples_are_in_canonical_style() -> None:
    examples = [path for path in (ROOT / "examples").rglob("*.y*ml") if "broken" not in path.parts]
    differing = [
        str(path.relative_to(ROOT))
        for path in examples
        if format_text(path.read_bytes(), path.name) != path.read_bytes()
    ]
    assert differing == []


def test_comments() -> None:
    text = "# a\nb: 'x # no'  # c\nd: | # e\n  # text\n# f\ng: [1, # h\n  2] #i\nj: k#l\n"
    assert comments(text) == [(1, "# a"), (2, "# c"), (3, "# e"), (5, "# f"), (6, "# h"), (7, "#i")]
