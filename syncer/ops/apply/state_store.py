"""The state of an environment while an apply writes it: at once in its journal, whole at checkpoints and at the end."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Final

from syncer.fs.disk import NotDurable
from syncer.model.address import Address
from syncer.model.diagnostic import PlatformError, Refused
from syncer.model.resource import Desired, Managed, provisional
from syncer.plan.identity_match import link_of, unnamed_links
from syncer.plan.safety import FIRST_CONTACT
from syncer.state.backends.backend import Backend
from syncer.state.journal import Journal
from syncer.state.state_file import State
from syncer.state.state_schema import ENTRY

FIRST: Final = 16
"""Changed entries from which on even a small state is saved in the middle of a run."""
SHARE: Final = 4
"""It is saved once a quarter of it has changed: what is written in all grows with the state, not with its square."""
PAUSE: Final = 5.0
"""Seconds between two saves that go over a network."""


@dataclass(slots=True)
class StateStore:
    """The state of one environment outside a run: written whole with each change of it."""

    place: Backend
    state: State
    unsaved: bool = False
    """Whether the state differs from what the place holds, apart from its entries."""
    open_run: str = ""
    """The run whose journal, here, still holds an open call: the place names it, for those who lack that journal."""

    def put(self, entries: Mapping[Address, Managed | None]) -> None:
        """Put entries in (None takes one out) and make it durable; nothing is written where nothing differs."""
        merged = merged_into(self.state.entries, entries)
        if self.unsaved or self.place.pending or merged != self.state.entries or not self.state.found:
            runs = self.state.open_runs
            self.save(replace(self.state, entries=merged, open_runs=(*runs, *filter(None, [self.open_run]))))
            self.state = replace(self.state, open_runs=runs)

    def close_runs(self) -> None:
        """With the next `put`, no run that did not end is named any more."""
        self.unsaved = self.unsaved or bool(self.state.open_runs)
        self.state = replace(self.state, open_runs=())

    def save(self, state: State) -> None:
        """Make this the state, durably."""
        self.state = self.place.save(state)
        self.unsaved = False


def merged_into(
    entries: Mapping[Address, Managed], changed: Mapping[Address, Managed | None]
) -> dict[Address, Managed]:
    """The entries with these put in; None takes one out."""
    merged = dict(entries)
    for address, entry in changed.items():
        if entry is None:
            merged.pop(address, None)
        else:
            merged[address] = entry
    return merged


@dataclass(slots=True)
class Checkpoints:
    """What a run remembers: its journal at once, the state now and then, and at the end.

    Only one thread calls it; a save over a network goes on beside it in another. `ask_to_stop` is called with a reason
    once nothing more may be sent. `partial`: the plan is of some addresses only. `first`: changed entries from which on
    the state is saved midway.
    """

    store: StateStore
    journal: Journal
    clock: Callable[[], float]
    ask_to_stop: Callable[[str], None]
    partial: bool = False
    first: int = FIRST
    changed: dict[Address, Managed | None] = field(default_factory=dict)
    """What no save holds yet, those under way included."""
    _since: set[Address] = field(default_factory=set)
    """What changed since the last save began."""
    _run: str = ""
    _before: tuple[str, ...] = ()
    """Runs that others left open."""
    _began: float = 0.0
    _saving: Future[State] | Future[None] | None = None
    _broken: NotDurable | None = None
    _thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="state"))

    def begin(self, run: str) -> None:
        """The state says that this run is open; before the first write, so whatever is in the way is as of `save`."""
        state = self.store.state
        self._run, self._before, self._began = run, state.open_runs, self.clock()
        self.journal.begin(run, state.serial + 1)
        self.store.save(replace(state, open_runs=(*state.open_runs, run)))

    def made(self, entry: Managed, gone: Mapping[Address, None]) -> None:
        """Something was made, as its settled call says in the journal."""
        self._take({entry.address: entry, **gone})

    def put(self, entries: Mapping[Address, Managed | None], *, durable: bool) -> None:
        """Put entries in (None takes one out). On the disk when this returns, or where that is not asked for with what
        comes next: of what was made the journal knows the id. NotDurable where neither journal nor state take it."""
        try:
            self.journal.remember(
                {str(address): entry and ENTRY.write(entry) for address, entry in entries.items()}, durable=durable
            )
        except NotDurable as error:
            self._broken = error
            self.ask_to_stop("the journal cannot be written")
        self._take(entries)

    def unsaved(self) -> dict[Address, Managed]:
        """Entries of which the state as it was saved last does not have all ids."""
        saved = self.store.state.entries
        return {
            each: entry
            for each, entry in self.changed.items()
            if entry is not None
            and (each not in saved or (saved[each].live_id, saved[each].parts) != (entry.live_id, entry.parts))
        }

    def end(self) -> None:
        """The state holds all of it, and names the run no more unless calls of it are still open. NotDurable where it
        cannot be saved, or the journal broke on the way."""
        left = (*(self._before if self.partial else ()), *((self._run,) if self.journal.unsettled() else ()))
        self._save_now(left)
        self._thread.shutdown()
        if self._broken is not None:
            raise self._broken

    def _take(self, entries: Mapping[Address, Managed | None]) -> None:
        self.changed.update(entries)
        self._since.update(entries)
        grown = len(self._since) >= max(self.first, len(self.store.state.entries) // SHARE)
        if self._broken is not None or (grown and not self.store.place.remote):
            self._save_now()
        elif self.store.place.remote:
            self._collect(wait=self.store.place.in_doubt())  # no further call while somebody else may be in
            if self._saving is None:
                self._save_beside(grown and self.clock() - self._began >= PAUSE)

    def _save_now(self, open_runs: tuple[str, ...] | None = None) -> None:
        self._collect(wait=True)
        now = self._now()
        with _midway():
            self.store.save(now if open_runs is None else replace(now, open_runs=open_runs))
        self.changed.clear()
        self._since.clear()

    def _save_beside(self, due: bool) -> None:
        """Save in the other thread; where that is not due, see whether the lock is still ours."""
        if due:
            self._began = self.clock()
            self._since.clear()
            self._saving = self._thread.submit(self.store.place.save, self._now())
        else:
            self._saving = self._thread.submit(self.store.place.require_lock)

    def _collect(self, *, wait: bool) -> None:
        """What came of the other thread's save."""
        if self._saving is None or not (wait or self._saving.done()):
            return
        saving, self._saving = self._saving, None
        with _midway():
            saved = saving.result()
        if saved is not None:
            self.store.state = saved
            now = saved.entries
            self.changed = {each: entry for each, entry in self.changed.items() if now.get(each) is not entry}

    def _now(self) -> State:
        return replace(self.store.state, entries=merged_into(self.store.state.entries, self.changed))


