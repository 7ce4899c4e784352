"""Walks over directed graphs of names: what can be reached, which circles there are; does not know what a flow is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

Graph = Mapping[str, Sequence[str]]
"""Name → the names its edges lead to; the order of both decides the order of all answers."""


def reach(graph: Graph, starts: Iterable[str]) -> set[str]:
    """The starts and all that can be reached from them."""
    seen = set(starts)
    waiting = list(seen)
    while waiting:
        for name in graph.get(waiting.pop(), ()):
            if name not in seen:
                seen.add(name)
                waiting.append(name)
    return seen


def turned(graph: Graph) -> dict[str, list[str]]:
    """The graph with every edge turned round."""
    found: dict[str, list[str]] = {name: [] for name in graph}
    for name, others in graph.items():
        for other in others:
            found.setdefault(other, []).append(name)
    return found


def circles(graph: Graph) -> Iterator[tuple[str, ...]]:
    """A circle for every edge that leads back up, `("a", "b", "a")`: the last two names are that edge.

    One walk in depth from the first name on, then from those it didn't meet. Without these edges no circle is left.
    """
    done: set[str] = set()
    for start in graph:
        if start in done:
            continue
        trail: dict[str, Iterator[str]] = {start: iter(dict.fromkeys(graph.get(start, ())))}
        while trail:
            name, others = next(reversed(trail.items()))
            for other in others:
                if other in trail:
                    names = list(trail)
                    yield (*names[names.index(other) :], other)
                elif other not in done:
                    trail[other] = iter(dict.fromkeys(graph.get(other, ())))
                    break
            else:
                done.add(name)
                del trail[name]


def leading_back(graph: Graph) -> set[tuple[str, str]]:
    """The edges that lead back up, which close every circle the graph has."""
    return {(circle[-2], circle[-1]) for circle in circles(graph)}
