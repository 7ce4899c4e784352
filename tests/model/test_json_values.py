"""Paths, scalars, secrets, addresses and the small words of verbs."""

from __future__ import annotations

import copy
import pickle

import pytest

from syncer.model.address import Address, parse_address
from syncer.model.calls import has_id, is_gone, is_there, segment
from syncer.model.diagnostic import Finding, InvalidInput, Location, Problem, located
from syncer.model.json_values import (
    ABSENT,
    Json,
    Path,
    Ref,
    Secret,
    UnknownValue,
    leaves_at,
    replaced,
    same_leaf,
    show_path,
    value_at,
)

PATHS: dict[str, tuple[Path, str]] = {
    "the root": ((), "$"),
    "fields and items": (("spec", "tasks", 1, "name"), "$.spec.tasks[1].name"),
    "a dash is a letter": (("a-b",), "$.a-b"),
    "a dot is none": (("a.b",), "$['a.b']"),
    "quotes": (("it's", "a\\b"), "$['it\\'s']['a\\\\b']"),
    "a number as a name": (("1",), "$['1']"),
    "a line break at the end": (("a\n",), "$['a\n']"),
}


@pytest.mark.parametrize(("path", "text"), PATHS.values(), ids=PATHS)
def test_show_path(path: Path, text: str) -> None:
    assert show_path(path) == text


WON = Ref("ClosingReason", "won")
LEAVES: dict[str, tuple[Json, list[tuple[Path, Json]]]] = {
    # case: (value, every scalar and marker with its path)
    "mappings and lists": ({"a": [1, {"b": None}], "c": "x"}, [(("a", 0), 1), (("a", 1, "b"), None), (("c",), "x")]),
    "a marker is a leaf": ({"reasons": [WON]}, [(("reasons", 0), WON)]),
    "nothing in it": ({"a": {}, "b": []}, []),
    "a scalar": ("x", [((), "x")]),
}


@pytest.mark.parametrize(("value", "expected"), LEAVES.values(), ids=LEAVES)
def test_leaves_stand_where_they_are_said_to(value: Json, expected: list[tuple[Path, Json]]) -> None:
    assert list(leaves_at(value)) == expected
    assert [value_at(value, path) for path, _ in expected] == [leaf for _, leaf in expected]
    assert list(leaves_at(value, ("spec",))) == [(("spec", *path), leaf) for path, leaf in expected]


def test_what_is_replaced_shares_the_rest() -> None:
    value: Json = {"a": [1, {"b": 2}], "c": {"d": 3}}
    made = replaced(value, ("a", 1, "b"), "x")
    assert (made, value) == ({"a": [1, {"b": "x"}], "c": {"d": 3}}, {"a": [1, {"b": 2}], "c": {"d": 3}})
    assert made["c"] is value["c"]
    assert replaced(value, (), "x") == "x"


LEAVES: dict[str, tuple[Json, Json, bool]] = {
    "a text": ("a", "a", True),
    "a text and a number": ("1", 1, False),
    "one number": (1, 1.0, True),
    "a switch and a number": (True, 1, False),
    "off and nought": (False, 0, False),
    "one switch": (True, True, True),
    "null and off": (None, False, False),
    "null": (None, None, True),
    "unknown and a text": (UnknownValue("A"), "a", True),
    "unknown and a number": (UnknownValue("A"), 1, True),
    "unknown and a secret": (UnknownValue("A"), Secret("B", "b"), True),
    "unknown within a text": (UnknownValue("A", ("//a/?k=", UnknownValue("A"))), "//a/?k=1", True),
    "unknown within another text": (UnknownValue("A", ("//a/?k=", UnknownValue("A"))), "//b/?k=1", False),
    "unknown within a text, and what is withheld": (
        UnknownValue("A", ("a", UnknownValue("A"))),
        UnknownValue("withheld"),
        True,
    ),
    "absent and null": (ABSENT, None, False),
    "a secret and its text": (Secret("X", "hush"), "hush", True),
    "a secret and another text": (Secret("X", "hush"), "hus", False),
    "secrets of two names": (Secret("X", "hush"), Secret("Y", "hush"), True),
}


@pytest.mark.parametrize(("one", "other", "expected"), LEAVES.values(), ids=LEAVES)
def test_same_leaf(one: Json, other: Json, expected: bool) -> None:
    assert same_leaf(one, other) is expected
    assert same_leaf(other, one) is expected


