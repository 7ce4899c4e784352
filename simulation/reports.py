"""Prints the figures of walks, spoilt manifests, pace, the journal's cost, what is recalled and random bodies: N7, N11,
N21, N22 and N24 to N27 of docs/reliability.md#the-table."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol


class Spread(Protocol):
    """Several processes; the results in the order of the items."""

    def __call__(self, work: Callable[[Any], Any], items: Iterable[Any], jobs: int) -> Iterator[Any]:
        """As `map`."""


def print_reviews(spread: Spread, first: int, size: str, jobs: int) -> int:
    """N27, for `200x50`: 200 walks of 50 steps; the number of walks that broke an invariant."""
    from simulation.reviews import INVARIANTS, review

    began = time.monotonic()
    walks, steps = (int(each) for each in size.split("x"))
    done: Counter[str] = Counter()
    stopped: Counter[str] = Counter()
    bad = []
    for each in spread(review, [(seed, steps) for seed in range(first, first + walks)], jobs):
        done += each.steps
        stopped += each.stopped
        bad += [each] if each.violations else []
    print(f"N27 {walks} walks of {steps} steps from seed {first} in {time.monotonic() - began:.0f} s, {jobs} processes")
    print(f"  {sum(done.values())} steps: {_table(done)}")
    print(f"  stopped for people to decide: {_table(stopped)}")
    violations = sum(len(each.violations) for each in bad)
    print(f"  {violations} violations of {len(INVARIANTS)} invariants, each checked after every step it speaks of")
    for each in bad[:20]:
        print(f"  FAILED: make sim REVIEWS=1x{steps} FIRST={each.seed}")
        print(f"    after {' · '.join(each.story[-8:])}"[:900])
        for violation in each.violations[:3]:
            print(f"    {violation}"[:600])
    return len(bad)


def print_walks(spread: Spread, first: int, size: str, jobs: int) -> int:
    """N7, for `200x50`: 200 walks of 50 steps; the number of walks that broke an invariant."""
    from simulation.commands import INVARIANTS
    from simulation.walks import walk

    began = time.monotonic()
    walks, steps = (int(each) for each in size.split("x"))
    done: Counter[str] = Counter()
    codes: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    stopped: Counter[str] = Counter()
    edits: Counter[str] = Counter()
    left, scalars, bad = 0, 0, []
    for each in spread(walk, [(seed, steps) for seed in range(first, first + walks)], jobs):
        done += each.steps
        codes += Counter({"crashed" if code == -9 else str(code): count for code, count in each.codes.items()})
        faults += each.faults
        stopped += each.stopped
        left += len(each.left)
        scalars += each.scalars
        edits += each.edits
        bad += [each] if each.violations else []
    print(f"N7 {walks} walks of {steps} steps from seed {first} in {time.monotonic() - began:.0f} s, {jobs} processes")
    print(f"  {sum(done.values())} steps: {_table(done)}")
    print(f"  {faults.pop('crash', 0)} crashes, {sum(faults.values())} other faults; exit codes: {_table(codes)}")
    print(f"  stopped for people to decide, with nothing wrong: {_table(stopped)}")
    print(f"  {left} objects left behind by a cut-off run whose manifest went away before the next")
    print(f"  {sum(edits.values())} edits of parts: {_table(edits)}")
    print(f"  {scalars} scalars changed by hand, each looked for in a report of drift")
    violations = sum(len(each.violations) for each in bad)
    print(f"  {violations} violations of {len(INVARIANTS)} invariants, each checked after every step it speaks of")
    for each in bad[:20]:
        print(f"  FAILED: make sim STEPS=1x{steps} FIRST={each.seed}")
        print(f"    after {' · '.join(each.story[-4:])}"[:600])
        for violation in each.violations[:3]:
            print(f"    {violation}"[:600])
    return len(bad)


def print_manifests(first: int, number: int, jobs: int) -> int:
    """N11; the number of inputs that were not borne."""
    from simulation.fuzz import MEGABYTES, SECONDS, fuzzed

    began = time.monotonic()
    came = fuzzed(first, number, jobs)
    print(f"N11 {number} spoilt repositories from seed {first} in {time.monotonic() - began:.0f} s, {jobs} processes")
    good, refused = came.codes[0], came.codes[3]
    print(f"  validate: {good} valid all the same, {refused} refused by {len(came.rules)} rules and more")
    print(f"  slowest {came.slowest:.2f} s of {SECONDS:.0f}, largest process {came.largest:.0f} MB of {MEGABYTES:.0f}")
    print(f"  {len(came.failures)} tracebacks, signals, or beyond that")
    for seed, what in came.failures[:20]:
        print(f"  FAILED: make sim MANIFESTS=1 FIRST={seed}: {what}")
    return len({seed for seed, _ in came.failures})


def print_caches(spread: Spread, first: int, trees: int, jobs: int) -> int:
    """N24; the number of trees of which something else was said than without a cache."""
    from simulation.caches import CHANGES, live

    began = time.monotonic()
    lives = list(spread(live, range(first, first + -(-trees // CHANGES)), jobs))
    number, bad = sum(each.trees for each in lives), [(each.seed, one) for each in lives for one in each.problems]
    print(f"N24 {number} changed trees from seed {first} in {time.monotonic() - began:.0f} s, {jobs} processes")
    print(
        f"  {sum(each.sound for each in lives)} sound, twice with the cache and once without: {len(bad)} answers differ"
    )
    for seed, what in bad[:5]:
        print(f"  FAILED: make sim CACHE={CHANGES} FIRST={seed}: {what}")
    return len(bad)


def print_cost(changes: int) -> int:
    """N22, of an apply of so many changes; 1 if it costs more than it may."""
    from simulation.cost import MOST_FSYNCS, MOST_SLOWER, measured

    cost = measured(changes)
    journal = cost.journal_syncs / cost.writes
    print(f"N22 journal and state of an apply of {changes} changes, {cost.writes} writing calls, 8 workers")
    print(f"  journal: {journal:.2f} fsyncs a writing call, may be {MOST_FSYNCS}; all in all {_table(cost.by_file)}")
    print(f"  one fsync on this disk takes {1000 * cost.one:.2f} ms (median of {cost.tries})")
    slower = f"slower by {cost.slower:.1f} % than without fsync"
    print(f"  {slower} at {cost.latency * 1000:.0f} ms a request; may be {MOST_SLOWER:.0f} %")
    return int(cost.journal_syncs / cost.writes > MOST_FSYNCS or cost.slower > MOST_SLOWER)


def print_rate(objects: int, seed: int) -> int:
    """N21; 1 if it asks more, or takes longer, than it may."""
    from simulation.rate import MOST_MORE, MOST_SECONDS, WORKERS, rated

    came = rated(objects, seed)
    more = came.requests / came.plain
    print(f"N21 an apply of {objects} objects with {WORKERS} workers against 500 writes a minute, seed {seed}")
    print(f"  {came.refused} writes refused with 429 for others' sake, {came.refused_by_quota} for its own")
    print(f"  {came.requests} requests, {more:.3f} of {came.plain} without a refusal; may be {MOST_MORE}")
    print(f"  {came.seconds:.0f} s on the simulated clock, may be {MOST_SECONDS:.0f}; exit code {came.code}")
    return int(more > MOST_MORE or came.seconds > MOST_SECONDS or came.refused_by_quota > 0 or came.code != 0)


def print_recalls(spread: Spread, first: int, number: int, jobs: int) -> int:
    """N25, of so many lives; the number of those in which something else was said than without."""
    from simulation.recalls import STEPS, recalled

    began = time.monotonic()
    runs: Counter[str] = Counter()
    steps: Counter[str] = Counter()
    bad = []
    for each in spread(recalled, [(seed, STEPS) for seed in range(first, first + number)], jobs):
        runs += each.runs
        steps += each.steps
        bad += [each] if each.wrong else []
    print(
        f"N25 {number} lives of {STEPS} steps from seed {first} in {time.monotonic() - began:.0f} s, {jobs} processes"
    )
    print(f"  {steps.total()} steps: {_table(steps)}")
    print(f"  {runs.total()} plans and reports beside those that recall nothing: {_table(runs)}")
    print(f"  {number - len(bad)} of {number} say the same to the byte")
    for each in bad[:20]:
        print(f"  FAILED: make sim MEMORY=1 FIRST={each.seed}: {each.wrong[0]}"[:2000])
    return len(bad)


def print_bodies(spread: Spread, first: int, number: int, jobs: int) -> int:
    """N26, of so many bodies of each kind; the number of organisations in which something is wrong."""
    from simulation.bodies import EACH, STORED, played

    began = time.monotonic()
    bodies: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    hands, bad = 0, []
    organisations = -(-number // EACH)
    for each in spread(played, range(first, first + organisations), jobs):
        bodies += each.bodies
        hands += each.hands
        wrong.update({sort: len(words) for sort, words in each.wrong.items()})
        bad += [each] if each.wrong else []
    print(f"N26 {organisations} organisations from seed {first} in {time.monotonic() - began:.0f} s, {jobs} processes")
    print(f"  {bodies.total()} bodies of {len(STORED)} kinds: {_table(bodies)}; {hands} scalars changed by hand")
    print(f"  wrong: {_table(wrong)}")
    for each in bad[:20]:
        sort, words = next(iter(each.wrong.items()))
        print(f"  FAILED: make sim BODIES={EACH} FIRST={each.seed}: {sort}: {words[0]}"[:600])
    return len(bad)


def _table(counted: Counter[str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in sorted(counted.items())) or "none"
