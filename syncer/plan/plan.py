"""A plan is a value: it can be printed, compared, saved, and applied tomorrow if it is still true.

No client, function or secret is in what is printed; `after`, `goal` and the like are there for the apply that made
the plan itself, and never leave the process.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, get_args

from syncer.model.address import Address
from syncer.model.calls import Parts
from syncer.model.diagnostic import Problem
from syncer.model.field_change import Cause, FieldChange
from syncer.model.json_values import Json, Secret, Spec
from syncer.model.kind import LEVELS, Level, Meaning
from syncer.model.resource import Desired, Live, Managed

Verb = Literal["create", "update", "upgrade", "delete", "deactivate", "uninstall", "accept"]
"""What a change does. `accept` changes nothing in the organisation: what a reference means there is taken as it is."""
FORMAT_VERSION = 2
"""Of a plan's document: 2 knows the verb `accept`, and its actions, causes and classes are open lists."""

REMOVALS: frozenset[Verb] = frozenset({"delete", "deactivate", "uninstall"})


class Field(NamedTuple):
    """A changed field as a reviewer sees it. `before`/`after` are JSON values or `ABSENT`; a reference not yet known
    stands as `Ref`, a secret as `Secret`, a value that must not be shown as `HIDDEN`."""

    path: str
    before: Json
    after: Json
    cause: Cause
    level: Level = "safe"
    reason: str = ""
    item: str = ""


class _Hidden:
    __slots__ = ()

    def __repr__(self) -> str:
        return "HIDDEN"


HIDDEN = _Hidden()
"""Stands for a live value that is a secret or must not be shown."""


@dataclass(frozen=True, slots=True)
class Change:
    """What every change says, whatever its verb."""

    address: Address
    action: Verb
    level: Level
    reasons: tuple[str, ...]
    fields: tuple[Field, ...]
    calls: tuple[str, ...]
    waits: tuple[Address, ...]
    fingerprint: str
    live_id: str
    name: str
    """What people call it: the live or future title."""

    @property
    def writes(self) -> bool:
        """Whether it changes the organisation."""
        return self.action != "accept"

    @property
    def losses(self) -> tuple[tuple[str, str], ...]:
        """(what `--accept-data-loss` must name, why) for each destructive part of it, and for each meaning that nobody
        has accepted."""
        found = [
            (f"{self.address}/{each.item}" if each.item else str(self.address), each.reason)
            for each in self.fields
            if each.level == "destructive" or each.cause == "unverified"
        ]
        if not found and self.level == "destructive":
            found = [(str(self.address), "; ".join(self.reasons))]
        return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Task:
    """What carrying a change out needs and nobody prints: both sides, parts, secrets."""

    change: Change
    desired: Desired | None
    live: Live | None
    want: Spec
    goal: Spec
    parts: Parts
    secrets: Mapping[str, Secret]
    answers: Mapping[str, Json]
    changed: frozenset[str]
    policy: Mapping[str, Json]
    late: frozenset[str] = frozenset()
    """Keys of new objects in a circle with this one: written without them first, whole afterwards."""
    memory: Managed | None = None
    """What state will say where that isn't what was asked for: an undo brings back what it said before. Without a live
    id: nothing."""


class Link(NamedTuple):
    """An address and the live object it was found to be; no change by itself."""

    address: Address
    live_id: str
    how: Literal["link", "key", "title"]
    new: bool


class Release(NamedTuple):
    """A field that is no longer declared: its live value stays. Without a path, a whole object that is let go of."""

    address: Address
    path: str


class Notice(NamedTuple):
    """Something a reviewer should know that is no change."""

    rule: str
    message: str
    address: Address | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole of it. `id` is over everything that is printed but the notices."""

    id: str
    environment: str
    org_id: str
    server: str
    changes: tuple[Change, ...]
    links: tuple[Link, ...]
    released: tuple[Release, ...]
    notices: tuple[Notice, ...]
    digests: Mapping[str, str]
    """Address → digest of the manifest it was planned from."""
    partial: bool = False
    """Made with --only or --except."""
    tasks: Mapping[Address, Task] = field(default_factory=dict, compare=False, repr=False)
    undo: str = ""
    """The run that this takes back; "" for a plan of the manifests."""

    format_version: int = FORMAT_VERSION
    """Of the document it was read from; what is planned now is of the newest."""

    against: Mapping[str, Json] = field(default_factory=dict)
    """Of the recording that it was made against, which makes it one to look at: when that was made, and its age."""

    @property
    def let_go(self) -> tuple[Address, ...]:
        """The addresses that are forgotten while their objects stay, as a `Removed` document asks."""
        return tuple(each.address for each in self.released if not each.path)

    @property
    def summary(self) -> dict[str, int]:
        """How many changes of each verb, in the order of `Verb`."""
        counts = Counter(change.action for change in self.changes)
        order = [*get_args(Verb), *sorted(set(counts) - set(get_args(Verb)))]  # a saved plan may be of a newer syncer
        return {verb: counts[verb] for verb in order if counts[verb]}


class DifferingObject(NamedTuple):
    """A live object that is not as its manifest says, before anything was decided about it; what a drift is told by.
    `entry`: what is remembered of this very object; `labels`: live ids of its parts → their local keys."""

    live: Live
    entry: Managed | None
    changes: tuple[FieldChange, ...]
    labels: Mapping[str, str]
    meanings: tuple[Meaning, ...] = ()


@dataclass(slots=True)
class Draft:
    """A plan before its id: what was decided, and every problem that stands in its way."""

    tasks: dict[Address, Task] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    released: list[Release] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    settled: dict[Address, Managed] = field(default_factory=dict)
    """What state will say of each address that needs no change."""
    differing: dict[Address, DifferingObject] = field(default_factory=dict)
    """Every object that differs, also where a problem forbids to change it."""
    unclear: list[Address] = field(default_factory=list)
    """Addresses whose live object could not be compared, or not all of it; a problem says why."""
    forgotten: list[Address] = field(default_factory=list)
    """Addresses state may drop: nobody wants them, and they are gone already or have another name."""


def worst(levels: list[Level]) -> Level:
    """The gravest of the levels; `safe` when there is none."""
    return max(levels, key=LEVELS.index, default="safe")
