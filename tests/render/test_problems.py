"""Problems in all four forms, whole."""

from __future__ import annotations

import json

import pytest

from syncer.model.diagnostic import Location, Problem
from syncer.render.problems import (
    problems_document,
    problems_github,
    problems_json,
    problems_text,
    render_problems,
    sarif_document,
    summary_line,
)
from syncer.render.terminal import Terminal

WON = Location("reasons/won.yaml", 6, 3)
UNKNOWN = Problem(
    "unknown-field", "`stauts` is not a field of ClosingReason", WON, "$.spec.stauts", "did you mean `status`?"
)
EARLIER = Problem("duplicate-key", "`title` stands here twice", Location("reasons/won.yaml", 2, 1))
RAW_ID = Problem("raw-id", "`x739cew` is a raw id", Location("flows/a.yaml", 12, 7), "$.spec.closing_reasons[0]", "",
                 "warning")  # fmt: skip
NO_PLACE = Problem("no-manifests", "no manifest was found", hint="name a folder in `manifests:`")
PROBLEMS = [UNKNOWN, RAW_ID, NO_PLACE, EARLIER, UNKNOWN]

TEXT = """\
error[no-manifests]: no manifest was found

hint: name a folder in `manifests:`

warning[raw-id]: `x739cew` is a raw id
  at flows/a.yaml:12:7 $.spec.closing_reasons[0]

error[duplicate-key]: `title` stands here twice
  at reasons/won.yaml:2:1

error[unknown-field]: `stauts` is not a field of ClosingReason
  at reasons/won.yaml:6:3 $.spec.stauts

hint: did you mean `status`?

3 errors, 1 warning in 2 files
"""


def test_text() -> None:
    assert problems_text(PROBLEMS, Terminal()) == TEXT


def test_one_problem_reads_as_the_style_guide_shows_it() -> None:
    assert problems_text([UNKNOWN], Terminal(), summary=False) == (
        "error[unknown-field]: `stauts` is not a field of ClosingReason\n"
        "  at reasons/won.yaml:6:3 $.spec.stauts\n"
        "\n"
        "hint: did you mean `status`?\n"
    )


def test_colour() -> None:
    assert problems_text([RAW_ID], Terminal(colour=True), summary=False) == (
        "\x1b[1;33mwarning[raw-id]:\x1b[0m `x739cew` is a raw id\n"
        "\x1b[2m  at flows/a.yaml:12:7 $.spec.closing_reasons[0]\x1b[0m\n"
    )


def test_no_problems_no_text() -> None:
    assert problems_text([], Terminal()) == ""


def test_hostile_texts_stay_texts() -> None:
    hostile = Problem(
        "r", "`\x1b[2J\n::error::x` is odd", Location("a\n::stop-commands::t.yaml", 1, 1), "$.##[x]", "\rok"
    )
    assert problems_text([hostile], Terminal(unicode=False), summary=False) == (
        "error[r]: `\\x1b[2J\\n::error::x` is odd\n  at a\\n::stop-commands::t.yaml:1:1 $.#\\x23[x]\n\nhint: \\rok\n"
    )


SUMMARIES = {
    # case: (problems, line)
    "none": ([], "no problems"),
    "one": ([UNKNOWN], "1 error in 1 file"),
    "warnings": ([RAW_ID, RAW_ID], "2 warnings in 1 file"),
    "nowhere": ([NO_PLACE], "1 error"),
    "many": ([UNKNOWN] * 1200 + [RAW_ID], "1,200 errors, 1 warning in 2 files"),
}


@pytest.mark.parametrize(("problems", "line"), SUMMARIES.values(), ids=SUMMARIES)
def test_summary(problems: list[Problem], line: str) -> None:
    assert summary_line(problems) == line


def test_json() -> None:
    document = problems_document([UNKNOWN, NO_PLACE])
    assert document == {
        "format_version": 1,
        "problems": [
            {
                "severity": "error", "rule": "no-manifests", "message": "no manifest was found", "file": None,
                "line": None, "column": None, "path": None, "hint": "name a folder in `manifests:`",
            },
            {
                "severity": "error", "rule": "unknown-field", "message": "`stauts` is not a field of ClosingReason",
                "file": "reasons/won.yaml", "line": 6, "column": 3, "path": "$.spec.stauts",
                "hint": "did you mean `status`?",
            },
        ],
        "summary": {"errors": 2, "warnings": 0, "notes": 0, "files": 1},
    }  # fmt: skip
    assert json.loads(problems_json([UNKNOWN, NO_PLACE], Terminal())) == document


def test_github() -> None:
    odd = Problem("a,b", "100 %\n::error::x", Location("a,b:c.yaml", 1, 2))
    assert problems_github([*PROBLEMS, odd]) == (
        "::error title=no-manifests::no manifest was found%0Ahint: name a folder in `manifests:`\n"
        "::error file=a%2Cb%3Ac.yaml,line=1,col=2,title=a%2Cb::100 %25%0A\\x3a:error::x\n"
        "::warning file=flows/a.yaml,line=12,col=7,title=raw-id::`x739cew` is a raw id"
        "%0Aat $.spec.closing_reasons[0]\n"
        "::error file=reasons/won.yaml,line=2,col=1,title=duplicate-key::`title` stands here twice\n"
        "::error file=reasons/won.yaml,line=6,col=3,title=unknown-field::`stauts` is not a field of ClosingReason"
        "%0Aat $.spec.stauts%0Ahint: did you mean `status`?\n"
    )


def test_sarif() -> None:
    rules = {"unknown-field": "A field that the API does not have.", "unused": "Never seen."}
    assert sarif_document([UNKNOWN, NO_PLACE], rules, "1.2.3") == {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "syncer",
                        "version": "1.2.3",
                        "rules": [
                            {"id": "no-manifests"},
                            {
                                "id": "unknown-field",
                                "shortDescription": {"text": "A field that the API does not have."},
                            },
                            {"id": "unused", "shortDescription": {"text": "Never seen."}},
                        ],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [
                    {
                        "ruleId": "no-manifests",
                        "ruleIndex": 0,
                        "level": "error",
                        "message": {"text": "no manifest was found\nhint: name a folder in `manifests:`"},
                    },
                    {
                        "ruleId": "unknown-field",
                        "ruleIndex": 1,
                        "level": "error",
                        "message": {"text": "`stauts` is not a field of ClosingReason\nhint: did you mean `status`?"},
                        "locations": [
                            {
                                "physicalLocation": {
                                    "artifactLocation": {"uri": "reasons/won.yaml"},
                                    "region": {"startLine": 6, "startColumn": 3},
                                },
                                "logicalLocations": [{"fullyQualifiedName": "$.spec.stauts"}],
                            }
                        ],
                    },
                ],
            }
        ],
    }


def test_sarif_makes_no_link_of_a_name() -> None:
    (run,) = sarif_document([Problem("r", "`[x](http://evil)` and [0] are odd")], {}, "1")["runs"]
    assert run["results"][0]["message"] == {"text": "`\\[x](http://evil)` and [0] are odd"}


@pytest.mark.parametrize(("form", "begins"), [("text", "error["), ("json", "{"), ("github", "::error"), ("sarif", "{")])
def test_every_form_has_a_name(form: str, begins: str) -> None:
    assert render_problems([UNKNOWN], form, Terminal(), rules={}, version="1").startswith(begins)
