"""What plan and drift may recall of their last runs: where it lies, and when nothing is recalled."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from syncer.cli.command_context import CommandContext
    from syncer.ops.recall import Recall


def open_recall(here: CommandContext, command: str, *, part: bool, off: bool) -> Recall | None:
    """What the command left behind; None where that is switched `off`, where only a `part` is looked at, where nobody
    knows the user's home, and where it would lie in the repository: a checkout must not bring it."""
    from syncer.fs.cache_file import SUFFIX, cache_folder

    folder = None if off or part else cache_folder(here.env)
    if folder is None:
        return None
    from hashlib import blake2b

    from syncer.ops.recall import Recall
    from syncer.state.agreement_file import AgreementFile, program_digest

    try:
        if folder.resolve().is_relative_to(here.project.root.resolve()):
            return None
        rules = program_digest()
    except (OSError, RuntimeError, ValueError):
        return None
    environment = here.environment
    place = repr((str(here.project.file), environment.name, environment.org_id, here.host))
    name = blake2b(place.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return Recall(AgreementFile(folder / f"{name}.agreements{SUFFIX}", rules), here.project, place, here.today, command)
