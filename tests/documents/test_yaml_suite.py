"""The reader against the official YAML test suite: every deviation stands in a table, with its reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from syncer.documents.yaml_reader import read
from syncer.model.diagnostic import InvalidInput

SUITE = Path(__file__).parents[1] / "data" / "yaml-test-suite" / "cases.jsonl"
CASES = {case["id"]: case for case in map(json.loads, SUITE.read_text().splitlines())}

# Valid YAML that is refused: reason → the rules that may be reported, the cases.
REFUSED = {
    "anchors, aliases (on purpose)": (
        {"yaml-anchor", "yaml-alias"},
        """26DV 3GZX 6KGN 7BUB E76Z HMQ5 JS2J LE5A V55R 3R3P 7BMT 8XYN 9KAX BU8L CN3R F2C7 FTA2 KSS4 SKE5 U3XV W5VH
           Y2GN ZH7C ZWK4""",
    ),
    "tags beyond the core ones (on purpose)": (
        {"yaml-tag"},
        "2XXW 52DL 565N 7FWL 8MK2 J7PZ M5C3 S4JQ UKK6/2 Z67P",
    ),
    "directives other than `%YAML 1.2` (on purpose)": (
        {"yaml-directive"},
        "2LFX 6LVF BEC7 MUS6/2 MUS6/3 MUS6/4 MUS6/5 MUS6/6 U3C3",
    ),
    "directives and tags (on purpose)": (
        {"yaml-directive", "yaml-tag"},
        "5TYM 6CK3 6WLZ 9WXW CC74 P76L Z9M4",
    ),
    "several of these (on purpose)": (
        {"yaml-directive", "yaml-tag", "yaml-anchor", "yaml-alias", "key-type"},
        "6BFJ PW8X RZP5 XW4D C4HZ CUP7 UGM3 X38W",
    ),
    "keys that are no text (on purpose)": (
        {"key-type"},
        "4FJ6 6PBE 9MMW DFF7 FH7J LX3P M2N8/1 M5DY Q9WF SBG9 V9D5",
    ),
    "keys that hold line ends or tabs (on purpose)": (
        {"key-character", "key-type"},
        "5WE3 6SLA KK5P",
    ),
    "libyaml: a tab as separation, or alone in a line": (
        {"yaml-tab"},
        "6BCT 6CA3 96NN/0 96NN/1 A2M4 DK95/0 DK95/3 DK95/4 Q5MG R4YG Y79Y/1 Y79Y/10",
    ),
    "libyaml: an empty key before `:`": (
        {"yaml-syntax", "key-type"},
        "2JQS CFD4 FRK4 M2N8/0 NHX8 NKF9 S3PD SM9W/1 UKK6/0",
    ),
    "libyaml: `:` at the start of an unquoted text between brackets, or behind one": (
        {"yaml-syntax"},
        "4ABK 58MP 5T43 DBG4 HM87/0",
    ),
    "libyaml: key and `:` on two lines between brackets": (
        {"yaml-syntax"},
        "4MUZ/0 4MUZ/1 4MUZ/2 5MUD 9SA2 K3WX NJ66 UT92 VJP3/1",
    ),
    "libyaml would read another value than YAML 1.2 (`[?x]` as a key), so we refuse it ourselves": (
        {"yaml-syntax"},
        "652Z HM87/1",
    ),
    "libyaml: a document begins after `...` without `---`, or `...` stands alone": (
        {"yaml-syntax"},
        "7Z25 HWV9 M7A3 QT73",
    ),
    "libyaml: a block text at the root without indentation": (
        {"yaml-syntax"},
        "DK3J FP8R",
    ),
    "libyaml: a line that begins with `%` in a block text at the root": (
        {"yaml-directive"},
        "W4TN",
    ),
    "libyaml: `:` in the name of an anchor or alias": (
        {"yaml-anchor", "yaml-syntax", "key-type"},
        "2SXE 6M2F",
    ),
}
WHY_REFUSED = {case: (reason, rules) for reason, (rules, cases) in REFUSED.items() for case in cases.split()}

# Invalid YAML that libyaml reads all the same: reason → case → the value, which is what a person would expect.
ACCEPTED: dict[str, dict[str, list[Any]]] = {
    "no blank before the `#` of a comment": {
        "9JBA": [["a", "b", "c"]],
        "CVW2": [["a", "b", "c"]],
        "SU5Z": [{"key": "value"}],
        "X4QW": [{"block": "scalar\n"}],
    },
    "lines between brackets or quotes that are indented too little, or by a tab": {
        "9C9N": [{"flow": ["a", "b", "c"]}],
        "DK95/1": [{"foo": "bar baz"}],
        "QB6E": [{"quoted": "a b c"}],
        "Y79Y/3": [[["foo", "foo"]]],
    },
    "no `...` before `%YAML 1.2`": {
        "EB22": ["scalar1", "scalar2"],
        "MUS6/1": [None, None],
        "RHX7": [{"key": "value"}, None],
    },
    "a lone `-` between brackets": {
        "G5U8": [[["-", "-"]]],
        "YJV2": [["-"]],
    },
    "empty lines of a block text indented deeper than its first line": {
        "S98Z": [{"empty block scalar": ""}],
    },
}
WHY_ACCEPTED = {case: (reason, value) for reason, cases in ACCEPTED.items() for case, value in cases.items()}

# Valid, without JSON in the suite since its dump differs; the values are those of the suite's event tree.
WITHOUT_JSON: dict[str, list[Any]] = {"2G84/3": [""], "JEF9/2": [["\n"]]}


def json_documents(text: str) -> list[Any]:
    """The JSON values that stand one after another in a text."""
    decoder, values = json.JSONDecoder(), []
    while text := text.strip():
        value, end = decoder.raw_decode(text)
        values.append(value)
        text = text[end:]
    return values


def outcome(text: str) -> tuple[list[Any] | None, set[str]]:
    """The values of the documents, or None and the rules broken."""
    try:
        return [document.value for document in read(text.encode(), "case.yaml")], set()
    except InvalidInput as refusal:
        problems = refusal.problems
    assert all(problem.at and problem.hint for problem in problems)
    return None, {problem.rule for problem in problems}


@pytest.mark.parametrize("name", CASES)
def test_case(name: str) -> None:
    case = CASES[name]
    values, rules = outcome(case["yaml"])
    if name in WHY_REFUSED:
        assert values is None
        assert rules <= WHY_REFUSED[name][1]
    elif name in WHY_ACCEPTED:
        assert case["fail"]
        assert values == WHY_ACCEPTED[name][1]
    elif case.get("fail"):
        assert values is None
    else:
        expected = json_documents(case["json"]) if "json" in case else WITHOUT_JSON[name]
        assert values == expected
        assert json.dumps(values, sort_keys=True) == json.dumps(expected, sort_keys=True)  # 1 is not True, nor 1.0


def test_the_tables_name_only_cases_of_the_suite() -> None:
    assert len(CASES) == 402
    assert {*WHY_REFUSED, *WHY_ACCEPTED, *WITHOUT_JSON} <= set(CASES)
    assert not [name for name in WHY_REFUSED if CASES[name].get("fail")]
