"""The reader: what a text means, and what it refuses, where, in which words."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from syncer.documents.yaml_reader import Document, _read_yaml, read
from syncer.model.diagnostic import InvalidInput, Location
from syncer.model.json_values import Path as ValuePath
from tests.support.patience import PATIENCE

VALUES = {
    # case                          text                                          values of the documents
    "G01 empty": ("", []),
    "G01 comments": ("# nothing\n\n# here\n", []),
    "G01 only dashes": ("---\n", [None]),
    "G02 documents": ("a: 1\n---\nb: 2\n...\n---\n- 3\n", [{"a": 1}, {"b": 2}, [3]]),
    "G03 list": ("- a\n", [["a"]]),
    "G03 scalar": ("just words\n", ["just words"]),
    "G03 null": ("null\n", [None]),
    "G09 words of YAML 1.1": ("[NO, on, off, yes, y, n]", [["NO", "on", "off", "yes", "y", "n"]]),
    "G09 sexagesimal": ("[22:22:22, 1:30, 08:00]", [["22:22:22", "1:30", "08:00"]]),
    "G09 underscores": ("[1_000, 0b11, 1,000]", [["1_000", "0b11", 1, 0]]),
    "G09 other bases": ("[0o10, 0x1F, -7]", [[8, 31, -7]]),
    "G10 dates": ("[2024-01-01, 2024-01-01T10:00:00Z]", [["2024-01-01", "2024-01-01T10:00:00Z"]]),
    "G11 impossible date": ("2024-13-45", ["2024-13-45"]),
    "G14 largest integer": ("[9007199254740992, -9007199254740992]", [[9007199254740992, -9007199254740992]]),
    "null words": ("[null, Null, NULL, ~, nUll]", [[None, None, None, None, "nUll"]]),
    "empty value": ("a:\nb: ''\n", [{"a": None, "b": ""}]),
    "booleans": ("[true, False, TRUE, tRue]", [[True, False, True, "tRue"]]),
    "floats": ("[1.5, 1., .5, -1e3, 1.e2, 1e, 1e-400]", [[1.5, 1.0, 0.5, -1000.0, 100.0, "1e", 0.0]]),
    "not quite numbers": ("[+, '-', ., 1-2, 0o8, 0xG, 1.2.3]", [["+", "-", ".", "1-2", "0o8", "0xG", "1.2.3"]]),
    "quoted": ("['1', \"true\", '~', '']", [["1", "true", "~", ""]]),
    "core tags": ("[!!str 1, !!int 0x10, !!float 1, !!bool true, !!null ~]", [["1", 16, 1.0, True, None]]),
    "core tags on collections": ("a: !!map {b: !!seq [1]}", [{"a": {"b": [1]}}]),
    "%YAML 1.2": ("%YAML 1.2\n---\na: 1\n", [{"a": 1}]),
    "G22 carriage returns": ("a: 1\rb: 2\r", [{"a": 1, "b": 2}]),
    "G22 CR LF": ("a: |\r\n  x\r\n  y\r\n", [{"a": "x\ny\n"}]),
    "no line end at the end": ("a: |\n  x", [{"a": "x\n"}]),
    "G24 templates": (
        "a: '{{ env.x }}'\nb: hi {{ name }} ${var.x}\n",
        [{"a": "{{ env.x }}", "b": "hi {{ name }} ${var.x}"}],
    ),
    "G21 escaped control": (r'"\0\x1b\u202e"', ["\0\x1b\u202e"]),
    "umlauts, emoji": ("größe: 😀 ß\n", [{"größe": "😀 ß"}]),
    "quoted <<": ("'<<': 1", [{"<<": 1}]),
    "marks within a line": ("a: x <<<<<<< y\n", [{"a": "x <<<<<<< y"}]),
    "G40 a line of a megabyte": (f'"{"x" * 1_048_570}"', ["x" * 1_048_570]),
    "G19 100 levels": ("[" * 100 + "]" * 100, None),
}


@pytest.mark.parametrize(("text", "values"), VALUES.values(), ids=VALUES)
def test_value(text: str, values: list[Any] | None) -> None:
    found = [document.value for document in read(text.encode(), "f.yaml")]
    if values is not None:
        assert found == values
        assert repr(found) == repr(values)


REFUSED = {
    # case                       text                       problems: line:column path rule: message
    "G06 duplicate key": (
        "a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\na: 4\n",
        [
            "5:3 $.b.c duplicate-key: key `c` stands twice in one mapping, first at line 3",
            "6:1 $.a duplicate-key: key `a` stands twice in one mapping, first at line 1",
        ],
    ),
    "G06 in another Unicode form": (
        "ä: 1\na\u0308: 2\n",
        [
            "2:1 $['a\u0308'] duplicate-key: key `a\u0308` stands twice in one mapping, first at line 1,"
            " in another Unicode form"
        ],
    ),
    "G06 empty": ("'': 1\n'': 2\n", ["2:1 $[''] duplicate-key: key `` stands twice in one mapping, first at line 1"]),
    "G07 keys that are no texts": (
        "1: a\ntrue: b\n~: c\n1.5: e\n",
        [
            "1:1  key-type: key `1` is a number, not a text",
            "2:1  key-type: key `true` is a boolean, not a text",
            "3:1  key-type: key `~` is null, not a text",
            "4:1  key-type: key `1.5` is a number, not a text",
        ],
    ),
    "G07 collections as keys": (
        "[a]: 1\n{b: c}: 2\n",
        [
            "1:1  key-type: a list or mapping stands as a key",
            "2:1  key-type: a list or mapping stands as a key",
        ],
    ),
    "G24 template without quotes": ("a: {{ x }}\n", ["1:5 $.a key-type: a list or mapping stands as a key"]),
    "G12 not finite": (
        "[.inf, -.Inf, .nan, 1e999]",
        [
            "1:2 $[0] number-not-finite: `.inf` is no number of JSON",
            "1:8 $[1] number-not-finite: `-.Inf` is no number of JSON",
            "1:15 $[2] number-not-finite: `.nan` is no number of JSON",
            "1:21 $[3] number-not-finite: `1e999` is larger than any number of JSON",
        ],
    ),
    "G13 5,000 digits": (
        "a: " + "9" * 5000,
        [f"1:4 $.a number-too-large: `{'9' * 37}…` is a whole number beyond 2^53, which JSON readers round"],
    ),
    "G14 beyond 2^53": (
        "a: 9007199254740993\nb: 0xFFFFFFFFFFFFFFFF\n",
        [
            "1:4 $.a number-too-large: `9007199254740993` is a whole number beyond 2^53, which JSON readers round",
            "2:4 $.b number-too-large: `0xFFFFFFFFFFFFFFFF` is a whole number beyond 2^53, which JSON readers round",
        ],
    ),
    "G15 tags of YAML 1.1": (
        "[!!binary aGk=, !!timestamp 2024-01-01, !!set {a}, !!omap [a]]",
        [
            "1:2 $[0] yaml-tag: `!!binary` is a tag manifests do not know",
            "1:17 $[1] yaml-tag: `!!timestamp` is a tag manifests do not know",
            "1:41 $[2] yaml-tag: `!!set` is a tag manifests do not know",
            "1:52 $[3] yaml-tag: `!!omap` is a tag manifests do not know",
        ],
    ),
    "G16 other tags": (
        "a: !foo x\nb: !!python/object/apply:os.system [id]\nc: ! x\nd: !!int x\n",
        [
            "1:4 $.a yaml-tag: `!foo` is a tag manifests do not know",
            "2:4 $.b yaml-tag: `!!python/object/apply:os.system` is a tag manifests do not know",
            "3:4 $.c yaml-tag: `!` is a tag manifests do not know",
            "4:4 $.d yaml-tag: `x` is no value for the tag `!!int`",
        ],
    ),
    "G17 anchors, aliases; G18 merge keys": (
        "a: &x {b: 1}\nc: *x\nd:\n  <<: *x\n",
        [
            "1:4 $.a yaml-anchor: `&x` is an anchor, which manifests do not know",
            "2:4 $.c yaml-alias: `*x` is an alias, which manifests do not know",
            "4:3 $.d yaml-merge-key: `<<` is a merge key, which manifests do not know",
            "4:7 $.d yaml-alias: `*x` is an alias, which manifests do not know",
        ],
    ),
    "G17 itself": (
        "&a [*a]",
        [
            "1:1  yaml-anchor: `&a` is an anchor, which manifests do not know",
            "1:5 $[0] yaml-alias: `*a` is an alias, which manifests do not know",
        ],
    ),
    "G17 alias as key": ("? *a\n: 1\n", ["1:3  yaml-alias: `*a` is an alias, which manifests do not know"]),
    "G17 text that begins with *": (
        "a: *.txt\n",
        ["1:5  yaml-alias: `*` begins an alias, which manifests do not know"],
    ),
    "G17 text that begins with &": ("a: &&\n", ["1:5  yaml-anchor: `&` begins an anchor, which manifests do not know"]),
    "G19 101 levels": (
        "[" * 101 + "]" * 101,
        ["1:101  too-deep: lists and mappings nest deeper than 100 levels"],
    ),
    "more than 200,000 values": (
        "[" + "1," * 200_001 + "]",
        ["1:400000 $[200000] too-many-values: file holds more than 200,000 values"],
    ),
    "G20 a byte too many": (
        "#" * 1_048_577,
        ["1:1  file-too-large: file of 1,048,577 bytes is larger than 1,048,576 bytes"],
    ),
    "G21 surrogate": (
        r'a: "\ud800"',
        ["1:7  yaml-syntax: an escape stands for half a character (a surrogate)"],
    ),
    "G21 NUL and other controls": (
        "a: 1\nb\0: \x1b\n",
        [
            "2:2  character: U+0000 may not stand in YAML as it is",
            "2:5  character: U+001B may not stand in YAML as it is",
        ],
    ),
    "G21 line ends of YAML 1.1": (
        "a: x\u2028y\x85z\n",
        [
            "1:5  character: U+2028 may not stand in YAML as it is",
            "1:7  character: U+0085 may not stand in YAML as it is",
        ],
    ),
    "G21 byte order mark inside": ("a: 1\n\ufeffb: 2\n", ["2:1  character: U+FEFF may not stand in YAML as it is"]),
    "G22 tab": ("a:\n\tb: 1\n", ["2:1  yaml-tab: a tab stands where only spaces may indent"]),
    "G22 tab behind spaces": (
        "a:\n  b: 1\n\tc: 2\n",
        ["3:1  yaml-tab: a tab stands where only spaces may indent, in what begins at line 2"],
    ),
    "G22 trailing garbage": ('{"a": 1}\n}', ["2:1  yaml-syntax: something stands after the end of the document"]),
    "G22 %YAML 1.1": (
        "%YAML 1.1\n---\na: no\n",
        ["1:1  yaml-directive: `%YAML 1.1` is not the YAML manifests are written in"],
    ),
    "G22 %TAG": (
        "%TAG ! tag:x,1:\n---\na: 1\n",
        ["1:1  yaml-directive: `%TAG` is a directive that manifests do not know"],
    ),
    "G22 other directives": ("%FOO\n---\na: 1\n", ["1:5  yaml-directive: a directive that manifests do not know"]),
    "G23 hidden characters in keys": (
        '"a\\u202eb": 1\n"x\\0": 2\na\u200db: 3\n"a\\tb": 4\n',
        [
            "1:1  key-character: key `a\\u202eb` holds the invisible character U+202E",
            "2:1  key-character: key `x\\u0000` holds the invisible character U+0000",
            "3:1  key-character: key `a\\u200db` holds the invisible character U+200D",
            "4:1  key-character: key `a\\u0009b` holds the invisible character U+0009",
        ],
    ),
    "G23 doubles in keys": (
        "\u212a: 1\n",
        ["1:1  key-character: key `\u212a` holds U+212A, which only looks like `K`"],
    ),
    "G39 conflict": (
        "a: 1\n<<<<<<< HEAD\nb: 2\n||||||| base\n=======\nb: 3\n>>>>>>> theirs\n",
        [
            "2:1  conflict-marker: `<<<<<<<` is a git conflict marker",
            "4:1  conflict-marker: `|||||||` is a git conflict marker",
            "5:1  conflict-marker: `=======` is a git conflict marker",
            "7:1  conflict-marker: `>>>>>>>` is a git conflict marker",
        ],
    ),
    "second colon": ("a: b: c", ["1:5  yaml-syntax: a second `:` stands where no key can be"]),
    "open quote": ('a: "x', ["2:1  yaml-syntax: a quoted text does not end, in what begins at line 1"]),
    "open bracket": (
        "a: [1, 2\nb: 3",
        ["2:2  yaml-syntax: a list in brackets is not closed, or lacks a comma, in what begins at line 1"],
    ),
    "@": ("a: @x", ["1:4  yaml-syntax: a text may not begin with `@` unquoted"]),
    "question mark in brackets": ("[?x]", ["1:3  yaml-syntax: `?` begins a text between brackets"]),
    "an error, then bad YAML": (
        "a: 1\na: 2\nb: c: d\n",
        [
            "2:1 $.a duplicate-key: key `a` stands twice in one mapping, first at line 1",
            "3:5  yaml-syntax: a second `:` stands where no key can be",
        ],
    ),
}


def lines_of(refusal: InvalidInput) -> list[str]:
    """Problems as text, their file left out."""
    return [
        f"{each.at.line}:{each.at.column} {each.path} {each.rule}: {each.message}"
        for each in refusal.problems
        if each.at
    ]


@pytest.mark.parametrize(("text", "expected"), REFUSED.values(), ids=REFUSED)
def test_refused(text: str, expected: list[str]) -> None:
    with pytest.raises(InvalidInput) as refusal:
        read(text.encode(), "f.yaml")
    assert lines_of(refusal.value) == expected
    assert all(each.hint and each.at and each.at.file == "f.yaml" for each in refusal.value.problems)


BYTES = {
    # case                       bytes                                   problem, hint
    "G21 invalid UTF-8": (
        b"gr\xc3\xb6\xc3\x9fe: \xe4\n",
        "1:8  encoding: byte 0xe4 is not UTF-8",
        "save the file as UTF-8; it may have been saved as Windows-1252 or Latin-1",
    ),
    "G21 UTF-16": ("a: 1".encode("utf-16"), "1:1  encoding: file is written in UTF-16", "save it as UTF-8 without BOM"),
    "G21 UTF-32": ("a: 1".encode("utf-32"), "1:1  encoding: file is written in UTF-32", "save it as UTF-8 without BOM"),
    "G21 byte order mark": (
        b"\xef\xbb\xbfa: 1",
        "1:1  byte-order-mark: file begins with a byte order mark",
        "save it as UTF-8 without BOM; `syncer fmt` takes the mark away",
    ),
    "G21 encoded surrogate": (
        b"a: \xed\xa0\x80",
        "1:4  encoding: byte 0xed is not UTF-8",
        "save the file as UTF-8; it may have been saved as Windows-1252 or Latin-1",
    ),
}


@pytest.mark.parametrize(("text", "expected", "hint"), BYTES.values(), ids=BYTES)
@pytest.mark.parametrize("file", ["f.yaml", "f.json"])
def test_refused_bytes(text: bytes, expected: str, hint: str, file: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        read(text, file)
    assert lines_of(refusal.value) == [expected]
    assert refusal.value.problems[0].hint == hint


def test_many_problems_end_with_a_word_about_the_rest() -> None:
    with pytest.raises(InvalidInput) as refusal:
        read(b"".join(b"a%d: !x 1\n" % number for number in range(100)), "f.yaml")
    assert len(refusal.value.problems) == 51
    assert refusal.value.problems[-1].rule == "too-many-problems"


WARNED = {
    # case                text                            warnings
    "post code": ("a: 01067\n", ["1:4 $.a `01067` is read as the number 1067"]),
    "phone": ("a: {b: +4930123}\n", ["1:8 $.a.b `+4930123` is read as the number 4930123"]),
    "other bases": (
        "- 0o10\n- 0x10\n",
        ["1:3 $[0] `0o10` is read as the number 8", "2:3 $[1] `0x10` is read as the number 16"],
    ),
    "the same as it says": ("[0, 10, -5, '007', 2024-01-01]", []),
}


@pytest.mark.parametrize(("text", "expected"), WARNED.values(), ids=WARNED)
def test_warned(text: str, expected: list[str]) -> None:
    [document] = read(text.encode(), "f.yaml")
    found = [f"{each.at.line}:{each.at.column} {each.path} {each.message}" for each in document.warnings if each.at]
    assert found == expected
    assert {(each.severity, each.rule) for each in document.warnings} <= {("warning", "yaml-lost-digits")}


TEXT = """\
# a comment
kind: X
spec:
  größe: {a: 1, "b c": [10, 1.10]}
  items:
  - name: one
    text: |
      line
  -
    name: two
