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


class Layout:
    """Where the manifests of one pull go. InvalidInput as `folder_of`."""

    def __init__(self, order: PullOptions) -> None:
        self._order = order
        self._root = order.project.root
        self._folder = folder_of(order.project)
        self._shown: dict[str, str] = {}
        self._schemas: dict[str, bool] = {}

    def file_of(self, address: Address) -> str:
        """Where a manifest goes, below the root, with `/`."""
        kind = KINDS[address.kind]
        place = (self._order.project.layout or LAYOUT).format(
            kind=kind.folder or kind.slug, slug=kind.slug, name=address.name, env=self._order.environment.name
        )
        inner, _, name = place.rpartition("/")
        if not name.isascii() or name in ("", ".", ".."):
            return shown(self._folder / place, self._root)
        if inner not in self._shown:  # of thousands of files that lie side by side the folder is looked at once
            self._shown[inner] = shown(self._folder / inner / "_", self._root)[:-1]
        return self._shown[inner] + name

    def schema_of(self, slug: str, file: str) -> str:
        """`../../schemas/closing-reason.schema.json`, where that file is there: `syncer schema --into schemas` makes
        it."""
        name = f"schemas/{slug}.schema.json"
        if slug not in self._schemas:
            self._schemas[slug] = (self._root / name).is_file()
        return "../" * file.count("/") + name if self._schemas[slug] else ""


def occupied(order: PullOptions, new: Sequence[UnmanagedObject]) -> dict[Address, Problem]:
    """Objects whose file is something else already, or would lie outside: they are not pulled. InvalidInput as
    `folder_of`, whether or not anything is new."""
    layout, root = Layout(order), order.project.root.resolve()
    inside, found = dict[str, bool](), dict[Address, Problem]()
    for each in new:
        name = layout.file_of(each.address)
        folder = name.rpartition("/")[0]
        if folder not in inside:
            inside[folder] = (order.project.root / name).parent.resolve().is_relative_to(root)
        if not inside[folder]:
            why = f"`{name}` would lie outside the repository"
        elif os.path.lexists(os.path.join(order.project.root, name)):
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
