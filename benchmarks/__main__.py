"""`python -m benchmarks [--quick] [GROUP…]`: measures, and prints each figure with its target.

`python -m benchmarks against REV [JOB…]` compares with an earlier build.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from benchmarks import against, apply, pace, plan, promises, pull, start, validate
from benchmarks.figures import Figure, lines
from benchmarks.measure import Unmeasured
from benchmarks.subject import FULL, QUICK, Size

GROUPS: dict[str, Callable[[Size, Path], Iterator[Figure]]] = {
    "start": start.figures,
    "validate": validate.figures,
    "plan": plan.mixed,
    "apply": apply.figures,
    "pull": pull.figures,
    "pace": pace.figures,
    **promises.ROWS,
}


def main(arguments: list[str]) -> int:
    """Exit code 0 when everything could be measured, whatever came out; 1 when a group could not."""
    if arguments[:1] == ["against"]:
        return against.main(arguments[1:])
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Print the promised figures as measured")
    parser.add_argument(
        "groups", nargs="*", metavar="GROUP", help=f"{', '.join(GROUPS)}; all of them when none is named"
    )
    parser.add_argument(
        "--quick", action="store_true", help="smaller and fewer: to see that it runs, not for the figures"
    )
    parser.add_argument("--rounds", type=int, default=0, help="how often each is measured: less often is less exact")
    asked = parser.parse_args(arguments)
    if unknown := [name for name in asked.groups if name not in GROUPS]:
        parser.error(f"no such group: {', '.join(unknown)}; there are {', '.join(GROUPS)}")
    size = QUICK if asked.quick else FULL
    if asked.rounds > 0:
        size = replace(size, rounds=asked.rounds, slow_rounds=asked.rounds)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    print(f"CPython {platform.python_version()}, {cores} cores, {platform.system()} {platform.machine()}", flush=True)
    print(
        "medians, contestants in turns" + ("; QUICK: sizes are not the promised ones" if asked.quick else ""),
        flush=True,
    )
    broken = False
    every: list[Figure] = []
    for name in asked.groups or GROUPS:
        figures: list[Figure] = []
        with tempfile.TemporaryDirectory(prefix="syncer-bench-") as folder:
            try:
                work = Path(folder) / "work"
                work.mkdir()
                for figure in GROUPS[name](size, work):
                    figures.append(figure)  # one by one: what was measured before a failure is kept
            except Unmeasured as reason:
                broken = True
                figures.append(Figure("the rest", None, "", None, str(reason).replace("\n", "\n    ")))
        print("\n" + "\n".join(lines(name, figures)), flush=True)
        every += figures
    counted = Counter(each.verdict for each in every)
    print(f"\n{counted['pass']} met, {counted['FAIL']} missed, {counted['missing']} not measured", flush=True)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
