"""Random repositories meet random organisations: a second plan is empty, nothing undeclared moves, nothing comes twice.

The same examples in every run; `SYNCER_EXAMPLES=500` looks at so many new ones.
"""

from __future__ import annotations

import copy
import json
import os
from collections import Counter
from typing import Any

from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from syncer.model.diagnostic import InvalidInput

World, Make = Any, Any
MANY = os.environ.get("SYNCER_EXAMPLES")
fixed = settings(
    deadline=None,
    derandomize=MANY is None,
    max_examples=int(MANY or 24),
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)

WORDS = st.sampled_from(["Prüfung", "Angebot", "x", "Ölheizung & Söhne", "a: b", "{{entity.name}}", "  zwei  ", "🔌"])
UNKNOWN = st.dictionaries(
    st.sampled_from(["x_one", "x_two", "x_three"]),
    st.recursive(
        st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from([0.5, "", "ä", "1.0"]),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["y", "z"]), inner, max_size=2),
        max_leaves=4,
    ),
    max_size=2,
)
REASONS = ["won", "lost", "moved"]
SLUGS = ["site", "house"]
FLOWS = ["visit", "offer"]
ATTRIBUTES = {
    "street": {"type": "string"},
    "count": {"type": "number"},
    "since": {"type": "date"},
    "open": {"type": "boolean"},
    "state": {"type": "select", "options": ["a", {"value": "b", "title": "B"}]},
    "notes": {"type": "string", "multiline": True},
}


def sometimes(draw: Any, of: int = 2) -> bool:
    """One time in so many, shrinking to never."""
    return bool(draw(st.integers(0, of - 1)) == of - 1)


def some(draw: Any, names: list[str]) -> list[str]:
    """A part of the names, in their order."""
    return [name for name in names if sometimes(draw)]


@st.composite
def attributes(draw: Any, slugs: list[str]) -> list[Any]:
    """Attributes of a schema, relations to others among them."""
    found = []
    for name in draw(st.permutations(some(draw, list(ATTRIBUTES)))):
        found.append({"name": name, "label": draw(WORDS), **ATTRIBUTES[name]})
        if sometimes(draw):
            found[-1] |= {"required": draw(st.booleans())}
        if sometimes(draw, 4):
            found[-1] |= {
                "_purpose": draw(st.sampled_from([[], ["purpose:vertrag"], ["purpose:angebot", "purpose:vertrag"]]))
            }
    for slug in some(draw, slugs):
        found.append({"name": f"to_{slug}", "label": slug, "type": "relation", "allowedSchemas": [slug]})
    return found


@st.composite
def steps(draw: Any) -> dict[str, Any]:
    """Phases, tasks and the edges between them; a way from the trigger to the end."""
    phases = [{"id": name, "name": draw(WORDS)} for name in ("first", "second")] if sometimes(draw) else []
    tasks: list[Any] = []
    edges: list[Any] = []
    last = "trigger"
    for phase in phases or [None]:
        if phase:
            edges.append({"from_id": last, "to_id": phase["id"]})
            last, inner = phase["id"], phase["id"]
        else:
            inner = last
        for number in range(draw(st.integers(1, 3))):
            task = {"id": f"{phase['id'] if phase else 'flat'}_{number}", "name": draw(WORDS), "task_type": "MANUAL"}
            tasks.append(task | ({"phase_id": phase["id"]} if phase else {}))
            edges.append({"from_id": inner, "to_id": task["id"]})
            inner = task["id"]
            if sometimes(draw, 3):
                tasks[-1]["description"] = {"enabled": True, "value": draw(WORDS)}
    return {**({"phases": phases} if phases else {}), "tasks": tasks, "edges": edges}


