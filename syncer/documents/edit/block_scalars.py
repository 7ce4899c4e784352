"""Texts behind `|` and `>`: written anew in the same form, lines that say the same as they stood."""

from __future__ import annotations

import re
import textwrap

_HEADER = re.compile(r"([|>])([1-9]?)([-+]?)([1-9]?)")
_LEAST_WIDTH = 60


def block_text(written: str, new: str, line_end: str) -> str | None:
    """`written` (from `|` or `>` to the end of its last line) with another text in it; None where that form cannot
    hold the text."""
    lines = written.splitlines()
    header = _HEADER.match(lines[0])
    content = [line for line in lines[1:] if line.strip()]
    body = new.rstrip("\n")
    if header is None or not content or not body or "\r" in new:
        return None
    column = len(content[0]) - len(content[0].lstrip(" "))
    if body[0] in " \n\t" and not (header[2] or header[4]):
        return None
    tail = len(new) - len(body)
    if tail > 1 and header[3] != "+":  # it would take in the blank lines below it
        return None
    chomp = ("-", "", "+")[min(tail, 2)]
    rest = lines[0][header.end() :]
    if header[1] == ">":
        inner = _folded(body, [line[column:] for line in lines[1:]])
        if inner is None:
            header_sign, inner = "|", body.split("\n")
        else:
            header_sign = ">"
    else:
        header_sign, inner = "|", body.split("\n")
    made = [f"{header_sign}{header[2]}{header[4]}{chomp}{rest}"]
    made += [" " * column + line if line else "" for line in inner]
    return line_end.join(made + [""] * max(tail - 1, 0))


def _folded(body: str, old: list[str]) -> list[str] | None:
    """The lines of a folded text; None where folding would change it."""
    paragraphs = body.split("\n")
    if any(each != " ".join(each.split(" ")).strip() or "  " in each or "\t" in each for each in paragraphs):
        return None
    known = _paragraphs(old)
    width = max([_LEAST_WIDTH, *map(len, old)])
    lines: list[str] = []
    for index, paragraph in enumerate(paragraphs):
        if index:
            lines.append("")
        if paragraph:
            lines += known.get(paragraph) or _refolded(paragraph, known, width)
    return lines


def _paragraphs(lines: list[str]) -> dict[str, list[str]]:
    """Each paragraph as it reads → the lines it stands on."""
    found: dict[str, list[str]] = {}
    present: list[str] = []
    for line in [*lines, ""]:
        if line.strip():
            present.append(line)
        elif present:
            found[" ".join(present)] = present
            present = []
    return found


def _refolded(paragraph: str, known: dict[str, list[str]], width: int) -> list[str]:
    """A paragraph on lines: those at the beginning and the end that an old one had stay."""
    best: tuple[list[str], list[str]] = ([], [])
    for lines in known.values():
        head: list[str] = []
        while len(head) < len(lines) and paragraph.startswith(" ".join([*head, lines[len(head)]]) + " "):
            head.append(lines[len(head)])
        rest = paragraph[len(" ".join(head)) :].lstrip(" ")
        tail: list[str] = []
        left = lines[len(head) :]
        while len(tail) < len(left) and rest.endswith(" " + " ".join([left[-1 - len(tail)], *tail])):
            tail.insert(0, left[-1 - len(tail)])
        if len(head) + len(tail) > len(best[0]) + len(best[1]):
            best = (head, tail)
    head, tail = best
    middle = paragraph[len(" ".join(head)) : len(paragraph) - len(" ".join(tail))].strip(" ")
    wrapped = textwrap.wrap(middle, width, break_long_words=False, break_on_hyphens=False)
    return [*head, *wrapped, *tail]
