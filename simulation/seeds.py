"""One seed, one life: a random organisation, random manifests and edits, applies broken at random, then checks.

The same seed is the same life, workers included. It ends with applies in which nothing goes wrong.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import httpx

from simulation.broken import WAYS, BrokenWorld, Fate, SimulatedCrash
from simulation.findings import (
    CANARY,
    STORED,
    Objects,
    called,
    converged,
    created_once,
    honest_code,
    linked,
    memory_loads,
    no_secret,
    nothing_twice_or_lost,
    others_untouched,
)
from simulation.repositories import GUARDED, organisation, removals, repository
from simulation.summary import Summary
from simulation.world import scratch
from syncer.model.diagnostic import InvalidInput, SyncerError
from syncer.plan.events import Recovered
from syncer.plan.safety import Consent

UNCLEAR = {"ambiguous", "parts-unclear"}
"""What may stop a plan without state: twins that only state could tell apart."""


def unexpected(changes: Mapping[str, list[str]]) -> list[tuple[str, list[str]]]:
    """Of a plan without state: everything but what nobody remembers having accepted (a saved view's filters)."""
    return [(address, words) for address, words in changes.items() if words[0] != "accept"]


@dataclass(slots=True)
class Life:
    """What came of one seed."""

    seed: int
    faults: Counter[str] = field(default_factory=Counter)
    codes: Counter[int] = field(default_factory=Counter)
    effects: int = 0
    recovered: int = 0
    summary: Summary = field(default_factory=Summary)
    duplicates: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)

    @property
    def problems(self) -> list[str]:
        """Everything that must not be."""
        return [*self.duplicates, *self.lost, *self.other]


class Weather(Fate):
    """Each effect fails with a chance of its own; at one of them the process may end, or a signal arrive."""

    def __init__(self, world: BrokenWorld, dice: Random) -> None:
        self.world, self.dice = world, dice
        kind = dice.choice(["network", "disk", "crash", "crash", "signal", "all", "all"])
        self.network = dice.choice([0.03, 0.1, 0.3]) if kind in ("network", "all") else 0.0
        self.breaks = dice.choice([0.005, 0.02]) if kind in ("disk", "all") else 0.0
        self.crash_at = dice.randint(1, 140) if kind in ("crash", "all") else 0
        self.signal_at = dice.randint(1, 140) if kind == "signal" or (kind == "all" and dice.random() < 0.3) else 0
        self.after = dice.random() < 0.5
        self.late = not self.after and dice.random() < 0.7
        self.effects = 0

    def _effect(self, *, after: bool = False) -> None:
        if not after:
            self.effects += 1
            if self.effects == self.signal_at:
                self.world.signal(self.dice.choice(["SIGINT", "SIGTERM"]))
        if self.effects == self.crash_at and after == self.after:
            raise self.world.crash()

    def request(self, request: httpx.Request, *, writes: bool) -> str:
        """By chance; a read is not worth a delay, and only what is journalled may be done late (`wire.late`)."""
        if self.late and self.effects + 1 == self.crash_at and request.method == "POST" and writes:
            # docs/catalogue.md#a06: the platform does the work seconds after the process is gone
            self.world.late.append((self.world.time.clock() + self.dice.uniform(0.5, 9.0), request))
        self._effect()
        if self.dice.random() >= self.network:
            return ""
        way = self.dice.choice(WAYS)
        if not writes and way == "read timeout, done late":
            return "read timeout, not done"
        return way

    def answered(self, request: httpx.Request, response: httpx.Response, *, writes: bool) -> httpx.Response:
        """The work is done, and the process ends before it knows."""
        self._effect(after=True)
        return response

    def disk(self, call: str, path: Path, data: bytes) -> str:
        """By chance."""
        self._effect()
        return self.dice.choice(["error", "torn"]) if self.dice.random() < self.breaks else ""

    def disk_done(self, call: str, path: Path, data: bytes) -> None:
        """The change is made, and perhaps not on the medium."""
        self._effect(after=True)

    def sleeping(self, seconds: float) -> None:
        """A crash while it waits."""
        self._effect()


def live(seed: int) -> Life:
    """The life of one seed."""
    dice = Random(seed)
    life = Life(seed)
    with scratch() as folder:
        world = BrokenWorld(Path(folder), {"flow_export": dice.random() < 0.7}, env={"SYNCER_KEY": CANARY})
        world.begin(dice)
        world.seed(organisation(dice))
        try:
            _Lived(world, dice, life).all()
        except Exception as error:  # whatever a simulated fault brings up is a finding of this seed
            life.other.append(f"{type(error).__name__}: {error}")
        life.faults, life.summary = world.faults, world.summary
        life.other += life.summary.problems
        world.close()
    return life


