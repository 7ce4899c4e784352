"""JSON as text that may be printed anywhere: what a terminal or a workflow runner would obey is escaped in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

COMMAND = r"##(?=[A-Za-z]*\[)"
"""What is found in a line by it, as in `##[cmd]`, is a command to GitHub's runner; `##vso[…]` is to another's."""

_MANY_MARKS = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{4,}"
"""Combining marks that paint over the lines above; three in a row are writing."""


def json_text(value: Json, *, ascii_only: bool = False, indent: int | None = 2) -> str:
    """The value as JSON, umlauts as they are unless `ascii_only`. Control, bidi and zero-width characters, odd spaces,
    surrogates and `##[` stand as `\\u` escapes, so that it reads back equal, save that two surrogates in a row may be
    one character. ValueError for NaN and Infinity."""
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent, allow_nan=False)
    if not ascii_only:
        text = re.sub(r"[^\x00-\x7e]", lambda hit: hit[0] if hit[0].isprintable() else _escaped(hit[0]), text)
        text = re.sub(_MANY_MARKS, lambda hit: hit[0][:3] + "".join(map(_escaped, hit[0][3:])), text)
    return re.sub(COMMAND, r"#\\u0023", text.replace("\x7f", "\\u007f"))


def _escaped(character: str) -> str:
    return json.dumps(character)[1:-1]


Json = Any
"""A JSON value: dict, list, str, int, float, bool or None; in desired specs also `Ref`, `Lookup`, `Part`, `Secret`."""

Path = tuple[str | int, ...]
"""Where a value stands in a document: mapping keys and list indexes, from the outside in."""

_PLAIN = r"[A-Za-z_][A-Za-z0-9_-]*\Z"


def show_path(path: Path, root: str = "$") -> str:
    """Write a path as JSON path text: `("spec", "tasks", 1, "name")` → `$.spec.tasks[1].name`."""
    parts = [root]
    for step in path:
        if isinstance(step, int):
            parts.append(f"[{step}]")
        elif re.match(_PLAIN, step):
            parts.append(f".{step}")
        else:
            quoted = step.replace("\\", "\\\\").replace("'", "\\'")
            parts.append(f"['{quoted}']")
    return "".join(parts)


def value_at(value: Json, path: Path) -> Json:
    """What stands at the path. KeyError, IndexError or TypeError where it leads nowhere."""
    for step in path:
        value = value[step]
    return value


def leaves_at(value: Json, path: Path = ()) -> Iterator[tuple[Path, Json]]:
    """Every scalar and marker in the value, in order, each with its path, which begins with `path`."""
    if isinstance(value, (dict, list)):
        for step, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves_at(item, (*path, step))
    else:
        yield path, value


def replaced(value: Json, path: Path, item: Json) -> Json:
    """The value with another item at the path; what lies beside the path is shared."""
    if not path:
        return item
    made = dict(value) if isinstance(value, dict) else list(value)
    made[path[0]] = replaced(value[path[0]], path[1:], item)  # type: ignore[index]
    return made


class Secret:
    """A value that came from `${env.NAME}`, or a text in which such a value stands: it has no string form, no JSON
    form, and equality reveals nothing.

    `parts`: of a text, in order, what is written out and the secrets between; () of a value that is nothing else. What
    is written out may be shown; `secret_text.py` does. `reveal()` is called at two places only: where a body is encoded
    for the wire, and where a digest is made.
    """

    __slots__ = ("_value", "name", "parts")

    def __init__(self, name: str, value: str, parts: tuple[str | Secret, ...] = ()) -> None:
        self.name = name
        self.parts = parts
        self._value = value

    def reveal(self) -> str:
        """The value itself; never to be printed, stored or put into an exception."""
        return self._value

    def may_be(self, live: Json) -> bool:
        """Whether a live value is this one but for the secrets in it; what is nothing else anything may be."""
        if not self.parts:
            return True
        if not isinstance(live, str):
            return isinstance(live, Secret)
        at, open_end = 0, False
        for index, part in enumerate(self.parts):
            if isinstance(part, Secret):
                open_end = True
                continue
            last = index == len(self.parts) - 1
            found = (live.rfind if last else live.find)(part, at) if open_end else at
            if found < 0 or not live.startswith(part, found):
                return False
            at, open_end = found + len(part), False
        return open_end or at == len(live)

    def __repr__(self) -> str:
        return f"Secret({self.name})"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Secret)
            and (other.name, other.parts) == (self.name, self.parts)
            and other._value == self._value
        )

    def __hash__(self) -> int:
        return hash(self.name)

    def __reduce__(self) -> str:
        raise TypeError("a Secret is never pickled or copied to disk")


class UnknownValue(Secret):
    """A value that is not at hand: of a variable that isn't set, or one that a recording withholds. Nothing is known to
    differ from it but what has another text around the secret, so it makes no other change."""

    __slots__ = ()

    def __init__(self, name: str, parts: tuple[str | Secret, ...] = ()) -> None:
        super().__init__(name, "", parts)

    def reveal(self) -> str:
        """Never: ValueError."""
        raise ValueError(f"the value of {self.name} is not known here")


class _Marker:
    """What stands in a spec, among JSON, for what is not known yet; its words are its value. No tuple, which would pass
    for a list, and no dataclass, which loads what takes other classes apart."""

    __slots__: tuple[str, ...] = ()

    def words(self) -> tuple[str, ...]:
        """What it says, in the order in which it is told."""
        return tuple(getattr(self, name) for name in self.__slots__)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.words() == self.words()

    def __hash__(self) -> int:
        return hash(self.words())

    def __repr__(self) -> str:
        said = ", ".join(f"{name}={word!r}" for name, word in zip(self.__slots__, self.words(), strict=True))
        return f"{type(self).__name__}({said})"


class Ref(_Marker):
    """A reference to another manifest, by name; stays in a spec until the live id is known."""

    __slots__ = ("kind", "name")

    def __init__(self, kind: str, name: str) -> None:
        self.kind: Final[str] = kind
        self.name: Final[str] = name

    @property
    def address(self) -> str:
        """The address text, `ClosingReason/won`."""
        return f"{self.kind}/{self.name}"


class Lookup(_Marker):
    """A reference to a live object, by its exact title; `scope` narrows it (the schema of a saved view)."""

    __slots__ = ("kind", "scope", "title")

    def __init__(self, kind: str, title: str, scope: str = "") -> None:
        self.kind: Final[str] = kind
        self.title: Final[str] = title
        self.scope: Final[str] = scope


class Part(_Marker):
    """A reference to a part of the same manifest that gets its id from the platform, such as a bundled automation."""

    __slots__ = ("group", "key")

    def __init__(self, group: str, key: str) -> None:
        self.group: Final[str] = group
        self.key: Final[str] = key


class _Absent:
    """The one value of a field that is not there; JSON null is a value."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "ABSENT"

    def __bool__(self) -> bool:
        return False


ABSENT = _Absent()
"""Stands where a field is missing, so that `null` can be told from "not there"."""


def same_leaf(one: Json, other: Json) -> bool:
    """Equality of two scalars as JSON sees it: `true` is not `1`, `1` is `1.0`; a `Secret` equals the text it holds,
    an `UnknownValue` everything that it may be."""
    if isinstance(one, UnknownValue):
        return one.may_be(other)
    if isinstance(other, UnknownValue):
        return other.may_be(one)
    if isinstance(one, Secret):
        one = one.reveal()
    if isinstance(other, Secret):
        other = other.reveal()
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return bool(one == other)


Spec = dict[str, Json]
