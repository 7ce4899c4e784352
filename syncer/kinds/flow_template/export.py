"""A live flow as a manifest says it: readable local keys for ids of parts, and no id that a manifest does without.

The way back of `id_resolution`: the same walk, with the map turned round. Which key a part gets follows from its name
alone, never from its place in a list, so that a flow pulled twice is written twice the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from syncer.kinds.flow_template.automations import answered, automation_spec
from syncer.kinds.flow_template.diff_rules import NO_TASK
from syncer.kinds.flow_template.graph_model import DEFAULT_BRANCH
from syncer.kinds.flow_template.id_resolution import translate
from syncer.kinds.flow_template.inline_automations import triggers_of
from syncer.kinds.flow_template.part_keys import PartIds, edge_ends, journeys_of
from syncer.kinds.flow_template.reserved_ids import EXIT_BRANCH
from syncer.kinds.lenient_reader import by_id, items, mapping, mappings
from syncer.kinds.secret_scan import literals
from syncer.model.calls import Parts
from syncer.model.field_rules import find_all, pattern_steps
from syncer.model.json_values import Json, Spec, show_path, value_at
from syncer.model.pulled_spec import PulledLiteral, PulledSpec
from syncer.model.slugs import plain_name, unique_names
from syncer.model.unexpected_reply import field_of, text_at, word_at

OWN_TRIGGER = "0"
"""Under which state remembers the flow's own trigger, whose id a manifest need not say."""


def as_manifest(spec: Spec, live: Json, known: Parts, answers: Mapping[str, Json]) -> PulledSpec:
    """The flow with local keys; `known` ones stay. Automations that the manifest bundles (they are among the known
    parts) stand in `automations`, as far as `answers` has them; all others are referred to.

    UnexpectedReply where an edge has no id, or that of a statement is no text: a manifest does not say them."""
    _ids_must_be_texts(spec)
    groups = {
        "nodes": _node_keys(spec, _alive(known, "nodes")),
        "conditions": _condition_keys(spec, _alive(known, "conditions")),
        "triggers": _trigger_keys(spec, _alive(known, "triggers")),
    }
    said = translate(spec, PartIds(parts=groups))
    _placed_triggers(said, known.get("triggers", {}), groups["triggers"])
    _without_ids(said, spec)
    there = answered(answers)
    bundled = {id: key for key, id in known.get("automations", {}).items() if id in there}
    _bundle(said, bundled)
    if bundled:
        said["automations"] = {key: automation_spec(there[id]) for id, key in bundled.items()}
    parts = {group: {key: id for id, key in keys.items()} for group, keys in groups.items() if keys}
    return PulledSpec(said, {**known, **parts}, hints=_hints(said), literals=_literals(said))


def _literals(said: Spec) -> tuple[PulledLiteral, ...]:
    """What looks like a secret in the actions of bundled automations, each under a variable of its own."""
    found = {show_path(path): (path, name) for path, name, _ in literals({"automations": said.get("automations")})}
    titles = {shown: f"{said.get('name')} {path[1]} {name}" for shown, (path, name) in found.items()}
    names = unique_names(titles, "secret", (), "_")
    return tuple(
        PulledLiteral(path, f"SYNCER_{names[shown].upper()}", str(value_at(said, path)))
        for shown, (path, _) in found.items()
    )


def _ids_must_be_texts(spec: Spec) -> None:
    for at, edge in mappings(spec.get("edges")):
        text_at(edge.get("id"), ("edges", at, "id"))
    for path, id in find_all(spec, pattern_steps("tasks[].conditions[].statements[].id")):
        if id is not None:
            text_at(id, path)


def _alive(known: Parts, group: str) -> dict[str, str]:
    return {id: key for key, id in known.get(group, {}).items()}


def _node_keys(spec: Spec, known: Mapping[str, str]) -> dict[str, str]:
    """Live id → key of phases and tasks, which share one space of names. Twins, of one name in one phase, keep their
    ids: without state nothing else could tell them apart."""
    nodes = [*items(spec.get("phases")), *items(spec.get("tasks"))]
    names = Counter(_said(node) for node in nodes)
    titles = {str(field_of(node, "id")): str(node.get("name") or "") for node in nodes if names[_said(node)] == 1}
    twins = {str(field_of(node, "id")) for node in nodes if names[_said(node)] > 1}
    return _keys(titles, twins, known, "step", ("trigger", NO_TASK))


def _said(node: Mapping[str, Json]) -> tuple[Json, Json, bool]:
    return (word_at(node.get("phase_id"), ("phase_id",)), word_at(node.get("name"), ("name",)), "task_type" in node)


def _condition_keys(spec: Spec, known: Mapping[str, str]) -> dict[str, str]:
    """Live id → key of every branch of every decision, by its name and, where two decisions share it, their own."""
    edges = [edge for edge in items(spec.get("edges")) if edge.get("none_met") is True]
    default_edges = {word_at(edge.get("condition_id"), ("edges", "condition_id")) for edge in edges}
    titles: dict[str, str] = {}
    kept: set[str] = set()
    names = Counter(
        plain_name(str(each.get("branch_name") or ""), "_")
        for task in items(spec.get("tasks"))
        for each in items(task.get("conditions"))
    )
    for task in items(spec.get("tasks")):
        conditions = items(task.get("conditions"))
        leave = mapping(task.get("loop_config")).get("exit_branch_id")
        twins = Counter(str(each.get("branch_name")) for each in conditions)
        for each in conditions:
            id, name = str(field_of(each, "id")), str(each.get("branch_name") or "")
            odd = (id.startswith(DEFAULT_BRANCH) and id not in default_edges) or (
                id.startswith(EXIT_BRANCH) and id != leave
            )
            if odd or twins[str(each.get("branch_name"))] > 1:
                kept.add(id)
            else:
                shared = names[plain_name(name, "_")] > 1
                titles[id] = f"{task.get('name') or ''} {name}" if shared else name
    return _keys(titles, kept, known, "branch", ())


