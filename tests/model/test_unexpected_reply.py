"""What is taken for a reply of another form, and what stays a bug of ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from syncer.kinds import KINDS
from syncer.model.diagnostic import PlatformError, Problem
from syncer.model.json_values import Path, Ref
from syncer.model.unexpected_reply import (
    UnexpectedReply,
    field_of,
    inner_at,
    list_at,
    object_at,
    objects_at,
    of_known_form,
    text_at,
    word_at,
)

Json = Any
AT: Path = ("tasks", 2, "ids")
REF = Ref("ClosingReason", "won")


def read_or_said(reader: Callable[..., Json], *given: Json) -> Json:
    """What the reader makes of it, or what it says against it."""
    try:
        return reader(*given)
    except UnexpectedReply as error:
        return str(error)


READ: dict[str, tuple[Callable[..., Json], Json, Json]] = {
    # what               reader      value            what it is read as, or what is said of it
    "an object": (object_at, {"a": 1}, {"a": 1}),
    "no object": (object_at, [1], "`$.tasks[2].ids` is no object"),
    "null for an object": (object_at, None, "`$.tasks[2].ids` is no object"),
    "an inner object": (inner_at, {"a": 1}, {"a": 1}),
    "no inner object at all": (inner_at, None, {}),
    "text for an inner object": (inner_at, "secret", "`$.tasks[2].ids` is no object"),
    "a list": (list_at, [5, "x"], [5, "x"]),
    "no list at all": (list_at, None, []),
    "an object for a list": (list_at, {"secret": 1}, "`$.tasks[2].ids` is no list"),
    "a list of objects": (objects_at, [{}, {"a": 1}], [{}, {"a": 1}]),
    "a list of something else": (objects_at, [{}, "secret"], "`$.tasks[2].ids[1]` is no object"),
    "text for a list of objects": (objects_at, "secret", "`$.tasks[2].ids` is no list"),
    "text": (text_at, "x", "x"),
    "a number for text": (text_at, 5, "`$.tasks[2].ids` is no text"),
    "a word": (word_at, "x", "x"),
    "a number for a word": (word_at, 5, 5),
    "nothing for a word": (word_at, None, None),
    "a reference for a word": (word_at, REF, REF),
    "a list for a word": (word_at, ["secret"], "`$.tasks[2].ids` is no single value"),
    "an object for a word": (word_at, {}, "`$.tasks[2].ids` is no single value"),
}


@pytest.mark.parametrize(("reader", "value", "expected"), READ.values(), ids=READ)
def test_a_reader_takes_one_form_and_says_where_another_is(
    reader: Callable[..., Json], value: Json, expected: Json
) -> None:
    """What is said names the place and no value."""
    assert read_or_said(reader, value, AT) == expected


FIELDS: dict[str, tuple[Json, Json]] = {
    "there": ({"id": "x"}, "x"),
    "there and null": ({"id": None}, None),
    "missing": ({"title": "secret"}, "`$.id` is missing"),
    "no object": ("secret", "`$` is no object"),
}


@pytest.mark.parametrize(("value", "expected"), FIELDS.values(), ids=FIELDS)
def test_a_field_that_must_be_there(value: Json, expected: Json) -> None:
    assert read_or_said(field_of, value, "id") == expected


def test_what_a_reader_refuses_is_the_platforms() -> None:
    with pytest.raises(PlatformError) as caught, of_known_form("ClosingReason/won"):
        KINDS["ClosingReason"].live_id({"title": "Won"})
    assert caught.value.problems == (
        Problem(
            "platform",
            "ClosingReason/won: the platform answered in a form that syncer does not know (`$.id` is missing)",
            hint="nothing was done with it; run it again, and report it with this line if it stays so",
        ),
    )


@pytest.mark.parametrize("bug", [KeyError, IndexError, TypeError, AttributeError, ValueError, RecursionError])
def test_any_other_exception_is_a_bug_though_a_reply_is_read(bug: type[Exception]) -> None:
    with pytest.raises(bug), of_known_form("ClosingReason/won"):
        raise bug
