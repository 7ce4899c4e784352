"""Every hint is executed: what it gives to be typed or written is read from the output, done as it stands, and the
situation is better afterwards.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.cli.conftest import PLAIN, Repo, Sandbox
from tests.cli.hints.broken import BROKEN, SAMPLES
from tests.cli.hints.carrying_out import Carrier, Situation, printed, rules, ways
from tests.cli.hints.situations import COMMANDS, MANIFESTS, one_of, schema, two_environments
from tests.support.patience import PATIENCE

SITUATIONS = {**MANIFESTS, **COMMANDS, **BROKEN}
STAYS = {
    "a run misspelt": "the command shows which there are; which is meant, a person says",
    "a plan of a recording": "the command saves another plan; one against a recording is never saved to be applied",
    "warnings of manifests": "the command shows them; mending them is a person's",
    "items of others": "the command counts them; whether they may stay is a person's",
    "changes of the manifests": "the command shows them",
    "an object that is gone, and looked for": "the command shows them; which was meant, a person says",
    "nothing that could be accepted": "the commands show and take over what there is, and there was nothing",
    "an address of drift that is none": "the command shows them; which was meant, a person says",
}
"""Situation → why its hint is printed again: its command only shows something."""


@pytest.fixture
def two(repo: Repo, sandbox: Sandbox) -> Repo:
    return two_environments(repo, sandbox)


def _asked(situation: Situation, repo: Repo, sandbox: Sandbox) -> list[str]:
    """The command of the situation, ids and runs put in."""
    words = {
        "ID": lambda: one_of(sandbox, "Anders"),
        "OURS": lambda: one_of(sandbox),
        "RUN": lambda: repo.run("undo", "--env", "test").out.split()[0],
    }
    return [words[each]() if each in words else each for each in situation.command]


@pytest.mark.slow
@pytest.mark.parametrize("name", SITUATIONS)
def test_a_hint_leads_out_of_its_situation(name: str, two: Repo, sandbox: Sandbox) -> None:
    situation = SITUATIONS[name]
    situation.prepare(two, sandbox)
    command = _asked(situation, two, sandbox)
    before = two.run(*command, env=situation.env)
    sandbox.well_again()
    hint, place = printed(before, situation.says)
    carrier = Carrier(two, sandbox, situation, place, command)
    for number in situation.way:
        carrier.do(ways(hint)[number], hint, before.all)
    after = two.run(*carrier.asked, env=situation.env)
    assert (before.code, after.code) == situation.codes, before.all + after.all
    assert (hint not in " ".join(after.all.split())) is (name not in STAYS), after.all
    assert rules(after) <= rules(before) | situation.leaves, after.all


@pytest.mark.slow
def test_a_shell_takes_what_is_printed(two: Repo, sandbox: Sandbox) -> None:
    names = ("first name", "it's", "$HOME", "rows[*]", 'a "b"')
    two.write("config/one.yaml", schema("kept", *names))
    assert two.run("apply", "--yes", "--env", "test").code == 0
    two.write("config/one.yaml", schema("kept"))
    said = two.run("apply", "--yes", "--env", "test").err
    options = [line.removeprefix("hint: ") for line in said.splitlines() if line.startswith("hint: ")]
    assert len(options) == len(names)
    command = f"{sys.executable} -m syncer apply --yes --env test {' '.join(options)}"
    env = {**PLAIN, **two.env}
    done = subprocess.run(["/bin/sh", "-c", command], cwd=two.folder, env=env, capture_output=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr


def test_no_hint_offers_what_the_next_message_refuses(repo: Repo) -> None:
    """`version: 1.4`, in quotes, is no version either."""
    repo.write("config/one.yaml", (SAMPLES / "app-version-number.yaml").read_bytes())
    hints = [line for line in repo.run("validate").all.splitlines() if line.startswith("hint: ")]
    assert hints == ["hint: write a version, `x.y.z`, in quotes"]