class _Lived:
    def __init__(self, world: BrokenWorld, dice: Random, life: Life) -> None:
        self.world, self.dice, self.life = world, dice, life
        self.before: Objects = world.texts()
        self.claimed: set[tuple[str, str]] = set()
        """Ever ours."""

    def all(self) -> None:
        """Some rounds of edits and broken applies, each ended by one in which nothing goes wrong."""
        for _ in range(self.dice.choice([1, 1, 1, 2])):
            self._edit()
            self.world.committed.clear()
            for _ in range(self.dice.choice([1, 1, 1, 2])):
                self._broken_apply()
            self._good_apply()
            if self.life.problems:
                return
        if self.dice.random() < 0.2:
            self._broken_plan()
        if self.dice.random() < 0.2:
            self._state_is_deleted()
        if self.dice.random() < 0.2:
            self._protected()

    def _edit(self) -> None:
        """Other manifests; for some of those that are gone a `Removed` document says what becomes of their objects."""
        had = tuple(address for address in self.world.manifests if not address.startswith("Removed/"))
        documents = repository(self.dice, had)
        here = {f"{each['kind']}/{each['metadata']['name']}" for each in documents}
        asked = removals(Random(f"{self.life.seed} removed"), [address for address in had if address not in here])
        self.world.only_these(*documents, *asked)
        keys = {each.get("key") for document in asked for each in document["spec"]["objects"]}
        self.claimed |= {(kind, id) for (kind, id), text in self.before.items() if called(kind, text) in keys}

    def _workers(self) -> int:
        return self.dice.choice([1, 4])

    def _broken_apply(self) -> None:
        world, life = self.world, self.life
        world.skew = self.dice.choice([0.0, 0.0, -3600.0, 3600.0])
        weather = Weather(world, self.dice)
        done = len(world.committed)
        code, run = world.tried(weather, workers=self._workers())
        life.effects += weather.effects
        life.codes[code] += 1
        life.recovered += sum(isinstance(each, Recovered) for each in run.events) if run else 0
        life.other += memory_loads(world)
        if life.other:
            return
        if code != -9 and not world.late:
            life.other += honest_code(code, len(world.committed) - done, world)
        self.claimed |= set(linked(world))

    def _good_apply(self) -> None:
        world, life = self.world, self.life
        for method in ("PUT", "PATCH", "DELETE"):  # what is not journalled has long been done when somebody tries again
            if any(request.method == method for _, request in world.late):
                world.land(everything=True)
        code, run = world.tried(Fate(), workers=self._workers())
        life.recovered += sum(isinstance(each, Recovered) for each in run.events) if run else 0
        life.codes[code] += 1
        if code != 0:
            last = [each for each in world.said if each][-12:]
            life.other.append(f"nothing goes wrong any more, and the exit code is {code}: {last}")
            return
        world.land(everything=True)
        life.other += converged(world) + created_once(world) + no_secret(world)
        released = self.claimed - set(linked(world))
        self.claimed |= set(linked(world))
        twice, lost = nothing_twice_or_lost(world, self.before, released)
        life.duplicates += twice
        life.lost += lost
        life.other += others_untouched(world, self.before, self.claimed)
        if open_intents := world.open_intents():
            life.other.append(f"intents stay open: {open_intents}")

    def _broken_plan(self) -> None:
        """What is not an apply changes nothing, whatever happens to it."""
        before, done = self.world.texts(), len(self.world.committed)
        with contextlib.suppress(SyncerError, SimulatedCrash), self.world.breaking(Weather(self.world, self.dice)):
            self.world.plan()
        if self.world.texts() != before or len(self.world.committed) != done:
            self.life.other.append("a plan has changed something")

    def _state_is_deleted(self) -> None:
        """The next plan finds everything again."""
        kept = self.world.memory.files()
        self.world.forget()
        try:
            found = [f"without state: {address} {words}" for address, words in unexpected(self.world.changes())]
        except InvalidInput as refusal:
            rules = {each.rule for each in refusal.problems}
            found = [] if rules <= UNCLEAR else [f"without state: {refusal}"]
        self.world.memory.put(kept)
        self.life.other += found

    def _protected(self) -> None:
        """Who takes a protected manifest away, and allows all deletes, is refused, and nothing is written."""
        done = len(self.world.committed)
        address = next(each for each in self.world.state().entries if str(each) == GUARDED)
        key = (STORED[address.kind], self.world.state().entries[address].live_id)
        text = self.world.texts()[key]
        self.world.drop(GUARDED)
        code, _ = self.world.tried(Fate(), consent=Consent(allow_delete=-1, allow_update=-1, confirm="test"))
        self.life.codes[code] += 1
        if code != 4 or len(self.world.committed) != done or self.world.texts()[key] != text:
            self.life.other.append(f"a protected object may be removed: exit code {code}")
