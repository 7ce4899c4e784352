"""Keys and ids of other objects that a manifest writes out: whether the organisation has them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from types import MappingProxyType

from syncer.kinds import KINDS
from syncer.kinds.lenient_reader import suggestion, text
from syncer.model.address import Address
from syncer.model.diagnostic import Finding, Problem
from syncer.model.field_rules import find_all, pattern_steps
from syncer.model.json_values import Json, Path
from syncer.model.kind import RefField
from syncer.model.resource import Desired, Match, problem_of

Found = Mapping[Address, Match]
"""Which live object is which manifest's."""


def unknown_keys(
    wanted: Sequence[Desired],
    desired: Sequence[Desired],
    live: Mapping[str, Collection[str]],
    found: Found = MappingProxyType({}),
) -> list[Problem]:
    """Plain keys (a schema's slug) that no manifest of `desired` and no live object has; a warning where the live
    object itself names it, for nothing brings it about. `live`: the keys of every kind that was listed; of the other
    kinds nothing is said."""
    known: dict[str, set[str]] = {name: set(keys) for name, keys in live.items() if not KINDS[name].title}
    for each in desired:
        if each.address.kind in known:
            known[each.address.kind].add(KINDS[each.address.kind].key(each.spec))
    problems = []
    for each in wanted:
        for ref in KINDS[each.address.kind].refs:
            if not ref.plain or ref.to not in known:
                continue
            for path, value in find_all(each.spec, pattern_steps(ref.path)):
                key = text(value)
                if key and key not in known[ref.to]:
                    said = f"{each.address}: no manifest and nothing in the organisation is the {ref.to} `{key}`"
                    problems.append(_unknown(each, found, ref, value, (said, suggestion(key, known[ref.to])), path))
    return problems


def raw_ids(desired: Desired) -> list[tuple[str, Path, str]]:
    """(kind, path, id) of each id of a managed kind that a manifest writes out in a list of references. Others are left
    alone: an automation's target, say, may be a workflow of the older generation, which no list of flows holds."""
    return [(ref.to, (*path, "id"), value["id"]) for ref, path, value in _raw(desired)]


def _raw(desired: Desired) -> Iterator[tuple[RefField, Path, Json]]:
    for ref in KINDS[desired.address.kind].refs:
        if ref.form == "item" and ref.to in KINDS:
            for path, value in find_all(desired.spec, pattern_steps(ref.path)):
                if isinstance(value, dict) and isinstance(value.get("id"), str):
                    yield ref, path, value


def unknown_ids(
    wanted: Sequence[Desired], live: Mapping[str, Collection[str]], found: Found = MappingProxyType({})
) -> list[Problem]:
    """Ids written out that no live object has; a warning where the live object itself names it. `live`: the ids of
    every kind that was listed."""
    hint = "write `ref:` or `lookup:` in its place; an id is that of one organisation, as `${id.NAME}` is"
    problems = []
    for each in wanted:
        for ref, path, value in _raw(each):
            if ref.to in live and value["id"] not in live[ref.to]:
                said = f"{each.address}: nothing in the organisation is the {ref.to} `{value['id']}`"
                problems.append(_unknown(each, found, ref, value, (said, hint), (*path, "id")))
    return problems


def _unknown(each: Desired, found: Found, ref: RefField, value: Json, said: tuple[str, str], path: Path) -> Problem:
    """What is said of a reference to nothing: an error, save where it stands so in the organisation already."""
    there = found.get(each.address)
    spec = KINDS[each.address.kind].spec_of(there.live.object) if there else {}
    if any(_named(one) == _named(value) for _, one in find_all(spec, pattern_steps(ref.path))):
        message, hint = (
            f"{said[0]}, and the live object refers to it all the same",
            "take it out, once it is not needed",
        )
        return problem_of(each, Finding("unknown-key", message, path, hint))._replace(severity="warning")
    return problem_of(each, Finding("unknown-key", said[0], path, said[1]))


def _named(value: Json) -> Json:
    return value.get("id") if isinstance(value, dict) else value
