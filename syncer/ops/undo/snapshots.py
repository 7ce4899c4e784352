"""What was kept of a change, as values: both sides of it, and what state said before and shall say again."""

from __future__ import annotations

from syncer.kinds import KINDS
from syncer.model.address import Address, parse_address
from syncer.model.diagnostic import InvalidInput, Problem
from syncer.model.field_change import FieldPath
from syncer.model.json_values import ABSENT, Json, Spec
from syncer.model.kind import Kind
from syncer.model.resource import Live, Managed
from syncer.plan.document.marker_codec import value_of
from syncer.plan.revert import go_back
from syncer.state.marker_json import from_json
from syncer.state.run_history import KEPT_ENTRY, KeptChange

NEWER = "use the version of syncer that made the run"


def address_of(kept: KeptChange) -> Address:
    """The address of the change. InvalidInput for one of a kind that this syncer does not know."""
    address = parse_address(kept.address)
    if address is None or address.kind not in KINDS:
        raise InvalidInput(Problem("run", "the run names an address that this syncer does not know", hint=NEWER))
    return address


def spec_from(plain: Json) -> Spec:
    """A side of the change; HIDDEN where something was withheld."""
    value = value_of(plain)
    return value if isinstance(value, dict) else {}


def both_sides(kind: Kind, kept: KeptChange, live: Live) -> tuple[Spec, Spec]:
    """(before, after) of the fields that the run was about. Where it was cut off, what it was about to write."""
    before = spec_from(kept.before["before"])
    if "goal" in kept.before:
        goal = spec_from(kept.before["goal"])
        return before, spec_from(kept.result["after"]) if "after" in kept.result else goal
    if "after" in kept.result:
        after = spec_from(kept.result["after"])
    else:
        after = kind.spec_of(live.object) if kind.already_removed(live.object) else before
    names = [name for name in {**before, **after} if before.get(name, ABSENT) != after.get(name, ABSENT)]
    one, other = ({name: side[name] for name in names if name in side} for side in (before, after))
    return one, other


def entry_before(address: Address, kept: KeptChange) -> Managed:
    """What state said before the run."""
    return Managed(address, str(kept.before["live_id"]), **KEPT_ENTRY.read(kept.before["entry"] or {}))


def memory_after(
    kind: Kind, kept: KeptChange, then: Managed, present: Managed | None, conflicts: frozenset[FieldPath]
) -> Managed:
    """What state shall say: what it said before, but for the fields that stay and those that others declared since."""
    if present is None:
        return then
    after = from_json(kept.result["declared"]) if "declared" in kept.result else present.declared
    declared = go_back(dict(then.declared), after, dict(present.declared), kind.shape, conflicts).goal
    parts = {
        group: {**present.parts.get(group, {}), **then.parts.get(group, {})}
        for group in {**present.parts, **then.parts}
    }
    return present._replace(declared=declared, parts=parts, protect=present.protect or then.protect)
