"""A place for the state of one environment: read, replaced whole if nobody else did, locked; the same for all places.

What differs between a file, an object store and a database is two small things: a `Blob`, which keeps one text and
tells its versions apart, and a `BackendLock`, which lets one run in. The text is the state file's own, everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Protocol

from syncer.fs.clock import Effects
from syncer.fs.disk import DISK, Disk
from syncer.model.diagnostic import PlatformError, Problem, Refused
from syncer.state.backends.former_state import former_state, moved_to, taken_by
from syncer.state.journal import Records, read_records
from syncer.state.replay import Replay, replay
from syncer.state.state_file import Lines, State, decode, encode

if TYPE_CHECKING:
    from pathlib import Path

    from syncer.state.lock import Holder

Version = object
"""What tells one content of a body from the next; None where there is none."""

NOTHING: Final = (b"", None)
POLL: Final = 1.0
"""Seconds between two looks at a lock that is waited for."""


class BlobChanged(Exception):
    """A body is not as it was read: somebody else wrote. It never leaves this package."""


class Blob(Protocol):
    """One text, kept for long. PlatformError where it cannot be reached; what cannot be made durable, a NotDurable."""

    def get(self) -> tuple[bytes, Version]:
        """The text and its version, `NOTHING` where there is none."""

    def put(self, text: bytes, seen: Version) -> Version:
        """Replace what had the version `seen` (None: there was nothing), durably, or raise `BlobChanged`."""

    def set_aside(self) -> str:
        """Put away what stands there, whatever it is, so that there is nothing; the name under which it is found."""

    def beside(self) -> Sequence[tuple[str, bytes]]:
        """The states of other environments in the same place: each one's name, and at least its head."""


class BackendLock(Protocol):
    """Lets in one run at a time."""

    def take(self, me: Holder) -> str:
        """Be let in; a note, or "". Refused while another run is in, naming it and the way to lift its lock."""

    def release(self) -> None:
        """Give it back, if it is still ours. PlatformError where that failed."""

    def still_in(self) -> bool:
        """Whether the lock is the one that was taken. PlatformError where nobody says."""

    def in_doubt(self) -> bool:
        """Whether the lock is being taken again: until that is done, somebody else may be in. Asks nobody."""

    def holder(self) -> Holder | None:
        """Who is in, or has left its lock behind; None where nobody has."""

    def lift(self, seen: Holder) -> None:
        """Take the lock from that holder; Refused if it is another's by now, or cannot be lifted while it runs."""


