"""The commands that a message names, with what this command line says of where it works."""

from __future__ import annotations

import click
import pytest

from syncer.cli import syncer
from syncer.cli.repeated_options import ALL, TAKEN, in_full

SAID = {"--config": "my repo/syncer.yaml", "--env": "b", "--server": "http://127.0.0.1:1", "--state": "local"}
EVERYWHERE = "--config 'my repo/syncer.yaml' --env b --server http://127.0.0.1:1 --state local"
TEXTS = {
    # text: the same in full
    "run `syncer apply` again": f"run `syncer apply {EVERYWHERE}` again",
    "`syncer state rm A/b` and `syncer fmt --extra`": "`syncer state rm --config 'my repo/syncer.yaml' --env b "
    "--state local A/b` and `syncer fmt --config 'my repo/syncer.yaml' --extra`",
    "`syncer state unlock --env c`": "`syncer state unlock --config 'my repo/syncer.yaml' --state local --env c`",
    "`syncer apply -e c --server x`": "`syncer apply --config 'my repo/syncer.yaml' --state local -e c --server x`",
    "`syncer init` and `syncer sandbox serve`": "`syncer init` and `syncer sandbox serve`",
    "--yes, or `--env`": "--yes, or `--env`",
}


@pytest.mark.parametrize(("text", "full"), TEXTS.items(), ids=TEXTS)
def test_a_command_is_given_in_full(text: str, full: str) -> None:
    assert in_full(text, SAID) == full
    assert in_full(full, SAID) == full
    assert in_full(text, {}) == text


def commands(group: click.Group, before: str = "") -> dict[str, click.Command]:
    """Every command that does something, by the words that call it."""
    found: dict[str, click.Command] = {}
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        assert command is not None
        found |= commands(command, f"{name} ") if isinstance(command, click.Group) else {before + name: command}
    return found


def test_each_command_takes_what_it_is_said_to_take() -> None:
    taken = {
        name: {option for each in command.params for option in each.opts if option in ALL}
        for name, command in commands(syncer).items()
        if name.partition(" ")[0] not in ("sandbox", "init")
    }
    assert taken == {name: {*TAKEN.get(name, ALL)} for name in taken}


def test_what_a_command_line_says_is_repeated_in_what_it_advises(live) -> None:
    named = live.run("state", "rm", "--env", "test", "ClosingReason/x", env={"SYNCER_STATE": "local"})
    assert named.err.endswith("hint: `syncer state list --env test` shows what is remembered\n")
    config = ("--config", str(live.folder / "syncer.yaml"))
    told = live.run("drift", *config, "--format", "json", "--accept", "ClosingReason/won")
    assert told.json["problems"][0]["hint"].startswith(f"`syncer drift {' '.join(config)} -v` names what was changed")
