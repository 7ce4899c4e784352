"""Which id of one organisation is which of another: the table that a promotion uses, and the values that differ.

Decides from both sides as they were read; it asks nobody and knows no file.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from syncer.model.address import Address
from syncer.model.field_rules import Shape, find_all, pattern_steps
from syncer.model.json_values import ABSENT, Json, Lookup, Path, Secret, leaves_at
from syncer.model.kind import Kind
from syncer.model.resource import Desired, Match
from syncer.plan.inputs import PlanInputs
from syncer.plan.plan import Draft

MADE = "created by the apply"
MISSING = "missing"


@dataclass(frozen=True, slots=True, order=True)
class Pair:
    """One object on both sides. `how`: `link`, `title`, the words for an enforced key (`slug`, `app id`), `lookup`,
    `ids`, `created by the apply` or `missing`; `target` is "" for the last two. `note`: what a reviewer should know."""

    kind: str
    name: str
    source: str
    target: str
    how: str
    note: str = ""


def pairs_of(
    kinds: Mapping[str, Kind],
    chosen: Collection[Address],
    source: PlanInputs,
    target: PlanInputs,
    parts: tuple[Mapping[Address, Mapping[str, str]], Mapping[Address, Mapping[str, str]]],
    ids: Mapping[str, tuple[str, str]],
    adopted: Collection[Address],
) -> list[Pair]:
    """Every pair that the chosen manifests use, sorted. `parts`: on either side, by address the ids of what is made
    along with an object; `ids`: name → its id on either side; `adopted`: what the target's plan takes over although
    nobody here made it."""
    here = {address: each for matches in source.matches.values() for address, each in matches.found.items()}
    there = {address: each for matches in target.matches.values() for address, each in matches.found.items()}
    found: set[Pair] = set()
    for desired in target.desired:
        if desired.address in chosen:
            kind = kinds[desired.address.kind]
            found.add(_itself(kind, desired.address, here, there, desired.address in adopted))
            found |= set(_looked_up(desired, source, target))
            found |= set(_along(kind, desired.address, *parts))
            found |= set(_keys(kinds, desired, source, target))
    found |= {
        Pair(name.partition(".")[0], f"id.{name}", mine, theirs, "ids" if theirs else MISSING)
        for name, (mine, theirs) in ids.items()
    }
    return sorted(found)


def made_along(kinds: Mapping[str, Kind], made: Draft) -> dict[Address, Mapping[str, str]]:
    """By address the ids of what is made along with an object, as far as it is there."""
    parts = {address: task.parts for address, task in made.tasks.items()}
    parts |= {address: entry.parts for address, entry in made.settled.items()}
    return {address: each.get(kinds[address.kind].made_along, {}) for address, each in parts.items()}


def _itself(
    kind: Kind, address: Address, here: Mapping[Address, Match], there: Mapping[Address, Match], adopted: bool
) -> Pair:
    mine, theirs = here.get(address), there.get(address)
    known = mine.live.id if mine else ""
    if theirs is None:
        return Pair(kind.name, address.name, known, "", MADE)
    notes = ["takes over what nobody here made"] if adopted else []
    if kind.already_removed(theirs.live.object) and not (mine and kind.already_removed(mine.live.object)):
        notes.append("it is switched off there")
    how = theirs.how if theirs.how != "key" else key_words(kind)
    return Pair(kind.name, address.name, known, theirs.live.id, how, "; ".join(notes))


def key_words(kind: Kind) -> str:
    """What an enforced key is called: `slug`, `app id`."""
    return kind.key_field.replace("_", " ")


def _looked_up(desired: Desired, source: PlanInputs, target: PlanInputs) -> Iterator[Pair]:
    for use in desired.uses:
        if isinstance(use.target, Lookup):
            key = (use.target.kind, use.target.title, use.target.scope)
            theirs = target.lookups.get(key, "")
            name = f"{use.target.scope}: {use.target.title}" if use.target.scope else use.target.title
            yield Pair(use.target.kind, name, source.lookups.get(key, ""), theirs, "lookup" if theirs else MISSING)


def _along(
    kind: Kind,
    address: Address,
    here: Mapping[Address, Mapping[str, str]],
    there: Mapping[Address, Mapping[str, str]],
) -> Iterator[Pair]:
    for key, mine in here.get(address, {}).items():
        theirs = there.get(address, {}).get(key, "")
        yield Pair(kind.along, f"{address.name}/{key}", mine, theirs, "link" if theirs else MADE)


def _keys(kinds: Mapping[str, Kind], desired: Desired, source: PlanInputs, target: PlanInputs) -> Iterator[Pair]:
    """Plain keys of what no manifest describes: they are the same everywhere, if the object is there."""
    managed = {(each.address.kind, kinds[each.address.kind].key(each.spec)) for each in target.desired}
    for to, key in plain_keys(kinds, desired):
        if (to, key) not in managed and to in target.live:
            there = any(each.key == key for each in target.live[to])
            yield Pair(to, key, key, key if there else "", key_words(kinds[to]) if there else MISSING)


def plain_keys(kinds: Mapping[str, Kind], desired: Desired) -> Iterator[tuple[str, str]]:
    """(kind, key) of everything that a manifest names by an enforced key, without a reference."""
    for ref in kinds[desired.address.kind].refs:
        if ref.plain:
            for _, value in find_all(desired.spec, pattern_steps(ref.path)):
                if isinstance(value, str) and value:
                    yield ref.to, value


def own_values(kind: Kind, want: Json, have: Json) -> dict[Path, tuple[Json, Json]]:
    """Path in `want` → (value there, value in `have`) of the fields that may be an organisation's own and differ: plain
    values on both sides. Items of keyed lists are told by their keys, not by their place."""
    found: dict[Path, tuple[Json, Json]] = {}
    for pattern in kind.own_values:
        for path, mine, theirs in _side_by_side(pattern_steps(pattern), kind.shape, want, have, ()):
            plain = all(isinstance(each, (str, int, float)) for each in (mine, theirs))
            if plain and (type(mine), mine) != (type(theirs), theirs):
                found[path] = (mine, theirs)
    return found


def _side_by_side(
    steps: Sequence[str], shape: Shape, want: Json, have: Json, path: Path
) -> Iterator[tuple[Path, Json, Json]]:
    if isinstance(want, Secret):
        return
    if not steps:
        yield path, want, have
        return
    step, rest = steps[0], steps[1:]
    if step != "[]":
        if isinstance(want, dict) and isinstance(have, dict) and step in want:
            yield from _side_by_side(rest, shape.at(step), want[step], have.get(step, ABSENT), (*path, step))
        return
    keys = shape.rule.keys
    theirs = {_key(each, keys): each for each in have} if isinstance(have, list) else {}
    for index, each in enumerate(want if isinstance(want, list) else []):
        key = _key(each, keys)
        if key is not None and key in theirs:
            yield from _side_by_side(rest, shape.item(), each, theirs[key], (*path, index))


def _key(item: Json, keys: Sequence[str]) -> str | None:
    if not isinstance(item, dict):
        return None
    return next((str(item[name]) for name in keys if item.get(name) is not None), None)


_UUID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"


def raw_ids(value: Json, path: Path, everywhere: Collection[str]) -> Iterator[tuple[Path, str]]:
    """Where a written value is nothing but an id as the platform gives them; `everywhere`: keys under which an id is
    the same in every organisation."""
    for at, each in leaves_at(value, path):
        if isinstance(each, str) and re.fullmatch(_UUID, each) and not {*at[len(path) :]} & {*everywhere}:
            yield at, each