@dataclass(slots=True)
class Backend:
    """Where the state of `environment` lives. `address` is for people and holds no credential."""

    address: str
    environment: str
    body: Blob
    gate: BackendLock
    org_id: str = ""
    kinds: Collection[str] | None = None
    effects: Effects = field(default_factory=Effects)
    journal: Path | None = None
    """Of the applies that ran here, on this machine wherever the state lives."""
    disk: Disk = DISK
    remote: bool = False
    """Whether a save goes over a network, and takes its time."""
    unsaved: int = 0
    """How many addresses `load` has from the journal and not from what stands here."""
    left_open: bool = False
    """Whether the state names an apply that did not end and of which no journal here knows."""
    named: Collection[str] | None = None
    """The environments that syncer.yaml names; where there is no state yet, one of this organisation under a name that
    is not among them is looked for. None: it is not."""
    unlisted: str = ""
    """Why nobody looked for one."""
    pending: bool = False
    """Whether the journal may not be emptied before the next save, even where nothing differs."""
    _version: Version = None
    _lines: Lines = field(default_factory=dict)

    def load(self) -> State:
        """The state, an empty one where there is none; with what an apply that was cut off here has still told its
        journal.

        InvalidInput for one that is damaged or another environment's, and for a damaged journal; Refused where it was
        moved away; PlatformError.
        """
        found = self._replayed()
        if found.state.open_runs:  # one that has begun, or ended, between the two readings is none
            found = self._replayed()
        self.unsaved, self.pending = found.unsaved, found.ours or found.unsaved > 0
        self.left_open = bool(found.state.open_runs)
        return found.state

    def notes(self) -> list[str]:
        """What a plan should say of how it came to the state that was loaded last."""
        said = []
        if self.unsaved:
            many = f"{self.unsaved} address{'es' * (self.unsaved != 1)}"
            said.append(f"state: an apply was cut off; of {many} its journal knows more, and the next apply saves that")
        if self.left_open:
            said.append(
                "state: an apply that ran elsewhere, or whose journal is gone, was cut off; what it made last is found "
                "by key and title"
            )
        if self.unlisted:
            said.append(
                "state: nothing is remembered yet; whether it is under a former name of the environment was not looked"
                f" at: {self.unlisted}"
            )
        return said

    def _replayed(self) -> Replay:
        """The journal is read first: an apply that ends empties it once the state is saved."""
        journal = Records() if self.journal is None else read_records(self.journal, self.disk)
        return replay(self._stored(), journal, self.journal or "", self.kinds)

    def _stored(self) -> State:
        raw, self._version = self.body.get()
        if self._version is None:
            self._must_not_be_renamed()
            return State()
        moved, heir = moved_to(raw), taken_by(raw)
        if heir:
            message = f"state of `{self.environment}` was taken over by environment `{heir}`"
            hint = f"name that one: --env {heir}; where syncer.yaml has it not, the repository is older than the state"
            raise Refused(Problem("state-moved", message, hint=hint))
        if moved:
            raise Refused(
                Problem(
                    "state-moved",
                    f"state of `{self.environment}` was moved from `{self.address}` to `{moved}`",
                    hint=f"use --state {moved}, or write it as `state` of the environment in syncer.yaml",
                )
            )
        return decode(raw, self.address, self.environment, org_id=self.org_id, kinds=self.kinds)

    def _must_not_be_renamed(self) -> None:
        """Refused where an environment that syncer.yaml no longer names has left a state of this organisation: without
        it, removals and `protect` would be forgotten."""
        self.unlisted = ""
        if self.named is None or not self.org_id:
            return
        try:
            found = former_state(self.body.beside(), self.org_id, self.named)
        except PlatformError as error:
            self.unlisted = error.problems[0].message
            return
        if found is not None:
            raise found.refusal(self.environment)

    def save(self, state: State) -> State:
        """Put the next serial of the state where the one that was loaded or saved last stands, and return it.

        Refused where somebody else wrote in between; PlatformError or NotDurable where it cannot be made to last.
        """
        after = replace(state, serial=state.serial + 1, entries=dict(sorted(state.entries.items())), found=True)
        self.put(encode(self.environment, after, self._lines).encode("ascii"))
        self.unsaved, self.pending = 0, False
        return after

    def require_lock(self) -> None:
        """Refused where the lock was lifted meanwhile; PlatformError where nobody says."""
        if not self.gate.still_in():
            raise self._changed()

    def in_doubt(self) -> bool:
        """Whether the lock is being taken again just now, so that nothing more should be written."""
        return self.gate.in_doubt()

    def text(self) -> bytes:
        """What stands there, as it is; b"" where nothing does. `put` then replaces just that."""
        raw, self._version = self.body.get()
        return raw

    def put(self, text: bytes) -> None:
        """Replace what was read last. Refused where somebody else wrote in between; PlatformError or NotDurable as
        `save`."""
        try:
            self._version = self.body.put(text, self._version)
        except BlobChanged:
            raise self._changed() from None

    def _changed(self) -> Refused:
        hint = "another run wrote it although this one held the lock: was the lock lifted? Run it again"
        message = f"state at `{self.address}` was written by somebody else"
        return Refused(Problem("state-changed", message, hint=hint))

    def set_aside(self) -> str:
        """Put away what cannot be read, and go on as if there were nothing; the name under which it is found."""
        self._version = None
        return self.body.set_aside()

    @contextmanager
    def lock(self, me: Holder, *, wait: float = 0.0, tell: Callable[[str], None] = lambda note: None) -> Iterator[None]:
        """Hold the lock; Refused, naming who has it, when it was not free within `wait` seconds.

        `tell` gets notes: whom is waited for, whose lock was taken over, that it could not be given back.
        """
        note = self._taken(me, wait, tell)
        if note:
            tell(note)
        try:
            yield
        finally:
            try:
                self.gate.release()
            except PlatformError as error:
                tell(f"{error.problems[0].message}; the lock is left behind: {lift_by(self.environment)} lifts it")

    def _taken(self, me: Holder, wait: float, tell: Callable[[str], None]) -> str:
        end = self.effects.clock() + wait
        told = False
        while True:
            try:
                return self.gate.take(me)
            except Refused as refusal:
                left = end - self.effects.clock()
                if left <= 0:
                    raise
                if not told:
                    tell(f"{refusal.problems[0].message}; waiting up to {wait:.0f} seconds")
                    told = True
                self.effects.sleep(min(POLL, left))


def lift_by(environment: str) -> str:
    """The one command that lifts a lock."""
    return f"`syncer state unlock --env {environment}`"


def held(address: str, environment: str, who: str) -> Refused:
    """The refusal of a gate."""
    hint = f"wait for it (--lock-wait SECONDS); if that run is surely over, {lift_by(environment)}"
    return Refused(Problem("locked", f"state at `{address}` is locked by {who}", hint=hint))
