"""Configurations that a flow only brings along: the platform makes automations of them and never gives them back.

`action_config` and `duplicated_flow_id` of a task, `trigger_config` of a trigger
(docs/platform.md#transient-configurations). They are compared with a digest of what was last sent; where none is
remembered, with the automation itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from syncer.diff.fingerprint import canonical, digest
from syncer.diff.three_way_merge import merge
from syncer.kinds.lenient_reader import mapping, mappings
from syncer.model.calls import Parts
from syncer.model.field_change import FieldChange, FieldPath, Item
from syncer.model.field_rules import Shape
from syncer.model.json_values import ABSENT, Json, Secret, Spec
from syncer.model.markers import clone, leaves
from syncer.model.unexpected_reply import list_at

GROUP = "inline"
"""Label → digest of what was last sent, among the parts that state remembers."""

OF_TASKS = ("action_config", "duplicated_flow_id")
OF_TRIGGERS = ("trigger_config",)
WRITE_ONLY = (
    *(f"tasks[].automation_config.{name}" for name in OF_TASKS),
    *(f"{root}.{name}" for root in ("trigger", "additional_triggers[]") for name in OF_TRIGGERS),
)


@dataclass(frozen=True, slots=True)
class InlineConfiguration:
    """A configuration of one task or trigger: by local key, where it stands, what it says."""

    label: str
    path: FieldPath
    config: Mapping[str, Json]
    automation: Json
    """The id of the automation beside it, if the platform has made it."""


def trigger_key(trigger: Mapping[str, Json], index: int) -> str:
    """A trigger's local key: its id, or its place (0 is the flow's own trigger)."""
    said = trigger.get("id")
    return said if isinstance(said, str) else str(index)


def triggers_of(spec: Mapping[str, Json]) -> list[tuple[int, dict[str, Json]]]:
    """(place, trigger) of the flow's own trigger, whose place is 0, and of the additional ones, as far as they are
    mappings."""
    others = spec.get("additional_triggers")
    every = [spec.get("trigger"), *(others if isinstance(others, list) else [])]
    return [(place, each) for place, each in enumerate(every) if isinstance(each, dict)]


def inline_of(spec: Mapping[str, Json], parts: Mapping[str, Mapping[str, str]]) -> dict[str, InlineConfiguration]:
    """Every configuration in a spec, by its label. `parts`: local keys → the ids that this spec uses."""
    return {each.label: each for each in _places(spec, parts) if each.config}


def _places(spec: Mapping[str, Json], parts: Mapping[str, Mapping[str, str]]) -> Iterator[InlineConfiguration]:
    local = {group: {live: key for key, live in parts.get(group, {}).items()} for group in ("nodes", "triggers")}
    for _, task in mappings(spec.get("tasks")):
        config, live = mapping(task.get("automation_config")), str(task.get("id"))
        label, path = f"tasks/{local['nodes'].get(live, live)}", ("tasks", Item(live), "automation_config")
        yield InlineConfiguration(label, path, _held(config, OF_TASKS), config.get("flow_id"))
    for index, trigger in triggers_of(spec):
        key = trigger_key(trigger, index)
        label = f"triggers/{local['triggers'].get(key, key)}"
        yield InlineConfiguration(
            label, _where(trigger, index), _held(trigger, OF_TRIGGERS), trigger.get("automation_id")
        )


def _held(holder: Mapping[str, Json], names: tuple[str, ...]) -> dict[str, Json]:
    return {name: holder[name] for name in names if holder.get(name) not in (None, [], {})}


def digests(found: Mapping[str, InlineConfiguration]) -> dict[str, str]:
    """What is remembered of configurations once they have been sent."""
    return {label: digest(canonical(dict(each.config))) for label, each in found.items()}


def unsent(spec: Spec, parts: Parts) -> set[str]:
    """The labels of what differs from what was last sent."""
    sent = parts.get(GROUP, {})
    return {label for label, now in digests(inline_of(spec, parts)).items() if sent.get(label) != now}


def unknown(want: Spec, parts: Parts) -> bool:
    """Whether something is declared of which nobody remembers that it was sent. `want` has its local keys still."""
    return not set(inline_of(want, {})) <= set(parts.get(GROUP, {}))


def strip(spec: Spec, keep: Collection[str], parts: Parts) -> Spec:
    """The spec without the configurations, save those to be sent: sent again, one could make a second automation."""
    bare: Spec = clone(spec)
    kept = {each.path for label, each in inline_of(spec, parts).items() if label in keep}
    for _, task in mappings(bare.get("tasks")):
        config = task.get("automation_config")
        if isinstance(config, dict) and ("tasks", Item(str(task.get("id"))), "automation_config") not in kept:
            for name in OF_TASKS:
                config.pop(name, None)
    for index, trigger in triggers_of(bare):
        if _where(trigger, index) not in kept:
            for name in OF_TRIGGERS:
                trigger.pop(name, None)
    return bare


def _where(trigger: Mapping[str, Json], index: int) -> FieldPath:
    return ("additional_triggers", Item(trigger_key(trigger, index))) if index else ("trigger",)


@dataclass(frozen=True, slots=True)
class InlineVerdict:
    """What is to be sent, as changes; what a reviewer should know; what is remembered as sent."""

    changes: tuple[FieldChange, ...]
    notices: tuple[str, ...]
    sent: dict[str, str]


def judge(want: Spec, have: Spec, parts: Parts, last: Spec, automations: Mapping[str, Json]) -> InlineVerdict:
    """Compare every declared configuration with what was last sent. `want` and `have` use the same ids; `parts`: local
    keys → these ids, and the digests remembered; `automations`: live ones by id, as far as they were asked for."""
    live, before = ({each.path: each for each in _places(side, parts)} for side in (have, last))
    memory, declared = parts.get(GROUP, {}), inline_of(want, parts)
    changes: list[FieldChange] = []
    notices: list[str] = []
    sent: dict[str, str] = {}
    for label, now in digests(declared).items():
        each, there = declared[label], live.get(declared[label].path)
        if there is None:
            continue  # the task or trigger is new, and comes with its configuration
        old: Mapping[str, Json] = before[each.path].config if each.path in before else {}
        notice = ""
        if label in memory:
            same = memory[label] == now
            if same and not there.automation:
                notice = f"the automation of {_said(label)} is gone; it is made anew once its configuration changes"
        elif not there.automation:
            same = False
        else:
            same, old, notice = _beside(each, automations.get(str(there.automation)))
        notices += [notice] if notice else []
        if any(isinstance(leaf, Secret) for leaf in leaves(dict(each.config))):
            old = {}  # what stands there now may be the secret's value
        if same:
            sent[label] = now
        else:
            changes += [
                FieldChange((*each.path, name), old.get(name, ABSENT), each.config[name]) for name in each.config
            ]
            if label in memory:
                sent[label] = memory[label]
    return InlineVerdict(tuple(changes), tuple(notices), sent)


def _beside(each: InlineConfiguration, found: Json) -> tuple[bool, Mapping[str, Json], str]:
    """A configuration beside the automation itself, as far as it is there: whether nothing is to be sent, what the
    automation does instead, what a reviewer should know."""
    unsure = not isinstance(found, dict) or "duplicated_flow_id" in each.config
    if not (unsure or _shows(found, each.config)):
        return False, _shown(found), ""
    said = f"whether the automation of {_said(each.label)} was made from what is declared is not known any more; "
    return True, {}, said + "it is left as it is" if unsure else ""


def _said(label: str) -> str:
    group, _, key = label.partition("/")
    return "the trigger" if label == "triggers/0" else f"{group.rstrip('s')} `{key}`"


def _shown(automation: Json) -> dict[str, Json]:
    actions = list_at(automation.get("actions"), ("actions",)) or [ABSENT]
    return {"action_config": actions[0], "trigger_config": automation.get("triggers", ABSENT)}


def _shows(automation: Json, config: Mapping[str, Json]) -> bool:
    """Whether the live automation already does what is declared; what it has beyond that is the platform's."""
    return not merge(_shown(automation), dict(config), {}, Shape()).changes
