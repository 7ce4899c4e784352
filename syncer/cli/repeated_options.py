"""What a command line says of where it works, put into the commands that a message names: they run as printed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping

TAKEN = {
    **dict.fromkeys(("init", "schema", "show", "sandbox", "sandbox serve"), ()),
    **dict.fromkeys(("validate", "fmt"), ("--config",)),
    "promote": ("--config", "--server", "--state"),
    **dict.fromkeys(
        ("state list", "state show", "state rm", "state mv", "state move", "state unlock"),
        ("--config", "--env", "--state"),
    ),
}
"""Command → those of `ALL` that it takes, where that is not all of them."""
ALL = ("--config", "--env", "--server", "--state")
_COMMAND = re.compile(r"`syncer (?P<command>(?:state |sandbox )?[a-z]+)(?P<rest>[^`]*)`")


def in_full(text: str, said: Mapping[str, str]) -> str:
    """The text, each "`syncer …`" in it with those options that its command takes and has not. `said`: option → its
    value."""
    return _COMMAND.sub(lambda found: _with(found, said), text)


def _with(found: re.Match[str], said: Mapping[str, str]) -> str:
    command, rest = found["command"], found["rest"]
    has = {"--env" if each == "-e" else each for each in re.findall(r"(?<![^ ])(-e|--[a-z-]+)", rest)}
    taken = {*TAKEN.get(command, ALL)} - has
    more = "".join(f" {option} {shlex.quote(value)}" for option, value in said.items() if option in taken)
    return f"`syncer {command}{more}{rest}`"
