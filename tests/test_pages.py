"""The pages for contributors name what exists: files, functions, fields, targets of make; the drawing of who may import
whom is the table of tests/test_layers.py; and no place that a kind touches is missing."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from syncer.kinds import KINDS
from tests.support.pages import ROOT
from tests.test_layers import LAYERS

CONTRIBUTING, ARCHITECTURE, ADD_A_KIND = (
    ROOT / name for name in ("CONTRIBUTING.md", "docs/architecture.md", "docs/add-a-kind.md")
)
PAGES = (CONTRIBUTING, ARCHITECTURE, ADD_A_KIND)
EXAMPLES = {"config/reasons/lost.yaml", "syncer.yaml", "findings/NAME.sh"}
"""What stands in somebody's repository, or is a pattern; no file of this one."""

Members = Mapping[str, Collection[str]]


# ------------------------------------------------------------------------------------------------- what there is


def assigned(node: ast.stmt) -> Iterator[str]:
    """The names that a statement gives a value or a type."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    yield from (each.id for each in targets if isinstance(each, ast.Name))


def members(tree: ast.Module) -> dict[str, set[str]]:
    """ "" → what a module defines; each class → what it does: methods, fields, what `__init__` puts into `self`."""
    found: dict[str, set[str]] = {"": set()}
    for node in tree.body:
        found[""] |= set(assigned(node))
        if isinstance(node, ast.FunctionDef):
            found[""].add(node.name)
        elif isinstance(node, ast.ClassDef):
            found[""].add(node.name)
            found[node.name] = {each.name for each in node.body if isinstance(each, ast.FunctionDef)}
            found[node.name] |= {name for each in node.body for name in assigned(each)}
    return found


@cache
def owners() -> Members:
    """A module's or package's name, and a class's → what is defined in any of that name below `syncer`."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for path in sorted((ROOT / "syncer").rglob("*.py")):
        for name, inside in members(ast.parse(path.read_text("utf-8"))).items():
            found[name or (path.parent.name if path.stem == "__init__" else path.stem)] |= inside
    return found


