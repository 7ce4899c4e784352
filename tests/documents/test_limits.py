# ruff: noqa: E501  a case is a line, so that the table can be read down
"""How large a file may be depends on what it holds, and so does what is said of one that is larger."""

from __future__ import annotations

import pytest

from syncer.documents.source_checks import FileLimits
from syncer.documents.yaml_reader import read
from syncer.model.diagnostic import InvalidInput

SMALL = FileLimits("seed", 40, 6, "load it in parts", "load fewer")
DEEP = FileLimits("seed", 1 << 20, 1 << 20, "", "")
CASES = {
    # name, text, limits: rule, message, hint
    "as much as may be": ("f.yaml", "a: [1, 2, 3]", SMALL, []),
    "as much as may be, JSON": ("f.json", '{"a": [1, 2, 3]}', SMALL, []),
    "too heavy": ("f.yaml", "a: " + "x" * 38, SMALL, [("file-too-large", "file of 41 bytes is larger than 40 bytes", "load it in parts")]),
    "too heavy, JSON": ("f.json", '"' + "x" * 39 + '"', SMALL, [("file-too-large", "file of 41 bytes is larger than 40 bytes", "load it in parts")]),
    "too many": ("f.yaml", "a: [1, 2, 3, 4]", SMALL, [("too-many-values", "file holds more than 6 values", "load fewer")]),
    "too many, JSON": ("f.json", '{"a": [1, 2, 3, 4]}', SMALL, [("too-many-values", "file holds more than 6 values", "load fewer")]),
    "too deep": ("f.yaml", "[" * 101, DEEP, [("too-deep", "lists and mappings nest deeper than 100 levels", "no seed nests that deep; look for an unclosed bracket")]),
    "too deep, JSON": ("f.json", "[" * 101, DEEP, [("too-deep", "lists and mappings nest deeper than 100 levels", "no seed nests that deep; look for an unclosed bracket")]),
    "a comment in JSON": ("f.json", "1 // one", DEEP, [("json-comment", "JSON has no comments", "delete the comment, or write the seed as YAML")]),
    "two values in JSON": ("f.json", "1 2", DEEP, [("json-syntax", "something stands after the end of the JSON value", "a .json file holds one seed")]),
}  # fmt: skip


@pytest.mark.parametrize(("name", "text", "limits", "expected"), CASES.values(), ids=CASES)
def test_limits(name: str, text: str, limits: FileLimits, expected: list[tuple[str, str, str]]) -> None:
    try:
        read(text.encode(), name, limits=limits)
        problems = []
    except InvalidInput as refused:
        problems = [(each.rule, each.message, each.hint) for each in refused.problems]
    assert problems == expected
