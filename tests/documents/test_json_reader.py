"""JSON files: strict, with places, and on past the mistakes people make in JSON."""

from __future__ import annotations

from typing import Any

import pytest

from syncer.documents.yaml_reader import read
from syncer.model.diagnostic import InvalidInput, Location

VALUES = {
    "all sorts": ('{"a": [1, -2.5, 1e2, null, true, false, ""]}', {"a": [1, -2.5, 100.0, None, True, False, ""]}),
    "escapes": (r'"\u00e4\ud83d\ude00\n\/\u0000"', "ä😀\n/\0"),
    "tabs between": ('{\t"a"\t:\r\n\t1\t}', {"a": 1}),
    "what YAML would read otherwise": (
        '{"a": "no", "b": "1", "c": "2024-01-01"}',
        {"a": "no", "b": "1", "c": "2024-01-01"},
    ),
    "U+2028 in a text": ('"a\u2028b\x85"', "a\u2028b\x85"),
    "100 levels": ("[" * 100 + "]" * 100, None),
}


@pytest.mark.parametrize(("text", "value"), VALUES.values(), ids=VALUES)
def test_value(text: str, value: Any) -> None:
    [document] = read(text.encode(), "f.JSON")
    if value is not None:
        assert document.value == value
        assert repr(document.value) == repr(value)


REFUSED = {
    # case             text                     problems: line:column path rule: message
    "G35 comments and trailing commas": (
        '{"a": [1, // x\n 2,], /* y\n z */ "b": 2, # z\n}',
        [
            "1:11 $.a json-comment: JSON has no comments",
            "2:3 $.a json-trailing-comma: a comma stands before `]`",
            "2:7  json-comment: JSON has no comments",
            "3:13  json-trailing-comma: a comma stands before `}`",
            "3:15  json-comment: JSON has no comments",
        ],
    ),
    "G35 duplicate keys": (
        '{"a": 1,\n "a": 2, "ä": 3, "a\u0308": 4}',
        [
            "2:2 $.a duplicate-key: key `a` stands twice in one mapping, first at line 1",
            "2:18 $['a\u0308'] duplicate-key: key `a\u0308` stands twice in one mapping, first at line 2,"
            " in another Unicode form",
        ],
    ),
    "G35 NaN": (
        "[NaN, -Infinity, 1e999]",
        [
            "1:2 $[0] number-not-finite: `NaN` is no number of JSON",
            "1:7 $[1] number-not-finite: `-Infinity` is no number of JSON",
            "1:18 $[2] number-not-finite: `1e999` is larger than any number of JSON",
        ],
    ),
    "G13, G14 numbers too large": (
        f"[9007199254740993, {'9' * 5000}]",
        [
            "1:2 $[0] number-too-large: `9007199254740993` is a whole number beyond 2^53, which JSON readers round",
            f"1:20 $[1] number-too-large: `{'9' * 37}…` is a whole number beyond 2^53, which JSON readers round",
        ],
    ),
    "words of other languages": (
        "[True, yes, 01, +1, .5, 0x1]",
        [
            "1:2 $[0] json-syntax: `True` is no value of JSON",
            "1:8 $[1] json-syntax: `yes` is no value of JSON",
            "1:13 $[2] json-syntax: `01` is no value of JSON",
            "1:17 $[3] json-syntax: `+1` is no value of JSON",
            "1:21 $[4] json-syntax: `.5` is no value of JSON",
            "1:25 $[5] json-syntax: `0x1` is no value of JSON",
        ],
    ),
    "G21 half a character": ('"\\ud800"', ["1:1  json-syntax: an escape stands for half a character (a surrogate)"]),
    "G23 hidden characters in keys": (
        '{"a\u202eb": 1}',
        ["1:2  key-character: key `a\\u202eb` holds the invisible character U+202E"],
    ),
    "G19 101 levels": ("[" * 101 + "]" * 101, ["1:101  too-deep: lists and mappings nest deeper than 100 levels"]),
    "keys without quotes": ("{a: 1}", ["1:2  json-syntax: `a` stands where a key in double quotes must stand"]),
    "single quotes": ("{'a': 1}", ["1:2  json-syntax: `'` stands where a key in double quotes must stand"]),
    "no colon": ('{"a" 1}', ["1:6  json-syntax: `1` stands where the `:` after a key must stand"]),
    "no comma": ('{"a": [1 2]}', ["1:10 $.a json-syntax: `2` stands where `,` or `]` must stand"]),
    "comma twice": ("[1,,2]", ["1:4 $[1] json-syntax: `,` stands where a value must stand"]),
    "line end in a text": ('"a\nb"', ["1:3  json-syntax: invalid control character in a quoted text"]),
    "open text": ('{"a": "x', ["1:7 $.a json-syntax: a quoted text does not end"]),
    "bad escape": ('"\\x41"', ["1:2  json-syntax: invalid \\escape in a quoted text"]),
    "G01 empty": ("", ["1:1  json-syntax: the end of the file stands where a value must stand"]),
    "two values": ("{} []", ["1:4  json-syntax: something stands after the end of the JSON value"]),
    "G21 NUL": ('{"a": \0}', ["1:7 $.a json-syntax: `\0` is no value of JSON"]),
}


@pytest.mark.parametrize(("text", "expected"), REFUSED.values(), ids=REFUSED)
def test_refused(text: str, expected: list[str]) -> None:
    with pytest.raises(InvalidInput) as refusal:
        read(text.encode(), "f.json")
    problems = refusal.value.problems
    assert [
        f"{each.at.line}:{each.at.column} {each.path} {each.rule}: {each.message}" for each in problems if each.at
    ] == expected
    assert all(each.hint for each in problems)


def test_locate() -> None:
    [document] = read('{\n  "ä": [1,\n  {"b": "x"}],\r\n"c": null}'.encode(), "f.json")
    places = {
        "root": document.locate(()),
        "key": document.locate(("ä", 1, "b"), key=True),
        "value": document.locate(("ä", 1, "b")),
        "after CR LF": document.locate(("c",)),
        "missing": document.locate(("ä", 1, "z"), key=True),
    }
    assert places == {
        "root": Location("f.json", 1, 1),
        "key": Location("f.json", 3, 4),
        "value": Location("f.json", 3, 9),
        "after CR LF": Location("f.json", 4, 6),
        "missing": Location("f.json", 3, 3),
    }
