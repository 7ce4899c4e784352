"""The table of all kinds, in the order they are shown and applied when nothing else decides."""

from __future__ import annotations

from syncer.core.kind import Kind, LookupKind
from syncer.kinds import app_installation, closing_reason, entity_schema, flow_template, retention_config
from syncer.kinds.lookups import LOOKUPS

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        entity_schema.KIND,
        app_installation.KIND,
        closing_reason.KIND,
        flow_template.KIND,
        retention_config.KIND,
    )
}

LOOKUP_KINDS: dict[str, LookupKind] = {kind.name: kind for kind in LOOKUPS}