@contextmanager
def _midway() -> Iterator[None]:
    """NotDurable for whatever is in the way of a save: the run is partly done, and ends."""
    try:
        yield
    except (Refused, PlatformError) as error:
        raise NotDurable(error.problems) from None


def provisional_links(
    settled: Mapping[Address, Managed],
    managed: Mapping[Address, Managed],
    desired: Iterable[Desired],
    fresh: Collection[Address] = (),
    edited: Collection[Address] = (),
) -> dict[Address, Managed | None]:
    """What a command that applies nothing puts into the state for manifests that stand as they say (`settled`): see
    `provisional`. `fresh`: manifests that were written of what is live, and that nobody knew; `edited`: those that gave
    way to what is live, so that what they say now is not what they said of themselves. Links that nobody has applied or
    names go where the object is another's now; an object that an apply knows by another name is left to the next."""
    wanted = {each.address: each for each in desired}
    unnamed, links = unnamed_links(wanted.values(), managed), dict[Address, Managed | None]()
    owners = {(each.kind, entry.live_id): each for each, entry in managed.items() if each not in unnamed}
    for address, seen in settled.items():
        known = link_of(wanted[address], managed) if address in wanted else managed.get(address)
        known = None if known is not None and known.adopted and address in fresh else known
        entry = provisional(seen._replace(declared={}) if address in edited else seen, known)
        if owners.get((address.kind, seen.live_id), entry.address) == entry.address:
            links[entry.address] = entry
    taken = {(address.kind, entry.live_id) for address, entry in links.items() if entry}
    gone = (address for address, entry in unnamed.items() if (address.kind, entry.live_id) in taken)
    return {**{address: None for address in gone if address not in links}, **links}


def linking(state: State, org_id: str) -> State:
    """The state for a command that only links: where there was none, the next apply still is the first contact."""
    guards = state.guards if state.found else {**state.guards, FIRST_CONTACT: True}
    return replace(state, org_id=org_id, guards=guards)
