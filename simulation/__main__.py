"""`python -m simulation`: lives of many seeds, every operation cut off at every instant, every call failed in turn;
every cut and every image of the disk, real processes killed."""

from __future__ import annotations

import argparse
import functools
import hashlib
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import count, islice
from multiprocessing import Pool
from typing import TypeVar

from simulation import figures
from simulation.counting import HOWS, Failing, failed
from simulation.instants import INSTANTS, OPERATIONS, crashed, every_case, every_pair
from simulation.printed import faults, guards, responses, texts
from simulation.reports import (
    print_bodies,
    print_caches,
    print_cost,
    print_manifests,
    print_rate,
    print_recalls,
    print_reviews,
    print_walks,
)
from simulation.seeds import Life, live
from simulation.summary import Summary

A = TypeVar("A")
B = TypeVar("B")


def seeds(first: int, number: int, jobs: int) -> int:
    """N8: so many lives, in a table; the number of seeds that failed."""
    began = time.monotonic()
    lives = list(_spread(live, range(first, first + number), jobs))
    faults: Counter[str] = Counter()
    codes: Counter[int] = Counter()
    for each in lives:
        faults += each.faults
        codes += each.codes
    bad = [each for each in lives if each.problems]
    print(f"{number} seeds from {first} in {time.monotonic() - began:.0f} s, {jobs} processes")
    print(f"  {sum(codes.values())} applies, exit codes: {_table({_code(each): n for each, n in codes.items()})}")
    print(f"  {faults.pop('crash', 0)} crashes, {sum(faults.values())} other faults: {_table(faults)}")
    print(f"  {sum(each.recovered for each in lives)} calls of crashed runs settled by later ones")
    print(f"  {sum(len(each.duplicates) for each in lives)} duplicates, {sum(len(each.lost) for each in lives)} lost")
    print(f"  {_summed(each.summary for each in lives)}")
    print(f"  {len(lives) - len(bad)} of {len(lives)} converge and keep every invariant")
    for each in bad[:20]:
        _one(each)
    return len(bad)


def one(seed: int) -> int:
    """One life, and all that is wrong with it."""
    life = live(seed)
    _one(life)
    print(f"  faults: {_table(life.faults)}; exit codes: {_table({_code(each): n for each, n in life.codes.items()})}")
    return len(life.problems)


def crashes(jobs: int, step: int) -> int:
    """N1 and N2: every crash and every crash in a recovery; the number of those that did not end well."""
    bad = 0
    for name, cases in (("N1 crash", every_case()[::step]), ("N2 crash in recovery", every_pair()[::step])):
        began = time.monotonic()
        done = list(_spread(crashed, cases, jobs))
        wanted = sum(2 if case.then else 1 for case in cases)
        failures = [(case, came.problems) for case, came in zip(cases, done, strict=True) if came.problems]
        print(f"{name}: {len(cases)} cases in {time.monotonic() - began:.0f} s, {jobs} processes")
        print(f"  {len(OPERATIONS)} operations, {len(INSTANTS)} instants, first, middle and last call, 1 and 4 workers")
        print(f"  {sum(each.count for each in done)} of {wanted} crashes came about")
        print(
            f"  {len(cases) - len(failures)} of {len(cases)} converge, nothing twice, lost or touched that is others'"
        )
        print(f"  {_summed(each.summary for each in done)}")
        for case, problems in failures[:20]:
            print(f"  FAILED {case}: {problems[0]}")
        bad += len(failures)
    return bad


def calls(jobs: int, step: int) -> int:
    """N3: each call that can fail, failed once; the number of those that did not end well."""
    began = time.monotonic()
    bad = tried = changes = 0
    summary = Summary()
    for how in HOWS:
        for number, came in enumerate(_spread(failed, (Failing(each, how) for each in count(1, step)), jobs)):
            changes = came.changes
            summary.add(came.summary)
            if came.problems:
                bad += 1
                print(f"  FAILED call {1 + number * step}, {how}: {came.problems[0]}")
            if not came.reached:
                break
            tried += 1
    print(f"N3 the n-th call fails: {tried} runs of an apply of {changes} changes in {time.monotonic() - began:.0f} s")
    print(f"  network and disk, a lost reply with its work {' and '.join(HOWS)}: {tried - bad} of {tried} converge")
    print(f"  {summary}")
    return bad


def _summed(summaries: Iterable[Summary]) -> Summary:
    whole = Summary()
    for each in summaries:
        whole.add(each)
    return whole


def _spread(work: Callable[[A], B], items: Iterable[A], jobs: int) -> Iterator[B]:
    """The results in the order of the items, by several processes; endless items are taken as far as is asked for."""
    if jobs < 2:
        yield from map(work, items)
        return
    with Pool(jobs) as pool:
        rest = iter(items)
        while chunk := list(islice(rest, jobs * 25)):
            yield from pool.imap(work, chunk, 5)


def _one(life: Life) -> None:
    print(f"  seed {life.seed}: {'ends well' if not life.problems else f'FAILED; again: make sim SEED={life.seed}'}")
    for problem in life.problems[:5]:
        print(f"    {problem}")


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _code(code: int) -> str:
    return "crashed" if code == -9 else str(code)


