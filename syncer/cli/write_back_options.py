"""Taking over as a part of a command: its options, what it reads, what it says, how it ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from syncer.model.diagnostic import InvalidInput, Problem

if TYPE_CHECKING:
    from syncer.cli.command_context import CommandContext
    from syncer.manifests.resolution import Manifests
    from syncer.model.address import Address
    from syncer.model.resource import Desired
    from syncer.ops.pull.write_back import WriteBackOptions, WriteBackResult
    from syncer.ops.refresh import Reader
    from syncer.render.output import Output
    from syncer.state.state_file import State

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
            metavar="ADDRESS",
            help="Declare all of it, also what its manifest leaves out today. Repeatable.",
        ),
        click.option("--check", is_flag=True, help="Write nothing; exit 2 when there is something to take over."),
        click.option("--as-patch", is_flag=True, help="Print a patch for `git apply`, and write nothing."),
    ):
        command = option(command)
    return command


def wish_of(
    complete: Sequence[str], theirs: bool, prune_files: bool, only: frozenset[Address] | None = None
) -> WriteBackOptions:
    """The options as a wish; `only`: these addresses and no others."""
    from syncer.ops.pull.write_back import WriteBackOptions

    return WriteBackOptions(frozenset(complete), theirs, prune_files, only)


def chosen(desired: Sequence[Desired], kinds: Sequence[str], patterns: Sequence[str]) -> frozenset[Address]:
    """The manifests of these kinds whose name or title fits one of the patterns; any where there is none."""
    from fnmatch import fnmatchcase

    from syncer.kinds import KINDS

    def words(each: Desired) -> tuple[str, str]:
        return each.address.name, str(each.spec.get(KINDS[each.address.kind].title) or "")

    return frozenset(
        each.address
        for each in desired
        if each.address.kind in kinds
        and (not patterns or any(fnmatchcase(word, pattern) for word in words(each) for pattern in patterns))
    )


def taken_over(
    here: CommandContext,
    api: Reader,
    known: State,
    wish: WriteBackOptions,
    there: tuple[Manifests, Sequence[Desired]] | None = None,
) -> WriteBackResult:
    """Read the manifests (unless `there` gives them) and what is live of them, and decide. InvalidInput where the
    manifests are not sound, or where `--complete` names none of them; PlatformError."""
    from syncer.api.client import fetch_all
    from syncer.ops.pull.write_back import take_over
    from syncer.ops.refresh import read_sides
    from syncer.ops.selection import PlanRequest
    from syncer.plan.planner import Unread

    manifests, desired = there or here.manifests()[:2]
    addresses = {str(each.address) for each in desired}
    if unknown := sorted(wish.complete - addresses):
        from difflib import get_close_matches

        near = get_close_matches(unknown[0], sorted(addresses), 1)
        hint = f"did you mean `{near[0]}`?" if near else "an address is KIND/NAME, as the plan shows it"
        raise InvalidInput(Problem("nothing-selected", f"no manifest is called `{unknown[0]}`", hint=hint))
    fetch: Any = fetch_all
    unread: Unread = {}
    sides, _, _, looked_at = read_sides(api, fetch, desired, known.entries, PlanRequest(here.target), unread)
    unseen = getattr(api, "unread", {})
    return take_over(manifests, here.environment, sides, looked_at, wish, unread=unread, unseen=unseen)


def end(
    out: Output,
    here: CommandContext,
    taken: WriteBackResult,
    *,
    as_patch: bool = False,
    check: bool = False,
    dry_run: bool = False,
    quiet: bool = False,
) -> int:
    """Show or write what was taken over; the exit code, 5 where something could not be. `quiet`: nothing is said of
    nothing. A file that was edited meanwhile is refused: InvalidInput."""
    from syncer.fs import change_set

    root = here.project.root
    out.problems(taken.problems, summary=False)
    if as_patch:
        out.patch(change_set.as_patch(taken.changes, change_set.folder_in_git(root)))
        return _code(taken, check=check)
    if not (check or dry_run):
        change_set.write(taken.changes, root)
    if taken.changes or not quiet:
        out.answer(said(out, taken, "can be taken over" if check or dry_run else "taken over"))
    return _code(taken, check=check)


def _code(taken: WriteBackResult, *, check: bool) -> int:
    if check and taken.differs:
        return 2
    return 5 if taken.unwritten or taken.meant else 0


def said(out: Output, taken: WriteBackResult, verb: str) -> str:
    """The objects with their files, and how many fields of each."""
    shown = out.terminal.shown
    there = [each for each in taken.objects if each.taken]
    lines = [
        f"  {shown(str(each.address))}  {shown(each.file)}  {len(each.taken)} change{'s'[: len(each.taken) != 1]}"
        for each in there
    ]
    if not there:
        return "nothing was changed by hand that a manifest could say\n" if taken.problems else "nothing to take over\n"
    total = sum(len(each.taken) for each in there)
    objects = f"{len(there)} object{'s'[: len(there) != 1]}"
    return "\n".join([*lines, f"{total} change{'s'[: total != 1]} of {objects} {verb}"]) + "\n"
