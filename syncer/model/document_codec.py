"""Documents of ours as tables: of one table follow what is judged, what is read and what is written.

A table is closed and strict: a key that nobody knows is a fault, and `1` is neither `1.0` nor `true`. Faults never
quote a value, for a document may be anybody's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any, NamedTuple

from syncer.model.json_values import Json, Path

Fault = tuple[Path, str]
"""Where a value is not as its table says, and what is wrong there."""


def _same(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class Codec:
    """How one sort of value stands in a document. `faults` judges a JSON value; `read` makes ours of one without
    faults, and `write` the JSON again."""

    faults: Callable[[Json], Sequence[Fault]]
    read: Callable[[Json], Any] = _same
    write: Callable[[Any], Json] = _same


class Key(NamedTuple):
    """A key of a document, and the attribute that it tells, of the same name if none is given. An `optional` one is
    left out where that is empty. Of what `told` makes of the whole value nothing is read."""

    name: str
    codec: Codec
    attribute: str = ""
    optional: bool = False
    told: Callable[[Any], Json] | None = None


def _scalar(kind: type[Any], name: str) -> Codec:
    def faults(value: Json) -> Sequence[Fault]:
        return () if type(value) is kind else [((), f"input should be a valid {name}")]

    return Codec(faults)


ANY = Codec(lambda value: ())
TEXT = _scalar(str, "string")
FLAG = _scalar(bool, "boolean")
WHOLE = _scalar(int, "integer")


def one_of(*words: str) -> Codec:
    """One of these texts."""
    said = f"input should be {', '.join(map(repr, words[:-1]))} or {words[-1]!r}"
    return Codec(lambda value: () if type(value) is str and value in words else [((), said)])


def either(one: Codec, other: Codec) -> Codec:
    """What either allows, as it is."""
    return Codec(lambda value: one.faults(value) and other.faults(value))


def nullable(codec: Codec, empty: Any = None) -> Codec:
    """`null` for what is empty, which is read as `empty`."""
    return Codec(
        lambda value: () if value is None else codec.faults(value),
        lambda value: empty if value is None else codec.read(value),
        lambda value: codec.write(value) if value else None,
    )


def listed(item: Codec, plainly: Callable[[Json], bool] | None = None) -> Codec:
    """A list, read as a tuple. `plainly`: whether an item surely has no fault, for lists that are long."""

    def faults(value: Json) -> Sequence[Fault]:
        if type(value) is not list:
            return [((), "input should be a valid list")]
        found: list[Fault] = []
        for index, each in enumerate(value):
            if (plainly is None or not plainly(each)) and (inner := item.faults(each)):
                found += _below(index, inner)
        return found

    return Codec(faults, _each(item.read, tuple), _each(item.write, list))


def _each(one: Callable[[Any], Any], many: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return many if one is _same else lambda value: many(map(one, value))


def mapping(item: Codec = ANY) -> Codec:
    """A mapping with any texts for keys, as it is."""

    def faults(value: Json) -> Sequence[Fault]:
        if type(value) is not dict:
            return [((), "input should be a valid dictionary")]
        found: list[Fault] = []
        for name, each in value.items():
            if inner := item.faults(each):
                found += _below(name, inner)
        return found

    return Codec(faults, write=dict)


def record(make: Callable[..., Any], *keys: Key) -> Codec:
    """A mapping with these keys and no other, as a value of ours; two of them at least are attributes."""
    own = {key.name: key.attribute or key.name for key in keys if key.told is None}
    return Codec(_record_faults(keys), _record_reader(make, own, keys), _record_writer(own, keys))


def _record_faults(keys: Sequence[Key]) -> Callable[[Json], Sequence[Fault]]:
    judges = {key.name: key.codec.faults for key in keys}
    needed = {key.name for key in keys if not key.optional}

    def faults(value: Json) -> Sequence[Fault]:
        if type(value) is not dict:
            return [((), "input should be a valid dictionary")]
        found: list[Fault] = []
        for name, judge in judges.items():
            if name in value:
                if inner := judge(value[name]):
                    found += _below(name, inner)
            elif name in needed:
                found.append(((name,), "a key is missing"))
        found += [((name,), "its format knows no such key") for name in value if name not in judges]
        return found

    return faults


def _record_reader(make: Callable[..., Any], own: Mapping[str, str], keys: Sequence[Key]) -> Callable[[Json], Any]:
    readers = {key.name: key.codec.read for key in keys}

    def read(value: Json) -> Any:
        return make(**{attribute: readers[name](value[name]) for name, attribute in own.items() if name in value})

    return read


def _record_writer(own: Mapping[str, str], keys: Sequence[Key]) -> Callable[[Any], Json]:
    empty = dict.fromkeys(key.name for key in keys)
    attributes = attrgetter(*own.values())  # all at once: plans and states have thousands of records
    optional = {key.name for key in keys if key.optional}
    writers = [(key.name, key.codec.write) for key in keys if key.name in own and key.codec.write is not _same]
    told = [(key.name, key.told) for key in keys if key.told is not None]

    def write(value: Any) -> Json:
        document: dict[str, Any] = dict(zip(own, attributes(value)))  # noqa: B905  the check takes longer than the rest
        if told:
            document = {**empty, **document}
        if optional:
            document = {name: inner for name, inner in document.items() if inner or name not in optional}
        for name, writer in writers:
            if name in document:
                document[name] = writer(document[name])
        for name, tell in told:
            document[name] = tell(value)
        return document

    return write


def converted(codec: Codec, read: Callable[[Any], Any] = _same, write: Callable[[Any], Any] = _same) -> Codec:
    """What the codec judges, read and written another way."""
    return replace(codec, read=read, write=write)


def _below(step: str | int, faults: Sequence[Fault]) -> list[Fault]:
    return [((step, *path), said) for path, said in faults]