def _table(counted: dict[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in sorted(counted.items())) or "none"


def main(arguments: list[str]) -> int:
    """Exit code 1 when something is wrong in the end."""
    parser = argparse.ArgumentParser(prog="python -m simulation", description="Break applies in every way")
    parser.add_argument("--seed", type=int, help="only this seed, with all that is wrong")
    parser.add_argument("--seeds", type=int, help="so many seeds (N8)")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--crashes", action="store_true", help="every operation cut off at every instant (N1, N2)")
    parser.add_argument("--calls", action="store_true", help="every call failed in turn (N3)")
    parser.add_argument("--faults", action="store_true", help="every network fault at every operation (N4)")
    parser.add_argument("--responses", type=int, default=0, help="so many hostile replies (N12)")
    parser.add_argument("--strings", type=int, default=0, help="so many hostile texts through every renderer (N13)")
    parser.add_argument("--guards", action="store_true", help="each guard taken away in turn (N17)")
    parser.add_argument("--cuts", action="store_true", help="state and journal cut off at every byte (N5)")
    parser.add_argument("--images", action="store_true", help="every disk that a crash may leave (N6)")
    parser.add_argument("--meetings", action="store_true", help="a second apply at every effect of a first (N10)")
    parser.add_argument("--kills", type=int, help="so many real kill -9 of the real program (N9); --first is the seed")
    parser.add_argument("--entries", type=int, help="time a state of so many entries (E18)")
    parser.add_argument("--steps", metavar="WALKSxSTEPS", help="so many walks of so many steps (N7), as in 200x50")
    parser.add_argument("--reviews", metavar="WALKSxSTEPS", help="so many walks between two organisations (N27)")
    parser.add_argument("--manifests", type=int, help="so many spoilt manifests (N11)")
    parser.add_argument("--cache", type=int, metavar="TREES", help="so many changed trees, with a cache (N24)")
    parser.add_argument("--cost", type=int, metavar="CHANGES", help="the journal's cost in an apply of so many (N22)")
    parser.add_argument("--rate", type=int, metavar="OBJECTS", help="the pace of an apply of so many (N21)")
    parser.add_argument("--memory", type=int, help="so many lives in which plan and drift recall the last ones (N25)")
    parser.add_argument("--bodies", type=int, help="so many random bodies of each kind (N26)")
    parser.add_argument("--step", type=int, default=1, help="only each so manieth case, where there are cases")
    parser.add_argument("--jobs", type=int, default=_cores(), help="processes")
    asked = parser.parse_args(arguments)
    if asked.seed is not None:
        return 1 if one(asked.seed) else 0
    bad = 0
    if asked.crashes:
        bad += crashes(asked.jobs, asked.step)
    if asked.calls:
        bad += calls(asked.jobs, asked.step)
    if asked.cuts:
        bad += figures.print_cuts(_spread, asked.jobs, asked.step)
    if asked.images:
        bad += figures.print_images(_spread, asked.jobs, asked.step)
    if asked.meetings:
        bad += figures.print_meetings(_spread, asked.jobs, asked.step)
    if asked.kills:
        bad += figures.print_kills(asked.kills, asked.first, 2 * asked.jobs)
    if asked.entries:
        bad += figures.print_entries(asked.entries)
    if asked.faults:
        bad += faults(asked.jobs, asked.step)
    if asked.responses:
        bad += responses(asked.first, asked.responses, asked.jobs)
    if asked.strings:
        bad += texts(asked.first, asked.strings, asked.jobs)
    if asked.guards:
        bad += guards()
    if asked.steps:
        bad += print_walks(_spread, asked.first, asked.steps, asked.jobs)
    if asked.reviews:
        bad += print_reviews(_spread, asked.first, asked.reviews, asked.jobs)
    if asked.manifests:
        bad += print_manifests(asked.first, asked.manifests, asked.jobs)
    if asked.cache:
        bad += print_caches(_spread, asked.first, asked.cache, asked.jobs)
    if asked.cost:
        bad += print_cost(asked.cost)
    if asked.rate:
        bad += print_rate(asked.rate, asked.first)
    if asked.memory:
        bad += print_recalls(_spread, asked.first, asked.memory, asked.jobs)
    if asked.bodies:
        bad += print_bodies(_spread, asked.first, asked.bodies, asked.jobs)
    others = asked.crashes, asked.calls, asked.cuts, asked.images, asked.meetings, asked.kills, asked.entries
    hostile = asked.faults, asked.responses, asked.strings, asked.guards
    rest = asked.steps, asked.reviews, asked.manifests, asked.cost, asked.rate, asked.memory, asked.cache, asked.bodies
    if asked.seeds is not None or not any((*others, *hostile, *rest)):
        bad += seeds(asked.first, asked.seeds if asked.seeds is not None else 100, asked.jobs)
    return 1 if bad else 0


if __name__ == "__main__":
    # a sixth of a life would go into digests of the same few secrets, and a digest has no effect to go wrong
    hashlib.scrypt = functools.lru_cache(1024)(hashlib.scrypt)  # type: ignore[assignment]
    sys.exit(main(sys.argv[1:]))
