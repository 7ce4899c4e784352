"""What docstrings and comments cite can be opened: a page of this repository, and an anchor that it has.

A citation is `docs/platform.md#limits`, several of one page `docs/catalogue.md#c03, #c05`. Rows of the catalogue of
faults are cited so in `syncer/`; tests may name them by their ids alone, but never without words. The vendor's web
addresses stand once, in docs/platform.md.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.support.catalogue import SENTENCES
from tests.support.pages import PAGES, ROOT, anchors

FILES = {
    path.relative_to(ROOT).as_posix(): path
    for folder in ("syncer", "tools", "simulation", "benchmarks", "tests")
    for path in sorted((ROOT / folder).rglob("*.py"))
}
CITED = re.compile(r"(?<![\w./])([\w./-]+\.md)\b((?:#[\w-]+(?:(?:,| and| to)\s+#[\w-]+)*)?)")
PLACEHOLDER = re.compile(r"[A-Z]+\.md\Z")
"""`docs/kinds/SLUG.md` stands for many pages."""
OUTSIDE = re.compile(
    r"\b(?:[Aa]rchitecture|[Rr]eliability|[Cc]onventions|[Ss]ection)\s+\d|\b[Rr]eliability\s+[A-Z]\d|§"
)
ROW = re.compile(r"(?<![\w#-])[A-I]\d\d(?![\w-])")
CODE = re.compile(rf"(?:{ROW.pattern}|\bT\d+|\bN\d+|[,.;:\s]|and|to)*\Z")
PERHAPS = re.compile(r"#[^\n]*(?:\.md\b|[A-Z]\d|https?:|\w\s+\d|§)")
"""What no comment of a file has, it need not be read for: that takes long."""
FIGURES = set(re.findall(r"^\| (?:<a [^|]*</a>)?(N\d+) ", (ROOT / "docs" / "reliability.md").read_text("utf-8"), re.M))


def docstrings(holder: ast.AST) -> Iterator[tuple[int, str]]:
    """Every string that stands alone: of a module, a class, a function, or below what it explains."""
    blocks = [getattr(holder, name, None) for name in ("body", "orelse", "handlers", "finalbody", "cases")]
    for node in [each for block in blocks if isinstance(block, list) for each in block]:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.lineno, node.value.value
        yield from docstrings(node)


def comments(source: str) -> Iterator[tuple[int, str]]:
    """Every comment, lines that follow each other as one."""
    block: list[tuple[int, str]] = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT:
            continue
        if block and token.start[0] != block[-1][0] + 1:
            yield block[0][0], "\n".join(words for _, words in block)
            block = []
        block.append((token.start[0], token.string.removeprefix("#").strip()))
    if block:
        yield block[0][0], "\n".join(words for _, words in block)


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text("utf-8"))


@cache
def words(path: Path) -> tuple[tuple[int, str], ...]:
    """What a file says to its readers: (line, docstring or comment)."""
    source = path.read_text("utf-8")
    return (*docstrings(parsed(path)), *(comments(source) if PERHAPS.search(source) else ()))


def dead(text: str) -> list[str]:
    """The citations of a text that cannot be opened."""
    found = OUTSIDE.findall(text)
    for page, names in CITED.findall(text):
        if PLACEHOLDER.search(page) and page != "README.md" and page != "CHANGELOG.md":
            continue
        file = ROOT / page
        wanted = re.findall(r"#([\w-]+)", names)
        if not file.is_file():
            found.append(page)
        else:
            found += [f"{page}#{each}" for each in wanted if each not in anchors(file)]
    return found


def nameless(text: str) -> list[str]:
    """Rows of the catalogue that a text of `syncer/` names and does not cite; web addresses that are no examples."""
    return ROW.findall(text) + re.findall(r"https?://(?![\w.-]+\.example\b)\S+", text)


def unknown(text: str) -> list[str]:
    """Codes that no page knows, and codes without a word beside them."""
    codes = [*ROW.findall(text), *re.findall(r"(?<![\w#-])T\d{1,2}(?![\w-])", text)]
    figures = re.findall(r"(?<![\w#-])N\d{1,2}(?![\w-])", text)
    found = [each for each in codes if each not in SENTENCES] + [each for each in figures if each not in FIGURES]
    return [*found, text] if codes and CODE.match(text) else found


def places(judge: Callable[[str], list[str]], folder: str = "") -> list[str]:
    """`file:line: what is wrong` in all files, or in those of a folder."""
    return [
        f"{name}:{line}: {each}"
        for name, path in FILES.items()
        if name.startswith(folder)
        for line, text in words(path)
        for each in judge(text)
    ]


def test_what_is_cited_can_be_opened() -> None:
    assert places(dead) == []


def test_a_code_is_known_and_has_words_beside_it() -> None:
    assert places(unknown) == []


def test_a_case_named_by_a_code_alone_is_printed_with_its_sentence() -> None:
    """Keys of a table are what pytest prints; `told` adds the sentence."""
    bare = []
    for name, path in FILES.items():
        if name.startswith("tests/") and "ids=told(" not in path.read_text("utf-8"):
            tables = [node.keys for node in ast.walk(parsed(path)) if isinstance(node, ast.Dict)]
            keys = [key.value for table in tables for key in table if isinstance(key, ast.Constant)]
            bare += [(name, key) for key in keys if isinstance(key, str) and ROW.search(key) and CODE.match(key)]
    assert bare == []


def test_the_product_cites_rows_and_holds_no_address() -> None:
    assert places(nameless, "syncer/") == []


def test_reasons_in_tables_cite_what_can_be_opened() -> None:
    """Strings that are no docstrings: only citations with an anchor, for a file's name may be data."""
    found = {}
    for name, path in FILES.items():
        if ".md#" not in path.read_text("utf-8"):
            continue
        strings = [node.value for node in ast.walk(parsed(path)) if isinstance(node, ast.Constant)]
        texts = [each for each in strings if isinstance(each, str) and ".md#" in each]
        found[name] = [each for text in texts for each in dead(text)]
    del found[Path(__file__).relative_to(ROOT).as_posix()]
    assert {name: each for name, each in found.items() if each} == {}


