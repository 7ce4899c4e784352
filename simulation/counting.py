"""Fail the n-th call that can fail, for n = 1, 2, … until an apply has no n-th one (N3 of
docs/reliability.md#the-table, as SQLite does it)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from random import Random

import httpx

from simulation.broken import BrokenWorld, Fate
from simulation.findings import CANARY, aftermath, linked, no_secret
from simulation.manifests import Make
from simulation.summary import Summary
from simulation.world import scratch

HOWS = ("not done", "done")
"""Of a request whose reply is lost: whether the platform did it."""


class Nth(Fate):
    """Fails one call: a request gets no reply, a change of the disk is refused."""

    def __init__(self, number: int, how: str) -> None:
        self.left, self.how = number, how

    def _now(self) -> bool:
        self.left -= 1
        return self.left == 0

    def request(self, request: httpx.Request, *, writes: bool) -> str:
        """Its reply is lost."""
        return f"read timeout, {self.how}" if self._now() else ""

    def disk(self, call: str, path: Path, data: bytes) -> str:
        """The disk says no, in the middle of a write if it is one."""
        return "torn" if self._now() else ""


@dataclass(frozen=True, slots=True)
class Failing:
    """Which call fails, and how."""

    number: int
    how: str


@dataclass(frozen=True, slots=True)
class Came:
    """Whether the apply had so many calls, how many changes it makes, what is wrong in the end, what was written."""

    reached: bool
    changes: int
    problems: list[str]
    summary: Summary


def failed(case: Failing, flows: int = 4) -> Came:
    """An apply of some 20 changes in which one call fails, and one after it in which none does."""
    with scratch() as folder:
        world = BrokenWorld(Path(folder), env={"SYNCER_KEY": CANARY})
        world.begin(Random(case.number))
        before = world.texts()
        names = [f"part-{each}" for each in range(flows)]
        world.put(*[Make.reason(f"reason-{name}{more}") for name in names for more in ("", "b", "c")])
        world.put(*[Make.schema(name.replace("-", "_"), Make.text("a")) for name in names])
        world.put(*[Make.flow(name, closing_reasons=[{"ref": f"reason-{name}"}], enabled=True) for name in names[1:]])
        world.put(Make.bundle("bundle"), Make.checker(), Make.retention())
        fate = Nth(case.number, case.how)
        world.tried(fate)
        problems = aftermath(world, before, linked(world)) + no_secret(world) + world.summary.problems
        changes = len(world.manifests)
        world.close()
    return Came(fate.left <= 0, changes, problems, world.summary)
