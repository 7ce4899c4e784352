"""The examples are true: good ones pass, each broken one fails as its first lines say; the README's commands run."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.support.pages import PAGES, anchors
from tests.support.patience import PATIENCE

ROOT = Path(__file__).parents[1]
STADTWERK = ROOT / "examples" / "stadtwerk"
BROKEN = ROOT / "examples" / "broken"

READ = (".yaml", ".yml", ".json")
NOT_A_CASE = {"syncer.yaml", "won.yaml"}
"""The settings every broken example stands under, and the one sound manifest that they may refer to."""

EXPECT = re.compile(r"^(?:# )?expect: (?:(error|warning) ([a-z0-9-]+) (\d+):(\d+)|(none))$", re.MULTILINE)


def validate(at: Path, *arguments: str) -> tuple[int, list[dict[str, Any]]]:
    """Exit code and problems of `syncer validate` run in the folder `at`."""
    from syncer.cli import run

    answer = io.StringIO()
    with contextlib.chdir(at), contextlib.redirect_stdout(answer):
        code = run(["validate", *arguments, "--format", "json"])
    return code, json.loads(answer.getvalue())["problems"]


def manifests(folder: Path) -> list[Path]:
    """The files below a folder that syncer reads."""
    return sorted(path for path in folder.rglob("*") if path.suffix in READ and path.name != "syncer.yaml")


def documents(folder: Path) -> list[tuple[Path, dict[str, Any]]]:
    """Every manifest below a folder with its file, read by another reader than ours."""
    reader = YAML(typ="safe", pure=True)
    return [(path, document) for path in manifests(folder) for document in reader.load_all(path.read_bytes())]


# --------------------------------------------------------------------------------------------------- the good ones


@pytest.mark.parametrize("arguments", [[], ["--strict"]], ids=["as it is", "strict"])
def test_the_stadtwerk_has_no_problem(arguments: list[str]) -> None:
    assert validate(STADTWERK, *arguments) == (0, [])


def test_the_stadtwerk_shows_what_it_promises() -> None:
    found: dict[str, list[dict[str, Any]]] = {}
    for _, document in documents(STADTWERK / "config"):
        found.setdefault(document["kind"], []).append(document)
    assert {kind: len(documents) for kind, documents in found.items()} == {
        "EntitySchema": 5,
        "FlowTemplate": 6,
        "ClosingReason": 12,
        "AppInstallation": 3,
        "RetentionConfig": 2,
    }
    schemas = {each["spec"]["slug"]: each["spec"] for each in found["EntitySchema"]}
    biggest = schemas["grid_connection"]["attributes"]
    assert len(biggest) >= 40
    assert len({attribute["type"] for attribute in biggest}) >= 20
    assert set(schemas["contact"]) == {"slug", "attributes"}
    assert len(schemas["contact"]["attributes"]) == 2
    assert _related(schemas["grid_connection"]) >= {"installation-site"}
    assert _related(schemas["installation_site"]) >= {"grid-connection"}
    flows = {each["metadata"]["name"]: each["spec"] for each in found["FlowTemplate"]}
    assert [name for name, spec in flows.items() if any("loop_config" in task for task in spec["tasks"])] == [
        "offer-follow-up"
    ]
    assert [name for name, spec in flows.items() if "automations" in spec] == ["house-connection", "meter-exchange"]
    decisions = [task for task in flows["pv-registration"]["tasks"] if task["task_type"] == "DECISION"]
    assert [task["trigger_mode"] for task in decisions] == ["automatic"]
    assert {each["spec"]["status"] for each in found["ClosingReason"]} == {"ACTIVE", "INACTIVE"}
    assert [each["spec"]["enabled"] for each in found["RetentionConfig"]] == [False, False]


def _related(spec: dict[str, Any]) -> set[str]:
    return {
        target["ref"]
        for attribute in spec["attributes"]
        for target in attribute.get("allowedSchemas", [])
        if isinstance(target, dict)
    }


def test_every_manifest_names_its_json_schema() -> None:
    wrong = {}
    for path, document in documents(STADTWERK / "config"):
        first = path.read_text("utf-8").splitlines()[0]
        match = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
        schema = (path.parent / match[1]).resolve() if match else None
        if schema is None or not schema.is_file() or described_by(schema) != document["kind"]:
            wrong[path.name] = first
    assert wrong == {}


def described_by(schema: Path) -> str:
    """The kind that a JSON Schema of ours is for."""
    return str(json.loads(schema.read_text("utf-8"))["properties"]["kind"]["const"])


# ------------------------------------------------------------------------------------------------- the broken ones


def _sidecar(path: Path) -> Path:
    return path.with_name(path.name + ".expect")


def expected(path: Path) -> list[str]:
    """What a broken example says it is: its `# expect:` lines, or those of its sidecar."""
    sidecar = _sidecar(path)
    lines = EXPECT.findall((sidecar if sidecar.exists() else path).read_bytes().decode("utf-8", "replace"))
    assert lines, f"{path} does not say what is wrong with it"
    return [f"{severity} {rule} {line}:{column}" for severity, rule, line, column, none in lines if not none]


def cases() -> dict[str, Path]:
    """Name → a broken file, or a folder of files that are broken together."""
    return {
        path.name: path
        for path in sorted(BROKEN.iterdir())
        if path.name not in NOT_A_CASE and (path.is_dir() or path.suffix in READ)
    }


CASES = cases()


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_broken_file_is_told_as_it_says(case: Path, tmp_path: Path) -> None:
    for name in NOT_A_CASE:
        shutil.copy(BROKEN / name, tmp_path / name)
    if case.is_dir():
        shutil.copytree(case, tmp_path, dirs_exist_ok=True)
    else:
        shutil.copy(case, tmp_path / case.name)
    base = case if case.is_dir() else case.parent
    files = [path for path in (case.rglob("*") if case.is_dir() else [case]) if path.suffix in READ]
    wanted = {path.relative_to(base).as_posix(): found for path in files if (found := expected(path))}
    code, problems = validate(tmp_path)
    told: dict[str, list[str]] = {}
    for each in problems:
        line = f"{each['severity']} {each['rule']} {each['line']}:{each['column']}"
        told.setdefault(each["file"], []).append(line)
    assert {name: sorted(lines) for name, lines in told.items()} == {
        name: sorted(lines) for name, lines in wanted.items()
    }
    assert code == (3 if any("error " in line for lines in wanted.values() for line in lines) else 0)
    assert all(each["message"] for each in problems)


def test_one_file_among_others_is_told_alone() -> None:
    """As pre-commit calls it: the files named are reported on, the rest is read for its references."""
    code, problems = validate(BROKEN, "field-wrong-type.yaml", "flow-cycle.yaml")
    assert code == 3
    assert {(each["file"], each["rule"]) for each in problems} == {
        ("field-wrong-type.yaml", "wrong-type"),
        ("flow-cycle.yaml", "flow-cycle"),
    }


def test_a_warning_about_a_word_is_an_error_where_strict(tmp_path: Path) -> None:
    for name in ("syncer.yaml", "word-unknown.yaml"):
        shutil.copy(BROKEN / name, tmp_path / name)
    code, problems = validate(tmp_path, "--strict")
    assert (code, [(each["severity"], each["rule"]) for each in problems]) == (3, [("error", "not-allowed-value")])


# ------------------------------------------------------------------------------------------------------ the README


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_of_a_page_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    dead = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, anchor = target.partition("#")
        if "://" in target:
            continue
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            dead.append(target)
    assert dead == []


def test_the_plan_in_the_documents_is_one() -> None:
    from jsonschema import Draft202012Validator

    schema = json.loads((ROOT / "schemas" / "plan.schema.json").read_text("utf-8"))
    text = (ROOT / "docs" / "plan-json.md").read_text("utf-8")
    (block,) = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    plan = json.loads(block)
    assert [error.message for error in Draft202012Validator(schema).iter_errors(plan)] == []
    described = set(re.findall(r"^\| (.+?) \|", text, re.MULTILINE))
    words = {word for cell in described for word in re.findall(r"`(\w+)`", cell)}
    assert set(plan) | set(plan["changes"][0]) | set(plan["changes"][0]["fields"][0]) <= words


RUNNABLE = re.findall(r"<!-- runnable -->\n```sh\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
SHELL = shutil.which("sh") or ""
ADDRESS = "http://127.0.0.1:8787"
"""Where the README's sandbox answers; the test's takes a free port."""


@contextlib.contextmanager
def sandbox(folder: Path, environment: dict[str, str]) -> Iterator[str]:
    """`syncer sandbox serve` on a free port; yields its address."""
    arguments = ["-m", "syncer", "sandbox", "serve", "--port", "0", "--db", str(folder / "sandbox.db")]
    process = subprocess.Popen([sys.executable, *arguments], env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        assert first.startswith("sandbox: http://"), first
        yield first.removeprefix("sandbox: ").strip()
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)


@pytest.mark.slow
@pytest.mark.skipif(not SHELL, reason="there is no sh on this machine")
def test_the_ten_minutes_of_the_readme(tmp_path: Path) -> None:
    """All its marked commands, one after the other; `--yes` for the person who would be asked."""
    pytest.importorskip("flask", reason="the sandbox is an extra")
    for folder in ("examples", "schemas"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns(".syncer"))
    command = tmp_path / "bin" / "syncer"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m syncer "$@"\n', "utf-8")
    command.chmod(0o755)
    plain = {
        name: value for name, value in os.environ.items() if not name.startswith(("SYNCER_", "EPILOT_", "GITHUB_"))
    }
    paths = {"PATH": f"{command.parent}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    environment = plain | paths
    script = "\n".join(RUNNABLE)
    assert script.count(ADDRESS) == 1
    assert script.count("syncer apply\n") == 1
    with sandbox(tmp_path, environment) as address:
        script = script.replace(ADDRESS, address).replace("syncer apply\n", "syncer apply --yes\n")
        done = subprocess.run(
            [SHELL, "-eu", "-c", script],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "28 manifests in 18 files: valid" in done.stderr
    assert done.stdout.count("Plan: 26 to create, 1 to update") == 2
    assert "Applied: 26 created, 1 updated" in done.stdout
    assert done.stdout.count("No changes.") == 4