@st.composite
def flow(draw: Any, name: str, reasons: list[str], slugs: list[str], make: Make) -> Any:
    """A flow; sometimes one that brings its automations along."""
    more: dict[str, Any] = {"enabled": draw(st.booleans())}
    if reasons and sometimes(draw):
        more["closing_reasons"] = [{"ref": each} for each in draw(st.permutations(reasons))]
    if sometimes(draw):
        more["description"] = draw(st.none() | WORDS)
    if sometimes(draw, 3):
        more["taxonomies"] = [{"lookup": "Vertrag"}]
    if sometimes(draw, 3):
        more["assigned_to"] = draw(st.sampled_from([[], ["10020101"], ["10020102", "10020101"]]))
    if sometimes(draw, 3):
        bundle = make.bundle(name, **more)
        bundle["spec"]["automations"]["mail"]["flow_name"] = f"{name} {draw(WORDS)}"
        return bundle
    slug = draw(st.sampled_from(["contact", *[{"ref": each} for each in slugs]]))
    return make.flow(name, **more, **draw(steps()), trigger={"type": "manual", "entity_schema": slug})


@st.composite
def repository(draw: Any, make: Make, keep: tuple[str, ...] = ()) -> list[Any]:
    """Manifests of all kinds, whole and partial, that may refer to each other. `keep`: these must be among them."""
    reasons, slugs = some(draw, REASONS), some(draw, SLUGS)
    found = []
    for name in reasons:
        spec = {"status": draw(st.sampled_from(["ACTIVE", "INACTIVE"]))} if sometimes(draw, 3) else {}
        found.append(make.reason(name, title=draw(st.sampled_from([name, name.upper()])), **spec))
    for slug in slugs:
        found.append(make.schema(slug, *draw(attributes(slugs)), name=draw(WORDS)))
    if sometimes(draw) or "EntitySchema/contact" in keep:
        spec = {"slug": "contact", "attributes": draw(attributes(slugs))}
        found.append(make.document("EntitySchema", "contact", spec))
    found += [draw(flow(name, reasons, slugs, make)) for name in some(draw, FLOWS)]
    if sometimes(draw, 3):  # part of a flow that somebody else made
        found.append(
            make.document(
                "FlowTemplate", "foreign", {"name": "Fremd", "enabled": draw(st.booleans()), "description": draw(WORDS)}
            )
        )
    if sometimes(draw):
        found.append(
            make.checker(
                text=draw(WORDS),
                version=draw(st.sampled_from(["1.0.0", "1.1.0"])),
                metadata={"policy": {"version": draw(st.sampled_from(["pin", "minimum"])), "allow_downgrade": True}},
            )
        )
    if sometimes(draw):
        days = draw(st.integers(1, 30))
        plan = {"frequency": "interval", "interval_days": days, "start_date": "2027-02-01"}
        found.append(
            make.retention(
                enabled=draw(st.booleans()),
                schedule=plan,
                relations_for_deletion=draw(st.sampled_from([[], ["order", "meter"]])),
            )
        )
    return found


@st.composite
def organisation(draw: Any) -> dict[str, Any]:
    """What was there before: foreign flows and reasons, some of our titles, unknown fields, attributes of others."""
    reasons = [
        {
            "id": f"{number}".rjust(21, "R"),
            "title": title,
            **draw(UNKNOWN),
            "status": draw(st.sampled_from(["ACTIVE", "INACTIVE"])),
        }
        for number, title in enumerate(
            draw(st.lists(st.sampled_from(["won", "lost", "Fremd", "Anderes"]), unique=True))
        )
    ]
    flows = [
        {
            "id": "foreign1",
            "name": "Fremd",
            "version": "v3",
            "enabled": draw(st.booleans()),
            **draw(UNKNOWN),
            "trigger": {"type": "manual", "entity_schema": "contact", **draw(UNKNOWN)},
            "closing_reasons": [{"id": each["id"]} for each in reasons[:1]],
            "tasks": [{"id": "t1", "name": "Anrufen", "task_type": "MANUAL", **draw(UNKNOWN)}],
            "edges": [{"id": "e1", "from_id": "trigger", "to_id": "t1"}],
        }
    ]
    contact = {
        "keys": draw(UNKNOWN),
        "attributes": [
            {
                "name": name,
                "label": draw(WORDS),
                "id": f"00000000-0000-4000-9000-00000000000{number}",
                **ATTRIBUTES[name],
                **draw(UNKNOWN),
            }
            for number, name in enumerate(some(draw, list(ATTRIBUTES)))
        ],
    }
    return {"reasons": reasons, "flows": flows, "contact": contact}


