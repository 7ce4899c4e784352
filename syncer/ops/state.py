"""What is remembered of an environment, mended: links found again, addresses forgotten or renamed. Each use case locks,
reads, decides and saves; nothing is changed in the organisation."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches

from syncer.model.address import Address, parse_address
from syncer.model.diagnostic import InvalidInput, Problem
from syncer.model.resource import Managed
from syncer.ops.apply.state_store import StateStore, linking, provisional_links
from syncer.ops.selection import EVERYTHING
from syncer.ops.workspace import Workspace
from syncer.plan.plan import Link
from syncer.state.state_file import State

NAME = r"[a-z0-9]([a-z0-9._-]{0,126}[a-z0-9])?"
"""As the JSON Schemas have it for `metadata.name`."""


def rebuild(
    here: Workspace, damaged: Callable[[Sequence[Problem]], None], set_aside: Callable[[str], None]
) -> Sequence[Link]:
    """Lock, find every manifest's live object again, remember the links; these are returned. A state that cannot be
    read is `damaged`, and `set_aside` under a name once there is something to put in its place. InvalidInput,
    PlatformError and Refused before anything is changed."""
    place = here.place
    with here.locked():
        known, damage = State(), None
        try:
            known = place.load()
        except InvalidInput as error:
            if any(each.rule == "journal" for each in error.problems):
                raise  # the state beside it may be sound
            damage = error
            damaged(error.problems)
        with here.api(read_only=True) as api:
            planned = here.planned(api, known, EVERYTHING)
        if damage is not None:
            set_aside(place.set_aside())
        protected = {each.address for each in planned.desired if each.protect}
        links = {
            link.address: Managed(link.address, link.live_id, protect=link.address in protected, adopted=True)
            for link in planned.plan.links
            if link.address not in known.entries
        }
        settled = provisional_links(planned.settled, known.entries, planned.desired)
        StateStore(place, linking(known, here.target.org_id)).put({**links, **settled})
    return planned.plan.links


def forget(here: Workspace, addresses: Sequence[str]) -> list[Address]:
    """Lock, and take the addresses out of the state. Refused while a call for one is open; InvalidInput for one that
    is not remembered, and nothing is changed then."""
    place = here.place
    with here.locked():
        here.must_be_settled(addresses)
        known = place.load()
        gone = [entry_of(known.entries, address).address for address in addresses]
        place.save(replace(known, entries={each: entry for each, entry in known.entries.items() if each not in gone}))
    return gone


def rename(here: Workspace, source: str, target: str) -> dict[Address, Address]:
    """Lock, and let what is remembered stand under other addresses: old → new. Refused while a call for one is open;
    InvalidInput as of `renames`."""
    place = here.place
    with here.locked():
        here.must_be_settled({source, target})  # what the journal holds of them stands in the state that is read
        known = place.load()
        moves = renames(source, target, known.entries)
        here.must_be_settled({str(each) for pair in moves.items() for each in pair})
        kept = {address: entry for address, entry in known.entries.items() if address not in moves}
        kept |= {new: known.entries[old]._replace(address=new) for old, new in moves.items()}
        place.save(replace(known, entries=kept))
    return moves


def entry_of(entries: Mapping[Address, Managed], text: str) -> Managed:
    """What is remembered of an address; InvalidInput with the nearest one otherwise."""
    address = parse_address(text)
    if address is not None and address in entries:
        return entries[address]
    raise _unknown(text, entries)


def _unknown(text: str, known: Collection[Address]) -> InvalidInput:
    near = get_close_matches(text, [str(each) for each in known], 1)
    hint = f"did you mean `{near[0]}`?" if near else "`syncer state list` shows what is remembered"
    return InvalidInput(Problem("unknown-address", f"nothing is remembered of `{text}`", hint=hint))


def renames(source: str, target: str, known: Collection[Address]) -> dict[Address, Address]:
    """Old address → new address, in order. InvalidInput where a pattern is none, nothing fits, or a target is taken."""

    def refused(message: str, hint: str) -> InvalidInput:
        return InvalidInput(Problem("not-moved", message, hint=hint))

    old, new = parse_address(source), parse_address(target)
    if old is None or new is None or source.count("*") > 1 or source.count("*") != target.count("*"):
        hint = "an address is KIND/NAME; for many, one star in each: 'FlowTemplate/*-old' 'FlowTemplate/*'"
        raise refused(f"`{source}` and `{target}` are not two addresses", hint)
    if old.kind != new.kind or "*" in old.kind:
        raise refused(f"a {old.kind} cannot become a {new.kind}", "only the name changes; the kind is one, written out")
    before, star, after = old.name.partition("*")
    pattern = re.compile(f"{re.escape(before)}(.+){re.escape(after)}" if star else f"({re.escape(before)})")
    found = {
        address: Address(new.kind, new.name.replace("*", match[1]) if star else new.name)
        for address in sorted(known)
        if address.kind == old.kind and (match := pattern.fullmatch(address.name))
    }
    if not found:
        raise _unknown(source, known)
    for address, name in found.items():
        if not re.fullmatch(NAME, name.name):
            raise refused(f"`{name}` is no address", "a name has small letters, digits and, inside, `.`, `_` or `-`")
        if name in known:
            what = "is the same address" if name == address else f"is taken: {name} is remembered too"
            raise refused(
                f"{address} cannot become {name}, which {what}", f"let go of one first: `syncer state rm {name}`"
            )
    return found
