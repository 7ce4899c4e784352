"""A large apply whose writes are now and then refused with 429 (N21 of docs/reliability.md#the-table): what it asks
more than one without, and how long it takes on the simulated clock."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from random import Random

import httpx

from simulation.broken import BrokenWorld, Fate
from simulation.manifests import Make
from syncer.api.rate_limit import QUOTA

MOST_MORE = 1.2
"""Requests, as a multiple of those of an apply in which nothing is refused."""
MOST_SECONDS = 60.0
CHANCE = 0.02
"""Of a write to be refused: other clients use the same quota."""
WORKERS = 8


class Shared(Fate):
    """Some writes meet a quota that others have used up."""

    def __init__(self, dice: Random, chance: float) -> None:
        self.dice, self.chance = dice, chance
        self.requests = self.refused = self.by_quota = 0

    def request(self, request: httpx.Request, *, writes: bool) -> str:
        """429, with a `Retry-After` of any form or none."""
        self.requests += 1
        if not writes or self.dice.random() >= self.chance:
            return ""
        self.refused += 1
        return "quota"

    def answered(self, request: httpx.Request, response: httpx.Response, *, writes: bool) -> httpx.Response:
        """All 429s are seen here, the made ones too."""
        self.by_quota += response.status_code == httpx.codes.TOO_MANY_REQUESTS
        return response


@dataclass(frozen=True, slots=True)
class Rate:
    """Of one apply, and of the same one in which nothing was refused."""

    code: int
    requests: int
    plain: int
    refused: int
    refused_by_quota: int
    """429s of the platform itself, which keeps count: none, if the pace is kept."""
    seconds: float
    """On the simulated clock."""


def rated(objects: int, seed: int) -> Rate:
    """An apply that creates so many objects, 8 workers at the whole quota."""
    plain, *_ = _apply(objects, seed, 0.0)
    fate, code, seconds = _apply(objects, seed, CHANCE)
    return Rate(code, fate.requests, plain.requests, fate.refused, fate.by_quota - fate.refused, seconds)


def _apply(objects: int, seed: int, chance: float) -> tuple[Shared, int, float]:
    with tempfile.TemporaryDirectory(prefix="syncer-sim-") as folder:
        world = BrokenWorld(Path(folder), {"quota_per_minute": QUOTA})
        dice = Random(f"rate {seed}")
        world.begin(dice)
        world.put(*[Make.reason(f"r{each:05}") for each in range(objects)])
        fate, began = Shared(dice, chance), world.time.clock()
        code, _ = world.tried(fate, workers=WORKERS)
        seconds = world.time.clock() - began
        world.close()
    return fate, code, seconds
