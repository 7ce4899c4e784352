"""Every rule that `validate` and `plan` may name, in one sentence: for SARIF and for the documentation."""

from __future__ import annotations

RULES = {
    "alias-taken": "An alias is a former name of this manifest alone.",
    "ambiguous": "Exactly one live object has the title or key that a manifest names.",
    "api-version": "A manifest begins with `apiVersion: syncer/v1`.",
    "claimed-twice": "Two manifests do not describe one live object.",
    "downgrade": "An app is not moved to an older version unless the policy allows it.",
    "duplicate-address": "Kind and name of a manifest are unique in the repository.",
    "duplicate-live-key": "Two manifests of an environment do not describe one live object.",
    "empty-file": "A manifest file holds a manifest.",
    "envelope": "A manifest has apiVersion, kind, metadata and spec.",
    "file-path": "A `file:` lies inside the repository.",
    "lookup": "Exactly one live object has the title that is looked up.",
    "missing-field": "What a manifest must say is there.",
    "missing-for-create": "A new object has all that the platform requires.",
    "not-allowed-value": "A value is one of those the platform knows.",
    "protected-attribute": "Attributes of the platform and of blueprints are neither removed nor given another type.",
    "raw-id": "A manifest names things by reference; a raw id works in one organisation only.",
    "reference-circle": "References do not go in a circle.",
    "secret-literal": "A secret is written as `${env.NAME}`, never as itself.",
    "server-field": "What the platform sets stands in no manifest.",
    "unknown-environment": "An environment that is named stands in syncer.yaml.",
    "unknown-field": "A field is one that the kind has.",
    "unknown-kind": "A kind is one that syncer knows.",
    "unknown-reference": "A reference names a manifest of the repository.",
    "unmanaged-secret": "Option values are saved whole, so each secret among them must be known.",
    "wrong-kind": "A reference names a manifest of the kind that is expected there.",
    "wrong-type": "A value is of the type the field has.",
}


def all_rules() -> dict[str, str]:
    """Rule id → sentence, those of the kinds included."""
    from syncer.adapters import reading_rules
    from syncer.kinds import app_rules, flow_graph, flow_schemas, retention_rules, schema_rules

    found = dict(RULES)
    for module in (reading_rules, app_rules, flow_graph, flow_schemas, retention_rules, schema_rules):
        found |= module.RULES
    return dict(sorted(found.items()))
