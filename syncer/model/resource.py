"""The three sides of a plan: what the manifests want, what the organisation has, what was applied last."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

from syncer.model.address import Address
from syncer.model.calls import Parts
from syncer.model.diagnostic import Location
from syncer.model.json_values import Json, Lookup, Path, Ref, Spec
from syncer.model.markers import without_secrets


class Use(NamedTuple):
    """A reference in a spec: where it stands and what it points at; `late` ones may be left out at first."""

    path: Path
    target: Ref | Lookup
    late: bool = False


class Desired(NamedTuple):
    """One manifest for one environment: variables resolved, references marked."""

    address: Address
    spec: Spec
    policy: Mapping[str, Json]
    protect: bool
    aliases: tuple[str, ...]
    titles: tuple[str, ...]
    uses: tuple[Use, ...]
    where: Callable[[Path], Location]
    """Where a value of the spec stands in its file."""
    digest: str
    """Of the manifest's file and of the files it reads; "" while validating, where nobody asks."""


class Live(NamedTuple):
    """One object of the organisation, as the API answered."""

    id: str
    key: str
    title: str
    object: Json


class Managed(NamedTuple):
    """What is remembered of an address: its live id, what was last declared (no secret in it), ids of its parts."""

    address: Address
    live_id: str
    declared: Spec = {}  # noqa: RUF012  never changed in place
    parts: Parts = {}  # noqa: RUF012
    protect: bool = False
    aliases: tuple[str, ...] = ()
    policy: Mapping[str, Json] = {}
    secrets: Mapping[str, str] = {}
    """Field text → salted scrypt digest of the secret last sent."""
    adopted: bool = False
    """Linked by hand and not applied yet: what an apply changes of it, nobody here made."""


How = Literal["link", "key", "title"]
"""By what a live object was found: what is remembered, a key that the platform enforces, or its exact title."""


class Match(NamedTuple):
    """An address beside its live object, and by what it was found."""

    address: Address
    live: Live
    how: How


def remembered(
    desired: Desired,
    live_id: str,
    want: Spec,
    parts: Mapping[str, Mapping[str, str]],
    entry: Managed | None,
    secrets: Mapping[str, str],
) -> Managed:
    """What state will say of a manifest that stands as it was asked for: `secrets` are the digests of those sent now,
    the others stay as `entry` has them."""
    return Managed(
        desired.address,
        live_id,
        without_secrets(want),
        {group: dict(ids) for group, ids in parts.items()},
        desired.protect,
        desired.aliases,
        dict(desired.policy),
        {**(entry.secrets if entry else {}), **secrets},
    )
