"""The reader on texts nobody chose: what a writer of YAML 1.2 wrote reads back equal; no text brings it down."""

from __future__ import annotations

import io
import json
import random
import re
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from syncer.documents.formatter import format_text
from syncer.documents.yaml_reader import _read_yaml, read
from syncer.model.diagnostic import InvalidInput
from tests.support.examples import examples

WORDS = [
    "",
    "~",
    "null",
    "no",
    "on",
    "1",
    "01",
    "1e3",
    "0o7",
    ".inf",
    "<<",
    "2024-01-01",
    "a: b",
    "- x",
    "# c",
    "'",
    '"',
]
WORDS += [
    "&a",
    "*a",
    "!t",
    "%x",
    "@x",
    "{{ x }}",
    "[",
    "}",
    " x ",
    "x\n",
    "\n\n x\n",
    "Größe",
    "😀",
    "\t",
    "?x",
    ": ",
    "|",
    ">-",
]
characters = st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"], exclude_characters="\ufeff\ufffe\uffff")
texts = st.text(characters, max_size=20) | st.sampled_from(WORDS)
numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
leaves = st.none() | st.booleans() | numbers | texts
names = st.text("abcäöü-_.1 ", min_size=1, max_size=8).filter(lambda name: name.strip() == name)
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4), max_leaves=20
)


def written(value: Any, *, flow: bool) -> str:
    """The value as ruamel.yaml writes it, in YAML 1.2."""
    from ruamel.yaml import YAML

    writer = YAML(typ="safe", pure=True)
    writer.version = "1.2"
    writer.default_flow_style = flow
    writer.allow_unicode = True
    stream = io.StringIO()
    writer.dump(value, stream)
    return stream.getvalue()


