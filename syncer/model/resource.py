"""The three sides of a plan: what the manifests want, what the organisation has, what was applied last."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from syncer.model.address import Address
from syncer.model.calls import Parts
from syncer.model.diagnostic import Finding, Location, Problem, located
from syncer.model.json_values import Json, Lookup, Path, Ref, Spec
from syncer.model.markers import without_secrets
from syncer.model.named_tuple import NamedTuple


class Use(NamedTuple):
    """A reference in a spec: where it stands and what it points at; `late` ones may be left out at first."""

    path: Path
    target: Ref | Lookup
    late: bool = False


class Desired(NamedTuple):
    """One manifest for one environment: variables resolved, references marked."""

    address: Address
    """What it is remembered under, everywhere and for good."""
    spec: Spec
    """What it says: references as `Ref` and `Lookup`, secrets as `Secret`. Never sent or compared as it stands: the
    markers are bound and its kind prepares it before. A field that isn't there is not ours."""
    policy: Mapping[str, Json]
    """`metadata.policy`, for its kind. Once the manifest is gone, `Managed.policy` counts."""
    protect: bool
    """Whether removing it wants consent: by the manifest, or else by its environment."""
    aliases: tuple[str, ...]
    """Former names, under which state may know it. No other manifest is found by them."""
    titles: tuple[str, ...]
    """Further titles that its live object may have as long as no link is known. Never written."""
    uses: tuple[Use, ...]
    """Its references, for the order and for what is looked up. What is sent is in `spec`."""
    where: Callable[[Path], Location]
    """Where a value of the spec stands in its file: for messages, and to be asked only when there is one."""
    digest: str
    """Of the manifest's file and of the files it reads; "" while validating, where nobody asks. It tells that a
    manifest has changed, not what: a comment changes it too."""
    file: str = ""
    """The name of its file in messages. That of `where` is the same, but there the whole file is read once more."""
    judged: Callable[[Path, Problem], Problem] = lambda path, problem: problem
    """(path from the document's root, problem there) → the same, a note where `metadata.accept` names it."""
    accepted: tuple[Problem, ...] = ()
    """What was found of it and is accepted: notes."""
    extra: tuple[str, ...] = ()
    """What of its spec syncer does not know, as a plan writes its path, sorted. Nothing is decided by it but how a
    change of it is reviewed."""


class Live(NamedTuple):
    """One object of the organisation, as the API answered."""

    id: str
    """What it is read by and referred to. Of this organisation only; it may stand in a path."""
    key: str
    """The key that the platform enforces; "" for kinds that have none, and then it says nothing."""
    title: str
    """Its title as it stands there; "" for kinds with a key. Two objects may share one: only `match` finds by it."""
    object: Json
    """The reply itself, with secrets and what the platform sets. Never changed in place, printed or kept; what is
    compared is the spec that its kind makes of it."""


class Remainder(NamedTuple):
    """What a live object held that nobody declared, as it is remembered."""

    digests: Mapping[str, Mapping[str, str]] = {}
    """Text of an item's path ("" for the object itself) → text of a field in it → keyed digest of its value."""


class Managed(NamedTuple):
    """What is remembered of an address. A memory, not the truth: what is live was read, and what is
    wanted stands in the manifests."""

    address: Address
    """Under which name; the manifest may have another by now (`Desired.aliases`)."""
    live_id: str
    """The object that was last known to be it; "" where a create was cut off. It may be gone, or another may have
    come."""
    declared: Spec = {}  # noqa: RUF012  never changed in place
    """What the manifest said at the last apply, in live ids and without secrets: tells ours from drift, and what is no
    longer declared. Not what is live: fields that were never ours are not in it."""
    parts: Parts = {}  # noqa: RUF012
    """Live ids of its parts. One that is missing in the organisation is made anew, not expected."""
    protect: bool = False
    """As the manifest said it last, for when it is gone."""
    aliases: tuple[str, ...] = ()
    """As the manifest said them last, for people. Nothing is found by them: that takes `Desired.aliases`."""
    policy: Mapping[str, Json] = {}
    """As the manifest said it last: what a removal does once it is gone."""
    secrets: Mapping[str, str] = {}
    """Field text → salted scrypt digest of the secret last sent. It says whether a secret is the same, never what it
    is; what the organisation has by now, it doesn't know."""
    secret_times: Mapping[str, str] = {}
    """Field text → when the platform said after the last apply that its secret was set last; "" where there is none. A
    field that isn't there: not known."""
    adopted: bool = False
    """Linked, and no apply has seen its manifest yet: the link is provisional. What an apply changes of it, nobody here
    made; `declared` is what the manifest said when it was linked, by which only a pull goes; and once no manifest names
    it, it is forgotten, never removed."""
    forms: Mapping[str, str] = {}
    """Field text → digests, `SENT LIVE`, of a value that was sent and of what the platform made of it."""
    undeclared: Remainder | None = None
    """What was live and not declared when the object was written, pulled or accepted last; None: that is not known."""
    whole: bool = False
    """Whether `pull` wrote the manifest whole, so that what is live beside it is drift."""


def provisional(seen: Managed, known: Managed | None) -> Managed:
    """What may be said of a manifest and its object, as they were `seen`, by a command that applies nothing: which
    object it is, and which ids its parts have. What an apply has left, `known`, stays as it is beside that."""
    if known is None or known.live_id != seen.live_id:
        return seen._replace(adopted=True, secrets={}, forms={})
    parts = {group: {**known.parts.get(group, {}), **ids} for group, ids in seen.parts.items()}
    return known._replace(parts={**known.parts, **parts})


How = Literal["link", "key", "title"]
"""By what a live object was found: what is remembered, a key that the platform enforces, or its exact title."""


class Match(NamedTuple):
    """An address beside its live object, and by what it was found."""

    address: Address
    live: Live
    how: How


def problem_of(desired: Desired | None, finding: Finding) -> Problem:
    """The finding about a spec, whose path begins there, with its place in the manifest, if there is one."""
    finding = finding._replace(path=("spec", *finding.path))
    if desired is None:
        return located(finding, None)
    return desired.judged(finding.path, located(finding, desired.where(finding.path[1:])))


def remembered(
    desired: Desired,
    live_id: str,
    want: Spec,
    parts: Mapping[str, Mapping[str, str]],
    entry: Managed | None,
    secrets: tuple[Mapping[str, str], Mapping[str, str]],
    forms: Mapping[str, str] = {},
) -> Managed:
    """What state will say of a manifest that stands as it was asked for: `secrets` are the digests of its secrets
    and what the platform says of them, as `Managed.secret_times`; `forms`: what the platform made of values."""
    return Managed(
        desired.address,
        live_id,
        without_secrets(want),
        {group: dict(ids) for group, ids in parts.items()},
        desired.protect,
        desired.aliases,
        dict(desired.policy),
        dict(secrets[0]),
        dict(secrets[1]),
        forms=dict(forms),
        undeclared=entry.undeclared if entry else None,
        whole=bool(entry and entry.whole),
    )
