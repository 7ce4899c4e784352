"""Two environments, and what was left halfway in one of them: nothing is removed or lost, and the same command goes
on."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Repo, Sandbox, reason
from tests.cli.test_promote_command import PROMOTE, REASONS, in_front_of_two

FORGOTTEN = [
    f"{address} (`{id * 21}`) was linked and never applied, and no manifest names it: the link is forgotten, the object"
    " stays as it is"
    for address, id in (("ClosingReason/anderer-anbieter", "Q"), ("ClosingReason/zu-teuer", "R"))
]
NEW = ("config/reasons/anderer-anbieter.yaml", "config/reasons/zu-teuer.yaml")


@pytest.fixture
def both(bare: Repo, sandbox: Sandbox) -> Repo:
    """A repository without a manifest in front of two organisations, the first with two reasons."""
    repo = in_front_of_two(bare, sandbox)
    sandbox.seed({"closing_reasons": REASONS})
    sandbox.forget()
    return repo


@pytest.mark.parametrize("written", [0, 1, 2])
def test_a_promote_cut_off_and_then_reverted(both: Repo, sandbox: Sandbox, written: int) -> None:
    """Cut off once so many of the two manifests stand there: promoted again it is whole, and reverted it is nothing."""
    assert both.run(*PROMOTE, "ClosingReason/*").code == 0
    whole = {name: (both.folder / name).read_bytes() for name in NEW}
    for name in NEW[written:]:
        both.remove(name)
    assert both.run(*PROMOTE, "ClosingReason/*").code == 0
    assert {name: (both.folder / name).read_bytes() for name in NEW} == whole
    for name in NEW:  # `git clean`
        both.remove(name)
    for environment, notices in (("sandbox", FORGOTTEN), ("production", [])):
        said = both.run("plan", "-e", environment, "--format", "json")
        found = said.json
        assert (said.code, found["changes"], found["problems"]) == (0, [], [])
        assert [each["message"] for each in found["notices"]] == notices
    assert both.run("apply", "-e", "sandbox", "--yes").code == 0
    assert both.run("state", "list", "-e", "sandbox").err == "nothing is remembered yet\n"
    assert both.run(*PROMOTE, "ClosingReason/*").code == 0
    assert {name: (both.folder / name).read_bytes() for name in NEW} == whole
    assert sandbox.writes() == []


HERE = reason("won", "Neu").replace("{name: won}", "{name: won, environments: [production]}")
LIMITED = {
    # command about a manifest that is for `production` alone, which has no state → exit code, what is said
    "validate": (0, "1 manifest in 1 file: valid"),
    "plan -e production": (0, "Plan: 1 to create"),
    "plan -e sandbox": (0, "No changes."),
    "drift -e production": (2, "there is no state of this environment"),
    "drift -e sandbox": (0, "No difference in 0 objects."),
    "state list -e production": (0, "nothing is remembered yet"),
}


@pytest.mark.parametrize("line", LIMITED)
def test_a_manifest_limited_to_an_environment_without_a_state(both: Repo, sandbox: Sandbox, line: str) -> None:
    both.write("config/won.yaml", HERE)
    said = both.run(*line.split())
    code, words = LIMITED[line]
    assert (said.code, words in said.all) == (code, True), said
    assert sandbox.writes() == []