def settle(world: World, given: dict[str, Any]) -> None:
    """Put the organisation's former life into the sandbox."""
    world.seed({"closing_reasons": given["reasons"], "flow_templates": given["flows"]})
    for each in given["reasons"]:
        world.stored("closing_reason", each["id"], lambda body, extra=each: {**extra, **body})
    there = given["contact"]
    world.stored(
        "schema",
        "contact",
        lambda body: {**body, **there["keys"], "attributes": [*body["attributes"], *there["attributes"]]},
    )


KEYS = {
    "EntitySchema": "slug",
    "FlowTemplate": "id",
    "ClosingReason": "id",
    "AppInstallation": "app_id",
    "RetentionConfig": "id",
    "AutomationFlow": "id",
}
SERVER_SET = {
    "id",
    "created_at",
    "updated_at",
    "version",
    "lastUpdateTime",
    "last_updated_at",
    "next_run_at",
    "latest",
    "installation_audit",
    "enabled_at",
    "last_updated_by",
}


def everything(world: World) -> dict[tuple[str, str], Any]:
    """Every live object."""
    return {(kind, each[KEYS[kind]]): copy.deepcopy(each) for kind in KEYS for each in world.listed(kind)}


def undeclared(value: Any, declared: Any) -> Any:
    """What of a live value no manifest speaks of, `{}` for nothing. Items of lists are recognised by name."""
    if isinstance(value, dict) and isinstance(declared, dict):
        rest = {name: undeclared(each, declared[name]) if name in declared else each for name, each in value.items()}
        return {name: each for name, each in rest.items() if name not in declared or each != {}}
    if isinstance(value, list) and isinstance(declared, list) and all(map(_is_named, [*value, *declared])):
        named = {each["name"]: each for each in declared}
        return [undeclared(each, named[each["name"]]) if each["name"] in named else each for each in value]
    return {}


def _is_named(item: Any) -> bool:
    return isinstance(item, dict) and "name" in item


def of_others(found: dict[tuple[str, str], Any], claimed: dict[tuple[str, str], Any]) -> dict[str, str]:
    """All that nobody declared, as text: whole objects of others, and the rest of those that a manifest speaks of."""
    texts = {}
    for (kind, key), each in found.items():
        body = {name: value for name, value in each.items() if name not in SERVER_SET}
        if kind == "FlowTemplate":  # a flow shows its reasons as they are now
            body["closing_reasons"] = [reason["id"] for reason in body.get("closing_reasons", [])]
        rest = undeclared(body, claimed[kind, key]) if (kind, key) in claimed else body
        texts[f"{kind} {key}"] = json.dumps(rest, sort_keys=True, ensure_ascii=False)
    return texts


def claims(world: World) -> dict[tuple[str, str], Any]:
    """(kind, live id) → the spec of the manifest that speaks of it."""
    return {
        (address.kind, entry.live_id): world.manifests[str(address)]["spec"]
        for address, entry in world.state().entries.items()
        if str(address) in world.manifests
    }


def creates(run: Any) -> Counter[str]:
    """How often each thing was created."""
    counted: Counter[str] = Counter()
    for each in run.requests:
        path, body = each["path"], each["body"]
        if (
            each["method"] == "POST"
            and each["status"] < 300
            and isinstance(body, dict)
            and not path.endswith((":batchGet", ":list", ":search"))
        ):
            counted[
                f"{path.split('/templates')[0]} {body.get('title') or body.get('name') or body.get('flow_name') or ''}"
            ] += 1
    return counted


def ends_well(run: Any) -> None:
    assert run.problems == []
    assert (set(run.ends.values()) <= {"done"}, run.code) == (True, 0)


def nothing_left(world: World) -> None:
    assert world.changes() == {}
    run = world.apply()
    assert (run.calls, run.code) == ([], 0)


