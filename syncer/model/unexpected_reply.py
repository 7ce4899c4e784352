"""A reply that is valid JSON of a form that its reader cannot use: the platform's fault, said with the place.

Kinds read what the API documents. Where a reader cannot do without a form it asks for it by one of the functions here,
and they alone raise `UnexpectedReply`, whose path leads to what is wrong, in the value that the reader was given. Who
deals with many objects ends it per object, as an error with a line to report. Any other exception in the code that
reads, a `KeyError` say, is a bug of ours, whatever the reply was.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from syncer.model.diagnostic import PlatformError, Problem
from syncer.model.json_values import Json, Path, show_path


class UnexpectedReply(Exception):
    """A part of a reply has not the form that its reader needs. The text says where and what, and holds no value."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(f"`{show_path(path)}` {what}")


def object_at(value: Json, path: Path = ()) -> dict[str, Json]:
    """The value, which must be an object. UnexpectedReply for anything else."""
    if isinstance(value, dict):
        return value
    raise UnexpectedReply(path, "is no object")


def list_at(value: Json, path: Path = ()) -> list[Json]:
    """The value, which must be a list, or nothing (missing, null, empty). UnexpectedReply for anything else."""
    if not value:
        return []
    if isinstance(value, list):
        return value
    raise UnexpectedReply(path, "is no list")


def objects_at(value: Json, path: Path = ()) -> list[dict[str, Json]]:
    """The objects of a list, which must hold nothing else; the list as in `list_at`. UnexpectedReply for anything
    else."""
    return [object_at(item, (*path, index)) for index, item in enumerate(list_at(value, path))]


def inner_at(value: Json, path: Path = ()) -> dict[str, Json]:
    """The value, which must be an object, or nothing (missing, null, empty). UnexpectedReply for anything else."""
    return object_at(value, path) if value else {}


def word_at(value: Json, path: Path = ()) -> Json:
    """The value, which must be no list and no object: text, a number, null, or what stands for a reference.
    UnexpectedReply for anything else."""
    if isinstance(value, (dict, list)):
        raise UnexpectedReply(path, "is no single value")
    return value


def text_at(value: Json, path: Path = ()) -> str:
    """The value, which must be text. UnexpectedReply for anything else."""
    if isinstance(value, str):
        return value
    raise UnexpectedReply(path, "is no text")


def field_of(value: Json, name: str) -> Json:
    """What an object that was read has in this field. UnexpectedReply where it is no object, or lacks it."""
    found = object_at(value)
    if name in found:
        return found[name]
    raise UnexpectedReply((name,), "is missing")


def another_form(what: str, error: UnexpectedReply) -> Problem:
    """The problem of a reply that could not be read; only the place in it, no value."""
    return Problem(
        "platform",
        f"{what}: the platform answered in a form that syncer does not know ({error})",
        hint="nothing was done with it; run it again, and report it with this line if it stays so",
    )


def unreadable(problem: Problem) -> Problem:
    """The same as a warning, of one live object among others, where all the others are dealt with."""
    hint = "all else is; look at it in the organisation, and report it with this line if all is well there"
    return problem._replace(rule="unreadable-live", hint=f"it is not pulled, {hint}", severity="warning")


@contextmanager
def of_known_form(what: str) -> Iterator[None]:
    """In this block replies are read. PlatformError, which says of `what`, where one is of another form."""
    try:
        yield
    except UnexpectedReply as error:
        raise PlatformError(another_form(what, error)) from None
