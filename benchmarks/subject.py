"""`syncer` as a command to be measured."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

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


FULL = Size(rounds=11, slow_rounds=5, documents=200, reasons=1000, flows=300, schemas=100, scale=(100, 1000, 5000))
QUICK = Size(rounds=5, slow_rounds=1, documents=20, reasons=100, flows=20, schemas=10, scale=(100, 1000))


def syncer(
    folder: Path,
    *arguments: str,
    platform: Platform | None = None,
    expect: Sequence[int] = (0,),
    without_rust: bool = False,
) -> Callable[[], Run]:
    """A run of `syncer ARGUMENTS` in a folder, to be called; `without_rust` as if jsonschema-rs were not installed."""
    how = ["-c", WITHOUT_RUST] if without_rust else ["-m", "syncer"]
    there = ["--server", platform.server] if platform else []
    command = [sys.executable, *how, *arguments, *there]
    token = {"SYNCER_TOKEN": platform.token} if platform else {}
    environ = environment(SYNCER_ENV="bench", NO_PROXY="127.0.0.1", **token)
    return lambda: run(command, folder, environ, expect)
