"""The promises of speed as the README numbers them: each as ratios in one run, beside a peer, another job, or an
earlier build.

CPU seconds of the process and its children, the median of paired ratios, save where a name says wall clock.
"""

from __future__ import annotations

import shutil
import statistics
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import against, pace, plan, pull, take_over
from benchmarks.bomb import bomb
from benchmarks.build import current, installed
from benchmarks.figures import Comparison, Figure
from benchmarks.manifests import repository
from benchmarks.measure import Run, in_pairs, ratio, run
from benchmarks.peers import Missing, Peer, peer
from benchmarks.subject import Size, cache_of, remembers, syncer

SCHEMAS = Path(__file__).parents[1] / "schemas"
ENVIRONMENTS = 320
Command = Callable[[], Run]


def _share(name: str, ours: Command, base: Command, pairs: int, target: float, beside: str) -> Figure:
    """Our CPU seconds ÷ those of the base."""
    found = in_pairs(base, ours, pairs)
    values = [(other.cpu, own.cpu) for other, own in found]
    other, own = (statistics.median(side) for side in zip(*values, strict=True))
    how = f"{1000 * own:,.0f} ms of CPU ÷ {1000 * other:,.0f} ms of {beside}"
    return Figure(name, ratio(values), "×", target, how)


def _beside(comparisons: Iterator[Comparison], *names: str) -> Iterator[Figure]:
    """Those of these names, as figures."""
    for each in comparisons:
        if each.name not in names:
            continue
        if each.ratio is None and each.old is None:
            yield Figure(f"{each.name} ÷ {against.BASE[:7]}", None, "×", each.target, each.how)
        elif each.ratio is None:
            yield Figure(each.name, each.new, "", each.target, f"{each.old:.2f} in {against.BASE[:7]}")
        else:
            yield Figure(f"{each.name} ÷ {against.BASE[:7]}", each.ratio, "×", each.target, each.how)


def _contest(size: Size, folder: Path) -> against.Contest:
    contest = folder / "contest"
    contest.mkdir(exist_ok=True)
    return against.Contest(installed(against.BASE), current(), contest, size, size.rounds, promised=True)


def _many(size: Size, folder: Path) -> Path:
    return repository(folder / "many", reasons=size.reasons, flows=size.flows, schemas=size.schemas)


def _cold(here: Path, *arguments: str) -> Command:
    """With nothing remembered."""

    def once() -> Run:
        shutil.rmtree(cache_of(here), ignore_errors=True)
        return syncer(here, *arguments)()

    return once


def one_file(size: Size, folder: Path) -> Iterator[Figure]:
    """1: `validate ONE_FILE`, edited, in a repository of many objects that were all validated once."""
    here = _many(size, folder)
    syncer(here, "validate")()
    largest = 0.0
    for kind, schema in (("flow", "flow-template"), ("schema", "entity-schema")):
        path = sorted((here / "config" / f"{kind}s").iterdir())[0]
        ours = against.edited(path, syncer(here, "validate", path.relative_to(here).as_posix()))
        largest = max(largest, ours().peak_mb)
        yield _beside_checker(f"validate one {kind}", ours, [path], schema, size.rounds, 0.7)
    yield Figure("  its peak memory", largest, "MB", 65, "the larger of the two")
    names = [f"validate one {kind}" for kind in ("reason", "flow", "schema")]
    yield from _beside(against.validate_one(_contest(size, folder)), *names)


def _beside_checker(name: str, ours: Command, files: list[Path], schema: str, pairs: int, target: float) -> Figure:
    try:
        other = peer("check-jsonschema")
    except Missing as reason:
        return Figure(f"{name} ÷ check-jsonschema", None, "×", target, str(reason))
    place = SCHEMAS / f"{schema}.schema.json"
    command = [other.program("check-jsonschema"), "--schemafile", place, *files]
    base = _command(command, files[0].parent)
    return _share(f"{name} ÷ check-jsonschema", ours, base, pairs, target, f"check-jsonschema {other.version}")


def _command(command: list[object], folder: Path) -> Command:
    return lambda: run(command, folder)


