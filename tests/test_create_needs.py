"""What a create needs: field by field taken out of a sound body, our schemas refuse what the sandbox refuses, and what
the published definitions do."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

pytest.importorskip("flask", reason="the sandbox's extra is not installed")

from syncer.diff.required_fields import CreateSchema
from syncer.kinds.entity_schema.declared_parts import WHOLE
from syncer.sandbox.app.bodies import REQUEST
from syncer.sandbox.body_schema import BodySchema, body_schema
from syncer.sandbox.entity.bodies import SCHEMA
from syncer.sandbox.workflow.bodies import AUTOMATION, flow
from syncer.schema_check.registry import load
from tests import test_openapi as published

pytestmark = pytest.mark.slow

Json = Any
Path = tuple[str | int, ...]

SANDBOX: dict[str, BodySchema] = {
    "new flow": flow(tasks_by_type=True, reasons_complete=False),
    "automation": AUTOMATION,
    "entity schema": SCHEMA,
    "app": REQUEST,
    "retention": body_schema("data_governance", "upsert"),
}
"""Model of `test_openapi` → what the sandbox's create asks of its body: what doesn't fit is answered with 400."""
FILLED_IN = {
    "new flow": {
        "edges[].id", "tasks[].conditions[].statements", "tasks[].conditions[].statements[].id",
        "closing_reasons[].id",  # a manifest refers to one
    },
    "entity schema": {"capabilities"},
}  # fmt: skip
"""What syncer or the platform itself puts into a body: no manifest has to say it."""
OURS_ALONE = {
    "new flow": {"enabled", "version"},  # left out, the platform would switch the flow on, and choose its form
    "app": {"version", "app_id"},  # left out, the platform would choose one; the id stands in the path
    "retention": {  # each narrows what is deleted; the schema stands in the path
        "enabled", "entity_schema", "query.filters[].related_entity_schemas", "query.filters[].lookback_period_days",
    },
}  # fmt: skip
"""What we ask of a new object though its body needs it not."""
NEEDED = {"new flow": 40, "automation": 10, "entity schema": 60, "app": 2, "retention": 4}
"""How many needed fields a sound body has at least: so many are taken out."""


def sound(title: str) -> Iterator[Json]:
    """Bodies with every field there is, and of every list of variants one of each."""
    chance = random.Random(20)
    about = published.MODELS[title]
    for body in published.bodies(about, chance.randrange(1_000), whole=True):
        yield _matched(published.adapted(body, [_NOT_OVERRIDABLE])) if title == "entity schema" else body


_NOT_OVERRIDABLE = published.Difference(
    "depends on other fields", ("entity schema",), "", r".*\.overridable_attribute|overridable_attribute",
    lambda value, item: True, False,
)  # fmt: skip


def _matched(schema: Json) -> Json:
    """The schema with each attribute matched in a way that its shape allows."""
    parts = (schema, *schema.get("capabilities", ()))
    for attribute in (each for part in parts for each in part.get("attributes", ())):
        relation, several = attribute["type"] in ("relation", "file", "image"), attribute.get("repeatable") is True
        if fuzzy := attribute.get("edit_mode_config", {}).get("fuzzy_config"):
            fuzzy["type"] = "relation_set" if relation else "suffix"
            if several and not relation:  # which depends on another field
                del attribute["edit_mode_config"]["fuzzy_config"]
    return schema


def fields(value: Json, path: Path = ()) -> Iterator[Path]:
    """The path of every field of every mapping."""
    for step, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        if isinstance(value, dict):
            yield (*path, step)
        yield from fields(item, (*path, step))


def without(value: Json, path: Path) -> Json:
    """A copy of the value less the field at the path."""
    step, rest = path[0], path[1:]
    if isinstance(value, list):
        return [*value[:step], without(value[step], rest), *value[step + 1 :]]
    less = {name: item for name, item in value.items() if rest or name != step}
    return less | {step: without(value[step], rest)} if rest else less


def shown(path: Path) -> str:
    """`tasks[].name`."""
    return "".join("[]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


@cache
def schema(title: str) -> CreateSchema:
    about = published.MODELS[title]
    whole = CreateSchema.of_manifest(load(about.slug))
    if not about.part:
        return whole
    return CreateSchema(whole.schema["properties"][about.part]["additionalProperties"], whole.defs)


def always(title: str, body: Json) -> set[Path]:
    """What every manifest must say by our schemas, also one of an object that exists: a key, what selects a branch."""
    must: set[Path] = set()

    def walk(said: CreateSchema, value: Json, path: Path) -> None:
        if isinstance(value, dict):
            must.update((*path, name) for each in said.facets(value) for name in each.get("required", ()))
        for step in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
            for below in said.below(value, step):
                walk(below, value[step], (*path, step))

    walk(schema(title), body, ())
    return must


def refused_by_sandbox(title: str, body: Json) -> set[Path]:
    """The fields without any of which the body is answered with 400."""
    assert SANDBOX[title].mistakes(body) == []
    return {path for path in fields(body) if not SANDBOX[title].fits(without(body, path))}


@pytest.mark.parametrize("title", SANDBOX)
def test_what_the_sandbox_refuses_the_plan_refuses(title: str) -> None:
    """Every field of a sound body, taken out in turn: what is 400 there is a finding here, and nothing else is one of
    what a create needs."""
    for body in sound(title):
        refused, needed = (
            refused_by_sandbox(title, body),
            {(*path, name) for path, name, _ in schema(title).fields(body)},
        )
        unsaid = {
            path for path in refused - needed - always(title, body) if shown(path) not in FILLED_IN.get(title, ())
        }
        assert sorted(map(shown, unsaid)) == []
        assert {shown(path) for path in needed - refused} <= OURS_ALONE.get(title, set())
        assert len(needed & refused) >= NEEDED[title]


@published.pytestmark
@pytest.mark.parametrize("title", SANDBOX)
def test_what_the_newest_definition_requires_the_sandbox_refuses(title: str) -> None:
    known = [
        each
        for each in published.ACCEPTED_BY_US_ALONE.values()
        if title in each.models and "newest" in each.generations.split()
    ]
    body = published.adapted(next(sound(title)), known)
    required = {path for path in fields(body) if not fits(title, body, path)}
    assert sorted(map(shown, required ^ refused_by_sandbox(title, body))) == []


def test_a_schema_described_whole_says_what_a_create_needs() -> None:
    """`x-syncer-create` is the one list of it."""
    assert set(WHOLE) == {*schema("entity schema").needed({}), "capabilities"}


UNIONS = {"tasks": "Task", "attributes": "Attribute", "triggers": "AnyTrigger", "additional_triggers": "Trigger"}
"""Lists whose items are unions without discriminator: their first member takes nearly anything."""
TASKS = {"MANUAL": "ManualTask", "AUTOMATION": "AutomationTask", "DECISION": "DecisionTask", "AI_AGENT": "AiAgentTask"}


def fits(title: str, body: Json, path: Path) -> bool:
    """Whether the newest definition takes a body without the field at the path: as a whole, and where it stands in an
    item of a union by the item's own model, which is that of its word."""
    model, document = published.model(published.MODELS[title], "newest")
    schemas = document["components"]["schemas"]
    if len(path) > 2 and path[0] in UNIONS:
        item = body[path[0]][path[1]]
        word = item.get("task_type", item.get("type"))
        if path[0] == "tasks":
            own = schemas[TASKS[word]]
        else:
            own = members(UNIONS[str(path[0])], title)[word]
        return accepts(own, document, without(item, path[2:]))
    return accepts(model, document, without(body, path))


@cache
def members(union: str, title: str) -> dict[str, Json]:
    """The models of a union by their words."""
    _, document = published.model(published.MODELS[title], "newest")
    return published.branches(document["components"]["schemas"][union], document)


def accepts(schema: Json, document: Json, value: Json) -> bool:
    """Whether a published schema takes a value."""
    import jsonschema_rs

    key = id(document), id(schema)
    if key not in JUDGES:
        rooted = {"allOf": [schema], "components": document["components"]}
        JUDGES[key] = jsonschema_rs.Draft202012Validator(rooted, offline=True)
    return JUDGES[key].is_valid(value)


JUDGES: dict[tuple[int, int], Any] = {}
