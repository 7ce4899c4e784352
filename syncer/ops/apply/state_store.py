"""The state of an environment while an apply writes it: whole, after each change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from syncer.fs.disk import NotDurable
from syncer.model.address import Address
from syncer.model.diagnostic import PlatformError, Refused
from syncer.model.resource import Managed
from syncer.plan.safety import FIRST_CONTACT
from syncer.state.backends.backend import Backend
from syncer.state.state_file import State


@dataclass(slots=True)
class StateStore:
    """The state of one environment, written whole after each change of it."""

    place: Backend
    state: State
    unsaved: bool = False
    """Whether the state differs from what the place holds, apart from its entries."""

    def put(self, entries: Mapping[Address, Managed | None]) -> None:
        """Put entries in (None takes one out) and make it durable; nothing is written where nothing differs."""
        merged = dict(self.state.entries)
        for address, entry in entries.items():
            if entry is None:
                merged.pop(address, None)
            else:
                merged[address] = entry
        if self.unsaved or merged != self.state.entries or not self.state.found:
            self.state = self.place.save(replace(self.state, entries=merged))
            self.unsaved = False

    def put_midway(self, entries: Mapping[Address, Managed | None]) -> None:
        """As `put`, after the first write: NotDurable for whatever is in the way, since the run is partly done and
        ends."""
        try:
            self.put(entries)
        except (Refused, PlatformError) as error:
            raise NotDurable(error.problems) from None


def linking(state: State, org_id: str) -> State:
    """The state for a command that only links: where there was none, the next apply still is the first contact."""
    guards = state.guards if state.found else {**state.guards, FIRST_CONTACT: True}
    return replace(state, org_id=org_id, guards=guards)
