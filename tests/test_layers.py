"""Imports point one way: the table below is the architecture, and every file's syntax tree is held against it."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
STANDARD = sys.stdlib_module_names | {"_typeshed"}  # which exists for type checkers only

# A row is a sentence: what a package is, then whom of ours it may lean on, then the foreign libraries it may know. A
# layer is the first name below `syncer`. Beside what stands here: the standard library, and `syncer` itself, which
# holds the version and imports nothing.
LAYERS = {
    "model": ("the nouns that everything is told in", "", ""),
    "diff": ("what differs, and the way back", "model", ""),
    "documents": ("YAML and JSON, and where a value stands in them", "model", "yaml ruamel pydantic"),
    "schema_check": ("documents against JSON Schemas", "model", "jsonschema jsonschema_rs referencing"),
    "fs": ("disk and clock", "model", ""),
    "kinds": ("what is particular about each kind", "diff model", ""),
    "plan": ("what is to be done, decided without asking anybody", "documents diff model", ""),
    "api": ("the platform as list, read and write", "documents fs diff model", "httpx"),
    "manifests": ("files to desired resources", "kinds plan diff schema_check documents model", "yaml"),
    "state": ("what is remembered", "plan documents fs model", "obstore psycopg"),
    "render": ("values to text", "plan diff model", "deepdiff wcwidth"),
    "ops": ("the use cases", "state manifests api plan kinds fs schema_check documents diff model", ""),
    "cli": (
        "options in, text and an exit code out",
        "ops render state manifests api plan kinds fs schema_check documents diff model sandbox", "click",
    ),
    "sandbox": ("the platform imitated", "", "flask werkzeug waitress jsonschema jsonschema_rs"),
    "__main__": ("python -m syncer", "cli", ""),
}  # fmt: skip
MAY_IMPORT = {name: {name, *ours.split(), *foreign.split()} for name, (_, ours, foreign) in LAYERS.items()}
MAY_IMPORT["__init__"] = set()
FULL = 20
"""How many modules a folder may hold, `__init__` not counted: more than that nobody takes in at a glance."""

# Loaded where they are used, inside the function: each costs a command that does without it 20 ms to 120 ms.
LATE = {"httpx", "jsonschema", "jsonschema_rs", "deepdiff", "ruamel", "flask", "waitress", "werkzeug"}
LATE |= {"obstore", "psycopg", "wcwidth"}
AT_THE_TOP = {
    # file or folder: what it may import at its top, because it subclasses or decorates; who imports *it*, does so late
    "syncer/api/http_transport.py": {"httpx"},
    "syncer/sandbox": {"flask", "waitress", "werkzeug"},
}


def imports(tree: ast.AST, module: str) -> Iterator[str]:
    """The full names a module imports, relative ones resolved; `module` is its own name (a package's ends in a dot)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = module.split(".")[: -node.level] if node.level else []
            origin = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def layer(name: str) -> str:
    """`syncer.plan.planner` → `plan`; `httpx.Client` → `httpx`; what `syncer` itself holds → `syncer`."""
    first, _, rest = name.partition(".")
    if first != "syncer":
        return first
    second = rest.partition(".")[0]
    return second if second in MAY_IMPORT else "syncer"


def strangers(source: str, module: str) -> list[str]:
    """What this module imports and its layer may not."""
    allowed = MAY_IMPORT[module.split(".")[1] or "__init__"]
    found = {name for name in imports(ast.parse(source), module) if layer(name) not in {"syncer", *allowed}}
    return sorted(name for name in found if layer(name) not in STANDARD)


def early(tree: ast.Module) -> set[str]:
    """Late libraries that are imported when the module is, whether or not anything is called."""
    waiting: list[ast.AST] = list(tree.body)
    found: set[str] = set()
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            found |= {layer(name) for name in imports(ast.Module([node], []), "")}
        elif isinstance(node, ast.If) and ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}:
            waiting.extend(node.orelse)
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            waiting.extend(ast.iter_child_nodes(node))
    return found & LATE


