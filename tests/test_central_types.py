"""The types that everything passes through say, a field at a time, what it is for and what it must not be used for."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "syncer"
TYPES = {
    # type: where it is
    "Plan": "plan/plan.py",
    "Change": "plan/plan.py",
    "Task": "plan/plan.py",
    "PlanInputs": "plan/inputs.py",
    "Kind": "model/kind.py",
    "Step": "model/calls.py",
    "Outcome": "model/calls.py",
    "Desired": "model/resource.py",
    "Live": "model/resource.py",
    "Managed": "model/resource.py",
    "Problem": "model/diagnostic.py",
    "Intent": "state/journal.py",
}


def is_text(node: ast.stmt | None) -> bool:
    """Whether a statement is a docstring."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def silent(tree: ast.Module, name: str) -> Iterator[str]:
    """What of a type has no docstring: itself, or a field. One that is an alias has one below its assignment."""
    for node, following in zip(tree.body, [*tree.body[1:], None], strict=True):
        if isinstance(node, ast.Assign) and [ast.unparse(each) for each in node.targets] == [name]:
            yield from [] if is_text(following) else [name]
            return
        if isinstance(node, ast.ClassDef) and node.name == name:
            yield from [] if ast.get_docstring(node) else [name]
            for each, after in zip(node.body, [*node.body[1:], None], strict=True):
                if isinstance(each, ast.AnnAssign) and not is_text(after):
                    yield f"{name}.{ast.unparse(each.target)}"
            return
    yield f"no {name}"


@pytest.mark.parametrize(("name", "file"), TYPES.items(), ids=TYPES)
def test_every_field_of_a_central_type_is_told(name: str, file: str) -> None:
    assert [*silent(ast.parse((ROOT / file).read_text("utf-8")), name)] == []


FIELDS = {
    # source: what of `A` is silent
    'class A:\n    "a"\n    x: int\n    "x"\n    y: int = 0\n    "y"\n': [],
    'class A:\n    "a"\n    x: int\n    y: int = 0\n    "y"\n': ["A.x"],
    'class A:\n    x: int\n    "x"\n    y: int = 0\n': ["A", "A.y"],
    'A = 1\n"a"\n': [],
    "A = 1\n": ["A"],
    'class B:\n    "b"\n': ["no A"],
}


@pytest.mark.parametrize(("source", "expected"), FIELDS.items(), ids=range(len(FIELDS)))
def test_a_silent_field_is_found(source: str, expected: list[str]) -> None:
    assert [*silent(ast.parse(source), "A")] == expected
