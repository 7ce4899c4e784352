"""Taking over as a part of a command: its options, what it says, how it ends."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from syncer.fs.change_set import ChangeSet
    from syncer.ops.pull.write_back import WriteBackResult
    from syncer.render.output import Output

Command = Callable[..., Any]


def taking_options(command: Command) -> Command:
    """`--as-patch`, `--check`, `--complete`, `--theirs`, `--prune-files`."""
    for option in (
        click.option(
            "--prune-files", is_flag=True, help="Remove manifests whose object was deleted in the organisation."
        ),
        click.option(
            "--theirs", is_flag=True, help="What is live wins also where a manifest changed since the last apply."
        ),
        click.option(
            "--complete",
            multiple=True,
            metavar="ADDRESS[/PATH]",
            help="Declare all of it, or of one field, also what its manifest leaves out today. Repeatable.",
        ),
        click.option("--check", is_flag=True, help="Write nothing; exit 2 when there is something to take over."),
        click.option("--as-patch", is_flag=True, help="Print a patch for `git apply`, and write nothing."),
    ):
        command = option(command)
    return command


def show_patch(out: Output, changes: ChangeSet, root: Path) -> None:
    """Changes of files for `git apply`, from wherever in a repository the root lies."""
    from syncer.fs import change_set  # late: `--help` does without

    out.patch(change_set.as_patch(changes, change_set.folder_in_git(root)))


def exit_code(taken: WriteBackResult, *, check: bool) -> int:
    """2 where a check finds something to take over, 5 where something could not be."""
    if check and taken.differs:
        return 2
    return 5 if taken.unwritten or taken.meant else 0


def said(out: Output, taken: WriteBackResult, verb: str) -> str:
    """The objects with their files, and how many fields of each; files that go with their object."""
    shown = out.terminal.shown
    there = [each for each in taken.objects if each.taken]
    gone = [name for name, each in sorted(taken.changes.files.items()) if each.after is None]
    lines = [f"  {shown(name)}  goes: its object was deleted in the organisation" for name in gone]
    lines += [
        f"  {shown(str(each.address))}  {shown(each.file)}  {len(each.taken)} change{'s'[: len(each.taken) != 1]}"
        for each in there
    ]
    if gone and not there:
        return "\n".join([*lines, f"{len(gone)} deletion{'s'[: len(gone) != 1]} {verb}"]) + "\n"
    if not there:
        return "nothing was changed by hand that a manifest could say\n" if taken.problems else "nothing to take over\n"
    total = sum(len(each.taken) for each in there)
    objects = f"{len(there)} object{'s'[: len(there) != 1]}"
    return "\n".join([*lines, f"{total} change{'s'[: total != 1]} of {objects} {verb}"]) + "\n"
