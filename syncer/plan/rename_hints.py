"""A manifest that was probably renamed without saying so: one address goes, another of its kind comes, much the same.

It only offers the line that would make it a rename; nothing is ever taken for one unasked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from syncer.diff.fingerprint import canonical
from syncer.model.address import Address
from syncer.model.json_values import Json, Spec
from syncer.model.kind import Kind
from syncer.model.markers import without_secrets
from syncer.model.resource import Managed
from syncer.plan.identity_match import plain_title
from syncer.plan.plan import Notice, Task

ALIKE = 80
"""Percent of the values that two manifests must have in common to be nearly the same."""
ENOUGH = 6
"""Values that a manifest must have for that to say anything: closing reasons have but two, and are all alike."""


def perhaps_renamed(kinds: Mapping[str, Kind], gone: Sequence[Managed], tasks: Mapping[Address, Task]) -> list[Notice]:
    """For what is created, the removed address that it was, very likely: of the same title, or nearly of one content.
    Kinds with an enforced key need no such guess: the key finds the object again."""
    lost = [entry for entry in gone if kinds[entry.address.kind].title]
    if not lost:
        return []
    found = []
    for address, task in sorted(tasks.items()):
        if task.change.action != "create":
            continue
        title = kinds[address.kind].title
        best, why = None, ""
        for entry in (entry for entry in lost if entry.address.kind == address.kind):
            if plain_title(str(task.want.get(title))) == plain_title(tasks[entry.address].change.name):
                best, why = entry, f"is created with the title of {entry.address}, which is removed"
                break
            share = alike(task.want, entry.declared)
            if best is None and share >= ALIKE:
                best, why = entry, f"is created, {share} % as {entry.address} was, which is removed"
        if best is not None:
            said = f"{address} {why}; if they are the same, write `aliases: [{best.address.name}]` in its metadata"
            found.append(Notice("perhaps-renamed", said, address))
    return found


def alike(one: Spec, other: Spec) -> int:
    """How many of their values two specs have in common, in percent; 0 where there are too few to tell. Ids are left
    out: a new object's are local keys, an old one's are the platform's."""
    here, there = Counter(_values(without_secrets(one), "")), Counter(_values(without_secrets(other), ""))
    if min(here.total(), there.total()) < ENOUGH:
        return 0
    return 100 * (here & there).total() // (here | there).total()


def _values(value: Json, name: str) -> Iterator[str]:
    if name == "id" or name.endswith(("_id", "Id")):
        return
    if isinstance(value, dict):
        for key, item in value.items():
            yield from (f"{key}.{each}" for each in _values(item, key))
    elif isinstance(value, list):
        for item in value:
            yield from _values(item, name)
    else:
        yield canonical(value)
