"""Colour decisions, widths, wrapping: tables."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wcwidth import wcwidth

from syncer.render.terminal import (
    _ONE_COLUMN_EACH,
    Terminal,
    can_encode,
    cells,
    first_cells,
    flowing,
    last_cells,
    paragraph,
    terminal_for,
    wants_colour,
    wrapped,
)

COLOUR = {
    # case: (environment, is a terminal, colour)
    "terminal": ({"TERM": "xterm"}, True, True),
    "pipe": ({"TERM": "xterm"}, False, False),
    "dumb": ({"TERM": "dumb"}, True, False),
    "no colour": ({"NO_COLOR": "1", "TERM": "xterm"}, True, False),
    "no colour, empty": ({"NO_COLOR": "", "TERM": "xterm"}, True, True),
    "forced in a pipe": ({"FORCE_COLOR": "1"}, False, True),
    "forced off": ({"FORCE_COLOR": "0", "TERM": "xterm"}, True, False),
    "forced and forbidden": ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
    "forced on a dumb one": ({"FORCE_COLOR": "1", "TERM": "dumb"}, True, True),
}


@pytest.mark.parametrize(("env", "isatty", "expected"), COLOUR.values(), ids=COLOUR)
def test_colour(env: dict[str, str], isatty: bool, expected: bool) -> None:
    assert wants_colour(env, isatty) is expected


ENCODINGS = {"utf-8": True, "UTF-16": True, "ascii": False, "latin-1": False, "cp1252": False, "nonsense": False}


@pytest.mark.parametrize(("encoding", "expected"), [*ENCODINGS.items(), (None, False)])
def test_encodings(encoding: str | None, expected: bool) -> None:
    assert can_encode(encoding) is expected


@pytest.mark.parametrize(("columns", "width"), [(0, 40), (39, 40), (80, 80), (500, 200)])
def test_the_width_has_bounds(columns: int, width: int) -> None:
    terminal = terminal_for({}, isatty=False, encoding="ascii", columns=columns)
    assert terminal == Terminal(colour=False, width=width, unicode=False)


CELLS = {
    "": 0,
    "abc": 3,
    "Größe": 5,
    "„Ä“ – 5 € → …": 13,
    "電力": 4,
    "e\u0301": 1,
    "\u2764": 1,  # a heart of one column, and the same one that is asked to be an emoji
    "\u2764\ufe0f": 2,
    "1\ufe0f\u20e3": 2,
    "\U0001f44d\U0001f3fd": 2,  # a thumb with a skin tone is one sign
    "\U0001f1e9\U0001f1ea": 2,  # and so is a flag, which two letters make
    "\u0915\u094d\u0937\u093f": 2,  # and a syllable of Devanagari
}


@pytest.mark.parametrize(("text", "expected"), CELLS.items())
def test_cells(text: str, expected: int) -> None:
    assert cells(text) == expected


PLAIN = """
import sys
from syncer.render.terminal import cells, first_cells, last_cells
print(cells(sys.argv[1]), first_cells(sys.argv[1], 3), last_cells(sys.argv[1], 3), "wcwidth" in sys.modules)
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [("Größe → „neu“ …", "15 Grö “ … False"), ("Größe 電", "8 Grö 電 True")],
    ids=["German", "Chinese"],
)
def test_a_german_text_does_without_the_tables(text: str, said: str) -> None:
    command = [sys.executable, "-X", "utf8", "-c", PLAIN, text]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True)
    assert done.stdout.split() == said.split()


def test_what_is_counted_without_the_tables_is_counted_as_they_say() -> None:
    characters = [character for character in map(chr, range(0x110000)) if character.isprintable()]
    plain = [character for character in characters if re.fullmatch(_ONE_COLUMN_EACH, character)]
    assert {character for character in plain if wcwidth(character) != 1} == set()
    assert set("aZ9~äöüßÄÖÜéñ„“”‚‘’–—…•€→↑−×◌") <= set(plain)


