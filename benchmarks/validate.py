"""Validation against check-jsonschema on the same files and the same schema, with and without jsonschema-rs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.manifests import count_lines, repository
from benchmarks.measure import Median, Run, run, side_by_side
from benchmarks.peers import Missing, Peer, peer
from benchmarks.subject import WITHOUT_RUST, Size, syncer

SCHEMAS = Path(__file__).parents[1] / "schemas"


def figures(size: Size, folder: Path) -> Iterator[Figure]:
    """One closing reason ≤ 0.35 ×, 200 flows ≤ 0.08 × (0.2 × without jsonschema-rs), 200 schemas ≤ 0.05 × (0.1 ×)."""
    try:
        other: Peer | str = peer("check-jsonschema")
    except Missing as reason:
        other = str(reason)
    one = repository(folder / "one", reasons=1)
    yield from _compared("1 closing reason", one, "closing-reason", other, size.rounds, (0.35, None))
    flows = repository(folder / "flows", flows=size.documents)
    yield from _compared(f"{size.documents} flows", flows, "flow-template", other, size.slow_rounds, (0.08, 0.2))
    schemas = repository(folder / "schemas", schemas=size.documents)
    yield from _compared(f"{size.documents} schemas", schemas, "entity-schema", other, size.slow_rounds, (0.05, 0.1))


def _compared(
    what: str, folder: Path, schema: str, other: Peer | str, rounds: int, targets: tuple[float, float | None]
) -> Iterator[Figure]:
    files = sorted(map(str, (folder / "config").rglob("*.yaml")))
    asked = files if len(files) == 1 else []
    contestants = {
        "with jsonschema-rs": syncer(folder, "validate", *asked),
        "without": syncer(folder, "validate", *asked, code=WITHOUT_RUST),
    }
    if isinstance(other, Peer):
        command = [str(other.program("check-jsonschema")), "--schemafile", str(SCHEMAS / f"{schema}.schema.json")]

        def check() -> Run:
            return run([*command, *files], folder)

        contestants["check-jsonschema"] = check
    took = side_by_side(contestants, rounds)
    for name, target in zip(("with jsonschema-rs", "without"), targets, strict=True):
        yield _figure(f"validate {what}, {name}", took[name], took.get("check-jsonschema"), other, target, folder)


def _figure(
    name: str, ours: Median, theirs: Median | None, other: Peer | str, target: float | None, folder: Path
) -> Figure:
    how = f"{1000 * ours.seconds:,.0f} ms, {ours.peak_mb:.0f} MB, {count_lines(folder):,} lines"
    if theirs is None or isinstance(other, str):
        return Figure(name, None, "×", target, f"{how}; {other}")
    how = f"{how} ÷ {1000 * theirs.seconds:,.0f} ms of check-jsonschema {other.version}"
    return Figure(name, ours.seconds / theirs.seconds, "×", target, how)
