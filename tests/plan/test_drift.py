"""Three sides of an object: what was declared last, what the manifest says, what is live; and what that comes to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from syncer.model.address import Address
from syncer.model.diagnostic import Problem
from syncer.model.json_values import ABSENT, Json, Ref, Secret
from syncer.model.kind import DateFields, Kind
from syncer.plan.document.timestamps import LastChange, LastRun, since, when
from syncer.plan.drift import Comparison, Drift, DriftedObject, DriftField, Stranger, compare, strangers
from syncer.plan.inputs import IdIndex
from syncer.plan.plan import HIDDEN
from syncer.plan.planner import draft
from tests.plan.test_planner import World

A, B = Address("Book", "a"), Address("Book", "b")
S = Address("Shelf", "s")


@pytest.fixture(scope="session")
def world(kinds: Mapping[str, Kind], desired: Callable[..., Any], managed: Callable[..., Any]) -> World:
    return World(kinds, desired, managed)


def compared(world: World, *given: Any, remembered: bool = True, applied: bool = True, **more: Any) -> Comparison:
    sides = world.sides(*given, **more)
    known = IdIndex(world.kinds, sides)
    made = draft(world.kinds, sides, known)
    return compare(world.kinds, sides, known, made, remembered=remembered, applied=applied)


def book(**spec: Json) -> list[tuple[str, dict[str, Json]]]:
    return [("Book/a", {"title": "A", **spec})]


def live(**fields: Json) -> dict[str, list[Json]]:
    return {"Book": [{"id": "b1", "title": "A", **fields}]}


def last(live_id: str = "b1", **declared: Json) -> dict[str, Any]:
    return {"Book/a": (live_id, {"title": "A", **declared})}


def changed(*fields: DriftField, what: Any = "changed", **more: Any) -> list[DriftedObject]:
    return [DriftedObject(A, what, more.pop("name", "A"), more.pop("live_id", "b1"), fields, **more)]


def moved(path: str, before: Json, after: Json) -> DriftField:
    return DriftField(path, before, after, "drift")


CASES: dict[str, tuple[Any, Any, Any, list[DriftedObject], set[Address]]] = {
    # case: (manifest, live, state, what drifted, what the manifests changed)
    "nothing": (book(pages=7), live(pages=7), last(pages=7), [], set()),
    "by hand": (book(pages=7), live(pages=9), last(pages=7), changed(moved("pages", 7, 9)), set()),
    "ours": (book(pages=9), live(pages=7), last(pages=7), [], {A}),
    "both, alike": (book(pages=9), live(pages=9), last(pages=7), [], set()),
    "both, each its own way": (
        book(pages=8), live(pages=9), last(pages=7), changed(DriftField("pages", 7, 9, "conflict", 8)), set(),
    ),
    "by hand and ours": (
        book(pages=7, blurb="new"), live(pages=9, blurb="old"), last(pages=7, blurb="old"),
        changed(moved("pages", 7, 9)), {A},
    ),
    "emptied by us, changed by hand": (
        book(pages=None), live(pages=9), last(pages=7), changed(DriftField("pages", 7, 9, "conflict", ABSENT)), set(),
    ),
    "taken away by hand": (book(pages=7), live(), last(pages=7), changed(moved("pages", 7, ABSENT)), set()),
    "not declared": (book(), live(pages=9, theirs=1), last(), [], set()),
    "declared no longer": (book(), live(pages=9), last(pages=7), [], set()),
    "declared anew": (book(pages=7), live(pages=9), last(), [], {A}),
    "title": (
        book(), {"Book": [{"id": "b1", "title": "Z"}]}, last(), changed(moved("title", "A", "Z"), name="Z"), set(),
    ),
    "deleted": (book(), {}, last(), [DriftedObject(A, "deleted", "A", "b1")], set()),
    "deleted on both sides": ([], {}, last(), [], set()),
    "never made": (book(pages=7), {}, {}, [], {A}),
    "made by hand before we did": (book(pages=7), live(pages=9), {}, [], {A}),
    "a create that was cut off": (book(pages=7), {}, last("", pages=7), [], {A}),
    "switched off": (
        book(status="ACTIVE"), live(status="INACTIVE"), last(status="ACTIVE"),
        changed(moved("status", "ACTIVE", "INACTIVE"), what="deactivated"), set(),
    ),
    "off, and something else moved": (
        book(status="INACTIVE", pages=7), live(status="INACTIVE", pages=9), last(status="INACTIVE", pages=7),
        changed(moved("pages", 7, 9)), set(),
    ),
    "deleted and made anew": (
        book(pages=7), live(pages=9), last("b0", pages=7),
        changed(
            DriftField("pages", 7, 9, "differs"), what="replaced",
            note="it was `b0`; another of the same title is in its place",
        ), set(),
    ),
    "made anew alike": (
        book(pages=7), live(pages=7), last("b0", pages=7),
        changed(what="replaced", note="it was `b0`; another of the same title is in its place"), set(),
    ),
    "linked by hand, never applied": (
        book(pages=7), live(pages=9), {"Book/a": ("b1", {}, {"adopted": True})},
        changed(
            DriftField("pages", 7, 9, "differs"), what="differs",
            note="linked, and never applied since: what was declared before is not known",
        ), set(),
    ),
    "no manifest any more": ([], live(pages=7), last(pages=7), [], {A}),
    "no manifest any more, and changed by hand": (
        [], live(pages=9), last(pages=7),
        changed(
            DriftField("pages", 7, 9, "conflict"),
            note="no manifest describes it any more: the plan would remove it",
        ), {A},
    ),
    "no manifest, switched off already": (
        [], live(status="INACTIVE"), {"Book/a": ("b1", {"title": "A"}, {"policy": {"removal": "deactivate"}})},
        [], set(),
    ),
    "another reference": (
        [*book(sequel=Ref("Book", "b")), ("Book/b", {"title": "B"})],
        {"Book": [{"id": "b1", "title": "A", "sequel": "b9"}, {"id": "b2", "title": "B"}]},
        {**last(sequel="b2"), "Book/b": ("b2", {"title": "B"})},
        changed(moved("sequel", Ref("Book", "b"), "b9")), set(),
    ),
    "an item of a list, by its key": (
        [("Shelf/s", {"slug": "s", "boards": [{"name": "top", "wood": "oak"}, {"name": "low", "wood": "ash"}]})],
        {"Shelf": [{"id": "x", "slug": "s", "boards": [{"name": "top", "wood": "fir"}, {"name": "new", "wood": "a"}]}]},
        {"Shelf/s": ("s", {"slug": "s", "boards": [{"name": "top", "wood": "oak"}, {"name": "low", "wood": "ash"}]})},
        [DriftedObject(S, "changed", "s", "s", (
            moved("boards[top].wood", "oak", "fir"), moved("boards[low]", {"name": "low", "wood": "ash"}, ABSENT),
        ))], set(),
    ),
    "an item added to a list that is ours whole": (
        [("Shelf/s", {"slug": "s", "notes": [{"name": "n"}]})],
        {"Shelf": [{"id": "x", "slug": "s", "notes": [{"name": "n"}, {"name": "m"}]}]},
        {"Shelf/s": ("s", {"slug": "s", "notes": [{"name": "n"}]})},
        [DriftedObject(S, "changed", "s", "s", (moved("notes[m]", ABSENT, {"name": "m"}),))], set(),
    ),
    "a former name": (
        [("Book/b", {"title": "A", "pages": 7, "aliases": ["a"]})], live(pages=9), last(pages=7),
        [DriftedObject(B, "changed", "A", "b1", (moved("pages", 7, 9),))], set(),
    ),
    "what a plan would refuse": (
        book(chained=True), live(chained=False), last(chained=True), changed(moved("chained", True, False)), set(),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("manifests", "there", "state", "objects", "pending"), CASES.values(), ids=CASES)
def test_what_drifted(world: World, manifests: Any, there: Any, state: Any, objects: Any, pending: Any) -> None:
    found = compared(world, manifests, there, state)
    assert (found.objects, found.pending, found.unclear) == (objects, pending, [])


WITHOUT: dict[str, tuple[Any, Any, list[DriftedObject]]] = {
    # case: (manifest, live, what is said without a state)
    "nothing": (book(pages=7), live(pages=7), []),
    "differs": (book(pages=7), live(pages=9), changed(DriftField("pages", 7, 9, "differs"), what="differs")),
    "not there": (book(pages=7), {}, [DriftedObject(A, "missing", "A", "")]),
}


@pytest.mark.parametrize(("manifests", "there", "objects"), WITHOUT.values(), ids=WITHOUT)
def test_without_a_state_nobody_can_tell(world: World, manifests: Any, there: Any, objects: Any) -> None:
    found = compared(world, manifests, there, {}, remembered=False)
    assert (found.objects, found.pending) == (objects, set())


def test_what_a_pull_remembers_of_others_does_not_say_who_moved_a_field(world: World) -> None:
    found = compared(world, book(pages=7), live(pages=9), {}, applied=False)
    note = "no apply is remembered, so what was declared before is not known"
    differs = DriftField("pages", 7, 9, "differs")
    assert (found.objects, found.pending) == (changed(differs, what="differs", note=note), set())


PIN = Secret("SYNCER_PIN", "canary-1234")
HIDES = {
    # case: (manifest, live, state, (secret's name, live, manifest) of what is shown)
    "a secret now: only its digest could tell": (
        book(lock=PIN), live(lock="picked"), last(lock={"secret": "SYNCER_PIN"}), [],
    ),
    "a secret once": (
        book(lock="open"), live(lock="picked"), last(lock={"secret": "SYNCER_PIN"}), [("SYNCER_PIN", HIDDEN, "open")],
    ),
    "no manifest any more": ([], live(lock="picked"), last(lock={"secret": "SYNCER_PIN"}), []),
}  # fmt: skip


@pytest.mark.parametrize(("manifests", "there", "state", "shown"), HIDES.values(), ids=HIDES)
def test_a_live_secret_is_hidden(world: World, manifests: Any, there: Any, state: Any, shown: Any) -> None:
    fields = [field for each in compared(world, manifests, there, state).objects for field in each.fields]
    assert [(each.before.name, each.after, each.wanted) for each in fields] == shown


def test_what_cannot_be_compared_is_said(world: World) -> None:
    twins = {"Book": [{"id": "b1", "title": "A"}, {"id": "b2", "title": "A"}]}
    assert compared(world, book(), twins, {}).unclear == [A]
    assert compared(world, book(err=1), live(), last()).unclear == [A]
    doubled = {"Shelf": [{"id": "x", "slug": "s", "boards": [{"name": "n"}, {"name": "n"}]}]}
    shelf = [("Shelf/s", {"slug": "s", "boards": [{"name": "n"}]})]
    assert compared(world, shelf, doubled, {"Shelf/s": ("s", {"slug": "s"})}).unclear == [S]


def test_the_gravest_first(world: World) -> None:
    manifests = [(f"Book/{name}", {"title": name, "pages": 1, "blurb": "x"}) for name in "abcd"]
    there = {"Book": [
        {"id": "a", "title": "a", "pages": 2, "blurb": "x"}, {"id": "c", "title": "c", "pages": 1, "blurb": "y"},
        {"id": "d", "title": "d", "pages": 3, "blurb": "x"},
    ]}  # fmt: skip
    state = {f"Book/{name}": (name, {"title": name, "pages": 1, "blurb": "x"}) for name in "abc"}
    state["Book/d"] = ("d", {"title": "d", "pages": 2, "blurb": "x"})
    found = compared(world, manifests, there, state)
    assert [(str(each.address), each.what) for each in found.objects] == [
        ("Book/b", "deleted"), ("Book/d", "changed"), ("Book/a", "changed"), ("Book/c", "changed"),
    ]  # fmt: skip
    assert sorted(map(str, found.live)) == ["Book/a", "Book/c", "Book/d"]


def test_strangers(world: World) -> None:
    sides = world.sides([], {"Book": [{"id": "b1", "title": "Z", "created_at": "t"}, {"id": "b2", "title": "A"}]}, {})
    assert list(strangers(world.kinds, sides.live, frozenset({("Book", "b2")}))) == [
        Stranger("Book", "b1", "Z", LastChange(created_at="t"))
    ]


def test_the_sums() -> None:
    objects = (DriftedObject(A, "deleted", "A", "b1"), *changed(moved("x", 1, 2), DriftField("y", 1, 2, "conflict", 3)))
    report = Drift("test", "1", "s", False, True, objects, (), 0, 2, (), (Problem("r", "m"),))
    assert (report.summary, report.fields, report.conflicts) == ({"deleted": 1, "changed": 1}, 2, 1)


# ---------------------------------------------------------------------------------------------- when, and by whom

NESTED = DateFields("audit.created_at", "audit.created_by", "audit.at", "audit.by", version="version", source="source")
SAYS: dict[str, tuple[DateFields, Json, LastChange]] = {
    # case: (where it says so, live object, what it says)
    "nothing": (DateFields(), {}, LastChange()),
    "times": (DateFields(), {"created_at": "a", "updated_at": "b"}, LastChange(created_at="a", changed_at="b")),
    "nested": (NESTED, {"audit": {"at": "b", "by": "u"}, "version": 7}, LastChange("", "", "b", "u", "7")),
    "a source": (NESTED, {"source": {"id": "b8f8", "type": "blueprint"}}, LastChange(source="blueprint b8f8")),
    "another form": (NESTED, {"audit": ["x"], "version": True, "source": {"id": 3}}, LastChange()),
}  # fmt: skip


@pytest.mark.parametrize(("dated", "object_", "seen"), SAYS.values(), ids=SAYS)
def test_what_an_object_says_of_itself(dated: DateFields, object_: Json, seen: LastChange) -> None:
    assert LastChange.of(dated, object_) == seen


AT = "2026-03-02T09:14:03.000Z"
TIME = 1772442843.0
WROTE = LastRun("ab", TIME, {A: {"updated_at": AT, "version": 3}})
ORDER: dict[str, tuple[str, LastRun | None, bool, str]] = {
    # case: (changed at, last apply, still there, before or after it)
    "no apply known": (AT, None, True, ""),
    "as that apply left it": (AT, WROTE, True, ""),
    "written since": ("2026-03-02T09:14:02.000Z", WROTE, True, "after"),
    "gone, and written then": ("", WROTE, False, "after"),
    "gone, and not written then": ("", LastRun("ab", TIME, {}), False, ""),
    "later, by the clock": ("2026-03-02T09:14:04Z", LastRun("ab", TIME, {}), True, "after"),
    "earlier, by the clock": ("2026-03-02T09:14:02Z", LastRun("ab", TIME, {}), True, "before"),
    "no time": ("yesterday", LastRun("ab", TIME, {}), True, ""),
    "a time of no zone": ("2026-03-02T09:14:04", LastRun("ab", TIME, {}), True, ""),
}


@pytest.mark.parametrize(("changed_at", "applied", "there", "expected"), ORDER.values(), ids=ORDER)
def test_before_or_after_the_last_apply(changed_at: str, applied: LastRun | None, there: bool, expected: str) -> None:
    assert when(A, LastChange(changed_at=changed_at), applied, there=there) == expected


def test_the_moment_of_an_apply() -> None:
    assert WROTE.moment == "2026-03-02T09:14:03Z"


V = [LastChange(changed_at=f"2026-03-0{day}T00:00:00Z", version=str(day)) for day in (5, 4, 3, 2)]
MADE: dict[str, tuple[LastRun | None, list[str]]] = {
    # case: (last apply, versions made since)
    "no apply known: the newest": (None, ["5"]),
    "its own version": (WROTE, ["5", "4"]),
    "by the clock": (LastRun("ab", TIME, {}), ["5", "4", "3"]),
    "all older: the newest": (LastRun("ab", TIME + 1e7, {}), ["5"]),
}


@pytest.mark.parametrize(("applied", "expected"), MADE.values(), ids=MADE)
def test_versions_since(applied: LastRun | None, expected: list[str]) -> None:
    assert [each.version for each in since(A, V, applied)] == expected
    assert since(A, [], applied) == ()
