"""A named tuple of ours is one of `typing`, and is declared without compiling anything."""

from __future__ import annotations

import ast
import copy
import pickle
from pathlib import Path
from typing import NamedTuple as OfTyping
from typing import get_type_hints

import pytest

from syncer.model import named_tuple
from syncer.model.named_tuple import NamedTuple

PACKAGE = Path(__file__).parents[2] / "syncer"


class Point(NamedTuple):
    """A place, and what it is called."""

    x: int
    y: int | str = 0
    name: str | None = None
    """What people call it."""

    @property
    def sum(self) -> int:
        return self.x + int(self.y)

    def moved(self, by: int) -> Point:
        return super()._replace(x=self.x + by)


class Nothing(NamedTuple):
    """Of no field."""


class Beside(Point):
    """A class below a declared one, with what it adds."""

    def moved(self, by: int) -> Point:
        return super().moved(10 * by)


class AsUsual(OfTyping):
    """A place, and what it is called."""

    x: int
    y: int | str = 0
    name: str | None = None
    """What people call it."""

    @property
    def sum(self) -> int:
        return self.x + int(self.y)

    def moved(self, by: int) -> AsUsual:
        return self._replace(x=self.x + by)


def told(make, values: tuple, named: dict) -> object:
    """The value, or what was raised; in words that don't say which of the two classes it is of."""
    try:
        made = make(*values, **named)
    except (TypeError, ValueError) as error:
        return type(error).__name__, str(error).replace("AsUsual", "Point")
    return tuple(made), repr(made).replace("AsUsual", "Point")


MADE: dict[str, tuple[tuple, dict]] = {
    "by place": ((1, 2, "a"), {}),
    "by name": ((), {"name": "a", "x": 1}),
    "with defaults": ((1,), {}),
    "too few": ((), {}),
    "too many": ((1, 2, 3, 4), {}),
    "twice": ((1,), {"x": 2}),
    "an unknown name": ((1,), {"z": 2}),
}


@pytest.mark.parametrize(("values", "named"), MADE.values(), ids=MADE)
def test_a_value_is_made_as_usual(values: tuple, named: dict) -> None:
    first = told(Point, values, named)
    assert first == told(Point, values, named) == told(AsUsual, values, named)


def test_the_first_value_of_a_class_may_be_made_wrong() -> None:
    class Pair(NamedTuple):
        left: int
        right: int

    with pytest.raises(TypeError, match="missing 1 required positional argument: 'right'"):
        Pair(1)  # type: ignore[call-arg]
    assert Pair(1, 2) == (1, 2)


DONE = {
    "made of many": lambda cls: cls._make([1, 2, "a"]),
    "made of too few": lambda cls: cls._make([1]),
    "with another value": lambda cls: cls(1)._replace(name="b"),
    "with a default": lambda cls: cls(1)._replace(y=5).moved(3),
    "as a mapping": lambda cls: cls(1)._asdict(),
    "a property": lambda cls: cls(1, 4).sum,
    "unpacked": lambda cls: [*cls(1)],
    "indexed": lambda cls: cls(1, 2)[1],
    "compared": lambda cls: (cls(1) == (1, 0, None), cls(1) < cls(2), hash(cls(1)) == hash((1, 0, None))),
    "fields": lambda cls: (cls._fields, cls._field_defaults, cls.__match_args__, cls.__slots__, cls.__doc__),
    "hints": lambda cls: get_type_hints(cls),
    "set": lambda cls: setattr(cls(1), "x", 2),
    "set anew": lambda cls: setattr(cls(1), "other", 2),
}


@pytest.mark.parametrize("done", DONE.values(), ids=DONE)
def test_it_does_what_one_of_typing_does(done) -> None:
    found = []
    for cls in (Point, AsUsual):
        try:
            found.append(done(cls))
        except (AttributeError, TypeError, ValueError) as error:
            found.append((type(error).__name__, str(error).replace("AsUsual", "Point")))
    assert found[0] == found[1]


def test_an_unknown_field_is_no_field_to_replace() -> None:
    with pytest.raises(ValueError, match="'z'"):
        Point(1)._replace(z=2)  # type: ignore[call-arg]


def test_it_can_be_copied_and_kept() -> None:
    point = Point(1, 2, "a")
    for other in (copy.copy(point), copy.deepcopy(point), pickle.loads(pickle.dumps(point))):  # noqa: S301 our own
        assert (other, type(other)) == (point, Point)


def test_one_without_fields() -> None:
    assert (Nothing(), repr(Nothing()), Nothing._fields) == ((), "Nothing()", ())


def test_a_class_below_one() -> None:
    assert (Beside(1, 2).moved(1), type(Beside(1).moved(1))) == ((11, 2, None), Beside)
    assert isinstance(Beside(1), Point)


def test_it_is_matched_by_place() -> None:
    match Point(1, 2, "a"):
        case Point(x, y, name):
            assert (x, y, name) == (1, 2, "a")


def test_declaring_compiles_nothing_and_making_does_once(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = []
    real = eval
    monkeypatch.setitem(vars(named_tuple), "eval", lambda text, names: (texts.append(text), real(text, names))[1])

    class Pair(NamedTuple):
        left: no_such_name  # type: ignore[name-defined]  # noqa: F821 nobody evaluates it
        right: int = 2

    assert texts == []
    assert [Pair(1), Pair(3)] == [(1, 2), (3, 2)]
    assert texts == ["lambda _made, left, right: _tuple(_made, (left, right,))"]


def test_every_module_uses_it() -> None:
    """Save the sandbox, which imports nothing of ours."""
    found = [
        path.relative_to(PACKAGE).as_posix()
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.relative_to(PACKAGE).parts[0] != "sandbox" and path.stem != "named_tuple"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "typing"
        if any(alias.name == "NamedTuple" for alias in node.names)
    ]
    assert found == []
