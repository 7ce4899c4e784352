"""What is wrong, where, and what next: findings are values and are gathered; exceptions are for what stops the work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from syncer.model.json_values import Path, show_path
from syncer.model.named_tuple import NamedTuple

Severity = Literal["error", "warning", "note"]


class Location(NamedTuple):
    """A place in a file; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Finding(NamedTuple):
    """A problem in a value whose file is not known here: `path` leads to it from the document's root."""

    rule: str
    message: str
    path: Path = ()
    hint: str = ""
    severity: Severity = "error"


class Problem(NamedTuple):
    """A problem for people. No field of it may hold a secret: all are printed, and some go into reports."""

    rule: str
    """Its id, `unknown-field`: what programs may rely on. Those of manifests stand in docs/rules.md."""
    message: str
    """What is wrong, in one sentence. Never parsed, and nothing is decided by it."""
    at: Location | None = None
    """Where it stands in a file; None where no file is at fault, never a guess."""
    path: str = ""
    """The same place in the document, `$.spec.title`; "" where there is none. For people and reports, not to look up
    by."""
    hint: str = ""
    """What to do next; "" where the message says it already. Never a part of what is wrong."""
    severity: Severity = "error"
    """Whether it stops the work. A `warning` must not hide that something is left out of what is done; a `note` is what
    a manifest accepts."""
    entry: str = ""
    """What `metadata.accept` would say to accept it, `RULE PATH`; "" for what no manifest may accept."""
    accepted: tuple[Location, ...] = ()
    """The entries there that accept it."""


def located(finding: Finding, at: Location | None) -> Problem:
    """The finding with its place in a file."""
    path = show_path(finding.path) if finding.path else ""
    return Problem(finding.rule, finding.message, at, path, finding.hint, finding.severity)


class SyncerError(Exception):
    """What stops the work: holds problems, and an exit code of README.md#exit-codes."""

    exit_code = 1

    def __init__(self, problems: Iterable[Problem] | Problem) -> None:
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("; ".join(problem.message for problem in self.problems))


class InvalidInput(SyncerError):
    """Manifests, settings, state or command line are wrong; nothing was sent."""

    exit_code = 3


class Refused(SyncerError):
    """A guard refused, the plan is stale, or the state is locked; nothing was written."""

    exit_code = 4


class PartlyDone(SyncerError):
    """Some changes are done, others not; running again is safe."""

    exit_code = 5


class PlatformError(SyncerError):
    """The platform or the token said no, or could not be reached; nothing was written."""

    exit_code = 6


class OutcomeUnknown(SyncerError):
    """It is not known whether a call took effect; the problems' hints name the next command."""

    exit_code = 7


def ordered(problems: Iterator[Problem] | Sequence[Problem]) -> list[Problem]:
    """Each problem once, by file, line and column."""
    once = dict.fromkeys(problems)
    return sorted(once, key=_place)


def _place(problem: Problem) -> tuple[str, int, int, str]:
    at = problem.at
    return (at.file, at.line, at.column, problem.rule) if at else ("", 0, 0, problem.rule)
