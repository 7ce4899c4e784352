"""Every rule that a user may meet has its sentence, every sentence its rule, and docs/rules.md shows them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from syncer.manifests.rules import all_rules, sections

ROOT = Path(__file__).parents[1]
ID = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*\Z")
MAKERS = {"Finding", "Problem", "Message", "Notice", "BadScalar", "problem", "finding"}
"""What a rule's id is given to, as the first argument or, of methods that are told the place first, the second."""

ABOUT_A_RUN = {
    # said of a command or of its surroundings, not of manifests or of a plan: no code review shows them, and the
    # message with its hint is all there is to say
    "audit-log": "drift: who changed something",
    "bug": "of syncer's own making",
    "edited-meanwhile": "a file that a pull would change",
    "half-done": "apply: how a change ended",
    "interrupted": "Ctrl-C or SIGTERM",
    "journal": "the journal's file",
    "lock-alive": "state unlock",
    "lock-changed": "state unlock",
    "locked": "another run is under way",
    "not-adopted": "adopt",
    "not-as-asked": "apply: how a change ended",
    "no-such-run": "undo: the run's file",
    "not-asked": "apply without --yes, and nobody there",
    "not-confirmed": "the answer was not yes",
    "not-remembered": "apply: what state could not be told",
    "not-copied": "state move",
    "not-moved": "state mv",
    "not-written": "init --env",
    "nothing-to-move": "state move",
    "not-settled": "state move",
    "other-plan": "apply FILE",
    "other-run": "undo: the run's file",
    "outcome-unknown": "apply: how a change ended",
    "output": "the answer could not be written",
    "plan-file": "a saved plan's file",
    "platform": "what the platform replied",
    "port": "sandbox serve",
    "report-file": "drift: a report's file",
    "proxy": "SYNCER_PROXY",
    "recording-file": "a recording's file",
    "run": "undo: the run's file",
    "same-place": "state move",
    "sandbox": "the sandbox",
    "seed": "the sandbox's seed",
    "stale": "apply FILE",
    "stale-plan": "apply FILE",
    "state": "the state's file",
    "state-changed": "the state's place",
    "state-library": "the state's place",
    "state-moved": "the state's place",
    "state-renamed": "the state's place",
    "state-not-allowed": "the state's place",
    "state-store": "the state's place",
    "state-there": "state move",
    "step-failed": "apply: how a change ended",
    "system": "what the operating system said",
    "token": "the token's variable",
    "unauthorised": "what the platform replied",
    "unknown-address": "adopt, and state show, rm and mv",
    "unwritable": "fmt and init",
    "url": "--server",
    "usage": "the command line",
    "wrong-recall": "plan, drift: what was remembered and is not so, a bug of syncer's own making",
}


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Every module that may say something of a manifest or a plan; the sandbox has no rules."""
    for path in sorted((ROOT / "syncer").rglob("*.py")):
        if path.relative_to(ROOT / "syncer").parts[0] != "sandbox" and path.name != "rules.py":
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text("utf-8"))


def given(call: ast.Call) -> Iterator[ast.expr]:
    """What a maker is given as an id: constants, also the two ends of `"a" if … else "b"`, and f-strings."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name not in MAKERS:
        return
    for argument in call.args[: 2 if name in {"problem", "finding"} else 1]:
        yield from (argument.body, argument.orelse) if isinstance(argument, ast.IfExp) else (argument,)


def used() -> dict[str, str]:
    """Rule id → a module that makes a problem of it."""
    found: dict[str, str] = {}
    for where, tree in modules():
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            for each in given(call):
                if isinstance(each, ast.Constant) and isinstance(each.value, str) and ID.match(each.value):
                    found[each.value] = where
    return found


def words() -> list[re.Pattern[str]]:
    """Every text in the code that is not a key of a table of rules; what an f-string may come to, too."""
    found: set[str] = set()
    for _, tree in modules():
        keys: set[int] = set()
        for node in ast.walk(tree):
            target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
            if isinstance(target, ast.Name) and "RULES" in target.id and isinstance(node, ast.Assign | ast.AnnAssign):
                keys |= {id(key) for table in ast.walk(node) if isinstance(table, ast.Dict) for key in table.keys}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in keys:
                found.add(re.escape(node.value))
            elif isinstance(node, ast.Call):
                found |= {_pattern(each) for each in given(node) if isinstance(each, ast.JoinedStr)}
    return [re.compile(each) for each in found]


def _pattern(text: ast.JoinedStr) -> str:
    return "".join(re.escape(str(each.value)) if isinstance(each, ast.Constant) else "[a-z]+" for each in text.values)


def test_every_rule_in_the_code_has_its_sentence() -> None:
    unsaid = {rule: where for rule, where in used().items() if rule not in all_rules() and rule not in ABOUT_A_RUN}
    assert unsaid == {}


def test_every_sentence_has_its_rule() -> None:
    known = words()
    for rules in (all_rules(), ABOUT_A_RUN):
        assert [rule for rule in rules if not any(each.fullmatch(rule) for each in known)] == []


def test_no_rule_is_both() -> None:
    assert set(all_rules()) & set(ABOUT_A_RUN) == set()


def test_no_rule_stands_in_two_sections() -> None:
    seen: dict[str, str] = {}
    twice = {
        rule: (seen[rule], heading)
        for heading, rules in sections().items()
        for rule in rules
        if seen.setdefault(rule, heading) != heading
    }
    assert twice == {}


@pytest.mark.parametrize("rule", all_rules())
def test_a_sentence(rule: str) -> None:
    sentence = all_rules()[rule]
    assert ID.match(rule)
    assert re.fullmatch(r"\S(.|\n)*[.]", sentence), sentence
    assert len(sentence) <= 200


def test_the_page_shows_every_rule() -> None:
    """That it is what the tool writes, test_kind_pages.py asks."""
    text = (ROOT / "docs" / "rules.md").read_text("utf-8")
    assert sorted(re.findall(r"^\| `([a-z0-9-]+)` \|", text, re.MULTILINE)) == sorted(all_rules())
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == list(sections())
