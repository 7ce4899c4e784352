"""Which items of two keyed lists are the same thing. Knows nothing of what an item holds beside its keys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from syncer.model.field_rules import ListRule
from syncer.model.json_values import Json, Part, Ref

NO_KEY = "?"


def key_text(item: Json, rule: ListRule) -> str:
    """The item's best key as text, for paths and people; `?` for an item without one. In an ordered list that has keys
    an item that is no mapping is its own."""
    if rule.form == "ordered" and item is not None and not isinstance(item, (dict, list)):
        return str(item)
    return next((text for _, text in _keys(item, rule.keys)), NO_KEY)


def _keys(item: Json, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The keys the item has, best first."""
    if isinstance(item, dict):
        for name in names:
            value = item.get(name)
            if isinstance(value, Ref):
                yield name, value.name
            elif isinstance(value, Part):
                yield name, value.key
            elif value is not None and value != "":
                yield name, str(value)


def own_keys(items: Sequence[Json], rule: ListRule) -> list[str]:
    """The key of each item, in their order. Nothing where two share one, or an item has none."""
    keys = [key_text(item, rule) for item in items]
    return keys if len(set(keys)) == len(keys) and NO_KEY not in keys else []


def twice(items: Sequence[Json], rule: ListRule) -> bool:
    """Whether two of the items have one best key."""
    keys = [next(_keys(item, rule.keys), None) for item in items]
    named = [key for key in keys if key is not None]
    return len(set(named)) < len(named)


def called(item: Json, rule: ListRule) -> tuple[str, ...]:
    """The keys the item has, best first, in the words of `match`: name `a`; or that it has none."""
    return tuple(_said(*key) for key in _keys(item, rule.keys)) or (_NAMELESS.format(rule.keys[0]),)


def _said(name: str, value: str) -> str:
    return f"{name} `{value}`"


_NAMELESS = "no `{}`"


def match(live: Sequence[Json], items: Sequence[Json], rule: ListRule) -> tuple[dict[int, int], dict[int, str]]:
    """Live index → index of the item that is the same thing, by the best key that both have; and, by index, the items
    that could be several live ones, or of whose key there is another number live, each with that key: they are in no
    pair. Where a key stands as often on both sides, its items are paired by their order.

    Two items that both have the better key and differ in it are two things, whatever their other keys say.
    """
    found, unclear = _doubles(live, items, rule)
    placed = {*found.values(), *unclear}
    for rank, name in enumerate(rule.keys):
        index: dict[str, list[int]] = {}
        for position, item in enumerate(live):
            if position not in found:
                for _, value in _keys(item, (name,)):
                    index.setdefault(value, []).append(position)
        for position, item in enumerate(items):
            if position in placed:
                continue
            better = {each for each, _ in _keys(item, rule.keys[:rank])} if rank else ()
            for _, value in _keys(item, (name,)):
                hits = [
                    hit
                    for hit in index.get(value, ())
                    if hit not in found
                    and not (better and any(each in better for each, _ in _keys(live[hit], rule.keys[:rank])))
                ]
                if len(hits) == 1:
                    found[hits[0]] = position
                    placed.add(position)
                elif hits:
                    unclear.setdefault(position, _said(name, value))
                    placed.add(position)
    return found, unclear


def _doubles(live: Sequence[Json], items: Sequence[Json], rule: ListRule) -> tuple[dict[int, int], dict[int, str]]:
    """As `match`, of the items of which several have one best key, or none at all."""
    theirs, ours = (_by_best_key(side, rule) for side in (live, items))
    if len(theirs) == len(live) and len(ours) == len(items) and not (theirs.keys() & ours.keys() & {None}):
        return {}, {}
    found: dict[int, int] = {}
    unclear: dict[int, str] = {}
    for key, mine in ours.items():
        there = theirs.get(key, [])
        if len(mine) == len(there):
            found.update(zip(there, mine, strict=True))
        elif there and max(len(mine), len(there)) > 1:
            said = _said(*key) if key else _NAMELESS.format(rule.keys[0])
            unclear.update(dict.fromkeys(mine, said))
    return found, unclear


def _by_best_key(items: Sequence[Json], rule: ListRule) -> dict[tuple[str, str] | None, list[int]]:
    found: dict[tuple[str, str] | None, list[int]] = {}
    for position, item in enumerate(items):
        found.setdefault(next(_keys(item, rule.keys), None), []).append(position)
    return found
