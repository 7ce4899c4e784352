"""Hostile texts (docs/catalogue.md#i04, #i05, #i06), every renderer, and small copies of those who would obey (N13 of
docs/reliability.md#the-table)."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping
from random import Random
from typing import Any

from simulation.hostile_reports import documents, reports
from syncer.model.address import Address
from syncer.model.diagnostic import Location, Problem
from syncer.model.json_values import ABSENT, json_text
from syncer.plan.events import Done, Event, Failed, Recovered, Retried, Skipped, Started, Unknown, Waiting
from syncer.plan.plan import Change, Field, Link, Notice, Plan, Release
from syncer.render.escape import for_annotation, for_property, for_terminal
from syncer.render.events import applied_document, event_text, progress_text
from syncer.render.plan_text import plan_json, render_plan
from syncer.render.problems import problems_github, problems_json, problems_sarif, problems_text
from syncer.render.terminal import Terminal

Json = Any
PIECES: Mapping[str, tuple[str, ...]] = {
    "I04": (
        "\x1b]52;c;ZXZpbA==\x07", "\x9b2J", "\x1b[2J", "\x1b[1A\x1b[2K", "\r", "\r\n", "\u202e", "\u2066", "\u200b",
        "\u0301" * 200, "\x1b]8;;http://x\x1b\\", "\x07", "\x08", "\x7f", "\x1bP+q\x1b\\", "\u2028", "\ufeff",
        "\U000e0041", "\ud800", "\xad", "\0",
    ),
    "I05": (
        "::error::x", "   ::add-mask::a", "foo ##[add-mask]a", "\n::stop-commands::t", "::set-output name=a::b",
        "##vso[task.setvariable]x", "##teamcity[a]", "\n##[command]", "::", "##", "[a]", "%0A::error::x", ",title=x",
        "\u2028::error::x", "\x85::error::x", "\t::debug::",
    ),
    "I06": (
        "```", "</details>", "@org/team", "![](http://x)", "<!-- -->", "|", "`" * 100, "[a](javascript:x)", "<script>",
        "\n# heading", "\n---\n", "&lt;", "~~~", "<img src=x onerror=y>", "[a]: http://x", "http://x", "**b**",
    ),
}  # fmt: skip
PLAIN = ("", " ", "  ", "a", "Größe", "🔌", "x" * 70, "\n", "{{entity.name}}", '"', "'", "\\", "漢字", "1.5", "null")


def strings(number: int, seed: int, rows: Collection[str] = tuple(PIECES)) -> list[str]:
    """So many texts made of the rows' pieces: each piece alone, then mixed with each other and with harmless ones."""
    pieces = [piece for row in rows for piece in PIECES[row]]
    dice = Random(seed)
    found = list(pieces)
    while len(found) < number:
        mixed = [dice.choice(pieces if dice.random() < 0.6 else PLAIN) for _ in range(dice.randint(2, 6))]
        text = "".join(mixed)
        found.append(text if dice.random() < 0.8 else text[dice.randint(0, 3) :] + chr(dice.randint(0, 0x2FF)))
    return found[:number]


# --- those who would obey


def screen_commands(text: str, *, colours: bool = False) -> list[str]:
    """What a terminal would obey: escape sequences, control characters, and characters that reorder or hide; with
    `colours`, plain SGR sequences are ours."""
    pattern = r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)|[\x00-\x09\x0b-\x1f\x7f-\x9f]"
    found = re.findall(pattern, text, re.DOTALL)
    if colours:
        found = [each for each in found if not re.fullmatch(r"\x1b\[[0-9;]*m", each)]
    hidden = [c for c in text if unicodedata.category(c) in ("Cf", "Cs", "Zl", "Zp")]
    marks = re.findall("[\u0300-\u036f]{4,}", text)
    return found + hidden + marks


def runner_commands(text: str) -> list[str]:
    """What GitHub's runner would obey: its two parsers, for every line."""
    found = []
    for line in text.splitlines():
        start = line.lstrip()
        new = start.startswith("::") and "::" in start[2:]
        if new or ("##[" in line and "]" in line[line.index("##[") :]):
            found.append(line)
    return found


def links(message: str) -> list[str]:
    """What a reader of SARIF makes a link of: `[text](address)`, its bracket not escaped."""
    return re.findall(r"(?<!\\)\[[^\]]*\]\([^)]*\)", message)


# --- every renderer


def everywhere(text: str) -> Plan:
    """A plan in which the text stands wherever a live organisation can put one."""
    fields = (
        Field("title", text, "b", "drift", "risky", text, text),
        Field("new", ABSENT, text, "ours"),
        Field(f"attributes[{text}]", ABSENT, {"name": text, text: [text], "x": [{"a": text}]}, "ours"),
        Field("long", f"{text}\n{text}", f"{text}\n", "ours"),
        Field("list", [text, "a"], ["a"], "ours"),
        Field("inside", [{"id": text, "a": {"b": text}}], [{"id": text, "a": {"b": 1}}], "ours"),
    )
    address = Address("EntitySchema", text)
    changes = tuple(
        Change(address, action, "risky", (text,), fields, (f"PUT {text}",), (address,), "", text, text)
        for action in ("create", "update", "delete")
    )
    links_ = (Link(address, text, "title", True),)
    return Plan(text, text, text, text, changes, links_, (Release(address, text),), (Notice(text, text, address),), {})


