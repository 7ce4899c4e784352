"""What an apply asks of the platform: the calls the plan announced, and few beside them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from benchmarks.figures import Figure
from benchmarks.manifests import repository, write
from benchmarks.platform import Platform, platform
from benchmarks.subject import Size, syncer

Json = Any

OBJECTS = 10  # of each kind: enough to tell a call per object from a call per list

# Calls an object cannot do without, besides one list a kind: a create is sent and read back (a schema's is an upsert,
# so it is looked at first); an update reads, writes, and reads back. Whether a live schema is frozen, only its versions
# tell.
UNAVOIDABLE = {
    "create": {"ClosingReason": 2, "EntitySchema": 3, "FlowTemplate": 2},
    "update": {"ClosingReason": 3, "EntitySchema": 4, "FlowTemplate": 3},
}
ROOM = 1.2


def figures(size: Size, folder: Path) -> Iterator[Figure]:
    """Writes = those announced; all requests ≤ 1.2 × the unavoidable; for creates, then for updates of every object."""
    del size  # counting takes no time
    here = repository(folder / "repository", reasons=OBJECTS, flows=OBJECTS, schemas=OBJECTS)
    with platform(folder) as there:
        yield from _applied("create", here, there)
        _edit_everything(here)
        yield from _applied("update", here, there)


def _applied(verb: str, here: Path, there: Platform) -> Iterator[Figure]:
    syncer(here, "plan", "-o", "plan.json", platform=there)()
    plan = json.loads((here / "plan.json").read_text("utf-8"))
    announced: Counter[str] = Counter()
    for change in plan["changes"]:
        announced[change["address"].partition("/")[0]] += len(change["calls"])
    there.forget_requests()
    syncer(here, "apply", "plan.json", "--yes", platform=there)()
    asked = there.requests()
    for kind, each in UNAVOIDABLE[verb].items():
        writes = sum(number for (of, method), number in asked.items() if of == kind and method != "GET")
        every = sum(number for (of, _), number in asked.items() if of == kind)
        least = 1 + OBJECTS * each
        yield Figure(f"{verb} {OBJECTS} {kind}: writes", writes, "", announced[kind], "the plan's `calls`")
        how = f"{every / OBJECTS:.1f} an object; unavoidable: {least}"
        yield Figure(f"{verb} {OBJECTS} {kind}: all requests", every, "", ROOM * least, how)


def _edit_everything(here: Path) -> None:
    """Another title, description or plural in every manifest."""
    for path in sorted((here / "config").rglob("*.yaml")):
        documents = list(yaml.safe_load_all(path.read_text("utf-8")))
        for document in documents:
            spec: Json = document["spec"]
            field = {"ClosingReason": "title", "FlowTemplate": "description", "EntitySchema": "plural"}[
                document["kind"]
            ]
            spec[field] = f"{spec[field]} (neu)"
        write(path, documents)
