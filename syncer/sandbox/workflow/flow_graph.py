"""The graph of a flow template, pure: which edges the platform drops without a word, and which limits it warns of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from syncer.sandbox.store import Json


def kept_edges(flow: Json) -> list[Json]:
    """The edges that survive (docs/platform.md#graph-of-a-flow): both ends known, the condition its task's, no circle.

    Nodes are tasks, phases and `trigger`, where one edge starts. A circle is allowed through the branch that
    a decision's `loop_config` names.
    """
    tasks = {task["id"]: task for task in flow["tasks"]}
    nodes = {"trigger", *tasks, *(phase["id"] for phase in flow.get("phases") or ())}
    kept: list[Json] = []
    started = False
    for edge in flow["edges"]:
        source, target, condition = edge["from_id"], edge.get("to_id"), edge.get("condition_id")
        if source not in nodes or (target and (target not in nodes or target == "trigger")):
            continue
        if condition and condition not in {each["id"] for each in tasks.get(source, {}).get("conditions") or ()}:
            continue
        if source == "trigger":
            if started:
                continue
            started = True
        kept.append(edge)
    return _without_circles(kept, tasks)


def _without_circles(edges: list[Json], tasks: Mapping[str, Json]) -> list[Json]:
    """The edges without those that close an undeclared circle; of a circle the edge written last goes."""
    loops = {
        (id, task["loop_config"]["loop_branch_id"])
        for id, task in tasks.items()
        if isinstance(task.get("loop_config"), dict)
    }
    onward: dict[str, list[str]] = {}
    kept: list[Json] = []
    for edge in edges:
        source, target = edge["from_id"], edge.get("to_id")
        if target and (source, edge.get("condition_id")) not in loops:
            if _reaches(onward, target, source):
                continue
            onward.setdefault(source, []).append(target)
        kept.append(edge)
    return kept


def _reaches(onward: Mapping[str, list[str]], start: str, end: str) -> bool:
    seen, waiting = {start}, [start]
    while waiting:
        node = waiting.pop()
        if node == end:
            return True
        fresh = [each for each in onward.get(node, ()) if each not in seen]
        seen.update(fresh)
        waiting.extend(fresh)
    return False


def limit_warnings(flow: Json, limits: Mapping[str, int]) -> list[Json]:
    """What exceeds a soft limit, as `limit_warnings` tell it."""
    return list(_warnings(flow, limits))


def _warnings(flow: Json, limits: Mapping[str, int]) -> Iterator[Json]:
    incoming = Counter(edge.get("to_id") for edge in flow["edges"])
    for index, task in enumerate(flow["tasks"]):
        at: list[Json] = ["tasks", index]
        yield from _over(limits, "incoming_edges", incoming[task["id"]], at, task)
        yield from _over(limits, "branches", len(task.get("conditions") or ()), [*at, "conditions"], task)
        iterations = (task.get("loop_config") or {}).get("max_iterations", 0)
        yield from _over(limits, "loop_iterations", iterations, [*at, "loop_config", "max_iterations"], task)
    yield from _over(limits, "entity_sync", len(flow.get("entity_sync") or ()), ["entity_sync"], None)


def _over(limits: Mapping[str, int], name: str, current: int, path: list[Json], task: Json) -> Iterator[Json]:
    most = limits.get(name)
    if most is None or current <= most:
        return
    warning: Json = {
        "i18nKey": f"errors.task_max_{name}",
        "message": f"{name.replace('_', ' ')}: {current} of at most {most}",
        "max": most,
        "current": current,
        "path": path,
    }
    yield warning if task is None else warning | {"node_id": task["id"], "task_name": task["name"]}