@settings(
    deadline=None, max_examples=examples(200), suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
@given(values, st.booleans())
def test_dumped_values_read_back_equal(value: Any, flow: bool) -> None:
    text = written(value, flow=flow).encode()
    try:
        [document] = read(text, "f.yaml")
    except InvalidInput as refusal:
        # what we refuse and the writer writes: U+0085 for example, keys no person could tell apart, and `[?x]`
        assume(all(each.rule not in {"character", "key-character", "duplicate-key"} for each in refusal.problems))
        # between brackets the writer leaves texts that begin with `?` or `:` unquoted, and libyaml can't read those
        assume(not (flow and re.search('"[?:]', json.dumps(value))))
        raise
    assert json.dumps(document.value, sort_keys=True) == json.dumps(value, sort_keys=True)


@settings(deadline=None, max_examples=examples(200), suppress_health_check=[HealthCheck.too_slow])
@given(values, st.sampled_from([None, 1, 2, "\t"]), st.booleans())
def test_json_reads_back_equal(value: Any, indent: Any, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode("utf-8")
    assert json.dumps(read(text, "f.json")[0].value) == json.dumps(value)


@settings(deadline=None, max_examples=examples(100), suppress_health_check=[HealthCheck.too_slow])
@given(values)
def test_formatting_keeps_the_value_and_settles(value: Any) -> None:
    text = written(value, flow=False).encode()
    try:
        read(text, "f.yaml")
    except InvalidInput:
        assume(False)
    formatted = format_twice(text, "f.yaml")
    if formatted is None:
        assert "? " in text.decode()  # the writer's style for long or odd keys is not formatted
    else:
        assert json.dumps(read(formatted, "f.yaml")[0].value) == json.dumps(read(text, "f.yaml")[0].value)


SEEDS = [
    """\
# yaml-language-server: $schema=../../schemas/flow-template.schema.json
apiVersion: syncer/v1
kind: FlowTemplate
metadata:
  name: house-connection
  environments: [sandbox, production]
  titles: ["Netzanschluss", 'Hausanschluss']
spec:
  name: Hausanschluss
  enabled: ${var.flows_live}
  description: |
    Zeile eins
      eingerückt

  phases:
    - id: check
      name: "Prüfung \\u00e4"
      tasks: [{id: a, name: x}, {id: b, order: 1.5}]
    # the end
  closing_reasons:
  - ref: better-offer
  - lookup: >-
      Kein
      Interesse
---
apiVersion: syncer/v1
kind: ClosingReason
metadata: {name: won}
spec: {title: Won, status: ACTIVE}
""",
    '{"apiVersion": "syncer/v1", "kind": "X", "metadata": {"name": "a"},'
    ' "spec": {"list": [1, 2.5, null, "\\ud83d\\ude00"]}}\n',
]
PIECES = [
    *(
        "\t",
        "\n",
        "\r",
        " ",
        "  ",
        ":",
        ": ",
        "- ",
        "? ",
        "#",
        " #",
        "&a ",
        "*a",
        "!x ",
        "!!int ",
        "|",
        ">",
        "|2-",
        "'",
        '"',
    ),
    *(
        "[",
        "]",
        "{",
        "}",
        ",",
        "<<: ",
        "---\n",
        "...\n",
        "%YAML 1.1\n",
        "\\",
        "\\ud800",
        "\0",
        "\x1b",
        "\u2028",
        "\ufeff",
    ),
    *(
        "{{",
        "${",
        "1e999",
        "9" * 50,
        "0x",
        "~",
        "null",
        "true",
        "<<<<<<< a\n",
        "@",
        "`",
        "ä",
        "a\u0308",
        "//",
        "/*",
        "NaN",
    ),
]


def mutate(text: bytes, choice: random.Random) -> bytes:
    """A text with one to six changes: pieces put in, cut out, doubled, swapped, bytes flipped."""
    for _ in range(choice.randint(1, 6)):
        at, end = sorted((choice.randrange(len(text) + 1), choice.randrange(len(text) + 1)))
        end = min(end, at + 40)
        match choice.randrange(5):
            case 0:
                text = text[:at] + choice.choice(PIECES).encode("utf-8", "surrogatepass") + text[at:]
            case 1:
                text = text[:at] + text[end:]
            case 2:
                text = text[:end] + text[at:end] + text[end:]
            case 3:
                text = text[:at] + bytes([choice.randrange(256)]) + text[at + 1 :]
            case _:
                other = choice.randrange(len(text) + 1)
                text = text[:at] + text[end:][:other] + text[at:end] + text[end:][other:]
    return text


def attempt(text: bytes, file: str) -> list[Any] | InvalidInput:
    """The values, or the refusal; every other exception is a bug, and so is more than 2 seconds of work."""
    start = time.process_time()
    result: list[Any] | InvalidInput
    try:
        documents = read(text, file)
        for document in documents:
            document.locate(("spec", "phases", 0, "name"))
        result = [document.value for document in documents]
    except InvalidInput as refusal:
        result = refusal
    assert time.process_time() - start < 2
    return result


def outcome(text: bytes, file: str) -> list[Any] | None:
    """The values, or None for a refusal, each problem of which stands at a possible place."""
    result = attempt(text, file)
    if not isinstance(result, InvalidInput):
        return result
    assert result.problems
    for each in result.problems:
        assert each.at
        assert 1 <= each.at.line <= text.count(b"\n") + text.count(b"\r") + 2
        assert each.at.column >= 1
        assert each.message.encode()
    return None


def format_twice(text: bytes, file: str) -> bytes | None:
    """The formatted text, once it is shown that formatting again changes nothing; None where it is refused."""
    try:
        formatted = format_text(text, file)
    except InvalidInput as refusal:
        rules = {each.rule for each in refusal.problems}
    else:
        assert format_text(formatted, file) == formatted
        return formatted
    assert rules == {"not-formatted"}
    return None


@pytest.mark.parametrize("block", range(20))
def test_g48_mutated_manifests(block: int) -> None:
    choice = random.Random(block)
    good = 0
    for _ in range(100):
        yaml = choice.random() < 0.8
        text = mutate(SEEDS[0 if yaml else 1].encode(), choice)
        result = outcome(text, "f.yaml" if yaml else "f.json")
        if result is None:
            continue
        good += 1
        json.dumps(result, allow_nan=False).encode()
        format_twice(text, "f.yaml" if yaml else "f.json")
    assert good  # some mutations leave a text good: both sides were tried


@pytest.mark.parametrize("block", range(10))
def test_g48_random_bytes(block: int) -> None:
    choice = random.Random(block)
    alphabet = b"a1:-?#&*!|>'\"%@`{}[],\\~. \t\n\r<=0xe" + bytes(range(128, 256))
    for _ in range(100):
        text = bytes(choice.choices(alphabet if choice.random() < 0.7 else range(256), k=choice.randrange(200)))
        outcome(text, choice.choice(["f.yaml", "f.json"]))


@pytest.mark.parametrize("block", range(5))
def test_the_pure_parser_never_reads_another_value(block: int) -> None:
    choice = random.Random(100 + block)
    for _ in range(50):
        text = mutate(SEEDS[0].encode(), choice)
        result = outcome(text, "f.yaml")
        if result is None:
            continue
        try:
            pure = [document.value for document in _read_yaml(text, "f.yaml", pure=True)]
        except InvalidInput:
            continue  # the two parsers may differ in what they refuse
        assert pure == result


@settings(deadline=None, max_examples=examples(300))
@given(st.binary(max_size=300), st.sampled_from(["f.yaml", "f.json"]))
def test_any_bytes(text: bytes, file: str) -> None:
    outcome(text, file)


@settings(deadline=None, max_examples=examples(300))
@given(st.lists(st.sampled_from(PIECES), max_size=30), st.sampled_from(["f.yaml", "f.json"]))
def test_any_pieces(pieces: list[str], file: str) -> None:
    outcome("".join(pieces).encode("utf-8", "surrogatepass"), file)
