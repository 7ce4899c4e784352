"""A flow template's spec as a graph: nodes, edges and branches as far as the spec declares them; judges nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from syncer.kinds.lenient_reader import mapping, mappings, text
from syncer.model.json_values import Json, Path

TRIGGER = "trigger"
"""The literal node every flow starts at (docs/platform.md#graph-of-a-flow)."""

DEFAULT_BRANCH = "none-met-"
"""How the id of a default branch's condition begins on the platform; a manifest may name it as it likes."""


@dataclass(frozen=True, slots=True)
class Node:
    """A task or a phase. `phase` is the phase a task belongs to; None also where that can't be told."""

    id: str
    noun: str
    spec: Mapping[str, Json]
    path: Path
    phase: str | None = None
    conditions: tuple[tuple[Path, str, Mapping[str, Json]], ...] = ()
    """A decision's branches that have an id: place, id, condition."""

    @property
    def decides(self) -> bool:
        """Whether the edges that leave it are branches."""
        return self.spec.get("task_type") == "DECISION"

    def __str__(self) -> str:
        return f"{self.noun} `{self.id}`"


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge. `source`/`target` are None where the spec doesn't say a comparable id; `target` is "" where it ends.

    `vague`: one of its ends or its condition can't be compared here, so nothing is concluded from it.
    """

    source: str | None
    target: str | None
    condition: str | None
    default: bool
    path: Path
    id: str | None = None
    vague: bool = False

    @property
    def key(self) -> tuple[str | None, str | None, str | None]:
        """What an edge is beside its id."""
        return (self.source, self.condition, self.target)

    def __str__(self) -> str:
        if self.id:
            return f"edge `{self.id}`"
        return f"edge `{self.source or '?'}` → {f'`{self.target}`' if self.target else 'nowhere'}"


@dataclass(frozen=True, slots=True)
class Flow:
    """A spec taken apart. `tasks`, `phases`, `edges` hold every item in the order declared, repeated ids included."""

    spec: Mapping[str, Json]
    phases: tuple[Node, ...]
    tasks: tuple[Node, ...]
    edges: tuple[Edge, ...]
    nodes: Mapping[str, Node]
    """Id → phase or task; of a repeated id the first."""
    task_ids: Mapping[str, None]
    phase_ids: Mapping[str, None]
    """The phases declared; where no list of phases is, those that tasks name, which are taken to exist live."""
    leaving: Mapping[str, tuple[Edge, ...]]
    """Node → the edges that leave it, to a known node or to nowhere, each once."""
    begun: Mapping[str, tuple[Edge, ...]]
    """Id → every edge that says it leaves it, known or not, wherever it leads."""
    drawn: bool
    """Tasks and edges are listed, and the phases can be told, so both ends of an edge are declared here."""
    whole: bool
    """Drawn, and nothing of a task is left to the live object: each has its name, the one field all tasks must have."""
    loose: bool
    """An end of an edge is unknown, so what a node lacks may be what that edge was meant to give it."""
    stray: bool
    """The node that an edge leaves is unknown, so it may be the edge that a decision lacks."""

    @property
    def lists_phases(self) -> bool:
        """Whether the phases are declared."""
        return isinstance(self.spec.get("phases"), list)

    def known(self, node: str) -> bool:
        """Whether an edge may begin there, or end there if it is not the trigger."""
        return node == TRIGGER or node in self.nodes or node in self.phase_ids

    def triggers(self) -> Iterator[tuple[Path, Mapping[str, Json]]]:
        """The trigger and the additional ones, with their places."""
        trigger = self.spec.get("trigger")
        if isinstance(trigger, Mapping):
            yield ("trigger",), trigger
        for index, other in mappings(self.spec.get("additional_triggers")):
            yield ("additional_triggers", index), other

    def decisions(self) -> Iterator[Node]:
        """The tasks that branch."""
        return (task for task in self.tasks if task.decides)

    def graph(self, *without: Edge) -> dict[str, list[str]]:
        """Every node and where its edges lead, in the order declared, some edges left out."""
        left_out = {edge.path for edge in without}
        graph: dict[str, list[str]] = {name: [] for name in (TRIGGER, *self.phase_ids, *self.task_ids)}
        for source, edges in self.leaving.items():
            graph[source] = [edge.target for edge in edges if edge.target and edge.path not in left_out]
        return graph


def settled(task: Node) -> bool:
    """Whether its phase, or that it has none, can be told: it says so, or it is written in full."""
    return "phase_id" in task.spec or "name" in task.spec


def lists_conditions(task: Node) -> bool:
    """Whether a decision's branches are declared."""
    return isinstance(task.spec.get("conditions"), list)


def read_flow(spec: Mapping[str, Json]) -> Flow:
    """Take a spec apart; what is misshapen is left out, its form is the JSON Schema's business.

    In one piece: a single pass over the edges finds all that is known of them."""
    phases, tasks = tuple(_nodes(spec, "phases", "phase")), tuple(_nodes(spec, "tasks", "task"))
    edges = tuple(_edges(spec))
    nodes: dict[str, Node] = {}
    for node in (*phases, *tasks):
        nodes.setdefault(node.id, node)
    nodes.pop(TRIGGER, None)
    phase_ids = _phase_ids(spec, phases, tasks)
    drawn = _is_drawn(spec, tasks)
    known = {TRIGGER, *nodes, *phase_ids}
    ends_at = {"", *nodes, *phase_ids}
    leaving: dict[str, dict[tuple[str | None, ...], Edge]] = {}
    begun: dict[str, list[Edge]] = {}
    loose = stray = False
    for edge in edges:
        if edge.source is not None:
            begun.setdefault(edge.source, []).append(edge)
        stray = stray or edge.source not in known
        ends = edge.source in known and edge.target in ends_at
        if ends and edge.source is not None:
            leaving.setdefault(edge.source, {}).setdefault(edge.key, edge)
        loose = loose or edge.vague or edge.target == TRIGGER or (drawn and not ends)
    return Flow(
        spec=spec,
        phases=phases,
        tasks=tasks,
        edges=edges,
        nodes=nodes,
        task_ids=dict.fromkeys(task.id for task in tasks),
        phase_ids=phase_ids,
        leaving={name: tuple(found.values()) for name, found in leaving.items()},
        begun={name: tuple(found) for name, found in begun.items()},
        drawn=drawn,
        whole=drawn and all("name" in task.spec for task in tasks),
        loose=loose,
        stray=stray,
    )


def _phase_ids(spec: Mapping[str, Json], phases: Iterable[Node], tasks: Iterable[Node]) -> dict[str, None]:
    """The phases that are declared; where none are, those that tasks stand in."""
    declared = isinstance(spec.get("phases"), list)
    return dict.fromkeys([each.id for each in phases] if declared else [each.phase for each in tasks if each.phase])


def _is_drawn(spec: Mapping[str, Json], tasks: Iterable[Node]) -> bool:
    """Whether the spec says all of the graph: its tasks, its edges, and the phases that tasks stand in."""
    phases_known = isinstance(spec.get("phases"), list) or all(settled(task) for task in tasks)
    return isinstance(spec.get("tasks"), list) and isinstance(spec.get("edges"), list) and phases_known


def _nodes(spec: Mapping[str, Json], field_name: str, noun: str) -> Iterator[Node]:
    for index, item in mappings(spec.get(field_name)):
        name = text(item.get("id"))
        if name is not None:
            phase = text(item.get("phase_id")) if noun == "task" else None
            branches = tuple(
                ((field_name, index, "conditions", number), branch, condition)
                for number, condition in mappings(item.get("conditions"))
                if (branch := text(condition.get("id"))) is not None
            )
            yield Node(name, noun, item, (field_name, index), phase or None, branches)


def _edges(spec: Mapping[str, Json]) -> Iterator[Edge]:
    for index, item in mappings(spec.get("edges")):
        start, end, by = text(item.get("from_id")), item.get("to_id"), item.get("condition_id")
        target = "" if end is None else text(end)
        yield Edge(
            source=start,
            target=target,
            condition=text(by) or None,
            default=item.get("none_met") is True,
            path=("edges", index),
            id=text(item.get("id")) or None,
            vague=start is None or target is None or (by is not None and text(by) is None),
        )


def completing(flow: Flow, graph: dict[str, list[str]]) -> dict[str, list[str]]:
    """The graph with what a phase's edge to a node outside it means: that node comes after every one of its tasks."""
    members: dict[str, set[str]] = {}
    for task in flow.tasks:
        if task.phase:
            members.setdefault(task.phase, set()).add(task.id)
    after = {phase: [name for name in graph.get(phase, ()) if name not in inside] for phase, inside in members.items()}
    fuller = dict(graph)
    for task in flow.tasks:
        if task.phase and after[task.phase]:
            fuller[task.id] = [*graph.get(task.id, ()), *after[task.phase]]
    return fuller


def branches(flow: Flow, task: Node) -> dict[str, list[Edge]]:
    """Condition id → the edges of a decision that carry it, also those that end at an unknown node."""
    found: dict[str, list[Edge]] = {}
    for edge in flow.begun.get(task.id, ()):
        if edge.condition is not None:
            found.setdefault(edge.condition, []).append(edge)
    return found


def default_branches(flow: Flow, task: Node) -> set[str]:
    """The conditions that are taken when no other is met: their edge says so, or their id has the platform's form."""
    by_edge = {name for name, edges in branches(flow, task).items() if any(edge.default for edge in edges)}
    return by_edge | {name for _, name, _ in task.conditions if name.startswith(DEFAULT_BRANCH)}


def loop(task: Node) -> Mapping[str, Json]:
    """A decision's `loop_config`, empty where it has none."""
    return mapping(task.spec.get("loop_config"))
