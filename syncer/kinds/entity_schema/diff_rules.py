"""What the fields of an entity schema mean when two schemas are compared (docs/platform.md#comparing-schemas), and
nothing about calls."""

from __future__ import annotations

from collections.abc import Mapping

from syncer.model.field_rules import AS_SET, ORDERED, ListRule, compile_shape, keyed
from syncer.model.json_values import Json

ATTRIBUTES = ("attributes[]", "capabilities[].attributes[]")


def _in_attributes(fields: Mapping[str, Json]) -> dict[str, Json]:
    return {f"{root}.{name}": value for root in ATTRIBUTES for name, value in fields.items()}


def _option(value: Json) -> Json:
    """`"a"` and `{value: "a"}` are one option."""
    if isinstance(value, dict) and set(value) <= {"value", "title"} and value.get("title") in (None, ""):
        return value.get("value")
    return value


PURPOSES = ("_purpose", "group_settings[]._purpose", "group_headlines[]._purpose", "capabilities[]._purpose")
_FLAGS = (
    "group_settings[].settings_flag",
    "capabilities[].settings_flag",
    "ui_config.list_item.summary_attributes[].settings_flag",
)
_MANIFESTS = ("_manifest", "group_settings[]._manifest", "group_headlines[]._manifest", "capabilities[]._manifest")
_HELD = (
    "_purpose",
    "settings_flag",
    "actions",
    "summary_fields",
    "default_address_fields",
    "reverse_attributes",
    "constraints",
)

_SHOWN_IF = ("render_condition", "feature_flag", "settings_flag")
_OF_AN_ATTRIBUTE = (
    *(*_SHOWN_IF, "_purpose", "hidden", "required", "readonly", "protected", "constraints", "repeatable", "multiple"),
    *("options", "allowedSchemas", "relation_type", "relation_picker_filter", "relation_affinity_mode", "actions"),
    *("allowed_extensions", "file_size_bytes", "default_access_control", "exclude_from_search"),
    *("columns", "min_rows", "max_rows", "currency", "edit_mode", "edit_mode_config", "data_classification"),
)
RESTRICTIONS = (
    *("published", "feature_flag", "enable_setting", *PURPOSES, "conditions"),
    *(f"group_settings[].{name}" for name in _SHOWN_IF),
    *(f"capabilities[].{name}" for name in ("feature_flag", "settings_flag", "schemas")),
    *(f"capabilities[].ui_hooks[].{name}" for name in ("render_condition", "disabled", "requiredPermission")),
    "capabilities[].ui_hooks[].pricing_tier_setting",
    *(f"ui_config.list_item.summary_attributes[].{name}" for name in _SHOWN_IF),
    *(f"ui_config.table_view.{name}[].permission" for name in ("row_actions", "bulk_actions")),
    "ui_config.list_item.quick_actions[].permission",
    *(f"{root}.{name}" for root in ATTRIBUTES for name in _OF_AN_ATTRIBUTE),
)
"""Who sees what, which values an attribute takes, and who may change them."""

_LISTS: dict[str, ListRule] = {
    "attributes": keyed("name", shown=True),
    "capabilities": keyed("name", shown=True),
    "group_settings": keyed("id", "label", shown=True),
    "group_headlines": keyed("name", shown=True),
    "conditions": keyed("id", "name"),
    "enable_setting": AS_SET,
    "capabilities[].attributes": keyed("name", shown=True),
    "capabilities[].schemas": ORDERED,
    **dict.fromkeys(PURPOSES, AS_SET),
    **{path: keyed("name", whole=True) for path in _FLAGS},
    **_in_attributes(
        {
            "_purpose": AS_SET,
            "settings_flag": keyed("name", whole=True),
            "actions[].settings_flag": keyed("name", whole=True),
            "allowed_extensions": AS_SET,
            "identifiers": AS_SET,
            "options": ORDERED._replace(keys=("value",)),
            "currency": keyed("code", whole=True),
            "columns": keyed("name", whole=True, ordered=True),
            "edit_mode_config.fuzzy_config.fields_to_ignore": AS_SET,
        }
    ),
}

# No default for `show_in_table`, `has_primary`, `repeatable`, `protected`: missing, false and true are three things.
SHAPE = compile_shape(
    lists=_LISTS,
    defaults={
        **_in_attributes(
            {
                **dict.fromkeys(
                    (
                        "hidden",
                        "required",
                        "readonly",
                        "deprecated",
                        "entity_builder_disable_edit",
                        "explicit_searchable",
                        "exclude_from_search",
                        "overridable_attribute",
                        "variant_overridable",
                        "multiple",
                        "details_view_mode_enabled",
                        "currency_selector_only",
                        "transposed",
                        "multiline",
                        "rich_text",
                    ),
                    False,
                ),
                "sortable": True,
                "show_separator": True,
                "data_type": "string",
                "display_type": "switch",
                "enable_relation_picker": True,
                "enable_relation_tags": True,
                "computed": True,
                "edit_mode": "direct",
                "edit_mode_config.match_strategy": "exact",
                "min_rows": 0,
                "column_header.start": 0,
                "columns[].type": "string",
                "columns[].required": False,
                "columns[].bold": False,
                "info_helpers": {},
            }
        ),
        "group_settings[].order": 0,
        "group_settings[].expanded": False,
        "group_headlines[].enable_divider": False,
        "capabilities[].overridable_attribute": False,
        "capabilities[].variant_overridable": False,
        "capabilities[].ui_config.is_filterable": False,
        "explicit_search_mappings.*.index": True,
        "ui_config.table_view.enable_thumbnails": False,
    },
    empty=(
        *PURPOSES,
        *_FLAGS,
        "group_headlines",
        "description",
        *(f"{root}.{name}" for root in ATTRIBUTES for name in _HELD),
        "ui_config.list_item.quick_actions",
        "ui_config.table_view.navbar_actions",
        "ui_config.create_view.search_params",
        "ui_config.edit_view.search_params",
        "ui_config.single_view.search_params",
    ),
    null_is_data=tuple(f"{root}.{name}" for root in ATTRIBUTES for name in ("options[]", "relation_picker_filter.q")),
    ignored=(
        "blueprint",
        *_MANIFESTS,
        *(f"{root}._manifest" for root in ATTRIBUTES),
        *(f"{root}.id" for root in ATTRIBUTES),
        "capabilities[].id",
        "group_headlines[].id",
    ),
    canon={f"{root}.options[]": _option for root in ATTRIBUTES},
)
