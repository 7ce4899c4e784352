"""What an earlier run left open, settled: looked for where it may have taken effect, and remembered or let go of."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from dataclasses import replace

from syncer.fs.clock import Effects
from syncer.fs.disk import NotDurable
from syncer.model.address import Address, parse_address
from syncer.model.calls import Listing, Seek
from syncer.model.diagnostic import OutcomeUnknown, Problem
from syncer.model.named_tuple import NamedTuple
from syncer.model.resource import Managed
from syncer.model.unexpected_reply import field_of, of_known_form
from syncer.ops.apply.ports import Platform, seek_made
from syncer.ops.apply.state_store import StateStore, merged_into
from syncer.plan.events import OpenCall, Recovered
from syncer.state.journal import Intent, Journal
from syncer.state.replay import linked
from syncer.state.run_history import RunHistory

SETTLING = 30.0
"""Seconds after which a call whose answer was lost counts as not done, if nothing of it has appeared. They begin when
the lock is ours, for then nobody can be sending it any more: a journalled call may have waited long for its turn."""


def recover(
    platform: Platform,
    journal: Journal,
    store: StateStore,
    effects: Effects,
    runs: RunHistory,
    tell: Callable[[str], None] = lambda note: None,
) -> Generator[Recovered | OpenCall, None, frozenset[Address]]:
    """Settle what earlier runs left open; the addresses of which that is not possible are returned, to be left alone.
    OutcomeUnknown where a call is open and nobody can say whose: then nothing is applied.

    `runs` are told what earlier runs made, where a crash took it from their files. `tell` is told what is waited for.
    Only this process's own clock counts: the machine's may have been set. What the journal says beyond that, the state
    was read with; it is saved once all is settled, for until then the journal holds it. In one piece, in the order in
    which an interruption is harmless.
    """
    for each in journal.settled():
        if each.outcome == "APPLIED" and each.live_id and _is_unknown(store, each.intent):
            _link(store, each.intent, each.live_id)
    open_ones: set[Address] = set()
    until = effects.clock() + SETTLING
    for intent in journal.unsettled():
        found = _candidates(platform, intent, store)
        if not found and (wait := until - effects.clock()) > 0:
            tell(f"{intent.address}: `{intent.step}` may still take effect; looking again in {wait:.0f} s")
            effects.sleep(wait)
            found = _candidates(platform, intent, store)
        address = parse_address(intent.address)
        if len(found) > 1 or (found and _is_adopted(store, intent)):
            problem = _several(intent, found)
            if address is None:
                raise OutcomeUnknown(problem)
            open_ones.add(address)
            yield OpenCall(address, problem)
        elif found and address is not None:
            journal.settle(intent.op, "APPLIED", found[0])
            _link(store, intent, found[0])
            yield Recovered(address, found[0], f"an earlier run's `{intent.step}` had taken effect: `{found[0]}`")
        else:
            journal.settle(intent.op, "NOT_SENT")
            if address is not None:
                yield Recovered(address, "", f"an earlier run's `{intent.step}` had not taken effect")
    _remember(journal, store, runs, {})
    return frozenset(open_ones)


class OpenCalls(NamedTuple):
    """The open calls of an address, beside the object of which somebody says that it is the address's."""

    made: list[Intent]
    """Those that can have made it, or a part of it."""
    others: list[Intent]
    """Those that made something else of that address, if anything: nobody will look for it any more."""

    @property
    def part(self) -> tuple[str, str] | None:
        """Under what a part of an object is remembered, where it is one."""
        part = next((each.seek["part"] for each in self.made if each.seek.get("part")), None)
        return None if part is None else (part[0], part[1])


def open_calls_of(
    platform: Platform, journal: Journal, store: StateStore, names: Collection[str], live_id: str
) -> OpenCalls:
    """The open calls of an address, under all its `names`. PlatformError for a list of another form."""
    found = OpenCalls([], [])
    for intent in journal.unsettled():
        if intent.address not in names:
            continue
        if live_id in _candidates(platform, intent, store):
            found.made.append(intent)
        elif not intent.seek.get("part"):
            found.others.append(intent)
    return found


