"""The command line: commands are imported when they are called, errors become text and an exit code here and nowhere
else."""

# ruff: noqa: E402 -- the collector is told before the imports, which make most of the values of a short command; and how
# click is imported before it is

from __future__ import annotations

import gc

gc.set_threshold(50_000, 20, 20)
"""Commands are short and make many small values and hardly a circle: collecting as often as usual costs a tenth."""

import importlib
import os
import sys
from collections.abc import Sequence
from types import FrameType
from typing import Any

from syncer import __version__
from syncer.cli.click_import import import_click, import_pathlib

import_click()

import click

COMMANDS = {
    "init": "Begin a repository: syncer.yaml, a first manifest, .gitignore.",
    "validate": "Prove the manifests offline: no token, no network.",
    "fmt": "Bring manifest files into the usual style; comments stay.",
    "schema": "Print the JSON Schema of a kind, or say where editors find it.",
    "plan": "Say, field by field, what apply would change. Changes nothing.",
    "apply": "Do what the plan says, and nothing else.",
    "show": "Show a saved plan.",
    "drift": "Say what somebody changed in the organisation, when, and by whom.",
    "record": "Write the organisation's configuration down, for `plan --against`.",
    "adopt": "Link a manifest to a live object that is there already.",
    "undo": "Plan to take an earlier apply back; without a run, list those that are kept.",
    "pull": "Write manifests for what is live and has none yet.",
    "promote": "Carry configuration of one organisation to another, by way of git.",
    "state": "Look at what is remembered of an environment, or mend it.",
    "sandbox": "Imitate the platform on this machine, to try things out.",
}
"""What each command is for; it has the name of its module, and of the function in it."""


class CommandGroup(click.Group):
    """A group that says what it knows when it is called without a command (each version of click ends that its own
    way)."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does, but for no arguments at all."""
        if not args and not ctx.resilient_parsing:
            from syncer.cli.errors import NeedsCommand

            raise NeedsCommand(ctx.get_help(), ctx)
        return super().parse_args(ctx, args)


class Commands(CommandGroup):
    """The commands, known by name and help; a command's module is imported when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order one meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now."""
        if cmd_name not in COMMANDS:
            return None
        import_pathlib()  # which every command needs, and `--version` doesn't
        command: click.Command = getattr(importlib.import_module(f"syncer.cli.commands.{cmd_name}"), cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with the nearest name for a command that is none."""
        name = args[0] if args else ""
        if name not in COMMANDS and not name.startswith("-"):
            import difflib

            near = difflib.get_close_matches(name, COMMANDS, 1)
            hint = f"did you mean `{near[0]}`?" if near else "known: " + ", ".join(COMMANDS)
            raise click.UsageError(f"`{name}` is no command of syncer: {hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """From the table: the commands' modules stay unread."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 nothing to do, or done · 1 a bug · 2 changes pending · 3 invalid input · 4 refused · "
    "5 partly done · 6 the platform said no · 7 outcome unknown · 130/143 interrupted",
)
@click.version_option(__version__, prog_name="syncer", message="%(prog)s %(version)s")
@click.option(
    "--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colour; NO_COLOR is heeded too."
)
@click.pass_context
def syncer(ctx: click.Context, color: str) -> None:
    """GitOps for epilot organisations: manifests in git, planned against and applied to a live organisation."""
    ctx.obj = color


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line and leave with a code of README.md#exit-codes; raise SystemExit with it where another
    program called (a profiler, a coverage tool, a script), which may have something to do yet."""
    code = run(list(sys.argv[1:] if args is None else args))
    if args is not None or not _begun_by_python(sys._getframe(1)):
        sys.exit(_flushed(code))
    # All that must be written is written and closed: taking four hundred modules apart costs a tenth of a `validate`.
    # What others asked to be called at the end (a coverage tool that watches every process) is called.
    if called_at_the_end := sys.modules.get("atexit"):  # who asked for it has imported it
        called_at_the_end._run_exitfuncs()
    os._exit(_flushed(code))


def _begun_by_python(frame: FrameType | None) -> bool:
    """Whether the frame is the module that Python was told to run: above it stands at most what `-m` is made of."""
    above = 0
    while frame is not None:
        above += frame.f_globals.get("__name__") != "runpy"
        frame = frame.f_back
    return above == 1


def _flushed(code: int) -> int:
    """The exit code, or 1 where it was 0 and what was said did not arrive."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            code = code or 1
    return code


def run(args: list[str]) -> int:
    """Run the command line; the exit code. Every exception ends here."""
    try:
        result: Any = syncer.main(args=args, prog_name="syncer", standalone_mode=False)
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except click.ClickException as error:
        from syncer.cli import errors

        return errors.usage(error, args)
    except (click.Abort, KeyboardInterrupt) as stop:
        from syncer.cli import errors

        return errors.interrupted(stop, args)
    except (BrokenPipeError, SystemExit):  # click's way to say that nobody reads its help any more (`| head`)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # the one place where everything ends
        from syncer.cli import errors

        return errors.failed(error, args)
    code = result if isinstance(result, int) else 0
    console = sys.modules.get("syncer.cli.console")
    if console is None or console.lost() is None:
        return code
    from syncer.cli import errors

    return errors.told(code)
