"""A call went out and no answer came back: look whether it took effect, never send it again.

A lost create is sought by what tells it from what was there before; after a lost PUT, PATCH or DELETE the object is
read. Knows the change that is under way by what it must know of it, not how a change is carried out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import KW_ONLY, dataclass
from typing import Any, Protocol

from syncer.model.address import Address
from syncer.model.calls import Parts, Step
from syncer.model.diagnostic import PlatformError, Problem, Refused
from syncer.model.json_values import Json, Spec
from syncer.model.kind import Kind, PreparedSides
from syncer.ops.apply.ports import Platform, WriteAnswer, seek_made
from syncer.plan.plan import REMOVALS, Task

SETTLE = (1.0, 4.0, 10.0)
"""Seconds before a lost create is looked for again: it may still be committed after its answer was lost."""


@dataclass(eq=False)
class StepFailed(Exception):
    """A change that did not come about. `unknown`: nobody knows whether it did. `unauthorised`: the token is not
    accepted any more. `fatal`: nothing more may be sent. `wrote`: some of its calls have taken effect, or may have.
    `live_id` and `parts`: what is there all the same."""

    problem: Problem
    _: KW_ONLY
    unknown: bool = False
    unauthorised: bool = False
    fatal: bool = False
    wrote: bool = False
    live_id: str = ""
    parts: Parts | None = None

    def __str__(self) -> str:
        return self.problem.message


class RunContext(Protocol):
    """What all changes of a run know."""

    @property
    def platform(self) -> Platform:
        """The organisation."""

    @property
    def ids(self) -> dict[Address, str]:
        """The live ids known so far."""

    @property
    def sleep(self) -> Callable[[float], None]:
        """Waits so many seconds."""


class PendingChange(Protocol):
    """A change under way, as far as a lost answer asks for it."""

    @property
    def run(self) -> RunContext:
        """What it shares with the others."""

    kind: Kind
    task: Task
    wanted: Spec
    parts: Parts
    seen: Json

    def prepared(self, want: Spec, live: Json, parts: Parts) -> tuple[PreparedSides, dict[str, Json]]:
        """Both sides in one language."""

    def differing(self, prepared: PreparedSides) -> str:
        """The first field that is not as it was asked for."""

    def live_id(self) -> str:
        """The object's id as far as it is known."""

    def failed(self, message: str, hint: str, **how: Any) -> StepFailed:
        """What went wrong."""


def found_instead(change: PendingChange, step: Step, before: tuple[str, ...], message: str) -> Json:
    """After a lost create: look, never send again. One new object of that name is it; none or several: unknown."""
    found: list[Json] = []
    unread = ""
    for _ in _patiently(change):
        try:
            found, unread = _new_ones(change, step, before), ""
        except PlatformError as error:
            unread = error.problems[0].message
        except Refused as error:  # of another organisation: looking longer shows nothing
            unread = error.problems[0].message
            break
        if len(found) == 1:
            return step.adopt(found[0])
        if found:
            break
    several = ", ".join(f"`{each.get('id')}`" for each in found)
    said = f"{len(found)} objects could be it: {several}" if found else "nothing of that name has appeared so far"
    said = f"it could not be looked for: {unread}" if unread else said
    hint = "run `syncer apply` again: it looks before it sends"
    if found:
        hint = f"say which: `syncer adopt {change.task.change.address} ID`; or delete what is too much in the "
        hint += "organisation, then run `syncer apply` again"
    raise change.failed(f"step `{step.name}`: {message}; {said}", hint, unknown=True)


def read_instead(change: PendingChange, step: Step, answer: WriteAnswer) -> Json:
    """After a lost PUT, PATCH or DELETE: as it should be is done; else nobody knows, and a new plan will."""
    kind, said = change.kind, f"it was read {len(SETTLE) + 1} times and is not as it should be"
    for _ in _patiently(change):
        try:
            live = change.run.platform.read(kind.service, step.reread or kind.read(change.live_id(), None))
            if _shows(change, step, live):
                return live
        except PlatformError as error:
            said = f"it could not be read: {error.problems[0].message}"
        except Refused as error:
            said = f"it could not be read: {error.problems[0].message}"
            break
    if _says_nothing(change, step):
        said = "what it sent cannot be read back"
    raise change.failed(
        f"step `{step.name}`: {answer.message}; {said}",
        "run `syncer apply` again: it reads first, and sends only what is still missing",
        unknown=True,
    )


def _shows(change: PendingChange, step: Step, live: Json) -> bool:
    """Whether what was read after a lost answer proves that the step was done."""
    if live is None:
        return step.call.method == "DELETE"
    if step.achieved is not None:
        return step.achieved(live)
    if change.task.change.action in REMOVALS:
        return change.kind.already_removed(live)
    return not _says_nothing(change, step) and not change.differing(
        change.prepared(change.wanted, live, change.parts)[0]
    )


def _says_nothing(change: PendingChange, step: Step) -> bool:
    """Whether the object looked as it should before the step, so that reading it proves nothing: a secret."""
    if step.achieved is not None or change.seen is None or change.task.change.action in REMOVALS:
        return False
    return not change.differing(change.prepared(change.wanted, change.seen, change.parts)[0])


def _patiently(change: PendingChange) -> Iterator[None]:
    """At once, and again after each pause: what was sent may still be committed."""
    yield
    for pause in SETTLE:
        change.run.sleep(pause)
        yield


def _new_ones(change: PendingChange, step: Step, before: tuple[str, ...]) -> list[Json]:
    """The objects that a lost create may have made: those that nobody in this run knows."""
    if step.seek is None:
        return []
    ours = set(change.run.ids.values())
    found = seek_made(change.run.platform, change.kind.service, step.seek, before)
    return [each for each in found if str(each.get(step.seek.id)) not in ours]
