"""Our schemas against the platform's published definitions, both generations: what each accepts, the other accepts too.

The definitions are not part of the project; without them beside the repository all of this is skipped. Every
difference stands in a table with its reason, and a difference that is none any more fails.
"""

from __future__ import annotations

import itertools
import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from syncer.schema_check.explanation import prepare
from syncer.schema_check.registry import check, load

DEFINITIONS = Path(__file__).parents[1] / ".." / "shared" / "openapi"
pytestmark = pytest.mark.skipif(
    not DEFINITIONS.is_dir(), reason="the published definitions are not in ../shared/openapi beside the repository"
)

KINDS = {
    "closing-reason": "ClosingReason",
    "flow-template": "FlowTemplate",
    "entity-schema": "EntitySchema",
    "app-installation": "AppInstallation",
    "retention-config": "RetentionConfig",
}


@dataclass(frozen=True)
class Model:
    """A published model of a body that is sent, and the part of our spec it is about (`automations.*`, or all)."""

    slug: str
    older: str
    newer: str
    name: str
    part: str = ""


MODELS = {
    "closing reason": Model("closing-reason", "workflow-definition", "workflow-definition", "ClosingReason"),
    "new flow": Model("flow-template", "workflow-definition", "workflow-definition", "CreateFlowTemplate"),
    "flow": Model("flow-template", "workflow-definition", "workflow-definition", "FlowTemplate"),
    "automation": Model("flow-template", "automation", "automation", "AutomationFlow", "automations"),
    "entity schema": Model("entity-schema", "entity", "entity", "EntitySchema"),
    "app": Model("app-installation", "app", "app", "InstallRequest"),
    "retention": Model("retention-config", "data-management", "data-governance", "UpsertConfigRequest"),
}
GENERATIONS = ("older", "newer", "newest")
"""D1, D2 and D3 of docs/platform.md#sources; what did not change from D2 to D3 is not there a third time."""


# --- published definitions ----------------------------------------------------------------------------------------


@cache
def definition(api: str, generation: str) -> dict[str, Any]:
    """A published document; OpenAPI 3.0's `nullable` is written as JSON Schema has it."""
    names = {"older": f"{api}.json", "newer": f"{api}.newer.json", "newest": f"newest/{api}.json"}
    file = DEFINITIONS / names[generation]
    if not file.is_file():
        file = DEFINITIONS / names["newer"]
    document: dict[str, Any] = plain_schema(json.loads(file.read_text(encoding="utf-8")))
    return document


def plain_schema(node: Any) -> Any:
    """OpenAPI 3.0's schema dialect as JSON Schema 2020-12."""
    if isinstance(node, list):
        return [plain_schema(item) for item in node]
    if not isinstance(node, dict):
        return node
    done = {word: plain_schema(value) for word, value in node.items() if word not in ("example", "examples")}
    if done.pop("nullable", False) is True:
        return {"anyOf": [done, {"type": "null"}]}
    return done


