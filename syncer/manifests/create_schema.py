"""What a new object needs, by the JSON Schema of its kind: asked by the plan, by `pull` and by `validate`."""

from __future__ import annotations

from syncer.diff.required_fields import CreateSchema
from syncer.model.kind import Kind
from syncer.schema_check.registry import load


def create_schema(kind: Kind) -> CreateSchema:
    """What a new object of this kind needs; reads its JSON Schema, the first time."""
    return CreateSchema.of_manifest(load(kind.slug))
