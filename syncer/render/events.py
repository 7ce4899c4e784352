"""What an apply did, while it does it and at its end: lines for people, one document for machines."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import assert_never

from syncer.model.diagnostic import Problem
from syncer.model.json_values import Json
from syncer.plan.document.document import problem_document
from syncer.plan.events import Done, Event, Failed, OpenCall, Recovered, Retried, Skipped, Started, Unknown, Waiting
from syncer.plan.plan import Plan, Verb
from syncer.render.output import Output
from syncer.render.plan_text import sign
from syncer.render.problems import problems_text
from syncer.render.terminal import Span, Terminal, flowing, paragraph

PAST: dict[Verb, str] = {
    "create": "created",
    "update": "updated",
    "upgrade": "upgraded",
    "downgrade": "downgraded",
    "delete": "deleted",
    "deactivate": "deactivated",
    "uninstall": "uninstalled",
    "accept": "accepted",
}

LONG_WAIT = 5.0
"""Seconds from which on a wait gets a line of its own where there is no live line."""


def event_text(event: Event, terminal: Terminal, in_full: Callable[[str], str] = str) -> str:
    """The lines an event leaves behind, each with its line end; "" for those that only the live line shows.
    `in_full`: a hint with its commands as they are to be typed."""
    match event:
        case Done(change, _, _, but, amiss) if but is not None:
            what = f"{PAST[change.action]}, but {amiss or 'not all of it is as it was sent'}"
            lines = _headline("!", "warning", str(change.address), what, terminal)
            return _block(lines) + _told(but, terminal, in_full)
        case Done(change, live_id, seconds):
            words: list[Span] = [("bold", terminal.shown(str(change.address))), ("", PAST[change.action])]
            words.append(("dim", f"({terminal.shown(live_id)}, {seconds:.1f} s)" if live_id else f"({seconds:.1f} s)"))
            style, text = sign(change.action, terminal)
            lines = flowing(words, terminal, first=(style, f"{text} "), indent=4, gap=1)
        case Failed(change, problem):
            lines = _headline("!", "error", str(change.address), f"was not {PAST[change.action]}", terminal)
            return _block(lines) + _told(problem, terminal, in_full)
        case Unknown(change, problem):
            what = f"may or may not be {PAST[change.action]}"
            lines = _headline("?", "error", str(change.address), what, terminal)
            return _block(lines) + _told(problem, terminal, in_full)
        case Skipped(change, because):
            what = f"skipped: it waits for {terminal.shown(str(because))}"
            lines = _headline("!", "warning", str(change.address), what, terminal)
        case Recovered(address, live_id, message):
            what = f"settled ({terminal.shown(live_id)}): {terminal.shown(message)}"
            lines = _headline("=", "change", str(address), what, terminal)
        case OpenCall(_, problem):
            return _told(problem, terminal, in_full)
        case Waiting(seconds, reason):
            if seconds < LONG_WAIT:
                return ""
            lines = paragraph(f"waiting {_time(seconds)}: {terminal.shown(reason)}", terminal, style="dim")
        case Started() | Retried():
            return ""
        case _:
            assert_never(event)
    return _block(lines)


def _told(problem: Problem, terminal: Terminal, in_full: Callable[[str], str]) -> str:
    return problems_text([problem._replace(hint=in_full(problem.hint))], terminal, summary=False)


def _headline(mark: str, style: str, address: str, what: str, terminal: Terminal) -> list[str]:
    text = f"{terminal.shown(address)} {what}"
    return paragraph(text, terminal, first=(style, f"{mark} "), indent=4)


def _block(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def progress_text(done: int, total: int, seconds: float, now: str, terminal: Terminal) -> str:
    """The live line: `12/40  3.1/s  9 s left  FlowTemplate/house-connection`, one column less than the width."""
    parts = [f"{done:,}/{total:,}"]
    if done and seconds > 0:
        rate = done / seconds
        parts += [f"{rate:,.1f}/s", f"{_time((total - done) / rate)} left"]
    parts.append(terminal.shown(now))
    return terminal.clip("  ".join(part for part in parts if part), terminal.width - 1)


def _time(seconds: float) -> str:
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


class ApplyProgress:
    """Follows an apply on stderr: a line a change, and a live line where `out` has one. `clock` counts in seconds."""

    def __init__(self, out: Output, total: int, clock: Callable[[], float]) -> None:
        self._out = out
        self._total = total
        self._clock = clock
        self._start = clock()
        self._over = 0
        self._now = ""

    def see(self, event: Event) -> None:
        """Show what happened."""
        terminal, live = self._out.talking, self._out.live
        text = event_text(event, terminal, self._out.in_full)
        if text and not (live and isinstance(event, Waiting)):
            self._out.talk(text)
        if isinstance(event, Done | Failed | Skipped | Unknown):
            self._over += 1
        if live:  # else nobody sees it
            self._now = _doing(event, self._now)
            spent = self._clock() - self._start
            self._out.show(progress_text(self._over, self._total, spent, self._now, terminal))

    def close(self) -> None:
        """Take the live line away."""
        self._out.show("")


def _doing(event: Event, before: str) -> str:
    """What the live line says is being done, after this event."""
    match event:
        case Done() | Failed() | Skipped() | Unknown():
            return ""
        case Started(address, _, step):
            return f"{address} ({step})"
        case Waiting(seconds, reason):
            return f"waiting {_time(seconds)}: {reason}"
        case Retried(seconds, reason):
            return f"again in {_time(seconds)}: {reason}"
    return before


def applied_line(events: Iterable[Event]) -> str:
    """`Applied: 3 created, 1 updated; 1 failed, 2 skipped`."""
    counts = _counts(events)
    made = [f"{number:,} {word}" for word, number in counts.items() if word in PAST.values()]
    rest = [f"{number:,} {word}" for word, number in counts.items() if word not in PAST.values()]
    return f"Applied: {', '.join(made) or 'nothing'}" + (f"; {', '.join(rest)}" if rest else "")


def _counts(events: Iterable[Event]) -> dict[str, int]:
    """How many of each outcome, in a fixed order, without those that did not occur."""
    counts = dict.fromkeys((*PAST.values(), "not as sent", "failed", "skipped", "unknown", "settled"), 0)
    for event in events:
        match event:
            case Done(change, but=but):
                counts[PAST[change.action]] += 1
                counts["not as sent"] += but is not None
            case Failed():
                counts["failed"] += 1
            case Skipped():
                counts["skipped"] += 1
            case Unknown():
                counts["unknown"] += 1
            case OpenCall():
                counts["unknown"] += 1
            case Recovered():
                counts["settled"] += 1
            case _:
                continue
    return {word: number for word, number in counts.items() if number}


def applied_document(plan: Plan, events: Iterable[Event], exit_code: int) -> dict[str, Json]:
    """`{"format_version": 1, "plan", "environment", "org_id", "server", "results": [{"address", "action", "outcome",
    "live_id", "seconds", "because", "problem"}], "summary": {word: n}, "exit_code"}`. `outcome`: done (with a
    problem: what reads back otherwise than it was sent), failed, skipped, unknown (without an action: a call of an
    earlier run that is still open), settled (one that no longer is); what does not apply is null."""
    seen = list(events)
    results = [result for result in map(_result, seen) if result]
    return {
        "format_version": 1,
        "plan": plan.id,
        "environment": plan.environment,
        "org_id": plan.org_id,
        "server": plan.server,
        "results": results,
        "summary": dict(_counts(seen)),
        "exit_code": exit_code,
    }


def _result(event: Event) -> dict[str, Json] | None:
    empty: dict[str, Json] = {"live_id": None, "seconds": None, "because": None, "problem": None}
    match event:
        case Done(change, live_id, seconds, but, _):
            made: dict[str, Json] = {"live_id": live_id or None, "seconds": round(seconds, 3)}
            made["problem"] = problem_document(but) if but else None
            return {"address": str(change.address), "action": change.action, "outcome": "done", **empty, **made}
        case Failed(change, problem) | Unknown(change, problem):
            outcome = "failed" if isinstance(event, Failed) else "unknown"
            why = {"live_id": change.live_id or None, "problem": problem_document(problem)}
            return {"address": str(change.address), "action": change.action, "outcome": outcome, **empty, **why}
        case Skipped(change, because):
            why = {"live_id": change.live_id or None, "because": str(because)}
            return {"address": str(change.address), "action": change.action, "outcome": "skipped", **empty, **why}
        case OpenCall(address, problem):
            why = {"problem": problem_document(problem)}
            return {"address": str(address), "action": None, "outcome": "unknown", **empty, **why}
        case Recovered(address, live_id, message):
            why = {"live_id": live_id or None, "because": message}
            return {"address": str(address), "action": None, "outcome": "settled", **empty, **why}
    return None
