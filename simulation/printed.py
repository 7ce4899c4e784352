"""The figures of network faults, of hostile replies and texts, and of guards taken away, as `make sim` prints them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


def faults(jobs: int, step: int) -> int:
    """N4: every cell of the matrix; the number of those that did not end well."""
    from simulation.faults import EVERYTHING, FAULTS, cells, faulted

    began = time.monotonic()
    wanted = cells()[::step]
    done = list(zip(wanted, spread(faulted, wanted, jobs, 10), strict=True))
    struck = [(cell, ended) for cell, ended in done if ended.struck]
    bad = [(cell, ended.problems) for cell, ended in done if ended.problems or not ended.struck]
    codes = Counter(ended.code for _, ended in struck)
    classes = Counter(FAULTS[cell.fault].taken_for for cell, _ in struck)
    print(f"N4 network faults: {len(wanted)} cells in {time.monotonic() - began:.0f} s, {jobs} processes")
    print(f"  {len(FAULTS)} faults of rows B01 to B29, {len(EVERYTHING)} operations, before and after the work")
    print(f"  {len(struck)} of {len(wanted)} struck; taken for {counted(classes)}; exit codes {counted(codes)}")
    print(
        f"  {sum(ended.twins for _, ended in done)} objects made by a proxy that sent twice, each told and left alone"
    )
    print(f"  {len(wanted) - len(bad)} of {len(wanted)} as declared: 0 duplicates, 0 lost, none sent again unseen")
    for cell, problems in bad[:20]:
        print(f"  FAILED {cell}: {problems[:2] or 'the fault did not strike'}")
    return len(bad)


def responses(first: int, number: int, jobs: int) -> int:
    """N12: so many spoilt replies; the number of those that were not borne."""
    from simulation.responses import LARGE, SLOW, heard

    began = time.monotonic()
    calls: set[str] = set()
    codes: Counter[int] = Counter()
    bad, slowest, largest = [], 0.0, 0.0
    for each in spread(heard, range(first, first + number), jobs, 50):
        calls.add(each.call)
        codes[each.code] += 1
        slowest, largest = max(slowest, each.seconds), max(largest, each.megabytes)
        bad += [each] if each.problem else []
    print(f"N12 hostile replies: {number} seeds from {first} in {time.monotonic() - began:.0f} s, {jobs} processes")
    print(f"  {len(calls)} calls; exit codes {counted(codes)}")
    print(f"  slowest {slowest:.2f} s (of {SLOW:.0f}), the largest process took {largest:.0f} MB more (of {LARGE})")
    print(f"  {number - len(bad)} of {number} borne: no traceback, no signal")
    for each in bad[:20]:
        print(f"  FAILED seed {each.seed}, {each.call}: {each.problem}")
    return len(bad)


def texts(seed: int, number: int, jobs: int) -> int:
    """N13: so many hostile texts through every renderer; the number of those that something would have obeyed."""
    from simulation.hostile import RENDERERS, let_through, strings

    began = time.monotonic()
    asked = strings(number, seed)
    bad = [(text, found) for text, found in zip(asked, spread(let_through, asked, jobs, 20), strict=True) if found]
    print(
        f"N13 hostile texts: {number} of seed {seed} in {time.monotonic() - began:.0f} s, {RENDERERS} renderings each"
    )
    print(f"  {number - len(bad)} of {number} command nothing to terminal, runner, SARIF or Markdown")
    for text, found in bad[:20]:
        print(f"  FAILED {text[:60]!a}: {found[0][:100]!a}")
    return len(bad)


def guards() -> int:
    """N17: each guard taken away in turn; the number of those whose absence no test noticed."""
    from simulation.guards import WITHOUT, noticed

    began = time.monotonic()
    bad = 0
    for name in WITHOUT:
        failed = noticed(name)
        bad += not failed
        print(f"  without {name}: {f'{failed} tests fail' if failed else 'FAILED: nobody notices'}", flush=True)
    number = len(WITHOUT)
    print(f"N17 guards: {number - bad} of {number} taken away were noticed, in {time.monotonic() - began:.0f} s")
    return bad


def spread(work: Callable[[A], B], items: Iterable[A], jobs: int, chunk: int) -> Iterator[B]:
    """The results in the order of the items, by several processes; one that is killed ends it with an exception."""
    if jobs < 2:
        yield from map(work, items)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(work, items, chunksize=chunk)


def counted(numbers: Counter[A]) -> str:
    """`0: 12, 6: 3`."""
    return ", ".join(f"{name}: {number:,}" for name, number in sorted(numbers.items(), key=str)) or "none"
