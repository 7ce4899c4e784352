"""A report of drift as Markdown for a comment, an issue or a job's summary: never too long, no data read as Markdown.

What comes from the organisation stands in code spans and fences only, each behind more backticks than it holds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from syncer.model.diagnostic import Problem
from syncer.plan.drift import Drift
from syncer.render.drift_text import (
    GET_STATE,
    NO_STATE,
    WORDS,
    added_line,
    object_lines,
    pending_line,
    since,
    stranger_text,
    strangers_line,
    summary_line,
    unknown_line,
)
from syncer.render.escape import for_html
from syncer.render.problems import count, problems_text
from syncer.render.terminal import Terminal

MOST = 65_536
"""Characters that a comment or an issue of GitHub may have; counted as UTF-16 does, which is the longest count."""

LISTED = 100
LISTING = 20_000
"""So many objects are named before the fold, in so many characters, at most."""

NAMED = 80
"""Columns of a name before the fold."""


def drift_markdown(drift: Drift, *, unicode: bool = True, most: int = MOST) -> str:
    """The report in at most `most` characters: sums first, then the objects, then every field in a fold. Where that is
    too much, its middle is left out and counted; the sums never are."""
    terminal = Terminal(width=100, unicode=unicode)
    head = "\n\n".join(_head(drift, terminal))
    blocks = [
        *("\n".join(object_lines(each, drift, terminal, verbose=False)) for each in drift.objects),
        *("\n".join(object_lines(each, drift, terminal, verbose=False)) for each in drift.added),
        *_strangers(drift, terminal),
        *_problems(drift.problems, terminal),
    ]
    if not blocks:
        return head + "\n"
    fence = "`" * max(3, 1 + _longest_run("\n".join(blocks)))
    title = f"Every field: {count(drift.fields, 'field')} of {count(len(drift.objects), 'object')}"
    before = f"\n\n<details><summary>{for_html(title)}</summary>\n\n{fence}text\n"
    after = f"\n{fence}\n\n</details>\n"
    room = most - size(head) - size(before) - size(after)
    return head + before + _fitting(blocks, room, terminal) + after


def size(text: str) -> int:
    """Characters as UTF-16 counts them."""
    return len(text) + sum(character > "\uffff" for character in text)


def code(text: str, terminal: Terminal) -> str:
    """Foreign text as a code span, behind one backtick more than it holds in a row."""
    shown = terminal.clip(terminal.shown(text), NAMED) or " "
    ticks = "`" * (1 + _longest_run(shown))
    edge = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{ticks}{edge}{shown}{edge}{ticks}"


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)


def _head(drift: Drift, terminal: Terminal) -> list[str]:
    """Everything before the fold."""
    where = f"organisation {code(drift.org_id, terminal)} at {code(drift.server, terminal)}"
    if drift.applied:
        where += f"; last apply known here {drift.applied.moment}, run {code(drift.applied.run, terminal)}"
    parts = [f"## Drift in {code(drift.environment, terminal)}", f"**{summary_line(drift)}**", _sums(drift), where]
    if drift.partial:
        parts.append("Only a part of the manifests was looked at (`--only`, `--except`).")
    if not drift.remembered:
        parts.append(f"There is no drift without a state: {NO_STATE}; {GET_STATE}.")
    if drift.objects:
        parts.append("\n".join(_listed(drift, terminal)))
    lines = [
        added_line(drift) if drift.added else "",
        unknown_line(drift) if drift.unknown and drift.remembered else "",
        strangers_line(drift) if drift.strangers else "",
        pending_line(drift),
    ]
    parts += [f"{line}." for line in lines if line]
    if drift.unclear:
        parts.append(f"**{count(len(drift.unclear), 'object')} could not be compared**; the reasons stand below.")
    return parts


def _sums(drift: Drift) -> str:
    rows = [*drift.summary.items(), ("fields", drift.fields), ("of them in conflict", drift.conflicts)]
    rows += [("live objects without a manifest", len(drift.strangers))]
    rows += [("objects that the manifests change", drift.pending)] if drift.remembered else []
    rows += [("objects compared", drift.compared), ("objects that could not be compared", len(drift.unclear))]
    return "\n".join(["| what | number |", "| --- | ---: |", *(f"| {name} | {number:,} |" for name, number in rows)])


def _listed(drift: Drift, terminal: Terminal) -> list[str]:
    """The objects, each in a line."""
    lines, used = list[str](), 0
    for each in drift.objects[:LISTED]:
        told = since(each, drift)
        fields = f", {count(len(each.fields), 'field')}" if each.fields else ""
        conflicts = sum(field.cause == "conflict" for field in each.fields)
        clash = f" ({conflicts:,} in conflict)" if conflicts else ""
        when = f": {code(told, terminal)}" if told else ""
        line = f"- {code(str(each.address), terminal)} {WORDS[each.what]}{fields}{clash}{when}"
        used += size(line)
        if used > LISTING:
            break
        lines.append(line)
    left = len(drift.objects) - len(lines)
    return [*lines, f"- … and {count(left, 'object')} more"] if left > 0 else lines


def _strangers(drift: Drift, terminal: Terminal) -> list[str]:
    """The objects without a manifest, as one block."""
    lines = [terminal.line(("", terminal.clip(stranger_text(each, terminal), 100))) for each in drift.strangers]
    return ["\n".join(["live objects without a manifest:", *lines])] if lines else []


def _problems(problems: Sequence[Problem], terminal: Terminal) -> list[str]:
    return [problems_text(problems, terminal, summary=False).strip("\n")] if problems else []


def _fitting(blocks: Sequence[str], room: int, terminal: Terminal) -> str:
    """The blocks with empty lines between, as far as there is room: two thirds from the start, the rest from the end,
    and between them a line that counts what is left out."""
    whole = "\n\n".join(blocks)
    if size(whole) <= room:
        return whole
    lines = whole.split("\n")
    room -= 120  # for the line between
    head, used = 0, 0
    while head < len(lines) and used + size(lines[head]) + 1 <= room * 2 // 3:
        used += size(lines[head]) + 1
        head += 1
    tail = len(lines)
    while tail > head and used + size(lines[tail - 1]) + 1 <= room:
        used += size(lines[tail - 1]) + 1
        tail -= 1
    left = f"{terminal.dots} {count(tail - head, 'line')} left out: `syncer drift --format json` has all of it"
    return "\n".join([*lines[:head], "", left, "", *lines[tail:]])
