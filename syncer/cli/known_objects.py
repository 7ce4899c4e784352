"""What the states in a working copy know, for `validate`: it asks nobody, so one that lives elsewhere is not read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from syncer.manifests.project import Project
    from syncer.model.address import Address, KnownObjects
    from syncer.render.output import Output

STATES = Path(".syncer", "state")
"""The folder of the local states and their journals, beside syncer.yaml."""


def state_digest(root: Path) -> bytes:
    """Of all that local states say; b"" where there are none."""
    files = sorted((root / STATES).glob("*"))
    if not files:
        return b""
    import hashlib  # late: most that run `validate` have no state here

    digest = b""
    for file in files:
        if file.suffix in (".json", ".journal") and file.is_file():
            digest = hashlib.sha256(digest + file.name.encode() + b"\0" + file.read_bytes()).digest()
    return digest


def known_objects(project: Project, out: Output) -> KnownObjects:
    """The addresses in the local state of each environment that has one. One that cannot be read is said, and not
    asked."""
    if not (project.root / STATES).is_dir():
        return {}
    from syncer.kinds import KINDS
    from syncer.model.diagnostic import InvalidInput, Refused
    from syncer.model.state_location import LOCAL
    from syncer.state.backends.factory import local_place

    known: dict[str, frozenset[Address]] = {}
    for name, environment in project.environments.items():
        file = project.root / STATES / f"{name}.json"
        if (environment.state or LOCAL) != LOCAL or not file.is_file():
            continue
        try:
            known[name] = frozenset(local_place(file, name, org_id=environment.org_id, kinds=KINDS).load().entries)
        except (InvalidInput, Refused) as error:
            out.talk(f"note: the state of `{name}` was not asked what it knows: {error.problems[0].message}\n")
    return known