A, B = Secret("A", "canary"), Secret("B", "canary")
MAY_BE: dict[str, tuple[tuple[str | Secret, ...], Json, bool]] = {
    # case: (parts, live value, whether it may be this text)
    "nothing but a secret": ((), 7, True),
    "another value of it": (("//a/?k=", A), "//a/?k=old", True),
    "none": (("//a/?k=", A), "//a/?k=", True),
    "another text before it": (("//a/?k=", A), "//b/?k=canary", False),
    "another text behind it": ((A, "/x"), "canary/y", False),
    "more behind it": ((A, "/x"), "canary/x/y", False),
    "the end twice": ((A, "/x"), "canary/x/x", True),
    "two": ((A, ":", B, "@a"), "u:p@a", True),
    "two, one text between missing": ((A, ":", B, "@a"), "up@a", False),
    "two, the other way round": (("a", A, "b", B, "c"), "ba-c", False),
    "two, side by side": (("a", A, B, "c"), "a-c", True),
    "texts that would have to overlap": (("ab", A, "bc"), "abc", False),
    "no text": (("a", A), 1, False),
    "nothing": (("a", A), ABSENT, False),
}


@pytest.mark.parametrize(("parts", "live", "expected"), MAY_BE.values(), ids=MAY_BE)
def test_what_a_live_value_may_be(parts: tuple[str | Secret, ...], live: Json, expected: bool) -> None:
    assert Secret("A", "x", parts).may_be(live) is expected


def test_a_secret_shows_its_name_alone() -> None:
    secret = Secret("SYNCER_KEY", "hush")
    assert [str(secret), repr(secret), f"{secret}", "%s" % secret] == ["Secret(SYNCER_KEY)"] * 4  # noqa: UP031
    assert secret.reveal() == "hush"
    assert secret == Secret("SYNCER_KEY", "hush")
    assert secret not in (Secret("SYNCER_KEY", "loud"), Secret("OTHER", "hush"), "hush")
    assert len({secret, Secret("SYNCER_KEY", "hush")}) == 1


@pytest.mark.parametrize("write", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_secret_is_never_copied(write: object) -> None:
    assert callable(write)
    with pytest.raises(TypeError, match="a Secret is never pickled or copied to disk"):
        write(Secret("X", "hush"))


ADDRESSES: dict[str, Address | None] = {
    "Book/a": Address("Book", "a"),
    "Book": None,
    "Book/": None,
    "/a": None,
    "Book/a/b": None,
    "": None,
}


@pytest.mark.parametrize(("text", "expected"), ADDRESSES.items(), ids=ADDRESSES)
def test_parse_address(text: str, expected: Address | None) -> None:
    assert parse_address(text) == expected
    assert expected is None or str(expected) == text


def test_a_finding_gets_its_place() -> None:
    at = Location("a.yaml", 3, 5)
    assert located(Finding("r", "m", ("spec", 0), "h", "warning"), at) == Problem(
        "r", "m", at, "$.spec[0]", "h", "warning"
    )
    assert located(Finding("r", "m"), None) == Problem("r", "m")
    assert str(at) == "a.yaml:3:5"


def test_an_error_holds_every_problem() -> None:
    both = InvalidInput([Problem("a", "first"), Problem("b", "second")])
    assert (str(both), both.exit_code) == ("first; second", 3)
    assert InvalidInput(Problem("a", "first")).problems == (Problem("a", "first"),)


SEGMENTS: dict[str, tuple[str, str]] = {
    "plain": ("a-b_c.d~1", "a-b_c.d~1"),
    "what ends a segment": ("a/b?c#d", "a%2Fb%3Fc%23d"),
    "what climbs out": ("..", "%2E%2E"),
    "one dot": (".", "%2E"),
    "encoded already": ("%2e", "%252e"),
    "letters": ("ü", "%C3%BC"),
    "nothing": ("", ""),
}


@pytest.mark.parametrize(("text", "expected"), SEGMENTS.values(), ids=SEGMENTS)
def test_segment(text: str, expected: str) -> None:
    assert segment(text) == expected


NO_ID = "the reply names no id"
REPLIES: dict[str, tuple[Json, str, str, str]] = {
    # case: (reply, has_id, is_there, is_gone)
    "an object": ({"id": "1"}, "", "", "it is still there when it is read back"),
    "an empty id": ({"id": ""}, NO_ID, "", "it is still there when it is read back"),
    "a number for an id": ({"id": 1}, NO_ID, "", "it is still there when it is read back"),
    "nothing": (None, NO_ID, "it is not there when it is read back", ""),
}


@pytest.mark.parametrize(("reply", "id_said", "there_said", "gone_said"), REPLIES.values(), ids=REPLIES)
def test_what_replies_must_show(reply: Json, id_said: str, there_said: str, gone_said: str) -> None:
    assert (has_id(reply), is_there("it")(reply), is_gone("it")(reply)) == (id_said, there_said, gone_said)
