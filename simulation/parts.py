"""A flow and a schema with parts of every sort, and what people do to parts: move, swap, rename, rebuild; in manifests
and in live objects alike. Knows the graph of a flow, no engine."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from simulation.manifests import document

Json = Any
Fresh = Callable[[], str]
"""A key or an id that no part ever had."""
HOUSE, PLOT = "FlowTemplate/house-connection", "EntitySchema/plot"
MARK = "x_mark"
"""A field that nobody here knows: somebody wrote a part's own id into it."""


def _question(trigger: str, value: str) -> Json:
    source = {"id": trigger, "origin": "trigger", "origin_type": "entity", "schema": "opportunity"}
    source |= {"attribute": "status", "attribute_type": "status"}
    return {"id": f"asks-{value}", "source": source, "operator": "equals", "values": [value]}


def _branch(id: str, *statements: Json) -> Json:
    return {"id": id, "branch_name": id.capitalize(), "logical_operator": "AND", "statements": list(statements)}


def _task(id: str, **more: Json) -> Json:
    return {"id": id, "name": id.capitalize(), "task_type": "MANUAL", **more}


def manifests() -> list[Json]:
    """Both, as they are at first."""
    due = {"duration": 3, "unit": "days", "type": "TASK_FINISHED", "task_id": "look"}
    choose = _task("choose", task_type="DECISION", trigger_mode="automatic")
    choose["conditions"] = [
        _branch("yes", _question("by-hand", "open"), _question("by-hand", "new")),
        _branch("maybe", _question("of-contact", "late")),
        _branch("else"),
    ]
    ways = ["trigger check", "check look", "look call", "check choose", "build dig", "dig fill"]
    flow = {
        "name": "House connection",
        "version": "v3",
        "enabled": True,
        "trigger": {"id": "by-hand", "type": "manual", "entity_schema": "opportunity"},
        "additional_triggers": [
            {"id": "of-contact", "type": "manual", "entity_schema": "contact"},
            {"id": "of-order", "type": "manual", "entity_schema": "order"},
        ],
        "phases": [{"id": each, "name": each.capitalize()} for each in ("check", "build")],
        "tasks": [
            *(_task("look", phase_id="check"), _task("call", phase_id="check", due_date_config=due), choose),
            *(_task("dig", phase_id="build"), _task("fill", phase_id="build"), _task("refuse"), _task("wait")),
        ],
        "edges": [
            *({"id": f"e-{way[1]}", "from_id": way[0], "to_id": way[1]} for way in map(str.split, ways)),
            {"id": "e-yes", "from_id": "choose", "condition_id": "yes", "to_id": "build"},
            {"id": "e-maybe", "from_id": "choose", "condition_id": "maybe", "to_id": "wait"},
            {"id": "e-else", "from_id": "choose", "condition_id": "else", "none_met": True, "to_id": "refuse"},
        ],
    }
    rows = [{"name": each, "label": each.upper()} for each in ("x", "y", "z")]
    options = [{"value": each, "title": each.upper()} for each in ("one", "two", "three")]
    schema = {
        "slug": "plot",
        "name": "Plot",
        "plural": "Plots",
        "group_settings": [{"id": f"g-{each}", "label": each.capitalize()} for each in ("one", "two", "three")],
        "attributes": [
            {"name": "street", "label": "Street", "type": "string", "group": "g-one"},
            {"name": "size", "label": "Size", "type": "number", "group": "g-two"},
            {"name": "state", "label": "State", "type": "select", "options": options},
            {"name": "rows", "label": "Rows", "type": "table", "columns": rows},
        ],
    }
    return [document("FlowTemplate", "house-connection", flow), document("EntitySchema", "plot", schema)]


# --- the parts of either

SORTS = {
    # sort: what its parts are known by, what people call them
    "phases": ("id", "name"),
    "tasks": ("id", "name"),
    "conditions": ("id", "branch_name"),
    "additional_triggers": ("id", "entity_schema"),
    "edges": ("id", "to_id"),
    "group_settings": ("id", "label"),
    "attributes": ("name", "label"),
    "options": ("value", "title"),
    "columns": ("name", "label"),
}


def lists_of(body: Json) -> Iterator[tuple[str, list[Json]]]:
    """(sort, its parts) of every list of parts."""
    for name, value in body.items():
        if name in SORTS and isinstance(value, list):
            yield name, value
            for item in value:
                if name in ("tasks", "attributes") and isinstance(item, dict):
                    yield from lists_of({key: item[key] for key in ("conditions", "options", "columns") if key in item})


