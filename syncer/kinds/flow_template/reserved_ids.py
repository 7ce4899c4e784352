"""Ids whose shape means something on the platform: default branches, ways out of a loop, edges that close one.

A manifest may name these parts as it likes; what they are follows from `none_met`, `loop_config` and the graph
(docs/platform.md#graph-of-a-flow, #loops). Which part is which live part is not decided here (see part_ids).
"""

from __future__ import annotations

from collections.abc import Mapping

from syncer.kinds.flow_template.checks.loops import loop_edges
from syncer.kinds.flow_template.graph_model import DEFAULT_BRANCH, TRIGGER, default_branches, read_flow
from syncer.kinds.flow_template.graph_search import reach
from syncer.kinds.lenient_reader import mapping
from syncer.model.json_values import Json

EXIT_BRANCH = "exit-loop-"
LOOP_EDGE = "loop-edge-"


def branch_shape(id: str) -> str:
    """The reserved beginning an id of a condition has, or nothing."""
    return next((prefix for prefix in (DEFAULT_BRANCH, EXIT_BRANCH) if id.startswith(prefix)), "")


def branch_shapes(spec: Mapping[str, Json]) -> dict[str, dict[str, str]]:
    """Decision → condition → the reserved beginning its id must have, or nothing.

    Only of what the spec says: a decision whose edges or loop are not declared is left out.
    """
    flow = read_flow(spec)
    found: dict[str, dict[str, str]] = {}
    for task in flow.decisions():
        if not flow.begun.get(task.id):
            continue
        defaults, leave = default_branches(flow, task), mapping(task.spec.get("loop_config")).get("exit_branch_id")
        found[task.id] = {
            name: DEFAULT_BRANCH if name in defaults else EXIT_BRANCH if name == leave else ""
            for _, name, _ in task.conditions
        }
    return found


def ways_back(spec: Mapping[str, Json]) -> set[int]:
    """Indexes of the edges that close a loop: from the loop branch's own tasks to what runs before the decision."""
    flow = read_flow(spec)
    found: set[int] = set()
    for edges in loop_edges(flow).values():
        without = flow.graph(*edges)
        main = reach(without, [TRIGGER])
        for edge in edges:
            if edge.target in main:
                found.add(int(edge.path[1]))
                continue
            tail = reach(without, [edge.target] if edge.target else []) - main
            found |= {int(back.path[1]) for name in tail for back in flow.leaving.get(name, ()) if back.target in main}
    return found
