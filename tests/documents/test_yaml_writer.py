"""What is written is read back as it was, is in fmt's style, and looks as people write it."""

from __future__ import annotations

import json
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from syncer.documents.edit.editor import edit
from syncer.documents.edit.operations import Replacement
from syncer.documents.formatter import format_text
from syncer.documents.yaml_reader import read
from syncer.documents.yaml_writer import write_yaml
from tests.support.examples import examples

ODD = [
    "yes", "No", "null", "~", "", " x", "x ", "a: b", "a:", "- x", "x #y", "#x", "{{a}}", "[x]", "1.0", "1e3", "0x1",
    "1_000", "12:30", "2027-02-01", "a\nb", "a\nb\n", "a\n\nb\n", "a\n", "\na", " a\nb", "a \nb", "a\n\n", "a\tb",
    "a\r\nb", "\u2028x",
    "a\u0085b", "\ufeffx", "🔌", "%x", "@x", "`x`", "'q'", '"q"', "a\\b", "!x", "&a", "*a", "|", "> x", "---",
    "...", "a\n---\nb",
    "a\n<<<<<<< x\nb\n", "?", "? a", "<p>x</p>\n<p>y</p>\n", "http://x", "a,b", "x}", "=", "<<", "${id.x}", "x" * 300,
    "12:30:45", "1_0.5", "+1_000", "+12", "0b1", "0o17", "017", "0_17", "1e+16", "1.e5", "190:20:30.15", ".5", "+.5",
    "1:2.5", "3 rooms", "2a", "1.2.3", "+49 30 1", "2001-12-14 21:59:43.10 -5", ".inf", "-.Inf", ".NaN", "off", "Y",
    "TRUE", "~x",
]  # fmt: skip
TEXTS = st.text(max_size=12) | st.sampled_from(ODD)
KEYS = st.sampled_from(["a", "b", "id", "ref", "yes", "x y", "${x", "1", "ä", "null", ""]) | st.text("abc", min_size=1)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=7) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=20,
)


@settings(max_examples=examples(400))
@given(VALUES)
def test_what_is_written_is_read_back(value: Any) -> None:
    document = {"apiVersion": "syncer/v1", "kind": "X", "metadata": {"name": "x"}, "spec": value}
    text = write_yaml(document, ["a comment"])
    [found] = read(text.encode(), "x.yaml")
    assert repr(found.value) == repr(document)
    assert format_text(text.encode(), "x.yaml").decode() == text
    assert as_others_read(text) == [words(document)] * 2


def words(value: Any) -> str:
    """The value as text: its types are told apart, the order of its keys is not."""
    return json.dumps(value, sort_keys=True, default=repr)


def as_others_read(text: str) -> list[str]:
    """What a reader of YAML 1.1 and one of YAML 1.2 make of it."""
    return [words(yaml.safe_load(text)), words(YAML(typ="safe", pure=True).load(text))]


TEMPLATES = ("a: x\n", "a: 'x'\nb: 'y'\n", "a: {b: x, c: [1, 2]}\n", "a:\n  - x\n", '{\n  "a": [1]\n}\n')


@settings(max_examples=examples(400))
@given(st.sampled_from(TEMPLATES), VALUES)
def test_what_an_edit_writes_is_read_alike(before: str, value: Any) -> None:
    name = "x.json" if before.startswith("{") else "x.yaml"
    text = edit(before.encode(), 0, [Replacement(("a",), value)], name).decode()
    [found] = read(text.encode(), name)
    assert words(found.value["a"]) == words(value)
    if name == "x.yaml":
        assert as_others_read(text) == [words(found.value)] * 2


def test_it_looks_as_people_write_it() -> None:
    document = {
        "metadata": {"name": "x"},
        "spec": {
            "title": "Größe: 3 m",
            "entity_schema": {"ref": "grid-connection"},
            "closing_reasons": [{"ref": "won"}, {"id": "${id.reason.lost}"}],
            "edges": [{"from_id": "trigger", "to_id": "check"}],
            "tags": ["a", "b", "c d"],
            "empty": [],
            "nothing": {},
            "tasks": [{"id": "check", "description": {"enabled": True, "value": "<p>\n  x\n</p>\n"}}],
        },
    }
    assert write_yaml(document, ["Why"]) == (
        "# Why\n"
        "metadata:\n"
        "  name: x\n"
        "spec:\n"
        '  title: "Größe: 3 m"\n'
        "  entity_schema: {ref: grid-connection}\n"
        "  closing_reasons:\n"
        "    - ref: won\n"
        '    - id: "${id.reason.lost}"\n'
        "  edges:\n"
        "    - {from_id: trigger, to_id: check}\n"
        "  tags: [a, b, c d]\n"
        "  empty: []\n"
        "  nothing: {}\n"
        "  tasks:\n"
        "    - id: check\n"
        "      description:\n"
        "        enabled: true\n"
        "        value: |\n"
        "          <p>\n"
        "            x\n"
        "          </p>\n"
    )
