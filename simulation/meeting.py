"""Two applies at once (docs/catalogue.md#d01, N10 of docs/reliability.md#the-table): the second begins at each effect
of the first.

In one working copy the lock lets the second one do nothing. In two that share no lock, what the platform knows by a key
is made once all the same; of what it does not, two may come about, and how often is told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

import httpx

from simulation.broken import BrokenWorld, Fate
from simulation.findings import CANARY, aftermath
from simulation.manifests import Make
from simulation.world import scratch


class Meets(Fate):
    """At the n-th effect something else happens, once."""

    def __init__(self, number: int, what: Callable[[], None]) -> None:
        self.left, self.what = number, what

    def _now(self) -> None:
        self.left -= 1
        if self.left == 0:
            self.what()

    def request(self, request: httpx.Request, *, writes: bool) -> str:
        """Counted."""
        self._now()
        return ""

    def disk(self, call: str, path: Path, data: bytes) -> str:
        """Counted."""
        self._now()
        return ""


@dataclass(frozen=True, slots=True)
class Met:
    """Whether the first apply had so many effects, objects that are there twice for want of a key, what is wrong."""

    reached: bool
    twins: int
    problems: list[str]


def in_one_copy(number: int) -> Met:
    """The second apply is refused with 4, names the first, and neither reads nor writes anything."""
    with scratch() as folder:
        world = BrokenWorld(Path(folder), env={"SYNCER_KEY": CANARY})
        world.begin(Random(number))
        before = world.texts()
        world.put(Make.reason("won"), Make.schema("site", Make.text("a")), Make.flow("call", enabled=True))
        seen: list[tuple[int, int]] = []

        def second() -> None:
            done = len(world.committed)
            code, _ = world.tried(Fate())
            seen.append((code, len(world.committed) - done))

        fate = Meets(number, second)
        code, _ = world.tried(fate, workers=2)
        problems = [] if code == 0 else [f"the first ended with {code}"]
        problems += [
            f"the second ended with {code} and {wrote} writes" for code, wrote in seen if (code, wrote) != (4, 0)
        ]
        if seen and not any("state is locked by" in each for each in world.said):
            problems.append("nobody said who holds the lock")
        problems += aftermath(world, before, ()) + world.summary.problems
        world.close()
    return Met(bool(seen), 0, problems)


def in_two_copies(number: int, *, keyed: bool) -> Met:
    """A second working copy without a common lock applies as a whole at that effect. `keyed`: only what the platform
    recognises by a key, of which nothing may be there twice."""
    with scratch() as one, scratch() as two:
        world = BrokenWorld(Path(one), env={"SYNCER_KEY": CANARY})
        world.begin(Random(number))
        other = BrokenWorld(Path(two), env={"SYNCER_KEY": CANARY})
        other.close()
        other.app, other.client, other.time = world.app, world.client, world.time
        other.begin(Random(number))
        before = world.texts()
        wanted = [Make.schema("site", Make.text("a")), Make.checker(), Make.retention()]
        wanted += [] if keyed else [Make.reason("won"), Make.flow("call")]
        for each in (world, other):
            each.put(*wanted)
        seen: list[int] = []

        def second() -> None:
            seen.append(other.tried(Fate(), workers=1)[0])

        world.tried(Meets(number, second), workers=1)
        new = [key for key in world.texts() if key not in before]
        twins = len(new) - len(wanted)
        problems: list[str] = []
        if keyed:
            problems += [f"{len(new)} objects for {len(wanted)} addresses"] if twins > 0 else []
            problems += aftermath(world, before, ())
        problems += world.summary.problems + other.summary.problems
        world.close()
    return Met(bool(seen), max(0, twins), problems)
