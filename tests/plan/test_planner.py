"""What is decided from three sides, with whole changes, notices and problems as they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from syncer.diff.fingerprint import fingerprint
from syncer.diff.required_fields import CreateSchema
from syncer.diff.secret_digest import digest_secret
from syncer.model.address import Address
from syncer.model.diagnostic import Location, Problem
from syncer.model.json_values import ABSENT, Json, Lookup, Ref, Secret
from syncer.model.kind import Kind
from syncer.model.resource import Desired, Managed
from syncer.model.secret_text import secret_text, written
from syncer.plan.identity_match import live_of, match
from syncer.plan.inputs import IdIndex, PlanInputs
from syncer.plan.plan import HIDDEN, Change, Draft, Field, Link, Notice, Release
from syncer.plan.planner import asks_of, draft
from syncer.plan.removals import gone

Make = Callable[..., Any]
PIN = Secret("SYNCER_PIN", "1234")
DIGEST = digest_secret(PIN, b"0123456789abcdef")


ROUND: dict[str, Json] = {"x-syncer-create": ["radius"]}
NEEDS: dict[str, Json] = {
    "Book": {
        "x-syncer-create": ["pages"],
        "properties": {"chapters": {"items": {"x-syncer-create": ["name"]}}},
    },
    "Shelf": {
        "x-syncer-create": ["boards"],
        "properties": {"boards": {"items": {"$ref": "#/$defs/board"}}},
    },
}
DEFS: dict[str, Json] = {
    "board": {
        "x-syncer-create": ["wood"],
        "allOf": [{"if": {"properties": {"form": {"const": "round"}}, "required": ["form"]}, "then": ROUND}],
    },
}


def needs(kind: Kind) -> CreateSchema:
    """What the JSON Schemas of this library say of new objects."""
    return CreateSchema(NEEDS.get(kind.name, {}), DEFS)


class World:
    """Manifests, live objects and state, and the plan of them."""

    def __init__(self, kinds: Mapping[str, Kind], desired: Make, managed: Make) -> None:
        self.kinds, self._desired, self._managed = kinds, desired, managed

    def sides(
        self,
        manifests: Sequence[tuple[str, dict[str, Json]]],
        live: Mapping[str, list[Json]],
        state: Mapping[str, Any],
        answers: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> PlanInputs:
        wanted: list[Desired] = [self._desired(address, **spec) for address, spec in manifests]
        managed: dict[Address, Managed] = self._managed(state)
        listed = {name: live_of(self.kinds[name], live.get(name, [])) for name in self.kinds}
        matches = {
            name: match(kind, [each for each in wanted if each.address.kind == name], listed[name], managed)
            for name, kind in self.kinds.items()
        }
        told = {Address(*address.split("/")): answer for address, answer in (answers or {}).items()}
        return PlanInputs(wanted, listed, managed, matches, told, more.pop("lookups", {}), "2026-11-22", needs, **more)

    def plan(self, *given: Any, **more: Any) -> Draft:
        return draft(self.kinds, self.sides(*given, **more))


@pytest.fixture(scope="session")
def world(kinds: Mapping[str, Kind], desired: Make, managed: Make) -> World:
    return World(kinds, desired, managed)


def only(made: Draft) -> Change:
    (task,) = made.tasks.values()
    return task.change


B1 = {"id": "b1", "title": "A", "pages": 7, "theirs": True}


def test_a_create(world: World) -> None:
    sequel = Ref("Book", "b")
    given = [("Book/a", {"title": "A", "pages": 7, "blurb": None, "sequel": sequel, "pin": PIN, "dear": True})]
    made = world.plan([*given, ("Book/b", {"title": "B", "pages": 8})], {}, {})
    task = made.tasks[Address("Book", "a")]
    assert task.change == Change(
        address=Address("Book", "a"),
        action="create",
        level="risky",
        reasons=("it is dear",),
        fields=(
            Field("title", ABSENT, "A", "ours"),
            Field("pages", ABSENT, 7, "ours"),
            Field("sequel", ABSENT, sequel, "ours"),
            Field("dear", ABSENT, True, "ours"),
            Field("locks[pin]", ABSENT, PIN, "ours", word="set"),
        ),
        calls=("PUT /things/…",),
        waits=(Address("Book", "b"),),
        fingerprint=task.change.fingerprint,
        live_id="",
        name="A",
    )
    assert task.goal == {"title": "A", "pages": 7, "sequel": sequel, "dear": True}
    assert task.want == {**task.goal, "blurb": None}
    assert (task.secrets, task.parts, task.live) == ({"locks[pin]": PIN}, {"today": {"is": "2026-11-22"}}, None)
    assert (made.links, made.problems, made.notices, made.settled) == ([], [], [], {})


def test_an_update(world: World, kinds: Mapping[str, Kind]) -> None:
    live = {**B1, "status": "INACTIVE", "sequel": "b2", "parts": ["part-1"]}
    manifests = [("Book/a", {"title": "B", "status": "ACTIVE", "pages": 7, "sequel": "b9", "parts": ["x"]})]
    other = [("Book/z", {"title": "Z"})]
    listed = {"Book": [live, {"id": "b2", "title": "Z", "pages": 1}]}
    state = {"Book/a": ("b1", {"title": "A", "pages": 7, "theirs": True}), "Book/z": ("b2", {})}
    made = world.plan([*manifests, *other], listed, state)
    have = {name: value for name, value in live.items() if name != "id"}
    assert only(made) == Change(
        address=Address("Book", "a"),
        action="update",
        level="risky",
        reasons=("readers will ask",),
        fields=(
            Field("title", "A", "B", "ours"),
            Field("status", "INACTIVE", "ACTIVE", "ours", "risky", "readers will ask"),
            Field("sequel", Ref("Book", "z"), "b9", "ours"),
            Field("parts", ["first"], ["x"], "ours"),
        ),
        calls=("PUT /things/b1",),
        waits=(),
        fingerprint=fingerprint(have, kinds["Book"].shape),
        live_id="b1",
        name="B",
    )
    task = made.tasks[Address("Book", "a")]
    assert task.goal == {**have, "title": "B", "status": "ACTIVE", "sequel": "b9", "parts": ["x"]}
    assert task.changed == {"title", "status", "sequel", "parts"}
    assert made.released == [Release(Address("Book", "a"), "theirs")]
    assert made.links == [
        Link(Address("Book", "a"), "b1", "link", new=False),
        Link(Address("Book", "z"), "b2", "link", new=False),
    ]


def test_no_change_is_remembered(world: World) -> None:
    state = {
        "Book/a": ("b1", {"pages": 7}, {"secrets": {"locks[pin]": DIGEST, "old": "x"}, "parts": {"p": {"k": "1"}}})
    }
    spec = {"title": "A", "pin": PIN, "protect": True, "aliases": ["z"], "policy": {"removal": "deactivate"}}
    made = world.plan([("Book/a", spec)], {"Book": [B1]}, state)
    assert made.settled == {
        Address("Book", "a"): Managed(
            Address("Book", "a"),
            "b1",
            {"title": "A"},
            {"p": {"k": "1"}, "today": {"is": "2026-11-22"}},
            True,
            ("z",),
            {"removal": "deactivate"},
            {"locks[pin]": DIGEST, "old": "x"},
        )
    }
    assert (made.tasks, made.notices, made.problems) == ({}, [], [])
    assert made.released == [Release(Address("Book", "a"), "pages")]


ADOPTED = "takes over an object that the state does not know as ours"
LEVELS: dict[str, tuple[dict[str, Json], dict[str, Any], list[Any] | None]] = {
    # case: (manifest of Book/a, state, [verb, level, reasons] or None)
    "safe": ({"title": "A", "pages": 8}, {"Book/a": ("b1", {})}, ["update", "safe", ()]),
    "an upgrade": ({"title": "A", "edition": 2}, {"Book/a": ("b1", {})}, ["upgrade", "safe", ()]),
    "adopted, with a change": ({"title": "A", "pages": 8}, {}, ["update", "risky", (ADOPTED,)]),
    "adopted, with two reasons": (
        {"title": "A", "status": "X"}, {}, ["update", "risky", ("readers will ask", ADOPTED)],
    ),
    "adopted in place of a lost one": (
        {"title": "A", "pages": 8}, {"Book/a": ("b9", {})}, ["update", "risky", (ADOPTED,)],
    ),
    "found after a create that was cut off": (
        {"title": "A", "pages": 8}, {"Book/a": ("", {})}, ["update", "risky", (ADOPTED,)],
    ),
    "adopted, without a change": ({"title": "A"}, {}, None),
    "a change that nobody sees": ({"title": "A", "extra": True}, {"Book/a": ("b1", {})}, ["update", "safe", ()]),
}  # fmt: skip


@pytest.mark.parametrize(("spec", "state", "expected"), LEVELS.values(), ids=LEVELS)
def test_verb_and_class(spec: dict[str, Json], state: dict[str, Any], expected: list[Any] | None, world: World) -> None:
    made = world.plan([("Book/a", spec)], {"Book": [{**B1, "extra": True}]}, state)
    if expected is None:
        assert made.tasks == {}
    else:
        change = only(made)
        assert [change.action, change.level, change.reasons] == expected
    assert [link.new for link in made.links] == [state.get("Book/a", ("",))[0] != "b1"]


def test_an_item_that_is_no_longer_declared_is_lost(world: World) -> None:
    boards = [{"name": "x", "wood": "oak"}, {"name": "y", "wood": "elm"}]
    state = {"Shelf/s": ("top", {"slug": "top", "boards": [{"name": "x"}, {"name": "y"}]})}
    made = world.plan(
        [("Shelf/s", {"slug": "top", "boards": [{"name": "x"}]})], {"Shelf": [{"slug": "top", "boards": boards}]}, state
    )
    change = only(made)
    assert change.fields == (Field("boards[y]", boards[1], ABSENT, "ours", "destructive", "board `y` falls", "y"),)
    assert (change.level, change.losses) == ("destructive", (("Shelf/s/y", "board `y` falls"),))


def test_what_was_declared_of_a_lost_object_removes_nothing_from_another(world: World) -> None:
    state = {"Book/a": ("b9", {"title": "A", "tags": ["x"]}, {"parts": {"p": {"k": "9"}}})}
    made = world.plan([("Book/a", {"title": "A"})], {"Book": [{**B1, "tags": ["x"]}]}, state)
    assert (made.tasks, made.released) == ({}, [])
    assert made.settled[Address("Book", "a")].parts == {"today": {"is": "2026-11-22"}}


def test_a_create_that_was_cut_off_keeps_its_parts(world: World) -> None:
    state: dict[str, Any] = {"Book/a": ("", {}, {"parts": {"p": {"k": "1"}}})}
    made = world.plan([("Book/a", {"title": "A", "pages": 1})], {}, state)
    assert made.tasks[Address("Book", "a")].parts == {"p": {"k": "1"}, "today": {"is": "2026-11-22"}}


def test_an_object_whose_manifest_is_gone_is_still_called_by_its_name(world: World) -> None:
    live = [{**B1, "sequel": "b9"}, {"id": "b9", "title": "Z"}, {"id": "b2", "title": "B"}]
    given = [("Book/a", {"title": "A", "sequel": Ref("Book", "b")}), ("Book/b", {"title": "B"})]
    state: dict[str, Any] = {"Book/a": ("b1", {}), "Book/b": ("b2", {}), "Book/z": ("b9", {})}
    made = world.plan(given, {"Book": live}, state)
    assert made.tasks[Address("Book", "a")].change.fields == (
        Field("sequel", Ref("Book", "z"), Ref("Book", "b"), "ours"),
    )


def test_a_part_that_is_given_another_id_is_shown_by_its_ids(world: World) -> None:
    state: dict[str, Any] = {"Book/a": ("b1", {})}
    made = world.plan([("Book/a", {"title": "A", "sequel": "first"})], {"Book": [{**B1, "sequel": "part-1"}]}, state)
    assert only(made).fields == (Field("sequel", "part-1", "first", "ours"),)


def test_deleted_elsewhere(world: World) -> None:
    state: dict[str, Any] = {"Book/a": ("b9", {"title": "A"}, {"parts": {"p": {"k": "9"}}})}
    made = world.plan([("Book/a", {"title": "A", "pages": 1})], {}, state)
    said = "Book/a was deleted in the organisation and is planned anew"
    assert made.notices == [Notice("deleted-elsewhere", said, Address("Book", "a"))]
    assert (only(made).action, made.tasks[Address("Book", "a")].parts) == ("create", {"today": {"is": "2026-11-22"}})


SECRETS: dict[str, tuple[Secret, dict[str, str], bool, dict[str, Json], list[Field], list[str]]] = {
    # case: (the secret, remembered digests, resend, more of the manifest, fields, notices)
    "the one that was sent": (PIN, {"locks[pin]": DIGEST}, False, {}, [], []),
    "another": (
        Secret("SYNCER_PIN", "9"), {"locks[pin]": DIGEST}, False, {},
        [Field("locks[pin]", HIDDEN, Secret("SYNCER_PIN", "9"), "ours", word="rotate")], [],
    ),
    "asked for": (
        PIN, {"locks[pin]": DIGEST}, True, {}, [Field("locks[pin]", HIDDEN, PIN, "ours", word="rotate")], [],
    ),
    "not known": (
        PIN, {}, False, {}, [], ["Book/a: whether locks[pin] is up to date is not known; it is not sent"],
    ),
    "not known, and asked for": (PIN, {}, True, {}, [Field("locks[pin]", HIDDEN, PIN, "ours", word="rotate")], []),
    "not known, and other fields change": (
        PIN, {}, False, {"pages": 8}, [Field("pages", 7, 8, "ours")],
        ["Book/a: whether locks[pin] is up to date is not known; it is not sent"],
    ),
    "not known, and sent along with others": (
        PIN, {}, False, {"locks": ["iron"]}, [Field("locks", ABSENT, ["iron"], "ours")],
        ["Book/a: whether locks[pin] is up to date is not known; it is sent along with the other changes"],
    ),
    "a digest that is none": (
        PIN, {"locks[pin]": "x"}, False, {}, [Field("locks[pin]", HIDDEN, PIN, "ours", word="rotate")], [],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("secret", "digests", "resend", "more", "fields", "notices"), SECRETS.values(), ids=SECRETS)
def test_secrets(
    secret: Secret, digests: dict[str, str], resend: bool, more: dict[str, Json], fields: list[Field],
    notices: list[str], world: World,
) -> None:  # fmt: skip
    state: dict[str, Any] = {"Book/a": ("b1", {}, {"secrets": digests})}
    made = world.plan([("Book/a", {"title": "A", "pin": secret, **more})], {"Book": [B1]}, state, resend_secrets=resend)
    assert [each for task in made.tasks.values() for each in task.change.fields] == fields
    assert made.notices == [Notice("secret-unverified", text, Address("Book", "a")) for text in notices]


WAS = {"secret": "SYNCER_PIN"}
SEEN = "the secret SYNCER_PIN goes into `code`, which is no field for secrets"
SENT = "the secret SYNCER_PIN goes to b.example: `code` is no field for secrets"
TO_A, TO_B = (secret_text([f"https://{host}.example/?pin=", PIN]) for host in "ab")
HIDING: dict[str, tuple[Json, Json, Json, Field]] = {
    # case: (live, manifest, remembered, field)
    "a new secret": ("old", PIN, WAS, Field("code", HIDDEN, PIN, "ours", "risky", SEEN)),
    "a secret for the first time": ("old", PIN, ABSENT, Field("code", HIDDEN, PIN, "ours", "risky", SEEN)),
    "nothing to hide": (ABSENT, PIN, ABSENT, Field("code", ABSENT, PIN, "ours", "risky", SEEN)),
    "to another host": (
        TO_A.reveal(),
        TO_B,
        {"secret": written(TO_A)},
        Field("code", HIDDEN, TO_B, "ours", "risky", SENT),
    ),
    "to another host, by hand": (
        "https://evil.example/?pin=1234",
        TO_B,
        {"secret": written(TO_B)},
        Field("code", HIDDEN, TO_B, "drift", "risky", SENT),
    ),
    "no secret any more": ("old", "open", WAS, Field("code", HIDDEN, "open", "conflict")),
    "emptied": ("old", None, WAS, Field("code", HIDDEN, ABSENT, "conflict")),
    "inside a list": (
        ["a", "old"],
        ["a", PIN],
        ABSENT,
        Field("code", HIDDEN, ["a", PIN], "ours", "risky", SEEN.replace("`code`", "`code[1]`")),
    ),
    "no secret at all": ("old", "new", "old", Field("code", "old", "new", "ours")),
}


@pytest.mark.parametrize(("before", "want", "last", "expected"), HIDING.values(), ids=HIDING)
def test_a_live_value_that_was_a_secret_is_not_shown(
    before: Json, want: Json, last: Json, expected: Field, world: World
) -> None:
    live = {**B1, **({} if before is ABSENT else {"code": before})}
    state: dict[str, Any] = {"Book/a": ("b1", {} if last is ABSENT else {"code": last})}
    made = world.plan([("Book/a", {"title": "A", "code": want})], {"Book": [live]}, state)
    assert only(made).fields == (expected,)
    assert (only(made).level, only(made).reasons[:1]) == (expected.level, (expected.reason,) if expected.reason else ())


def test_a_text_with_a_secret_that_is_there_already_is_no_change(world: World) -> None:
    live = {**B1, "code": TO_A.reveal()}
    state: dict[str, Any] = {"Book/a": ("b1", {"title": "A", "code": {"secret": "SYNCER_PIN"}})}
    made = world.plan([("Book/a", {"title": "A", "code": TO_A})], {"Book": [live]}, state)
    assert (made.tasks, made.problems) == ({}, [])
    assert made.settled[Address("Book", "a")].declared["code"] == {"secret": "https://a.example/?pin=${env.SYNCER_PIN}"}


def test_a_new_object_with_secrets(world: World) -> None:
    """What a kind keeps secret is no risk; what is left in the wish is one, beside the kind's own."""
    made = world.plan([("Book/a", {"title": "A", "pages": 1, "pin": PIN, "code": [TO_B], "dear": True})], {}, {})
    sent = SENT.replace("`code`", "`code[0]`")
    assert (only(made).level, only(made).reasons) == ("risky", ("it is dear", sent))
    assert only(made).fields == (
        Field("title", ABSENT, "A", "ours"),
        Field("pages", ABSENT, 1, "ours"),
        Field("code", ABSENT, [TO_B], "ours", "risky", sent),
        Field("dear", ABSENT, True, "ours"),
        Field("locks[pin]", ABSENT, PIN, "ours", word="set"),
    )


