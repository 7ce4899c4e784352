"""Which change waits for which: a table, and that an order always exists."""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import TopologicalSorter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncer.model.address import Address
from syncer.model.diagnostic import Location
from syncer.model.json_values import Lookup, Ref
from syncer.model.kind import Kind
from syncer.model.resource import Desired, Use
from syncer.plan.dependency_order import Order, order_of
from syncer.plan.plan import REMOVALS, Change, Task, Verb
from tests.support.examples import examples

VERBS: dict[str, Verb] = {"+": "create", "~": "update", "^": "upgrade", "-": "delete", "/": "deactivate"}


def address_of(text: str) -> Address:
    return Address(*text.split("/"))


def task(text: str, refers: Mapping[str, bool], speaks: str = "") -> Task:
    """`+ Book/a`: a task; `refers`: address → late; `speaks`: the live ids that stand in the object."""
    sign, name = text.split(" ")
    address, verb = address_of(name), VERBS[sign]
    goal = {"slug": address.name, "number": address.name, "ids": [{"id": each} for each in speaks.split()]}
    uses = tuple(Use((target,), Ref(*address_of(target)), late) for target, late in refers.items())
    desired = None
    if verb not in REMOVALS:
        uses = (*uses, Use(("x",), Lookup("Book", "x")))
        desired = Desired(address, goal, {}, False, (), (), uses, lambda path: Location("x", 1, 1), "")
    change = Change(address, verb, "safe", (), (), (), (), "", "" if verb == "create" else address.name, "")
    return Task(change, desired, None, goal, goal, {}, {}, {}, frozenset(), {})


LATE, NOW = True, False
CASES: dict[str, tuple[list[tuple[Any, ...]], dict[str, list[str]], dict[str, list[str]]]] = {
    # case: (changes, {address: what it waits for}, {address: keys left out at first})
    "what it refers to comes first": (
        [("+ Book/a", {"Shelf/s": NOW}), ("+ Shelf/s", {})], {"Book/a": ["Shelf/s"], "Shelf/s": []}, {},
    ),
    "what is not changed is not waited for": ([("+ Book/a", {"Shelf/s": NOW})], {"Book/a": []}, {}),
    "itself": ([("+ Shelf/s", {"Shelf/s": LATE})], {"Shelf/s": []}, {}),
    "late, without a circle: in order all the same": (
        [("+ Shelf/a", {"Shelf/b": LATE}), ("+ Shelf/b", {})], {"Shelf/a": ["Shelf/b"], "Shelf/b": []}, {},
    ),
    "a circle of new ones: each in two goes": (
        [("+ Shelf/a", {"Shelf/b": LATE}), ("+ Shelf/b", {"Shelf/a": LATE})],
        {"Shelf/a": [], "Shelf/b": []}, {"Shelf/a": ["b"], "Shelf/b": ["a"]},
    ),
    "two circles that share a shelf, and one beside them": (
        [
            ("+ Shelf/a", {"Shelf/b": LATE}), ("+ Shelf/b", {"Shelf/a": LATE, "Shelf/c": LATE}),
            ("+ Shelf/c", {"Shelf/a": LATE}), ("+ Shelf/d", {"Shelf/c": LATE}), ("+ Book/x", {"Shelf/a": NOW}),
        ],
        {"Shelf/a": [], "Shelf/b": [], "Shelf/c": [], "Shelf/d": ["Shelf/c"], "Book/x": ["Shelf/a"]},
        {"Shelf/a": ["b"], "Shelf/b": ["a", "c"], "Shelf/c": ["a"]},
    ),
    "a circle through one that exists: no second go": (
        [("+ Shelf/a", {"Shelf/b": LATE}), ("~ Shelf/b", {"Shelf/a": LATE})],
        {"Shelf/a": [], "Shelf/b": ["Shelf/a"]}, {},
    ),
    "a circle of ones that exist": (
        [("~ Shelf/a", {"Shelf/b": LATE}), ("~ Shelf/b", {"Shelf/a": LATE})], {"Shelf/a": [], "Shelf/b": []}, {},
    ),
    "a circle is cut where it may be": (
        [("+ Shelf/a", {"Shelf/b": NOW}), ("+ Shelf/b", {"Shelf/a": LATE})],
        {"Shelf/a": ["Shelf/b"], "Shelf/b": []}, {"Shelf/b": ["a"]},
    ),
    "a circle of a kind that cannot be written in part": (
        [("+ Book/a", {"Book/b": LATE}), ("+ Book/b", {"Book/a": LATE})], {"Book/a": [], "Book/b": []}, {},
    ),
    "what goes is not waited for": ([("+ Book/a", {"Shelf/s": NOW}), ("- Shelf/s", {})],
                                    {"Book/a": [], "Shelf/s": ["Book/a"]}, {}),
    "a removal waits for what could still refer to it": (
        [("- Shelf/s", {}), ("+ Shelf/t", {}), ("~ Book/a", {}), ("^ Book/b", {}), ("+ Loan/1", {})],
        {"Shelf/s": ["Book/a", "Book/b", "Shelf/t"], "Shelf/t": [], "Book/a": [], "Book/b": [], "Loan/1": []}, {},
    ),
    "removals in reverse": (
        [("- Shelf/s", {}), ("/ Book/a", {}, "s"), ("- Loan/1", {}, "a")],
        {"Shelf/s": ["Book/a"], "Book/a": ["Loan/1"], "Loan/1": []}, {},
    ),
    "removals that have nothing to do with each other": (
        [("- Shelf/s", {}), ("- Book/a", {}, "t"), ("- Book/b", {})], {"Shelf/s": [], "Book/a": [], "Book/b": []}, {},
    ),
    "removals of one kind": ([("- Book/a", {}), ("- Book/b", {}, "a")], {"Book/a": ["Book/b"], "Book/b": []}, {}),
    "removals that refer to each other": (
        [("- Shelf/a", {}, "b"), ("- Shelf/b", {}, "a")], {"Shelf/a": [], "Shelf/b": ["Shelf/a"]}, {},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "waits", "late"), CASES.values(), ids=CASES)
