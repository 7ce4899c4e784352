"""What a repository holds already, as a pull asks: which names are taken, what other environments describe."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from syncer.kinds import KINDS
from syncer.manifests.resolution import Manifests, asked_for
from syncer.model.address import Address
from syncer.model.diagnostic import InvalidInput
from syncer.model.resource import Desired
from syncer.ops.pull.options import PullOptions
from syncer.plan.identity_match import plain_title
from syncer.plan.removal_requests import RemovalRequest


@dataclass(frozen=True, slots=True)
class KnownManifests:
    """What the repository holds already. `desired`: the manifests of this environment; `names`: kind → every name that
    a manifest of any environment has or had; `elsewhere`: (kind, title or key) → a manifest that lives in other
    environments only; `asked`: what documents of kind `Removed` ask for, which is not pulled."""

    desired: Sequence[Desired]
    names: Mapping[str, Collection[str]]
    elsewhere: Mapping[tuple[str, str], Address]
    asked: Sequence[RemovalRequest] = ()


def known_manifests(order: PullOptions, existing: Manifests, desired: Sequence[Desired]) -> KnownManifests:
    """What a survey asks of the manifests that are there. InvalidInput where a `Removed` document is wrong."""
    asked, wrong = asked_for(existing, order.environment, desired)
    if any(each.severity == "error" for each in wrong):
        raise InvalidInput(wrong)
    names: dict[str, set[str]] = {kind: set() for kind in KINDS}
    for raw in existing.all:
        names[raw.kind] |= {word.casefold() for word in (raw.name, *_aliases(raw.metadata))}
    return KnownManifests(desired, names, _elsewhere(existing, desired), asked)


def _aliases(metadata: Mapping[str, object]) -> list[str]:
    found = metadata.get("aliases")
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def _elsewhere(existing: Manifests, desired: Sequence[Desired]) -> dict[tuple[str, str], Address]:
    """(kind, title or key) → a manifest that lives in other environments only."""
    here = {each.address for each in desired}
    found: dict[tuple[str, str], Address] = {}
    for raw in existing.all:
        kind, address = KINDS[raw.kind], Address(raw.kind, raw.name)
        word = raw.spec.get(kind.title or kind.key_field)
        if address in here or not isinstance(word, str):
            continue
        try:
            found[kind.name, plain_title(word) if kind.title else kind.key(raw.spec)] = address
        except (KeyError, TypeError):
            continue
    return found
