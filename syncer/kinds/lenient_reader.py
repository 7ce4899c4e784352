"""Reads values out of a spec that may be partial or misshapen, without raising; it knows no field's meaning."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from syncer.model.json_values import Json, Part, Ref

_UNRESOLVED = r"\$\{(?:var|env|id)\.[A-Za-z0-9_.-]+\}"


def text(value: Json) -> str | None:
    """The value if it is a string that can be compared here: no secret, no reference, no variable left open."""
    return value if isinstance(value, str) and not ("${" in value and re.search(_UNRESOLVED, value)) else None


def mapping(value: Json) -> Mapping[str, Json]:
    """The value if it is a mapping, else an empty one: its form is another check's business."""
    return value if isinstance(value, dict) else {}


def mappings(value: Json) -> Iterator[tuple[int, Mapping[str, Json]]]:
    """The mappings of a list with their indexes; nothing for anything that is no list."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            if isinstance(item, dict):
                yield index, item


def items(value: Json) -> list[dict[str, Json]]:
    """The mappings of a list, to be changed in place; nothing for anything that is no list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def by_id(value: Json) -> dict[str, dict[str, Json]]:
    """The mappings of a list by their ids."""
    return {str(item["id"]): item for item in items(value) if item.get("id") is not None}


def texts(value: Json) -> Iterator[tuple[int, str]]:
    """The comparable strings of a list with their indexes."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            word = text(item)
            if word is not None:
                yield index, word


def referred(value: Json) -> str | None:
    """The manifest's name in a reference, `{ref: contact}` or a `Ref`; None for anything else."""
    return value.name if isinstance(value, Ref) else text(mapping(value).get("ref"))


def bundled(value: Json) -> str | None:
    """The key in a reference to a bundled automation, `{automation: mail}` or a `Part`; None for anything else."""
    return value.key if isinstance(value, Part) else text(mapping(value).get("automation"))


def repeated(keys: Iterable[str]) -> Iterator[tuple[int, int]]:
    """(index, index of the first) of every key that stood there before."""
    first: dict[str, int] = {}
    for index, key in enumerate(keys):
        if key in first:
            yield index, first[key]
        else:
            first[key] = index


def suggestion(word: str, names: Collection[str]) -> str:
    """A hint for a name nobody knows: the nearest of `names`, or a few of them, or nothing."""
    import difflib

    near = difflib.get_close_matches(word, sorted(names), n=1, cutoff=0.6)
    if near:
        return f"did you mean `{near[0]}`?"
    known = sorted(names)
    if not known:
        return ""
    return f"there {'is' if len(known) == 1 else 'are'} {listed(known)}"


def listed(names: Iterable[str], most: int = 8) -> str:
    """Names for a sentence: `` `a`, `b` and 3 more ``."""
    all_names = list(names)
    shown = ", ".join(f"`{name}`" for name in all_names[:most])
    return shown if len(all_names) <= most else f"{shown} and {len(all_names) - most} more"
