"""The table of all kinds, in the order they are shown and applied when nothing else decides.

A kind's module is imported when the kind is first asked for: `validate` of one file should not pay for all five.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from syncer.model.kind import Kind, LookupKind

REMOVED = "Removed"
"""The kind of documents that ask for a removal: it describes no object, so it stands not in the table."""

MODULES = {
    "EntitySchema": "entity_schema.kind",
    "AppInstallation": "app_installation.kind",
    "ClosingReason": "closing_reason",
    "FlowTemplate": "flow_template.kind",
    "RetentionConfig": "retention_config.kind",
}


class Kinds(Mapping[str, "Kind"]):
    """Kind name → `Kind`; iterating, and asking whether a name is one, imports nothing."""

    def __init__(self) -> None:
        self._known: dict[str, Kind] = {}

    def __getitem__(self, name: str) -> Kind:
        try:
            return self._known[name]
        except KeyError:
            module = importlib.import_module(f"syncer.kinds.{MODULES[name]}")
            found: Kind = module.KIND
            self._known[name] = found
            return found

    def __iter__(self) -> Iterator[str]:
        return iter(MODULES)

    def __len__(self) -> int:
        return len(MODULES)

    def __contains__(self, name: object) -> bool:
        return name in MODULES


KINDS = Kinds()


def lookup_kinds() -> dict[str, LookupKind]:
    """Kinds that are only looked up, by name."""
    from syncer.kinds.lookups import LOOKUPS

    return {kind.name: kind for kind in LOOKUPS}
