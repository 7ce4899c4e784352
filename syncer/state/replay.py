"""What an apply that was cut off has done, read from its journal over the state that it last saved.

An apply tells its journal what state is to say of each address, and saves the state now and then. `open_runs` in the
state names it from its first save to its last; so whoever reads both knows whether the journal has more to say
(docs/decisions/journal-before-the-state.md). Pure: it reads values and writes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from syncer.fs.permissions import own_name
from syncer.model.address import Address, parse_address
from syncer.model.diagnostic import InvalidInput, Location, Problem
from syncer.model.json_values import Json
from syncer.model.named_tuple import NamedTuple
from syncer.model.resource import Managed
from syncer.state.journal import Records
from syncer.state.state_file import State, entry_of
from syncer.state.state_schema import ENTRY


class Replay(NamedTuple):
    """A state with what a journal has to add."""

    state: State
    """Its `open_runs` are those of which this journal knows nothing."""
    unsaved: int
    """How many addresses it says something else of than the saved state."""
    ours: bool
    """Whether the saved state names the journal's run as open: until it is saved again, the journal is needed."""


def replay(state: State, journal: Records, path: Path | str, kinds: Collection[str] | None = None) -> Replay:
    """The state as of the journal's end. `path`: the journal's, for messages.

    What the journal says comes later than what a state says that its run left open, or that is older than that run. A
    state that anybody saved after it holds all of it, or something newer: there it adds nothing. InvalidInput, with
    the line, for a record nobody wrote, and where two addresses would have one live object.
    """
    begun = next((each for each in reversed(journal.records) if "run" in each), None)
    run = None if begun is None else begun.get("run")
    ours = run in state.open_runs
    rest = replace(state, open_runs=tuple(each for each in state.open_runs if each != run)) if ours else state
    if begun is not None and state.found and not ours and not _older(state, begun, path):
        return Replay(rest, 0, ours=False)
    entries = dict(state.entries)
    intents: dict[str, Mapping[str, Any]] = {}
    for line, record in enumerate(journal.records, start=1):
        try:
            _take(record, entries, intents, kinds)
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
            raise _nobodys(path, line) from None
    differing = [each for each in {**state.entries, **entries} if state.entries.get(each) != entries.get(each)]
    if not differing:
        return Replay(rest, 0, ours)
    _require_one_owner(entries, path)
    return Replay(replace(rest, entries=dict(sorted(entries.items()))), len(differing), ours)


def linked(known: Managed | None, address: Address, part: Sequence[str] | Json, live_id: str) -> Managed:
    """What is remembered of an address once a step has made its object, or a part of it (`[group, key]`)."""
    entry = known or Managed(address, "")
    if not part and entry.adopted:  # what an apply has made is no longer provisional
        entry = entry._replace(adopted=False, declared={})
    if not part:
        return entry._replace(live_id=live_id)
    group, key = part
    return entry._replace(parts={**entry.parts, group: {**entry.parts.get(group, {}), key: live_id}})


def _older(state: State, begun: Mapping[str, Json], path: Path | str) -> bool:
    if type(begun.get("serial")) is not int:
        raise _nobodys(path, 2)
    return bool(state.serial < begun["serial"])


def _take(
    record: Mapping[str, Json],
    entries: dict[Address, Managed],
    intents: dict[str, Mapping[str, Any]],
    kinds: Collection[str] | None,
) -> None:
    """One record's word; an error of Python's for one that nobody wrote."""
    if "intent" in record:
        intents[record["intent"]["op"]] = record["intent"]
    elif "settled" in record:
        intent = intents.pop(record["settled"])
        address = _address(intent["address"], kinds)
        if record["outcome"] == "APPLIED" and record["live_id"]:
            entries[address] = linked(entries.get(address), address, intent["seek"].get("part"), record["live_id"])
    elif "entries" in record:
        for name, row in record["entries"].items():
            address = _address(name, kinds)
            if row is None:
                entries.pop(address, None)
            elif ENTRY.fits(row) and row["address"] == name:
                entries[address] = entry_of(row, address)
            else:
                raise ValueError(name)


def _address(name: str, kinds: Collection[str] | None) -> Address:
    address = parse_address(name)
    if address is None or (kinds is not None and address.kind not in kinds):
        raise ValueError(name)
    return address


def _require_one_owner(entries: Mapping[Address, Managed], path: Path | str) -> None:
    owners: dict[tuple[str, str], Address] = {}
    for address, entry in entries.items():
        owner = owners.setdefault((address.kind, entry.live_id), address)
        if owner is not address and entry.live_id:
            raise _invalid(path, 1, f"journal links `{address}` to the live object of `{owner}` in the state")


def _nobodys(path: Path | str, line: int) -> InvalidInput:
    return _invalid(path, line, "journal holds a record nobody wrote")


def _invalid(path: Path | str, line: int, message: str) -> InvalidInput:
    hint = "look at what the last run may have made, then delete the journal and run `syncer plan`"
    return InvalidInput(Problem("journal", message, Location(own_name(path), line, 1), hint=hint))