def modules() -> dict[str, Path]:
    """Every module of the package by its name; a package's name ends in a dot."""
    found = {}
    for path in sorted((ROOT / "syncer").rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        found[name.removesuffix("__init__") if name.endswith(".__init__") else name] = path
    return found


MODULES = modules()


@pytest.mark.parametrize(("module", "path"), MODULES.items(), ids=MODULES)
def test_a_module_imports_only_what_its_layer_may(module: str, path: Path) -> None:
    assert strangers(path.read_text("utf-8"), module) == []


@pytest.mark.parametrize(("module", "path"), MODULES.items(), ids=MODULES)
def test_heavy_libraries_are_imported_late(module: str, path: Path) -> None:
    place = path.relative_to(ROOT).as_posix()
    excused = set().union(*(names for start, names in AT_THE_TOP.items() if place.startswith(start)))
    assert early(ast.parse(path.read_text("utf-8"))) - excused == set()


def test_every_layer_is_in_the_table() -> None:
    known = {name.split(".")[1] or "__init__" for name in MODULES}
    assert known == set(MAY_IMPORT)


def test_the_table_is_short_and_has_no_way_back_up() -> None:
    assert len(LAYERS) <= 15
    above: set[str] = set()
    for name, (sentence, ours, _) in reversed(LAYERS.items()):
        assert sentence
        if name != "sandbox":  # which stands alone, whoever starts it
            assert above.isdisjoint(ours.split()), name
            above.add(name)


def test_no_folder_is_too_full() -> None:
    counts = Counter(path.parent.relative_to(ROOT).as_posix() for path in MODULES.values() if path.stem != "__init__")
    assert {folder: count for folder, count in counts.items() if count > FULL} == {}


def test_no_module_reaches_itself() -> None:
    """A circle of imports, also one that runs through functions or is there for type checkers only."""
    names = {name.rstrip("."): path for name, path in MODULES.items()}
    below = {}
    for module, path in MODULES.items():
        found = set(imports(ast.parse(path.read_text("utf-8")), module))
        below[module.rstrip(".")] = {each if each in names else each.rpartition(".")[0] for each in found} & set(names)
    while True:  # what leads nowhere goes, until nothing does: what is left stands in a circle, or leads to one
        ends = {name for name, targets in below.items() if not targets - {name}}
        if not ends:
            break
        below = {name: targets - ends for name, targets in below.items() if name not in ends}
    assert below == {}


STRANGERS = {
    # case: (module, source, what is refused)
    "standard library": ("syncer.plan.planner", "import json\nfrom collections.abc import Iterator", []),
    "own layer": ("syncer.plan.planner", "from syncer.plan.inputs import PlanInputs", []),
    "the version": ("syncer.cli", "from syncer import __version__", []),
    "up": ("syncer.plan.planner", "from syncer.api.client import Api", ["syncer.api.client.Api"]),
    "up, as a package": ("syncer.plan.planner", "from syncer import api", ["syncer.api"]),
    "up, relative": ("syncer.plan.planner", "from ..api import client", ["syncer.api.client"]),
    "up, from a package": ("syncer.plan.", "from ..api import client", ["syncer.api.client"]),
    "beside, relative": ("syncer.plan.", "from .inputs import PlanInputs", []),
    "foreign": ("syncer.kinds.closing_reason", "import httpx", ["httpx"]),
    "foreign, within a function": ("syncer.render.text", "def f():\n    import click", ["click"]),
    "sandbox asks the client": (
        "syncer.sandbox.store",
        "from syncer.diff import three_way_merge",
        ["syncer.diff.three_way_merge"],
    ),
    "client asks the sandbox": ("syncer.api.transport", "import syncer.sandbox", ["syncer.sandbox"]),
    "the root imports": ("syncer.", "from syncer import model", ["syncer.model"]),
}


@pytest.mark.parametrize(("module", "source", "expected"), STRANGERS.values(), ids=STRANGERS)
def test_the_walk_sees(module: str, source: str, expected: list[str]) -> None:
    assert strangers(source, module) == expected


EARLY = {
    # case: (source, what is loaded with the module)
    "at the top": ("import httpx", {"httpx"}),
    "part of it": ("from ruamel.yaml import YAML", {"ruamel"}),
    "tried": ("try:\n    import jsonschema_rs\nexcept ImportError:\n    pass", {"jsonschema_rs"}),
    "in a class": ("class A:\n    import deepdiff", {"deepdiff"}),
    "for types only": ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import httpx", set()),
    "in a function": ("def f():\n    import httpx", set()),
    "in a method": ("class A:\n    def f(self):\n        import httpx", set()),
    "light": ("import json, click", set()),
}


@pytest.mark.parametrize(("source", "expected"), EARLY.values(), ids=EARLY)
def test_the_walk_tells_early_from_late(source: str, expected: set[str]) -> None:
    assert early(ast.parse(source)) == expected


LOADED = """
import sys
from syncer.cli import run
assert run(sys.argv[2:]) == 0
print("loaded:", *sorted(set(sys.argv[1].split(",")) & set(sys.modules)))
"""
SETTINGS = """\
version: 1
manifests: [config]
environments:
  sandbox: {org_id: "911690", token: {env: SYNCER_TOKEN}}
"""
REASON = """\
apiVersion: syncer/v1
kind: ClosingReason
metadata: {name: won}
spec: {title: Gewonnen, status: ACTIVE}
"""

DRAGGED = {"dataclasses", "datetime", "gettext", "inspect", "locale", "platform", "threading", "urllib.parse", "uuid"}
"""What libraries take along for questions that are not asked of them: half the time that they take to be imported."""
COMMANDS = {
    # command: what it must do without
    ("--version",): LATE | DRAGGED | {"yaml"},
    ("--help",): LATE | DRAGGED | {"yaml"},
    ("validate",): (LATE - {"jsonschema_rs"})
    | DRAGGED
    | {"base64", "signal", "syncer.fs.disk"}
    | {"difflib", "hashlib"}
    | {f"syncer.diff.{name}" for name in ("fingerprint", "list_pairs", "three_way_merge")}
    | {"syncer.plan.cycles", "syncer.model.field_change", "syncer.plan", "syncer.render.problems"}
    | {f"syncer.documents.{name}" for name in ("json_reader", "yaml_messages")}
    | {f"syncer.schema_check.{name}" for name in ("explanation", "messages")}
    | {f"syncer.kinds.{name}" for name in ("entity_schema", "flow_template", "retention_config", "app_installation")},
}


@pytest.mark.parametrize(("command", "without"), COMMANDS.items(), ids=map(" ".join, COMMANDS))
def test_a_command_loads_only_what_it_uses(command: tuple[str, ...], without: set[str], tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "syncer.yaml").write_text(SETTINGS, "utf-8")
    (tmp_path / "config" / "won.yaml").write_text(REASON, "utf-8")
    asked = [sys.executable, "-c", LOADED, ",".join(sorted(without)), *command]
    done = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "loaded:"
