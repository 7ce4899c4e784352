"""Every behaviour the API facts leave open, as a named switch whose default is the safest assumption.

`docs/assumptions.md` has a row for each: what is unknown, why the default is safest, how to settle it live.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Options:
    """How this sandbox decides what the documentation leaves open; the names are grouped by service."""

    # transport
    quota_per_minute: int | None = 500
    """Mutating calls an organisation may make in a minute; None switches the quota off."""
    quota_services: Literal["all", "entity"] = "all"
    search_quota_per_minute: int | None = 5000
    large_reply_bytes: int = 5_100_000

    # entity schemas
    schema_put: Literal["replace", "merge"] = "replace"
    schema_same_put_makes_version: bool = True
    schema_version_checked: bool = False
    schema_item_ids_when_omitted: Literal["new", "by_name"] = "new"
    schema_manifest_when_omitted: Literal["cleared", "kept"] = "cleared"
    schema_protected_enforced: bool = False
    schema_latest: Literal["honoured", "ignored", "refused"] = "honoured"
    """What `latest=true` does. Where it is not honoured, freezing is retired: every read gives the latest version."""
    schema_names_unique: bool = False
    schema_references_checked: bool = True
    schema_invalid_status: Literal[400, 422] = 400
    schema_delete_with_entities: Literal["refuse", "delete"] = "refuse"
    schema_core_deletable: bool = True

    # saved views and entities
    views_of_others: Literal["hidden", "listed"] = "hidden"
    view_delete_in_use: Literal["allowed", "refused"] = "allowed"
    hits_exact_up_to: int | None = 10_000

    # flow templates and closing reasons
    flow_export: bool = True
    name_unique: bool = False
    """Refuse a second flow template of the same name, or a second closing reason of the same title, with 409."""
    flow_conflict: Literal["updated_at", "ignored"] = "updated_at"
    flow_put_unknown_id: Literal["not_found", "create"] = "not_found"
    flow_client_id_kept: bool = False
    flow_version_default: Literal["v1", "v2", "v3"] | None = None
    flow_trigger_ids_filled: bool = False
    flow_broken_edges: Literal["drop", "refuse"] = "drop"
    flow_tasks_by_type: bool = True
    flow_reasons_complete: bool = False
    flow_unknown_reason: Literal["kept", "refused"] = "kept"
    flow_search_name: Literal["contains", "prefix", "exact"] = "contains"
    flow_search_size: int = 10
    flow_search_most: int = 100
    flow_delete_automations: bool = True
    flow_journey_automation: bool = True
    flow_limits: tuple[tuple[str, int], ...] = (
        ("incoming_edges", 10),
        ("branches", 20),
        ("entity_sync", 20),
        ("loop_iterations", 100),
    )
    flow_most_enabled: int = 1000
    flow_most_enforced: bool = True
    automation_context: bool = True
    """Automations owned by a flow template carry `workflow_context`, as older definitions show."""
    reason_title_required: bool = True

    # app installations
    app_secrets: Literal["omitted", "masked"] = "omitted"
    app_secret_status: bool = True
    """Whether an option with a secret says `configured` and `value_updated_at`, as the newest definition shows."""
    app_level_options: bool = True
    """Whether an installation lists the options of the app as a whole, as the newest definition shows."""
    app_options_patch: Literal["replace", "merge"] = "replace"
    app_install_keeps_options: bool = False
    app_default_version: Literal["latest", "refuse"] = "latest"
    app_promote_disables: bool = True
    app_patch_version_disables: bool = True
    app_patch_options_enables: bool = True
    app_version_and_options_enables: bool = False
    app_downgrade: Literal["allowed", "refused"] = "allowed"
    app_options_checked: bool = False
    app_values_in_declarations: bool = False
    app_public_page_serves_private: bool = False
    app_most_per_page: int = 100
    app_stale_reads: int = 0
    """How many reads after a PATCH (204) still show the installation as it was."""

    # data retention
    retention_key: Literal["schema_and_type", "saved_view", "none"] = "schema_and_type"
    retention_omitted: Literal["reset", "kept"] = "reset"
    retention_view_checked: bool = False
    retention_schemas: tuple[str, ...] | None = None
    """Schemas a config may be for; None takes any. `("contact",)` is what the documentation calls supported."""
    retention_disabled_runs: bool = True
