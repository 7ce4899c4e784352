"""What a digest of an agreement is made of: every input of a decision, each changed alone, makes it another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest

from syncer.model.address import Address
from syncer.model.diagnostic import Location, Problem
from syncer.model.json_values import Lookup, Ref, Secret, UnknownValue
from syncer.model.kind import Context
from syncer.model.resource import Desired, Live, Managed, Match, Remainder
from syncer.plan.agreement import Agreements, ComparedSides, RunAgreements, extent
from syncer.plan.plan import Draft, Link, Notice, Release

ADDRESS = Address("ClosingReason", "won")
KEY = b"k" * 32
DESIRED = Desired(ADDRESS, {"title": "Won"}, {}, False, (), (), (), lambda path: Location("a.yaml", 1, 1), "d")
ENTRY = Managed(ADDRESS, "1f", {"title": "Won"})
FOUND = Match(ADDRESS, Live("1f", "", "Won", {"id": "1f", "title": "Won"}), "link")
CONTEXT = Context(ADDRESS, {"title": "Won"}, FOUND.live.object, {}, {}, {}, {"title": "Won"}, "2026-11-22")


def digest(
    context: Context = CONTEXT, desired: Desired = DESIRED, found: Any = FOUND, entry: Any = ENTRY, salt: str = "5a"
) -> Any:
    return Agreements(KEY).digest(context, desired, found, entry, salt)


INPUTS: dict[str, Callable[[], Any]] = {
    "a value of the manifest": lambda: digest(CONTEXT._replace(want={"title": "Lost"})),
    "the type of a value": lambda: digest(CONTEXT._replace(want={"title": 1})),
    "1 and true are two values": lambda: digest(CONTEXT._replace(want={"title": True})),
    "1 and 1.0 are two values": lambda: digest(CONTEXT._replace(want={"title": 1.0})),
    "null is a value": lambda: digest(CONTEXT._replace(want={"title": None})),
    "a further field": lambda: digest(CONTEXT._replace(want={"title": "Won", "status": "ACTIVE"})),
    "the order of fields": lambda: digest(CONTEXT._replace(want={"status": "ACTIVE", "title": "Won"})),
    "a reference that has an id": lambda: digest(CONTEXT._replace(want={"title": "7b"})),
    "a reference that has none": lambda: digest(CONTEXT._replace(want={"title": Ref("ClosingReason", "7b")})),
    "a lookup": lambda: digest(CONTEXT._replace(want={"title": Lookup("ClosingReason", "7b")})),
    "the live object": lambda: digest(CONTEXT._replace(live={"id": "1f", "title": "Won", "x": 1})),
    "a lone surrogate": lambda: digest(CONTEXT._replace(live={"id": "1f", "title": "\ud800"})),
    "the ids of parts": lambda: digest(CONTEXT._replace(parts={"nodes": {"check": "a8"}})),
    "the policy": lambda: digest(CONTEXT._replace(policy={"removal": "delete"})),
    "an answer": lambda: digest(CONTEXT._replace(answers={"flows": {"results": []}})),
    "another answer": lambda: digest(CONTEXT._replace(answers={"flows": {"results": [{}]}})),
    "what was declared": lambda: digest(CONTEXT._replace(last={"title": "Lost"})),
    "the day": lambda: digest(CONTEXT._replace(today="2026-11-23")),
    "secrets that are not set": lambda: digest(CONTEXT._replace(unset=frozenset({"pin"}))),
    "secrets that were sent": lambda: digest(CONTEXT._replace(sent=frozenset({"pin"}))),
    "when secrets were set": lambda: digest(entry=ENTRY._replace(secret_times={"pin": "2026-11-01"})),
    "protect": lambda: digest(desired=DESIRED._replace(protect=True)),
    "aliases": lambda: digest(desired=DESIRED._replace(aliases=("gained",))),
    "titles": lambda: digest(desired=DESIRED._replace(titles=("Gained",))),
    "how it was found": lambda: digest(found=FOUND._replace(how="title")),
    "remembered protection": lambda: digest(entry=ENTRY._replace(protect=True)),
    "remembered aliases": lambda: digest(entry=ENTRY._replace(aliases=("gained",))),
    "remembered policy": lambda: digest(entry=ENTRY._replace(policy={"removal": "delete"})),
    "linked by hand": lambda: digest(entry=ENTRY._replace(adopted=True)),
    "what the platform makes of a value": lambda: digest(entry=ENTRY._replace(forms={"title": "a b"})),
    "that nothing was live and undeclared": lambda: digest(entry=ENTRY._replace(undeclared=Remainder())),
    "what was live and undeclared": lambda: digest(entry=ENTRY._replace(undeclared=Remainder({"": {"x": "b6"}}))),
    "another value of it": lambda: digest(entry=ENTRY._replace(undeclared=Remainder({"": {"x": "c7"}}))),
    "that the manifest is whole": lambda: digest(entry=ENTRY._replace(whole=True)),
    "the state's salt": lambda: digest(salt="a5"),
    "environment, organisation, server, program": lambda: Agreements(b"j" * 32).digest(
        CONTEXT, DESIRED, FOUND, ENTRY, "5a"
    ),
}


def test_every_input_makes_another_digest() -> None:
    """All at once: none of them is the same as any other, or as the digest without a change."""
    digests = {name: change() for name, change in INPUTS.items()}
    assert [name for name, each in digests.items() if not isinstance(each, bytes)] == []
    assert len({digest(), *digests.values()}) == len(INPUTS) + 1


def test_the_same_inputs_make_the_same_digest() -> None:
    again = CONTEXT._replace(want=dict(CONTEXT.want), live=dict(CONTEXT.live))
    assert digest(again, DESIRED._replace(where=lambda path: Location("b.yaml", 2, 2))) == digest()


def test_every_field_of_the_sides_is_an_input() -> None:
    """A field that comes to a type is a question to the table above: does a decision see it?"""
    assert Context._fields == (
        *("address", "want", "live", "parts", "policy", "answers", "last", "today", "unset", "sent"),
    )
    known = ("address", "spec", "policy", "protect", "aliases", "titles", "uses", "where", "digest")
    assert Desired._fields[: len(known)] == known
    known = (
        *("address", "live_id", "declared", "parts", "protect", "aliases", "policy", "secrets", "secret_times"),
        *("adopted", "forms"),
    )
    assert Managed._fields == (*known, "undeclared", "whole")


NONE: dict[str, Callable[[], Any]] = {
    "no object": lambda: digest(found=None),
    "nothing is remembered": lambda: digest(entry=None),
    "another object is remembered": lambda: digest(entry=ENTRY._replace(live_id="2f")),
    "another name is remembered": lambda: digest(entry=ENTRY._replace(address=Address("ClosingReason", "gained"))),
    "a secret is remembered": lambda: digest(entry=ENTRY._replace(secrets={"options.token": "d"})),
    "a secret": lambda: digest(CONTEXT._replace(want={"title": Secret("SYNCER_KEY", "hush")})),
    "a text with a secret": lambda: digest(
        CONTEXT._replace(want={"a": [{"b": Secret("K", "x-hush", ("x-", Secret("K", "hush")))}]})
    ),
    "a secret that is not at hand": lambda: digest(CONTEXT._replace(want={"title": UnknownValue("SYNCER_KEY")})),
}


@pytest.mark.parametrize("name", NONE)
def test_no_digest_is_made(name: str) -> None:
    assert NONE[name]() is None


AGREED = Draft(links=[Link(ADDRESS, "1f", "link", False)], settled={ADDRESS: ENTRY})


def test_what_agreed_is_settled_without_a_decision() -> None:
    made = digest()
    agreements, out = Agreements(KEY, frozenset({made})), Draft()
    assert (agreements.settle(made, ENTRY, out), out, agreements.now) == (True, AGREED, {ADDRESS: made})


@pytest.mark.parametrize(("known", "checking"), [(frozenset(), False), (frozenset({digest()}), True)])
def test_what_is_not_known_or_is_being_checked_is_decided(known: frozenset[bytes], checking: bool) -> None:
    agreements, out = Agreements(KEY, known, checking=checking), Draft()
    assert (agreements.settle(digest(), ENTRY, out), out, agreements.now) == (False, Draft(), {})


def _agreed(**more: Any) -> Draft:
    return Draft(**{"links": list(AGREED.links), "settled": dict(AGREED.settled), **more})


PROBLEM = Problem("duplicate-live", "two of one title", severity="warning")
SAID: dict[str, Draft] = {
    "a task": _agreed(tasks={ADDRESS: None}),
    "no link": _agreed(links=[]),
    "a new link": _agreed(links=[Link(ADDRESS, "1f", "link", True)]),
    "a link by title": _agreed(links=[Link(ADDRESS, "1f", "title", False)]),
    "something to remember": _agreed(settled={ADDRESS: ENTRY._replace(protect=True)}),
    "nothing settled": _agreed(settled={}),
    "a field let go of": _agreed(released=[Release(ADDRESS, "title")]),
    "a notice": _agreed(notices=[Notice("kind", "it is frozen", ADDRESS)]),
    "a warning": _agreed(problems=[PROBLEM]),
    "a difference": _agreed(differing={ADDRESS: None}),
    "it is unclear": _agreed(unclear=[ADDRESS]),
    "what nobody declares has changed": _agreed(undeclared={ADDRESS: None}),
    "something to forget": _agreed(forgotten=[ADDRESS]),
}


def test_what_agrees_is_learnt() -> None:
    agreements = Agreements(KEY)
    agreements.learn(digest(), ENTRY, extent(Draft()), AGREED)
    assert (agreements.now, agreements.wrong) == ({ADDRESS: digest()}, [])


@pytest.mark.parametrize("name", SAID)
def test_what_something_came_of_does_not_agree(name: str) -> None:
    agreements = Agreements(KEY)
    agreements.learn(digest(), ENTRY, extent(Draft()), SAID[name])
    assert (agreements.now, agreements.wrong) == ({}, [])


@pytest.mark.parametrize("name", SAID)
def test_what_was_known_to_agree_and_does_not_is_told(name: str) -> None:
    agreements = Agreements(KEY, frozenset({digest()}), checking=True)
    agreements.learn(digest(), ENTRY, extent(Draft()), SAID[name])
    assert (agreements.now, agreements.wrong) == ({}, [ADDRESS])


def test_all_that_a_draft_may_hold_is_looked_at() -> None:
    named = {each.name for each in fields(Draft)}
    filled = Draft()
    for name in named:
        value = getattr(filled, name)
        value.append(1) if isinstance(value, list) else value.update({ADDRESS: 1})
    assert (len(extent(Draft())), extent(filled)) == (len(named), (1,) * len(named))


COMPARED = ComparedSides(CONTEXT, DESIRED, FOUND, ENTRY)


def _with(context: Context = CONTEXT, desired: Desired = DESIRED, found: Any = FOUND, entry: Any = ENTRY) -> Any:
    return ComparedSides(context, desired, found, entry)


OTHER_SIDES: dict[str, ComparedSides] = {
    "the manifest's text": _with(desired=DESIRED._replace(digest="e")),
    "a manifest whose text nobody digested": _with(desired=DESIRED._replace(digest="")),
    "a reference that has another id": _with(CONTEXT._replace(want={"title": "7b"})),
    "another reply, though it is equal": _with(CONTEXT._replace(live={**FOUND.live.object})),
    "the ids of parts": _with(CONTEXT._replace(parts={"nodes": {"check": "a8"}})),
    "the policy": _with(CONTEXT._replace(policy={"removal": "delete"})),
    "an answer": _with(CONTEXT._replace(answers={"flows": {"results": []}})),
    "what was declared": _with(CONTEXT._replace(last={"title": "Lost"})),
    "the day": _with(CONTEXT._replace(today="2026-11-23")),
    "secrets that are not set": _with(CONTEXT._replace(unset=frozenset({"pin"}))),
    "secrets that were sent": _with(CONTEXT._replace(sent=frozenset({"pin"}))),
    "protect": _with(desired=DESIRED._replace(protect=True)),
    "aliases": _with(desired=DESIRED._replace(aliases=("gained",))),
    "titles": _with(desired=DESIRED._replace(titles=("Gained",))),
    "how it was found": _with(found=FOUND._replace(how="title")),
    "nothing is found": _with(found=None),
    "nothing is remembered": _with(entry=None),
    "another memory": _with(entry=ENTRY._replace(protect=True)),
}


def _learnt(agreed: ComparedSides = COMPARED) -> RunAgreements:
    agreements = RunAgreements()
    agreements.learn(agreed, extent(Draft()), AGREED)
    return agreements


def test_what_agreed_in_this_run_is_settled_without_a_second_decision() -> None:
    out = Draft()
    again = _with(CONTEXT._replace(want={**CONTEXT.want}), DESIRED._replace(where=lambda path: Location("b", 2, 2)))
    assert (_learnt().settle(again, out), out) == (True, AGREED)
    assert ADDRESS in _learnt()


@pytest.mark.parametrize("name", OTHER_SIDES)
def test_what_is_not_what_agreed_in_this_run_is_decided(name: str) -> None:
    out = Draft()
    assert (_learnt().settle(OTHER_SIDES[name], out), out) == (False, Draft())


def test_a_manifest_whose_text_nobody_digested_is_always_decided() -> None:
    bare = _with(desired=DESIRED._replace(digest=""))
    assert not _learnt(bare).settle(bare, Draft())


@pytest.mark.parametrize("name", [name for name in SAID if name not in ("a new link", "a link by title")])
def test_of_what_something_was_said_nothing_agrees_in_this_run(name: str) -> None:
    """A link that is new is no difference: it is said again, as it was."""
    agreements = RunAgreements()
    agreements.learn(COMPARED, extent(Draft()), SAID[name])
    assert (ADDRESS in agreements) is (name == "something to remember")
    again = _learnt()
    again.learn(COMPARED, extent(Draft()), SAID["a notice"])
    assert ADDRESS not in again
