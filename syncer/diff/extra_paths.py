"""`metadata.extra`: paths of what the platform knows and a kind does not, written as a plan writes them.

`attributes[iban].mask` names a field of one item, `attributes[*].mask` of every one, `attributes[2].mask` of the third.
A path covers what lies below it. Texts are compared as they are written, so that a key may hold any character.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterator

from syncer.diff.list_keys import NO_KEY, key_text
from syncer.model.field_rules import Shape
from syncer.model.json_values import Json, Path

_EVERY = "[*]"


def entries(metadata: Json) -> tuple[str, ...]:
    """The paths of a manifest's metadata; none where they are of a wrong form, which its JSON Schema says."""
    found = metadata.get("extra") if isinstance(metadata, dict) else None
    return tuple(each for each in found if isinstance(each, str) and each) if isinstance(found, list) else ()


Places = dict[Path, tuple[str, ...]]
"""Places of a spec, each with the paths that lead there."""


def places(value: Json, shape: Shape, paths: Collection[str]) -> Places:
    """Where these paths lead in a spec."""
    return dict(_places(value, shape, (), ("",), _Paths(paths))) if paths else {}


def covering(place: Path, named: Places) -> tuple[str, ...]:
    """The paths that cover a place: that lead to it, or to what it lies in."""
    ways = (named.get(place[:depth], ()) for depth in range(1, len(place) + 1))
    return tuple(path for way in ways for path in way)


def every_text(place: Path) -> str:
    """A place with `[*]` in place of which item it is."""
    text = ""
    for step in place:
        text = text + _EVERY if isinstance(step, int) else _below(text, step)
    return text


def yaml_line(path: str) -> str:
    """The line that lists a path."""
    plain = re.fullmatch(r"[A-Za-z_][^\s#:'\"]*", path) and path not in ("true", "false", "null")
    quoted = path.replace("\\", "\\\\").replace('"', '\\"')
    return f"- {path}" if plain else f'- "{quoted}"'


class _Paths:
    """Paths, to be asked which begin with a text."""

    def __init__(self, paths: Collection[str]) -> None:
        self._all, self._sorted = frozenset(paths), sorted(set(paths))

    def begun(self, texts: Collection[str]) -> tuple[str, ...]:
        """Those of the texts that one of the paths begins with."""
        return tuple(text for text in texts if self._begins(text))

    def _begins(self, text: str) -> bool:
        at = bisect_left(self._sorted, text)
        return at < len(self._sorted) and self._sorted[at].startswith(text)

    def named(self, texts: Collection[str]) -> tuple[str, ...]:
        """Those of the texts that are a path."""
        return tuple(text for text in texts if text in self._all)


def _places(
    value: Json, shape: Shape, place: Path, texts: tuple[str, ...], paths: _Paths
) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """`texts`: the ways in which a path may begin that leads here."""
    if isinstance(value, dict):
        steps = [(name, shape.at(name), [_below(text, name) for text in texts]) for name in value]
    elif isinstance(value, list):
        steps = [
            (index, shape.item(), [text + way for text in texts for way in _ways(item, shape, index)])
            for index, item in enumerate(value)
        ]
    else:
        return
    for step, below, ways in steps:
        if begun := paths.begun(ways):
            if found := paths.named(begun):
                yield (*place, step), found
            yield from _places(value[step], below, (*place, step), begun, paths)


def _below(text: str, name: str) -> str:
    return f"{text}.{name}" if text else name


def _ways(item: Json, shape: Shape, index: int) -> tuple[str, ...]:
    """How a path may name an item."""
    key = key_text(item, shape.rule) if shape.rule.form == "keyed" else NO_KEY
    return tuple(dict.fromkeys((f"[{index if key == NO_KEY else key}]", f"[{index}]", _EVERY)))
