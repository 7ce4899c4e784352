"""A plan is a value: it can be printed, compared, saved, and applied tomorrow if it is still true.

No client, function or secret is in what is printed; `after`, `goal` and the like are there for the apply that made
the plan itself, and never leave the process.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from syncer.diff.remainder import RemainderChange, RemainderDiff
from syncer.model.address import Address
from syncer.model.calls import Parts
from syncer.model.diagnostic import Problem
from syncer.model.field_change import Cause, FieldChange
from syncer.model.json_values import Json, Secret, Spec
from syncer.model.kind import LEVELS, Level, Meaning, PreparedSides
from syncer.model.named_tuple import NamedTuple
from syncer.model.resource import Desired, Live, Managed

Verb = Literal["create", "update", "upgrade", "downgrade", "delete", "deactivate", "uninstall", "accept"]
"""What a change does. `accept` changes nothing in the organisation: what a reference means there is taken as it is."""
FORMAT_VERSION = 2
"""Of a plan's document: 2 knows the verb `accept`, and its actions, causes and classes are open lists."""

REMOVALS: frozenset[Verb] = frozenset({"delete", "deactivate", "uninstall"})


SecretWord = Literal["set", "rotate", "remove"]
"""What becomes of a secret: there is none yet, another one is sent, it goes (docs/applying.md#secrets)."""


class Field(NamedTuple):
    """A changed field as a reviewer sees it. `before`/`after` are JSON values or `ABSENT`; a reference not yet known
    stands as `Ref`, a secret as `Secret`, a value that must not be shown as `HIDDEN`. `word`: what becomes
    of a secret; `title`: what people call the part of the object that the field stands in."""

    path: str
    before: Json
    after: Json
    cause: Cause
    level: Level = "safe"
    reason: str = ""
    item: str = ""
    word: SecretWord | Literal[""] = ""
    title: str = ""


class _Hidden:
    __slots__ = ()

    def __repr__(self) -> str:
        return "HIDDEN"


HIDDEN = _Hidden()
"""Stands for a live value that is a secret or must not be shown."""


