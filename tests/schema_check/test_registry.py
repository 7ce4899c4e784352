"""What the schemas accept and how they refuse: a table of mistakes with whole findings; two engines, one verdict."""

from __future__ import annotations

import copy
import json
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from syncer.model.diagnostic import Finding
from syncer.model.json_values import show_path
from syncer.schema_check.explanation import explainer
from syncer.schema_check.messages import FORMS
from syncer.schema_check.registry import check, judge, load, published, slugs

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"
SAMPLES: dict[str, Any] = json.loads((DATA / "schema_samples.json").read_text(encoding="utf-8"))
"""By schema: a sound document with about everything in it."""
CASES: list[dict[str, Any]] = json.loads((DATA / "schema_findings.json").read_text(encoding="utf-8"))
"""Changes of a sample, one mistake or a few, and every finding they make."""


def edited(document: Any, put: dict[str, Any], remove: list[str]) -> Any:
    """A copy with values put at dotted paths (`spec.tasks.0.name`; the empty path is the document), others removed."""
    holder = {"": copy.deepcopy(document)}
    for path, value in [*put.items(), *((path, ...) for path in remove)]:
        *way, last = ["", *(int(step) if step.isdigit() else step for step in path.split(".") if step)]
        place: Any = holder
        for step in way:
            place = place[step]
        if value is ...:
            del place[last]
        else:
            place[last] = copy.deepcopy(value)
    return holder[""]


def written(finding: Finding) -> str:
    """A finding as the table writes it."""
    hint = f" ({finding.hint})" if finding.hint else ""
    return f"{finding.severity} {finding.rule} {show_path(finding.path)}: {finding.message}{hint}"


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_findings(case: dict[str, Any]) -> None:
    document = edited(SAMPLES[case["schema"]], case.get("set", {}), case.get("remove", []))
    assert [written(finding) for finding in check(case["schema"], document)] == case["findings"]


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_jsonschema_alone_finds_the_same(case: dict[str, Any]) -> None:
    document = edited(SAMPLES[case["schema"]], case.get("set", {}), case.get("remove", []))
    found = explainer(load(case["schema"]))(document, False)
    assert [written(finding) for finding in found] == case["findings"]


def test_strict_makes_an_unknown_word_an_error() -> None:
    document = edited(SAMPLES["flow-template"], {"spec.automations.mail.actions.0.type": "wait"}, [])
    assert [finding.severity for finding in check("flow-template", document)] == ["warning"]
    assert [finding.severity for finding in check("flow-template", document, strict=True)] == ["error"]


def test_an_unknown_slug_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        check("flow", {})
    assert set(SAMPLES) == set(slugs())


BROKEN = {
    "a lone surrogate": "\ud800",
    "infinity": float("inf"),
    "no number": float("nan"),
    "a set": {1},
    "bytes": b"x",
}


@pytest.mark.parametrize("value", BROKEN.values(), ids=BROKEN)
def test_a_value_that_is_not_json_never_raises(value: Any) -> None:
    document = edited(SAMPLES["closing-reason"], {"spec.status": value}, [])
    assert [finding.path for finding in check("closing-reason", document)] == [("spec", "status")]


def test_nesting_without_end_is_a_finding() -> None:
    value: Any = "x"
    for _ in range(100_000):
        value = [value]
    document = edited(SAMPLES["app-installation"], {}, [])
    document["spec"]["option_values"][0]["options"][0]["value"] = [{"value": value}]
    assert [finding.severity for finding in check("app-installation", document)] == ["error"]
    while isinstance(value, list):  # taken apart by hand: freeing it in one go would recurse as deep
        value = value.pop()


def test_keys_that_are_not_text_never_raise() -> None:
    document = edited(SAMPLES["closing-reason"], {}, [])
    document["spec"][1] = "x"
    assert [finding.path for finding in check("closing-reason", document)] == [("spec",)]


# --- two engines, one verdict -------------------------------------------------------------------------------------

