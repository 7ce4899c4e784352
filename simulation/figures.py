"""Prints the figures of the disk, of real processes and of two applies at once: N5, N6, N9, N10 of
docs/reliability.md#the-table and docs/catalogue.md#e18."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from itertools import count, pairwise
from pathlib import Path
from typing import Any, Protocol

from simulation.cuts import Cuts, cuts
from simulation.images import Imaged, imaged
from simulation.kills import killed
from simulation.meeting import Met, in_one_copy, in_two_copies
from simulation.world import scratch


class Spread(Protocol):
    """Several processes; endless items are taken as far as is asked for."""

    def __call__(self, work: Callable[[Any], Any], items: Iterable[Any], jobs: int) -> Iterator[Any]:
        """The results in the order of the items."""


def _cut(asked: tuple[str, int]) -> Cuts:
    return cuts(asked[0], asked[1])  # type: ignore[arg-type]


def print_cuts(spread: Spread, jobs: int, step: int) -> int:
    """N5; the number of cuts that are not as they must be."""
    began = time.monotonic()
    found: list[Cuts] = list(spread(_cut, [("state", step), ("journal", step)], jobs))
    print(f"N5 truncations: {sum(each.images for each in found):,} in {time.monotonic() - began:.0f} s")
    for each in found:
        what = f"{each.refused:,} refused" if each.what == "state" else f"{each.prefixes:,} read as their whole records"
        print(f"  {each.what}, {each.size:,} bytes: {each.images:,} cuts, {what}; an apply on {each.applied} of them")
    bad = [problem for each in found for problem in each.problems]
    print(f"  0 tracebacks, 0 taken for empty, journals converge: {'yes' if not bad else f'NO, {len(bad)}'}")
    _first(bad)
    return len(bad)


def print_images(spread: Spread, jobs: int, step: int) -> int:
    """N6; the number of images that do not recover."""
    began = time.monotonic()
    found: list[Imaged] = []
    for each in spread(imaged, count(1, step), jobs):
        if not each.reached:
            break
        found.append(each)
    bad = [problem for each in found for problem in each.problems]
    images = sum(each.images for each in found)
    print(f"N6 disk images: {images} of crashes before {len(found)} changes in {time.monotonic() - began:.0f} s")
    print(f"  lost, reordered, cut and zeroed writes: {images - len(bad)} of {images} recover")
    _first(bad)
    return len(bad)


def _in_two_copies(number: int) -> Met:
    return in_two_copies(number, keyed=True)


def _in_two_copies_without_key(number: int) -> Met:
    return in_two_copies(number, keyed=False)


def print_meetings(spread: Spread, jobs: int, step: int) -> int:
    """N10; the number of meetings that did not end well."""
    began = time.monotonic()
    bad: list[str] = []
    for how, work in (
        ("one working copy, by the lock", in_one_copy),
        ("two copies without a common lock, kinds with a key", _in_two_copies),
        ("two copies without a common lock, all kinds", _in_two_copies_without_key),
    ):
        met: list[Met] = []
        for each in spread(work, count(1, step), jobs):
            if not each.reached:
                break
            met.append(each)
        bad += [problem for each in met for problem in each.problems]
        twins = sum(each.twins for each in met)
        print(f"N10 {how}: {len(met)} instants, {twins} objects twice")
    print(f"  {time.monotonic() - began:.0f} s; what has no key is why applies share a lock (docs/state.md)")
    _first(bad)
    return len(bad)


def print_kills(number: int, seed: int, jobs: int) -> int:
    """N9; the number of things that must not be."""
    began = time.monotonic()
    found = killed(number, seed, jobs)
    print(f"N9 kill -9: {found.kills} kills of the real program, seed {seed}, in {time.monotonic() - began:.0f} s")
    print(f"  {found.writing} after the first write of their run; {found.missed} runs were over before the signal")
    said = f"{len(found.twice)} twice, {len(found.lost)} lost; {len(found.other)} other problems"
    print(f"  {found.objects} objects: {said}")
    _first(found.problems)
    return len(found.problems)


def print_entries(number: int) -> int:
    """E18: how long a state of so many entries takes, and a record of a long journal."""
    from syncer.model.address import Address
    from syncer.model.resource import Managed
    from syncer.state.journal import Intent, Journal
    from syncer.state.state_file import Lines, State, load, save

    addresses = [Address("ClosingReason", f"n{each}") for each in range(number)]
    entries = {each: Managed(each, f"id-{each.name}", {"title": each.name, "status": "ACTIVE"}) for each in addresses}
    with scratch() as folder:
        path, lines = Path(folder) / "test.json", Lines()
        marks = [time.perf_counter()]
        state = save(path, "test", State("1", 0, entries), lines=lines)
        marks.append(time.perf_counter())
        save(path, "test", state, lines=lines)
        marks.append(time.perf_counter())
        load(path, "test")
        marks.append(time.perf_counter())
        first, again, loaded = (b - a for a, b in pairwise(marks))
        print(f"E18 {number:,} entries: first save {first:.2f} s, each further one {again:.2f} s, load {loaded:.2f} s")
        with Journal(Path(folder) / "test.journal") as journal:
            took = []
            for _ in range(2000):
                start = time.perf_counter()
                journal.settle(journal.intent(Intent("r", "A/b", "A", "create", "POST", "/")), "APPLIED", "x")
                took.append(time.perf_counter() - start)
    early, late = sorted(took[:200])[100], sorted(took[-200:])[100]
    print(f"  journal: {early * 1e6:.0f} µs for an intent with its outcome at first, {late * 1e6:.0f} µs after 1,800")
    return 0


def _first(bad: list[str]) -> None:
    for each in bad[:20]:
        print(f"  FAILED {each}")
