"""Whether what syncer remembers is its own: its folder within the repository, its files not for others to write.

Reading by others is no danger: no secret stands in them, and git gives every file such permissions.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from syncer.model.diagnostic import InvalidInput, Location, Problem

OWN = ".syncer"
"""The folder of what syncer remembers, beside syncer.yaml."""


def own_name(path: Path | str) -> str:
    """A file of syncer's own as messages name it, from the folder of syncer.yaml on; any other as it is."""
    parts = Path(path).parts if isinstance(path, Path) else ()
    return "/".join(parts[parts.index(OWN) :]) if OWN in parts else str(path)


def must_be_inside(root: Path, folder: Path, what: str = "state") -> None:
    """InvalidInput where a symbolic link leads out of the repository, for a checkout can bring one
    (docs/catalogue.md#e13)."""
    there, inside = Path(os.path.realpath(folder)), Path(os.path.realpath(root))
    if there != inside and inside not in there.parents:
        message = f"the folder of the {what} is a link out of the repository, to `{there}`"
        hint = "put a folder in its place" + ("; for a state elsewhere there is --state" if what == "state" else "")
        raise InvalidInput(
            Problem("state" if what == "state" else "run", message, Location(own_name(folder), 1, 1), hint=hint)
        )


def writable_by_others(paths: list[Path], me: int) -> list[str]:
    """A warning for each of these files that is another user's than `me`, or may be written by others
    (docs/catalogue.md#e14)."""
    found = []
    for path in paths:
        try:
            status = path.lstat()
        except OSError:
            continue
        if not stat.S_ISREG(status.st_mode):
            continue
        if status.st_uid not in {me, 0}:
            found.append(f"`{path.name}` belongs to another user ({status.st_uid}), who can link it to other objects")
        elif status.st_mode & 0o022:
            mode = f"{stat.S_IMODE(status.st_mode):04o}"
            found.append(f"`{path.name}` can be written by other users (mode {mode}): `chmod 600 {own_name(path)}`")
    return found