def model(about: Model, generation: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The model's schema, and the document that its references point into."""
    document = definition(about.older if generation == "older" else about.newer, generation)
    if about.name == "InstallRequest":
        body = document["components"]["requestBodies"]["InstallRequest"]
        return body["content"]["application/json"]["schema"], document
    return document["components"]["schemas"][about.name], document


def refused(schema: dict[str, Any], document: dict[str, Any], value: Any) -> str:
    """Why a published schema refuses a value; empty when it accepts it."""
    import jsonschema_rs

    rooted = {"allOf": [schema], "components": document["components"]}
    key = (id(document), json.dumps(schema, sort_keys=True))
    if key not in VALIDATORS:
        VALIDATORS[key] = jsonschema_rs.Draft202012Validator(rooted, offline=True)
    return "; ".join(f"{error.instance_path}: {error.message}"[:300] for error in VALIDATORS[key].iter_errors(value))


VALIDATORS: dict[tuple[int, str], Any] = {}


def resolved(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """What a reference points to."""
    while "$ref" in schema:
        target: Any = document
        for step in schema["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        schema = target
    return schema


# --- bodies from our schemas --------------------------------------------------------------------------------------

UUID = "0f6d3a7e-6c53-4d07-9f2f-2a1b8d7b3c11"
TEXTS = {
    r"^[0-9]+\.[0-9]+\.[0-9]+$": "1.4.2",
    "^[A-Za-z][A-Za-z0-9+.-]*:": "https://docs.example.com",
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.]+(Z|[+-][0-9:]+)?)?$": "2027-01-15T10:00:00Z",
    "^[12][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$": "2027-01-15",
    "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$": UUID,
}


def sent(schema: dict[str, Any], chance: random.Random, whole: bool) -> Any:
    """A value that a prepared schema of ours accepts, as it would be sent: references are ids, variables filled in.

    `whole`: every field there is; else those a create needs and some of the others.
    """
    if "x-unless-variable" in schema:
        return sent({**schema["x-unless-variable"]["rule"], "type": schema["type"]}, chance, whole)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return chance.choice(schema["enum"])
    if "x-dispatch" in schema:
        return sent_variant(
            schema, chance.choice([word for word in schema["x-dispatch"]["cases"] if word]), chance, whole
        )
    if schema.get("x-syncer-reference") == "ClosingReason":
        return {"id": "x739cew", "title": "Anderes Angebot", "status": "ACTIVE"}
    kinds = [schema["type"]] if isinstance(schema.get("type"), str) else list(schema.get("type", ["string"]))
    kinds = [kind for kind in kinds if kind != "null"]
    if "string" in kinds and (len(kinds) > 1 and str(schema.get("pattern", "")).startswith(r"^\$\{")):
        kinds.remove("string")
    if "x-syncer-reference" in schema or "file" in schema.get("properties", {}):
        kinds = ["string"]
    match chance.choice(kinds):
        case "object":
            return sent_object(schema, chance, whole)
        case "array":
            return sent_list(schema, chance, whole)
        case "boolean":
            return chance.choice([True, False])
        case "integer":
            return schema.get("minimum", 0) + chance.randint(0, 30)
        case "number":
            return schema.get("minimum", 0) + chance.choice([0, 1, 2.5, 40])
    text = TEXTS.get(schema.get("pattern", "").split(r"|\$\{")[0], chance.choice(["sample", "sample_2"]))
    return text.ljust(schema.get("minLength", 0), "x")


FILLED = ("id", "to_id", "status", "capabilities", "statements")
"""What syncer fills in where a manifest leaves it out, and a body needs."""


def sent_object(schema: dict[str, Any], chance: random.Random, whole: bool) -> dict[str, Any]:
    """A mapping with all of its fields, or with those it needs and some others."""
    needed = {*schema.get("required", ()), *schema.get("x-syncer-create", ()), *FILLED}
    fields = schema.get("properties", {})
    body = {
        name: sent(field, chance, whole)
        for name, field in fields.items()
        if whole or name in needed or chance.random() < 0.3
    }
    rest = schema.get("additionalProperties")
    if isinstance(rest, dict):
        body |= {key: sent(rest, chance, whole) for key in ("first", "second")}
    return body


def sent_list(schema: dict[str, Any], chance: random.Random, whole: bool) -> list[Any]:
    """A list; where its items have branches and `whole` is asked for, one of each word that selects one."""
    items = schema.get("items", {"type": "string"})
    words = [word for word in items.get("x-dispatch", {}).get("cases", {}) if word]
    if whole and words:
        return [sent_variant(items, word, chance, whole) for word in words]
    return [sent(items, chance, whole) for _ in range(max(1, schema.get("minItems", 0)))]


def sent_variant(schema: dict[str, Any], word: str, chance: random.Random, whole: bool) -> dict[str, Any]:
    """A mapping that follows the branch which a word selects."""
    choice = schema["x-dispatch"]
    keys = [name for name in schema.get("required", ()) if name != choice["on"]]
    body: dict[str, Any] = {name: sent(schema["properties"][name], chance, whole) for name in keys}
    body |= sent_object(choice["cases"][word], chance, whole)
    return body | {choice["on"]: word}


@cache
def prepared(slug: str) -> dict[str, Any]:
    """Our schema of a spec, prepared as the explanation uses it."""
    spec: dict[str, Any] = prepare(load(slug))["properties"]["spec"]
    return spec


def bodies(about: Model, seed: int, whole: bool) -> Iterator[dict[str, Any]]:
    """Bodies that would be sent for generated manifests."""
    chance = random.Random(seed)
    spec = sent_object(prepared(about.slug), chance, whole)
    if about.part:
        yield from spec.get(about.part, {}).values()
        return
    for name in ("automations", "entity_schema", "app_id"):  # sent elsewhere: with an import, in the path
        spec.pop(name, None)
    yield spec


# --- ours ⊂ published ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Difference:
    """A place where we accept what a published generation refuses; `instead` is what it accepts, None: leave out."""

    reason: str
    models: tuple[str, ...]
    generations: str
    place: str
    matches: Callable[[Any, dict[str, Any]], bool]
    instead: Any = None


FLOWS = ("new flow", "flow")
ACCEPTED_BY_US_ALONE = {
    "edit mode of a relation, newer": Difference(
        "asks for one of direct, external, approval and at the same time for list-view, so no value passes",
        ("entity schema",), "newer newest", r".*attributes\[\d+\]\.edit_mode",
        lambda value, item: item.get("type") == "relation",
    ),
    "edit mode of a relation, older": Difference(
        "knows list-view only; the other three came later",
        ("entity schema",), "older", r".*attributes\[\d+\]\.edit_mode",
        lambda value, item: item.get("type") == "relation" and value != "list-view",
    ),
    "object as a search mapping": Difference(
        "came later", ("entity schema",), "older", r"explicit_search_mappings\..*\.type",
        lambda value, item: value == "object", "keyword",
    ),
    "years": Difference(
        "came later", FLOWS, "older", r".*\.unit",
        lambda value, item: value == "years" and "amount" not in item, "days",
    ),
    "due dates by tasks before": Difference(
        "came later", FLOWS, "older", r".*due_date_config\.type",
        lambda value, item: value.endswith("_PRECEDING_TASKS_COMPLETED") or value == "A_PRECEDING_TASK_COMPLETED",
        "TASK_FINISHED",
    ),
    "moment after all tasks before": Difference(
        "came later", FLOWS, "older", r".*schedule\.reference\.origin",
        lambda value, item: value == "all_preceding_tasks_completed", "flow_started",
    ),
    "more than ten rounds": Difference(
        "was lifted to 100, then to a soft limit", FLOWS, "older", r".*loop_config\.max_iterations",
        lambda value, item: value > 10, 10,
    ),
    "event catalogue": Difference(
        "came later", ("automation",), "older newer", r"triggers\[\d+\]",
        lambda value, item: value["type"] == "event_catalog",
    ),
    "operations on relations": Difference(
        "came later", ("automation",), "older newer", r".*operations?\[\d+\]",
        lambda value, item: value.startswith("relations"), "createEntity",
    ),
    "files of a journey": Difference(
        "came later", ("automation",), "newer", r".*\.source_type",
        lambda value, item: value == "journey-file-upload", "entity-relation",
    ),
    "values of an event": Difference(
        "came later", ("automation",), "older newer", r".*\.originType", lambda value, item: value == "event", "entity",
    ),
    "structured option values": Difference(
        "came later", ("app",), "older", r"option_values\[\d+\]\.options\[\d+\]\.value",
        lambda value, item: isinstance(value, dict | list), "text",
    ),
}  # fmt: skip


def adapted(value: Any, differences: list[Difference], path: str = "") -> Any:
    """A copy of a body with the differences taken out."""
    if isinstance(value, list):
        items = []
        for index, item in enumerate(value):
            place = f"{path}[{index}]"
            found = next((d for d in differences if re.fullmatch(d.place, place) and d.matches(item, {})), None)
            if found is None or found.instead is not None:
                items.append(found.instead if found else adapted(item, differences, place))
        return items
    if not isinstance(value, dict):
        return value
    done = {}
    for name, inner in value.items():
        place = f"{path}.{name}".removeprefix(".")
        found = next((d for d in differences if re.fullmatch(d.place, place) and d.matches(inner, value)), None)
        if found is None:
            done[name] = adapted(inner, differences, place)
        elif found.instead is not None:
            done[name] = found.instead
    return done


def complaints(title: str, generation: str, body: dict[str, Any]) -> list[str]:
    """What a published generation says against a body: against the whole, and against each part by its own model.

    The parts, because `Task`, `Attribute` and the like are unions without discriminator: the first member of `Task`
    accepts any mapping with an id, a name and a type.
    """
    schema, document = model(MODELS[title], generation)
    found = [refused(schema, document, body)]
    schemas = document["components"]["schemas"]
    tasks = {
        "MANUAL": "ManualTask",
        "AUTOMATION": "AutomationTask",
        "DECISION": "DecisionTask",
        "AI_AGENT": "AiAgentTask",
    }
    found += [refused(schemas[tasks[task["task_type"]]], document, task) for task in body.get("tasks", ())]
    if "trigger" in body:
        by_type = branches(schemas["Trigger"], document)
        found += [
            refused(by_type[t["type"]], document, t) for t in (body["trigger"], *body.get("additional_triggers", ()))
        ]
    if "triggers" in body:
        by_type = branches(schemas["AnyTrigger"], document)
        found += [
            refused(by_type[t["type"]], document, t) if t["type"] in by_type else f"no trigger {t['type']}"
            for t in body["triggers"]
        ]
    if "attributes" in body:
        by_type = branches(schemas["Attribute"], document)
        found += [refused(by_type[attribute["type"]], document, attribute) for attribute in body["attributes"]]
    return [complaint for complaint in found if complaint]


def branches(union: dict[str, Any], document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The members of a published union by the words of `type` that they have."""
    found = {}
    for member in union["anyOf"]:
        for part in [resolved(member, document), *resolved(member, document).get("allOf", ())]:
            for word in part.get("properties", {}).get("type", {}).get("enum", ()):
                found[word] = member
    return found


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize("title", MODELS)
def test_what_we_accept_they_accept(title: str, generation: str) -> None:
    known = [d for d in ACCEPTED_BY_US_ALONE.values() if title in d.models and generation in d.generations.split()]
    seen = 0
    for seed in range(80):
        for body in bodies(MODELS[title], seed, whole=seed % 3 == 0):
            assert complaints(title, generation, adapted(body, known)) == []
            seen += 1
    assert seen >= 60


@pytest.mark.parametrize("slug", KINDS)
def test_generated_specs_are_ours(slug: str) -> None:
    for seed in range(30):
        spec = sent_object(prepared(slug), random.Random(seed), whole=seed % 2 == 0)
        for reason in spec.get("closing_reasons", ()):
            del reason["title"], reason["status"]
        document = {"apiVersion": "syncer/v1", "kind": KINDS[slug], "metadata": {"name": "sample"}, "spec": spec}
        assert check(slug, document, strict=True) == []


@pytest.mark.parametrize("name", ACCEPTED_BY_US_ALONE)
def test_each_difference_is_one(name: str) -> None:
    difference = ACCEPTED_BY_US_ALONE[name]
    others = [d for d in ACCEPTED_BY_US_ALONE.values() if d is not difference]
    for title, generation in itertools.product(difference.models, difference.generations.split()):
        known = [d for d in others if title in d.models and generation in d.generations.split()]
        made = (body for seed in range(60) for body in bodies(MODELS[title], seed, whole=True))
        assert any(complaints(title, generation, adapted(body, known)) for body in made)


# --- published ⊂ ours ---------------------------------------------------------------------------------------------


def published(schema: dict[str, Any], document: dict[str, Any], chance: random.Random, depth: int = 0) -> Any:
    """A value that a published schema allows, built from what it says of types, words, required fields and ranges."""
    schema = resolved(schema, document)
    if "enum" in schema:
        return chance.choice(schema["enum"])
    if "allOf" in schema and not any("properties" in resolved(part, document) for part in members(schema, document)):
        return published(schema["allOf"][0], document, chance, depth)
    if "allOf" in schema or ("properties" in schema and "type" not in schema):
        return merged(schema, document, chance, depth)
    for word in ("anyOf", "oneOf"):
        if word in schema:
            options = schema[word] if depth < 12 else schema[word][-1:]
            return published(chance.choice(options), document, chance, depth)
    kind = schema.get("type")
    match chance.choice(kind) if isinstance(kind, list) else kind:
        case "object":
            return merged(schema, document, chance, depth)
        case "array":
            count = max(schema.get("minItems", 0), chance.randint(0, 2) if depth < 12 else 0)
            return [published(schema.get("items", {}), document, chance, depth + 1) for _ in range(count)]
        case "string":
            return published_text(schema, chance)
        case "boolean":
            return chance.choice([True, False])
        case "integer":
            return schema.get("minimum", -3) + chance.randint(0, 5)
        case "number":
            return schema.get("minimum", -3) + chance.choice([0, 2.5, 5])
        case "null":
            return None
    return chance.choice(["any", 1, True])


def members(schema: dict[str, Any], document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A published schema and everything its `allOf` joins to it."""
    schema = resolved(schema, document)
    yield schema
    for part in schema.get("allOf", ()):
        yield from members(part, document)


def published_text(schema: dict[str, Any], chance: random.Random) -> str:
    """Text of the published format or pattern, or anything."""
    formats = {"uuid": UUID, "date": "2027-02-01", "uri": "https://example.com/x"}
    if "format" in schema:
        return formats.get(schema["format"], "2027-02-01T00:00:00Z")
    if "pattern" in schema:
        return "sample_1"
    return chance.choice(["sample", "Ein Text", "x"]).ljust(schema.get("minLength", 0), "x")


def merged(schema: dict[str, Any], document: dict[str, Any], chance: random.Random, depth: int) -> dict[str, Any]:
    """A mapping with the fields of all parts of `allOf`: the required ones and most of the others."""
    body: dict[str, Any] = {}
    needed: set[str] = set()
    for part in [schema, *schema.get("allOf", ())]:
        part = resolved(part, document)
        if part is not schema and "allOf" in part:
            body |= merged(part, document, chance, depth)
        if "anyOf" in part and "properties" not in part and part is not schema:
            body |= published(part, document, chance, depth)
        needed |= set(part.get("required", ()))
        for name, field in part.get("properties", {}).items():
            if name in needed or (depth < 12 and chance.random() < 0.6):
                body[name] = published(field, document, chance, depth + 1)
        if isinstance(part.get("additionalProperties"), dict) and part["additionalProperties"]:
            body["first"] = published(part["additionalProperties"], document, chance, depth + 1)
    return body


def manifest_of(title: str, body: dict[str, Any]) -> dict[str, Any]:
    """The manifest that would say what a body says: without what the platform sets, with references for reasons."""
    about = MODELS[title]
    spec = without_server_fields(body, prepared(about.slug) if not about.part else automation_schema())
    spec["closing_reasons"] = [{"id": r["id"]} for r in spec.pop("closing_reasons", ()) if "id" in r]
    if not spec["closing_reasons"]:
        del spec["closing_reasons"]
    if about.part:
        spec = {"name": "Ein Flow", "enabled": False, "automations": {"first": spec}}
    spec |= {"app-installation": {"app_id": "a"}, "retention-config": {"entity_schema": "contact"}}.get(about.slug, {})
    if about.slug in ("flow-template", "retention-config"):
        spec.setdefault("enabled", False)
    return {"apiVersion": "syncer/v1", "kind": KINDS[about.slug], "metadata": {"name": "sample"}, "spec": spec}


def automation_schema() -> dict[str, Any]:
    """Our schema of a bundled automation."""
    schema: dict[str, Any] = prepared("flow-template")["properties"]["automations"]["additionalProperties"]
    return schema


def without_server_fields(value: Any, schema: Any) -> Any:
    """A copy without the fields that our schema calls the platform's."""
    if not isinstance(schema, dict):
        return value
    if isinstance(value, list):
        return [without_server_fields(item, schema.get("items")) for item in value]
    if not isinstance(value, dict):
        return value
    choice = schema.get("x-dispatch", {"on": "", "cases": {}})
    word = value.get(choice["on"])
    schema = choice["cases"].get(word if isinstance(word, str) else None, schema)
    server, fields = schema.get("x-syncer-server", {}), schema.get("properties", {})
    rest = schema.get("additionalProperties")
    return {
        name: without_server_fields(inner, fields.get(name, rest))
        for name, inner in value.items()
        if name not in server
    }


@dataclass(frozen=True)
class Refusal:
    """A finding of ours on something that a published definition allows."""

    reason: str
    titles: tuple[str, ...]
    rule: str
    place: str


SLUG = "a slug has the form of `EntitySlug`, wherever it stands"
KEY = "a key that other parts name: syncer makes the live id from it"
UNION = "a union without discriminator takes the fields of every member; ours says which member has them"
NARROW = "an empty or foreign key would delete more than meant (docs/platform.md#retention-fields)"
EVERY_FLOW, ALL = ("new flow", "flow"), tuple(MODELS)
TASK_FIELDS = (
    "agent_config|allow_parallel_execution|automation_config|conditions|created_automatically|loop_config|schedule"
)

REFUSED_BY_US = {
    "a reason without title": Refusal("nothing else tells what it is", ("closing reason",), "missing-field", ""),
    "a slug of any form": Refusal(
        SLUG,
        ALL,
        "bad-format",
        r".*(entity_schema|entitySchema|source\.schema|reference\.schema|configuration\.schema)",
    ),
    "a key of any form": Refusal(KEY, EVERY_FLOW, "bad-format", r".*\.id"),
    "a moment of any form": Refusal("the text says ISO", EVERY_FLOW, "bad-format", r".*due_date"),
    "a time of nothing": Refusal(
        "no flow is due before it began; schedules ask for 1 as well", EVERY_FLOW, "too-small", r".*\.duration"
    ),
    "a short name": Refusal("newer platforms ask for three letters", EVERY_FLOW, "too-short", "name"),
    "a schedule without mode": Refusal(
        "the mode says which fields count", EVERY_FLOW, "missing-field", r".*\.schedule"
    ),
    "an immediate decision": Refusal(UNION, EVERY_FLOW, "not-allowed-value", r"tasks\[\]\.schedule\.mode"),
    "another task's field": Refusal(UNION, EVERY_FLOW, "unknown-field", rf"tasks\[\]\.({TASK_FIELDS}|trigger_mode)"),
    "an action without type": Refusal("the type says what it does", ("automation",), "missing-field", r".*actions\[\]"),
    "an action of any type": Refusal(
        "a warning: the definition leaves the list open", ("automation",), "not-allowed-value", r".*actions\[\]\.type"
    ),
    "a condition without id": Refusal("actions name it", ("automation",), "missing-field", r".*conditions\[\]"),
    "an operation that is null": Refusal("means no event", ("automation",), "null-value", r".*operations?\[\]"),
    "a setting without name": Refusal(
        "the name tells which setting", ("entity schema",), "missing-field", r".*settings_flag\[\]"
    ),
    "no setting at all": Refusal(
        "an empty list made schemas disappear (docs/platform.md#schema-fields)",
        ("entity schema",),
        "too-short",
        "enable_setting",
    ),
    "another view's field": Refusal(
        "a view without `view_type` is the usual one", ("entity schema",), "unknown-field", r"ui_config\..*_view\..*"
    ),
    "a version of any form": Refusal(
        "versions are x.y.z (docs/platform.md#versions-of-an-app)", ("app",), "bad-format", "version"
    ),
    "a filter without its key": Refusal(NARROW, ("retention",), "missing-field", r"query\.filters\[\]"),
    "a filter with an empty key": Refusal(NARROW, ("retention",), "too-short", r"query\.filters\[\]\..*"),
    "a filter with another's key": Refusal(NARROW, ("retention",), "unknown-field", r"query\.filters\[\]\..*"),
    "a filter of no days": Refusal(NARROW, ("retention",), "too-small", r"query\.filters\[\]\.lookback_period_days"),
}


def refusals(title: str, generation: str) -> dict[tuple[str, str], str]:
    """Our findings on generated bodies of a published model, by rule and place without numbers."""
    schema, document = model(MODELS[title], generation)
    chance = random.Random(5)
    found = {}
    for _ in range(300):
        for finding in check(MODELS[title].slug, manifest_of(title, published(schema, document, chance)), strict=True):
            steps = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in finding.path[1:]]
            place = re.sub(r"\[\d+\]", "[]", "".join(steps).removeprefix("."))
            found[finding.rule, place] = finding.message
    return found


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize("title", MODELS)
def test_what_they_accept_we_accept(title: str, generation: str) -> None:
    known = [refusal for refusal in REFUSED_BY_US.values() if title in refusal.titles]
    surprises = {
        place: message
        for place, message in refusals(title, generation).items()
        if not any(refusal.rule == place[0] and re.fullmatch(refusal.place, place[1]) for refusal in known)
    }
    assert surprises == {}


def test_each_refusal_is_one() -> None:
    found = {title: refusals(title, "newer").keys() | refusals(title, "older").keys() for title in MODELS}
    idle = [
        name
        for name, refusal in REFUSED_BY_US.items()
        if not any(
            refusal.rule == rule and re.fullmatch(refusal.place, place)
            for title in refusal.titles
            for rule, place in found[title]
        )
    ]
    assert idle == []


# --- every field --------------------------------------------------------------------------------------------------

REASONS = {
    f"closing_reasons[].{name}": "a manifest refers to a reason; its id, title and status are sent, the times are not"
    for name in ("id", "title", "status", "creationTime", "lastUpdateTime")
}
KNOWN_TO_THEM_ALONE = {
    "new flow": REASONS,
    "flow": REASONS,
}
LIVE_HOOKS = ("field", "label", "width", "show_in_table", "sortable", "settings", "expanded", "isCapability")
CHANGELOG = {"keep_task_automations_in_sync": "in the platform's changelog of 2026-07-31, in no definition"}
FORMER_KEYS = {
    f"{part}.aliases": "former keys of a part, of which nothing is sent"
    for part in ("trigger", "additional_triggers[]", "phases[]", "tasks[]", "tasks[].conditions[]")
}
KNOWN_TO_US_ALONE = {
    "new flow": CHANGELOG | FORMER_KEYS,
    "flow": CHANGELOG | FORMER_KEYS,
    "automation": {"actions[].config.configured_reasons": "required by the definitions, which do not describe it"},
    "entity schema": {
        "attributes[].hintHelperText": "found in live schemas (docs/platform.md#attributes-of-a-schema)",
        "capabilities[].attributes[].hintHelperText": "the same",
        "capabilities[].edit_mode": "in the definition's prose (docs/platform.md#capabilities)",
    }
    | {f"capabilities[].ui_hooks[].{name}": "found in live schemas (docs/platform.md#hooks)" for name in LIVE_HOOKS},
    "app": {"app_id": "stands in the path"},
    "retention": {"entity_schema": "stands in the path"},
}


def their_fields(schema: Any, document: dict[str, Any], path: str = "", within: tuple[str, ...] = ()) -> Iterator[str]:
    """Paths of all fields that a published schema names, in all members of its unions."""
    if not isinstance(schema, dict) or schema.get("$ref", "") in within:
        return
    within = (*within, *([schema["$ref"]] if "$ref" in schema else []))
    schema = resolved(schema, document)
    for part in [*schema.get("allOf", ()), *schema.get("anyOf", ()), *schema.get("oneOf", ())]:
        yield from their_fields(part, document, path, within)
    yield from their_fields(schema.get("items"), document, f"{path}[]", within)
    yield from their_fields(schema.get("additionalProperties"), document, f"{path}.*", within)
    for name, field in schema.get("properties", {}).items():
        yield f"{path}.{name}".removeprefix(".")
        yield from their_fields(field, document, f"{path}.{name}".removeprefix("."), within)


def our_fields(schema: Any, path: str = "") -> Iterator[str]:
    """Paths of all fields of ours; `…` ends a path below which anything goes, `!` one that the platform sets."""
    if not isinstance(schema, dict):
        return
    for case in schema.get("x-dispatch", {}).get("cases", {}).values():
        yield from our_fields(case, path)
    if "x-syncer-reference" in schema or "file" in schema.get("properties", {}):
        return
    rest = schema.get("additionalProperties")
    if (rest is True and not schema.get("properties")) or not set(schema) - {"description", "examples"}:
        yield f"{path}…"
    yield from our_fields(schema.get("items"), f"{path}[]")
    yield from our_fields(rest, f"{path}.*")
    for name in schema.get("x-syncer-server", ()):
        yield f"{path}.{name}!".removeprefix(".")
    for name, field in schema.get("properties", {}).items():
        yield f"{path}.{name}".removeprefix(".")
        yield from our_fields(field, f"{path}.{name}".removeprefix("."))


def fields(title: str) -> tuple[set[str], set[str]]:
    """Their fields and ours, as paths with the marks of `our_fields`."""
    about = MODELS[title]
    theirs = {field for generation in GENERATIONS for field in their_fields(*model(about, generation))}
    if title == "automation":  # two actions that its union of actions leaves out
        schemas = definition("automation", "newer")["components"]["schemas"]
        for name in ("AssignThreadAction", "MoveThreadAction"):
            theirs |= set(their_fields(schemas[name], definition("automation", "newer"), "actions[]"))
    ours = set(our_fields(automation_schema() if about.part else prepared(about.slug)))
    return theirs, {field for field in ours if not field.startswith("automations")}


@pytest.mark.parametrize("title", MODELS)
def test_every_field_of_theirs_is_known(title: str) -> None:
    theirs, ours = fields(title)
    opened = tuple(f"{field[:-1]}{mark}" for field in ours if field.endswith(("…", "!")) for mark in ".[")
    unknown = {field for field in theirs - ours if f"{field}!" not in ours and not field.startswith(opened)}
    assert unknown == set(KNOWN_TO_THEM_ALONE.get(title, {}))


@pytest.mark.parametrize("title", MODELS)
def test_every_field_of_ours_is_published(title: str) -> None:
    theirs, ours = fields(title)
    mine = {field for field in ours - theirs if not field.endswith(("…", "!"))}
    assert mine == set(KNOWN_TO_US_ALONE.get(title, {}))
