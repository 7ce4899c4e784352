"""What a manifest accepts: findings of rules that its live object breaks, each named by `metadata.accept`.

`pull` writes the entries. An accepted finding is a note; which rules may be accepted is declared beside them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from difflib import get_close_matches

from syncer.diff.accepted_paths import covers, place_text
from syncer.kinds import KINDS
from syncer.manifests.envelope import RawManifest, nearest
from syncer.manifests.rules import acceptable
from syncer.model.diagnostic import Finding, Location, Problem
from syncer.model.json_values import Path

KEY = "accept"


def entries(raw: RawManifest) -> list[tuple[str, str, Location]]:
    """The rule, path and place of each entry; what is no text is left to the JSON Schema."""
    return [(*text.partition(" ")[::2], raw.locate(path)) for path, text in _texts(raw)]


def _texts(raw: RawManifest) -> Iterator[tuple[Path, str]]:
    listed = raw.metadata.get(KEY)
    for index, text in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(text, str):
            yield ("metadata", KEY, index), text


def check_entries(raw: RawManifest) -> Iterator[Finding]:
    """What is wrong with the entries by themselves: rules that nothing may break, or that are none."""
    rules = acceptable(KINDS[raw.kind])
    for path, text in _texts(raw):
        rule = text.partition(" ")[0]
        if rule not in rules:
            message = f"rule `{rule}` is none that a live {raw.kind} may break"
            yield Finding("accept-rule", message, path, nearest(rule, get_close_matches(rule, rules, 1) or []))


def judged(raw: RawManifest, path: Path, problem: Problem) -> Problem:
    """A problem that lies at this path of the manifest, with the entry that would accept it; a note where one does."""
    kind = KINDS[raw.kind]
    if path[:1] != ("spec",) or problem.rule not in acceptable(kind):
        return problem
    text = place_text(raw.spec, path[1:], kind.shape)
    problem = problem._replace(entry=f"{problem.rule} {text}")
    if KEY not in raw.metadata:
        return problem
    also = place_text(raw.spec, path[1:], kind.shape, by_index=True)
    accepted = tuple(
        at for rule, where, at in entries(raw) if rule == problem.rule and (covers(where, text) or covers(where, also))
    )
    return problem._replace(severity="note", accepted=accepted) if accepted else problem


def unused(manifests: Iterable[RawManifest], problems: Collection[Problem]) -> Iterator[Problem]:
    """A warning for each entry that accepts none of the problems, which are all that were found of the manifests; none
    for a rule that only a plan can find broken, and none in a file with an error, which may hide what is accepted."""
    used = {at for problem in problems for at in problem.accepted}
    wrong = {problem.at.file for problem in problems if problem.at and problem.severity == "error"}
    for raw in (each for each in manifests if each.file not in wrong):
        kind = KINDS[raw.kind]
        for index, (rule, where, at) in enumerate(entries(raw)):
            if rule in acceptable(kind) - kind.acceptable_beside_live and at not in used:
                here = [each.entry for each in problems if each.entry and each.at and each.at.file == raw.file]
                meant = get_close_matches(f"{rule} {where}", here, 1, 0.75)
                hint = f"did you mean `{meant[0]}`?" if meant else "delete it"
                message = f"`{rule} {where}` accepts nothing: no such finding is there"
                path = f"$.metadata.{KEY}[{index}]"
                yield Problem("accept-unused", message, at, path, hint, "warning")
