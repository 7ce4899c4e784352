"""Every rule that reading may name stands in the table, and every rule of the table is named somewhere."""

from __future__ import annotations

import ast
from pathlib import Path

from syncer.manifests.document_rules import RULES
from syncer.manifests.rules import MANIFESTS, PLANS

FOLDER = Path(__file__).parents[2] / "syncer"
MODULES = [
    "manifests/envelope",
    "manifests/discovery",
    "documents/formatter",
    "documents/json_reader",
    "manifests/loader",
    "manifests/project",
    "documents/core_schema",
    "documents/source_checks",
    "manifests/file_includes",
    "manifests/variables",
    "documents/yaml_messages",
    "documents/yaml_reader",
]


def words_of(module: str) -> set[str]:
    """Every text that stands alone in a module's code."""
    tree = ast.parse((FOLDER / f"{module}.py").read_text())
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def rules_of(module: str) -> set[str]:
    """The rule ids a module's calls name: the first or second text given to what makes a problem."""
    found = set()
    for node in ast.walk(ast.parse((FOLDER / f"{module}.py").read_text())):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in {"Problem", "Finding", "BadScalar", "problem", "finding"}:
                texts = [
                    each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)
                ]
                found |= set(texts[:1])
    return found


def test_every_rule_that_is_named_stands_in_a_table() -> None:
    named = set().union(*(rules_of(module) for module in MODULES))
    assert len(named) > 30
    assert named - RULES.keys() - (MANIFESTS | PLANS).keys() == set()


def test_every_rule_of_the_table_is_named() -> None:
    words = set().union(*(words_of(module) for module in MODULES))
    families = {"unknown-var", "unknown-id"}  # made of two words
    assert RULES.keys() - words == families


def test_sentences() -> None:
    assert [rule for rule, sentence in RULES.items() if not sentence.endswith(".")] == []
    assert list(RULES) == sorted(RULES)
    assert RULES.keys() & (MANIFESTS | PLANS).keys() == set()