@cache
def targets() -> frozenset[str]:
    """What `make` can be asked for."""
    return frozenset(re.findall(r"^([a-z]+):.*?## ", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


# ------------------------------------------------------------------------------------------------- what is named


def prose(page: Path) -> str:
    """A page without its blocks of code."""
    return re.sub(r"^ *```.*?^ *```$", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)


def quoted(text: str) -> list[str]:
    """What stands between backticks."""
    return re.findall(r"`([^`\n]+)`", text)


def is_path(word: str) -> bool:
    """Whether a quoted word is a file or folder."""
    return bool(re.fullmatch(r"[\w./-]+", word)) and (
        "/" in word or bool(re.search(r"\.(?:md|py|ya?ml|toml|sh|json)$", word))
    )


def dead_paths(text: str, known: Collection[str] = EXAMPLES) -> list[str]:
    """Quoted files and folders that are not there; a module may be named without its folders."""
    named = [each for each in quoted(text) if is_path(each) and each not in known]
    stems = owners()
    return [
        each
        for each in named
        if not (ROOT / each).exists() and not ("/" not in each and each.removesuffix(".py") in stems)
    ]


def dead_names(text: str) -> list[str]:
    """Quoted names `module.function`, `Class.method` that nothing below `syncer` has."""
    named = [each.split(".") for each in quoted(text) if re.fullmatch(r"\w+\.\w+", each) and not is_path(each)]
    return [".".join(each) for each in named if each[1] not in owners().get(each[0], ())]


def dead_classes(text: str) -> list[str]:
    """Quoted words in the form of a class that nothing below `syncer` has."""
    known = {name for inside in owners().values() for name in inside} | set(KINDS)
    return [each for each in quoted(text) if re.fullmatch(r"[A-Z][a-z]+(?:[A-Z][a-z]+)+", each) and each not in known]


def dead_targets(text: str) -> list[str]:
    """What `make` is asked for on a page, blocks of code included, and has not."""
    return [each for each in re.findall(r"(?:^ *|`)make ([a-z]+)", text, re.MULTILINE) if each not in targets()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_page_names_exists(page: Path) -> None:
    text = prose(page)
    dead = [*dead_paths(text), *dead_names(text), *dead_classes(text), *dead_targets(page.read_text("utf-8"))]
    assert dead == []
    assert len([each for each in quoted(text) if is_path(each)]) >= 15


NAMED = {
    # text: what of it is dead
    "`syncer/plan/planner.py`, `syncer/plan/`, `planner.py`": [],
    "`syncer/plan/plannner.py`": ["syncer/plan/plannner.py"],
    "`plannner.py`": ["plannner.py"],
    "`planner.draft`, `Kind.asks`, `Sender.send`, `cli.run`": [],
    "`planner.draught`": ["planner.draught"],
    "`plannner.draft`": ["plannner.draft"],
    "`Kind.questions`": ["Kind.questions"],
    "`IdIndex`, `ClosingReason`": [],
    "`IdIndexes`, `IdTable`": ["IdIndexes", "IdTable"],
    "`make fast` and `make fsat`": ["fsat"],
    "we make do": [],
    "make do\nmake venv  # or not\n   make vnev": ["do", "vnev"],
}


@pytest.mark.parametrize(("text", "expected"), NAMED.items(), ids=NAMED)
def test_what_does_not_exist_is_found(text: str, expected: list[str]) -> None:
    assert [*dead_paths(text), *dead_names(text), *dead_classes(text), *dead_targets(text)] == expected


def test_the_example_of_a_test_is_one() -> None:
    """The table and the test that CONTRIBUTING.md shows stand so in the file that it takes them from."""
    [block] = re.findall(r"```python\n(.*?)```", CONTRIBUTING.read_text("utf-8"), re.DOTALL)
    test = (ROOT / "tests" / "kinds" / "test_closing_reason.py").read_text("utf-8")
    assert [line for line in block.splitlines() if line not in test.splitlines()] == []


def test_the_small_change_is_there_to_be_made() -> None:
    [words] = re.findall(r'`git grep "(.+)"`', CONTRIBUTING.read_text("utf-8"))
    for place in ("syncer/kinds/closing_reason.py", "tests/kinds/test_closing_reason.py"):
        assert f'"{words}"' in (ROOT / place).read_text("utf-8"), place


def test_the_commit_shown_is_one_that_would_do() -> None:
    [commit] = re.findall(r"```text\n(.*?)```", CONTRIBUTING.read_text("utf-8"), re.DOTALL)
    subject, blank, *reason = commit.splitlines()
    assert (len(subject) <= 72, blank, bool(reason)) == (True, "", True)


# ------------------------------------------------------------------------------------------------- the drawing


Graph = Mapping[str, Collection[str]]


def reached(start: str, graph: Graph) -> set[str]:
    """What ways of one or more arrows lead to."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        new = set(graph.get(waiting.pop(), ())) - found
        found |= new
        waiting += new
    return found


def drawn(page: str) -> dict[str, list[str]]:
    """The arrows of a page's drawing, in its order."""
    [block] = re.findall(r"```mermaid\n(.*?)```", page, re.DOTALL)
    found: dict[str, list[str]] = {}
    for one, other in re.findall(r"^  (\w+) --> (\w+)$", block, re.MULTILINE):
        found.setdefault(one, []).append(other)
    assert sum(map(len, found.values())) == len(block.splitlines()) - 1, "a line of the drawing is no arrow"
    return found


UNKNOWN = {"state": {"diff"}, "render": {"documents"}, "__main__": set(LAYERS) - {"cli", "__main__"}}
"""Where a way leads and none may go, as the page says beside its drawing."""


def test_the_drawing_is_the_table() -> None:
    arrows = drawn(ARCHITECTURE.read_text("utf-8"))
    table = {name: set(ours.split()) for name, (_, ours, _) in LAYERS.items()}
    assert {name: reached(name, arrows) - UNKNOWN.get(name, set()) for name in LAYERS} == table
    assert {name: UNKNOWN[name] & reached(name, arrows) for name in UNKNOWN} == UNKNOWN  # no exception that is none


def test_no_arrow_is_drawn_that_another_way_says() -> None:
    arrows = drawn(ARCHITECTURE.read_text("utf-8"))
    spare = [
        f"{one} --> {other}"
        for one, others in arrows.items()
        for other in others
        if any(other in reached(each, arrows) for each in others if each != other)
    ]
    assert spare == []


def test_a_package_is_described_as_in_the_table() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", ARCHITECTURE.read_text("utf-8"), re.MULTILINE)
    assert rows == [(name, sentence) for name, (sentence, _, _) in LAYERS.items()]


# ------------------------------------------------------------------------------------------------- the files of a kind


SPELLINGS = (
    {"AppInstallation", "ClosingReason", "EntitySchema", "FlowTemplate", "RetentionConfig"},
    {"app-installation", "closing-reason", "entity-schema", "flow-template", "retention-config"},
    {"closing_reason", "flow", "installation", "retention", "schema"},
)
"""How the five kinds are spelled: in manifests, as names of files, by the sandbox."""


def code_of(source: str) -> str:
    """A module without comments and docstrings."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        for each in getattr(node, "body", ()) if not isinstance(node, ast.Lambda | ast.IfExp) else ():
            if isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant):
                each.value.value = ...
    return ast.unparse(tree)


def has_table(source: str) -> bool:
    """Whether a table or list of all kinds stands in a module."""
    for node in ast.walk(ast.parse(source)):
        items = node.keys if isinstance(node, ast.Dict) else getattr(node, "elts", ())
        words = {each.value for each in items if isinstance(each, ast.Constant)}
        if any(spelling <= words for spelling in SPELLINGS):
            return True
    return False


SPEAKS = re.compile(r"closing.?reason", re.IGNORECASE)


def touches(path: Path) -> bool:
    """Whether a kind may have a place in the file: it speaks of closing reasons, in code, or lists all kinds; of tests
    only those that list all, for most take a closing reason where any kind would do."""
    text = path.read_text("utf-8")
    if path.suffix != ".py":
        return bool(SPEAKS.search(text))
    if not path.is_relative_to(ROOT / "tests") and SPEAKS.search(text) and SPEAKS.search(code_of(text)):
        return True
    return has_table(text)


def test_every_place_that_a_kind_touches_is_named() -> None:
    files = [*(ROOT / "schemas").glob("*.json")]
    files += [path for name in ("syncer", "tools", "simulation", "tests") for path in (ROOT / name).rglob("*.py")]
    found = {path.relative_to(ROOT).as_posix() for path in files if path != Path(__file__) and touches(path)}
    assert found - set(quoted(ADD_A_KIND.read_text("utf-8"))) == set(), "name it in docs/add-a-kind.md"


def test_a_file_of_its_tables_has_a_place_for_a_kind() -> None:
    rows = re.findall(r"^\| (`.+?`) \|", ADD_A_KIND.read_text("utf-8"), re.MULTILINE)
    files = [name for row in rows for name in quoted(row) if is_path(name)]
    assert len(files) >= 45
    assert [name for name in files if not SPEAKS.search((ROOT / name).read_text("utf-8"))] == []


def test_the_spellings_are_those_of_the_kinds() -> None:
    assert SPELLINGS[:2] == (set(KINDS), {kind.slug for kind in KINDS.values()})


def test_words_in_docstrings_are_no_place() -> None:
    source = '"""ClosingReason"""\nx = 1  # ClosingReason\n\n\ndef f() -> None:\n    """ClosingReason"""\n'
    assert "ClosingReason" not in code_of(source)
    assert "ClosingReason" in code_of(source + "    return 'ClosingReason'\n")
    assert [has_table(text) for text in ("x = {'a'}", f"x = {sorted(SPELLINGS[1])!r}")] == [False, True]
