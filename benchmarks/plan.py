"""A plan without change: time, memory and requests, beside Terraform and octoDNS, and how it grows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

from benchmarks.build import Build
from benchmarks.figures import Figure
from benchmarks.manifests import repository, titles
from benchmarks.measure import Median, Run, in_pairs, ratio, run, side_by_side
from benchmarks.peers import TERRAFORM, Missing, octodns_project, peer, terraform_environment, terraform_project
from benchmarks.platform import Platform, platform
from benchmarks.subject import Size, remembers, syncer

MB = 150


def settled(folder: Path, there: Platform, counts: Mapping[str, int], build: Build | None = None) -> Path:
    """A repository and an organisation that agree, with the state that this build made.

    Closing reasons are created past `syncer`, whose pace would take minutes; the rest, and the state, by an apply.
    """
    here = repository(folder / "repository", **counts)
    there.add_reasons(titles(counts.get("reasons", 0)))
    syncer(here, "apply", "--yes", platform=there, build=build)()
    return here


def unchanged(here: Path, there: Platform, *, memory: bool = True) -> Callable[[], Run]:
    """A plan that must find nothing to do. `memory`: whether it may recall what earlier ones read and found."""
    return syncer(here, "plan", "--detailed-exitcode", *(() if memory else forgetting("plan")), platform=there)


def forgetting(command: str) -> tuple[str, ...]:
    """What has a command recall nothing, which it may not be able to."""
    return ("--no-cache",) if remembers(command) else ()


def mixed(size: Size, folder: Path) -> Iterator[Figure]:
    """Three kinds at once: peak memory, one list request a kind and page."""
    folder.mkdir(exist_ok=True)
    with platform(folder) as there:
        plan = unchanged(settled(folder, there, size.counts), there)
        took = side_by_side({"plan": plan}, size.slow_rounds)["plan"]
        there.forget_requests()
        plan()
        asked = there.requests()
    yield Figure(f"plan, no change, {size.words}: peak memory", took.peak_mb, "MB", MB)
    pages = {"ClosingReason": 1, "FlowTemplate": max(1, math.ceil(size.flows / 100)), "EntitySchema": 1}
    for (kind, method), number in sorted(asked.items()):
        yield Figure(f"  its requests: {method} {kind}", number, "", pages.get(kind), "at most one a page of 100")


def remembered(size: Size, folder: Path) -> Iterator[Figure]:
    """3: plan and drift without change, beside the same without memory."""
    folder.mkdir(exist_ok=True)
    with platform(folder) as there:
        here = settled(folder, there, size.counts)
        for command, more, target in (("plan", ("--detailed-exitcode",), 0.4), ("drift", (), 0.5)):
            name = f"{command}, no change, {size.words} ÷ the same without memory"
            if not remembers(command):
                yield Figure.not_built(name, "×", target, f"`{command}` has no --no-cache")
                continue
            with_memory = syncer(here, command, *more, platform=there)
            without = syncer(here, command, *more, "--no-cache", platform=there)
            pairs = [(old.cpu, new.cpu) for old, new in in_pairs(without, with_memory, size.slow_rounds)]
            yield Figure(name, ratio(pairs), "×", target, f"CPU seconds, {len(pairs)} pairs")


def many(size: Size, folder: Path) -> Iterator[Figure]:
    """12: closing reasons by the thousand: ≤ 0.08 × Terraform, ≤ 0.2 × octoDNS, wall clock, exponent ≤ 1.1.

    Every size has a sandbox of its own and all take turns: what else the machine does, it does to all of them.
    """
    folder.mkdir(exist_ok=True)
    most = max(size.scale)
    contestants: dict[str, Callable[[], Run]] = {}
    absent: list[Figure] = []
    versions: dict[str, str] = {}
    for name, prepare in (("terraform", _terraform), ("octodns", _octodns)):
        try:
            versions[name], contestants[name] = prepare(folder / name, most)
        except Missing as reason:
            absent.append(Figure(f"plan of {most:,} ÷ {name}", None, "×", TARGETS[name], str(reason)))
    with ExitStack() as sandboxes:
        for number in size.scale:
            scratch = folder / str(number)
            scratch.mkdir()
            there = sandboxes.enter_context(platform(scratch))
            contestants[str(number)] = unchanged(settled(scratch, there, {"reasons": number}), there)
        took = side_by_side(contestants, size.slow_rounds)
    ours = took[str(most)]
    what = f"plan, no change, {most:,} closing reasons"
    for name, version in versions.items():
        how = f"{_cost(ours)} ÷ {_cost(took[name])} of {version}"
        yield Figure(f"{what} ÷ {name}", ours.seconds / took[name].seconds, "×", TARGETS[name], how)
    yield from absent
    yield Figure("  its peak memory", ours.peak_mb, "MB", MB)
    seconds = ", ".join(f"{number:,}: {took[str(number)].seconds:.2f} s" for number in size.scale)
    before = sorted(size.scale)[-2]
    for least, how in ((min(size.scale), seconds), (before, "where starting up hides less of it")):
        grown = exponent(took[str(least)].seconds, ours.seconds, most / least)
        yield Figure(f"  its exponent from {least:,} to {most:,}", grown, "", 1.1, how)


TARGETS = {"terraform": 0.08, "octodns": 0.2}


def _cost(of: Median) -> str:
    return f"{of.seconds:.2f} s, {of.peak_mb:.0f} MB"


def exponent(small: float, large: float, times: float) -> float:
    """`b` of cost ∝ size ** b, from two sizes that lie so many times apart."""
    return math.log(large / small) / math.log(times)


def _terraform(folder: Path, number: int) -> tuple[str, Callable[[], Run]]:
    installed = peer("terraform")
    python, environ = installed.program("python"), terraform_environment()
    folder.mkdir(parents=True)
    version = run([python, "-c", TERRAFORM, "version"], folder, environ).output.split()[1]
    project = terraform_project(folder / "project", titles(number), version.removeprefix("v"))
    run([python, "-c", TERRAFORM, "init", "-input=false", "-no-color"], project, environ)
    command = [python, "-c", TERRAFORM, "plan", "-detailed-exitcode", "-input=false", "-no-color"]
    return f"Terraform {version}", lambda: run(command, project, environ)


def _octodns(folder: Path, number: int) -> tuple[str, Callable[[], Run]]:
    installed = peer("octodns")
    project = octodns_project(folder, titles(number))
    command = [installed.program("octodns-sync"), "--config-file", "octodns.yaml"]
    return f"octoDNS {installed.version}", lambda: run(command, project)