def settle_by_hand(
    journal: Journal,
    store: StateStore,
    runs: RunHistory,
    calls: OpenCalls,
    live_id: str,
    entries: Mapping[Address, Managed | None],
) -> None:
    """Settle what somebody has said of open calls, and remember the entries. What a call has made is noted before they
    are saved, what one has not made after: cut off in between, the link is known or the call still open."""
    for intent in calls.made:
        journal.settle(intent.op, "APPLIED", live_id)
    if calls.others:
        store.put(entries)
    for intent in calls.others:
        journal.settle(intent.op, "NOT_SENT")
    _remember(journal, store, runs, entries)


def _remember(journal: Journal, store: StateStore, runs: RunHistory, entries: Mapping[Address, Managed | None]) -> None:
    """Bring what is settled to the runs and the state; then the journal holds what is open, and no more."""
    _complete(runs, journal)
    store.open_run = journal.run if journal.unsettled() else ""
    if entries or journal.settled() or store.place.pending:
        store.put(entries)
    journal.compact()


def _complete(runs: RunHistory, journal: Journal) -> None:
    """What the journal knows to have been made stands in its run's file, so that an undo finds it."""
    made: dict[str, dict[str, str]] = {}
    for each in journal.settled():
        if each.outcome == "APPLIED" and each.live_id and "part" not in each.intent.seek:
            made.setdefault(each.intent.run, {})[each.intent.address] = each.live_id
    for run, ids in made.items():
        try:
            runs.complete(run, ids)
        except OSError:
            said = "what an earlier run made cannot be kept for an undo"
            raise NotDurable(Problem("run", said, hint="make room on the disk, then run it again")) from None


def _candidates(platform: Platform, intent: Intent, store: StateStore) -> list[str]:
    """The ids of what the call may have made. PlatformError for a list of another form."""
    sought = dict(intent.seek)
    if not sought:
        return []
    service = str(sought.pop("service", ""))
    sought.pop("part", None)
    seek = Seek(Listing(**sought["listing"]), sought["field"], sought["value"], sought["id"])
    ours = {entry.live_id for entry in store.state.entries.values()}
    ours |= {id for entry in store.state.entries.values() for ids in entry.parts.values() for id in ids.values()}
    with of_known_form(intent.address):
        found = [str(field_of(each, seek.id)) for each in seek_made(platform, service, seek, intent.before)]
    return [id for id in found if id not in ours]


def _is_unknown(store: StateStore, intent: Intent) -> bool:
    """Whether the state has nothing where a settled call made something: it was saved by somebody else since, who knew
    nothing of it."""
    address = parse_address(intent.address)
    known = None if address is None else store.state.entries.get(address)
    group, key = intent.seek.get("part") or ("", "")
    return known is None or not (known.parts.get(group, {}).get(key) if group else known.live_id)


def _is_adopted(store: StateStore, intent: Intent) -> bool:
    """Whether somebody has said meanwhile which object the address is: that is not put over."""
    address = parse_address(intent.address)
    known = None if address is None else store.state.entries.get(address)
    return known is not None and known.adopted and not intent.seek.get("part")


def _several(intent: Intent, found: Sequence[str]) -> Problem:
    ids = ", ".join(f"`{each}`" for each in found)
    count = f"{len(found)} object{'s' * (len(found) != 1)}"
    return Problem(
        "outcome-unknown",
        f"{intent.address}: an earlier run's `{intent.step}` was cut off, and {count} could be what it made: {ids}; "
        "it is left alone, with what refers to it",
        hint=f"say which: `syncer adopt {intent.address} ID`; or delete what is too much in the organisation, then run "
        "`syncer apply` again",
    )


def _link(store: StateStore, intent: Intent, live_id: str) -> None:
    """Know what a step made; the journal is emptied once the state that says so is saved."""
    address = parse_address(intent.address)
    if address is None:
        return
    known = store.state.entries.get(address)
    entry = linked(known, address, intent.seek.get("part"), live_id)
    if entry != known:
        store.state = replace(store.state, entries=merged_into(store.state.entries, {address: entry}))
        store.unsaved = True
