"""A small language in which services say what a request body looks like; a check yields one message per mistake."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from syncer.sandbox.store import Json

Check = Callable[[Json, str], Iterator[str]]
"""Takes a value and where it stands; yields what is wrong with it."""

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_DATE = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")


def anything(value: Json, at: str) -> Iterator[str]:
    """No rule."""
    return iter(())


def flag(value: Json, at: str) -> Iterator[str]:
    """true or false."""
    if not isinstance(value, bool):
        yield f"{at} must be boolean"


def text(least: int = 0, most: int | None = None, pattern: str | re.Pattern[str] | None = None) -> Check:
    """A string, within lengths and matching a pattern as a whole."""
    compiled = re.compile(pattern) if isinstance(pattern, str) else pattern

    def check(value: Json, at: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield f"{at} must be string"
        elif len(value) < least:
            yield f"{at} must NOT have fewer than {least} characters"
        elif most is not None and len(value) > most:
            yield f"{at} must NOT have more than {most} characters"
        elif compiled and not compiled.fullmatch(value):
            yield f'{at} must match pattern "{compiled.pattern}"'

    return check


def number(least: float | None = None, whole: bool = False) -> Check:
    """A number; with `whole` one without a fraction."""

    def check(value: Json, at: str) -> Iterator[str]:
        fits = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not fits or (whole and value != int(value)):
            yield f"{at} must be {'integer' if whole else 'number'}"
        elif least is not None and value < least:
            yield f"{at} must be >= {least}"

    return check


def one_of(*values: Json) -> Check:
    """One of the values named; a boolean is no number."""

    def check(value: Json, at: str) -> Iterator[str]:
        if not any(type(value) is type(each) and value == each for each in values):
            yield f"{at} must be equal to one of the allowed values: {', '.join(map(str, values))}"

    return check


def word_of(words: str) -> Check:
    """One of many words, written in one string."""
    return one_of(*words.split())


def nullable(inner: Check) -> Check:
    """null, or what `inner` says."""
    return lambda value, at: iter(()) if value is None else inner(value, at)


def either(*checks: Check) -> Check:
    """Right if one of the checks finds nothing; else what the last one says."""

    def check(value: Json, at: str) -> Iterator[str]:
        found: list[str] = []
        for each in checks:
            found = list(each(value, at))
            if not found:
                return
        yield from found

    return check


def listing(item: Check = anything, least: int = 0, most: int | None = None) -> Check:
    """An array of items."""

    def check(value: Json, at: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield f"{at} must be array"
            return
        if len(value) < least:
            yield f"{at} must NOT have fewer than {least} items"
        if most is not None and len(value) > most:
            yield f"{at} must NOT have more than {most} items"
        for index, each in enumerate(value):
            yield from item(each, f"{at}/{index}")

    return check


def mapping(item: Check = anything, single: bool = False) -> Check:
    """An object with any keys (with `single` exactly one), each value an item."""

    def check(value: Json, at: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{at} must be object"
            return
        if single and len(value) != 1:
            yield f"{at} must have exactly 1 property"
        for key, each in value.items():
            yield from item(each, f"{at}/{key}")

    return check


def record(fields: Mapping[str, Check], required: tuple[str, ...] = (), closed: bool = False) -> Check:
    """An object whose known fields are checked; others pass unless it is closed."""

    def check(value: Json, at: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{at} must be object"
            return
        for name in required:
            if name not in value:
                yield f"{at} must have required property '{name}'"
        for key, each in value.items():
            if key in fields:
                yield from fields[key](each, f"{at}/{key}")
            elif closed:
                yield f"{at} must NOT have additional property '{key}'"

    return check


def chosen(key: str, table: Mapping[str, Check]) -> Check:
    """An object whose `key` chooses the rules it follows."""
    kind = record({key: one_of(*table)}, (key,))

    def check(value: Json, at: str) -> Iterator[str]:
        found = list(kind(value, at))
        yield from found or table[value[key]](value, at)

    return check


def both(*checks: Check) -> Check:
    """What every check says, one after the other."""

    def check(value: Json, at: str) -> Iterator[str]:
        for each in checks:
            yield from each(value, at)

    return check


uuid = text(pattern=_UUID)
date = text(pattern=_DATE)
texts = listing(text())


def mistakes(check: Check, body: Json) -> list[str]:
    """Everything wrong with a body; empty if it is sound."""
    return list(check(body, "body"))