@dataclass(frozen=True, slots=True)
class Change:
    """What every change says, whatever its verb: what is reviewed, saved and compared with. Nothing is sent of it; what
    carries it out is a `Task`."""

    address: Address
    """Whose change it is; two changes of a plan never share one."""
    action: Verb
    """What becomes of the object. Ask `writes` whether a call is made, `REMOVALS` whether it goes; the fields don't
    tell."""
    level: Level
    """The gravest of what it does, for people and for guards. It permits nothing: what must be accepted is in
    `losses`."""
    reasons: tuple[str, ...]
    """Why it is not simply safe, for people. Texts that may change: nothing is decided by them."""
    fields: tuple[Field, ...]
    """What a reviewer sees, names in place of ids and secrets hidden. Never what is sent: that is `Task.goal`."""
    calls: tuple[str, ...]
    """The writing calls as they are announced, such as `PATCH /v2/…`. Never what is executed: the kind's steps are."""
    waits: tuple[Address, ...]
    """Whose changes come first, of this plan only; no list of all that the object refers to."""
    fingerprint: str
    """Of the live object as it was seen; of what is wanted, where there is none. Compared before the first write, and
    with a saved plan's; it means nothing between two objects."""
    live_id: str
    """The object's id, "" where it is still to be made; whether it is, `action` says."""
    name: str
    """What people call it: the live or future title. Nothing is found by it."""

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
    """What carrying a change out needs and nobody prints: both sides, parts, secrets. It never leaves the process: it
    is not saved with a plan, so a plan that was read from a file has none."""

    change: Change
    """What was announced of it; what is done must be that."""
    desired: Desired | None
    """The manifest it was planned from; None where the object goes."""
    live: Live | None
    """The object as the plan saw it, to know it by. Never written over as it stands here: it is read again before."""
    want: Spec
    """What the manifest says, in the organisation's words as far as they are known: what a read back must show. Never a
    body: it lacks what is carried over."""
    goal: Spec
    """All of the object as it shall be, what isn't ours carried over; of a removal, as it is. References to what the
    run itself makes are still markers in it: it is bound before it is sent."""
    parts: Parts
    """Live ids of the parts that are known; those that the change makes come with what it leaves behind."""
    secrets: Mapping[str, Secret]
    """Write-only values, by the text of their field. Handed to the kind; never printed, kept or compared in plain
    text."""
    answers: Mapping[str, Json]
    """What the kind asked beside the list, when the plan was made; of an object that is there it is asked again before
    a write."""
    changed: frozenset[str]
    """The spec's top-level fields that change, for kinds that send a part. People are shown `Change.fields`."""
    policy: Mapping[str, Json]
    """The manifest's `metadata.policy`; of a removal, as it was remembered."""
    late: frozenset[str] = frozenset()
    """Keys of new objects in a circle with this one: written without them first, whole afterwards."""
    memory: Managed | None = None
    """What state will say where that isn't what was asked for: an undo brings back what it said before. Without a live
    id: nothing."""
    loose: frozenset[str] = frozenset()
    """Which secrets may be left out of what is sent, as `Write.loose`."""
    forms: Mapping[str, str] = field(default_factory=dict)
    """What the platform is known to make of values that are sent, as `Managed.forms`: no surprise when it is read."""


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
    """The whole of it. One that was saved is compared with the one that would be made now, and never carried out
    itself."""

    id: str
    """Digest of what is done: of the document but for what `OUTSIDE` of `plan.document` names. It tells two plans
    apart; it proves nothing about who made one."""
    environment: str
    """The environment's name in syncer.yaml, for which alone it may be applied."""
    org_id: str
    """Whose objects it is about, as syncer.yaml says. Whose they are, the token and the replies say, and a guard
    compares."""
    server: str
    """Where it was made, for people and for the comparison. Never where something is sent: that is the command's."""
    changes: tuple[Change, ...]
    """What is to be done, by address. This is not the order in which it is done: `Change.waits` is."""
    links: tuple[Link, ...]
    """Which live object each manifest was found to be. No change: that state is to learn of a new one is no work."""
    released: tuple[Release, ...]
    """What is no longer declared and stays as it is. Nothing is sent for it."""
    notices: tuple[Notice, ...]
    """What a reviewer should know. Not part of `id`, and no guard: what has to stop an apply is a problem or a
    refusal."""
    digests: Mapping[str, str]
    """Address → digest of the manifest, or of the document that asks for it, that it was planned from."""
    partial: bool = False
    """Made with --only or --except: what is not in it may still have to be changed."""
    tasks: Mapping[Address, Task] = field(default_factory=dict, compare=False, repr=False)
    """What carries the changes out, by address. Never printed, saved or compared; empty in a plan from a file."""
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

    @property
    def accepted(self) -> int:
        """How many findings are accepted though a rule speaks against them, in what changes."""
        return sum(each.rule == "accepted" for each in self.notices)


class DifferingObject(NamedTuple):
    """A live object that is not as its manifest says, before anything was decided about it; what a drift is told by.
    `entry`: what is remembered of this very object."""

    live: Live
    entry: Managed | None
    changes: tuple[FieldChange, ...]
    prepared: PreparedSides
    meanings: tuple[Meaning, ...] = ()

    @property
    def labels(self) -> Mapping[str, str]:
        """Live ids of its parts → their local keys."""
        return self.prepared.labels

    @property
    def written(self) -> tuple[Spec, Spec]:
        """What people say of it, in live ids: now, and at the last apply."""
        return self.prepared.want, self.entry.declared if self.entry else {}


class UndeclaredDrift(NamedTuple):
    """A live object that holds something else beside its manifest than is remembered; `whole`: all that it holds is the
    manifest's business, also what others add to its lists."""

    live: Live
    labels: Mapping[str, str]
    diff: RemainderDiff
    whole: bool

    @property
    def drifted(self) -> list[RemainderChange]:
        """What is drift."""
        return [each for each in self.diff.changes if self.whole or not each.added]

    @property
    def added(self) -> list[RemainderChange]:
        """What others did to items of their own, in lists to which they may add."""
        return [each for each in self.diff.changes if each.added and not self.whole]


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
    undeclared: dict[Address, UndeclaredDrift] = field(default_factory=dict)
    """Objects of which somebody changed what no manifest declares."""
    forgotten: list[Address] = field(default_factory=list)
    """Addresses state may drop: nobody wants them, and they are gone already or have another name."""


def worst(levels: list[Level]) -> Level:
    """The gravest of the levels; `safe` when there is none."""
    return max(levels, key=LEVELS.index, default="safe")
