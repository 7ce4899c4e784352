"""Spoilt manifests through the real `syncer validate` (N11 of docs/reliability.md#the-table): no traceback, no signal,
2 seconds, 300 MB each.

Many in one process, one process after another: what brings a process down is known by its number.
"""

from __future__ import annotations

import contextlib
import io
import json
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from simulation.memory import most_held
from simulation.spoiling import repository

SECONDS, MEGABYTES = 2.0, 300.0
"""Of one input at most; the memory is that of its whole process, interpreter and all."""
STUCK = 30
"""Seconds after which an input is taken for one that never ends."""
BATCH = 1000
CANARY = "canary-token"
FORMS = ("text", "json", "github", "sarif")


@dataclass(slots=True)
class Fuzzed:
    """What came of some inputs."""

    codes: Counter[int] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    """Rule → number of inputs that broke it, of those that were asked for JSON."""
    slowest: float = 0.0
    largest: float = 0.0
    failures: list[tuple[int, str]] = field(default_factory=list)
    """(number of the input, what is wrong)"""

    def add(self, other: Fuzzed) -> None:
        """Take in another's inputs."""
        self.codes += other.codes
        self.rules += other.rules
        self.slowest, self.largest = max(self.slowest, other.slowest), max(self.largest, other.largest)
        self.failures += other.failures


def fuzzed(first: int, number: int, jobs: int) -> Fuzzed:
    """So many inputs; where a process dies the next one goes on behind the input that it died of."""
    whole = Fuzzed()
    with ThreadPoolExecutor(jobs) as pool:
        for came in pool.map(
            lambda at: _batch(at, min(at + BATCH, first + number)), range(first, first + number, BATCH)
        ):
            whole.add(came)
    return whole


_STARTING = threading.Lock()


def _batch(first: int, end: int) -> Fuzzed:
    whole = Fuzzed()
    context = multiprocessing.get_context("spawn")
    while first < end:
        here, there = context.Pipe(duplex=False)
        at = context.Value("q", first)
        with _STARTING:  # what is handed to a child is the process's own, not the thread's
            child = context.Process(target=_work, args=(first, end, at, there))
            child.start()
        there.close()
        with contextlib.suppress(EOFError):
            whole.add(here.recv())
            first = end
        child.join()
        if first < end:  # it died: no answer came
            died = int(at.value)
            signals = {value.value: value.name for value in signal.Signals}
            how = signals.get(-(child.exitcode or 0), f"exit code {child.exitcode}")
            how = f"takes longer than {STUCK} s" if how == "SIGALRM" else f"ends its process: {how}"
            whole.failures.append((died, how))
            first = died + 1
    return whole


def _work(first: int, end: int, at: Any, answer: Any) -> None:
    os.environ.clear()
    os.environ.update({"PATH": "/usr/bin:/bin", "SYNCER_KEY": "x", "EPILOT_TOKEN_SANDBOX": CANARY})
    found = Fuzzed()
    with _folder() as folder:
        for number in range(first, end):
            at.value = number
            _one(number, folder, found)
    answer.send(found)
    answer.close()


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="syncer-fuzz-") as name:
        before = Path.cwd()
        os.chdir(name)
        try:
            yield Path(name)
        finally:
            os.chdir(before)


def _one(number: int, folder: Path, found: Fuzzed) -> None:
    dice = Random(f"manifest {number}")
    shutil.rmtree(folder / "config", ignore_errors=True)
    (folder / "config").mkdir()
    for name, content in repository(dice).items():
        (folder / name).write_bytes(content)
    form = dice.choice(FORMS)
    strict = ["--strict"] if dice.random() < 0.3 else []
    signal.alarm(STUCK)
    began = time.perf_counter()
    code, out, err = validated(["validate", "--format", form, *strict])
    seconds = time.perf_counter() - began
    signal.alarm(0)
    peak = most_held()
    found.codes[code] += 1
    found.slowest = max(found.slowest, seconds)
    if peak > MEGABYTES >= found.largest:  # the first that goes beyond; a peak never falls
        found.failures.append((number, f"{peak:.0f} MB"))
    found.largest = max(found.largest, peak)
    wrong = amiss(code, form, out, err)
    if seconds > SECONDS:
        wrong.append(f"{seconds:.1f} s")
    found.failures += [(number, each) for each in wrong]
    if form == "json" and not wrong:
        found.rules.update({each["rule"] for each in json.loads(out)["problems"]})


def amiss(code: int, form: str, out: str, err: str) -> list[str]:
    """What must not be in how a `validate` ended."""
    wrong = []
    if code not in (0, 3):
        wrong.append(f"exit code {code}: {err.strip()[:300]}")
    if "Traceback" in out + err or "syncer has a bug" in out + err:
        wrong.append(f"a traceback: {(out + err).strip()[:300]}")
    if any(each in out + err for each in ("\x1b", "\x00", "\u202e", CANARY)):
        wrong.append("what it says holds a control character, or the token")
    if form in ("json", "sarif"):
        try:
            json.loads(out)
        except ValueError:
            wrong.append(f"--format {form} is no JSON: {out[:100]!r}")
    if code == 3 and not (out + err).strip():
        wrong.append("exit code 3 and not a word")
    return wrong


def validated(args: list[str]) -> tuple[int, str, str]:
    """(exit code, stdout, stderr) of a command in this process, as `python -m syncer` runs it."""
    from syncer.cli import console, run

    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", newline="") for _ in range(2))
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = out, err
    try:
        code = run(args)
        said = []
        for stream in (out, err):
            stream.flush()
            said.append(stream.buffer.getvalue().decode("utf-8"))
    except UnicodeError as error:
        return 1, "", f"{type(error).__name__} in what it says"
    finally:
        sys.stdout, sys.stderr = before
        console._OPENED.clear()
    return code, said[0], said[1]