def parts_of(body: Json) -> Iterator[tuple[str, Json]]:
    """(sort, part), the flow's own trigger among the triggers."""
    if isinstance(body.get("trigger"), dict):
        yield "additional_triggers", body["trigger"]
    for sort, listed in lists_of(body):
        yield from ((sort, each) for each in listed if isinstance(each, dict))


def nodes_of(body: Json) -> list[Json]:
    """The phases and tasks of a flow."""
    return [*(body.get("phases") or ()), *(body.get("tasks") or ())]


def with_key(body: Json, old: str, new: str) -> Json:
    """The body in which a part has another key, wherever it is named."""
    return json.loads(json.dumps(body).replace(json.dumps(old), json.dumps(new)))


def _bare(part: Json) -> Json:
    """A part without what somebody noted in it."""
    return {name: value for name, value in part.items() if name not in (MARK, "aliases", "_id")}


# --- what is done to them: each changes the body in place, or gives another; None where there is nothing to do

Edit = Callable[[Json, Random, Fresh], Json]


def _some_list(body: Json, dice: Random, least: int = 2) -> tuple[str, list[Json]] | None:
    found = [(sort, listed) for sort, listed in lists_of(body) if len(listed) >= least]
    return dice.choice(found) if found else None


def moved(body: Json, dice: Random, fresh: Fresh) -> Json:
    """A part stands elsewhere in its list."""
    if (found := _some_list(body, dice)) is None:
        return None
    listed = found[1]
    listed.insert(dice.randrange(len(listed)), listed.pop(dice.randrange(len(listed))))
    return body


def swapped(body: Json, dice: Random, fresh: Fresh) -> Json:
    """Two parts change places."""
    if (found := _some_list(body, dice)) is None:
        return None
    listed = found[1]
    one, two = dice.sample(range(len(listed)), 2)
    listed[one], listed[two] = listed[two], listed[one]
    return body


def renamed(body: Json, dice: Random, fresh: Fresh) -> Json:
    """People call a part otherwise; a trigger looks at something else, an edge leads elsewhere."""
    if (found := _some_list(body, dice, 1)) is None:
        return None
    sort, listed = found
    part, name = dice.choice(listed), SORTS[sort][1]
    if sort == "edges":
        ends = [each["id"] for each in nodes_of(body)]
        part["to_id"] = dice.choice(["", *ends])
    elif sort == "additional_triggers":
        part["entity_schema"] = dice.choice(["account", "asset", "campaign", "order"])
    else:
        part[name] = f"{part.get(name, '')} {dice.randint(1, 9)}"
    return body


def names_swapped(body: Json, dice: Random, fresh: Fresh) -> Json:
    """Two parts are called what the other was."""
    if (found := _some_list(body, dice)) is None or found[0] == "edges":
        return None
    (one, two), name = dice.sample(found[1], 2), SORTS[found[0]][1]
    if name in one and name in two:
        one[name], two[name] = two[name], one[name]
        return body
    return None


def own_trigger_swapped(body: Json, dice: Random, fresh: Fresh) -> Json:
    """The flow's own trigger and another change places."""
    if not body.get("additional_triggers") or not isinstance(body.get("trigger"), dict):
        return None
    at = dice.randrange(len(body["additional_triggers"]))
    body["trigger"], body["additional_triggers"][at] = body["additional_triggers"][at], body["trigger"]
    return body


def made_anew(body: Json, dice: Random, fresh: Fresh) -> Json:
    """A part is taken out, and one made that looks the same: with an id of its own."""
    found = [(sort, listed) for sort, listed in lists_of(body) if listed and SORTS[sort][0] == "id"]
    if not found:
        return None
    _, listed = dice.choice(found)
    at = dice.randrange(len(listed))
    old, new = listed[at]["id"], fresh()
    if str(old).startswith(("none-met-", "exit-loop-")):
        return None  # what the platform's own ids say is not made by hand
    listed[at] = _bare(listed[at])
    return with_key(body, old, new)


