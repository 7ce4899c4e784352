"""Which change waits for which: what refers to something new comes after it, removals come last and in reverse.

Two schemas may refer to each other. Where all of a circle are new, it is cut at a late reference: one of them is
written without it first, and whole once the other exists.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from syncer.core.address import Address
from syncer.core.kind import Kind
from syncer.core.plan import REMOVALS, Task
from syncer.core.references import circles
from syncer.core.resource import Desired
from syncer.core.values import Ref


@dataclass(frozen=True, slots=True)
class Order:
    """`waits`: address → the addresses whose changes come first. `late`: address → keys written only at the second go."""

    waits: Mapping[Address, frozenset[Address]]
    late: Mapping[Address, frozenset[str]]


def order_of(kinds: Mapping[str, Kind], tasks: Mapping[Address, Task], desired: Mapping[Address, Desired]) -> Order:
    """The order of the tasks. Raises nothing: circles without a late reference were refused by validation."""
    hard: dict[Address, set[Address]] = {address: set() for address in tasks}
    soft: dict[Address, set[Address]] = {address: set() for address in tasks}
    for address, task in tasks.items():
        if task.desired is None:
            continue
        for use in task.desired.uses:
            if isinstance(use.target, Ref):
                target = Address(use.target.kind, use.target.name)
                if target in tasks and target != address:
                    (soft if use.late else hard)[address].add(target)
    late = _cut(tasks, hard, soft, kinds)
    for address, targets in soft.items():
        hard[address] |= {target for target in targets if target not in late.get(address, set())}
    _removals_last(kinds, tasks, hard)
    keys = {
        address: frozenset(kinds[target.kind].key(tasks[target].want) for target in targets)
        for address, targets in late.items()
        if targets
    }
    return Order({address: frozenset(waits) for address, waits in hard.items()}, keys)


def _cut(
    tasks: Mapping[Address, Task], hard: Mapping[Address, set[Address]], soft: Mapping[Address, set[Address]],
    kinds: Mapping[str, Kind],
) -> dict[Address, set[Address]]:
    """Soft references inside a circle: those to existing objects need no order; else one reference is written late."""
    late: dict[Address, set[Address]] = {}
    while True:
        waits = {address: hard[address] | soft[address] for address in tasks}
        circle, edges = next(
            ((circle, edges) for circle in circles(waits) if (edges := _soft_edges(circle, soft))), ([], [])
        )
        if not circle:
            return late
        existing = [edge for edge in edges if tasks[edge[1]].change.action != "create"]
        for one, other in existing or edges[:1]:
            soft[one].discard(other)
            if not existing and kinds[one.kind].without is not None:
                late.setdefault(one, set()).add(other)


def _soft_edges(
    circle: list[Address], soft: Mapping[Address, set[Address]]
) -> list[tuple[Address, Address]]:
    return [(one, other) for one, other in pairwise(circle) if other in soft[one]]


def _removals_last(kinds: Mapping[str, Kind], tasks: Mapping[Address, Task], hard: Mapping[Address, set[Address]]) -> None:
    """A removal waits for every change of a kind that could still refer to it, and for the removals of such kinds."""
    users: dict[str, set[str]] = {name: set() for name in kinds}
    for kind in kinds.values():
        for each in kind.refs:
            if each.to in users and each.to != kind.name:
                users[each.to].add(kind.name)
    for address, task in tasks.items():
        if task.change.action in REMOVALS:
            hard[address] |= {
                other
                for other, theirs in tasks.items()
                if other.kind in users[address.kind]
                or (other.kind == address.kind and theirs.change.action not in REMOVALS)
            }
