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


def twice(live: Sequence[Json], rule: ListRule) -> str:
    """The first key that two live items share, or nothing."""
    seen: set[tuple[str, str]] = set()
    for item in live:
        key = next(_keys(item, rule.keys), None)
        if key is not None and key in seen:
            return _said(*key)
        if key is not None:
            seen.add(key)
    return ""


def _said(name: str, value: str) -> str:
    return f"{name} `{value}`"


def match(live: Sequence[Json], items: Sequence[Json], rule: ListRule) -> tuple[dict[int, int], str]:
    """Live index → index of the item that is the same thing, by the best key that both have; and the key, if any, by
    which an item could be several live ones: that item is left out.

    Two items that both have the better key and differ in it are two things, whatever their other keys say.
    """
    found: dict[int, int] = {}
    placed: set[int] = set()
    unclear = ""
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
                    unclear = unclear or _said(name, value)
    return found, unclear
