"""What an apply says: lines, live line, last line, document; whole."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

from syncer.model.address import Address
from syncer.model.diagnostic import Problem
from syncer.plan.events import Done, Event, Failed, Recovered, Retried, Skipped, Started, Unknown, Waiting
from syncer.plan.plan import Plan
from syncer.render.events import ApplyProgress, applied_document, applied_line, event_text, progress_text
from syncer.render.output import Output
from syncer.render.terminal import Terminal

REFUSED = Problem("refused", "PUT /v1/entity/schemas/contact answered 400", hint="mend the manifest, then run it again")


@pytest.fixture
def events(everything: Plan) -> list[Event]:
    """An apply in which everything happens that can."""
    won, contact, flow, mail = everything.changes[:4]
    return [
        Recovered(Address("ClosingReason", "lost"), "x12", "found by its title, taken over"),
        Started(won.address, won.action, "create"),
        Done(won, "x739", 0.42),
        Started(contact.address, contact.action, "put"),
        Retried(1.5, "the platform answered 503"),
        Waiting(2, "the quota is used up"),
        Waiting(75.4, "Retry-After"),
        Failed(contact, REFUSED),
        Skipped(flow, contact.address),
        Unknown(mail, Problem("unknown", "the answer was lost", hint="run `syncer apply` again")),
    ]


def test_lines(events: list[Event]) -> None:
    assert "".join(event_text(event, Terminal(width=80)) for event in events) == (
        "= ClosingReason/lost settled (x12): found by its title, taken over\n"
        "+ ClosingReason/won created (x739, 0.4 s)\n"
        "waiting 1 min 15 s: Retry-After\n"
        "! EntitySchema/contact was not updated\n"
        "error[refused]: PUT /v1/entity/schemas/contact answered 400\n"
        "\n"
        "hint: mend the manifest, then run it again\n"
        "! FlowTemplate/house-connection skipped: it waits for EntitySchema/contact\n"
        "? AppInstallation/mail-sender may or may not be upgraded\n"
        "error[unknown]: the answer was lost\n"
        "\n"
        "hint: run `syncer apply` again\n"
    )


def test_a_hostile_name_stays_one_line(everything: Plan) -> None:
    change = replace(everything.changes[0], address=Address("ClosingReason", "a\n::error::x\x1b[2J"))
    assert event_text(Done(change, "\r##[x]", 0), Terminal()) == (
        "+ ClosingReason/a\\n::error::x\\x1b[2J created (\\r#\\x23[x], 0.0 s)\n"
    )


PROGRESS = {
    # case: (done, total, seconds, what is done now, line)
    "at the start": (0, 40, 0.0, "ClosingReason/won", "0/40  ClosingReason/won"),
    "on the way": (12, 40, 4.0, "ClosingReason/won (create)", "12/40  3.0/s  9 s left  ClosingReason/won (create)"),
    "long": (100, 5000, 50.0, "", "100/5,000  2.0/s  40 min 50 s left"),
    "very long": (1, 5000, 10.0, "", "1/5,000  0.1/s  13 h 53 min left"),
    "too wide": (0, 1, 0.0, "x" * 90, "0/1  " + "x" * 73 + "…"),
}


@pytest.mark.parametrize(("done", "total", "seconds", "now", "line"), PROGRESS.values(), ids=PROGRESS)
def test_progress(done: int, total: int, seconds: float, now: str, line: str) -> None:
    assert progress_text(done, total, seconds, now, Terminal(width=80)) == line


def watched(events: list[Event], *, live: bool) -> str:
    stderr = io.StringIO()
    ticks = iter(range(100))
    watch = ApplyProgress(Output(io.StringIO(), stderr, Terminal(width=60), live=live), 4, lambda: float(next(ticks)))
    for event in events:
        watch.see(event)
    watch.close()
    return stderr.getvalue()


def test_without_a_terminal_there_is_a_line_a_change(events: list[Event]) -> None:
    assert watched(events, live=False) == "".join(event_text(event, Terminal(width=60)) for event in events)


def test_with_a_terminal_there_is_a_live_line(events: list[Event]) -> None:
    erase = "\r\x1b[2K"
    assert watched(events[1:6], live=True) == (
        f"{erase}0/4  ClosingReason/won (create)"
        f"{erase}+ ClosingReason/won created (x739, 0.4 s)\n"
        f"{erase}1/4  0.5/s  6 s left"
        f"{erase}1/4  0.3/s  9 s left  EntitySchema/contact (put)"
        f"{erase}1/4  0.2/s  12 s left  again in 2 s: the platform answered…"
        f"{erase}1/4  0.2/s  15 s left  waiting 2 s: the quota is used up"
        f"{erase}"
    )


def test_the_last_line(events: list[Event]) -> None:
    assert applied_line(events) == "Applied: 1 created; 1 failed, 1 skipped, 1 unknown, 1 settled"
    assert applied_line(events[2:3] * 1200) == "Applied: 1,200 created"
    assert applied_line(events[7:8]) == "Applied: nothing; 1 failed"
    assert applied_line([]) == "Applied: nothing"


def test_the_document(everything: Plan, events: list[Event]) -> None:
    problem = {
        "severity": "error", "rule": "refused", "message": "PUT /v1/entity/schemas/contact answered 400", "file": None,
        "line": None, "column": None, "path": None, "hint": "mend the manifest, then run it again",
    }  # fmt: skip
    lost = {**problem, "rule": "unknown", "message": "the answer was lost", "hint": "run `syncer apply` again"}
    assert applied_document(everything, iter(events), 7) == {
        "format_version": 1,
        "plan": everything.id,
        "environment": "production",
        "org_id": "739224",
        "server": "https://api.example.epilot.io",
        "results": [
            {"address": "ClosingReason/lost", "action": None, "outcome": "settled", "live_id": "x12", "seconds": None,
             "because": "found by its title, taken over", "problem": None},
            {"address": "ClosingReason/won", "action": "create", "outcome": "done", "live_id": "x739", "seconds": 0.42,
             "because": None, "problem": None},
            {"address": "EntitySchema/contact", "action": "update", "outcome": "failed", "live_id": "contact",
             "seconds": None, "because": None, "problem": problem},
            {"address": "FlowTemplate/house-connection", "action": "update", "outcome": "skipped", "live_id": "f-1",
             "seconds": None, "because": "EntitySchema/contact", "problem": None},
            {"address": "AppInstallation/mail-sender", "action": "upgrade", "outcome": "unknown", "live_id": "app-9",
             "seconds": None, "because": None, "problem": lost},
        ],
        "summary": {"created": 1, "failed": 1, "skipped": 1, "unknown": 1, "settled": 1},
        "exit_code": 7,
    }  # fmt: skip


def test_what_reads_back_otherwise_is_made_all_the_same(everything: Plan) -> None:
    won = everything.changes[0]
    other = Problem("not-as-sent", "`title` is not as it was sent", hint="take its form over")
    made = [Done(won, "x739", 0.42, other), Done(won, "x740", 0.4)]
    assert event_text(made[0], Terminal(width=80)) == (
        "! ClosingReason/won created, but not all of it is as it was sent\n"
        "error[not-as-sent]: `title` is not as it was sent\n"
        "\n"
        "hint: take its form over\n"
    )
    assert applied_line(made) == "Applied: 2 created; 1 not as sent"
    document = applied_document(everything, made, 5)
    first, second = document["results"]
    assert (first["outcome"], first["live_id"], first["problem"]["rule"]) == ("done", "x739", "not-as-sent")
    assert (second["outcome"], second["problem"]) == ("done", None)
    assert document["summary"] == {"created": 2, "not as sent": 1}
