"""A pull of a whole organisation into an empty repository: time, memory, requests."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.manifests import SETTINGS
from benchmarks.plan import settled
from benchmarks.platform import platform
from benchmarks.subject import Size, syncer

SECONDS, MB = 10, 400


def figures(size: Size, folder: Path) -> Iterator[Figure]:
    """Three kinds at once: ≤ 10 s, ≤ 400 MB, one list request a kind and page; then a second pull, with nothing new."""
    counts = {"reasons": size.reasons, "flows": size.flows, "schemas": size.schemas}
    with platform(folder) as there:
        settled(folder, there, counts)
        seconds, memory = [], []
        here, asked = folder, there.requests()
        for turn in range(size.slow_rounds + 1):  # the first warms up
            here = folder / f"pulled-{turn}"
            here.mkdir()
            (here / "syncer.yaml").write_text(SETTINGS, encoding="utf-8")
            there.forget_requests()
            took = syncer(here, "pull", platform=there)()
            asked = there.requests()
            if turn:
                seconds.append(took.seconds)
                memory.append(took.peak_mb)
        again = syncer(here, "pull", platform=there)()
        written = sum(1 for _ in here.rglob("config/**/*.yaml"))
    what = " + ".join(f"{number:,} {kind}" for kind, number in counts.items())
    how = f"{written:,} files; the sandbox on the same machine"
    yield Figure(f"pull, {what}", statistics.median(seconds), "s", SECONDS, how)
    yield Figure("  its peak memory", statistics.median(memory), "MB", MB)
    for (kind, method), number in sorted(asked.items()):
        yield Figure(f"  its requests: {method} {kind}", number, "")
    yield Figure("pull again, nothing new", again.seconds, "s", SECONDS, "once")
