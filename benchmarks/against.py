"""`python -m benchmarks against REV [JOB…]`: this tree beside an earlier revision, both through their command line."""

from __future__ import annotations

import argparse
import math
import re
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.build import Build, commit_of, current, installed
from benchmarks.figures import Comparison, comparison_lines
from benchmarks.manifests import repository
from benchmarks.measure import Run, Unmeasured, in_pairs, ratio
from benchmarks.plan import exponent, settled
from benchmarks.platform import platform
from benchmarks.subject import FULL, IN_HASTE, QUICK, Size, cache_of, syncer

BASE = "dfd907647a66cff4a7f3bf070069bf95d57acc60"
"""The commit that the promised improvements are told against; against any other, nothing may become slower."""

PROMISED = {
    # figure: the most it may be of BASE
    "validate one reason": 0.35,
    "validate one flow": 0.35,
    "validate one schema": 0.35,
    "instructions of validate": 0.75,
    "instructions of validate, again": 0.75,
    "apply 2,000 creates": 0.6,
    "apply 2,000 creates, bytes": 0.02,
}
SLOWER = 1.05
GROWTH = 1.1
"""The most an exponent may be: work and bytes that grow as the number of objects does, and hardly faster."""

Command = Callable[[Build, Path], Callable[[], Run]]
Pairs = Sequence[tuple[Run, Run]]