---
- second
"""
PLACES: dict[str, tuple[int, ValuePath, bool, tuple[int, int]]] = {
    # case                     document  path                             of the key?  line, column
    "root": (0, (), False, (2, 1)),
    "value": (0, ("kind",), False, (2, 7)),
    "key": (0, ("kind",), True, (2, 1)),
    "mapping": (0, ("spec",), False, (4, 3)),
    "mapping in braces": (0, ("spec", "größe"), False, (4, 10)),
    "quoted key": (0, ("spec", "größe", "b c"), True, (4, 17)),
    "in brackets": (0, ("spec", "größe", "b c", 1), False, (4, 29)),
    "item": (0, ("spec", "items", 0), False, (6, 5)),
    "item has no key": (0, ("spec", "items", 0), True, (6, 5)),
    "block text": (0, ("spec", "items", 0, "text"), False, (7, 11)),
    "item on its own line": (0, ("spec", "items", 1, "name"), True, (10, 5)),
    "missing field": (0, ("spec", "items", 1, "nothing"), False, (10, 5)),
    "missing field's key": (0, ("spec", "items", 1, "nothing"), True, (10, 5)),
    "missing branch": (0, ("spec", "x", "y", 3), False, (4, 3)),
    "second document": (1, (), False, (12, 1)),
    "its item": (1, (0,), False, (12, 3)),
}


@pytest.mark.parametrize(("index", "path", "key", "expected"), PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_locate(index: int, path: ValuePath, key: bool, expected: tuple[int, int], line_end: str) -> None:
    documents = read(TEXT.replace("\n", line_end).encode(), "dir/f.yaml")
    assert [document.index for document in documents] == [0, 1]
    assert documents[index].locate(path, key=key) == Location("dir/f.yaml", *expected)


def test_written_words() -> None:
    [document, _] = read(TEXT.encode(), "f.yaml")
    assert document.written(("spec", "größe", "b c", 1)) == "1.10"
    assert document.written(("spec", "items", 0, "text")) is None
    assert document.written(("nowhere",)) is None


def test_every_value_of_a_document_is_found_where_it_is_written() -> None:
    lines = TEXT.splitlines()
    words = {"X": "X", "one": "one", "two": "two", "line\n": "|", "second": "second", 10: "10", 1: "1", 1.1: "1.10"}

    def walk(document: Document, value: Any, path: ValuePath) -> None:
        if isinstance(value, dict):
            for key, item in value.items():
                walk(document, item, (*path, key))
        elif isinstance(value, list):
            for index, item in enumerate(value):
                walk(document, item, (*path, index))
        else:
            place = document.locate(path)
            assert lines[place.line - 1][place.column - 1 :].startswith(words[value])

    for document in read(TEXT.encode(), "f.yaml"):
        walk(document, document.value, ())


DEEP = {
    "brackets": b"[" * 1_000_000,
    "braces": b"{a: " * 250_000,
    "dashes": b"- " * 500_000,
    "keys": b"".join(b" " * depth + b"a:\n" for depth in range(1000)),
    "question marks": b"? " * 500_000,
    "1,000 levels": b"[" * 1000 + b"]" * 1000,
    "30,000 levels": b"[" * 30_000 + b"]" * 30_000,
}
LAST_WORDS = """
import resource, sys, time
from syncer.documents.yaml_reader import read
from syncer.model.diagnostic import InvalidInput
text, start = sys.stdin.buffer.read(), time.process_time()
try:
    read(text, "f." + sys.argv[1])
