"""`python -m benchmarks [--quick] [GROUP…]`: measures, and prints each figure with its target.

`python -m benchmarks against REV [JOB…]` compares with an earlier build.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import against, apply, pace, plan, pull, start, take_over, validate
from benchmarks.figures import Figure, lines
from benchmarks.measure import Unmeasured
from benchmarks.subject import FULL, QUICK, Size

GROUPS: dict[str, Callable[[Size, Path], Iterator[Figure]]] = {
    "start": start.figures,
    "validate": validate.figures,
    "plan": plan.figures,
    "apply": apply.figures,
    "pull": pull.figures,
    "pace": pace.figures,
    "take-over": take_over.figures,
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
    asked = parser.parse_args(arguments)
    if unknown := [name for name in asked.groups if name not in GROUPS]:
        parser.error(f"no such group: {', '.join(unknown)}; there are {', '.join(GROUPS)}")
    size = QUICK if asked.quick else FULL
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    print(f"CPython {platform.python_version()}, {cores} cores, {platform.system()} {platform.machine()}", flush=True)
    print(
        "medians, contestants in turns" + ("; QUICK: sizes are not the promised ones" if asked.quick else ""),
        flush=True,
    )
    broken = False
    for name in asked.groups or GROUPS:
        figures: list[Figure] = []
        with tempfile.TemporaryDirectory(prefix="syncer-bench-") as folder:
            try:
                for figure in GROUPS[name](size, Path(folder)):
                    figures.append(figure)  # one by one: what was measured before a failure is kept
            except Unmeasured as reason:
                broken = True
                figures.append(Figure("the rest", None, "", None, str(reason).replace("\n", "\n    ")))
        print("\n" + "\n".join(lines(name, figures)), flush=True)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
