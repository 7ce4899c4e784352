"""Writes repositories of believable manifests, always the same ones; knows the format of manifests, not `syncer`."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

Json = Any

ORGANISATION = "911690"
SETTINGS = f"""\
version: 1
manifests: [config]
environments:
  bench:
    org_id: "{ORGANISATION}"
    token: {{env: SYNCER_TOKEN}}
    pace: 100%
"""

VERBS = ("prüfen", "anfordern", "bestätigen", "versenden", "ablegen", "freigeben", "terminieren", "abrechnen")
THINGS = ("Unterlagen", "Angebot", "Zählerstand", "Vertrag", "Rechnung", "Netzanschluss", "Termin", "Vollmacht")
PHASES = ("Eingang", "Prüfung", "Angebot", "Ausführung", "Abschluss")
WHY = ("Zu teuer", "Kein Interesse", "Nicht erreichbar", "Anderer Anbieter", "Technisch nicht möglich", "Doppelt")
TYPES = ("string", "number", "boolean", "date", "select", "multiselect", "link", "internal", "status", "radio")


def manifest(kind: str, name: str, spec: Json) -> Json:
    """The envelope around a spec."""
    return {"apiVersion": "syncer/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def reason(index: int) -> Json:
    """A closing reason: 8 lines."""
    title = f"{WHY[index % len(WHY)]} ({index:05d})"
    return manifest("ClosingReason", f"reason-{index:05d}", {"title": title, "status": "ACTIVE"})


def _task(rng: random.Random, index: int, phase: str) -> Json:
    thing, verb = rng.choice(THINGS), rng.choice(VERBS)
    text = f"<body><p>{thing} {verb}, dann weiter mit Schritt {index + 2}. Rückfragen an die Netzplanung.</p></body>"
    task: Json = {
        "id": f"task_{index:02d}",
        "name": f"{index + 1}. {thing} {verb}",
        "task_type": "MANUAL",
        "phase_id": phase,
        "description": {"enabled": True, "value": text},
    }
    if index % 3 == 1:
        due = {
            "duration": rng.randint(1, 20),
            "unit": "days",
            "type": "TASK_FINISHED",
            "task_id": f"task_{index - 1:02d}",
        }
        task["due_date_config"] = due
    if index % 4 == 2:
        task["ecp"] = {"enabled": True, "label": f"Ihr {thing}", "description": "<body><p>In Arbeit.</p></body>"}
    return task


def _question(index: int, phase: str) -> Json:
    source = {
        "origin": "trigger", "origin_type": "entity", "schema": "contact",
        "attribute": "priority", "attribute_type": "select", "attribute_repeatable": False,
    }  # fmt: skip
    statement = {"source": source, "operator": "any_of", "values": ["hoch"]}
    return {
        "id": f"task_{index:02d}",
        "name": f"{index + 1}. Eilig?",
        "task_type": "DECISION",
        "phase_id": phase,
        "trigger_mode": "automatic",
        "conditions": [
            {"id": "urgent", "branch_name": "Eilig", "logical_operator": "AND", "statements": [statement]},
            {"id": "usual", "branch_name": "Üblich", "logical_operator": "AND", "statements": []},
        ],
    }


def flow(index: int, reasons: int) -> Json:
    """A flow of 5 phases and 16 tasks, one of them a decision: about 240 lines."""
    rng = random.Random(f"flow {index}")
    phases = [{"id": f"phase_{n}", "name": name} for n, name in enumerate(PHASES)]
    members: list[list[str]] = [[] for _ in phases]
    tasks = []
    for number in range(16):
        place = number * len(phases) // 16
        members[place].append(f"task_{number:02d}")
        phase = phases[place]["id"]
        tasks.append(_question(number, phase) if number == 13 else _task(rng, number, phase))
    edges: list[Json] = [{"from_id": "trigger", "to_id": "phase_0"}]
    for place, inside in enumerate(members):
        edges.append({"from_id": f"phase_{place}", "to_id": inside[0]})
        edges += [{"from_id": a, "to_id": b} for a, b in pairwise(inside) if a != "task_13"]
        if place + 1 < len(phases):
            edges.append({"from_id": f"phase_{place}", "to_id": f"phase_{place + 1}"})
    edges.append({"from_id": "task_13", "to_id": "task_14", "condition_id": "urgent"})
    edges.append({"from_id": "task_13", "to_id": "task_15", "condition_id": "usual", "none_met": True})
    edges.remove({"from_id": "task_14", "to_id": "task_15"})
    spec = {
        "name": f"Ablauf {index:04d}: {rng.choice(THINGS)} {rng.choice(VERBS)}",
        "description": "Vom Eingang bis zum Abschluss, mit Fristen und einer Entscheidung",
        "version": "v3",
        "enabled": False,
        "trigger": {"type": "manual", "entity_schema": "contact"},
        "due_date_config": {"duration": 8, "unit": "weeks", "type": "WORKFLOW_STARTED"},
        "phases": phases,
        "tasks": tasks,
        "edges": edges,
    }
    if reasons:
        spec["closing_reasons"] = [{"ref": f"reason-{number:05d}"} for number in sorted(rng.sample(range(reasons), 4))]
    return manifest("FlowTemplate", f"flow-{index:04d}", spec)


def _attribute(rng: random.Random, number: int) -> Json:
    attribute: Json = {
        "name": f"field_{number:02d}",
        "label": f"{rng.choice(THINGS)} {number}",
        "type": (kind := TYPES[number % len(TYPES)]),
        "group": f"group_{number // 9}",
        "order": number,
        "layout": rng.choice(("half_width", "full_width")),
        "required": number % 7 == 0,
        "show_in_table": number % 5 == 0,
    }
    if kind in {"select", "multiselect", "status", "radio"}:
        attribute["options"] = [{"value": f"v{n}", "title": f"{rng.choice(WHY)} {n}"} for n in range(3)]
    return attribute


def schema(index: int) -> Json:
    """An entity schema of 54 attributes in 6 groups: about 600 lines."""
    rng = random.Random(f"schema {index}")
    spec = {
        "slug": f"bench_{index:03d}",
        "name": f"Vorgang {index}",
        "plural": f"Vorgänge {index}",
        "published": True,
        "title_template": "{{field_00}}",
        "group_settings": [{"id": f"group_{n}", "label": f"{THINGS[n]} {n}", "order": n} for n in range(6)],
        "attributes": [_attribute(rng, number) for number in range(54)],
        "capabilities": [{"name": "comments", "title": "Vermerke"}],
    }
    return manifest("EntitySchema", f"schema-{index:03d}", spec)


def write(path: Path, documents: Iterable[Json]) -> None:
    """A YAML file of these documents, in block style."""
    path.parent.mkdir(parents=True, exist_ok=True)
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        yaml.dump_all(documents, file, Dumper=dumper, sort_keys=False, allow_unicode=True, width=120)


def repository(folder: Path, *, reasons: int = 0, flows: int = 0, schemas: int = 0) -> Path:
    """A repository with that many manifests: 50 closing reasons a file, a file for every flow and every schema."""
    folder.mkdir(parents=True)
    (folder / "syncer.yaml").write_text(SETTINGS, encoding="utf-8")
    config = folder / "config"
    config.mkdir()
    for first in range(0, reasons, 50):
        block = range(first, min(first + 50, reasons))
        write(config / "reasons" / f"from-{first:05d}.yaml", map(reason, block))
    for index in range(flows):
        write(config / "flows" / f"flow-{index:04d}.yaml", [flow(index, reasons)])
    for index in range(schemas):
        write(config / "schemas" / f"schema-{index:03d}.yaml", [schema(index)])
    return folder


def titles(reasons: int) -> Iterator[str]:
    """The titles of the first so many closing reasons."""
    return (str(reason(index)["spec"]["title"]) for index in range(reasons))


def count_lines(folder: Path) -> int:
    """How many lines of manifest there are in a folder."""
    return sum(len(path.read_bytes().splitlines()) for path in folder.rglob("*.yaml"))
