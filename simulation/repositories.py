"""Random manifests of all kinds and random organisations, from dice; knows the manifests' shapes, no engine."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from simulation.manifests import Make

Json = Any
WORDS = ("Prüfung", "Angebot", "x", "Ölheizung & Söhne", "a: b", "{{entity.name}}", "  zwei  ", "🔌")
REASONS = ("won", "lost", "moved", "refused")
SLUGS = ("site", "house")
FLOWS = ("visit", "offer", "meter")
GUARDED = "ClosingReason/guarded"
ATTRIBUTES: dict[str, Json] = {
    "street": {"type": "string"},
    "count": {"type": "number"},
    "since": {"type": "date"},
    "open": {"type": "boolean"},
    "state": {"type": "select", "options": ["a", {"value": "b", "title": "B"}]},
}


def repository(dice: Random, keep: tuple[str, ...] = ()) -> list[Json]:
    """Some manifests, which may refer to each other. `keep`: of these the schema `contact` stays, for it is not ours to
    delete; the guarded reason is always there."""
    reasons, slugs = _some(dice, REASONS), _some(dice, SLUGS)
    found = [Make.reason("guarded", metadata={"protect": True}, title="Geschützt")]
    for name in reasons:
        metadata = {"policy": {"removal": dice.choice(["deactivate", "delete"])}}
        status = {"status": dice.choice(["ACTIVE", "INACTIVE"])} if dice.random() < 0.3 else {}
        found.append(Make.reason(name, metadata=metadata, title=dice.choice([name, name.upper()]), **status))
    for slug in slugs:
        found.append(Make.schema(slug, *_attributes(dice, slugs), name=dice.choice(WORDS)))
    if dice.random() < 0.3 or "EntitySchema/contact" in keep:
        found.append(
            Make.document("EntitySchema", "contact", {"slug": "contact", "attributes": _attributes(dice, slugs)})
        )
    found += [_flow(dice, name, reasons, slugs) for name in _some(dice, FLOWS)]
    if dice.random() < 0.3:  # part of a flow that somebody else made
        spec = {"name": "Fremd", "enabled": dice.random() < 0.5, "description": dice.choice(WORDS)}
        found.append(Make.document("FlowTemplate", "foreign", spec))
    if dice.random() < 0.4:
        policy = {"version": dice.choice(["pin", "minimum"]), "allow_downgrade": True}
        version = dice.choice(["1.0.0", "1.1.0"])
        found.append(Make.checker(text=dice.choice(WORDS), version=version, metadata={"policy": policy}))
    if dice.random() < 0.15:  # a secret's digest takes its time
        found.append(Make.installation())
    if dice.random() < 0.4:
        plan = {"frequency": "interval", "interval_days": dice.randint(1, 30), "start_date": "2027-02-01"}
        related = dice.choice([[], ["order", "meter"]])
        found.append(Make.retention(enabled=dice.random() < 0.5, schedule=plan, relations_for_deletion=related))
    return found


REMOVALS = {
    "ClosingReason": ["delete", "deactivate"],
    "EntitySchema": ["delete"],
    "FlowTemplate": ["delete"],
    "AppInstallation": ["uninstall"],
    "RetentionConfig": ["deactivate"],
}
OTHERS = [
    {"kind": "FlowTemplate", "key": "Bleibt", "action": "delete"},
    {"kind": "ClosingReason", "key": "Anderes", "action": "deactivate"},
]


def removals(dice: Random, dropped: Sequence[str]) -> list[Json]:
    """A `Removed` document, or none: for some of what no manifest describes any more, some of which is only let go of,
    and for objects of others, found by their titles."""
    found = [
        {"address": address, "action": dice.choice(["forget", *REMOVALS[address.partition("/")[0]]])}
        for address in dropped
        if dice.random() < 0.5
    ]
    found += [each for each in OTHERS if dice.random() < 0.15]
    return [Make.document("Removed", "gone", {"objects": found})] if found else []


def organisation(dice: Random) -> Json:
    """What was there before, in the form of the sandbox's seed: flows and reasons of others, some with our titles."""
    titles = dice.sample(["won", "lost", "Fremd", "Anderes"], dice.randint(0, 4))
    reasons = [
        {"id": f"{number}".rjust(21, "R"), "title": title, "status": dice.choice(["ACTIVE", "INACTIVE"])}
        for number, title in enumerate(titles)
    ]
    flow = {
        "id": "foreign1",
        "name": "Fremd",
        "version": "v3",
        "enabled": dice.random() < 0.5,
        "trigger": {"type": "manual", "entity_schema": "contact"},
        "closing_reasons": [{"id": each["id"]} for each in reasons[:1]],
        "tasks": [{"id": "t1", "name": "Anrufen", "task_type": "MANUAL", "x_unknown": [1, None, {"y": "ä"}]}],
        "edges": [{"id": "e1", "from_id": "trigger", "to_id": "t1"}],
    }
    other = {**flow, "id": "foreign2", "name": "Bleibt", "closing_reasons": []}
    return {"closing_reasons": reasons, "flow_templates": [flow, other]}


def _some(dice: Random, names: tuple[str, ...]) -> list[str]:
    return [name for name in names if dice.random() < 0.4]


def _attributes(dice: Random, slugs: list[str]) -> list[Json]:
    names = _some(dice, tuple(ATTRIBUTES))
    dice.shuffle(names)
    found = [{"name": name, "label": dice.choice(WORDS), **ATTRIBUTES[name]} for name in names]
    return found + [Make.relation(f"to_{slug}", slug) for slug in slugs if dice.random() < 0.4]


def _flow(dice: Random, name: str, reasons: list[str], slugs: list[str]) -> Json:
    more: dict[str, Json] = {"enabled": dice.random() < 0.5}
    if reasons and dice.random() < 0.5:
        more["closing_reasons"] = [{"ref": each} for each in dice.sample(reasons, len(reasons))]
    if dice.random() < 0.5:
        more["description"] = dice.choice((None, *WORDS))
    if dice.random() < 0.35:
        bundle = Make.bundle(name, **more)
        bundle["spec"]["automations"]["mail"]["flow_name"] = f"Mail {name} {dice.choice(WORDS)}"
        return bundle
    slug = dice.choice(["contact", *({"ref": each} for each in slugs)])
    steps = [f"{name}_{number}" for number in range(dice.randint(1, 4))]
    return Make.flow(name, steps=steps, trigger={"type": "manual", "entity_schema": slug}, **more)
