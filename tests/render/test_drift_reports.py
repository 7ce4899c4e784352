"""A report of drift as text, JSON and Markdown: whole, as golden files; hostile texts in it; and how long it may be."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from simulation.hostile import runner_commands, screen_commands, strings
from simulation.hostile_reports import drift_with, outside
from syncer.model.address import Address
from syncer.model.diagnostic import Problem
from syncer.model.json_values import ABSENT, Ref, Secret
from syncer.plan.document.timestamps import LastChange, LastRun
from syncer.plan.drift import Drift, DriftedObject, DriftField, Stranger
from syncer.plan.plan import HIDDEN
from syncer.render.drift_json import drift_json
from syncer.render.drift_markdown import MOST, drift_markdown, size
from syncer.render.drift_text import render_drift
from syncer.render.terminal import Terminal

CANARY = "hunter2-canary"
RUN = LastRun("0a1b2c3d", 1772442843.0, {})
REPORT = Drift(
    "production", "739224", "https://epilot.io", False, True,
    (
        DriftedObject(Address("FlowTemplate", "move-out"), "deleted", "Auszug melden", "f-2", when="after"),
        DriftedObject(
            Address("ClosingReason", "moved"), "replaced", "Umgezogen", "x9",
            note="it was `x1`; another of the same title is in its place", seen=LastChange("2026-03-02T10:00:00.000Z"),
        ),
        DriftedObject(
            Address("ClosingReason", "won"), "deactivated", "Gewonnen", "x2",
            (DriftField("status", "ACTIVE", "INACTIVE", "drift"),),
            seen=LastChange("2026-01-01T10:00:00.000Z", changed_at="2026-02-01T10:00:00.000Z"), when="before",
        ),
        DriftedObject(
            Address("AppInstallation", "mail"), "changed", "Mail Sender", "app-9",
            (
                DriftField("version", "2.0.3", "2.1.0", "conflict", "2.2.0"),
                DriftField("option_values[smtp].options[password]", Secret("EPILOT_SMTP", CANARY), HIDDEN, "drift"),
            ),
            seen=LastChange("2026-01-01T10:00:00.000Z", "1001", "2026-03-02T10:00:00.000Z", "10010728", "2.1.0"),
            when="after",
        ),
        DriftedObject(
            Address("EntitySchema", "contact"), "changed", "contact", "contact",
            (
                DriftField("attributes[iban]", {"name": "iban", "type": "string", "label": "IBAN"}, ABSENT, "drift"),
                DriftField("title_template", "{{name}}", "{{name}}, {{city}}", "drift"),
                *(DriftField(f"attributes[a{n}].label", f"A{n}", f"B{n}", "drift") for n in range(14)),
            ),
            seen=LastChange("2026-01-01T10:00:00.000Z", "", "2026-03-02T10:00:00.000Z", "", "36"), when="after",
            versions=(
                LastChange(
                    changed_at="2026-03-02T10:00:00.000Z", version="36", source="blueprint b8f8", comment="Import"
                ),
                LastChange(changed_at="2026-03-02T09:30:00.000Z", version="35"),
            ),
        ),
        DriftedObject(
            Address("FlowTemplate", "old"), "changed", "Altes", "f-9",
            (DriftField("closing_reasons", [{"id": Ref("ClosingReason", "won")}], [], "conflict"),),
            note="no manifest describes it any more: the plan would remove it",
        ),
        DriftedObject(
            Address("RetentionConfig", "old-contacts"), "changed", "contact deletion", "cfg-1",
            (
                DriftField(
                    "query.saved_view_id.filters", "digest 1f3a5c70", "none", "drift",
                    reason="the saved view `Alte` filters otherwise than was accepted: other entities are deleted",
                ),
            ),
        ),
    ),
    (
        Stranger("ClosingReason", "x7", "Umzug", LastChange("2026-03-02T10:00:00.000Z")),
        Stranger("EntitySchema", "pet", "pet", LastChange("2026-03-02T10:00:00.000Z", "77")),
    ),
    3, 40, (Address("ClosingReason", "twice"),),
    (Problem("ambiguous", "ClosingReason/twice: 2 live objects have the title `A`: `x`, `y`", hint="rename one"),),
    RUN,
)  # fmt: skip
NOTHING = replace(REPORT, objects=(), strangers=(), pending=0, unclear=(), problems=(), applied=None)
UNKNOWN = replace(
    NOTHING,
    remembered=False,
    partial=True,
    objects=(
        DriftedObject(Address("ClosingReason", "won"), "missing", "Gewonnen", ""),
        DriftedObject(
            Address("ClosingReason", "lost"), "differs", "Verloren", "x3",
            (DriftField("title", "Verloren", "Weg", "differs"),),
        ),
    ),
)  # fmt: skip
REPORTS = {"drift": REPORT, "no_drift": NOTHING, "no_state": UNKNOWN}


@pytest.mark.parametrize("name", REPORTS)
def test_whole(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"{name}.txt", render_drift(REPORTS[name], Terminal()))
    golden(f"{name}.md", drift_markdown(REPORTS[name]))
    golden(f"{name}.json", drift_json(REPORTS[name]))


def test_verbose_and_narrow(golden: Callable[[str, str], None]) -> None:
    golden("drift_verbose.txt", render_drift(REPORT, Terminal(width=60, unicode=False), verbose=True))


def test_what_has_no_manifest_is_listed_when_asked() -> None:
    lines = ['  ClosingReason "Umzug" (x7)  created 2026-03-02T10:00:00.000Z']
    lines += ['  EntitySchema "pet" (pet)  created 2026-03-02T10:00:00.000Z by 77']
    assert "\n".join(lines) not in render_drift(REPORT, Terminal())
    assert "\n".join(lines) in render_drift(REPORT, Terminal(), unmanaged=True)


def test_no_secret_in_any_form() -> None:
    said = [render_drift(REPORT, Terminal(), verbose=True), drift_markdown(REPORT), drift_json(REPORT)]
    assert not [each for each in said if CANARY in each]
    assert json.loads(said[2])["drift"][3]["fields"][1] == {
        "path": "option_values[smtp].options[password]", "before": {"secret": "env.EPILOT_SMTP"},
        "after": {"hidden": True}, "cause": "drift",
    }  # fmt: skip


# ------------------------------------------------------------------------------------------------- hostile texts


def test_the_small_copy_sees_the_attacks() -> None:
    assert outside("a `b` @org\n```text\n@x\n````\n**c**") == "a CODE @org\nFENCE\n**c**"
    assert outside("`` ` `` ` x") == "CODE ` x"
    with pytest.raises(ValueError, match="never closed"):
        outside("````\n```\n")


PLAIN = outside(drift_markdown(drift_with("a")))


def test_no_text_is_read_as_markdown_or_obeyed() -> None:
    """docs/catalogue.md#i04 to #i07: what is left of the Markdown without fences and code spans is the same for every
    text."""
    for text in strings(400, 11):
        written = drift_markdown(drift_with(text))
        assert outside(written) == PLAIN, repr(text)
        assert size(written) <= MOST
        for said in (written, *(render_drift(drift_with(text), Terminal(width=w), verbose=True) for w in (40, 100))):
            assert (screen_commands(said), runner_commands(said)) == ([], []), repr(text)
        document = drift_json(drift_with(text))
        assert (screen_commands(document), runner_commands(document)) == ([], [])
        assert json.loads(document)["drift"][0]["name"] == text


def test_without_unicode() -> None:
    assert drift_markdown(drift_with("Größe → `x`"), unicode=False).isascii()


# ------------------------------------------------------------------------------------------------------- too long


def many(objects: int, fields: int) -> Drift:
    long = "💡" * 60
    made = [
        DriftedObject(
            Address("ClosingReason", f"r{number:04}"), "deleted" if number < 3 else "changed", f"{number} {long}", "x",
            tuple(DriftField(f"f{each}", long, f"{long}!", "drift") for each in range(fields)),
        )
        for number in range(objects)
    ]  # fmt: skip
    return replace(REPORT, objects=tuple(made))


LENGTHS = [(1, 1, False), (20, 5, False), (100, 5, True), (1000, 3, True), (3000, 20, True), (1, 4000, False)]


@pytest.mark.parametrize(("objects", "fields", "cut"), LENGTHS)
def test_it_fits_and_the_sums_are_whole(objects: int, fields: int, cut: bool) -> None:
    report = many(objects, fields)
    written = drift_markdown(report)
    assert size(written) <= MOST
    assert written.endswith("\n</details>\n")
    assert f"| fields | {report.fields:,} |" in written
    assert f"| deleted | {min(3, objects)} |" in written
    assert written.index("`ClosingReason/r0000` deleted by hand") < 2000
    assert (f"… and {objects - 100:,} objects more" in written) == (objects > 100)
    assert ("left out: `syncer drift --format json` has all of it" in written) == cut
    outside(written)


LONG = {"backticks": "`" * 200, "marks": "a\u0301\u0301\u0301" * 100, "emoji": "💡" * 100, "wide": "漢" * 100}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_long_names_leave_room_for_the_rest(text: str) -> None:
    objects = drift_with(text).objects * 200
    written = drift_markdown(replace(REPORT, objects=objects))
    assert size(written) <= MOST
    assert written.endswith("\n</details>\n")
    listed = written.partition("<details>")[0].count("\n- ")
    assert f"… and {len(objects) - listed + 1:,} objects more" in written
    outside(written)


def test_what_is_left_out_is_counted() -> None:
    report = many(1000, 3)
    whole = drift_markdown(report, most=10**9)
    short = drift_markdown(report)
    (left,) = re.findall(r"… ([\d,]+) lines left out", short)
    kept = short.count("\n") - 2  # the line that says so stands between two empty ones
    assert kept - 1 + int(left.replace(",", "")) == whole.count("\n")
    assert short.split("\n")[-12:-4] == whole.split("\n")[-12:-4]


def test_the_same_report_twice_is_the_same_bytes() -> None:
    assert drift_markdown(REPORT) == drift_markdown(replace(REPORT))
    assert drift_json(REPORT) == drift_json(replace(REPORT))
