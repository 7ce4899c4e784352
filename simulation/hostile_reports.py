"""Reports in which a hostile text stands everywhere, and a small copy of a reader of CommonMark
(docs/catalogue.md#i06)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from syncer.model.address import Address
from syncer.model.diagnostic import Problem
from syncer.model.json_values import ABSENT
from syncer.plan.document.timestamps import LastChange, LastRun
from syncer.plan.drift import Drift, DriftedObject, DriftField, Stranger
from syncer.plan.id_map import Pair
from syncer.render.drift_json import drift_json
from syncer.render.drift_markdown import MOST, drift_markdown, size
from syncer.render.drift_text import render_drift
from syncer.render.id_map_text import render_pairs
from syncer.render.terminal import Terminal


def drift_with(text: str) -> Drift:
    """A report in which the text stands wherever an organisation, a state or a project can put one."""
    seen = LastChange(*[text] * 7)
    fields = (
        DriftField(text, text, f"{text}\n{text}", "drift"),
        DriftField(f"a[{text}]", {text: [text]}, ABSENT, "drift"),
        DriftField("c", text, [text], "conflict", text),
    )
    address = Address("ClosingReason", text)
    objects = (
        DriftedObject(address, "changed", text, text, fields, "", seen, "after", (seen, seen)),
        DriftedObject(address, "deleted", text, text, fields, text, seen, "after", (seen, seen)),
    )
    problems = (Problem(text, text, hint=text), Problem("r", text, severity="warning"))
    strangers = (Stranger("ClosingReason", text, text, seen),)
    return Drift(text, text, text, True, True, objects, strangers, 1, 1, (address,), problems, LastRun(text, 0.0, {}))


def outside(markdown: str) -> str:
    """What a reader of CommonMark takes for Markdown: fenced blocks and code spans replaced, by a small copy of it."""
    kept, fence = [], ""
    for line in markdown.split("\n"):
        opened = re.fullmatch(r" {0,3}(`{3,})([^`]*)", line)
        if fence:
            closes = re.fullmatch(r" {0,3}(`{3,})[ \t]*", line)
            if closes and len(closes[1]) >= len(fence):
                fence = ""
                kept.append("FENCE")
        elif opened:
            fence = opened[1]
        else:
            kept.append(_without_spans(line))
    if fence:
        raise ValueError("a fence is never closed")
    return "\n".join(kept)


def _without_spans(line: str) -> str:
    out, place = "", 0
    while place < len(line):
        run = re.match("`+", line[place:])
        if not run:
            out += line[place]
            place += 1
            continue
        end = re.search(rf"(?<!`){run[0]}(?!`)", line[place + len(run[0]) :])
        out += "CODE" if end else run[0]
        place += len(run[0]) + (end.end() if end else 0)
    return out


PLAIN = outside(drift_markdown(drift_with("a")))


def reports(text: str, terminal: Terminal) -> Iterator[tuple[str, str]]:
    """(renderer, what it shows) of everything that a terminal shows of drift and of a promotion."""
    yield "drift", render_drift(drift_with(text), terminal, verbose=True, unmanaged=True)
    pairs = (Pair("ClosingReason", text, text, text, "title", text), Pair("id", text, text, "", "missing"))
    yield "pairs", render_pairs(pairs, text, text, terminal)


def documents(text: str) -> Iterator[tuple[str, str, list[str]]]:
    """(renderer, what it writes, what is wrong with it) of what leaves for a comment or a program."""
    drift = drift_with(text)
    written = drift_markdown(drift)
    read = outside(written)
    wrong = [] if read == PLAIN else [read]
    yield "drift as Markdown", written, [*wrong, *(["too long"] if size(written) > MOST else [])]
    document = drift_json(drift)
    yield "drift as JSON", document, [] if json.loads(document)["drift"][0]["name"] == text else ["lost"]