def test_the_vendors_addresses_stand_once_on_one_page() -> None:
    vendor = re.compile(r"https?://[\w.-]*epilot(?:\.io|-dev)")
    text = (ROOT / "docs" / "platform.md").read_text("utf-8")
    addresses = re.findall(r"\]\((https?://[^)]+)\)", text)
    assert [page.name for page in PAGES if vendor.search(page.read_text("utf-8"))] == ["platform.md"]
    assert [each for each, count in Counter(addresses).items() if count > 1] == []
    rows = [line for line in text.splitlines() if "](http" in line]
    assert [row for row in rows if not (row.startswith("| ") and re.search(r"20\d\d", row))] == []


GOOD = {
    "a page and an anchor": "as it is served (docs/platform.md#versions-of-a-schema)",
    "several": "waited for (docs/catalogue.md#c03, #c05 and\n#c09), see docs/catalogue.md#a03 to #a16",
    "a page": "in docs/outcomes.md, README.md",
    "a placeholder": "writes docs/kinds/SLUG.md",
    "other words": "the architecture of 3 layers, 2 rows, E501",
}
DEAD = {
    "another's page": ("as in entity.md", ["entity.md"]),
    "no such page": ("docs/nothing.md#limits", ["docs/nothing.md"]),
    "no such anchor": ("docs/platform.md#limit", ["docs/platform.md#limit"]),
    "the second anchor": ("docs/catalogue.md#c03, #c99", ["docs/catalogue.md#c99"]),
    "on the next line": ("docs/catalogue.md#c03,\n#c99", ["docs/catalogue.md#c99"]),
    "a page by its chapter": ("as architecture 7 says", ["architecture 7"]),
    "a row by another page": ("(reliability C03)", ["reliability C0"]),
}  # fmt: skip


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD)
def test_what_can_be_opened_passes(text: str) -> None:
    assert (dead(text), unknown(text)) == ([], [])


@pytest.mark.parametrize(("text", "expected"), DEAD.values(), ids=DEAD)
def test_what_cannot_be_opened_is_found(text: str, expected: list[str]) -> None:
    assert dead(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(row C16)", ["C16"]),
        ("C16: so", ["C16"]),
        ("a page at https://epilot.io/x says", ["https://epilot.io/x"]),
        ("such as `https://shop.example/x`", []),
        ("docs/catalogue.md#c16", []),
        ("noqa: S608, E501, UTF-8", []),
    ],
)
def test_a_bare_row_or_an_address_is_found(text: str, expected: list[str]) -> None:
    assert nameless(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("C16: the platform's words", []),
        ("C16", ["C16"]),
        ("C16, C17.", ["C16, C17."]),
        ("C77: nothing", ["C77"]),
        ("N5; the number of cuts", []),
        ("N99: no figure", ["N99"]),
        ("T9: an error quotes", []),
        ("T21: no row", ["T21"]),
    ],
)
def test_a_code_that_nobody_knows_is_found(text: str, expected: list[str]) -> None:
    assert unknown(text) == expected


def test_docstrings_and_comments_are_read() -> None:
    source = '"""one"""\nx = 1  # two\n"""three"""\n# four\n# five\n\n\ndef f():\n    "six"\n    return "seven"\n'
    assert [text for _, text in (*docstrings(ast.parse(source)), *comments(source))] == [
        "one", "three", "six", "two", "four\nfive",
    ]  # fmt: skip
