"""Circles in "which waits for which"."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from syncer.model.address import Address


def circles(waits: Mapping[Address, Collection[Address]]) -> list[list[Address]]:
    """Circles, each once and beginning with its first address: `[a, b, a]`. Where several share a piece of way not all
    of them are found, but none are found only where there is none."""
    found: dict[tuple[Address, ...], None] = {}
    done: set[Address] = set()
    for start in sorted(waits):
        if start in done:
            continue
        trail, on_trail = [start], {start}
        ahead = [sorted(waits[start], reverse=True)]
        while ahead:
            if not ahead[-1]:
                ahead.pop()
                done.add(trail[-1])
                on_trail.discard(trail.pop())
                continue
            following = ahead[-1].pop()
            if following in on_trail:
                found.setdefault(_turned(trail[trail.index(following) :]))
            elif following not in done and following in waits:
                trail.append(following)
                on_trail.add(following)
                ahead.append(sorted(waits[following], reverse=True))
    return [[*circle, circle[0]] for circle in found]


def _turned(circle: list[Address]) -> tuple[Address, ...]:
    first = circle.index(min(circle))
    return (*circle[first:], *circle[:first])


def knots(waits: Mapping[Address, Collection[Address]]) -> dict[Address, Address]:
    """Each address → one of those it goes round in circles with, the same for all of them: itself where it does not."""
    back: dict[Address, list[Address]] = {address: [] for address in waits}
    for address, those in waits.items():
        for other in those:
            if other in waits:
                back[other].append(address)
    knot: dict[Address, Address] = {}
    for root in reversed(list(_innermost_first(waits))):
        reached = [root]
        while reached:
            address = reached.pop()
            if address not in knot:
                knot[address] = root
                reached += back[address]
    return knot


def _innermost_first(waits: Mapping[Address, Collection[Address]]) -> Iterator[Address]:
    """Every address once, after all that it leads to, but for those that lead back to it."""
    seen: set[Address] = set()
    for start in sorted(waits):
        trail = [] if start in seen else [(start, iter(sorted(waits[start])))]
        seen.add(start)
        while trail:
            address, ahead = trail[-1]
            following = next((each for each in ahead if each in waits and each not in seen), None)
            if following is None:
                trail.pop()
                yield address
            else:
                seen.add(following)
                trail.append((following, iter(sorted(waits[following]))))
