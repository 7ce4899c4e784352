"""Documents as tables: what is judged, read and written follows from one description."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from syncer.documents.document_codec import (
    ANY,
    FLAG,
    TEXT,
    WHOLE,
    Key,
    converted,
    either,
    listed,
    mapping,
    nullable,
    one_of,
    record,
)
from syncer.model.json_values import Json, Path


class Leg(NamedTuple):
    to: str
    length: int


class Tour(NamedTuple):
    title: str
    legs: tuple[Leg, ...]
    guide: str = ""
    open: bool = False


LEG = record(Leg, Key("to", converted(TEXT, str.upper, str.lower)), Key("km", WHOLE, "length"))
TOUR = record(
    Tour,
    Key("title", TEXT),
    Key("legs", listed(LEG)),
    Key("total", WHOLE, told=lambda tour: sum(leg.length for leg in tour.legs)),
    Key("guide", nullable(TEXT, "")),
    Key("open", FLAG, optional=True),
)
DOCUMENT = {"title": "Eifel", "legs": [{"to": "prüm", "km": 3}, {"to": "daun", "km": 0}], "total": 3, "guide": None}


def test_there_and_back() -> None:
    tour = Tour("Eifel", (Leg("PRÜM", 3), Leg("DAUN", 0)))
    assert TOUR.faults(DOCUMENT) == []
    assert TOUR.read(DOCUMENT) == tour
    assert (TOUR.write(tour), list(TOUR.write(tour))) == (DOCUMENT, list(DOCUMENT))
    assert TOUR.write(tour._replace(guide="Ada", open=True)) == {**DOCUMENT, "guide": "Ada", "open": True}


FAULTS: dict[str, tuple[Json, list[tuple[Path, str]]]] = {
    "none": ({**DOCUMENT, "open": False}, []),
    "another form": ([DOCUMENT], [((), "input should be a valid dictionary")]),
    "in the order of the table, what nobody knows last": (
        {"x": 1, "open": 1, "legs": [{"to": "a", "km": 1.0}, "b"], "guide": True, "total": 1},
        [
            (("title",), "a key is missing"),
            (("legs", 0, "km"), "input should be a valid integer"),
            (("legs", 1), "input should be a valid dictionary"),
            (("guide",), "input should be a valid string"),
            (("open",), "input should be a valid boolean"),
            (("x",), "its format knows no such key"),
        ],
    ),
    "no list": ({**DOCUMENT, "legs": {}}, [(("legs",), "input should be a valid list")]),
}


@pytest.mark.parametrize(("document", "faults"), FAULTS.values(), ids=FAULTS)
def test_faults(document: Json, faults: list[tuple[Path, str]]) -> None:
    assert TOUR.faults(document) == faults


ODD: list[Json] = [None, True, 0, 1.0, "", "a", [], ["a"], {}, {"k": "a"}, {"k": 1}]
CODECS = {
    # codec, which of these it takes
    "any": (ANY, ODD),
    "text": (TEXT, ["", "a"]),
    "flag": (FLAG, [True]),
    "whole": (WHOLE, [0]),
    "one of": (one_of("a", "b"), ["a"]),
    "either": (either(FLAG, TEXT), [True, "", "a"]),
    "nullable": (nullable(TEXT), [None, "", "a"]),
    "listed": (listed(TEXT), [[], ["a"]]),
    "mapping": (mapping(), [{}, {"k": "a"}, {"k": 1}]),
    "mapping of texts": (mapping(TEXT), [{}, {"k": "a"}]),
}


@pytest.mark.parametrize(("codec", "taken"), CODECS.values(), ids=CODECS)
def test_what_is_taken(codec, taken: list[Json]) -> None:
    """And pydantic is of the same opinion, of every one of these."""
    from pydantic import ConfigDict, TypeAdapter

    assert [repr(value) for value in ODD if not codec.faults(value)] == list(map(repr, taken))
    judge = TypeAdapter(codec.form(), config=ConfigDict(strict=True))
    for value in taken:
        judge.validate_python(value)


def test_the_words_that_may_stand_are_told() -> None:
    assert one_of("link", "key", "title").faults("x") == [((), "input should be 'link', 'key' or 'title'")]
