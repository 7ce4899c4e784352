"""Imports point one way: the table below is the architecture, and every file's syntax tree is held against it."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
STANDARD = sys.stdlib_module_names | {"_typeshed"}  # which exists for type checkers only

# A layer is the first name below `syncer`: a package or a module. Beside what stands here: the standard library,
# and `syncer` itself, which holds the version and imports nothing.
MAY_IMPORT = {
    "core": {"core", "pydantic", "deepdiff"},
    "kinds": {"kinds", "core"},
    "adapters": {
        "adapters", "core", "pydantic", "httpx", "ruamel", "yaml", "jsonschema", "jsonschema_rs", "referencing",
        "obstore", "psycopg",
    },
    "render": {"render", "core"},
    "sandbox": {"sandbox", "flask", "werkzeug", "waitress"},
    "execute": {"execute", "carry", "lost_answers", "platform", "core"},
    "loading": {"loading", "related", "removed", "kinds", "adapters", "core"},
    "related": {"related", "kinds", "core"},
    "adopting": {"adopting", "kinds", "core"},
    "removed": {"removed", "kinds", "adapters", "core"},
    "platform": {"platform", "core"},
    "carry": {"carry", "lost_answers", "platform", "core"},
    "lost_answers": {"lost_answers", "platform", "core"},
    "recognising": {"recognising", "kinds", "core"},
    "app": {"app", "recognising", "loading", "kinds", "adapters", "core"},
    "situation": {"app", "kinds", "adapters", "core"},
    "apply": {"apply", "app", "backup", "carry", "execute", "platform", "kinds", "adapters", "core"},
    "backup": {"backup", "kinds", "adapters", "core"},
    "undo": {"undo", "app", "kinds", "adapters", "core"},
    "starting": {"starting", "adapters", "core"},
    "surveying": {"surveying", "app", "kinds", "core"},
    "drifting": {"drifting", "app", "kinds", "adapters", "core"},
    "composing": {"composing", "surveying", "loading", "related", "kinds", "adapters", "core"},
    "pulling": {"pulling", "composing", "surveying", "app", "loading", "related", "kinds", "adapters", "core"},
    "bundling": {"bundling", "surveying", "app", "kinds", "core"},
    "receiving": {"receiving", "pulling", "loading", "related", "app", "kinds", "adapters", "core"},
    "promoting": {
        "promoting", "receiving", "bundling", "pulling", "taking_over", "surveying", "loading", "related", "app",
        "kinds", "adapters", "core",
    },
    "rules": {"rules", "kinds", "adapters"},
    "live_names": {"live_names", "kinds", "core"},
    "kept_fields": {"kept_fields", "adapters", "core"},
    "taking_over": {"taking_over", "kept_fields", "live_names", "loading", "kinds", "adapters", "core"},
    "recording": {"recording", "app", "kinds", "adapters", "core"},
    "cli": {
        "cli", "rules", "drifting", "starting", "pulling", "apply", "execute", "app", "adopting", "situation", "undo",
        "loading", "related", "render", "kinds", "adapters", "core", "sandbox", "click", "taking_over", "recording",
        "promoting",
    },
    "__main__": {"cli"},
    "__init__": set(),
}  # fmt: skip

# Loaded where they are used, inside the function: each costs a command that does without it 20 ms to 120 ms.
LATE = {"httpx", "jsonschema", "jsonschema_rs", "pydantic", "deepdiff", "ruamel", "flask", "waitress", "werkzeug"}
LATE |= {"obstore", "psycopg"}
AT_THE_TOP = {
    # file or folder: what it may import at its top, because it subclasses or decorates; who imports *it*, does so late
    "syncer/adapters/http.py": {"httpx"},
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
    """`syncer.core.plan` → `core`; `httpx.Client` → `httpx`; what `syncer` itself holds → `syncer`."""
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
    assert known - set(MAY_IMPORT) == set()


STRANGERS = {
    # case: (module, source, what is refused)
    "standard library": ("syncer.core.plan", "import json\nfrom collections.abc import Iterator", []),
    "own layer": ("syncer.core.plan", "from syncer.core.values import Json", []),
    "the version": ("syncer.cli", "from syncer import __version__", []),
    "up": ("syncer.core.plan", "from syncer.adapters.api import Api", ["syncer.adapters.api.Api"]),
    "up, as a package": ("syncer.core.plan", "from syncer import adapters", ["syncer.adapters"]),
    "up, relative": ("syncer.core.plan", "from ..adapters import api", ["syncer.adapters.api"]),
    "up, from a package": ("syncer.core.", "from ..adapters import api", ["syncer.adapters.api"]),
    "beside, relative": ("syncer.core.", "from .values import Json", []),
    "foreign": ("syncer.kinds.closing_reason", "import httpx", ["httpx"]),
    "foreign, within a function": ("syncer.render.text", "def f():\n    import click", ["click"]),
    "sandbox asks the client": ("syncer.sandbox.store", "from syncer.core import merge", ["syncer.core.merge"]),
    "client asks the sandbox": ("syncer.adapters.http", "import syncer.sandbox", ["syncer.sandbox"]),
    "the root imports": ("syncer.", "from syncer import core", ["syncer.core"]),
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
    "in a method": ("class A:\n    def f(self):\n        import pydantic", set()),
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
made = {
    f"{name}.{word}"
    for name, module in sys.modules.items()
    if name.startswith("syncer.")
    for word, value in vars(module).items()
    if hasattr(value, "__dataclass_fields__") and isinstance(value, type) and value.__module__ == name
}
print("dataclasses:", *sorted(made))
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

COMMANDS = {
    # command: what it must do without
    ("--version",): LATE | {"yaml"},
    ("--help",): LATE | {"yaml"},
    ("validate",): (LATE - {"jsonschema_rs"})
    | {"difflib", "hashlib"}
    | {f"syncer.core.{name}" for name in ("fields", "fingerprint", "merge", "pairing", "plan", "planner")}
    | {f"syncer.adapters.{name}" for name in ("explain", "json_reader", "wording", "yaml_problems")}
    | {"syncer.core.circles", "syncer.render.problems"}
    | {f"syncer.kinds.{name}" for name in ("entity_schema", "flow_template", "retention_config", "app_installation")},
}
DATACLASSES = {
    # what `validate` of a closing reason may build at its start: four times as dear as a named tuple, each
    "syncer.core.references._Marking",
    "syncer.core.shape.Shape",
    "syncer.core.values.Lookup",  # stands in specs, among JSON, where a tuple would pass for a list
    "syncer.core.values.Part",
    "syncer.core.values.Ref",
}


@pytest.mark.parametrize(("command", "without"), COMMANDS.items(), ids=map(" ".join, COMMANDS))
def test_a_command_loads_only_what_it_uses(command: tuple[str, ...], without: set[str], tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "syncer.yaml").write_text(SETTINGS, "utf-8")
    (tmp_path / "config" / "won.yaml").write_text(REASON, "utf-8")
    asked = [sys.executable, "-c", LOADED, ",".join(sorted(without)), *command]
    done = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    loaded, made = done.stdout.splitlines()[-2:]
    assert loaded == "loaded:"
    assert set(made.split()[1:]) - DATACLASSES == set()
