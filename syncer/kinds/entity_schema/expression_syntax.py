"""Reads the small languages in an entity schema, render conditions and Handlebars; knows their form, no names."""

from __future__ import annotations

import re
from collections.abc import Iterator

_TERM = re.compile(
    r"""\s*([A-Za-z0-9_.$\[\]*-]+)\s*(!=|>=|<=|=|>|<)\s*(?:("(?:[^"\\]|\\.)*")|('[^']*'|[^\s"'()=<>!]+))\s*"""
)
_JOIN = re.compile(r"(AND|OR)\b", re.IGNORECASE)
_MUSTACHE = re.compile(r"\{\{\{?\s*(.*?)\s*\}?\}\}", re.DOTALL)
_LITERAL = re.compile(r"\"[^\"]*\"|'[^']*'")
_WORD = re.compile(r"[^\s()|=]+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_SCOPES = {"item", "entity", "this", "root", "attributes", "_item"}
_NO_NAMES = {"else", "as", "true", "false", "null", "undefined", "this"}


def condition_fault(expression: str) -> tuple[str, bool]:
    """What is wrong with a render condition, and whether it can't be read at all; ("", False) if nothing is.

    The form is documented as `attribute op "value"` with `= != >= <= > <`, joined by AND or by OR, not both
    (docs/platform.md#attributes-of-a-schema); a condition the platform can't read hides nothing.
    """
    _, fault, fatal = _read(expression)
    return fault, fatal


def condition_names(expression: str) -> list[str]:
    """The attributes a render condition asks for, each once; those before the first fault."""
    names, _, _ = _read(expression)
    return list(dict.fromkeys(name.partition(".")[0].partition("[")[0] for name in names))


def _read(expression: str) -> tuple[list[str], str, bool]:
    names: list[str] = []
    joins: set[str] = set()
    place, fault = 0, ""
    while True:
        term = _TERM.match(expression, place)
        if term is None:
            rest = expression[place:].strip()
            return names, f'expected `attribute = "value"` at `{rest[:30]}`' if rest else "it breaks off", True
        names.append(term[1])
        if term[4] is not None:
            fault = fault or f"the value {term[4]} stands without double quotes"
        place = term.end()
        if place == len(expression):
            break
        join = _JOIN.match(expression, place)
        if join is None:
            return names, f"expected AND or OR at `{expression[place:].strip()[:30]}`", True
        joins.add(join[1].upper())
        if join[1] != join[1].upper():
            fault = fault or f"`{join[1]}` is written in small letters"
        place = join.end()
    if len(joins) > 1:
        return names, "AND and OR are mixed", True
    return names, fault, False


def template_names(template: str) -> list[str]:
    """The names a Handlebars text reads from the entity, each once: `{{item.first_name}}` and `{{#if vip}}` name two.

    Helpers and what they are given can't be told apart without knowing the helpers, so of an expression of several
    words the first is taken for a helper. Inside `{{#each}}` and `{{#with}}` names belong to something else.
    """
    names: dict[str, None] = {}
    inner = 0
    for expression in _MUSTACHE.findall(template):
        if expression.startswith(("/each", "/with")):
            inner -= 1
        elif inner <= 0:
            names.update(dict.fromkeys(_names(expression)))
        if expression.startswith(("#each", "#with")):
            inner += 1
    return list(names)


def _names(expression: str) -> Iterator[str]:
    if expression[:1] in ("!", "/", ">", "^"):
        return
    block = expression.startswith("#")
    words = _WORD.findall(_LITERAL.sub(" ", expression.lstrip("#&~").rstrip("~")))
    for word in words[1:] if block or len(words) > 1 else words:
        if "@" in word or word.startswith(".."):
            continue
        parts = [part for part in re.split(r"[./\[\]]+", word) if part]
        if len(parts) > 1 and parts[0] in _SCOPES:
            parts = parts[1:]
        if parts and parts[0] not in _NO_NAMES and _NAME.match(parts[0]):
            yield parts[0]


def template_fault(template: str) -> str:
    """What is wrong with a Handlebars text's braces and blocks; "" if nothing is."""
    if len(re.findall(r"\{\{", template)) != len(re.findall(r"\}\}", template)):
        return "the braces `{{` and `}}` don't match"
    opened: list[str] = []
    for expression in _MUSTACHE.findall(template):
        words = expression.lstrip("~").split()
        if expression.startswith("#") and words:
            opened.append(words[0][1:] or (words[1] if len(words) > 1 else ""))
        elif expression.startswith("/"):
            name = expression[1:].strip().rstrip("~")
            if not opened or opened.pop() != name:
                return f"`{{{{/{name}}}}}` closes nothing"
    return f"`{{{{#{opened[-1]}}}}}` is never closed" if opened else ""
