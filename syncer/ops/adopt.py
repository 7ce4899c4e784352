"""Taking a live object over under a manifest's address: `adopt` locks, finds it, plans beside the link and remembers;
which object it is, and why not, is decided without asking anybody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace

from syncer.kinds import KINDS
from syncer.model.address import Address
from syncer.model.diagnostic import InvalidInput, Problem, Refused
from syncer.model.kind import Kind
from syncer.model.named_tuple import NamedTuple
from syncer.model.resource import Desired, Live, Managed
from syncer.ops.apply.recovery import OpenCalls, open_calls_of, settle_by_hand
from syncer.ops.apply.state_store import StateStore, linking
from syncer.ops.plan import PlanResult
from syncer.ops.selection import Selection
from syncer.ops.workspace import Workspace
from syncer.plan.identity_match import link_of, live_of, match, plain_title
from syncer.state.replay import linked as with_made

SHOWN = 20
"""Candidates that a message lists at most."""


class AdoptResult(NamedTuple):
    """The manifest's address, the live object that is its from now on, whether that is new, and the plan that
    follows."""

    address: Address
    live: Live
    new: bool
    planned: PlanResult
    part: str = ""
    """What the address calls the part of it that is linked; then `live` is that part."""


def adopt(here: Workspace, address: str, live_id: str) -> AdoptResult:
    """Everything in its order: lock, find the manifest and its object, plan, remember. `live_id`: "" to look for it.
    An open call of this address is settled by an id: that it made this object, or this part of one, or that it did not.
    Refused without an id while one is open; InvalidInput where it is not clear or may not be; nothing is remembered
    then. In one piece: each step is made of what those before it found."""
    with here.locked(), ExitStack() as opened:
        place = here.place
        state = place.load()
        desired, _ = here.wanted()
        one = declared(address, desired)
        names = {address, *(f"{one.address.kind}/{alias}" for alias in one.aliases)}
        if not live_id:
            here.must_be_settled(names)
        store = StateStore(place, linking(state, here.target.org_id))
        journal = opened.enter_context(here.journal()) if _has_open_calls(here) else None
        kind = KINDS[one.address.kind]
        with here.api(read_only=True) as api:
            calls = open_calls_of(api, journal, store, names, live_id) if journal else OpenCalls([], [])
            if (part := calls.part) is not None:
                live, entries = Live(live_id, "", part[1], {}), _with_part(one, state.entries, part, live_id)
            else:
                listed = live_of(kind, api.list(kind.service, kind.listing))
                live, entries = linked(one, live_id, desired, listed, state.entries)
            known = replace(state, entries={**state.entries, **entries})
            planned = here.planned(api, known, Selection(only=(address,)))
        if journal is not None:
            settle_by_hand(journal, store, here.runs, calls, live_id, entries)
        elif entries:
            store.put(entries)
    return AdoptResult(one.address, live, bool(entries or calls.others), planned, part[1] if part else "")


def _has_open_calls(here: Workspace) -> bool:
    """Whether an earlier run left any call open here."""
    try:
        here.must_be_settled()
    except Refused:
        return True
    return False


def _with_part(
    one: Desired, managed: Mapping[Address, Managed], part: tuple[str, str], live_id: str
) -> dict[Address, Managed]:
    """What is remembered of the manifest, with this part in it."""
    known = link_of(one, managed)
    address = known.address if known else one.address
    return {address: with_made(known, address, list(part), live_id)}


def declared(text: str, desired: Sequence[Desired]) -> Desired:
    """The manifest of an address; InvalidInput with the nearest one otherwise."""
    from difflib import get_close_matches

    found = next((each for each in desired if str(each.address) == text), None)
    if found is not None:
        return found
    near = get_close_matches(text, [str(each.address) for each in desired], 1)
    hint = f"did you mean `{near[0]}`?" if near else "write the manifest first: what is adopted is what it describes"
    raise InvalidInput(Problem("unknown-address", f"no manifest of this environment is `{text}`", hint=hint))


def linked(
    one: Desired, live_id: str, desired: Sequence[Desired], live: Sequence[Live], managed: Mapping[Address, Managed]
) -> tuple[Live, dict[Address, Managed]]:
    """The live object that the manifest shall be, and what state must say for it: nothing new where it is linked to
    that already. `live_id`: "" to look for it;
    `live`: every object of the kind. InvalidInput, with the candidates, where it is not clear or may not be."""
    kind = KINDS[one.address.kind]
    same_kind = [each for each in desired if each.address.kind == kind.name]
    known = link_of(one, managed)
    there = _there(live, known.live_id) if known else []
    if there and live_id in ("", there[0].id):
        return there[0], {}
    if there:
        hint = f"let go of that first: `syncer state rm {known.address if known else one.address}`"
        raise InvalidInput(_not(one, f"is linked to `{there[0].id}` already", hint))
    chosen = _named(kind, one, live_id, live) if live_id else _found(kind, one, same_kind, live, managed)
    holder = next((entry for entry in managed.values() if _holds(entry, kind, chosen)), None)
    if holder is not None:
        hint = f"if that manifest was renamed, write `aliases: [{holder.address.name}]` in the metadata of this one"
        raise InvalidInput(_not(one, f"cannot take `{chosen.id}`: it is {holder.address}", hint))
    for address, found in match(kind, same_kind, live, managed).found.items():
        if found.live.id == chosen.id and address != one.address:
            hint = f"take the title out of {address}, or adopt the one that it means"
            raise InvalidInput(_not(one, f"cannot take `{chosen.id}`: {address} finds it by its title", hint))
    return chosen, {one.address: Managed(one.address, chosen.id, protect=one.protect, adopted=True)}


def _there(live: Sequence[Live], live_id: str) -> list[Live]:
    return [each for each in live if each.id == live_id]


def _holds(entry: Managed, kind: Kind, live: Live) -> bool:
    return entry.address.kind == kind.name and entry.live_id == live.id


def _not(one: Desired, what: str, hint: str) -> Problem:
    return Problem("not-adopted", f"{one.address} {what}", one.where(()), "$.spec", hint)


def _named(kind: Kind, one: Desired, live_id: str, live: Sequence[Live]) -> Live:
    """The object of an id; it must be the one that the manifest's key says, where the platform enforces keys."""
    hits = _there(live, live_id)
    if not hits:
        raise InvalidInput(
            _not(one, f"cannot be `{live_id}`: no live {kind.name} has that id", _candidates(kind, live))
        )
    key = "" if kind.title else kind.key(one.spec)
    if key != hits[0].key:
        hint = "another key is another object; change the manifest if that one is meant"
        raise InvalidInput(_not(one, f"is `{key}`, and `{live_id}` is `{hits[0].key}`", hint))
    return hits[0]