def test_a_secret_is_no_reason_to_accept_less(world: World) -> None:
    """Beside a kind's own reason the secret's is one of the change; what must be accepted is named as before."""
    made = world.plan(
        [("Book/a", {"title": "A", "status": PIN})], {"Book": [{**B1, "status": "ACTIVE"}]}, {"Book/a": ("b1", {})}
    )
    (field,) = only(made).fields
    assert (field.level, field.reason) == ("risky", "readers will ask")
    assert only(made).reasons == ("readers will ask", SEEN.replace("`code`", "`status`"))


def at(line: int) -> Location:
    return Location("library.yaml", line, 1)


def missing(message: str, line: int, path: str, name: str) -> Problem:
    hint = f"add `{name}:`; it may only be left out of an object that exists"
    return Problem("missing-for-create", message, at(line), path, hint)


def emptied(message: str, line: int, path: str) -> Problem:
    return Problem(
        "missing-for-create", message, at(line), path, "give it a value, or leave it out: then it stays as it is"
    )


LACKING: dict[str, tuple[dict[str, Json], list[Json], list[Problem]]] = {
    # case: (manifest of Shelf/s, live shelves, problems)
    "new, and all of it missing": (
        {"slug": "top"}, [], [missing("Shelf/s: Shelf is new and needs `boards`", 10, "$.spec", "boards")],
    ),
    "new, with an item that lacks something": (
        {"slug": "top", "boards": [{"name": "x", "wood": "oak"}, {"name": "y", "wood": None}]}, [],
        [missing("Shelf/s: `y` in boards is new and needs `wood`", 12, "$.spec.boards[1]", "wood")],
    ),
    "an item that is new": (
        {"slug": "top", "boards": [{"name": "x"}, {"name": "y"}]},
        [{"slug": "top", "boards": [{"name": "a"}, {"name": "x"}]}],
        [missing("Shelf/s: `y` in boards is new and needs `wood`", 12, "$.spec.boards[1]", "wood")],
    ),
    "what a word selects, of an item that is new": (
        {"slug": "top", "boards": [{"name": "x", "wood": "oak", "form": "round"}, {"name": "y", "wood": "oak"}]}, [],
        [missing("Shelf/s: `x` in boards is new and needs `radius`", 12, "$.spec.boards[0]", "radius")],
    ),
    "what a word selects, of an item that is there": (
        {"slug": "top", "boards": [{"name": "x", "wood": "elm"}]},
        [{"slug": "top", "boards": [{"name": "x", "wood": "oak", "form": "round"}]}], [],
    ),
    "a list that is new": (
        {"slug": "top", "boards": [{"name": "x"}]}, [{"slug": "top"}],
        [missing("Shelf/s: `x` in boards is new and needs `wood`", 12, "$.spec.boards[0]", "wood")],
    ),
    "live and incomplete, not by us": (
        {"slug": "top", "deep": True, "boards": [{"name": "x"}]}, [{"slug": "top", "boards": [{"name": "x"}]}], [],
    ),
    "emptied by us": (
        {"slug": "top", "boards": [{"name": "x", "wood": None}]},
        [{"slug": "top", "boards": [{"name": "x", "wood": "oak"}]}],
        [emptied("Shelf/s: `wood` is required by the platform and cannot be emptied", 13, "$.spec.boards[0].wood")],
    ),
    "a list emptied by us": (
        {"slug": "top", "boards": None}, [{"slug": "top", "boards": [{"name": "x", "wood": "oak"}]}],
        [emptied("Shelf/s: `boards` is required by the platform and cannot be emptied", 11, "$.spec.boards")],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("spec", "live", "problems"), LACKING.values(), ids=LACKING)
def test_what_the_platform_requires(
    spec: dict[str, Json], live: list[Json], problems: list[Problem], world: World
) -> None:
    made = world.plan([("Shelf/s", spec)], {"Shelf": live}, {})
    assert made.problems == problems
    assert bool(made.tasks) == (not problems)


def test_new_items_of_a_list_that_is_replaced(world: World) -> None:
    live = {**B1, "chapters": [{"n": 1}]}
    made = world.plan([("Book/a", {"title": "A", "chapters": [{"n": 1}, {"n": 2}]})], {"Book": [live]}, {})
    assert made.problems == [missing("Book/a: `chapters[1]` is new and needs `name`", 12, "$.spec.chapters[1]", "name")]


def test_findings_of_the_kind_have_their_place(world: World) -> None:
    made = world.plan(
        [("Book/a", {"title": "A", "pages": 1, "warn": 1}), ("Book/b", {"title": "B", "pages": 1, "err": 1})],
        {},
        {},
        {"Book/a": {"faded": True}},
    )
    assert made.problems == [
        Problem("warn", "it looks odd", at(11), "$.spec.warn", severity="warning"),
        Problem("err", "it is wrong", at(11), "$.spec.err"),
    ]
    assert list(made.tasks) == [Address("Book", "a")]
    assert made.notices == [Notice("kind", "its cover is faded", Address("Book", "a"))]


def test_objections_and_duplicates_stop_the_change(world: World) -> None:
    twice = {"slug": "top", "boards": [{"name": "x"}, {"name": "x"}]}
    made = world.plan(
        [("Book/a", {"title": "A", "chained": False}), ("Shelf/s", {"slug": "top", "boards": [{"name": "x"}]})],
        {"Book": [{**B1, "chained": True}], "Shelf": [twice]},
        {},
    )
    assert made.problems == [
        Problem("chained", "chained books stay", at(11), "$.spec.chained"),
        Problem(
            "live-duplicates",
            "Shelf/s: the live list `boards` has another number of items with name `x` than the manifest",
            at(11),
            "$.spec.boards",
            "rename or delete them in the organisation, or write as many; syncer does not guess which one is meant",
        ),
    ]
    assert (made.tasks, made.settled) == ({}, {})


@pytest.mark.parametrize("live", [[{**B1, "torn": 0}], []], ids=["update", "create"])
def test_what_could_not_be_sent_whole_is_said_with_its_place_and_not_planned(world: World, live: list[Json]) -> None:
    made = world.plan([("Book/a", {"title": "A", "pages": 7, "torn": 1})], {"Book": live}, {})
    assert made.problems == [Problem("torn", "a page would be lost", at(11), "$.spec.torn", "mend it")]
    assert (made.tasks, made.unclear) == ({}, [])
    assert list(made.differing) == [Address("Book", "a")] * len(live)


def test_what_nobody_can_tell_apart_is_not_planned(world: World) -> None:
    made = world.plan([("Book/a", {"title": "A", "pages": 8})], {"Book": [B1, {**B1, "id": "b2"}]}, {})
    assert (made.tasks, made.settled, made.links, made.problems) == ({}, {}, [], [])


GONE = ("it is gone for good", "its manifest is gone")
REMOVED: dict[str, tuple[str, list[Json], dict[str, Any], dict[str, Any], list[Any] | None]] = {
    # case: (address, live, memory, answers, [verb, level, reasons, live id, name, calls] or None)
    "deleted": (
        "Book/a", [B1], {}, {}, ["delete", "destructive", GONE, "b1", "A", ("DELETE /things/b1",)],
    ),
    "deactivated, as was said then": (
        "Book/a", [B1], {"policy": {"removal": "deactivate"}}, {},
        ["deactivate", "risky", GONE, "b1", "A", ("DELETE /things/b1",)],
    ),
    "to be deleted, and deactivated so far": (
        "Book/a", [{**B1, "status": "INACTIVE"}], {}, {},
        ["delete", "destructive", GONE, "b1", "A", ("DELETE /things/b1",)],
    ),
    "gone already": ("Book/a", [], {}, {}, None),
    "what else is to be known": (
        "Shelf/b1", [{"slug": "b1"}], {}, {"wall": True},
        ["delete", "destructive", (GONE[0], "the wall shows", GONE[1]), "b1", "b1", ("DELETE /things/b1",)],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("address", "live", "memory", "answers", "expected"), REMOVED.values(), ids=REMOVED)
def test_removals(
    address: str, live: list[Json], memory: dict[str, Any], answers: dict[str, Any], expected: list[Any] | None,
    world: World,
) -> None:  # fmt: skip
    kind, _ = address.split("/")
    made = world.plan([], {kind: live}, {address: ("b1", {"title": "A"}, memory)}, {address: answers})
    if expected is None:
        assert (made.tasks, [str(each) for each in made.forgotten]) == ({}, [address])
    else:
        change = only(made)
        assert [change.action, change.level, change.reasons, change.live_id, change.name, change.calls] == expected
        assert (change.fields, made.forgotten) == ((), [])
    assert (made.problems, made.notices) == ([], [])


STAYING: dict[str, tuple[str, Json, dict[str, Any], dict[str, Any], str, bool]] = {
    # case: (address, live, memory, answers, what is said, whether it is forgotten)
    "something speaks against it": (
        "Shelf/s", {"slug": "top"}, {}, {"books": 3},
        'Shelf/s "top" stays as it is: books stand on it (its manifest is gone); it goes once that is no longer so; '
        "`syncer state rm Shelf/s` lets go of it",
        False,
    ),
    "the platform's own": (
        "Shelf/s", {"slug": "wall"}, {}, {},
        'Shelf/s "wall" stays as it is: it holds the house (its manifest is gone); syncer forgets it', True,
    ),
    "switched off already": (
        "Book/a", {**B1, "status": "INACTIVE"}, {"policy": {"removal": "deactivate"}}, {},
        'Book/a "A" stays as it is: it is switched off already, and more its removal would not do '
        "(its manifest is gone); syncer forgets it",
        True,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("address", "live", "memory", "answers", "said", "forgotten"), STAYING.values(), ids=STAYING)
def test_what_stays_is_named_and_stops_nothing(
    address: str, live: Json, memory: dict[str, Any], answers: dict[str, Any], said: str, forgotten: bool, world: World
) -> None:
    kind, _ = address.split("/")
    made = world.plan([], {kind: [live]}, {address: (live.get("id") or live["slug"], {}, memory)}, {address: answers})
    assert made.notices == [Notice("stays-live", said, Address(*address.split("/")))]
    assert (made.tasks, made.problems) == ({}, [])
    assert [str(each) for each in made.forgotten] == ([address] if forgotten else [])


def test_a_link_that_nobody_applied_and_nobody_names_is_forgotten(world: World) -> None:
    linked = Managed(Address("Book", "a"), "b1", {"title": "A"}, adopted=True)
    sides = replace(world.sides([], {"Book": [B1]}, {}), unapplied=(linked,))
    made = draft(world.kinds, sides)
    said = "Book/a (`b1`) was linked and never applied, and no manifest names it: the link is forgotten, the object "
    assert (made.tasks, made.forgotten) == ({}, [linked.address])
    assert made.notices == [Notice("link-dropped", f"{said}stays as it is")]


def test_what_no_apply_has_seen_is_not_removed(world: World) -> None:
    """Whoever hands it over as managed all the same."""
    made = world.plan([], {"Book": [B1]}, {"Book/a": ("b1", {"title": "A"}, {"adopted": True})})
    assert (made.tasks, made.forgotten) == ({}, [])


def test_another_name_for_one_object_removes_nothing(world: World) -> None:
    sides = world.sides([("Shelf/new", {"slug": "top"})], {"Shelf": [{"slug": "top"}]}, {"Shelf/old": ("top", {})})
    made = draft(world.kinds, sides)
    assert (made.tasks, made.forgotten, gone(sides, world.kinds)) == ({}, [Address("Shelf", "old")], [])
    said = "Shelf/old is Shelf/new now: both names stand for `top`"
    assert made.notices == [Notice("moved", said, Address("Shelf", "new"))]


def test_a_former_name_is_no_removal(world: World) -> None:
    sides = world.sides([("Book/new", {"title": "N", "aliases": ["old"]})], {"Book": [B1]}, {"Book/old": ("b1", {})})
    assert [str(task.change.address) for task in draft(world.kinds, sides).tasks.values()] == ["Book/new"]
    assert gone(sides, world.kinds) == []


def test_a_new_manifest_with_the_title_of_what_goes(world: World) -> None:
    made = world.plan([("Book/new", {"title": "A", "pages": 1})], {"Book": [B1]}, {"Book/old": ("b1", {})})
    assert {str(address): task.change.action for address, task in made.tasks.items()} == {
        "Book/new": "create",
        "Book/old": "delete",
    }
    assert made.notices == [
        Notice(
            "perhaps-renamed",
            "Book/new is created with the title of Book/old, which is removed; if they are the same, "
            "write `aliases: [old]` in its metadata",
            Address("Book", "new"),
        )
    ]
    assert made.tasks[Address("Book", "old")].change.waits == (Address("Book", "new"),)


# --- what goes along with a change, and who else uses it

RED = {"parts": {"ribbons": {"red": "r1"}}}
A: dict[str, Json] = {"id": "b1", "title": "A", "pages": 7, "ribbons": ["r1"]}
B: dict[str, Json] = {"id": "b2", "title": "B", "pages": 7, "marks": ["r1"]}
CUT = {"title": "A", "ribbons": []}
READ: dict[tuple[str, str, str], str] = {("Ribbon", "Red", ""): "r1"}
STATE: dict[str, Any] = {"Book/a": ("b1", {}, RED)}
Said = dict[str, tuple[str, tuple[str, ...]]]
ALONG: dict[str, tuple[list[tuple[str, dict[str, Json]]], list[Json], dict[str, Any], dict[str, Any], Said]] = {
    # case: manifests, live, state, what else is known → address: (level, reasons)
    "nobody uses it": ([], [A], STATE, {}, {"Book/a": ("destructive", GONE)}),
    "an object without a manifest does": (
        [], [A, B], STATE, {},
        {"Book/a": ("destructive", (*GONE, "Ribbon `red` goes with it, and is used by Book `B`"))},
    ),
    "an object whose manifest does not speak of it does": (
        [("Book/b", {"title": "B"})], [A, B], STATE, {},
        {"Book/a": ("destructive", (*GONE, "Ribbon `red` goes with it, and is used by Book/b"))},
    ),
    "an object that goes too does": (
        [], [A, B], {**STATE, "Book/b": ("b2", {})}, {},
        {"Book/a": ("destructive", GONE), "Book/b": ("destructive", GONE)},
    ),
    "one that the plan makes let go of it does": (
        [("Book/b", {"title": "B", "marks": []})], [A, B], {**STATE, "Book/b": ("b2", {})}, {},
        {"Book/a": ("destructive", GONE), "Book/b": ("safe", ())},
    ),
    "it is not known to be its own": (
        [("Book/b", {"title": "B", "marks": [Lookup("Ribbon", "Red")]})], [A, B], {"Book/a": ("b1", {})},
        {"lookups": READ},
        {"Book/a": ("destructive", (*GONE, "Ribbon `Red` may go with it, and is used by Book/b"))},
    ),
    "it is not known to be its own, and a new one uses it": (
        [("Book/c", {"title": "C", "pages": 1, "marks": ["r1"]})], [A], {"Book/a": ("b1", {})}, {},
        {
            "Book/a": ("destructive", (*GONE, "Ribbon `r1` may go with it, and is used by Book/c")),
            "Book/c": ("safe", ()),
        },
    ),
    "it belongs to another, which stays": (
        [("Book/b", {"title": "B", "marks": ["r1"]})], [A, B], {"Book/a": ("b1", {}), "Book/b": ("b2", {}, RED)}, {},
        {"Book/a": ("destructive", GONE)},
    ),
    "it belongs to another, which goes too": (
        [("Book/c", {"title": "C"})], [A, B, {**B, "id": "b3", "title": "C"}],
        {"Book/a": ("b1", {}), "Book/b": ("b2", {}, RED)}, {},
        {
            "Book/a": ("destructive", (*GONE, "Ribbon `r1` may go with it, and is used by Book/c")),
            "Book/b": ("destructive", GONE),
        },
    ),
    "it is cut out": (
        [("Book/a", CUT)], [A, B], {"Book/a": ("b1", {"ribbons": ["r1"]}, RED)}, {},
        {"Book/a": ("destructive", ("a ribbon is cut; Ribbon `red` goes with it, and is used by Book `B`",))},
    ),
    "it is cut out, and nobody uses it": (
        [("Book/a", CUT)], [A], STATE, {}, {"Book/a": ("destructive", ("a ribbon is cut",))},
    ),
    "it is cut out, and the book itself uses it": (
        [("Book/a", CUT)], [{**A, "marks": ["r1"]}], STATE, {},
        {"Book/a": ("destructive", ("a ribbon is cut; Ribbon `red` goes with it, and is used by Book/a itself",))},
    ),
    "users in no list": (
        [], [A], STATE, {"answers": {"Book/a": {"readers": ["the reader `Ada`"]}}},
        {"Book/a": ("destructive", (*GONE, "Ribbon `red` goes with it, and is used by the reader `Ada`"))},
    ),
    "many": (
        [], [A, *({**B, "id": f"b{number}", "title": f"B{number}"} for number in range(10, 20))], STATE, {},
        {
            "Book/a": (
                "destructive",
                (
                    *GONE,
                    "Ribbon `red` goes with it, and is used by Book `B10`, Book `B11`, Book `B12`, Book `B13`, "
                    "Book `B14`, Book `B15`, Book `B16`, Book `B17` and 2 more",
                ),
            )
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize(("manifests", "live", "state", "more", "expected"), ALONG.values(), ids=ALONG)
def test_who_else_uses_what_goes_along_is_named(
    world: World, manifests: Any, live: list[Json], state: Any, more: Any, expected: Said
) -> None:
    made = world.plan(manifests, {"Book": live}, state, **more)
    changes = {str(address): task.change for address, task in made.tasks.items()}
    assert {name: (each.level, each.reasons) for name, each in changes.items()} == expected
    assert made.problems == []


def test_it_is_acknowledged_with_what_takes_it_and_its_users_are_in_the_words(world: World) -> None:
    cut = only(world.plan([("Book/a", CUT)], {"Book": [A, B]}, STATE))
    said = "Ribbon `red` goes with it, and is used by Book `B`"
    assert cut.losses == (("Book/a/ribbons", f"a ribbon is cut; {said}"),)
    gone = only(world.plan([], {"Book": [A, B]}, STATE))
    assert gone.losses == (("Book/a", f"{'; '.join(GONE)}; {said}"),)


@pytest.mark.parametrize("goes", [True, False], ids=["with the object", "out of it"])
def test_those_that_stop_using_it_come_first(world: World, goes: bool) -> None:
    manifests = [("Book/b", {"title": "B", "marks": []}), *([] if goes else [("Book/a", CUT)])]
    made = world.plan(manifests, {"Book": [A, B]}, {**STATE, "Book/b": ("b2", {})})
    assert made.tasks[Address("Book", "a")].change.waits == (Address("Book", "b"),)
    assert made.tasks[Address("Book", "b")].change.waits == ()


def test_two_that_stop_using_each_others_have_no_order(world: World) -> None:
    live = [{**A, "marks": ["r2"]}, {**B, "ribbons": ["r2"]}]
    own = {"parts": {"ribbons": {"blue": "r2"}}}
    manifests = [("Book/a", {**CUT, "marks": []}), ("Book/b", {"title": "B", "ribbons": [], "marks": []})]
    made = world.plan(manifests, {"Book": live}, {**STATE, "Book/b": ("b2", {}, own)})
    assert [(task.change.level, task.change.reasons, task.change.waits) for task in made.tasks.values()] == [
        ("destructive", ("a ribbon is cut",), ())
    ] * 2


LEANING: dict[str, tuple[list[tuple[str, dict[str, Json]]], dict[str, Any]]] = {
    # case: manifests that use the ribbon of what goes, what else is known
    "by its title": ([("Book/b", {"title": "B", "marks": [Lookup("Ribbon", "Red")]})], {"lookups": READ}),
    "by its id": ([("Book/b", {"title": "B", "marks": ["r1"]})], {}),
    "a new one": ([("Book/b", {"title": "New", "pages": 1, "marks": ["r1"]})], {}),
    "one that nothing changes in": ([("Book/b", {"title": "B", "pages": 7, "marks": ["r1"]})], {}),
}


@pytest.mark.parametrize("goes", [True, False], ids=["with the object", "out of it"])
@pytest.mark.parametrize(("manifests", "more"), LEANING.values(), ids=LEANING)
def test_what_a_manifest_leans_on_does_not_go(world: World, manifests: Any, more: Any, goes: bool) -> None:
    wanted = manifests if goes else [*manifests, ("Book/a", CUT)]
    made = world.plan(wanted, {"Book": [A, B]}, STATE, **more)
    going = "goes with Book/a, which this plan would delete" if goes else "the change of Book/a takes along"
    assert made.problems == [
        Problem(
            "refers-to-removed",
            f"Book/b: it refers to Ribbon `red`, which {going}",
            at(12),
            "$.spec.marks[0]",
            "take the reference out, or keep it in Book/a",
        )
    ]


def test_a_manifest_that_was_not_chosen_leans_on_it_too(world: World, desired: Make) -> None:
    other = desired("Book/b", title="B", marks=[Lookup("Ribbon", "red")])
    made = world.plan([], {"Book": [A]}, STATE, others=[other])
    assert [each.message for each in made.problems] == [
        "Book/b: it refers to Ribbon `red`, which goes with Book/a, which this plan would delete"
    ]


def test_a_book_may_use_what_it_cuts_out_itself(world: World) -> None:
    """That is named and acknowledged; whether it goes while it is used there is the platform's secret."""
    made = world.plan([("Book/a", {**CUT, "marks": ["r1"]})], {"Book": [{**A, "marks": ["r1"]}]}, STATE)
    assert made.problems == []


SPARED: dict[str, dict[str, Any]] = {
    "left out by --except": {"removable": lambda address: False},
    "of a kind that was not listed": {},
}


@pytest.mark.parametrize("case", SPARED)
def test_what_is_not_to_be_planned_away_is_not_forgotten_either(case: str, world: World) -> None:
    sides = world.sides([], {"Book": [B1]}, {"Book/a": ("b1", {}), "Book/z": ("b9", {})}, **SPARED[case])
    if case == "of a kind that was not listed":
        sides = replace(sides, live={}, matches={})
    made = draft(world.kinds, sides)
    assert (made.tasks, made.forgotten, gone(sides, world.kinds)) == ({}, [], [])


def test_what_is_known_stands_as_an_id(world: World) -> None:
    lookups = {("Reader", "Ada", ""): "r1"}
    spec = {"title": "A", "pages": 1, "sequel": Ref("Book", "b"), "reader": Lookup("Reader", "Ada")}
    made = world.plan(
        [("Book/a", spec), ("Book/b", {"title": "B"})],
        {"Book": [{**B1, "id": "b2", "title": "B"}]},
        {},
        lookups=lookups,
    )
    change = only(made)
    assert change.fields[2:] == (
        Field("sequel", ABSENT, Ref("Book", "b"), "ours"),
        Field("reader", ABSENT, "r1", "ours"),
    )
    assert made.tasks[Address("Book", "a")].goal == {"title": "A", "pages": 1, "sequel": "b2", "reader": "r1"}


def test_a_circle_of_new_shelves_is_written_in_two_goes(world: World) -> None:
    def shelf(slug: str, beside: str) -> dict[str, Any]:
        return {"slug": slug, "boards": [], "beside": Ref("Shelf", beside), "late": True}

    made = world.plan([("Shelf/a", shelf("x", "b")), ("Shelf/b", shelf("y", "a"))], {}, {})
    assert {
        str(address): (task.change.calls, task.change.waits, sorted(task.late)) for address, task in made.tasks.items()
    } == {
        "Shelf/a": (("PUT /things/…", "PUT /things/…"), (), ["y"]),
        "Shelf/b": (("PUT /things/…", "PUT /things/…"), (), ["x"]),
    }


def test_asks(world: World, kinds: Mapping[str, Kind]) -> None:
    sides = world.sides([("Book/a", {"title": "A"}), ("Shelf/s", {"slug": "top"})], {}, {})
    known = IdIndex(kinds, sides)
    asked = [
        {name: call.title for name, call in asks_of(kinds[each.address.kind], each, sides, known).items()}
        for each in sides.desired
    ]
    assert asked == [{"faded": "GET /covers/A"}, {}]


MANY: list[tuple[str, dict[str, Json]]] = [
    ("Book/a", {"title": "A", "pages": 8}),
    ("Book/b", {"title": "B", "pages": 1, "warn": 1, "sequel": Ref("Book", "a")}),
    ("Shelf/s", {"slug": "top", "boards": [{"name": "x"}]}),
    ("Shelf/t", {"slug": "low", "boards": []}),
    ("Loan/1", {"number": "1", "book": Ref("Book", "b")}),
]


def test_the_order_of_manifests_is_nothing_to_the_plan(world: World) -> None:
    live = {"Book": [B1, {"id": "b9", "title": "X"}], "Shelf": [{"slug": "top"}]}
    state = {"Book/x": ("b9", {}), "Book/y": ("b8", {}), "Book/a": ("b1", {"theirs": True})}

    def comparable(made: Draft) -> Any:
        changes = {address: task.change for address, task in sorted(made.tasks.items())}
        return changes, made.links, made.released, made.notices, made.problems, made.settled, made.forgotten

    first = world.plan(MANY, live, state)
    assert len(first.tasks) == 5
    assert [each.rule for each in first.problems] == ["warn", "missing-for-create"]
    assert comparable(first) == comparable(world.plan(MANY, live, state))
    assert comparable(first) == comparable(world.plan(MANY[::-1], live, dict(reversed(state.items()))))
