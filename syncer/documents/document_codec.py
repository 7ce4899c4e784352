"""Documents of ours as tables: of one table follow what is judged, what is read and what is written.

A table is closed and strict: a key that nobody knows is a fault, and `1` is neither `1.0` nor `true`. Nearly every
document is sound, and that is seen without a library; of one that is not pydantic says what is wrong and where. Faults
never quote a value, for a document may be anybody's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any, Literal, Union

from syncer.model.json_values import Json, Path
from syncer.model.named_tuple import NamedTuple

Fault = tuple[Path, str]
"""Where a value is not as its table says, and what is wrong there."""


def _same(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class Codec:
    """How one sort of value stands in a document. `fits`: whether a JSON value is one; `form`: the same as a type, made
    when pydantic is to say what is wrong. `read` makes ours of a value that fits, and `write` the JSON again."""

    fits: Callable[[Json], bool]
    form: Callable[[], Any]
    read: Callable[[Json], Any] = _same
    write: Callable[[Any], Json] = _same

    def faults(self, value: Json) -> list[Fault]:
        """What is wrong with a JSON value, place by place; empty where it fits."""
        return [] if self.fits(value) else _explained(self.form(), value)


def _explained(form: Any, value: Json) -> list[Fault]:
    """What pydantic says. It is imported here: it costs a command that reads sound documents 45 ms."""
    from pydantic import ConfigDict, TypeAdapter, ValidationError

    # a form of records has its own configuration, and pydantic takes no second one
    config = None if hasattr(form, "model_config") else ConfigDict(strict=True)
    try:
        TypeAdapter(form, config=config).validate_python(value)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        return [(tuple(each["loc"]), _WORDS.get(each["type"], _lowered(each["msg"]))) for each in found]
    return [((), "it does not have the form of this document")]


_WORDS = {
    "extra_forbidden": "its format knows no such key",
    "missing": "a key is missing",
    "model_type": "input should be a valid dictionary",
}


def _lowered(message: str) -> str:
    return message[:1].lower() + message[1:]


class Key(NamedTuple):
    """A key of a document, and the attribute that it tells, of the same name if none is given. An `optional` one is
    left out where that is empty. Of what `told` makes of the whole value nothing is read."""

    name: str
    codec: Codec
    attribute: str = ""
    optional: bool = False
    told: Callable[[Any], Json] | None = None


def _scalar(kind: type[Any]) -> Codec:
    return Codec(lambda value: type(value) is kind, lambda: kind)


ANY = Codec(lambda value: True, lambda: Any)
TEXT = _scalar(str)
FLAG = _scalar(bool)
WHOLE = _scalar(int)


def one_of(*words: str) -> Codec:
    """One of these texts."""
    return Codec(lambda value: type(value) is str and value in words, lambda: Literal[words])


def either(one: Codec, other: Codec) -> Codec:
    """What either allows, as it is."""
    return Codec(lambda value: one.fits(value) or other.fits(value), lambda: Union[one.form(), other.form()])  # noqa: UP007


def nullable(codec: Codec, empty: Any = None) -> Codec:
    """`null` for what is empty, which is read as `empty`."""
    return Codec(
        lambda value: value is None or codec.fits(value),
        lambda: Union[codec.form(), None],  # noqa: UP007
        lambda value: empty if value is None else codec.read(value),
        lambda value: codec.write(value) if value else None,
    )


def listed(item: Codec) -> Codec:
    """A list, read as a tuple."""
    fits = item.fits
    return Codec(
        lambda value: type(value) is list and all(map(fits, value)),
        lambda: list[item.form()],  # type: ignore[misc]
        _each(item.read, tuple),
        _each(item.write, list),
    )


def _each(one: Callable[[Any], Any], many: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return many if one is _same else lambda value: many(map(one, value))


def mapping(item: Codec = ANY) -> Codec:
    """A mapping with any texts for keys, as it is."""
    fits, anything = item.fits, item is ANY
    return Codec(
        lambda value: type(value) is dict and (anything or all(map(fits, value.values()))),
        lambda: dict[str, item.form()],  # type: ignore[misc]
        write=dict,
    )


def record(make: Callable[..., Any], *keys: Key) -> Codec:
    """A mapping with these keys and no other, as a value of ours; two of them at least are attributes."""
    own = {key.name: key.attribute or key.name for key in keys if key.told is None}
    return Codec(_record_fits(keys), _record_form(keys), _record_reader(make, own, keys), _record_writer(own, keys))


def _record_fits(keys: Sequence[Key]) -> Callable[[Json], bool]:
    judges = {key.name: key.codec.fits for key in keys}
    needed = {key.name for key in keys if not key.optional}

    def fits(value: Json) -> bool:
        if type(value) is not dict or not needed <= value.keys():
            return False
        for name, inner in value.items():
            judge = judges.get(name)
            if judge is None or not judge(inner):
                return False
        return True

    return fits


def _record_form(keys: Sequence[Key]) -> Callable[[], Any]:
    def form() -> Any:
        from pydantic import ConfigDict, Field, create_model

        fields: dict[str, Any] = {
            # a name of its own for each: `class` is none in Python, and a model has names that are taken
            f"key_{number}": (key.codec.form(), Field(None if key.optional else ..., alias=key.name))
            for number, key in enumerate(keys)
        }
        return create_model("Document", __config__=ConfigDict(strict=True, extra="forbid"), **fields)

    return form


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