def added(body: Json, dice: Random, fresh: Fresh) -> Json:
    """A part more."""
    if "tasks" in body:
        before = dice.choice(body["edges"]) if body["edges"] else None
        if before is None:
            return None
        id = fresh()
        task = {"id": id, "name": f"New {id[:4]}", "task_type": "MANUAL"}
        phase = next((each.get("phase_id") for each in body["tasks"] if each["id"] == before.get("from_id")), None)
        body["tasks"].insert(dice.randint(0, len(body["tasks"])), {**task, **({"phase_id": phase} if phase else {})})
        body["edges"].append({"id": fresh(), "from_id": id, "to_id": before.get("to_id", "")})
        before["to_id"] = id
        return body
    id = fresh()
    sort = dice.choice(["group_settings", "attributes", "options", "columns"])
    there = [listed for name, listed in lists_of(body) if name == sort]
    if not there:
        return None
    name = f"new_{id.replace('-', '_')}"
    new = {
        "group_settings": {"id": id, "label": f"New {id}"},
        "attributes": {"name": name, "label": "New", "type": "string"},
        "options": {"value": name, "title": "New"},
        "columns": {"name": name, "label": "New"},
    }[sort]
    dice.choice(there).append(new)
    return body


def removed(body: Json, dice: Random, fresh: Fresh) -> Json:
    """A part goes, and what was said of it."""
    found = [(sort, listed) for sort, listed in lists_of(body) if len(listed) > 1]
    if not found:
        return None
    sort, listed = dice.choice(found)
    part = dice.choice(listed)
    if sort == "tasks":
        return without_task(body, part)
    if sort == "phases":
        return without_phase(body, part)
    listed.remove(part)
    if sort == "conditions":
        body["edges"] = [each for each in body["edges"] if each.get("condition_id") != part["id"]]
    if sort == "group_settings":
        for each in body["attributes"]:
            if each.get("group") == part.get("id"):
                del each["group"]
    return body


def phases_merged(body: Json, dice: Random, fresh: Fresh) -> Json:
    """One phase takes over the tasks of another."""
    if len(body.get("phases") or ()) < 2:
        return None
    one, two = dice.sample(body["phases"], 2)
    last = _last_of(body, one)
    entry = _entry(body, two)
    body = without_phase(body, two, into=one["id"])
    follows = [each for each in body["edges"] if each["from_id"] == one["id"] and not _inside(body, each, one["id"])]
    for each in follows:
        body["edges"].remove(each)
    if last and entry and not any(each["from_id"] == last for each in body["edges"]):
        body["edges"].append({"id": fresh(), "from_id": last, "to_id": entry})
    return body


def decision_made_manual(body: Json, dice: Random, fresh: Fresh) -> Json:
    """A decision is a task like others, with the first of its ways on."""
    decisions = [each for each in body.get("tasks", ()) if each.get("task_type") == "DECISION"]
    if not decisions:
        return None
    task = dice.choice(decisions)
    task["task_type"] = "MANUAL"
    for name in ("conditions", "trigger_mode", "loop_config"):
        task.pop(name, None)
    ways = [each for each in body["edges"] if each["from_id"] == task["id"]]
    body["edges"] = [each for each in body["edges"] if each not in ways[1:]]
    for each in ways[:1]:
        for name in ("condition_id", "none_met", MARK):
            each.pop(name, None)
        each["id"] = fresh()
    return body


def edge_drawn_anew(body: Json, dice: Random, fresh: Fresh) -> Json:
    """Somebody pulls an edge off and draws it again, to the same end or another."""
    if not body.get("edges"):
        return None
    edge = dice.choice(body["edges"])
    edge["id"] = fresh()
    edge.pop(MARK, None)
    if dice.random() < 0.5:
        edge["to_id"] = dice.choice([each["id"] for each in nodes_of(body)])
    return body


def emptied(body: Json, dice: Random, fresh: Fresh) -> Json:
    """Of a flow one task is left."""
    manual = [each for each in body.get("tasks", ()) if each.get("task_type") == "MANUAL"]
    if not manual:
        return None
    task = dice.choice(manual)
    for name in ("phase_id", "due_date_config", "requirements"):
        task.pop(name, None)
    body |= {"phases": [], "tasks": [task], "edges": [{"id": fresh(), "from_id": "trigger", "to_id": task["id"]}]}
    return body


def default_moved(body: Json, dice: Random, fresh: Fresh) -> Json:
    """Another branch is taken where no condition is met, or none any more."""
    ways = [each for each in body.get("edges", ()) if each.get("condition_id")]
    if not ways:
        return None
    for each in ways:
        each.pop("none_met", None)
    if dice.random() < 0.7:
        dice.choice(ways)["none_met"] = True
    return body


