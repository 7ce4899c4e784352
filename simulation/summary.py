"""The write summary (N16 of docs/reliability.md#the-table): what reached the platform in one run, and whether any call
did so more often than it may; knows the world only by the calls that it noted."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Sort = Literal["create", "update", "delete"]
_KEYED = ("/data-governance/", "/v1/app/")
"""POSTs whose path or body names the object: they update it where it is there."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A writing call that reached the platform. `lost`: nobody was told what came of it."""

    method: str
    path: str
    digest: str
    lost: bool

    @property
    def sort(self) -> Sort:
        """What it does to the object that it names."""
        if self.method == "DELETE":
            return "delete"
        return "create" if self.method == "POST" and not self.path.startswith(_KEYED) else "update"

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.digest}"


def sent(method: str, path: str, content: bytes, *, lost: bool) -> Sent:
    """As it is noted: the body by its digest, so that two goes of one change are told apart."""
    return Sent(method, path, hashlib.sha256(content).hexdigest()[:12], lost)


@dataclass(slots=True)
class Summary:
    """Of several runs."""

    runs: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    """create, update, delete → how many reached the platform."""
    most: Counter[str] = field(default_factory=Counter)
    """The same → how often one and the same call did so in one run, at most."""
    again: int = 0
    """Updates that were sent once more after a lost answer."""
    problems: list[str] = field(default_factory=list)

    def run(self, calls: Sequence[Sent]) -> None:
        """Take in one run: creates and deletes at most once, updates once and once more after each lost answer."""
        self.runs += 1
        times: Counter[Sent] = Counter()
        lost: Counter[str] = Counter()
        for each in calls:
            one = Sent(each.method, each.path, each.digest, False)
            times[one] += 1
            allowed = 1 + (lost[str(one)] if one.sort == "update" else 0)
            if times[one] > allowed:
                self.problems.append(f"{one.sort} reached the platform {times[one]} times in one run: {one}")
            self.again += 1 < times[one] <= allowed
            lost[str(one)] += each.lost
        for one, count in times.items():
            self.calls[one.sort] += count
            self.most[one.sort] = max(self.most[one.sort], count)

    def add(self, other: Summary) -> None:
        """Take in another's runs."""
        self.runs += other.runs
        self.calls += other.calls
        self.most |= other.most
        self.again += other.again
        self.problems += other.problems

    def __str__(self) -> str:
        parts = [f"{self.calls[each]} {each}s (most {self.most[each]})" for each in ("create", "update", "delete")]
        often = f", {len(self.problems)} too often" if self.problems else ""
        return (
            f"N16 writes of {self.runs} runs: {', '.join(parts)}, {self.again} updates again after a lost answer{often}"
        )