@fixed
@given(st.data())
def test_random_manifests_and_random_organisations(make_world: Any, make: Make, data: st.DataObject) -> None:
    switches = {"flow_export": data.draw(st.booleans(), "import")}
    world = make_world(**switches)
    settle(world, data.draw(organisation(), "organisation"))
    manifests = data.draw(repository(make), "manifests")
    world.put(*manifests)
    before = everything(world)

    run = world.apply(workers=data.draw(st.sampled_from([1, 4]), "workers"))
    ends_well(run)
    assert all(number == 1 for number in creates(run).values()), creates(run)
    nothing_left(world)
    after, claimed = everything(world), claims(world)
    assert of_others({key: after[key] for key in before}, claimed) == _with_new_items(before, after, claimed)
    event(f"{len(manifests)} manifests")

    keep = tuple(address for address in world.manifests if address in {"EntitySchema/contact"})
    edited = data.draw(repository(make, keep), "edited manifests")
    world.only_these(*edited)
    ends_well(world.apply(workers=data.draw(st.sampled_from([1, 4]), "workers again")))
    nothing_left(world)

    moved = _by_hand(world, data)
    changes = world.changes()
    assert moved <= set(changes), (moved, changes)
    assert all("(drift)" in " ".join(changes[address]) for address in moved), changes
    ends_well(world.apply())
    nothing_left(world)
    world.forget()
    calls, unclear = [], set()
    try:
        calls = world.apply().calls
    except InvalidInput as refusal:  # twins that only state could tell apart
        unclear = {each.rule for each in refusal.problems}
    assert (calls, unclear - {"ambiguous", "parts-unclear"}) == ([], set())
    world.close()


def _with_new_items(before: Any, after: Any, claimed: Any) -> dict[str, str]:
    """The former organisation as it must read now: items that we added to a list of others stand in it, empty."""
    grown = copy.deepcopy(before)
    for (kind, key), spec in claimed.items():
        if kind == "EntitySchema" and (kind, key) in grown:
            have = {item["name"] for item in grown[kind, key]["attributes"]}
            new = [item for item in after[kind, key]["attributes"] if item["name"] not in have]
            assert {item["name"] for item in new} <= {item["name"] for item in spec["attributes"]}
            grown[kind, key]["attributes"] += new
    return of_others(grown, claimed)


def _by_hand(world: World, data: st.DataObject) -> set[str]:
    """Somebody changes declared fields in the UI; the addresses that must show it."""
    moved = set()
    for address, entry in sorted(world.state().entries.items()):
        if not data.draw(st.booleans(), f"meddle with {address}"):
            continue
        spec, live = world.manifests[str(address)]["spec"], entry.live_id
        match address.kind:
            case "ClosingReason":
                world.ask(f"PATCH /v2/workflows/closing-reasons/{live}", {"title": f"{spec['title']} (Hand)"})
            case "FlowTemplate":
                found = world.ask(f"GET /v2/flows/templates/{live}")
                found["enabled"] = not found["enabled"]
                if spec.get("tasks"):
                    found["tasks"][-1]["name"] += " (Hand)"
                world.ask(f"PUT /v2/flows/templates/{live}", found)
            case "EntitySchema":
                if not spec.get("attributes"):
                    continue
                found = world.ask(f"GET /v1/entity/schemas/{live}?latest=true")
                item = next(each for each in found["attributes"] if each["name"] == spec["attributes"][0]["name"])
                if data.draw(st.booleans(), "remove"):
                    found["attributes"].remove(item)
                else:
                    item["label"] += " (Hand)"
                world.ask(f"PUT /v1/entity/schemas/{live}", found)
            case "AppInstallation":
                values = world.ask(f"GET /v1/app/{live}")["option_values"]
                values[0]["options"][0]["value"] = "Von Hand"
                world.ask(f"PATCH /v1/app/{live}", {"option_values": values})
            case _:
                found = world.ask(f"GET /data-governance/v1/configs/{live}")
                body = {name: found[name] for name in ("type", "query", "relations_for_deletion", "enabled")}
                body["schedule"] = {**found["schedule"], "interval_days": found["schedule"]["interval_days"] + 1}
                world.ask("POST /data-governance/v1/contact/configs", body)
        moved.add(str(address))
    return moved
