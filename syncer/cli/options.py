"""Options that several commands share, each said once."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from syncer.model.diagnostic import SyncerError
from syncer.model.named_tuple import NamedTuple

if TYPE_CHECKING:
    from syncer.cli.command_context import CommandContext
    from syncer.render.output import Output

Command = Callable[..., Any]
config_option = click.option(
    "--config",
    type=click.Path(path_type=Path),
    envvar="SYNCER_CONFIG",
    show_envvar=True,
    help="Another syncer.yaml than the nearest above this folder.",
)
environment_option = click.option(
    "-e",
    "--env",
    "environment",
    metavar="NAME",
    envvar="SYNCER_ENV",
    show_envvar=True,
    help="The environment in syncer.yaml; not needed where there is one.",
)
server_option = click.option(
    "--server",
    metavar="URL",
    envvar="SYNCER_SERVER",
    show_envvar=True,
    default="",
    help="One base URL for all services, such as a sandbox; plain http only to this machine.",
)

state_option = click.option(
    "--state",
    "place",
    metavar="URL",
    envvar="SYNCER_STATE",
    show_envvar=True,
    default="",
    help="Where the state lives: local, s3://…, gs://…, az://…, postgresql://…",
)
no_cache_option = click.option(
    "--no-cache",
    is_flag=True,
    envvar="SYNCER_NO_CACHE",
    show_envvar=True,
    help="Recall nothing of earlier runs, and remember nothing for the next.",
)
lock_wait_option = click.option(
    "--lock-wait",
    type=click.FloatRange(0, 86400),
    default=0,
    metavar="SECONDS",
    help="How long to wait for another run's lock.",
)

verbose_option = click.option("-v", "--verbose", is_flag=True, help="Every field, every link.")


def environment_options(command: Command) -> Command:
    """Which environment, and where it is reached: `--config`, `--env`, `--server`, `--state`."""
    return config_option(environment_option(server_option(state_option(command))))


def local_options(command: Command) -> Command:
    """As `environment_options`, of a command that asks no organisation."""
    return config_option(environment_option(state_option(command)))


class ContextOptions(NamedTuple):
    """What the command line says of which environment is meant and how it is reached, and where is spoken."""

    out: Output
    config: Path | None
    environment: str | None = None
    place: str = ""
    server: str = ""
    lock_wait: float = 0.0
    no_cache: bool = True
    """Whether nothing may be remembered from run to run; so it is for a command without `--no-cache`."""

    def advise(self, repeated: Mapping[str, str]) -> None:
        """From now on the commands that are named to the user get these options: option → its value."""
        if repeated:
            from syncer.cli.repeated_options import in_full

            self.out.in_full = functools.partial(in_full, said=repeated)

    def advise_for(self, here: CommandContext) -> None:
        """The same of an environment that the command was not told, where there are several."""
        if len(here.project.environments) > 1:
            self.advise({"--env": here.environment.name, **repeated_options()})

    def open(self, otherwise: str | None = None, **how: Any) -> CommandContext:
        """The context of a command. `otherwise`: the environment where none is named; `how`: other fields of it.
        InvalidInput for a syncer.yaml that is not sound, or has no such environment."""
        from syncer.cli.command_context import world  # late: 50 ms that `validate` and every `--help` do without

        named = self.environment or otherwise
        how = {"lock_wait": self.lock_wait, "remembers": not self.no_cache, **how}
        return world(self.config, named, self.server, self.place, out=self.out, **how)


def in_environment(command: Callable[..., int]) -> Callable[..., int]:
    """A command of `environment_options` or `local_options` gets them as one `ContextOptions`, in place of the colour
    that click hands on."""

    @functools.wraps(command)
    def called(color: str, /, **said: Any) -> int:
        from syncer.cli.console import console

        given = {name: said.pop(name) for name in ContextOptions._fields if name in said}
        options = ContextOptions(console(color), **given)
        options.advise(repeated_options())
        try:
            return command(options, **said)
        except SyncerError as error:
            in_full = options.out.in_full
            error.problems = tuple(each._replace(hint=in_full(each.hint)) for each in error.problems)
            raise

    return click.pass_obj(called)


def repeated_options() -> dict[str, str]:
    """What the command line itself says of where its command works: the next one must be told it again. What a
    variable of the process says, the next one finds there too."""
    context = click.get_current_context()
    by_hand = click.core.ParameterSource.COMMANDLINE
    known = [each for each in context.command.params if each.name in ("config", "environment", "server", "place")]
    return {
        each.opts[-1]: str(context.params[each.name])
        for each in known
        if each.name and context.get_parameter_source(each.name) is by_hand
    }


against_option = click.option(
    "--against",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Plan against a recording (`syncer record`): no token, no network.",
)


def selection_options(command: Command) -> Command:
    """`--only` and `--except`."""
    only = click.option(
        "--only",
        multiple=True,
        metavar="PATTERN",
        help="Only these addresses and what they refer to: 'FlowTemplate/*'. Repeatable.",
    )
    but = click.option("--except", "but", multiple=True, metavar="PATTERN", help="Not these addresses. Repeatable.")
    return only(but(command))


def planning_options(command: Command) -> Command:
    """What plan and apply have in common."""
    for option in (
        click.option("--as-sent", is_flag=True, help="Send again what the platform is known to make other values of."),
        click.option("--resend-secrets", is_flag=True, help="Send every secret again, also those that seem unchanged."),
        verbose_option,
        selection_options,
        environment_options,
    ):
        command = option(command)
    return command


if TYPE_CHECKING:
    _Number = click.ParamType[int]
else:
    _Number = click.ParamType  # older versions of click do not say of what


class Count(_Number):
    """A number of objects; the option without a value means any number."""

    name = "N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """-1 for any number."""
        if value in ("any", -1):
            return -1
        try:
            number = int(value)
        except (TypeError, ValueError):
            number = -1
        if number < 0:
            name = param.opts[0] if param else "the option"
            self.fail(f"`{value}` is not a number of objects; write {name}=N, or {name} at the end", param, ctx)
        return number


def consent_options(command: Command) -> Command:
    """The flags that lift a guard; none of them can stand in the repository. In one piece: it is a table."""
    count: Any = Count()
    for option in reversed(
        (
            click.option("--confirm", default="", metavar="ENV|PLAN_ID", help="For environments with `confirm: true`."),
            click.option(
                "--allow-delete",
                type=count,
                is_flag=False,
                flag_value="any",
                metavar="[=N]",
                help="Allow removals, N at most.",
            ),
            click.option(
                "--allow-update",
                type=count,
                is_flag=False,
                flag_value="any",
                metavar="[=N]",
                help="Allow more updates than the limit, N at most.",
            ),
            click.option(
                "--accept-data-loss",
                multiple=True,
                metavar="ADDRESS[/ITEM]",
                help="Acknowledge a destructive change. Repeatable.",
            ),
            click.option(
                "--allow-protected", multiple=True, metavar="ADDRESS", help="Remove a protected object. Repeatable."
            ),
            click.option("--first-contact", is_flag=True, help="Objects that no manifest claims are somebody else's."),
            click.option("--allow-empty", is_flag=True, help="There really is no manifest any more."),
            click.option(
                "--allow-missing",
                multiple=True,
                metavar="KIND",
                help="The organisation really has none of them any more.",
            ),
            click.option("--allow-pull-request", is_flag=True, help="Apply although this runs for a pull request."),
        )
    ):
        command = option(command)
    return command


FORMAT = click.Choice(["text", "json"])
