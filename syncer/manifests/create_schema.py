"""What a new object needs, by the JSON Schema of its kind: asked by the plan, by `pull` and by `validate`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from syncer.diff.required_fields import CreateSchema, wrong_in_new
from syncer.kinds import KINDS
from syncer.model.address import Address
from syncer.model.diagnostic import Problem
from syncer.model.kind import Kind
from syncer.model.resource import Desired
from syncer.schema_check.registry import load

if TYPE_CHECKING:
    from syncer.model.address import KnownObjects


def create_schema(kind: Kind) -> CreateSchema:
    """What a new object of this kind needs; reads its JSON Schema, the first time."""
    return CreateSchema.of_manifest(load(kind.slug))


def missing_offline(
    desired: Iterable[Desired], environment: str, known: KnownObjects, *, create: bool
) -> Iterator[Problem]:
    """What the manifests would lack if they were to be created; with `create` of all of them, else of those that the
    environment's local state does not know. Those may be there all the same, never applied: then a partial manifest is
    right, so it is a warning. Of what every organisation has from the start nothing is said."""
    there = known.get(environment)
    if there is None and not create:
        return
    for each in desired:
        kind = KINDS[each.address.kind]
        names = {each.address, *(Address(each.address.kind, alias) for alias in each.aliases)}
        if kind.built_in(each.spec) or (not create and names & (there or frozenset())):
            continue
        found = wrong_in_new(kind, create_schema(kind), each, kind.filled(each.spec, each.policy))
        if create:
            yield from found
        else:
            said = f"the state of `{environment}` does not know it; right all the same if it is there already"
            yield from (one._replace(severity="warning", hint=f"{one.hint}; {said}") for one in found)
