"""Two texts, or two lists of scalars, as the lines a reviewer reads: what goes, what comes, little around it."""

from __future__ import annotations

import unicodedata
from collections import Counter
from difflib import SequenceMatcher

from syncer.model.json_values import Json
from syncer.render.terminal import Span, Terminal, cells, last_cells
from syncer.render.value_text import bare, leaf_text

LONG = 60
"""A text of more characters, or of several lines, is shown as a line diff."""

CHANGED_LINES = 12
"""Lines a diff may take unless the plan is verbose."""

COMPARABLE = 2_000
"""Lines in which a match is looked for; beyond that only what both texts begin and end with counts as equal."""

CONTEXT = 1
ELEMENTS = 12

DiffLine = list[Span]


def is_long(value: Json) -> bool:
    """Whether a text is long enough for a line diff."""
    return isinstance(value, str) and (len(value) > LONG or "\n" in value)


def pair(before: str, after: str, terminal: Terminal, room: int) -> tuple[str, str]:
    """Two texts made visible and cut to `room` columns so that the first place they differ in can be seen.

    Texts that look the same on a screen (composed and decomposed umlauts) are written out.
    """
    plain = telling(before, after, terminal)
    one, other = _to_the_end(plain.shown(before)), _to_the_end(plain.shown(after))
    if cells(one) <= room and cells(other) <= room:
        return one, other
    same = _common(one, other)
    lead = ""
    if cells(one[:same]) > room // 3:
        lead = terminal.dots + last_cells(one[:same], room // 3 - len(terminal.dots))
        one, other = lead + one[same:], lead + other[same:]
    return terminal.clip(one, room), terminal.clip(other, room)


def telling(before: Json, after: Json, terminal: Terminal) -> Terminal:
    """The terminal, or one without Unicode where both texts would look the same on it."""
    if isinstance(before, str) and isinstance(after, str) and not (before.isascii() and after.isascii()):
        alike = unicodedata.normalize("NFC", before) == unicodedata.normalize("NFC", after)
        return terminal._replace(unicode=False) if alike else terminal
    return terminal


def _to_the_end(line: str) -> str:
    """The line with its last space written out, if it ends in one."""
    return f"{line[:-1]}\\x20" if line.endswith(" ") else line


def _common(one: str, other: str) -> int:
    length = min(len(one), len(other))
    return next((index for index in range(length) if one[index] != other[index]), length)


def text_diff(before: str, after: str, terminal: Terminal, room: int, *, verbose: bool) -> tuple[str, list[DiffLine]]:
    """(how many lines come and go, the lines of a unified diff without its file header)."""
    old, new = before.split("\n"), after.split("\n")
    codes = _opcodes(old, new)
    gone = sum(end - start for tag, start, end, _, _ in codes if tag != "equal")
    come = sum(end - start for tag, _, _, start, end in codes if tag != "equal")
    if len(old) == len(new) == 1:
        one, other = pair(before, after, terminal, room - 2)
        counts = f"text of {len(before):,} characters, now {len(after):,}"
        return counts, [[("remove", f"- {one}")], [("add", f"+ {other}")]]
    lines = [line for group in _groups(codes) for line in _hunk(group, old, new, terminal, room)]
    if not verbose and len(lines) > CHANGED_LINES + 1:
        left = len(lines) - CHANGED_LINES
        lines = [*lines[:CHANGED_LINES], [("dim", f"{terminal.dots} {left:,} more lines of this diff")]]
    return f"{_lines(come)} added, {gone:,} removed", lines


def _lines(number: int) -> str:
    return f"{number:,} line" if number == 1 else f"{number:,} lines"


Opcode = tuple[str, int, int, int, int]


def _opcodes(old: list[str], new: list[str]) -> list[Opcode]:
    """What is equal at both ends is taken off first; difflib gets the middle, if it is of a size it can bear."""
    head = next((i for i in range(min(len(old), len(new))) if old[i] != new[i]), min(len(old), len(new)))
    most = min(len(old), len(new)) - head
    tail = next((i for i in range(most) if old[-1 - i] != new[-1 - i]), most)
    one, other = old[head : len(old) - tail], new[head : len(new) - tail]
    codes: list[Opcode] = [("equal", 0, head, 0, head)] if head else []
    if len(one) > COMPARABLE or len(other) > COMPARABLE:
        codes.append(("replace", head, head + len(one), head, head + len(other)))
    else:
        matcher = SequenceMatcher(None, one, other, autojunk=False)
        codes += [(tag, a + head, b + head, c + head, d + head) for tag, a, b, c, d in matcher.get_opcodes()]
    if tail:
        codes.append(("equal", len(old) - tail, len(old), len(new) - tail, len(new)))
    return codes


def _groups(codes: list[Opcode]) -> list[list[Opcode]]:
    """The opcodes in hunks, each with at most `CONTEXT` equal lines before and after it."""
    groups: list[list[Opcode]] = [[]]
    for position, (tag, a, b, c, d) in enumerate(codes):
        if tag != "equal":
            groups[-1].append((tag, a, b, c, d))
            continue
        first, last = position == 0, position == len(codes) - 1
        if not first and not last and b - a <= 2 * CONTEXT:
            groups[-1].append((tag, a, b, c, d))
            continue
        if not first:
            groups[-1].append((tag, a, min(b, a + CONTEXT), c, min(d, c + CONTEXT)))
        if not last:
            start = ("equal", max(a, b - CONTEXT), b, max(c, d - CONTEXT), d)
            groups = [[start]] if first else [*groups, [start]]
    return [group for group in groups if any(tag != "equal" for tag, *_ in group)]


def _hunk(group: list[Opcode], old: list[str], new: list[str], terminal: Terminal, room: int) -> list[DiffLine]:
    (_, a, _, c, _), (_, _, b, _, d) = group[0], group[-1]
    lines: list[DiffLine] = [[("dim", f"@@ -{_range(a, b)} +{_range(c, d)} @@")]]
    for tag, start, end, begin, stop in group:
        if tag == "equal":
            lines += [[("dim", f"  {_end(old[index], terminal, room - 2)}")] for index in range(start, end)]
            continue
        pairs = [
            pair(old[start + i], new[begin + i], terminal, room - 2) for i in range(min(end - start, stop - begin))
        ]
        gone = [one for one, _ in pairs] + [_end(line, terminal, room - 2) for line in old[start + len(pairs) : end]]
        come = [one for _, one in pairs] + [_end(line, terminal, room - 2) for line in new[begin + len(pairs) : stop]]
        lines += [[("remove", f"- {line}")] for line in gone]
        lines += [[("add", f"+ {line}")] for line in come]
    return lines


def _range(start: int, end: int) -> str:
    return str(start + 1) if end - start == 1 else f"{start + (end > start)},{end - start}"


def _end(line: str, terminal: Terminal, room: int) -> str:
    return terminal.clip(_to_the_end(terminal.shown(line)), room)


def elements(before: list[Json], after: list[Json], terminal: Terminal, *, verbose: bool) -> tuple[str, list[DiffLine]]:
    """(counts, the elements that go, come, or only move) of two lists of scalars and markers."""
    old, new = ([leaf_text(bare(item), terminal) for item in side] for side in (before, after))
    gone, come = list((Counter(old) - Counter(new)).elements()), list((Counter(new) - Counter(old)).elements())
    if not gone and not come:
        return "another order", _capped(_moves(old, new), terminal, verbose)
    parts = [f"{len(come):,} added"] * bool(come) + [f"{len(gone):,} removed"] * bool(gone)
    lines: list[DiffLine] = [[("remove", f"- {text}")] for text in gone] + [[("add", f"+ {text}")] for text in come]
    return ", ".join(parts), _capped(lines, terminal, verbose)


def _moves(old: list[str], new: list[str]) -> list[DiffLine]:
    """Where the elements went that no longer stand in the same order: `"b" after "c"`."""
    lines: list[DiffLine] = []
    for tag, _, _, start, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag in ("insert", "replace"):
            for index in range(start, end):
                place = f"after {new[index - 1]}" if index else "first"
                lines.append([("change", f"~ {new[index]} {place}")])
    return lines


def _capped(lines: list[DiffLine], terminal: Terminal, verbose: bool) -> list[DiffLine]:
    if verbose or len(lines) <= ELEMENTS + 1:
        return lines
    return [*lines[:ELEMENTS], [("dim", f"{terminal.dots} {len(lines) - ELEMENTS:,} more")]]
