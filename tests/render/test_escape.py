"""Hostile texts against a terminal and a workflow runner, both rebuilt small (docs/catalogue.md#i04, #i05; N13 of
docs/reliability.md#the-table)."""

from __future__ import annotations

import html
import json
import re
import unicodedata
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from simulation.hostile import strings
from syncer.model.json_values import json_text
from syncer.render.escape import disarmed, for_annotation, for_html, for_property, for_terminal, for_uri

SHOWN = {
    # case: (text, as it is shown)
    "plain": ("Zu teuer", "Zu teuer"),
    "umlauts": ("Größe – 10 €", "Größe – 10 €"),
    "clipboard": ("a\x1b]52;c;ZXZpbA==\x07b", "a\\x1b]52;c;ZXZpbA==\\x07b"),
    "C1": ("\x9b2Jx", "\\x9b2Jx"),
    "overwrite": ("0 to delete\rX", "0 to delete\\rX"),
    "lines": ("a\nb\tc", "a\\nb\\tc"),
    "bidi": ("a\u202eb", "a\\u202eb"),
    "zero width": ("pay\u200bpal\ufeff", "pay\\u200bpal\\ufeff"),
    "soft hyphen": ("a\xadb", "a\\xadb"),
    "odd space": ("10\xa0%", "10\\xa0%"),
    "line separator": ("a\u2028b", "a\\u2028b"),
    "tag characters": ("a\U000e0041", "a\\U000e0041"),
    "lone surrogate": ("a\ud800", "a\\ud800"),
    "emoji": ("⚡ Strom", "⚡ Strom"),
    "a few marks": ("e\u0301", "e\u0301"),
    "200 marks": ("a" + "\u0301" * 200, "a" + "\u0301" * 3 + "\\u0301" * 197),
    "command": ("::error::x", "\\x3a:error::x"),
    "command after space": ("   ::add-mask::a", "   \\x3a:add-mask::a"),
    "old command": ("foo ##[add-mask]a", "foo #\\x23[add-mask]a"),
    "azure": ("##vso[task.setvariable]x", "#\\x23vso[task.setvariable]x"),
    "headings stay": ("## a :: b", "## a :: b"),
}


@pytest.mark.parametrize(("text", "expected"), SHOWN.values(), ids=SHOWN)
def test_what_a_terminal_gets(text: str, expected: str) -> None:
    assert for_terminal(text) == expected


def test_without_unicode_everything_is_written_out() -> None:
    assert for_terminal("Größe → ∞", unicode=False) == "Gr\\xf6\\xdfe \\u2192 \\u221e"


def screen_commands(text: str) -> list[str]:
    """What a terminal would obey: escape sequences, control characters, and characters that reorder or hide."""
    pattern = r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)|[\x00-\x09\x0b-\x1f\x7f-\x9f]"
    hidden = [c for c in text if unicodedata.category(c) in ("Cf", "Cs", "Zl", "Zp")]
    return re.findall(pattern, text, re.DOTALL) + hidden


def runner_commands(text: str) -> list[str]:
    """What GitHub's runner would obey: its two parsers, for every line."""
    found = []
    for line in text.splitlines():
        start = line.lstrip()
        new = start.startswith("::") and "::" in start[2:]
        if new or ("##[" in line and "]" in line[line.index("##[") :]):
            found.append(line)
    return found


def test_the_rebuilt_parsers_see_the_attacks() -> None:
    assert screen_commands("a\x1b]52;c;x\x07\x1b[2J\r\u202e") == ["\x1b]52;c;x\x07", "\x1b[2J", "\r", "\u202e"]
    assert runner_commands("::error::x\n  ::add-mask::a\nfoo ##[add-mask]a\n## a\n::") == [
        "::error::x",
        "  ::add-mask::a",
        "foo ##[add-mask]a",
    ]


HOSTILE = st.text(
    st.one_of(
        st.sampled_from("\x1b\x9b\x07\r\n\t\u202e\u200b\u0301 :#[]%,;x"),
        st.characters(),
        st.characters(categories=["Cs", "Cf", "Mn"]),
    )
)
PIECES = st.lists(
    st.one_of(
        st.sampled_from(["::error::x", "##[add-mask]a", "\x1b[2J", "\x1b]52;c;x\x07", " ", "##", "[a]", "::"]), HOSTILE
    )
).map("".join)


@settings(deadline=None)
@given(PIECES)
def test_no_text_commands_anything(text: str) -> None:
    shown = for_terminal(text)
    assert (screen_commands(shown), runner_commands(shown)) == ([], [])
    assert for_terminal(text, unicode=False).isascii()


