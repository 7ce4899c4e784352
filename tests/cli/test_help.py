"""`--version` and `--help` of every command, word for word; and what is said where no command is named."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from syncer import __version__

GOLDEN = Path(__file__).parent / "golden"
COMMANDS = {
    "syncer": (),
    "init": ("init",),
    "validate": ("validate",),
    "fmt": ("fmt",),
    "schema": ("schema",),
    "plan": ("plan",),
    "apply": ("apply",),
    "show": ("show",),
    "drift": ("drift",),
    "record": ("record",),
    "adopt": ("adopt",),
    "undo": ("undo",),
    "pull": ("pull",),
    "promote": ("promote",),
    "state": ("state",),
    "state-list": ("state", "list"),
    "state-show": ("state", "show"),
    "state-rm": ("state", "rm"),
    "state-mv": ("state", "mv"),
    "state-rebuild": ("state", "rebuild"),
    "state-move": ("state", "move"),
    "state-unlock": ("state", "unlock"),
    "sandbox": ("sandbox",),
    "sandbox-serve": ("sandbox", "serve"),
    "sandbox-seed": ("sandbox", "seed"),
    "sandbox-reset": ("sandbox", "reset"),
}


def subcommands() -> set[tuple[str, ...]]:
    """Every command there is, as words, from click itself."""
    import click

    from syncer.cli import syncer

    found: set[tuple[str, ...]] = set()

    def walk(command: click.Command, words: tuple[str, ...]) -> None:
        found.add(words)
        if isinstance(command, click.Group):
            context = click.Context(command)
            for name in command.list_commands(context):
                inner = command.get_command(context, name)
                assert inner is not None
                walk(inner, (*words, name))

    walk(syncer, ())
    return found


def test_every_command_has_its_golden_help() -> None:
    assert subcommands() == set(COMMANDS.values())
    assert {path.stem for path in GOLDEN.glob("*.txt")} == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_help(bare, name: str) -> None:
    """`UPDATE_GOLDEN=1 pytest tests/cli/test_help.py` writes the files anew; read the difference before you commit."""
    said = bare.run(*COMMANDS[name], "--help")
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(said.out, "utf-8")
    assert (said.code, said.out, said.err) == (0, path.read_text("utf-8"), "")


def test_version(bare) -> None:
    said = bare.run("--version")
    assert (said.code, said.out, said.err) == (0, f"syncer {__version__}\n", "")


@pytest.mark.parametrize("words", [(), ("state",), ("sandbox",)], ids=["syncer", "state", "sandbox"])
def test_no_command_shows_the_help_as_talk(bare, words: tuple[str, ...]) -> None:
    said = bare.run(*words)
    assert (said.code, said.out) == (3, "")
    assert said.err == bare.run(*words, "--help").out


UNKNOWN = {
    # words                           what is said
    ("plna",): "`plna` is no command of syncer: did you mean `plan`?",
    ("frobnicate",): "`frobnicate` is no command of syncer: known: init, validate, fmt, schema, plan, apply, show, "
    "drift, record, adopt, undo, pull, promote, state, sandbox",
    ("plan", "--onyl", "x"): "`--onyl` is no option of `syncer plan`\n\nhint: did you mean `--only`?",
    ("plan", "-x"): "`-x` is no option of `syncer plan`\n\nhint: `syncer plan --help` shows how it is used",
    ("apply", "--allow-delete", "plan.json"): "invalid value for '--allow-delete': `plan.json` is not a number of "
    "objects; write --allow-delete=N, or --allow-delete at the end",
    ("plan", "surplus"): "got unexpected extra argument (surplus)",
    ("apply", "--workers", "0"): "invalid value for '--workers': 0 is not in the range 1<=x<=32",
}


@pytest.mark.parametrize("words", UNKNOWN, ids=" ".join)
def test_a_command_line_that_makes_no_sense(bare, words: tuple[str, ...]) -> None:
    said = bare.run(*words)
    assert (said.code, said.out) == (3, "")
    assert said.err.lower().startswith(f"error[usage]: {UNKNOWN[words]}".lower())
