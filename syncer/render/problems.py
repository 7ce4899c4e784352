"""Problems for people, for machines and for code review: text, JSON, workflow annotations, SARIF 2.1.0."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, get_args

from syncer.model.diagnostic import Problem, Severity
from syncer.model.json_values import Json
from syncer.render.escape import for_annotation, for_property, for_uri
from syncer.render.terminal import Terminal

LINK = r"\[(?=[^\]]*\]\()"
"""What SARIF takes for a link in a message, `[text](address)`; a backslash makes it text (SARIF 2.1.0, 3.11.6)."""

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Each problem once; those without a place first, then by file, line and column."""
    return tuple(sorted(dict.fromkeys(problems), key=_place))


def _place(problem: Problem) -> tuple[str, int, int, str, str]:
    at = problem.at
    return (at.file if at else "", at.line if at else 0, at.column if at else 0, problem.rule, problem.message)


def summary_line(problems: Sequence[Problem]) -> str:
    """`3 errors, 1 warning in 2 files`; `no problems` where there are none."""
    numbers = Counter(problem.severity for problem in problems)
    counts = [count(numbers[word], word) for word in get_args(Severity) if numbers[word]]
    files = {problem.at.file for problem in problems if problem.at}
    return (", ".join(counts) or "no problems") + (f" in {count(len(files), 'file')}" if files else "")


def count(number: int, word: str) -> str:
    """`1 file`, `2 files`; thousands apart: `41,207 files`."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def problems_text(problems: Iterable[Problem], terminal: Terminal, *, summary: bool = True) -> str:
    """Every problem in a block of its own, the rule's id in brackets; then the summary line. "" for no problems."""
    found = in_order(problems)
    if not found:
        return ""
    blocks = [_text(problem, terminal) for problem in found]
    return "\n".join([*blocks, *([summary_line(found) + "\n"] if summary else [])])


def _text(problem: Problem, terminal: Terminal) -> str:
    word = f"{problem.severity}[{terminal.shown(problem.rule)}]:"
    lines = [
        terminal.line((problem.severity, word), ("", " "), ("", terminal.shown(problem.message))),
    ]
    place = " ".join(part for part in (str(problem.at) if problem.at else "", problem.path) if part)
    if place:
        lines.append(terminal.line(("dim", f"  at {terminal.shown(place)}")))
    if problem.hint:
        lines += ["", terminal.line(("hint", "hint:"), ("", " "), ("", terminal.shown(problem.hint)))]
    return "\n".join(lines) + "\n"


def problems_document(problems: Iterable[Problem]) -> dict[str, Json]:
    """`{"format_version": 1, "problems": [{severity, rule, message, file, line, column, path, hint}], "summary":
    {"errors", "warnings", "notes", "files"}}`; lines and columns count from 1, null where there is no place."""
    from syncer.plan.document.document import problem_document

    found = in_order(problems)
    numbers = Counter(problem.severity for problem in found)
    return {
        "format_version": 1,
        "problems": [problem_document(problem) for problem in found],
        "summary": {
            **{f"{word}s": numbers[word] for word in get_args(Severity)},
            "files": len({problem.at.file for problem in found if problem.at}),
        },
    }


def problems_json(problems: Iterable[Problem], terminal: Terminal) -> str:
    """The document as text."""
    from syncer.model.json_values import json_text

    return json_text(problems_document(problems), ascii_only=not terminal.unicode) + "\n"


def problems_github(problems: Iterable[Problem]) -> str:
    """A workflow command a problem; GitHub shows it at its line in the pull request."""
    return "".join(_annotation(problem) + "\n" for problem in in_order(problems))


def _annotation(problem: Problem) -> str:
    properties = []
    if problem.at:
        properties += [f"file={for_property(problem.at.file)}", f"line={problem.at.line}", f"col={problem.at.column}"]
    properties.append(f"title={for_property(problem.rule)}")
    message = problem.message + (f"\nat {problem.path}" if problem.path else "")
    message += f"\nhint: {problem.hint}" if problem.hint else ""
    word = "notice" if problem.severity == "note" else problem.severity
    return f"::{word} {','.join(properties)}::{for_annotation(message)}"


def sarif_document(problems: Iterable[Problem], rules: Mapping[str, str], version: str) -> dict[str, Json]:
    """A SARIF 2.1.0 log of one run. `rules`: rule id → what it finds, in a sentence; one that is missing has none."""
    found = in_order(problems)
    ids = sorted({*rules, *(problem.rule for problem in found)})
    index = {rule: number for number, rule in enumerate(ids)}
    return {
        "$schema": SARIF_SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "syncer",
                        "version": version,
                        "rules": [
                            {"id": rule, "shortDescription": {"text": rules[rule]}} if rules.get(rule) else {"id": rule}
                            for rule in ids
                        ],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [_result(problem, index[problem.rule]) for problem in found],
            }
        ],
    }


def _result(problem: Problem, index: int) -> dict[str, Json]:
    text = problem.message + (f"\nhint: {problem.hint}" if problem.hint else "")
    result: dict[str, Json] = {
        "ruleId": problem.rule,
        "ruleIndex": index,
        "level": problem.severity,
        "message": {"text": re.sub(LINK, r"\\[", text)},
    }
    location: dict[str, Json] = {}
    if problem.at:
        location["physicalLocation"] = {
            "artifactLocation": {"uri": for_uri(problem.at.file)},
            "region": {"startLine": problem.at.line, "startColumn": problem.at.column},
        }
    if problem.path:
        location["logicalLocations"] = [{"fullyQualifiedName": problem.path}]
    if location:
        result["locations"] = [location]
    return result


def problems_sarif(problems: Iterable[Problem], terminal: Terminal, *, rules: Mapping[str, str], version: str) -> str:
    """The SARIF log as text."""
    from syncer.model.json_values import json_text

    return json_text(sarif_document(problems, rules, version), ascii_only=not terminal.unicode) + "\n"


def render_problems(
    problems: Iterable[Problem],
    form: Literal["text", "json", "github", "sarif"],
    terminal: Terminal,
    *,
    rules: Mapping[str, str],
    version: str,
) -> str:
    """The problems in the form that `--format` asks for."""
    match form:
        case "text":
            return problems_text(problems, terminal)
        case "json":
            return problems_json(problems, terminal)
        case "github":
            return problems_github(problems)
        case "sarif":
            return problems_sarif(problems, terminal, rules=rules, version=version)
