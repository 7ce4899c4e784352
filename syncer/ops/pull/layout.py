"""Where new manifests go, and which of these places are taken."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from syncer.kinds import KINDS
from syncer.manifests.discovery import PROJECT_FILE, shown
from syncer.manifests.project import Project
from syncer.model.address import Address
from syncer.model.diagnostic import InvalidInput, Problem
from syncer.ops.pull.inventory import UnmanagedObject
from syncer.ops.pull.options import PullOptions

LAYOUT = "{kind}/{name}.yaml"


def folder_of(project: Project) -> Path:
    """Where new manifests go: the first folder of `manifests`. InvalidInput where it names none."""
    for each in project.manifests:
        if not each.is_file() and each.suffix.lower() not in (".yaml", ".yml", ".json"):
            return each
    at = project.document.locate(("manifests",))
    hint = "add a folder to it, such as `config`"
    raise InvalidInput(Problem("layout", f"`manifests` of {PROJECT_FILE} names no folder to write to", at, hint=hint))


def file_of(order: PullOptions, address: Address) -> str:
    """Where a manifest goes, below the root, with `/`. InvalidInput as `folder_of`."""
    folder, kind = folder_of(order.project), KINDS[address.kind]
    name = (order.project.layout or LAYOUT).format(
        kind=kind.folder or kind.slug, slug=kind.slug, name=address.name, env=order.environment.name
    )
    return shown(folder / name, order.project.root)


def occupied(order: PullOptions, new: Sequence[UnmanagedObject]) -> dict[Address, Problem]:
    """Objects whose file is something else already, or would lie outside: they are not pulled. InvalidInput as
    `folder_of`, whether or not anything is new."""
    folder_of(order.project)
    root, found = order.project.root.resolve(), dict[Address, Problem]()
    for each in new:
        name = file_of(order, each.address)
        path = order.project.root / name
        if not path.parent.resolve().is_relative_to(root):
            why = f"`{name}` would lie outside the repository"
        elif os.path.lexists(path):
            why = f"`{name}` is there already, and nothing that is there is ever overwritten"
        else:
            continue
        found[each.address] = Problem(
            "file-taken",
            f"{each.address} is not pulled: {why}",
            hint="move that file, or give syncer.yaml another `layout`",
            severity="warning",
        )
    return found