def problems_with(text: str) -> tuple[Problem, ...]:
    """A problem in which the text stands everywhere."""
    return (Problem(text, text, Location(text, 3, 4), f"$.{text}", text), Problem("rule", text, severity="warning"))


def _events(plan: Plan, text: str) -> list[Event]:
    change = plan.changes[0]
    (problem, _) = problems_with(text)
    return [
        Started(change.address, "create", text), Done(change, text, 0.1), Failed(change, problem, wrote=True),
        Unknown(change, problem), Skipped(change, Address("Book", text)), Recovered(change.address, text, text),
        Waiting(9.0, text), Retried(9.0, text),
    ]  # fmt: skip


def rendered(text: str) -> Iterator[tuple[str, list[str]]]:
    """(renderer, what it let through) for each renderer; nothing let through is []."""
    plan, problems = everywhere(text), problems_with(text)
    events = _events(plan, text)
    for name, terminal in TERMINALS.items():
        shown = render_plan(plan, terminal, needs=problems, verbose=True)
        yield f"plan, {name}", _obeyed(shown, terminal)
        yield f"problems, {name}", _obeyed(problems_text(problems, terminal), terminal)
        told = "".join(event_text(each, terminal) for each in events)
        yield f"events, {name}", _obeyed(told, terminal)
        for what, said in reports(text, terminal):
            yield f"{what}, {name}", _obeyed(said, terminal)
        live = progress_text(1, 2, 1.0, text, terminal)
        yield f"live line, {name}", [*_obeyed(live, terminal), *(["\n"] if "\n" in live else [])]
    yield "terminal", _obeyed(for_terminal(text), TERMINALS["plain"])
    annotations = problems_github(problems)
    yield "annotations", [*screen_commands(annotations), *_forged(annotations)]
    command = f"::error file={for_property(text)}::{for_annotation(text)}"
    yield "annotation", [*screen_commands(command), *([] if runner_commands(command) == [command] else [command])]
    for what, written, wrong in documents(text):
        yield what, [*screen_commands(written), *runner_commands(written), *wrong]
    for ascii_only in (True, False):
        terminal = Terminal(unicode=not ascii_only)
        yield from _as_json("plan as JSON", plan_json(plan, problems, ascii_only=ascii_only), plan.id)
        yield from _as_json("problems as JSON", problems_json(problems, terminal), problems[0].message)
        document = applied_document(plan, events, 5)
        yield from _as_json("apply as JSON", json_text(document, ascii_only=ascii_only), plan.id)
        sarif = problems_sarif(problems, terminal, rules={}, version="1")
        yield "SARIF", [*screen_commands(sarif), *_linked(sarif)]


TERMINALS: Mapping[str, Terminal] = {
    "plain": Terminal(),
    "narrow": Terminal(width=40),
    "colours": Terminal(colour=True),
    "ASCII": Terminal(unicode=False),
}


def _obeyed(shown: str, terminal: Terminal) -> list[str]:
    return screen_commands(shown, colours=terminal.colour) + runner_commands(shown)


def _forged(annotations: str) -> list[str]:
    """An annotation more or less than there are problems, or one of another sort."""
    lines = annotations.splitlines()
    ours = [line for line in lines if re.match(r"::(error|warning) ", line)]
    return [] if len(lines) == len(ours) == 2 else lines


def _as_json(name: str, text: str, first: str) -> Iterator[tuple[str, list[str]]]:
    """The document commands nothing and reads back with the text in it."""
    back = json.loads(text)
    yield name, [*screen_commands(text), *runner_commands(text), *([] if first in _texts(back) else ["lost"])]


def _texts(value: Json) -> set[str]:
    if isinstance(value, dict):
        return set().union(*map(_texts, value.values()), value.keys()) if value else set()
    if isinstance(value, list):
        return set().union(*map(_texts, value)) if value else set()
    return {value} if isinstance(value, str) else set()


def _linked(sarif: str) -> list[str]:
    return [link for each in json.loads(sarif)["runs"][0]["results"] for link in links(each["message"]["text"])]


def let_through(text: str) -> list[str]:
    """What any renderer let through of this text, with the renderer's name; a crash of one is that too."""
    found: list[str] = []
    try:
        for name, commands in rendered(text):
            found += [f"{name}: {each!r}" for each in commands]
    except Exception as error:
        found.append(f"{type(error).__name__}: {error}")
    return found


RENDERERS: int = len(list(rendered("a")))
Check = Callable[[str], list[str]]
