"""What is done where a reply is valid JSON of a form that no kind expects: the platform's fault, said with the place.

Kinds read what the API documents without asking of every field whether it is there. What that brings up on a reply of
another form ends here, per object, as an error with a line to report. Any other exception stays a bug, and so does one
of the same type where no reply was read, or that came up in what reads none: files, the journal, what an undo keeps.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from syncer.model.diagnostic import PlatformError, Problem

OF_ANOTHER_FORM = (KeyError, IndexError, TypeError, AttributeError, ValueError, RecursionError)

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
READ_NO_REPLY = ("api", "documents", "fs", "manifests", "ops/apply/backup", "render", "schema_check", "state")
"""Packages and modules in which an exception is never the platform's doing."""


def of_a_reply(error: Exception) -> bool:
    """Whether the exception can have come up on the form of a reply: nothing that reads none was at work."""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        module = os.path.abspath(frame.f_code.co_filename).removeprefix(ROOT).removesuffix(".py").replace(os.sep, "/")
        if any(f"{module}/".startswith(f"{each}/") for each in READ_NO_REPLY):
            return False
    return True


def _place(file: str) -> str:
    """Where a file lies below `syncer`; of a foreign one its name."""
    file = os.path.abspath(file)
    return file.removeprefix(ROOT).replace(os.sep, "/") if file.startswith(ROOT) else os.path.basename(file)


def another_form(what: str, error: Exception) -> Problem:
    """The problem for an exception that a reply's form brought up; only its type and place, no value."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{type(error).__name__} in {frame.name} at {_place(frame.filename)}:{frame.lineno}"
    return Problem(
        "platform",
        f"{what}: the platform answered in a form that syncer does not know ({where})",
        hint="nothing was done with it; run it again, and report it with this line if it stays so",
    )


def unreadable(problem: Problem) -> Problem:
    """The same as a warning, of one live object among others, where all the others are dealt with."""
    hint = "all else is; look at it in the organisation, and report it with this line if all is well there"
    return problem._replace(rule="unreadable-live", hint=f"it is not pulled, {hint}", severity="warning")


@contextmanager
def of_known_form(what: str, *, replies: bool = True) -> Iterator[None]:
    """In this block replies are read, unless `replies` says that there is none; PlatformError where one is of another
    form."""
    try:
        yield
    except OF_ANOTHER_FORM as error:
        if not (replies and of_a_reply(error)):
            raise
        raise PlatformError(another_form(what, error)) from None