def _keys(
    titles: Mapping[str, str], kept: Iterable[str], known: Mapping[str, str], otherwise: str, reserved: Iterable[str]
) -> dict[str, str]:
    """Live id → key; no key is the live id of something else, or it would be taken for that where state is lost, nor
    the key of something that is gone: what stands there instead is another part."""
    found = {id: key for id, key in known.items() if id in titles or id in kept}
    lost = {key for id, key in known.items() if id not in found}
    found |= {id: id for id in kept if id not in found}
    left = {id: title for id, title in titles.items() if id not in found}
    taken = {*found.values(), *reserved, *titles, *kept, *lost}
    own = {id: plain_name(title, "_") for id, title in left.items()}
    made = unique_names(left, otherwise, taken - {id for id, name in own.items() if name == id}, "_")
    return {**found, **made}


def _trigger_keys(spec: Spec, known: Mapping[str, str]) -> dict[str, str]:
    """The flow's own trigger by its place; the additional ones by their type. One without an id needs no key. What is
    remembered of a place is no key."""
    own = mapping(spec.get("trigger")).get("id")
    known = {id: key for id, key in known.items() if not key.isdecimal()}
    others = {id: str(each.get("type") or "") for id, each in by_id(spec.get("additional_triggers")).items()}
    found = _keys(others, (), {id: key for id, key in known.items() if id != own}, "trigger", (OWN_TRIGGER,))
    return {str(own): known.get(str(own), OWN_TRIGGER), **found} if own else found


def _placed_triggers(said: Spec, known: Mapping[str, str], keys: Mapping[str, str]) -> None:
    """Take out, in place, the keys of triggers that a manifest knows by their place and that no statement names."""
    sources = find_all(said, pattern_steps("tasks[].conditions[].statements[].source.id"))
    named = {word_at(value, path) for path, value in sources}
    placed = {keys[id] for key, id in known.items() if key.isdecimal() and id in keys}
    for at, trigger in enumerate(items(said.get("additional_triggers"))):
        if word_at(trigger.get("id"), ("additional_triggers", at, "id")) in placed - named:
            del trigger["id"]


def _without_ids(said: Spec, live: Spec) -> None:
    """Take out, in place, what a manifest need not say: ids of edges, of statements, of links to journeys, of the
    flow's own trigger, and what the platform puts beside a trigger."""
    trigger = said.get("trigger")
    own = mapping(trigger).get("id")
    if isinstance(trigger, dict) and own == OWN_TRIGGER:
        del trigger["id"]
    ends = Counter(map(edge_ends, items(said.get("edges"))))
    for edge in items(said.get("edges")):
        if ends[edge_ends(edge)] == 1:
            edge.pop("id", None)
    for _, each in triggers_of(said):
        if each.get("type") == "journey_submission":
            each.pop("automation_id", None)
    for task in items(said.get("tasks")):
        reference = mapping(task.get("schedule")).get("reference")
        if isinstance(reference, dict) and reference.get("origin") == reference.get("id") == NO_TASK:
            del reference["id"]
        for _, journey in journeys_of(task):
            if journey.get("journeyId"):
                journey.pop("id", None)
        for condition in items(task.get("conditions")):
            for statement in items(condition.get("statements")):
                statement.pop("id", None)
                source = statement.get("source")
                if own and isinstance(source, dict) and source.get("origin") == "trigger" and source.get("id") == own:
                    del source["id"]


def _bundle(said: Spec, bundled: Mapping[str, str]) -> None:
    """Refer to bundled automations by their keys, in place."""
    for _, trigger in triggers_of(said):
        if word_at(trigger.get("automation_id"), ("automation_id",)) in bundled:
            trigger["automation_id"] = {"automation": bundled[trigger["automation_id"]]}
    for task in items(said.get("tasks")):
        config = task.get("automation_config")
        if isinstance(config, dict) and word_at(config.get("flow_id"), ("automation_config", "flow_id")) in bundled:
            config["flow_id"] = {"automation": bundled[config["flow_id"]]}


def _hints(said: Spec) -> dict[str, str]:
    """Id → what people call it, as far as the flow says: journeys by their name, agents by their task's."""
    found: dict[str, str] = {}
    for _, trigger in triggers_of(said):
        if isinstance(trigger.get("journey_id"), str):
            found[trigger["journey_id"]] = str(trigger.get("journey_name") or said.get("name") or "")
    for task in items(said.get("tasks")):
        agent = mapping(task.get("agent_config")).get("agent_id")
        if isinstance(agent, str):
            found.setdefault(agent, str(task.get("name") or ""))
        for _, journey in journeys_of(task):
            if isinstance(journey.get("journeyId"), str):
                found.setdefault(journey["journeyId"], str(journey.get("name") or task.get("name") or ""))
    return found