def _found(
    kind: Kind, one: Desired, desired: Sequence[Desired], live: Sequence[Live], managed: Mapping[Address, Managed]
) -> Live:
    """The one object that the manifest finds by its key or titles, as a plan would."""
    matches = match(kind, desired, live, managed)
    if one.address in matches.found:
        return matches.found[one.address].live
    key = str(one.spec[kind.title]) if kind.title else kind.key(one.spec)
    titles = {plain_title(each) for each in (key, *one.titles)}
    hits = [each for each in live if plain_title(each.title or each.key) in titles]
    free = [each for each in live if not any(_holds(entry, kind, each) for entry in managed.values())]
    what = f"{len(hits)} live objects have the title or key `{key}`" if hits else f"no live {kind.name} has `{key}`"
    raise InvalidInput(_not(one, f"is not clear: {what}", _candidates(kind, hits or free, key, one)))


def _candidates(kind: Kind, live: Sequence[Live], key: str = "", one: Desired | None = None) -> str:
    """Who it could be, the most alike first."""
    from difflib import SequenceMatcher

    if not live:
        return f"the organisation has no {kind.name} that nobody manages: let apply create it"

    def unlike(each: Live) -> tuple[float, str, str]:
        name = each.title or each.key
        return (-SequenceMatcher(None, key.casefold(), name.casefold()).ratio() if key else 0.0, name, each.id)

    ordered = sorted(live, key=unlike)
    listed = ", ".join(f"`{each.id}` ({each.title or each.key})" for each in ordered[:SHOWN])
    more = f" and {len(live) - SHOWN} more" if len(live) > SHOWN else ""
    which = f"say which: `syncer adopt {one.address} ID`; " if one else ""
    return f"{which}there are {listed}{more}"
