"""What every manifest has around its `spec`: apiVersion, kind, metadata; and how one schema file is put together."""

from __future__ import annotations

from collections.abc import Mapping

from schema_tables.words import VARIABLE_DEF, Fields, Schema, many, only, text, thing

ACCEPT = r"^[a-z-]+ [^ ].*$"
NAME = r"^[a-z0-9]([a-z0-9._-]{0,126}[a-z0-9])?$"


def manifest(
    kind: str,
    slug: str,
    about: str,
    spec: Schema,
    *,
    policy: Fields | None = None,
    titles: bool = False,
    defs: Mapping[str, Schema] | None = None,
) -> Schema:
    """The schema of a kind's manifests; `titles` for kinds that are recognised by their title."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:syncer:v1:{slug}",
        "title": "manifest",
        "description": about,
        "type": "object",
        "x-syncer-owner": [],
        "x-syncer-closed": True,
        "properties": {
            "apiVersion": only("Version of the manifest format.", "syncer/v1"),
            "kind": only("What this manifest describes.", kind),
            "metadata": _metadata(kind, policy or {}, titles),
            "spec": spec,
        },
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "additionalProperties": False,
        "$defs": {"variable": VARIABLE_DEF, **(defs or {})},
    }


def _metadata(kind: str, policy: Fields, titles: bool) -> Schema:
    fields: dict[str, Schema] = {
        "name": text(
            f"Name of this manifest, unique among all of kind {kind}. Other manifests refer to it: `ref: NAME`. "
            "Small letters, digits, `.`, `_` and `-`.",
            like=NAME,
            literal=True,
        ),
        "environments": many(
            {"type": "string", "minLength": 1},
            "Environments of syncer.yaml in which this manifest counts. Left out: in every one.",
        ),
        "protect": {
            "description": "Never remove the live object, whatever happens to this manifest.",
            "type": ["boolean", "null"],
            "default": False,
        },
        "aliases": many(
            text("A former name.", like=NAME, literal=True, needed=True),
            "Former names of this manifest: with them a rename is a move, not a removal and a creation.",
        ),
    }
    fields["extra"] = many(
        {"type": "string", "minLength": 1, "description": "A path below `spec`, as a plan writes it: `a[key].b`."},
        "What the platform knows and syncer does not yet: paths below `spec` of fields and values that are written as "
        "they are, such as `attributes[iban].mask`. `[*]` stands for every item. Each covers what lies below it.",
    )
    fields["accept"] = many(
        text(
            "A rule and a path, as a plan writes it: `flow-few-branches tasks[check].conditions`.",
            like=ACCEPT,
            literal=True,
            needed=True,
        ),
        "Rules that the live object breaks, and where: what they find there is a note, no error. `pull` writes this; "
        "in a manifest that is written by hand, mend what is found.",
    )
    if titles:
        fields["titles"] = many(
            {"type": "string", "minLength": 1, "description": "A former title."},
            "Former titles of the live object, by which it is found again when the state does not know it.",
        )
    whole: Schema = {
        "description": "Whether all that is live is this manifest's business: `drift` then reports what others add "
        "to lists. Left out: whether `pull` wrote the manifest whole.",
        "type": "boolean",
    }
    how = f"How syncer treats this {kind}."
    fields["policy"] = thing("policy", {**policy, "whole": whole}, about=how, closed=True, named_by=[])
    about = "About the manifest itself; nothing of it is sent to the platform."
    return thing("metadata", fields, about=about, required=["name"], closed=True, named_by=[], nullable=False)