def test_order(
    changes: list[tuple[Any, ...]], waits: dict[str, list[str]], late: dict[str, list[str]], kinds: Mapping[str, Kind]
) -> None:
    tasks = {each.change.address: each for each in (task(*given) for given in changes)}
    order = order_of(kinds, tasks)
    assert {str(address): sorted(map(str, those)) for address, those in order.waits.items()} == waits
    assert {str(address): sorted(keys) for address, keys in order.late.items()} == late
    assert order_of(kinds, dict(reversed(tasks.items()))) == order


NAMES = [f"{kind}/{name}" for kind in ("Shelf", "Book", "Loan") for name in "abc"]


@st.composite
def repositories(draw: st.DrawFn) -> dict[Address, Task]:
    """Changes with any references among shelves (late), and others that go one way."""
    chosen = draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1))
    tasks = {}
    for name in chosen:
        shelf, below = name.startswith("Shelf"), NAMES[: NAMES.index(name)]
        refers = dict.fromkeys(draw(st.lists(st.sampled_from(NAMES[:3] if shelf else below), unique=True)), shelf)
        sign = draw(st.sampled_from(sorted(VERBS)))
        speaks = " ".join(draw(st.lists(st.sampled_from("abc"), max_size=2)))
        tasks[address_of(name)] = task(f"{sign} {name}", refers, speaks)
    return tasks


@settings(deadline=None, max_examples=examples(500))
@given(tasks=repositories())
def test_there_is_always_an_order(tasks: dict[Address, Task], kinds: Mapping[str, Kind]) -> None:
    order: Order = order_of(kinds, tasks)
    places = {address: place for place, address in enumerate(TopologicalSorter(order.waits).static_order())}
    assert places.keys() == tasks.keys()
    for address, each in tasks.items():
        removed = each.change.action in REMOVALS
        assert removed or not any(tasks[other].change.action in REMOVALS for other in order.waits[address])
        for use in each.desired.uses if each.desired else ():
            target = Address(use.target.kind, use.target.name) if isinstance(use.target, Ref) else address
            if target == address or target not in tasks or tasks[target].change.action in REMOVALS:
                continue
            first = places[target] < places[address]
            left_out = target.name in order.late.get(address, frozenset())
            exists = tasks[target].change.action != "create" or each.change.action != "create"
            assert first or (use.late and (left_out or exists))
