"""Parts that keep their identity: a flow and a schema with every sort of keyed part, what is done to a part, and a
bench on which that is done by manifest and by hand. Ids are compared byte by byte.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any, NamedTuple

from simulation.manifests import Make, document
from simulation.world import World
from syncer.fs.change_set import write
from syncer.manifests.project import choose, read_project
from syncer.manifests.resolution import read_manifests
from syncer.model.address import Address
from syncer.model.diagnostic import Problem
from syncer.ops.cached_reader import CachedReader
from syncer.ops.pull.write_back import take_over
from syncer.ops.refresh import read_sides
from syncer.ops.selection import PlanRequest

Json = Any
SET_BY_THE_PLATFORM = ("id", "created_at", "updated_at", "version", "comment", "source")


def branch(id: str, name: str, *statements: Json) -> Json:
    return {"id": id, "branch_name": name, "logical_operator": "AND", "statements": list(statements)}


def asks(id: str, trigger: str, value: str) -> Json:
    source = {"id": trigger, "origin": "trigger", "origin_type": "entity", "schema": "opportunity"}
    source |= {"attribute": "status", "attribute_type": "status"}
    return {"id": id, "source": source, "operator": "equals", "values": [value]}


FLOW = document(
    "FlowTemplate",
    "house",
    {
        "name": "House",
        "version": "v3",
        "enabled": True,
        "trigger": {"id": "by-hand", "type": "manual", "entity_schema": "opportunity"},
        "additional_triggers": [
            {"id": "of-contact", "type": "manual", "entity_schema": "contact"},
            {"id": "of-order", "type": "manual", "entity_schema": "order"},
        ],
        "phases": [{"id": "check", "name": "Check"}, {"id": "build", "name": "Build"}],
        "tasks": [
            {"id": "look", "name": "Look", "task_type": "MANUAL", "phase_id": "check"},
            {"id": "call", "name": "Call", "task_type": "MANUAL", "phase_id": "check"},
            {
                "id": "choose",
                "name": "Choose",
                "task_type": "DECISION",
                "trigger_mode": "automatic",
                "conditions": [
                    branch("yes", "Yes", asks("s-one", "by-hand", "open"), asks("s-two", "by-hand", "new")),
                    branch("maybe", "Maybe", asks("s-three", "of-contact", "late")),
                    branch("else", "Else"),
                ],
            },
            {"id": "dig", "name": "Dig", "task_type": "MANUAL", "phase_id": "build"},
            {
                "id": "mail",
                "name": "Mail",
                "task_type": "AUTOMATION",
                "phase_id": "build",
                "automation_config": {"flow_id": {"automation": "mail"}},
            },
            {"id": "refuse", "name": "Refuse", "task_type": "MANUAL"},
            {"id": "wait", "name": "Wait", "task_type": "MANUAL"},
        ],
        "edges": [
            {"id": "e-start", "from_id": "trigger", "to_id": "check"},
            {"id": "e-check", "from_id": "check", "to_id": "look"},
            {"id": "e-look", "from_id": "look", "to_id": "call"},
            {"id": "e-choose", "from_id": "check", "to_id": "choose"},
            {"id": "e-yes", "from_id": "choose", "condition_id": "yes", "to_id": "build"},
            {"id": "e-maybe", "from_id": "choose", "condition_id": "maybe", "to_id": "wait"},
            {"id": "e-else", "from_id": "choose", "condition_id": "else", "none_met": True, "to_id": "refuse"},
            {"id": "e-build", "from_id": "build", "to_id": "dig"},
            {"id": "e-dig", "from_id": "dig", "to_id": "mail"},
        ],
        "automations": {
            "mail": {
                "flow_name": "Mail",
                "triggers": [{"type": "flows_trigger", "configuration": {}}],
                "actions": [{"name": "Mail", "type": "send-email", "config": {"email_template_id": "t"}}],
            }
        },
    },
)
SCHEMA = document(
    "EntitySchema",
    "site",
    {
        "slug": "site",
        "name": "Site",
        "plural": "Sites",
        "group_settings": [{"id": "g-one", "label": "One"}, {"id": "g-two", "label": "Two"}, {"label": "Three"}],
        "group_headlines": [
            {"name": "h-one", "type": "headline", "label": "Head", "group": "g-one"},
            {"name": "h-two", "type": "headline", "label": "Foot", "group": "g-two"},
        ],
        "attributes": [
            {"name": "a", "label": "A", "type": "string", "group": "g-one"},
            {"name": "b", "label": "B", "type": "string", "group": "g-two"},
            {"name": "c", "label": "C", "type": "string", "group": "Three"},
            {
                "name": "rows",
                "label": "Rows",
                "type": "table",
                "columns": [{"name": "x", "label": "X"}, {"name": "y", "label": "Y"}],
                "settings_flag": [{"name": "flag_x", "enabled": True}, {"name": "flag_y", "enabled": False}],
            },
            {
                "name": "state",
                "label": "State",
                "type": "select",
                "options": [{"value": "new", "title": "New"}, {"value": "done", "title": "Done"}],
            },
            {
                "name": "cost",
                "label": "Cost",
                "type": "currency",
                "currency": [
                    {"code": "EUR", "symbol": "€", "description": "Euro"},
                    {"code": "CHF", "symbol": "F", "description": "Franc"},
                ],
            },
        ],
        "capabilities": [
            {
                "name": "extra",
                "title": "Extra",
                "attributes": [
                    {"name": "d", "label": "D", "type": "string"},
                    {"name": "f", "label": "F", "type": "string"},
                ],
            },
            {"name": "other", "title": "Other", "attributes": [{"name": "e", "label": "E", "type": "string"}]},
        ],
        "conditions": [
            {
                "id": "11111111-1111-4111-8111-111111111111",
                "name": "big",
                "label": "Big",
                "type": "string",
            },
            {
                "id": "22222222-2222-4222-8222-222222222222",
                "name": "small",
                "label": "Small",
                "type": "string",
            },
        ],
    },
)
CHECK, TELL = "f17093e0-9c05-5cab-abfe-f19df8a94894", "91dae637-21a3-5c6e-bddd-f4bb44eff461"
APP = document(
    "AppInstallation",
    "credit",
    {
        "app_id": "e581c104-f1c0-5e5c-91db-e91fb12df415",
        "version": "1.2.0",
        "option_values": [
            {
                "component_id": CHECK,
                "options": [
                    {"key": "api_key", "value": "${env.SYNCER_KEY}"},
                    {"key": "region", "value": "DE-NW"},
                    {"key": "timeout_seconds", "value": 30},
                ],
            },
            {"component_id": TELL, "options": [{"key": "empfaenger", "value": "somebody"}]},
        ],
    },
)
RETENTION = Make.retention(
    "inactive",
    query={
        "saved_view_id": {"lookup": "Inaktive Kontakte"},
        "filters": [
            {"type": "no_related_entities", "related_entity_schemas": ["contract", "order"]},
            {"type": "entity_workflows_only_in_closed_or_cancelled_status"},
            {"type": "no_email_communication_since", "lookback_period_days": 730, "message_type": ["SENT", "RECEIVED"]},
        ],
    },
)
MANIFESTS = {"FlowTemplate": FLOW, "EntitySchema": SCHEMA, "AppInstallation": APP, "RetentionConfig": RETENTION}


class Part(NamedTuple):
    """A sort of part: how its list is reached in a spec, two of its keys, what people call it ("": nothing that they
    may choose), and the field that holds its key."""

    kind: str
    items: Callable[[Json], list[Json]]
    one: str
    two: str
    title: str
    key: str = "id"
    alike: bool = True
    """Whether one may be called what the other is."""

    def edits(self) -> list[str]:
        """What can be done to it: only what is called something is called otherwise."""
        barred = {"renamed": not self.title, "titles swapped": not (self.title and self.alike)}
        return [each for each in EDITS if not barred.get(each)]


def of(*path: str | int) -> Callable[[Json], Json]:
    """The list that stands there."""

    def find(spec: Json) -> Json:
        for step in path:
            spec = spec[step]
        return spec

    return find


CHOICE = of("tasks", 2, "conditions")
PARTS = {
    "phase": Part("FlowTemplate", of("phases"), "check", "build", "name"),
    "task": Part("FlowTemplate", of("tasks"), "look", "dig", "name"),
    "decision": Part("FlowTemplate", of("tasks"), "choose", "call", "name"),
    "automated task": Part("FlowTemplate", of("tasks"), "mail", "wait", "name"),
    "branch": Part("FlowTemplate", CHOICE, "yes", "maybe", "branch_name"),
    "statement": Part("FlowTemplate", of("tasks", 2, "conditions", 0, "statements"), "s-one", "s-two", "values"),
    "trigger": Part("FlowTemplate", of("additional_triggers"), "of-contact", "of-order", "entity_schema"),
    "edge": Part("FlowTemplate", of("edges"), "e-look", "e-dig", "to_id"),
    "group": Part("EntitySchema", of("group_settings"), "g-one", "g-two", "label"),
    "headline": Part("EntitySchema", of("group_headlines"), "h-one", "h-two", "label", "name"),
    "attribute": Part("EntitySchema", of("attributes"), "a", "b", "label", "name"),
    "column": Part("EntitySchema", of("attributes", 3, "columns"), "x", "y", "label", "name"),
    "option": Part("EntitySchema", of("attributes", 4, "options"), "new", "done", "title", "value"),
    "currency": Part("EntitySchema", of("attributes", 5, "currency"), "EUR", "CHF", "description", "code"),
    "capability's attribute": Part("EntitySchema", of("capabilities", 0, "attributes"), "d", "f", "label", "name"),
    "capability": Part("EntitySchema", of("capabilities"), "extra", "other", "title", "name"),
    "condition": Part("EntitySchema", of("conditions"), "big", "small", "label", "name"),
    "setting's flag": Part("EntitySchema", of("attributes", 3, "settings_flag"), "flag_x", "flag_y", "enabled", "name"),
    "app's component": Part("AppInstallation", of("option_values"), TELL, CHECK, "", "component_id"),
    "app's option": Part(
        "AppInstallation",
        lambda spec: part_of(spec["option_values"], "component_id", CHECK)["options"],
        "timeout_seconds",
        "region",
        "value",
        "key",
        alike=False,
    ),
    "retention's filter": Part(
        "RetentionConfig",
        of("query", "filters"),
        "no_related_entities",
        "no_email_communication_since",
        "",
        "type",
    ),
}
Edit = Callable[[Part, Json, str, str], object]


def part_of(items: list[Json], field: str, key: str) -> Json:
    return next(each for each in items if each.get(field) == key)


def part_at(part: Part, spec: Json, key: str) -> Json:
    return part_of(part.items(spec), part.key, key)


def moved(part: Part, spec: Json, one: str, two: str) -> None:
    """To the end of its list."""
    listed = part.items(spec)
    listed.append(listed.pop(listed.index(part_at(part, spec, one))))


def renamed(part: Part, spec: Json, one: str, two: str) -> None:
    """People call it otherwise; the key stays."""
    item = part_at(part, spec, one)
    fixed: dict[str, Json] = {"entity_schema": "product", "to_id": "", "values": ["other"]}
    said = item[part.title]
    fixed["enabled"] = said is False
    item[part.title] = fixed.get(part.title, said + 1 if isinstance(said, int) else f"{said} new")


def swapped(part: Part, spec: Json, one: str, two: str) -> None:
    """Two change places."""
    listed = part.items(spec)
    here, there = (listed.index(part_at(part, spec, each)) for each in (one, two))
    listed[here], listed[there] = listed[there], listed[here]


def titles_swapped(part: Part, spec: Json, one: str, two: str) -> None:
    """Two are called what the other was."""
    first, second = part_at(part, spec, one), part_at(part, spec, two)
    first[part.title], second[part.title] = second[part.title], first[part.title]


EDITS: dict[str, Edit] = {"moved": moved, "renamed": renamed, "swapped": swapped, "titles swapped": titles_swapped}


def _held(live: Json, held: Json) -> Json:
    """Option values as the sandbox keeps them, in the order in which they are shown; secrets, which are not, last."""
    shown = {
        each["component_id"]: {option["key"]: option["value"] for option in each["options"]}
        for each in live["option_values"]
    }
    return {
        id: {**options, **{key: held[id][key] for key in held[id] if key not in options}}
        for id, options in shown.items()
    }


class Bench:
    """A world with one manifest, applied; the ids of its live object."""

    def __init__(self, world: World, manifest: Json) -> None:
        self.world, self.manifest = world, copy.deepcopy(manifest)
        self.kind, self.name = manifest["kind"], manifest["metadata"]["name"]
        world.put(self.manifest)
        assert world.apply().code == 0
        assert world.changes() == {}
        self.before = self.live()

    def live(self) -> Json:
        known = {"FlowTemplate": "name", "EntitySchema": "slug", "AppInstallation": "app_id", "RetentionConfig": "type"}
        name = known[self.kind]
        return self.world.one(self.kind, **{name: self.manifest["spec"][name]})

    def hand(self, change: Callable[[Json], object]) -> None:
        """What somebody does past syncer, in the whole document."""
        live = self.live()
        live = change(live) or live
        if self.kind == "FlowTemplate":
            self.world.ask(f"PUT /v2/flows/templates/{live['id']}", live)
        elif self.kind == "AppInstallation":
            self.world.stored(
                "installation", live["app_id"], lambda held: {**held, "values": _held(live, held["values"])}
            )
        elif self.kind == "RetentionConfig":
            self.world.stored("retention", live["id"], lambda _: live)
        else:
            body = {name: value for name, value in live.items() if name not in SET_BY_THE_PLATFORM}
            self.world.ask("PUT /v1/entity/schemas/site", body)

    def edit(self, change: Callable[[Json], object]) -> None:
        spec = copy.deepcopy(self.manifest["spec"])
        self.manifest["spec"] = change(spec) or spec
        self.world.put(self.manifest)

    def live_key(self, part: Part, key: str) -> str:
        """By what the live part is found that the manifest calls so."""
        if part.key != "id":
            return key
        groups = self.world.state().entries[Address(self.kind, self.name)].parts
        return next((ids[key] for ids in groups.values() if key in ids), key)

    def ids(self, part: Part) -> list[tuple[str, str]]:
        """(id, key) of every part of the sort."""
        return sorted((str(each.get("id", "")), str(each[part.key])) for each in part.items(self.live()))

    def pull(self) -> None:
        """Take over what was done by hand, and go on with what is in the files."""
        world, project = self.world, read_project(self.world.folder / "syncer.yaml")
        with world.api(read_only=True) as api:
            reader, unread = CachedReader(api, forgiving=True), dict[Address, Problem]()
            wanted, entries = world.wanted()[0], world.state().entries
            sides, _, _, looked_at = read_sides(reader, world.fetch, wanted, entries, PlanRequest(world.target), unread)
        environment = choose(project, world.environment)
        taken = take_over(read_manifests(project), environment, sides, looked_at, unread=unread)
        assert taken.unwritten == []
        write(taken.changes, world.folder)

    def settled(self) -> None:
        """Nothing is left to do, and applying that changes nothing."""
        live = self.live()
        assert self.world.changes() == {}
        assert self.world.apply().calls == []
        assert self.live() == live


def with_key(spec: Json, old: str, new: str) -> Json:
    """The spec in which a part has another key, wherever it is named."""
    return json.loads(json.dumps(spec).replace(f'"{old}"', f'"{new}"'))
