"""`syncer` as a command to be measured."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from benchmarks.build import Build, current
from benchmarks.measure import Run, environment, run
from benchmarks.platform import Platform

WITHOUT_RUST = "import sys; sys.modules['jsonschema_rs'] = None; from syncer.cli import main; main()"


@dataclass(frozen=True)
class Size:
    """How much is measured: `--quick` is smaller, and its figures are not the promised ones."""

    rounds: int
    slow_rounds: int
    documents: int
    reasons: int
    flows: int
    schemas: int
    scale: tuple[int, ...]
    small: int
    quick: bool = False

    @property
    def counts(self) -> dict[str, int]:
        """Manifests of three kinds."""
        return {"reasons": self.reasons, "flows": self.flows, "schemas": self.schemas}

    @property
    def words(self) -> str:
        """The same, for people."""
        return " + ".join(f"{number:,} {kind}" for kind, number in self.counts.items())


FULL = Size(
    rounds=11, slow_rounds=5, documents=200, reasons=1000, flows=300, schemas=100, scale=(100, 1000, 5000), small=33_000
)
QUICK = Size(
    rounds=5, slow_rounds=1, documents=20, reasons=100, flows=20, schemas=10, scale=(100, 1000), small=1000, quick=True
)


# The quota's minute lasts three seconds: an apply of 2,000 creates would wait four of them. Nothing but the clock by
# which it waits is changed, for an old build and a new one alike, before either is imported.
HASTE = 20
IN_HASTE = f"""\
import time
clock, sleep = time.monotonic, time.sleep
time.monotonic = lambda: clock() * {HASTE}
time.sleep = lambda seconds: sleep(seconds / {HASTE})
from syncer.cli import main; main()
"""


def cache_of(folder: Path) -> Path:
    """The cache folder of whoever works in this one: beside it, so that no benchmark meets what another remembers."""
    return folder.with_name(f"{folder.name}-cache")


def syncer(
    folder: Path,
    *arguments: str,
    platform: Platform | None = None,
    expect: Sequence[int] = (0,),
    code: str = "",
    build: Build | None = None,
    python: Sequence[str] = (),
    before: Sequence[str] = (),
    token: str = "",
) -> Callable[[], Run]:
    """A run of `syncer ARGUMENTS` in a folder, to be called.

    `build`: this tree where none is named. `code`: what is run in place of `-m syncer` (`WITHOUT_RUST`, `IN_HASTE`).
    `token`: where there is no platform that names one. `python`: options of the interpreter. `before`: what stands
    before it, such as valgrind and its options.
    """
    build = build or current()
    how = ["-c", code] if code else ["-m", "syncer"]
    there = ["--server", platform.server] if platform else []
    command = [*before, build.python, *python, *how, *arguments, *there]
    told = platform.token if platform else token
    ours = {"SYNCER_ENV": "bench", "NO_PROXY": "127.0.0.1", "PYTHONPATH": str(build.source)}
    environ = environment(**ours, XDG_CACHE_HOME=str(cache_of(folder)))
    if told:
        environ["SYNCER_TOKEN"] = told
    return lambda: run(command, folder, environ, expect)


@cache
def remembers(command: str) -> bool:
    """Whether this tree's command can be told to forget what earlier runs remembered."""
    with tempfile.TemporaryDirectory() as folder:
        return "--no-cache" in syncer(Path(folder), command, "--help")().output
