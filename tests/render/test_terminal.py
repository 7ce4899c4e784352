"""Colour decisions, widths, wrapping: tables."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncer.render.terminal import (
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


CELLS = {"": 0, "abc": 3, "Größe": 5, "電力": 4, "e\u0301": 1}


@pytest.mark.parametrize(("text", "expected"), CELLS.items())
def test_cells(text: str, expected: int) -> None:
    assert cells(text) == expected


@settings(deadline=None)
@given(st.text(st.sampled_from("aä電\u0301"), max_size=20), st.integers(-2, 20))
def test_cutting_never_exceeds_the_room(text: str, width: int) -> None:
    first, last = first_cells(text, width), last_cells(text, width)
    assert text.startswith(first)
    assert text.endswith(last)
    assert max(cells(first), cells(last)) <= max(width, 0)


WRAPPED = {
    # case: (text, width, lines)
    "fits": ("one two", 10, ["one two"]),
    "words": ("one two three", 8, ["one two", "three"]),
    "a long word": ("a bbbbbbbbbbbb c", 5, ["a", "bbbbb", "bbbbb", "bb c"]),
    "empty": ("", 5, [""]),
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