@dataclass(frozen=True)
class Contest:
    """An earlier build and this tree, a folder for both, how much is measured, and how often the quick jobs are."""

    old: Build
    new: Build
    folder: Path
    size: Size
    pairs: int
    promised: bool

    def run(self, command: Command, pairs: int | None = None) -> Pairs:
        """What the command cost, in pairs; each build has a folder of its own, with a name of the same length."""
        for name in ("old", "new"):
            (self.folder / name).mkdir(exist_ok=True)
        old, new = command(self.old, self.folder / "old"), command(self.new, self.folder / "new")
        return in_pairs(old, new, self.pairs if pairs is None else pairs)

    @property
    def slow_pairs(self) -> int:
        """How often what takes seconds is measured."""
        return max(1, self.pairs // 2)

    def target(self, name: str) -> float:
        """The most that new ÷ old may be of this figure."""
        return PROMISED.get(name, SLOWER) if self.promised else SLOWER


def _cpu(contest: Contest, name: str, pairs: Pairs) -> Comparison:
    return _compared(name, "s CPU", [(old.cpu, new.cpu) for old, new in pairs], contest.target(name))


def _memory(contest: Contest, name: str, pairs: Pairs) -> Comparison:
    name = f"{name}, memory"
    return _compared(name, "MB", [(old.peak_mb, new.peak_mb) for old, new in pairs], contest.target(name))


def _written(contest: Contest, name: str, pairs: Pairs) -> Comparison:
    name = f"{name}, bytes"
    counts = [(old.written, new.written) for old, new in pairs if old.written is not None and new.written is not None]
    if not counts:
        return Comparison(name, "MB", target=contest.target(name), how="this system doesn't count what is written")
    return _compared(name, "MB", [(old / 1e6, new / 1e6) for old, new in counts], contest.target(name))


def _compared(name: str, unit: str, values: Sequence[tuple[float, float]], target: float) -> Comparison:
    ratios = [new / old if old else math.inf for old, new in values]
    how = f"{min(ratios):.2f} to {max(ratios):.2f} in {len(ratios)} pairs" if len(ratios) > 1 else "one pair"
    old, new = (statistics.median(side) for side in zip(*values, strict=True))
    return Comparison(name, unit, old, new, ratio(values), target, how)


def start(contest: Contest) -> Iterator[Comparison]:
    """`--version`, and `validate` of a repository of one file."""
    yield _cpu(contest, "--version", contest.run(lambda build, here: syncer(here, "--version", build=build)))
    one = repository(contest.folder / "one", reasons=1)
    pairs = contest.run(lambda build, _: _cold(one, build))
    yield _cpu(contest, "validate a repository of one file", pairs)
    yield _memory(contest, "validate a repository of one file", pairs)


def instructions(contest: Contest) -> Iterator[Comparison]:
    """Instructions of `validate` of a repository of one file, the first time and again, as callgrind counts them; once
    each."""
    name = "instructions of validate"
    folder = contest.folder / "counted"
    if shutil.which("valgrind") is None:
        yield Comparison(name, "million", target=contest.target(name), how="valgrind isn't installed")
        return
    for again in (False, True):
        said = f"{name}{', again' * again}"
        counts = [_counted(folder, build, again=again) for build in (contest.old, contest.new)]
        yield _compared(said, "million", [(counts[0], counts[1])], contest.target(said))


def _counted(folder: Path, build: Build, *, again: bool) -> float:
    """Millions of instructions of one `validate`."""
    here = folder if folder.exists() else repository(folder, reasons=1)
    before = ("env", "PYTHONHASHSEED=0", "valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null")
    warm = syncer(here, "validate", build=build)
    warm()  # what is compiled on first use is compiled
    counted = syncer(here, "validate", build=build, before=before) if again else _cold(here, build, before=before)
    output = counted().output
    found = re.search(r"Collected : (\d+)", output)
    if found is None:
        raise Unmeasured(f"callgrind told no count:\n{output[-1000:]}")
    return int(found[1]) / 1e6


def modules(contest: Contest) -> Iterator[Comparison]:
    """How many modules a command imports: never more than before."""
    here = repository(contest.folder / "imported", reasons=1)
    with platform(contest.folder) as there:
        for command in ("--version", "validate", "plan"):
            target = there if command == "plan" else None
            old, new = (
                _imported(syncer(here, command, build=build, platform=target, python=("-X", "importtime"))())
                for build in (contest.old, contest.new)
            )
            more = sorted(name for name in new - old if not name.startswith("syncer."))
            how = f"new, beside our own: {', '.join(more)}" if more else ""
            yield Comparison(f"modules of {command}", "", len(old), len(new), len(new) / len(old), 1, how)


def _imported(run: Run) -> set[str]:
    return set(re.findall(r"^import time: +\d+ \| +\d+ \| +(\S+)$", run.output, re.MULTILINE))


def validate(contest: Contest) -> Iterator[Comparison]:
    """Everything in a repository of many objects, with nothing remembered."""
    here = _many(contest)
    pairs = contest.run(lambda build, _: _cold(here, build), contest.slow_pairs)
    yield _cpu(contest, f"validate all {_number(contest.size):,}", pairs)
    yield _memory(contest, f"validate all {_number(contest.size):,}", pairs)


def validate_one(contest: Contest) -> Iterator[Comparison]:
    """One file of that repository after it was edited, as a hook is run; everything was validated once before."""
    here = _many(contest)
    for build in (contest.old, contest.new):
        syncer(here, "validate", build=build)()
    for what, folder in (("reason", "reasons"), ("flow", "flows"), ("schema", "schemas")):
        path = sorted((here / "config" / folder).iterdir())[0]
        name = path.relative_to(here).as_posix()

        def command(build: Build, _: Path, path: Path = path, name: str = name) -> Callable[[], Run]:
            return edited(path, syncer(here, "validate", name, build=build))

        pairs = contest.run(command)
        yield _cpu(contest, f"validate one {what}", pairs)
        yield _memory(contest, f"validate one {what}", pairs)


def plan(contest: Contest) -> Iterator[Comparison]:
    """A plan without change of three kinds; each build made its own state of its own organisation."""
    size = contest.size
    counts = {"reasons": size.reasons, "flows": size.flows, "schemas": size.schemas}
    yield from _unchanged(contest, f"plan {_number(size):,} without change", counts)


def plan_many(contest: Contest) -> Iterator[Comparison]:
    """A plan without change of thousands of closing reasons."""
    most = max(contest.size.scale)
    yield from _unchanged(contest, f"plan {most:,} reasons without change", {"reasons": most})


def _unchanged(contest: Contest, name: str, counts: dict[str, int]) -> Iterator[Comparison]:
    with tempfile.TemporaryDirectory(dir=contest.folder) as scratch:
        folders = [Path(scratch) / "old", Path(scratch) / "new"]
        for folder in folders:
            folder.mkdir()
        with platform(folders[0]) as first, platform(folders[1]) as second:
            arguments = ("plan", "--detailed-exitcode")
            old, new = (
                syncer(settled(folder, there, counts, build), *arguments, platform=there, build=build)
                for folder, there, build in zip(folders, (first, second), (contest.old, contest.new), strict=True)
            )
            pairs = in_pairs(old, new, contest.slow_pairs)
    yield _cpu(contest, name, pairs)
    yield _memory(contest, name, pairs)


def apply(contest: Contest) -> Iterator[Comparison]:
    """Creates from an empty local state: CPU, bytes written, and how both grow."""
    yield from _applies(contest, 500, 2000)


def apply_many(contest: Contest) -> Iterator[Comparison]:
    """The same with 5,000; only when it is named."""
    yield from _applies(contest, 500, 5000)


def _applies(contest: Contest, few: int, most: int) -> Iterator[Comparison]:
    if contest.size.quick:
        few, most = few // 10, most // 10
    costs = []
    for number in (few, most):
        here = repository(contest.folder / f"creates-{number}", reasons=number)
        pairs = contest.run(partial(_from_empty, here), max(1, contest.pairs // 5))
        costs.append(pairs)
        name = f"apply {number:,} creates"
        yield _cpu(contest, name, pairs)
        yield _written(contest, name, pairs)
    for what, cost in (("CPU", _cpu_of), ("bytes", _written_of)):
        middles = [[statistics.median(cost(pair[side]) for pair in pairs) for pairs in costs] for side in (0, 1)]
        old, new = (exponent(small, large, most / few) for small, large in middles)
        name = f"apply, exponent of {what} from {few:,} to {most:,}"
        yield Comparison(name, "", old, new, None, GROWTH, "the target is of the new one")


def _cpu_of(run: Run) -> float:
    return run.cpu


def _written_of(run: Run) -> float:
    return math.nan if run.written is None else run.written


def _from_empty(here: Path, build: Build, _: Path) -> Callable[[], Run]:
    """Every run has an organisation of its own, where nothing is yet, and no state."""

    def once() -> Run:
        shutil.rmtree(here / ".syncer", ignore_errors=True)
        shutil.rmtree(cache_of(here), ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=here.parent) as scratch, platform(Path(scratch)) as there:
            return syncer(here, "apply", "--yes", "--first-contact", platform=there, code=IN_HASTE, build=build)()

    return once


def _cold(here: Path, build: Build, before: Sequence[str] = ()) -> Callable[[], Run]:
    """`validate` with nothing remembered."""

    def once() -> Run:
        shutil.rmtree(cache_of(here), ignore_errors=True)
        return syncer(here, "validate", build=build, before=before)()

    return once


def edited(path: Path, command: Callable[[], Run]) -> Callable[[], Run]:
    """The command, after a line was added to the file that it has never seen there."""

    def once() -> Run:
        text = path.read_text("utf-8")
        path.write_text(f"{text}# {len(text)}\n", "utf-8")
        return command()

    return once


def _many(contest: Contest) -> Path:
    here = contest.folder / "many"
    size = contest.size
    return here if here.exists() else repository(here, reasons=size.reasons, flows=size.flows, schemas=size.schemas)


def _number(size: Size) -> int:
    return size.reasons + size.flows + size.schemas


JOBS: dict[str, Callable[[Contest], Iterator[Comparison]]] = {
    "start": start,
    "modules": modules,
    "instructions": instructions,
    "validate": validate,
    "validate-one": validate_one,
    "plan": plan,
    "plan-many": plan_many,
    "apply": apply,
    "apply-many": apply_many,
}
ASKED_FOR = {"apply-many"}
"""Only run when named: it takes a quarter of an hour."""


def main(arguments: list[str]) -> int:
    """Exit code 0 when every target that could be measured is met, 1 when one is missed or a job could not be run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks against", description="Compare with an earlier build")
    parser.add_argument("revision", metavar="REV", help="what git calls it: a commit id, a tag, HEAD~3")
    every = ", ".join(name for name in JOBS if name not in ASKED_FOR)
    only = ", ".join(sorted(ASKED_FOR))
    parser.add_argument("jobs", nargs="*", metavar="JOB", help=f"{every} (all of these when none is named), {only}")
    parser.add_argument("--pairs", type=int, default=11, help="how often a quick job is measured with both (11)")
    parser.add_argument("--quick", action="store_true", help="smaller: to see that it runs, not for the figures")
    asked = parser.parse_args(arguments)
    if unknown := [name for name in asked.jobs if name not in JOBS]:
        parser.error(f"no such job: {', '.join(unknown)}; there are {', '.join(JOBS)}")
    try:
        commit, old = commit_of(asked.revision), installed(asked.revision)
    except Unmeasured as reason:
        print(reason, file=sys.stderr)
        return 1
    new = current()
    print(f"{old.version} beside {new.version}: CPU seconds of a process and its children, median of paired ratios",
          flush=True)  # fmt: skip
    failed = False
    size, pairs = (QUICK, min(asked.pairs, 2)) if asked.quick else (FULL, asked.pairs)
    with tempfile.TemporaryDirectory(prefix="syncer-bench-") as folder:
        contest = Contest(old, new, Path(folder), size, pairs, promised=commit == BASE)
        for name in asked.jobs or [name for name in JOBS if name not in ASKED_FOR]:
            found: list[Comparison] = []
            try:
                for each in JOBS[name](contest):
                    found.append(each)  # one by one: what was measured before a failure is kept
            except Unmeasured as reason:
                failed = True
                found.append(Comparison("the rest", "", how=str(reason).replace("\n", "\n    ")))
            failed = failed or any(each.verdict == "MISSED" for each in found)
            print("\n" + "\n".join(comparison_lines(name, found)), flush=True)
    return 1 if failed else 0
