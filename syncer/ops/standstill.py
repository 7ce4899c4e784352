"""The plan and the drift report in which nothing is to be done or said, made of the state and of what is listed alone.

They are what a run comes to in which every manifest has the object that state knows, which is as it should be.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from syncer.kinds import KINDS
from syncer.manifests.create_schema import create_schema
from syncer.model.address import Address
from syncer.model.diagnostic import Location, Problem
from syncer.model.resource import Desired, Live, Managed, Match
from syncer.ops.plan import PlanResult
from syncer.ops.selection import PlanRequest
from syncer.plan.document.document import identified
from syncer.plan.document.timestamps import LastRun
from syncer.plan.drift import Drift, known_undeclared, strangers
from syncer.plan.identity_match import Matches
from syncer.plan.inputs import PlanInputs
from syncer.plan.plan import Link, Plan
from syncer.state.state_file import State


def settled_plan(state: State, request: PlanRequest, live: Mapping[str, Sequence[Live]]) -> PlanResult:
    """The plan in which nothing is to be done: every manifest has the object that state knows, which is as it should
    be. `live`: kind → what is listed of it."""
    target, entries = request.target, dict(sorted(state.entries.items()))
    plan = Plan(
        "",
        target.environment,
        target.org_id,
        target.server,
        (),
        tuple(Link(address, entry.live_id, "link", False) for address, entry in entries.items()),
        (),
        tuple(request.notices),
        {},
    )
    desired = [_as_remembered(entry) for entry in entries.values()]
    sides = PlanInputs(desired, live, state.entries, _matches(entries, live), {}, {}, target.today, create_schema)
    return PlanResult(identified(plan), (), entries, (), sides, tuple(desired), frozenset(entries))


def _matches(entries: Mapping[Address, Managed], live: Mapping[str, Sequence[Live]]) -> dict[str, Matches]:
    found = {}
    for kind, objects in live.items():
        there = {each.id: each for each in objects}
        mine = [entry for entry in entries.values() if entry.address.kind == kind and entry.live_id in there]
        found[kind] = Matches({each.address: Match(each.address, there[each.live_id], "link") for each in mine})
    return found


def _as_remembered(entry: Managed) -> Desired:
    """The manifest as far as state remembers it; where it stands nobody knows, and nobody asks."""
    nowhere = Location("", 1, 1)
    return Desired(
        entry.address, entry.declared, entry.policy, entry.protect, entry.aliases, (), (), lambda path: nowhere, ""
    )


def settled_drift(
    state: State,
    request: PlanRequest,
    live: Mapping[str, Sequence[Live]],
    applied: LastRun | None,
    problems: Sequence[Problem],
) -> Drift:
    """The report in which nothing has drifted. Otherwise as `settled_plan`."""
    target = request.target
    taken = frozenset((address.kind, entry.live_id) for address, entry in state.entries.items())
    return Drift(
        target.environment,
        target.org_id,
        target.server,
        False,
        state.found,
        (),
        tuple(strangers(KINDS, live, taken)),
        0,
        len(state.entries),
        (),
        tuple(problems),
        applied,
        sum(not known_undeclared(entry, state.salt) for entry in state.entries.values()),
    )
