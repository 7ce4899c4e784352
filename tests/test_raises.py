"""A public function that raises an exception of ours names it in its docstring: who calls it need not read its body.

Ours are SyncerError and what descends from it. Only what stands in the function itself counts, less what it catches.
Commands are left out, since their docstring is the help that users read, and so are private functions.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Set
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
Function = ast.FunctionDef | ast.AsyncFunctionDef
TREES = {path: ast.parse(path.read_text("utf-8")) for path in sorted((ROOT / "syncer").rglob("*.py"))}


def name_of(node: ast.AST) -> str:
    """The last name of `a`, `a.b` or a call of either."""
    node = node.func if isinstance(node, ast.Call) else node
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def ours() -> set[str]:
    """SyncerError and all below it, wherever they stand."""
    classes = [node for tree in TREES.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    found = {"SyncerError"}
    while more := {node.name for node in classes if found & set(map(name_of, node.bases))} - found:
        found |= more
    return found


OURS = ours()


def functions(holder: ast.AST, within: str = "", above: str = "") -> Iterator[tuple[str, Function, str]]:
    """Public functions and methods by name, and what is said of them: of `__init__` also by its class (`above`)."""
    for node in ast.iter_child_nodes(holder):
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from functions(node, f"{within}{node.name}.", ast.get_docstring(node) or "")
        elif isinstance(node, Function) and not any("command" in ast.unparse(each) for each in node.decorator_list):
            said = ast.get_docstring(node) or ""
            if within and node.name.startswith("__"):
                yield within + node.name, node, said + above
            elif not node.name.startswith("_"):
                yield within + node.name, node, said


def raised(node: ast.AST, helpers: Mapping[str, str], caught: Set[str] = frozenset()) -> set[str]:
    """What of ours a function raises. `helpers`: function → the exception that it is annotated to return."""
    found: set[str] = set()
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function | ast.Lambda | ast.ClassDef):
            continue
        if isinstance(child, ast.Try):
            types = [each for handler in child.handlers if handler.type for each in ast.walk(handler.type)]
            found |= raised(ast.Module(child.body, []), helpers, caught | set(map(name_of, types)))
            rest = [*(each for handler in child.handlers for each in handler.body), *child.orelse, *child.finalbody]
            found |= raised(ast.Module(rest, []), helpers, caught)
            continue
        if isinstance(child, ast.Raise) and child.exc is not None:
            name = helpers.get(name_of(child.exc), name_of(child.exc))
            found |= {name} & OURS - (OURS if "SyncerError" in caught else caught)
        found |= raised(child, helpers, caught)
    return found


def untold(tree: ast.Module) -> dict[str, list[str]]:
    """Function → exceptions of ours that it raises and does not name."""
    helpers = {
        node.name: name_of(node.returns) for node in ast.walk(tree) if isinstance(node, Function) and node.returns
    }
    found = {name: raised(node, helpers) for name, node, _ in functions(tree)}
    missing = {name: sorted(each for each in found[name] if each not in said) for name, _, said in functions(tree)}
    return {name: names for name, names in missing.items() if names}


@pytest.mark.parametrize("path", TREES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_public_function_names_what_it_raises(path: Path) -> None:
    assert untold(TREES[path]) == {}


def test_the_tree_of_exceptions_is_found() -> None:
    assert {"InvalidInput", "Refused", "PartlyDone", "PlatformError", "OutcomeUnknown", "NotDurable"} <= OURS


CASES = {
    "silent": ("def f():\n    'x'\n    raise Refused(1)", {"f": ["Refused"]}),
    "told": ("def f():\n    'Refused where it is held.'\n    raise Refused(1)", {}),
    "one of two": ("def f(a):\n    'Refused.'\n    if a:\n        raise Refused(1)\n    raise InvalidInput(1)",
                   {"f": ["InvalidInput"]}),
    "no docstring": ("def f():\n    raise problem.Refused(1)", {"f": ["Refused"]}),
    "by a helper": ("def _no() -> PlatformError: ...\ndef f():\n    raise _no() from None", {"f": ["PlatformError"]}),
    "private": ("def _f():\n    raise Refused(1)\nclass _C:\n    def f(self):\n        raise Refused(1)", {}),
    "a method": ("class C:\n    def f(self):\n        'x'\n        raise Refused(1)", {"C.f": ["Refused"]}),
    "told by the class": ("class C:\n    'Refused: bad.'\n    def __init__(self):\n        raise Refused(1)", {}),
    "caught": ("def f():\n    try:\n        raise Refused(1)\n    except Refused: ...", {}),
    "caught as any of ours": ("def f():\n    try:\n        raise Refused(1)\n    except SyncerError: ...", {}),
    "raised by the handler": ("def f():\n    try: ...\n    except Refused:\n        raise PlatformError(1)",
                              {"f": ["PlatformError"]}),
    "not ours": ("def f():\n    raise ValueError(1)", {}),
    "of a function inside": ("def f():\n    def g():\n        raise Refused(1)\n    return g", {}),
    "a command": ("@click.command()\ndef f():\n    'Help.'\n    raise Refused(1)", {}),
}  # fmt: skip


@pytest.mark.parametrize(("source", "expected"), CASES.values(), ids=CASES)
def test_what_is_not_told_is_found(source: str, expected: dict[str, list[str]]) -> None:
    assert untold(ast.parse(source)) == expected