except InvalidInput as refusal:
    assert time.process_time() - start < 2
    print(refusal.problems[-1].rule)
"""


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP)
def test_g19_depth_does_not_end_the_process(text: bytes) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LAST_WORDS, "yaml"],
        input=text,
        capture_output=True,
        cwd=Path(__file__).parents[2],
        timeout=PATIENCE,
    )
    last = b"too-many-problems\n" if text.startswith(b"?") else b"too-deep\n"  # each `? ?` is a key that is no text
    assert (done.stdout, done.stderr, done.returncode) == (last, b"", 0)


def test_g19_depth_of_json() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LAST_WORDS, "json"],
        input=DEEP["brackets"],
        capture_output=True,
        cwd=Path(__file__).parents[2],
        timeout=PATIENCE,
    )
    assert (done.stdout, done.stderr, done.returncode) == (b"too-deep\n", b"", 0)


def test_g17_alias_bomb_stays_small() -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InvalidInput) as refusal:
        read(bomb.encode(), "f.yaml")
    assert {each.rule for each in refusal.value.problems} == {"yaml-anchor", "yaml-alias", "too-many-problems"}
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # kilobytes


@pytest.mark.parametrize("text", [text for text, _ in VALUES.values()], ids=VALUES)
def test_the_pure_parser_agrees(text: str) -> None:
    assert [each.value for each in _read_yaml(text.encode(), "f", pure=True)] == [
        each.value for each in _read_yaml(text.encode(), "f")
    ]


@pytest.mark.parametrize("name", [name for name in REFUSED if "G20" not in name and "more than" not in name])
def test_the_pure_parser_refuses_the_same(name: str) -> None:
    text = REFUSED[name][0].encode()
    with pytest.raises(InvalidInput) as refusal:
        read(text, "f.yaml")
    if refusal.value.problems[0].rule not in {"character", "conflict-marker"}:  # found before any parser
        with pytest.raises(InvalidInput):
            _read_yaml(text, "f.yaml", pure=True)
