"""Which live object is which manifest (docs/applying.md#which-live-object-is-which)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from syncer.model.address import Address
from syncer.model.diagnostic import Location, Problem
from syncer.model.kind import Kind
from syncer.model.resource import Desired, Managed
from syncer.plan.identity_match import link_of, live_of, match

Make = Callable[..., Any]
AT = Location("library.yaml", 10, 1)


def ambiguous(message: str) -> Problem:
    address = message.partition(":")[0]
    say = f", or say which with `syncer adopt {address} ID`" if "the title" in message else ""
    hint = f"delete or rename all but one in the organisation{say}; syncer does not guess which one is meant"
    return Problem("ambiguous", message, AT, "$.spec", hint)


def twice(message: str) -> Problem:
    return Problem("claimed-twice", message, AT, "$.spec", "give one of them another title, or remove it")


def left_behind(address: str) -> Problem:
    hint = (
        "give the manifest another `metadata.name` too, and the old one is planned for removal; or leave the old one "
        f"alone with `syncer state rm {address}`"
    )
    message = f"{address} is `x` in the organisation, and the manifest says `y` now: that is another object"
    return Problem("key-changed", message, Location("library.yaml", 11, 1), "$.spec.slug", hint)


A, B = {"id": "1", "title": "A"}, {"id": "2", "title": "B"}
TITLES: dict[str, tuple[list[Any], list[Any], dict[str, Any], dict[str, tuple[str, str]], list[str], list[Problem]]] = {
    # case: (manifests, live, state, {name: (id, how)}, lost, problems)
    "nothing there": ([("Book/a", {"title": "A"})], [B], {}, {}, [], []),
    "by title": ([("Book/a", {"title": "A"})], [A, B], {}, {"a": ("1", "title")}, [], []),
    "the link decides": (
        [("Book/a", {"title": "A"})], [A, {"id": "2", "title": "Renamed"}], {"Book/a": ("2", {})},
        {"a": ("2", "link")}, [], [],
    ),
    "by a former name": (
        [("Book/new", {"title": "New", "aliases": ["older", "old"]})], [A], {"Book/old": ("1", {})},
        {"new": ("1", "link")}, [], [],
    ),
    "a lost link, and the title": (
        [("Book/a", {"title": "A"})], [A], {"Book/a": ("9", {})}, {"a": ("1", "title")}, ["Book/a"], [],
    ),
    "a lost link, and nothing": ([("Book/a", {"title": "A"})], [B], {"Book/a": ("9", {})}, {}, ["Book/a"], []),
    "a link without an id": ([("Book/a", {"title": "A"})], [A], {"Book/a": ("", {})}, {"a": ("1", "title")}, [], []),
    "by a former title": (
        [("Book/x", {"title": "X", "titles": ["B", "C"]})], [A, B], {},
        {"x": ("2", "title")}, [], [],
    ),
    "a title and a former title": (
        [("Book/x", {"title": "A", "titles": ["B"]})], [A, B], {}, {}, [],
        [ambiguous("Book/x: 2 live objects have the title `A`: `1`, `2`")],
    ),
    "one letter, written in two ways": (
        [("Book/a", {"title": "U\u0308bung"})], [{"id": "1", "title": "\u00dcbung"}], {}, {"a": ("1", "title")}, [], [],
    ),
    "a space is a character": ([("Book/a", {"title": "A "})], [A], {}, {}, [], []),
    "a capital is another letter": ([("Book/a", {"title": "a"})], [A], {}, {}, [], []),
    "not active": (
        [("Book/a", {"title": "A"})], [{"id": "1", "title": "A", "status": "INACTIVE"}], {},
        {"a": ("1", "title")}, [], [],
    ),
    "several of the title": (
        [("Book/a", {"title": "A"})], [A, {"id": "3", "title": "A"}], {}, {}, [],
        [ambiguous("Book/a: 2 live objects have the title `A`: `1`, `3`")],
    ),
    "several, but one is another manifest's": (
        [("Book/a", {"title": "A"})], [A, {"id": "3", "title": "A"}], {"Book/b": ("3", {})},
        {"a": ("1", "title")}, [], [],
    ),
    "linked to what no manifest names: not taken": (
        [("Book/new", {"title": "A"})], [A], {"Book/old": ("1", {})}, {}, [], [],
    ),
    "two manifests of one title": (
        [("Book/a", {"title": "A"}), ("Book/b", {"title": "A"})], [A], {},
        {"a": ("1", "title"), "b": ("1", "title")}, [],
        [twice("Book/b and Book/a are both `1` in the organisation")],
    ),
    "a live object without a title": ([("Book/a", {"title": "A"})], [{"id": "1"}], {}, {}, [], []),
}  # fmt: skip


@pytest.mark.parametrize(("manifests", "listed", "state", "found", "lost", "problems"), TITLES.values(), ids=TITLES)
def test_by_link_then_title(
    manifests: list[Any], listed: list[Any], state: dict[str, Any], found: dict[str, tuple[str, str]], lost: list[str],
    problems: list[Problem], kinds: Mapping[str, Kind], desired: Make, managed: Make,
) -> None:  # fmt: skip
    check(kinds["Book"], manifests, listed, state, found, lost, problems, desired, managed)


KEYS: dict[str, tuple[list[Any], list[Any], dict[str, Any], dict[str, tuple[str, str]], list[str], list[Problem]]] = {
    # case: (manifests, live, state, {name: (id, how)}, lost, problems)
    "found is found, without state": ([("Shelf/a", {"slug": "x"})], [{"slug": "x"}], {}, {"a": ("x", "key")}, [], []),
    "and with it": (
        [("Shelf/a", {"slug": "x"})], [{"slug": "x"}], {"Shelf/a": ("x", {})},
        {"a": ("x", "link")}, [], [],
    ),
    "by a former name": (
        [("Shelf/a", {"slug": "x", "aliases": ["b"]})], [{"slug": "x"}], {"Shelf/b": ("x", {})},
        {"a": ("x", "link")}, [], [],
    ),
    "gone, and the key is another": (
        [("Shelf/a", {"slug": "y"})], [{"slug": "z"}], {"Shelf/a": ("x", {})}, {}, ["Shelf/a"], [],
    ),
    "another key, and the old object is there": (
        [("Shelf/a", {"slug": "y"})], [{"slug": "x"}], {"Shelf/a": ("x", {})}, {}, [], [left_behind("Shelf/a")],
    ),
    "another key that is there too": (
        [("Shelf/a", {"slug": "y"})], [{"slug": "x"}, {"slug": "y"}], {"Shelf/a": ("x", {})},
        {"a": ("y", "link")}, [], [left_behind("Shelf/a")],
    ),
    "another key, and another manifest has the old one": (
        [("Shelf/a", {"slug": "y"}), ("Shelf/b", {"slug": "x"})], [{"slug": "x"}], {"Shelf/a": ("x", {})},
        {"b": ("x", "key")}, ["Shelf/a"], [],
    ),
    "new": ([("Shelf/a", {"slug": "x"})], [], {}, {}, [], []),
    "several live ones": (
        [("Shelf/a", {"slug": "x"})], [{"slug": "x"}, {"slug": "x"}], {}, {}, [],
        [ambiguous("Shelf/a: 2 live objects have `x`: `x`, `x`")],
    ),
    "two manifests of one key": (
        [("Shelf/b", {"slug": "x"}), ("Shelf/a", {"slug": "x"})], [{"slug": "x"}], {},
        {"a": ("x", "key"), "b": ("x", "key")}, [], [twice("Shelf/b and Shelf/a are both `x` in the organisation")],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("manifests", "listed", "state", "found", "lost", "problems"), KEYS.values(), ids=KEYS)
def test_by_key(
    manifests: list[Any], listed: list[Any], state: dict[str, Any], found: dict[str, tuple[str, str]], lost: list[str],
    problems: list[Problem], kinds: Mapping[str, Kind], desired: Make, managed: Make,
) -> None:  # fmt: skip
    check(kinds["Shelf"], manifests, listed, state, found, lost, problems, desired, managed)


def check(
    kind: Kind, manifests: list[Any], listed: list[Any], state: dict[str, Any], found: dict[str, tuple[str, str]],
    lost: list[str], problems: list[Problem], desired: Make, managed: Make,
) -> None:  # fmt: skip
    wanted: list[Desired] = [desired(address, **spec) for address, spec in manifests]
    matches = match(kind, wanted, live_of(kind, listed), managed(state))
    assert {address.name: (each.live.id, each.how) for address, each in matches.found.items()} == found
    assert [str(address) for address in matches.lost] == lost
    assert matches.problems == problems
    told = {str(address) for address in matches.undecided}
    assert told == {address for address, _ in manifests if any(address in each.message for each in problems)}


LINKS: dict[str, tuple[list[str], dict[str, Any], str | None]] = {
    # case: (aliases, state, the id that is remembered)
    "none": (["b"], {}, None),
    "its own": ([], {"Book/a": ("1", {})}, "1"),
    "its own before a former one": (["b"], {"Book/a": ("1", {}), "Book/b": ("2", {})}, "1"),
    "the first former one": (["b", "c"], {"Book/c": ("3", {}), "Book/b": ("2", {})}, "2"),
    "a former one of another kind": (["b"], {"Loan/b": ("2", {})}, None),
}


@pytest.mark.parametrize(("aliases", "state", "expected"), LINKS.values(), ids=LINKS)
def test_link_of(aliases: list[str], state: dict[str, Any], expected: str | None, desired: Make, managed: Make) -> None:
    entries: dict[Address, Managed] = managed(state)
    entry = link_of(desired("Book/a", title="A", aliases=aliases), entries)
    assert (entry.live_id if entry else None) == expected


@pytest.mark.parametrize("odd", [{"some": "thing"}, {}], ids=["other fields", "empty"])
def test_a_listed_object_of_another_form_is_the_platforms_fault(odd: dict[str, object]) -> None:
    """docs/catalogue.md#c17: strict JSON of another shape is no KeyError, and never an empty organisation."""
    from syncer.kinds import KINDS
    from syncer.model.diagnostic import PlatformError

    with pytest.raises(PlatformError) as caught:
        live_of(KINDS["ClosingReason"], [odd])
    assert caught.value.problems[0].message == "the platform answered with something that is no ClosingReason"
