"""Circles in "which waits for which"."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from syncer.core.address import Address


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
