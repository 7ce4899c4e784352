"""Puts the YAML parser's complaints into the words of people who write manifests."""

from __future__ import annotations

import re
from typing import Any

from syncer.model.diagnostic import Location, Problem

_LINE_END = re.compile(r"\r\n|\r|\n")

# part of libyaml's or PyYAML's text → rule id, message, hint; the first that fits
_WORDS = (
    (
        "mapping values are not allowed",
        "yaml-syntax",
        "a second `:` stands where no key can be",
        "put a text that holds `: ` into quotes; otherwise check the indentation",
    ),
    (
        "found undefined tag handle",
        "yaml-tag",
        "a tag uses a handle that is not known",
        "write the plain value, without a tag; quote a text that begins with `!`",
    ),
    (
        "an anchor",
        "yaml-anchor",
        "`&` begins an anchor, which manifests do not know",
        "quote a text that begins with `&`; write a repeated value out, or use `${var.NAME}`",
    ),
    (
        "an alias",
        "yaml-alias",
        "`*` begins an alias, which manifests do not know",
        "quote a text that begins with `*`; write a repeated value out, or use `${var.NAME}`",
    ),
    (
        "a tag",
        "yaml-tag",
        "`!` begins a tag, which manifests do not know",
        "quote a text that begins with `!`; write the plain value, without a tag",
    ),
    (
        "tab character",
        "yaml-tab",
        "a tab stands where only spaces may indent",
        "indent with two spaces for each level",
    ),
    (
        "block scalar",
        "yaml-syntax",
        "a block text (`|` or `>`) begins wrongly",
        "end the line after `|` or `>`, and indent all lines of the text alike",
    ),
    (
        "directive",
        "yaml-directive",
        "a directive that manifests do not know",
        "delete the line that begins with `%`",
    ),
    (
        "incompatible YAML document",
        "yaml-directive",
        "a `%YAML` directive of a version other than 1.2",
        "delete the line that begins with `%`; manifests are YAML 1.2",
    ),
    (
        "invalid Unicode character escape code",
        "yaml-syntax",
        "an escape stands for half a character (a surrogate)",
        "write the character itself, or `\\U` with its eight digits",
    ),
    (
        "unknown escape character",
        "yaml-syntax",
        "a backslash between double quotes begins an escape that YAML does not know",
        "double the backslash, or use single quotes",
    ),
    (
        "did not find expected hexdecimal number",
        "yaml-syntax",
        "an escape has too few hexadecimal digits",
        "double the backslash, or use single quotes",
    ),
    (
        "found unexpected end of stream",
        "yaml-syntax",
        "a quoted text does not end",
        "close the quote",
    ),
    (
        "found unexpected document indicator",
        "yaml-syntax",
        "a quoted text does not end before the next document",
        "close the quote",
    ),
    (
        "could not find expected ':'",
        "yaml-syntax",
        "a key has no `:` after it",
        "write `key: value`; a text of several lines needs `|` or quotes, and more indentation than its key",
    ),
    (
        "found unexpected ':'",
        "yaml-syntax",
        "a `:` stands in an unquoted text between brackets",
        "put the text into quotes",
    ),
    (
        "node content",
        "yaml-syntax",
        "a value was expected here",
        "put a text that begins with one of `:,-?[]{}` into quotes",
    ),
    (
        "block sequence entries are not allowed",
        "yaml-syntax",
        "a list item stands where none can be",
        "start the list on a line of its own, below its key",
    ),
    (
        "block mapping",
        "yaml-syntax",
        "a key was expected here",
        "check the indentation against the lines above, and the quotes",
    ),
    (
        "block collection",
        "yaml-syntax",
        "a list item was expected here",
        "check the indentation of the `-` against the lines above, and the quotes",
    ),
    (
        "flow sequence",
        "yaml-syntax",
        "a list in brackets is not closed, or lacks a comma",
        "write `[one, two]`; quote items that hold brackets, braces or commas",
    ),
    (
        "flow mapping",
        "yaml-syntax",
        "a mapping in braces is not closed, or lacks a comma",
        "write `{key: value, other: value}`; a text that begins with `{` needs quotes",
    ),
    (
        "<document start>",
        "yaml-syntax",
        "something stands after the end of the document",
        "check the indentation, or begin a new document with a line `---`",
    ),
)
_NO_TOKEN = {
    "@": ("yaml-syntax", "a text may not begin with `@` unquoted", "put the text into quotes"),
    "`": ("yaml-syntax", "a text may not begin with a back-tick unquoted", "put the text into quotes"),
    "%": ("yaml-syntax", "a text may not begin with `%` unquoted", "put the text into quotes"),
    "\t": ("yaml-tab", "a tab stands where only spaces may indent", "indent with two spaces for each level"),
}


def syntax_problem(error: Any, text: str, file: str) -> Problem:
    """The problem of a parser's exception: a `yaml.YAMLError` in our words, anything else by its type alone."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    at = Location(file, mark.line + 1, mark.column + 1) if mark else None
    said = " ".join(str(part) for part in (getattr(error, "context", ""), getattr(error, "problem", "")) if part)
    rule, message, hint = _words(said, text, mark)
    if not said:
        message = f"the YAML parser gave up ({type(error).__name__})"
        hint = "simplify the text around this place"
    context = getattr(error, "context_mark", None)
    if context and mark and context.line != mark.line:
        message = f"{message}, in what begins at line {context.line + 1}"
    return Problem(rule, message, at, hint=hint)


def _words(said: str, text: str, mark: Any) -> tuple[str, str, str]:
    if "cannot start any token" in said and mark is not None:
        character = text[mark.index : mark.index + 1]
        if character in _NO_TOKEN:
            return _NO_TOKEN[character]
        return "yaml-syntax", f"`{character}` may not stand here", "put the text into quotes"
    if mark is not None and "\t" in _indentation(text, mark.line):
        return _NO_TOKEN["\t"]
    for part, rule, message, hint in _WORDS:
        if part in said:
            return rule, message, hint
    return "yaml-syntax", said or "not YAML", "check indentation and quotes around this place"


def _indentation(text: str, line: int) -> str:
    lines = _LINE_END.split(text)
    content = lines[line] if line < len(lines) else ""
    return content[: len(content) - len(content.lstrip(" \t"))]
