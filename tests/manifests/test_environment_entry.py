"""Further ids in the text of syncer.yaml: put in where they belong, and nothing else moves."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncer.manifests.environment_entry import with_ids
from syncer.manifests.project import project_of
from syncer.model.diagnostic import InvalidInput, Problem

HEAD = "version: 1\nenvironments:\n"
IDS = {"journey.offer": "5c1c", "user.7": "7"}
BLOCK = '      journey.offer: "5c1c"\n      user.7: "7"\n'
CASES = {
    "none yet": (
        HEAD + '  test: # here\n    org_id: "1"\n\n  other: {org_id: "2"}\n',
        HEAD + '  test: # here\n    org_id: "1"\n    ids:\n' + BLOCK + '\n  other: {org_id: "2"}\n',
    ),
    "behind others, with a comment": (
        HEAD + '  test:\n    ids:\n      a: "1" # one\n    org_id: "1"\n',
        HEAD + '  test:\n    ids:\n      a: "1" # one\n' + BLOCK + '    org_id: "1"\n',
    ),
    "in braces": (
        HEAD + '  test: {org_id: "1", ids: {a: "1"}}\n',
        HEAD + '  test: {org_id: "1", ids: {a: "1", journey.offer: "5c1c", user.7: "7"}}\n',
    ),
    "all in braces, none yet": (
        HEAD + '  test: {org_id: "1"} # ä\n',
        HEAD + '  test: {org_id: "1", ids: {journey.offer: "5c1c", user.7: "7"}} # ä\n',
    ),
    "empty braces": (
        HEAD + '  test:\n    org_id: "1"\n    ids: {}\n',
        HEAD + '  test:\n    org_id: "1"\n    ids:\n' + BLOCK,
    ),
    "four spaces": (
        HEAD + '    test:\n        org_id: "1"\n',
        HEAD + '    test:\n        org_id: "1"\n        ids:\n' + BLOCK.replace("      ", "            "),
    ),
    "a token in braces above": (
        HEAD + '  test:\n    org_id: "1"\n    token: {env: EPILOT_TOKEN}\n',
        HEAD + '  test:\n    org_id: "1"\n    token: {env: EPILOT_TOKEN}\n    ids:\n' + BLOCK,
    ),
    "no line end": (HEAD + '  test:\n    org_id: "1"', HEAD + '  test:\n    org_id: "1"\n    ids:\n' + BLOCK),
    "CR LF": (
        (HEAD + '  test:\n    org_id: "1"\n').replace("\n", "\r\n"),
        (HEAD + '  test:\n    org_id: "1"\n    ids:\n' + BLOCK).replace("\n", "\r\n"),
    ),
}


@pytest.mark.parametrize(("before", "after"), CASES.values(), ids=CASES)
def test_with_ids(before: str, after: str) -> None:
    path = Path("/repo/syncer.yaml")
    written = with_ids(before.encode(), path, "test", IDS)
    assert written.decode() == after
    known = project_of(before.encode(), path).environments["test"].ids
    assert project_of(written, path).environments["test"].ids == {**known, **IDS}


def test_a_file_that_is_not_sound_is_refused() -> None:
    path = Path("/repo/syncer.yaml")
    with pytest.raises(InvalidInput) as refusal:
        with_ids((HEAD + '  "test": {org_id: "1", ids: null}\n').encode(), path, "test", IDS)
    [problem] = refusal.value.problems
    assert (problem.rule, problem.path) == ("null-value", "$.environments.test.ids")


REFUSED = {
    "one is there already": (IDS, 'journey.offer: "5c1c"; user.7: "7"'),
    "a value that syncer.yaml may not hold": ({"a": "${var.x}"}, 'a: "${var.x}"'),
}


@pytest.mark.parametrize(("ids", "lines"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_put_in_is_said_with_the_lines(ids: dict[str, str], lines: str) -> None:
    path = Path("/repo/syncer.yaml")
    with pytest.raises(InvalidInput) as refusal:
        with_ids((HEAD + '  "test": {org_id: "1", ids: {user.7: "8"}}\n').encode(), path, "test", ids)
    message = "`syncer.yaml` was left as it is: the `ids` of environment `test` cannot be put in"
    hint = f"write these below its `ids:` and run it again: {lines}"
    assert refusal.value.problems == (Problem("not-written", message, hint=hint),)