@settings(deadline=None)
@given(PIECES)
def test_a_text_without_anything_odd_is_left_alone(text: str) -> None:
    once = for_terminal(text)
    assert for_terminal(once) == once


@settings(deadline=None)
@given(PIECES)
def test_an_annotation_is_one_command(text: str) -> None:
    line = f"::error file={for_property(text)},title={for_property(text)}::{for_annotation(text)}"
    assert runner_commands(line) == [line]
    properties, _, data = line.removeprefix("::error ").partition("::")
    assert [pair.split("=", 1)[0] for pair in properties.split(",")] == ["file", "title"]
    assert "\n" not in data


def one_character_a_pair(value: Any) -> Any:
    """Two surrogates in a row are one character to everything that reads JSON, so they are not told from it."""
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    if isinstance(value, dict):
        return {one_character_a_pair(key): one_character_a_pair(each) for key, each in value.items()}
    return [one_character_a_pair(each) for each in value] if isinstance(value, list) else value


@settings(deadline=None)
@given(st.recursive(PIECES, lambda inner: st.lists(inner) | st.dictionaries(PIECES, inner)))
@example("\ud800\udc00")
@example({"a\udbff\udfff": ["\ud83d\ude00\ude00"]})
def test_json_commands_nothing_and_reads_back_equal(value: object) -> None:
    for ascii_only in (True, False):
        text = json_text(value, ascii_only=ascii_only)
        assert json.loads(text) == one_character_a_pair(value)
        assert (screen_commands(text), runner_commands(text)) == ([], [])
        assert not ascii_only or text.isascii()


def test_json_keeps_umlauts() -> None:
    assert json_text({"a": "Größe\u202e ##[x]\x7f"}, indent=None) == '{"a": "Größe\\u202e #\\u0023[x]\\u007f"}'


ANNOTATIONS = {
    # case: (text, as a message, as a property)
    "plain": ("a b", "a b", "a b"),
    "percent": ("10 %0A", "10 %250A", "10 %250A"),
    "lines": ("a\nhint: b", "a%0Ahint: b", "a%0Ahint%3A b"),
    "separators": ("a:b,c", "a:b,c", "a%3Ab%2Cc"),
    "carriage return": ("a\rb", "a\\rb", "a\\rb"),
    "command": ("::error::x", "\\x3a:error::x", "\\x3a%3Aerror%3A%3Ax"),
}


@pytest.mark.parametrize(("text", "message", "value"), ANNOTATIONS.values(), ids=ANNOTATIONS)
def test_annotations(text: str, message: str, value: str) -> None:
    assert (for_annotation(text), for_property(text)) == (message, value)


URIS = {
    "relative": ("config/won.yaml", "config/won.yaml"),
    "space and umlaut": ("config/zu teuer ö.yaml", "config/zu%20teuer%20%C3%B6.yaml"),
    "absolute": ("/srv/a#b.yaml", "file:///srv/a%23b.yaml"),
    "looks like a scheme": ("c:x.yaml", "./c%3Ax.yaml"),
}


@pytest.mark.parametrize(("file", "uri"), URIS.values(), ids=URIS)
def test_uris(file: str, uri: str) -> None:
    assert for_uri(file) == uri


def test_a_line_is_disarmed_as_a_whole() -> None:
    assert disarmed("  ::a::##[b]") == "  \\x3a:a::#\\x23[b]"


HTML = {
    # text                             between tags
    "Größe, 漢字 1": "Größe, 漢字 1",
    "<img src=x onerror='y'>": "&#60;img src&#61;x onerror&#61;&#39;y&#39;&#62;",
    "&lt;": "&#38;lt;",
    '"><script>': "&#34;&#62;&#60;script&#62;",
    "[a](javascript:x) @org/team `b` **c** _d_": "&#91;a&#93;&#40;javascript:x&#41; &#64;org&#47;team &#96;b&#96; "
    "&#42;&#42;c&#42;&#42; &#95;d&#95;",
    "\x1b[2J\n# x\u202e": "&#92;x1b&#91;2J&#92;n&#35; x&#92;u202e",
}


@pytest.mark.parametrize(("text", "shown"), HTML.items())
def test_html(text: str, shown: str) -> None:
    assert for_html(text) == shown
    assert html.unescape(shown) == for_terminal(text)


def test_no_hostile_text_is_a_mark() -> None:
    for text in strings(500, 3):
        assert not re.search(r"[<>\"'`*_\[\]()@!|~\\]", for_html(text)), text
