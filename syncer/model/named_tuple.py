"""Named tuples that are cheap to declare: a short command declares fifty classes of them and makes values of ten.

`typing.NamedTuple` compiles the text of every annotation, and a constructor, when a class is declared. Here annotations
stay texts, and the constructor is compiled when the first value is made; from then on it is the same one. To a type
checker, and to who makes and reads values, it is `typing.NamedTuple`.
"""

from __future__ import annotations

from collections import _tuplegetter  # type: ignore[attr-defined]
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Self


class _Declaration(type):
    """Makes the classes: what is annotated in one are its fields, what stands there for them are their defaults."""

    def __new__(cls, name: str, bases: tuple[type, ...], space: dict[str, Any]) -> Any:
        if not any(vars(base).get("_declared") is False for base in bases):
            return super().__new__(cls, name, bases, space)
        fields = tuple(space.get("__annotations__", ()))
        defaults = {field: space[field] for field in fields if field in space}

        def __new__(made: type[Any], /, *values: Any, **named: Any) -> Any:
            declared.__new__ = _constructor(declared, fields, tuple(defaults.values()))
            return declared.__new__(made, *values, **named)

        space.update((field, _tuplegetter(index, "")) for index, field in enumerate(fields))
        space.update(__slots__=(), __new__=__new__, __match_args__=fields)
        space.update(_declared=True, _fields=fields, _field_defaults=defaults)
        declared: Any = super().__new__(cls, name, bases, space)
        return declared


def _constructor(declared: type, fields: tuple[str, ...], defaults: tuple[Any, ...]) -> Any:
    """What makes a value of the fields, given by place or by name; as fast as one written out by hand."""
    names = ", ".join(fields)
    text = f"lambda _made, {names}: _tuple(_made, ({names}{',' * bool(fields)}))"
    made = eval(text, {"_tuple": tuple.__new__, "__builtins__": {}})  # noqa: S307 names of fields, no text from outside
    made.__name__, made.__qualname__, made.__defaults__ = "__new__", f"{declared.__qualname__}.__new__", defaults
    return staticmethod(made)


class _NamedTuple(tuple[Any, ...], metaclass=_Declaration):
    """What all of them can do beside what tuples can."""

    __slots__ = ()
    _declared = False
    _fields = tuple[str, ...]()

    @classmethod
    def _make(cls, values: Iterable[Any]) -> Self:
        """Of so many values as there are fields. TypeError where there are more or fewer."""
        made = tuple.__new__(cls, values)
        if len(made) != len(cls._fields):
            raise TypeError(f"Expected {len(cls._fields)} arguments, got {len(made)}")
        return made

    def _replace(self, **named: Any) -> Self:
        """The same with other values for these fields. ValueError for one that there is not."""
        made = self._make(map(named.pop, self._fields, self))
        if named:
            raise ValueError(f"Got unexpected field names: {list(named)!r}")
        return made

    __replace__ = _replace

    def _asdict(self) -> dict[str, Any]:
        return dict(zip(self._fields, self, strict=True))

    def __repr__(self) -> str:
        said = ", ".join(f"{field}={value!r}" for field, value in zip(self._fields, self, strict=True))
        return f"{type(self).__name__}({said})"

    def __getnewargs__(self) -> tuple[Any, ...]:
        return tuple(self)


if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple
else:
    NamedTuple = _NamedTuple
