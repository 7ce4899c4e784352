"""What the guards look at, gathered from plan, state and environment; it decides nothing."""

from __future__ import annotations

from syncer.kinds import KINDS
from syncer.ops.plan import PlanResult, renamed
from syncer.ops.refresh import claims
from syncer.plan.safety import FIRST_CONTACT, Allowance, Situation
from syncer.state.state_file import State


def situation_of(
    planned: PlanResult,
    state: State,
    *,
    environment: str,
    org_id: str,
    organisations: frozenset[str],
    opaque: bool,
    loopback: bool,
    read_only: bool,
    confirm: bool,
    limits: tuple[Allowance | None, Allowance | None],
    event: str,
    protect: bool = False,
) -> Situation:
    """What the guards look at. `protect`: the environment protects everything, whatever state remembers."""
    sides = planned.sides
    found = {each.live.id for matches in sides.matches.values() for each in matches.found.values()}
    listed = {kind: {each.id for each in live} for kind, live in sides.live.items()}
    matched = {entry.address for each in sides.matches.values() for entry in each.found.values()}
    moved = renamed(planned, state.entries)
    found |= {entry.live_id for entry in sides.answered.removals.values()}
    if planned.plan.partial or planned.plan.undo:  # not chosen, and another manifest's all the same: nobody else's
        found |= {live_id for _, live_id in claims(planned.desired, sides.live, state.entries)}
    remembered: dict[str, int] = {}
    missing: dict[str, int] = {}
    for address, entry in state.entries.items():
        if entry.live_id:
            remembered[address.kind] = remembered.get(address.kind, 0) + 1
            there = entry.live_id in listed.get(address.kind, ()) or moved.get(address, address) in matched
            missing[address.kind] = missing.get(address.kind, 0) + (not there)
    return Situation(
        environment,
        org_id,
        organisations,
        loopback,
        opaque,
        read_only,
        confirm,
        limits[0],
        limits[1],
        # nobody has forgotten the manifests where every address is asked for by name
        len(planned.desired) or int(sides.answered.addresses.issuperset(state.entries)),
        {address: protect or entry.protect for address, entry in state.entries.items()},
        {kind: len(live) for kind, live in sides.live.items()},
        {kind: count for kind, count in remembered.items() if kind in sides.live},
        {kind: sum(each.id not in found for each in live) for kind, live in sides.live.items() if KINDS[kind].title},
        state.found and not state.guards.get(FIRST_CONTACT),
        event,
        missing,
        protect,
        {address: asked.document for address, asked in sides.answered.by.items()},
    )
