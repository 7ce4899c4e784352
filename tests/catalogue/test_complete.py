"""Every row of docs/catalogue.md is a test under its id, or has a line saying why it doesn't apply: exactly once.

A module of this folder says which rows are its own by its tables `ROWS` (id, or `id-case`) and `NOT_APPLICABLE`.
"""

from __future__ import annotations

import importlib.util
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

from tests.cli import test_bad_input
from tests.support.catalogue import SENTENCES, told

HERE = Path(__file__).parent
NUMBERS = {"A": 24, "B": 29, "C": 26, "D": 14, "E": 19, "F": 12, "G": 48, "H": 12, "I": 12}
"""How many rows each part of the catalogue has: 196 together."""


def modules() -> list[ModuleType]:
    """Those of this folder that have a table."""
    found = []
    for path in sorted(HERE.glob("test_*.py")):
        if path == Path(__file__):
            continue
        name = f"tests.catalogue.{path.stem}"
        module = sys.modules.get(name)
        if module is None:
            spec = importlib.util.spec_from_file_location(name, path)
            assert spec is not None
            assert spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
        if hasattr(module, "ROWS"):
            found.append(module)
    return found


def tables() -> dict[str, tuple[set[str], set[str]]]:
    """Module → (rows that are tests, rows that do not apply)."""
    found = {each.__name__: (set(map(_id, each.ROWS)), set(each.NOT_APPLICABLE)) for each in modules()}
    found[test_bad_input.__name__] = (set(test_bad_input.TABLE), set(test_bad_input.NOT_APPLICABLE))
    return found


def _id(row: str) -> str:
    return row.partition("-")[0].partition(" ")[0]


def test_the_tables_are_found() -> None:
    assert {name.rpartition(".")[2] for name in tables()} >= {
        "test_bad_input", "test_crashes", "test_storage", "test_process",
        "test_network", "test_semantics", "test_concurrency", "test_output",
    }  # fmt: skip


@pytest.mark.parametrize("part", NUMBERS)
def test_every_row_is_here_exactly_once(part: str) -> None:
    rows = Counter(row for tested, not_applicable in tables().values() for row in (*tested, *not_applicable))
    wanted = {f"{part}{number:02}" for number in range(1, NUMBERS[part] + 1)}
    assert {row: count for row, count in rows.items() if row.startswith(part)} == dict.fromkeys(wanted, 1)


def test_no_row_is_made_up_or_there_twice() -> None:
    rows = Counter(row for tested, not_applicable in tables().values() for row in (*tested, *not_applicable))
    known = {f"{part}{number:02}" for part, count in NUMBERS.items() for number in range(1, count + 1)}
    assert {row: count for row, count in rows.items() if count > 1 or row not in known} == {}


def test_every_row_has_its_sentence_on_the_page_in_order() -> None:
    known = [f"{part}{number:02}" for part, count in NUMBERS.items() for number in range(1, count + 1)]
    assert [row for row in SENTENCES if row[0] != "T"] == known
    assert [row for row, sentence in SENTENCES.items() if len(sentence.split()) < 3] == []
    assert told(["C05", "C05-late"]) == [f"{name}: {SENTENCES['C05']}" for name in ("C05", "C05-late")]


def test_what_does_not_apply_says_why() -> None:
    for module in (*modules(), test_bad_input):
        for row, reason in module.NOT_APPLICABLE.items():
            assert len(reason.split()) > 5, row