VALUES: list[Any] = [
    None, True, False, 0, 1, -1, 1.0, 1.5, 3, 10**20, "", "x", "a b", "ACTIVE", "deletion", "${var.x}", "${env.A_B}",
    "${var.}", "a ${id.x} b", "$${var.x}", "2027-01-15", "2027-02-30", "2027-1-5", "x\n", "é" * 200, "v3", "30%",
    "200%", [], [None], ["x"], [{}], {}, {"ref": "x"}, {"lookup": "x"}, {"id": "x"}, {"id": 1}, {"ref": "a", "id": "b"},
    {"file": "x.txt"}, {"automation": "mail"}, {"type": "relation"}, {"x": {"y": []}},
]  # fmt: skip
"""What mutations put in place of a value."""


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of all values in a document, the document's own included."""
    yield path
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in steps:
        yield from places(inner, (*path, step))


def mutations(document: Any, count: int, seed: int) -> Iterator[Any]:
    """Documents with one to three values replaced, removed, moved or renamed, anywhere."""
    chance = random.Random(seed)
    words = sorted({step for path in places(document) for step in path if isinstance(step, str)} | {"unknown", "_x"})
    for _ in range(count):
        holder = {"": copy.deepcopy(document)}
        for _ in range(chance.choice((1, 1, 1, 2, 3))):
            *way, last = chance.choice([("", *path) for path in places(holder[""])])
            place: Any = holder
            for step in way:
                place = place[step]
            match chance.choice(("put", "put", "put", "copy", "remove", "rename", "add")):
                case "put":
                    place[last] = copy.deepcopy(chance.choice(VALUES))
                case "copy":
                    place[last] = copy.deepcopy(at(document, chance.choice(list(places(document)))))
                case "remove" if way:
                    del place[last]
                case "rename" if isinstance(place, dict) and way:
                    place[chance.choice(words)] = place.pop(last)
                case "add" if isinstance(place, dict) and way:
                    place[chance.choice(words)] = copy.deepcopy(chance.choice(VALUES))
        yield holder[""]


def at(document: Any, path: tuple[Any, ...]) -> Any:
    """The value at a path."""
    for step in path:
        document = document[step]
    return document


@pytest.mark.parametrize("slug", SAMPLES)
def test_both_engines_come_to_one_verdict(slug: str) -> None:
    accepts, explain = judge(load(slug)), explainer(load(slug))
    assert accepts is not None, "jsonschema-rs is not installed"
    assert accepts(SAMPLES[slug])
    verdicts = {True: 0, False: 0}
    for document in mutations(SAMPLES[slug], 1000, seed=len(slug)):
        verdict = accepts(document)
        assert verdict == (not explain(document, False)), document
        verdicts[verdict] += 1
    assert min(verdicts.values()) > 20, "mutations that are all good, or all bad, prove nothing"


@pytest.mark.parametrize("slug", SAMPLES)
def test_both_engines_agree_on_null_number_and_text_everywhere(slug: str) -> None:
    accepts, explain = judge(load(slug)), explainer(load(slug))
    assert accepts is not None, "jsonschema-rs is not installed"
    for path in places(SAMPLES[slug]):
        for value in (None, 7, "seven"):
            holder = {"": copy.deepcopy(SAMPLES[slug])}
            at(holder, ("", *path)[:-1])[("", *path)[-1]] = value
            document = holder[""]
            assert accepts(document) == (not explain(document, False)), (path, value)


@pytest.mark.parametrize("slug", SAMPLES)
def test_findings_of_mutations_stand_in_the_document(slug: str) -> None:
    for document in mutations(SAMPLES[slug], 200, seed=7):
        found = check(slug, document)
        assert len({(finding.rule, finding.path, finding.message) for finding in found}) == len(found)
        for finding in found:
            at(document, finding.path)
            assert finding.message
            assert not finding.message.endswith(".")


