"""`syncer record`: an organisation's configuration in a file."""

from __future__ import annotations

from pathlib import Path

import click

from syncer.cli.options import ContextOptions, environment_options, in_environment
from syncer.cli.signals import at_once
from syncer.kinds import MODULES
from syncer.model.diagnostic import InvalidInput


@click.command()
@environment_options
@click.option(
    "-o", "--out", "target", type=click.Path(path_type=Path, dir_okay=False), help="The file; left out, it is printed."
)
@click.option(
    "--kind", "kinds", multiple=True, type=click.Choice(list(MODULES)),
    help="Only this kind and those it refers to. Repeatable.",
)  # fmt: skip
@in_environment
def record(given: ContextOptions, target: Path | None, kinds: tuple[str, ...]) -> int:
    """Write down the organisation's configuration, for `plan --against FILE`: no entities, no secrets, no people.

    Whoever has the file can plan without a token and without a network. Sends nothing that could change anything.
    """
    from syncer.api.recording_file import save_recording, text_of  # late, as the next: 60 ms, `--help` does without
    from syncer.ops.record import record as run_record

    out, here = given.out, given.open(secretless=True)

    def unplanned(error: InvalidInput) -> None:
        number = sum(problem.severity == "error" for problem in error.problems)
        here.tell(
            f"no plan of the manifests here can be made ({'1 problem' if number == 1 else f'{number} problems'}; "
            f"{out.in_full('`syncer plan`')} shows them): what only they ask for may not be in the recording"
        )

    with at_once():
        recording = run_record(here, kinds, unplanned)
    if target is None:
        out.answer(text_of(recording))
        return 0
    save_recording(target, recording)
    number = sum(len(found) for found in recording.lists.values())
    out.talk(f"{number:,} objects of `{recording.environment}` ({recording.org_id}) are recorded in {target}\n")
    return 0
