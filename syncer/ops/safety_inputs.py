"""What the guards look at, gathered from plan, state and environment; it decides nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from syncer.kinds import KINDS
from syncer.model.address import Address
from syncer.ops.plan import PlanResult, renamed
from syncer.ops.refresh import claims
from syncer.ops.selection import Target
from syncer.plan.safety import FIRST_CONTACT, Allowance, Situation
from syncer.state.state_file import State


@dataclass(frozen=True, slots=True)
class CallerClaims:
    """What is known of who applies. `organisations`: those that the token and the replies named; `loopback`: the server
    is on this machine; `event`: what a pipeline runs for (`GITHUB_EVENT_NAME`)."""

    organisations: frozenset[str]
    opaque: bool
    loopback: bool
    read_only: bool
    event: str = ""


@dataclass(frozen=True, slots=True)
class SafetyRules:
    """What the environment asks for. `limits`: of removals and of updates; `protect`: it protects everything, whatever
    state remembers."""

    confirm: bool = False
    limits: tuple[Allowance | None, Allowance | None] = (None, None)
    protect: bool = False


def situation_of(
    planned: PlanResult, state: State, target: Target, caller: CallerClaims, rules: SafetyRules
) -> Situation:
    """What the guards look at."""
    sides = planned.sides
    found = {each.live.id for matches in sides.matches.values() for each in matches.found.values()}
    listed = {kind: {each.id for each in live} for kind, live in sides.live.items()}
    matched = {entry.address for each in sides.matches.values() for entry in each.found.values()}
    moved = renamed(planned, state.entries)
    found |= {entry.live_id for entry in sides.answered.removals.values()}
    if planned.plan.partial or planned.plan.undo:  # not chosen, and another manifest's all the same: nobody else's
        found |= {live_id for _, live_id in claims(planned.desired, sides.live, state.entries)}
    linked = [(address, entry.live_id) for address, entry in state.entries.items() if entry.live_id]
    remembered = Counter(address.kind for address, _ in linked)
    missing = dict.fromkeys(remembered, 0)
    for address, live_id in linked:
        there = live_id in listed.get(address.kind, ()) or moved.get(address, address) in matched
        missing[address.kind] += not there
    return Situation(
        target.environment,
        target.org_id,
        caller.organisations,
        caller.loopback,
        caller.opaque,
        caller.read_only,
        rules.confirm,
        *rules.limits,
        # nobody has forgotten the manifests where every address is asked for by name
        len(planned.desired) or int(sides.answered.addresses.issuperset(state.entries)),
        _managed(planned, state, rules),
        {kind: len(live) for kind, live in sides.live.items()},
        {kind: count for kind, count in remembered.items() if kind in sides.live},
        {kind: sum(each.id not in found for each in live) for kind, live in sides.live.items() if KINDS[kind].title},
        state.found and not state.guards.get(FIRST_CONTACT),
        caller.event,
        missing,
        rules.protect,
        {address: asked.document for address, asked in sides.answered.by.items()},
        bool(state.open_runs),
    )


def _managed(planned: PlanResult, state: State, rules: SafetyRules) -> dict[Address, bool]:
    """Remembered addresses → protected; without the links that are let go and that no apply ever saw. What is let go
    because it is gone was ours, and counts."""
    let_go = {name for name in planned.forgotten if name in state.entries and state.entries[name].adopted}
    return {name: rules.protect or entry.protect for name, entry in state.entries.items() if name not in let_go}