def test_one_mistake_in_one_attribute_is_one_finding() -> None:
    spec = {"slug": "big", "attributes": [{"name": f"a{n}", "type": "string"} for n in range(60)]}
    document = {**SAMPLES["entity-schema"], "spec": spec}
    spec["attributes"][41] = {"name": "a41", "type": "relation", "allowedSchemas": "contact"}  # type: ignore[index]
    assert [written(finding) for finding in check("entity-schema", document)] == [
        "error wrong-type $.spec.attributes[41].allowedSchemas: `allowedSchemas` of attribute `a41` is the text "
        "`contact`, expected a list (write `[contact]`, a list of one)"
    ]


# --- the files themselves -----------------------------------------------------------------------------------------


def schema_nodes(node: Any) -> Iterator[dict[str, Any]]:
    """Every mapping in a schema."""
    if isinstance(node, dict):
        yield node
        for inner in node.values():
            yield from schema_nodes(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from schema_nodes(inner)


def test_files_are_what_the_tables_say() -> None:
    run = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "build_schemas.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.stdout, run.stderr, run.returncode) == ("", "", 0)


@pytest.mark.parametrize("slug", SAMPLES)
def test_files_are_sound_and_self_contained(slug: str) -> None:
    from jsonschema import Draft202012Validator

    schema = load(slug)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == f"urn:syncer:v1:{slug}"
    for node in schema_nodes(schema):
        if isinstance(node.get("$ref"), str):
            assert list(node) == ["$ref"], "an explanation would lose what stands beside a `$ref`"
            target: Any = schema
            for step in node["$ref"].removeprefix("#/").split("/"):
                target = target[step]


@pytest.mark.parametrize("slug", SAMPLES)
def test_every_field_is_described(slug: str) -> None:
    nodes = [node for node in schema_nodes(published(slug)) if isinstance(node.get("properties"), dict)]
    bare = [
        name
        for node in nodes
        for name, field in node["properties"].items()
        if isinstance(field, dict) and not {"description", "$ref", "const", "enum"} & set(field)
    ]
    assert bare == []


PATTERNS = sorted({
    node["pattern"] for slug in SAMPLES for node in schema_nodes(load(slug)) if isinstance(node.get("pattern"), str)
})  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns_take_linear_time(pattern: str) -> None:
    inside_a_repeated_group = r"\((?:[^()\\]|\\.)*[*+}](?:[^()\\]|\\.)*\)(?:[*+]|\{\d+,)"
    assert not re.search(inside_a_repeated_group, pattern)
    assert "(?=" not in pattern
    assert "\\1" not in pattern


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns_have_words(pattern: str) -> None:
    form = pattern.split(r"|\$\{")[0]
    assert form in FORMS or form == load("closing-reason")["$defs"]["variable"]["pattern"] or form.startswith(r"\$\{")


def test_without_jsonschema_rs_everything_works() -> None:
    program = (
        "import sys; sys.modules['jsonschema_rs'] = None\n"
        "import json; from syncer.schema_check.registry import check\n"
        f"samples = json.load(open({str(DATA / 'schema_samples.json')!r}, encoding='utf-8'))\n"
        "print([check(slug, sample) for slug, sample in samples.items()])\n"
        "samples['closing-reason']['spec']['stauts'] = 'ACTIVE'\n"
        "print([finding.hint for finding in check('closing-reason', samples['closing-reason'])])\n"
    )
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (run.stdout, run.stderr) == (f"{[[]] * len(SAMPLES)}\n['did you mean `status`?']\n", "")


def test_libraries_are_loaded_only_when_needed() -> None:
    program = (
        "import sys, json; from syncer.schema_check.registry import check\n"
        "seen = lambda: [name for name in ('jsonschema', 'jsonschema_rs', 'referencing') if name in sys.modules]\n"
        f"sample = json.load(open({str(DATA / 'schema_samples.json')!r}, encoding='utf-8'))['closing-reason']\n"
        "print(seen()); check('closing-reason', sample); print(seen())\n"
        "sample['spec']['status'] = 1; check('closing-reason', sample); print(seen())\n"
    )
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.stdout == "[]\n['jsonschema_rs']\n['jsonschema', 'jsonschema_rs', 'referencing']\n", run.stderr
