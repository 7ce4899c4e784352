"""What an earlier run left open, settled: looked for where it may have taken effect, and remembered or let go of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from syncer.fs.clock import Effects
from syncer.fs.disk import NotDurable
from syncer.model.address import parse_address
from syncer.model.calls import Listing, Seek
from syncer.model.diagnostic import OutcomeUnknown, Problem
from syncer.model.unexpected_reply import field_of, of_known_form
from syncer.ops.apply.ports import Platform, seek_made
from syncer.ops.apply.state_store import StateStore, merged_into
from syncer.plan.events import Recovered
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
) -> Iterator[Recovered]:
    """Settle what earlier runs left open. OutcomeUnknown where that is not possible: then nothing is applied.

    `runs` are told what earlier runs made, where a crash took it from their files. `tell` is told what is waited for.
    Only this process's own clock counts: the machine's may have been set. What the journal says beyond that, the state
    was read with; it is saved once all is settled, for until then the journal holds it. In one piece, in the order in
    which an interruption is harmless.
    """
    for each in journal.settled():
        if each.outcome == "APPLIED" and each.live_id and _is_unknown(store, each.intent):
            _link(store, each.intent, each.live_id)
    problems: list[Problem] = []
    until = effects.clock() + SETTLING
    for intent in journal.unsettled():
        found = _candidates(platform, intent, store)
        if not found and (wait := until - effects.clock()) > 0:
            tell(f"{intent.address}: `{intent.step}` may still take effect; looking again in {wait:.0f} s")
            effects.sleep(wait)
            found = _candidates(platform, intent, store)
        address = parse_address(intent.address)
        if len(found) > 1:
            problems.append(_several(intent, found))
        elif found and address is not None:
            journal.settle(intent.op, "APPLIED", found[0])
            _link(store, intent, found[0])
            yield Recovered(address, found[0], f"an earlier run's `{intent.step}` had taken effect: `{found[0]}`")
        else:
            journal.settle(intent.op, "NOT_SENT")
            if address is not None:
                yield Recovered(address, "", f"an earlier run's `{intent.step}` had not taken effect")
    if problems:
        raise OutcomeUnknown(problems)
    _complete(runs, journal)
    if journal.settled() or store.place.pending:
        store.put({})
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


def _several(intent: Intent, found: Sequence[str]) -> Problem:
    ids = ", ".join(f"`{each}`" for each in found)
    return Problem(
        "outcome-unknown",
        f"{intent.address}: an earlier run's `{intent.step}` was cut off, and {len(found)} objects could be what it "
        f"made: {ids}",
        hint="delete what is too much in the organisation, then run `syncer apply` again",
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
