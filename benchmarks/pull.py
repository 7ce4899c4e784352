"""A pull of a whole organisation into an empty repository, and of one with nothing new: beside a plan of the same."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.manifests import SETTINGS, titles
from benchmarks.measure import Run, in_pairs, ratio
from benchmarks.plan import settled, unchanged
from benchmarks.platform import Platform, platform
from benchmarks.subject import Size, syncer

MB = 400


def figures(size: Size, folder: Path) -> Iterator[Figure]:
    """Three kinds at once: peak memory, one list request a kind and page."""
    folder.mkdir(exist_ok=True)
    with platform(folder) as there:
        settled(folder, there, size.counts)
        here = _empty(folder / "pulled")
        there.forget_requests()
        took = syncer(here, "pull", platform=there)()
        asked = there.requests()
        written = sum(1 for _ in here.rglob("config/**/*.yaml"))
    yield Figure(f"pull, {size.words}: peak memory", took.peak_mb, "MB", MB, f"{written:,} files")
    for (kind, method), number in sorted(asked.items()):
        yield Figure(f"  its requests: {method} {kind}", number, "")


def again(size: Size, folder: Path) -> Iterator[Figure]:
    """6: a pull with nothing new."""
    folder.mkdir(exist_ok=True)
    with platform(folder) as there:
        settled(folder, there, size.counts)
        here = _empty(folder / "pulled")
        pull = syncer(here, "pull", platform=there)
        pull()
        yield from _beside_plan(f"pull again, nothing new, {size.words}", pull, here, there, size, (1.15, 1.2))


def first(size: Size, folder: Path) -> Iterator[Figure]:
    """10: the first pull of very many small objects."""
    folder.mkdir(exist_ok=True)
    with platform(folder) as there:
        there.add_reasons(titles(size.small))
        here = _empty(folder / "pulled")

        def pull() -> Run:
            away = Path(tempfile.mkdtemp(dir=folder))  # not removed: ext4 makes new files slowly just after that
            for each in (here / "config", here / ".syncer"):
                if each.exists():
                    each.rename(away / each.name)
            return syncer(here, "pull", platform=there)()

        pull()
        yield from _beside_plan(f"first pull of {size.small:,} closing reasons", pull, here, there, size, (3, None))


def _beside_plan(
    name: str, pull: Callable[[], Run], here: Path, there: Platform, size: Size, targets: tuple[float, float | None]
) -> Iterator[Figure]:
    """CPU seconds and peak memory of the pull ÷ those of a plan of what it wrote, neither with what others read."""
    pairs = in_pairs(unchanged(here, there, memory=False), pull, size.slow_rounds)
    plans, pulls = ([each[side] for each in pairs] for side in (0, 1))
    own, other = (statistics.median(each.cpu for each in side) for side in (pulls, plans))
    how = f"{own:.2f} s of CPU ÷ {other:.2f} s"
    yield Figure(f"{name} ÷ a plan without memory", ratio([(a.cpu, b.cpu) for a, b in pairs]), "×", targets[0], how)
    own, other = (statistics.median(each.peak_mb for each in side) for side in (pulls, plans))
    memory = ratio([(a.peak_mb, b.peak_mb) for a, b in pairs])
    yield Figure("  its peak memory ÷ a plan's", memory, "×", targets[1], f"{own:.0f} MB ÷ {other:.0f} MB")


def _empty(here: Path) -> Path:
    here.mkdir()
    (here / "syncer.yaml").write_text(SETTINGS, encoding="utf-8")
    return here