SIGNS = ["a", "ä", "電", "\u0301", "\U0001f44d", "\U0001f3fd", "\U0001f1e9", "\u2764", "\ufe0f", "\u0915", "\u094d"]


@settings(deadline=None)
@given(st.text(st.sampled_from(SIGNS), max_size=20), st.integers(-2, 20))
def test_cutting_never_exceeds_the_room(text: str, width: int) -> None:
    first, last = first_cells(text, width), last_cells(text, width)
    assert text.startswith(first)
    assert text.endswith(last)
    assert max(cells(first), cells(last)) <= max(width, 0)


CUTS = {
    # case: (text, columns, from the beginning, from the end)
    "a flag": ("a\U0001f1e9\U0001f1eab", 2, "a", "b"),
    "a flag that fits": ("a\U0001f1e9\U0001f1eab", 3, "a\U0001f1e9\U0001f1ea", "\U0001f1e9\U0001f1eab"),
    "a skin tone": ("\U0001f44d\U0001f3fd\U0001f44d", 2, "\U0001f44d\U0001f3fd", "\U0001f44d"),
    "a mark": ("xe\u0301y", 2, "xe\u0301", "e\u0301y"),
    "an umlaut": ("xäy", 2, "xä", "äy"),
    "no room": ("電力", 0, "", ""),
}


@pytest.mark.parametrize(("text", "width", "first", "last"), CUTS.values(), ids=CUTS)
def test_one_sign_is_not_taken_apart(text: str, width: int, first: str, last: str) -> None:
    assert (first_cells(text, width), last_cells(text, width)) == (first, last)


WRAPPED = {
    # case: (text, width, lines)
    "fits": ("one two", 10, ["one two"]),
    "words": ("one two three", 8, ["one two", "three"]),
    "a long word": ("a bbbbbbbbbbbb c", 5, ["a", "bbbbb", "bbbbb", "bb c"]),
    "empty": ("", 5, [""]),
    "what is typed stays together": ("say `syncer a -b c`, or", 16, ["say", "`syncer a -b c`,", "or"]),
    "an option and its value too": ("or --a-b 'c d' so", 10, ["or --a-b", "'c d' so"]),
    "where there is room": ("or --a-b 'c d' so", 12, ["or", "--a-b 'c d'", "so"]),
    "no command at a line's start": ("aaaa ::error::x", 14, ["aaaa", "\\x3a:error::x"]),
    "nor within a word": ("aaaaaaaa::error::x", 8, ["aaaaaaaa", "\\x3a:err", "or::x"]),
}


@pytest.mark.parametrize(("text", "width", "lines"), WRAPPED.values(), ids=WRAPPED)
def test_wrapping(text: str, width: int, lines: list[str]) -> None:
    assert wrapped(text, width) == lines


def test_paragraphs_are_indented() -> None:
    terminal = Terminal(width=20)
    assert paragraph("one two three four five", terminal, first=("", "! "), indent=4) == [
        "! one two three",
        "    four five",
    ]


def test_what_flows_is_never_cut() -> None:
    terminal = Terminal(width=20)
    words = [("", "a" * 15), ("", "b" * 30), ("", "c")]
    assert flowing(words, terminal, first=("", "~ "), indent=4) == [
        "~ aaaaaaaaaaaaaaa",
        "    bbbbbbbbbbbbbbbb",
        "    bbbbbbbbbbbbbb",
        "    c",
    ]


def test_a_line_has_colours_or_none() -> None:
    spans = (("add", "+ "), ("bold", "x"), ("", "  "))
    assert Terminal(colour=True).line(*spans) == "\x1b[32m+ \x1b[0m\x1b[1mx\x1b[0m"
    assert Terminal().line(*spans) == "+ x"


def test_a_command_made_by_two_spans_is_broken() -> None:
    assert Terminal(colour=True).line(("bold", "a ##"), ("", "[add-mask]b")) == "a #\\x23[add-mask]b"


def test_clipping() -> None:
    assert Terminal().clip("abcdef", 5) == "abcd…"
    assert Terminal(unicode=False).clip("abcdef", 5) == "ab..."