def operator_turned(body: Json, dice: Random, fresh: Fresh) -> Json:
    """A branch asks for the contrary."""
    statements = [each for sort, part in parts_of(body) for each in part.get("statements") or ()]
    if not statements:
        return None
    one = dice.choice(statements)
    one["operator"] = {"equals": "not_equals"}.get(one["operator"], "equals")
    return body


EDITS: dict[str, Edit] = {
    "moved": moved,
    "swapped": swapped,
    "renamed": renamed,
    "names swapped": names_swapped,
    "own trigger swapped": own_trigger_swapped,
    "made anew": made_anew,
    "added": added,
    "removed": removed,
    "phases merged": phases_merged,
    "decision made manual": decision_made_manual,
    "edge drawn anew": edge_drawn_anew,
    "default moved": default_moved,
    "operator turned": operator_turned,
    "emptied": emptied,
}
OFTEN = {"emptied": 1, "decision made manual": 2, "phases merged": 2}
"""How often of ten; the others ten."""


def edited(body: Json, dice: Random, fresh: Fresh, sound: Callable[[Json], bool]) -> tuple[str, Json]:
    """(what was done, the body as it is then) of one edit after which the body is `sound`; nothing where none is."""
    for _ in range(6):
        (name,) = dice.choices([*EDITS], [OFTEN.get(each, 10) for each in EDITS])
        after = EDITS[name](copy.deepcopy(body), dice, fresh)
        if after is not None and after != body and sound(after):
            return name, after
    return "nothing", body


STAYS = {"phase_id": None, "due_date_config": None, "requirements": None, "group": None, "none_met": False}
"""Fields that stay live where a manifest leaves them out → what says that they go."""


def with_what_goes(before: Json, after: Json) -> Json:
    """The spec `after`, which says of each part what it no longer has; changed in place."""
    then = {(sort, part.get(SORTS[sort][0])): part for sort, part in parts_of(before)}
    for sort, part in parts_of(after):
        was = then.get((sort, part.get(SORTS[sort][0])), {})
        part |= {name: gone for name, gone in STAYS.items() if name in was and name not in part}
    return after


# --- what holds a flow together


def without_task(body: Json, task: Json) -> Json:
    """The flow, led past a task that goes."""
    id = task["id"]
    ways = [each for each in body["edges"] if each["from_id"] == id]
    on = next((each.get("to_id", "") for each in ways), "")
    body["tasks"].remove(task)
    body["edges"] = [each for each in body["edges"] if each not in ways]
    for each in body["edges"]:
        if each.get("to_id") == id:
            each["to_id"] = on if each["from_id"] != on else ""
    return _without_mention(body, id)


def without_phase(body: Json, phase: Json, into: str = "") -> Json:
    """The flow without a phase: its tasks stand in another, or in none."""
    id, entry, last = phase["id"], _entry(body, phase), _last_of(body, phase)
    body["phases"].remove(phase)
    for task in body["tasks"]:
        if task.get("phase_id") == id:
            del task["phase_id"]
            if into:
                task["phase_id"] = into
    kept = []
    for each in body["edges"]:
        if each["from_id"] == id:
            if each.get("to_id") == entry or not last:
                continue
            each["from_id"] = last
        if each.get("to_id") == id:
            each["to_id"] = entry
        kept.append(each)
    body["edges"] = kept
    return _without_mention(body, id)


def _entry(body: Json, phase: Json) -> str:
    return next((each["to_id"] for each in body["edges"] if _inside(body, each, phase["id"])), "")


def _inside(body: Json, edge: Json, phase: str) -> bool:
    """Whether the edge leads from a phase to a task of its own."""
    inside = {each["id"] for each in body["tasks"] if each.get("phase_id") == phase}
    return edge["from_id"] == phase and edge.get("to_id") in inside


def _last_of(body: Json, phase: Json) -> str:
    begun = {each["from_id"] for each in body["edges"] if each.get("to_id")}
    return next((t["id"] for t in body["tasks"] if t.get("phase_id") == phase["id"] and t["id"] not in begun), "")


def _without_mention(body: Json, id: str) -> Json:
    """Nothing counts from a part that is gone."""
    for each in (body, *nodes_of(body)):
        due = each.get("due_date_config") or {}
        if id in (due.get("task_id"), due.get("phase_id")):
            del each["due_date_config"]
        if id in str(each.get("requirements")):
            del each["requirements"]
    return body
