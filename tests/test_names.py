"""One word for one thing: modules and public classes are called by the nouns of docs/glossary.md."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from syncer.cli import COMMANDS

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "syncer"
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text("utf-8")
PRONOUNS = {"all", "any", "both", "each", "it", "none", "one", "some", "that", "this", "what", "who", "whose"}
SHARED_BY_USE_CASES = {"refresh", "safety_inputs", "selection", "workspace"}


def nouns(text: str) -> set[str]:
    """The words of the tables' first column."""
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    return {word for row in rows for word in re.findall(r"`([a-z_]+)`", row)}


def excused(text: str) -> dict[str, str]:
    """Stem → why it ends in -ing or -ed all the same."""
    section = text.partition("## Stems in -ing or -ed")[2]
    return dict(re.findall(r"^- `([a-z_]+)`: (\S.*)$", section, re.MULTILINE))


NOUNS = nouns(GLOSSARY)


def stems() -> dict[str, str]:
    """Path below `syncer` → what the module or package is called."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.parent.name if path.stem == "__init__" else path.stem
        if path.parent != PACKAGE:
            found[path.relative_to(PACKAGE).as_posix()] = name
    return found


def singulars(word: str) -> set[str]:
    """The word, and what it may be the plural of."""
    return {word, word.removesuffix("s"), re.sub(r"ies$", "y", word), re.sub(r"es$", "", word)}


def known(words: list[str]) -> bool:
    """Whether the words are one entry of the glossary, or end in one, singular or plural."""
    return not NOUNS.isdisjoint(singulars(words[-1])) or "_".join(words) in NOUNS


def classes() -> Iterator[tuple[str, ast.ClassDef]]:
    """(path below `syncer`, class) of every public class at the top of a module."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                yield path.relative_to(PACKAGE).as_posix(), node


def exceptions() -> set[str]:
    """Names of the classes that can be raised."""
    above = {node.name: {ast.unparse(base).rpartition(".")[2] for base in node.bases} for _, node in classes()}
    found = {"BaseException", "Exception", "KeyboardInterrupt", "RuntimeError", "UsageError", "ValueError"}
    while more := {name for name, bases in above.items() if bases & found} - found:
        found |= more
    return found


def words_of(name: str) -> list[str]:
    """`RetryBudget` → `retry`, `budget`."""
    return [word.lower() for word in re.findall(r"[A-Z][a-z]*", name)]


def test_a_module_is_called_by_a_noun_of_the_glossary() -> None:
    commands = set(COMMANDS)
    strange = {
        path: stem
        for path, stem in stems().items()
        if not known(stem.split("_"))
        and not (path.startswith(("cli/", "ops/")) and (stem in commands or stem.partition("_")[0] in commands))
    }
    assert strange == {}


def test_no_stem_ends_in_ing_or_ed_or_is_a_pronoun() -> None:
    found = {stem for stem in stems().values() if re.search(r"(ing|ed)$", stem) or stem in PRONOUNS}
    assert found == set(excused(GLOSSARY))
    assert len(found) <= 5


def test_a_command_has_the_module_of_its_name() -> None:
    here = {path.stem for path in (PACKAGE / "cli" / "commands").glob("*.py")} - {"__init__"}
    assert here >= set(COMMANDS)
    assert {stem for stem in here - set(COMMANDS) if stem.partition("_")[0] not in COMMANDS} == set()
    use_cases = {path.stem for path in (PACKAGE / "ops").iterdir() if not path.name.startswith("__")}
    assert use_cases - set(COMMANDS) == SHARED_BY_USE_CASES


def test_a_public_class_is_called_by_a_noun_of_the_glossary() -> None:
    raised = exceptions()
    strange = {
        f"{path}: {node.name}"
        for path, node in classes()
        if node.name not in raised and path != "plan/events.py" and not known(words_of(node.name))
    }
    assert strange == set()


def test_two_public_classes_never_share_a_name() -> None:
    homes = defaultdict(list)
    for path, node in classes():
        homes[node.name].append(path)
    assert {name: paths for name, paths in homes.items() if len(paths) > 1} == {}


def test_every_word_of_the_glossary_is_used() -> None:
    used = {word for stem in stems().values() for word in (stem, stem.split("_")[-1])}
    used |= {words_of(node.name)[-1] for _, node in classes()}
    used = {way for word in used for way in singulars(word)}
    assert NOUNS - used == set()


WORDS = {
    # name: whether the glossary knows it
    "dependencies": True,
    "bodies": True,
    "write_back": True,
    "helper": False,
    "taken_over": False,
    "back": False,
}


@pytest.mark.parametrize(("stem", "expected"), WORDS.items(), ids=WORDS)
def test_the_glossary_is_read(stem: str, expected: bool) -> None:
    assert known(stem.split("_")) is expected