def again(size: Size, folder: Path) -> Iterator[Figure]:
    """2: `validate` of everything again, with what was remembered; and beside the compiled peer from npm."""
    here = _many(size, folder)
    if remembers("validate"):
        base, words = syncer(here, "validate", "--no-cache"), "the same without memory"
        yield _share("validate all again ÷ cold", syncer(here, "validate"), base, size.slow_rounds, 0.4, words)
    else:
        yield Figure.not_built("validate all again ÷ cold", "×", 0.4, "`validate` has no --no-cache")
    try:
        other: Peer | str = peer("sourcemeta")
    except Missing as reason:
        other = str(reason)
    for kind, schema, target in (("flows", "flow-template", 1.0), ("schemas", "entity-schema", 0.5)):
        name = f"validate {size.documents} {kind} again ÷ sourcemeta jsonschema"
        if isinstance(other, str):
            yield Figure(name, None, "×", target, other)
            continue
        there = repository(folder / kind, **{kind: size.documents})
        files = sorted((there / "config" / kind).iterdir())
        command = [other.program("jsonschema"), "validate", SCHEMAS / f"{schema}.schema.json", *files]
        base = _command(command, there)
        beside = f"sourcemeta jsonschema {other.version}"
        yield _share(name, syncer(there, "validate"), base, size.slow_rounds, target, beside)


def remote_apply(size: Size, folder: Path) -> Iterator[Figure]:
    """4: an apply whose state is far away."""
    return pace.remote(size, folder)


def local_apply(size: Size, folder: Path) -> Iterator[Figure]:
    """5: an apply of thousands of creates with a local state."""
    few, most = (50, 200) if size.quick else (500, 2000)
    name = f"apply {most:,} creates"
    exponents = [f"apply, exponent of {what} from {few:,} to {most:,}" for what in ("CPU", "bytes")]
    yield from _beside(against.apply(_contest(size, folder)), name, f"{name}, bytes", *exponents)


def start(size: Size, folder: Path) -> Iterator[Figure]:
    """8: `validate` of a repository of one file."""
    here = repository(folder / "one", reasons=1)
    files = list((here / "config").rglob("*.yaml"))
    for name, ours in (("first", _cold(here, "validate")), ("again", syncer(here, "validate"))):
        yield _beside_checker(f"validate a repository of one file, {name}", ours, files, "closing-reason",
                              size.rounds, 0.25)  # fmt: skip
    counted = against.instructions(_contest(size, folder))
    yield from _beside(counted, "instructions of validate", "instructions of validate, again")


def environments(size: Size, folder: Path) -> Iterator[Figure]:
    """9: many environments that differ in nothing a manifest uses."""
    one, many = (
        repository(folder / name, reasons=size.reasons, flows=size.flows, schemas=size.schemas)
        for name in ("one", "many")
    )
    rows = (f'  e{number:03}: {{org_id: "{number}", vars: {{unused: "{number}"}}}}\n'
            for number in range(1, ENVIRONMENTS + 1))  # fmt: skip
    (many / "syncer.yaml").write_text(f"version: 1\nmanifests: [config]\nenvironments:\n{''.join(rows)}", "utf-8")
    name = f"validate, {ENVIRONMENTS} environments ÷ one"
    yield _share(name, _cold(many, "validate"), _cold(one, "validate"), size.slow_rounds, 1.5, "one environment")


def small_reply(size: Size, folder: Path) -> Iterator[Figure]:
    """11: a reply of few bytes that unpacks to millions of values."""
    del size
    here = repository(folder / "bomb", reasons=1)
    with bomb() as (server, weight):
        done = syncer(here, "plan", "--server", server, expect=(6,), token="none")()  # noqa: S106 nobody looks at it
    told = done.output.strip().splitlines()
    how = next((line for line in told if line.startswith("error")), "no error was told")
    yield Figure("plan, a reply that unpacks to millions of values: peak", done.peak_mb, "MB", 150,
                 f"{weight:,} bytes on the wire; {how}")  # fmt: skip


ROWS: dict[str, Callable[[Size, Path], Iterator[Figure]]] = {
    "row-1": one_file,
    "row-2": again,
    "row-3": plan.remembered,
    "row-4": remote_apply,
    "row-5": local_apply,
    "row-6": pull.again,
    "row-7": take_over.figures,
    "row-8": start,
    "row-9": environments,
    "row-10": pull.first,
    "row-11": small_reply,
    "row-12": plan.many,
}
