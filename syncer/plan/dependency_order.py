"""Which change waits for which: what refers to something new comes after it, removals come last and in reverse.

Two schemas may refer to each other. Where both are new, the circle is cut at its late references: each is written
without them first, and whole once all of the circle exist.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass

from syncer.model.address import Address
from syncer.model.json_values import Ref
from syncer.model.kind import Kind
from syncer.model.markers import leaves
from syncer.plan.cycles import circles, knots
from syncer.plan.plan import REMOVALS, Task

Waits = dict[Address, set[Address]]


@dataclass(frozen=True, slots=True)
class Order:
    """`waits`: address → the addresses whose changes come first. `late`: address → keys written in a second go only."""

    waits: Mapping[Address, frozenset[Address]]
    late: Mapping[Address, frozenset[str]]


def order_of(
    kinds: Mapping[str, Kind], tasks: Mapping[Address, Task], first: Mapping[Address, Set[Address]] | None = None
) -> Order:
    """The order of the tasks. `first`: what else comes before a task, wherever that makes no circle. Raises nothing:
    circles without a late reference were refused by validation."""
    hard: Waits = {address: set() for address in tasks}
    soft: Waits = {address: set((first or {}).get(address, ())) & tasks.keys() for address in tasks}
    for address, task in tasks.items():
        for use in task.desired.uses if task.desired else ():
            if isinstance(use.target, Ref):
                target = Address(use.target.kind, use.target.name)
                if target in tasks and target != address and tasks[target].change.action not in REMOVALS:
                    (soft if use.late else hard)[address].add(target)
    late = _cut(tasks, hard, soft, kinds)
    waits = {address: hard[address] | soft[address] for address in tasks}
    _removals_last(kinds, tasks, waits)
    keys = {
        address: frozenset(kinds[target.kind].key(tasks[target].want) for target in targets)
        for address, targets in late.items()
    }
    return Order({address: frozenset(those) for address, those in waits.items()}, keys)


def _cut(tasks: Mapping[Address, Task], hard: Waits, soft: Waits, kinds: Mapping[str, Kind]) -> Waits:
    """Take the soft references out of every circle: first those to objects that exist, which need no order; then those
    from one new object to another, which are written late."""
    late: Waits = {}
    for one, other in _going_round(hard, soft):
        if tasks[other].change.action != "create":
            soft[one].discard(other)
    for one, other in _going_round(hard, soft):
        soft[one].discard(other)
        if kinds[one.kind].without is not None:
            late.setdefault(one, set()).add(other)
    return late


def _going_round(hard: Waits, soft: Waits) -> list[tuple[Address, Address]]:
    """The soft references, and no hard ones at once, that are part of a circle."""
    knot = knots({address: hard[address] | soft[address] for address in hard})
    return [
        (one, other)
        for one, targets in soft.items()
        for other in targets
        if knot[one] == knot[other] and other not in hard[one]
    ]


def _removals_last(kinds: Mapping[str, Kind], tasks: Mapping[Address, Task], waits: Waits) -> None:
    """A removal waits for every change of a kind that could still refer to it, and for every removal that does: what
    refers goes first. Objects that refer to each other, and all go, have no order where there would be a circle."""
    removed = [address for address, task in tasks.items() if task.change.action in REMOVALS]
    if not removed:
        return
    users: dict[str, set[str]] = {name: {name} for name in kinds}
    for kind in kinds.values():
        for each in kind.refs:
            users.setdefault(each.to, set()).add(kind.name)
    staying = [address for address, task in tasks.items() if task.change.action not in REMOVALS]
    by_id: dict[str, list[Address]] = {}
    for address in removed:
        by_id.setdefault(tasks[address].change.live_id, []).append(address)
    among: Waits = {address: set() for address in removed}
    for user in removed:
        for leaf in leaves(tasks[user].goal):
            for address in by_id.get(leaf, ()) if isinstance(leaf, str) else ():
                if address != user and user.kind in users[address.kind]:
                    among[address].add(user)
    while found := circles(among):
        for circle in found:
            among[circle[0]].discard(circle[1])
    for kind_name in {address.kind for address in removed}:
        before = {address for address in staying if address.kind in users[kind_name]}
        for address in removed:
            if address.kind == kind_name:
                waits[address] |= before | among[address]
