"""How much of the platform's quota an apply uses, in simulated time: at `pace: 98%`, and with its state far away."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.manifests import repository
from benchmarks.measure import Unmeasured
from benchmarks.simulated import Outcome, Simulation, simulated
from benchmarks.subject import Size

SHARE = 0.98
QUOTA = 500
MINUTES = 3
"""Whole minutes of writing; the first and the last write of a minute's window decide the rate."""
CREATES = 400
"""Fewer than a minute's quota: without a state to save it would take no simulated time at all."""
SAVE = 0.15
"""Seconds that a save of the state takes where it lives in an object store."""
GROWTH = 1.25
"""The state is saved when it has grown by a quarter: so often, and some times more."""
MORE_SAVES = 12
TIMES_STATE = 8


def figures(size: Size, folder: Path) -> Iterator[Figure]:
    """Writes refused with 429: none. Writes a minute while it lasts: at least 98 % of the share, of 500."""
    number = int(SHARE * QUOTA) * MINUTES + 1
    here = repository(folder / "pace", reasons=number)
    settings = here / "syncer.yaml"
    settings.write_text(settings.read_text("utf-8").replace("pace: 100%", "pace: 98%"), "utf-8")
    done = _applied(here, Simulation(QUOTA), number)
    minutes = done.seconds / 60
    used = (number - 1) / minutes / QUOTA
    how = f"{number:,} writes in {minutes:.2f} simulated minutes at pace 98%, an enforced quota of {QUOTA} a minute"
    yield Figure("writes refused with 429", done.written.get("429", 0), "", 0, how)
    yield Figure("share of the quota left unused", round(100 * (1 - used), 3), "%", 2, f"{100 * used:.2f} % used")
    yield from remote(size, folder)


def remote(size: Size, folder: Path) -> Iterator[Figure]:
    """The state in an object store, 150 ms a save: quota used, saves, bytes beside those of the final state."""
    number = CREATES // 10 if size.quick else CREATES
    here = repository(folder / "remote", reasons=number)
    done = _applied(here, Simulation(QUOTA, SAVE), number, "--state", "s3://bench/state")
    rate = number / (done.seconds / 60) if done.seconds else math.inf
    used = min(1.0, rate / QUOTA)
    how = f"{number} creates in {done.seconds:.1f} simulated seconds, {1000 * SAVE:.0f} ms a save"
    unused = round(100 * (1 - used), 3)
    yield Figure("remote state: share of the quota left unused", unused, "%", 2, f"{100 * used:.1f} % used: {how}")
    most = MORE_SAVES + math.log(number, GROWTH)
    yield Figure("remote state: saves", len(done.saves), "", round(most, 1), f"{MORE_SAVES} + log 1.25 of {number}")
    final = done.saves[-1]
    how = f"{sum(done.saves) / 1e6:.2f} MB in all, {final / 1e6:.3f} MB at the end"
    yield Figure("remote state: bytes saved ÷ the final state", sum(done.saves) / final, "×", TIMES_STATE, how)


def _applied(here: Path, simulation: Simulation, number: int, *more: str) -> Outcome:
    done = simulated(here, simulation, "apply", "--yes", "--first-contact", *more)
    if done.written.get("201") != number:
        raise Unmeasured(f"{done.written.get('201', 0)} of {number} writes were done")
    return done
