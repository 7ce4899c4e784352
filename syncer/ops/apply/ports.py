"""What carrying a change out needs of the outside: the organisation and the journal, as the engine sees them."""

from __future__ import annotations

from typing import Protocol

from syncer.model.address import Address
from syncer.model.calls import Call, Listing, Seek, Step, StepsResult
from syncer.model.json_values import Json, Spec
from syncer.model.kind import Kind
from syncer.plan.plan import Task


class WriteAnswer(Protocol):
    """What came of a write."""

    @property
    def outcome(self) -> str:
        """NOT_SENT, REJECTED, APPLIED or AMBIGUOUS."""

    @property
    def status(self) -> int:
        """HTTP status, 0 where none came."""

    @property
    def body(self) -> Json:
        """The reply where it is APPLIED."""

    @property
    def message(self) -> str:
        """Why it is not, for people."""

    @property
    def unauthorised(self) -> bool:
        """Whether the token is not accepted any more."""


class Platform(Protocol):
    """The organisation, with the right to write."""

    def list(self, service: str, listing: Listing) -> list[Json]:
        """Every object of a listing."""

    def read(self, service: str, call: Call) -> Json | None:
        """One object, None where there is none."""

    def write(self, service: str, call: Call) -> WriteAnswer:
        """Send once, and say how it ended; never raises for what the network does."""


class JournalPort(Protocol):
    """The journal: durable when a method returns."""

    def intent(self, address: Address, kind: str, step: Step, before: tuple[str, ...], live_id: str) -> str:
        """Note what is about to be sent; the operation's id."""

    def settle(self, op: str, outcome: str, live_id: str = "") -> None:
        """Note how it ended."""


class BackupSink(Protocol):
    """What was there before a change, for an undo."""

    def before(self, kind: Kind, task: Task, have: Spec, goal: Spec, live: Json) -> None:
        """Keep the object as it was just read; durable when this returns, of a create once `sure` does. NotDurable:
        then it is not written."""

    def sure(self) -> None:
        """What was kept of creates is durable when this returns. NotDurable as `before`."""

    def after(self, kind: Kind, task: Task, written: StepsResult, have: Spec, want: Spec) -> None:
        """Keep how it stands now, and what was declared of it, in live ids."""

    def failed(self, address: Address, live_id: str, *, unknown: bool) -> None:
        """Keep that it did not come about, or that nobody knows whether it did."""


def seek_made(platform: Platform, service: str, seek: Seek, before: tuple[str, ...]) -> list[Json]:
    """The listed objects with the sought value that were not there before."""
    listed = platform.list(seek.listing.service or service, seek.listing)
    return [each for each in listed if each.get(seek.field) == seek.value and str(each.get(seek.id)) not in before]
