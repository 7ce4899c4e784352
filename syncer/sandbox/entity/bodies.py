"""What a schema, a saved view and a label look like, as the published definitions say (docs/platform.md#schema-fields,
#attributes-of-a-schema, #saved-views)."""

from __future__ import annotations

from syncer.sandbox.body_rules import (
    Check,
    anything,
    chosen,
    either,
    flag,
    listing,
    mapping,
    nullable,
    number,
    one_of,
    record,
    text,
    texts,
    uuid,
)

_integer = number(whole=True)
_count = number(0, whole=True)
_manifest = nullable(listing(uuid))
_settings = listing(record({"name": text(), "enabled": flag}))
_options = listing(either(nullable(text()), record({"value": text(), "title": text()}, ("value",))))
_address_fields = nullable(texts)

_STRATEGIES = (
    "suffix",
    "digits_only",
    "normalize_phone",
    "ignore_fields",
    "set_equivalent",
    "entry_match",
    "relation_set",
    "regex",
)
_EDIT_MODE = {
    "edit_mode": one_of("direct", "external", "approval"),
    "edit_mode_config": record(
        {
            "match_strategy": one_of("exact", "fuzzy", "any"),
            "fuzzy_config": record(
                {
                    "type": one_of(*_STRATEGIES),
                    "suffix_length": _integer,
                    "fields_to_ignore": texts,
                    "key": either(text(), texts),
                    "mode": one_of("subset", "exact_set"),
                    "ordered": flag,
                    "require_tags_match": flag,
                },
                ("type",),
            ),
        }
    ),
}
_BASE: dict[str, Check] = {
    "id": text(),
    "name": text(1),
    "label": text(),
    "order": _integer,
    "data_classification": one_of("public", "pii"),
    "_purpose": texts,
    "_manifest": _manifest,
    "settings_flag": _settings,
    "info_helpers": mapping(text()),
    "constraints": mapping(),
    **dict.fromkeys(
        (
            "placeholder",
            "group",
            "layout",
            "icon",
            "render_condition",
            "feature_flag",
            "value_formatter",
            "preview_value_formatter",
        ),
        text(),
    ),
    **dict.fromkeys(
        (
            "hidden",
            "show_in_table",
            "sortable",
            "required",
            "readonly",
            "deprecated",
            "variant_overridable",
            "hide_label",
            "entity_builder_disable_edit",
            "protected",
            "explicit_searchable",
            "exclude_from_search",
            "repeatable",
            "has_primary",
        ),
        flag,
    ),
    **_EDIT_MODE,
}


def _attribute(required: tuple[str, ...] = (), **own: Check) -> Check:
    return record(_BASE | own, ("name", "label", "type", *required))


_plain = _attribute()
_select = _attribute(options=_options, allow_any=flag)
_several = _attribute(
    options=_options, allow_any=flag, allow_extra_options=nullable(flag), disable_case_sensitive=nullable(flag)
)
_file = _attribute(
    multiple=flag,
    allowed_extensions=texts,
    display_images_landscaped=flag,
    enable_description=flag,
    default_access_control=one_of("public-read", "private"),
    file_size_bytes=_integer,
)
_relation = _attribute(
    relation_type=one_of("has_many", "has_one"),
    allowedSchemas=texts,
    reverse_attributes=mapping(text()),
    relation_affinity_mode=one_of("weak", "strong"),
    enable_relation_picker=flag,
    enable_relation_tags=flag,
    relation_picker_filter=record({"q": nullable(text())}, ("q",)),
    edit_mode=one_of("direct", "external", "approval", "list-view"),
    details_view_mode_enabled=flag,
    drawer_size=one_of("small", "medium", "large"),
    summary_fields=listing(either(text(), record({"field": text(), "display_as": text()}))),
    add_button_label=text(),
    search_placeholder=text(),
    actions=listing(
        record(
            {
                "action_type": one_of("add_existing", "create_new", "create_from_existing"),
                "label": text(),
                "default": flag,
                "settings_flag": _settings,
                "new_entity_item": nullable(mapping()),
            }
        )
    ),
)
_currency = _attribute(
    ("currency",),
    currency=listing(
        record({"code": text(), "description": text(), "symbol": text()}, ("code", "description", "symbol"))
    ),
    currency_selector_only=flag,
)
_table = _attribute(
    columns=listing(
        record(
            {
                "name": text(),
                "label": text(),
                "type": one_of("string", "number", "date", "boolean"),
                "width": text(),
                "required": flag,
                "bold": flag,
            },
            ("name", "label"),
        )
    ),
    min_rows=_count,
    max_rows=number(1, whole=True),
    transposed=flag,
    column_header=record({"template": text(), "start": _count}),
)

TYPES: dict[str, Check] = {
    "string": _attribute(multiline=flag, rich_text=flag, rows=either(_integer, text())),
    "boolean": _attribute(display_type=one_of("switch", "checkbox")),
    "select": _select,
    "radio": _select,
    "multiselect": _several,
    "checkbox": _several,
    "status": _attribute(options=_options),
    "sequence": _attribute(prefix=text(), start_number=_count),
    "relation": _relation,
    "relation_user": _attribute(multiple=flag),
    "address": _attribute(default_address_fields=_address_fields),
    "relation_address": _attribute(default_address_fields=_address_fields),
    "currency": _currency,
    "tags": _attribute(options=texts, suggestions=texts),
    "message_email_address": _attribute(address=text(), send_status=text(), email_type=text()),
    "number": _attribute(data_type=one_of("string", "number"), format=text(), show_separator=flag),
    "table": _table,
    "consent": _attribute(("topic",), topic=text(), identifiers=texts),
    "file": _file,
    "image": _file,
    "computed": _attribute(("value_formatter",), computed=flag, amount_field=text(), currency_field=text()),
    **dict.fromkeys(
        (
            "link",
            "date",
            "datetime",
            "country",
            "relation_payment_method",
            "internal",
            "ordered_list",
            "purpose",
            "phone",
            "email",
            "payment",
            "partner_status",
            "invitation_email",
            "automation",
            "internal_user",
            "partner_organisation",
            "portal_access",
            "price_component",
        ),
        _plain,
    ),
}

ATTRIBUTE = chosen("type", TYPES)
GROUP = record(
    {
        "id": text(),
        "label": text(),
        "order": _integer,
        "expanded": flag,
        "render_condition": text(),
        "_purpose": texts,
        "_manifest": _manifest,
        "feature_flag": text(),
        "settings_flag": _settings,
        "info_tooltip_title": record({"key": text(), "default": text()}),
    },
    ("label",),
)
HEADLINE = record(
    {
        "id": uuid,
        "name": text(),
        "label": text(),
        "group": text(),
        "type": one_of("headline"),
        "layout": text(),
        "order": _integer,
        "enable_divider": flag,
        "divider": one_of("top_divider", "bottom_divider"),
        "_purpose": texts,
        "_manifest": _manifest,
    },
    ("name", "label", "group", "type"),
)
_permission = record({"action": text(), "resource": text()}, ("action",))
_hook = record(
    {
        **dict.fromkeys(
            ("hook", "render_condition", "title", "import", "component", "route", "icon", "pricing_tier_setting"),
            text(),
        ),
        **dict.fromkeys(("group_expanded", "disabled", "header", "default_visible"), flag),
        "order": _integer,
        "requiredPermission": _permission,
    },
    ("hook",),
)
CAPABILITY = record(
    {
        "id": text(),
        "name": text(1),
        "title": text(),
        "attributes": listing(ATTRIBUTE),
        "variant_overridable": flag,
        "_purpose": texts,
        "_manifest": _manifest,
        "app_id": text(),
        "feature_flag": text(),
        "settings_flag": _settings,
        "adjust_installment": record({"journey_id": text(1)}, ("journey_id",), closed=True),
        "ui_config": record({"is_filterable": flag}),
        "ui_hooks": listing(_hook),
        "schemas": listing(record({"schema": text()}, ("schema",))),
    },
    ("name",),
)

_CONDITION_NAME = text(pattern=r"[a-z0-9_]+")
_condition_base: dict[str, Check] = {"id": uuid, "name": _CONDITION_NAME, "label": text()}
_scalar = record(_condition_base, ("id", "name", "label"))
_CONDITION = chosen(
    "type",
    {
        **dict.fromkeys(("string", "number", "date", "daterange", "boolean"), _scalar),
        "select": record({**_condition_base, "values": texts}, ("id", "name", "label")),
        "location": record({**_condition_base, "format": one_of("zipcode", "zipcode_town")}, ("id", "name", "label")),
    },
)
_action = either(
    text(), record({"action": text(), "label": text(), "icon": text(), "permission": _permission}, ("action", "label"))
)
_redirect = record({"view_type": one_of("redirect"), "route": text()})
_disabled = record({"view_type": one_of("disabled")})


def _view(**own: Check) -> Check:
    default = record({"view_type": one_of("default"), **own})
    return either(_redirect, _disabled, default)


_summary = record(
    {
        **dict.fromkeys(("label", "value", "tag_color", "render_condition", "feature_flag"), text()),
        **dict.fromkeys(("show_as_tag", "hide_label", "highlight_container"), flag),
        "settings_flag": _settings,
        "display_mode": one_of("inline", "block"),
        "content_line_cap": number(),
        "content_wrap": one_of("normal", "nowrap", "pre", "pre-wrap"),
    },
    ("label", "value"),
)
_navbar = record(
    {"type": text(), "options": listing(record({"label": text(), "params": mapping()}, ("label",)))}, ("type",)
)
_edit_view = _view(search_params=mapping(text()), summary_attributes=texts)
_UI_CONFIG = record(
    {
        "table_view": _view(
            row_actions=listing(_action),
            bulk_actions=listing(_action),
            navbar_actions=listing(_navbar),
            enable_thumbnails=flag,
        ),
        "create_view": _view(search_params=mapping(text())),
        "edit_view": _edit_view,
        "single_view": _edit_view,
        "list_item": record(
            {
                "summary_attributes": listing(either(text(), _summary)),
                "quick_actions": listing(_action),
                "ui_config": record({"content_direction": one_of("row", "column")}),
            }
        ),
        "sharing": record({"show_sharing_button": flag}),
        "grid_layout": record({"id": text(), "columns": number(), "cells": listing(number())}),
        "widget_order": texts,
        "widget_visibility": mapping(flag),
    }
)
_MAPPING_TYPES = ("keyword", "text", "boolean", "integer", "long", "float", "date", "flattened", "nested", "object")
SLUG = text(1, pattern=r"[a-zA-Z0-9_-]+")
SCHEMA = record(
    {
        "slug": SLUG,
        **dict.fromkeys(
            ("name", "plural", "description", "category", "icon", "title_template", "feature_flag", "docs_url"), text()
        ),
        "published": flag,
        "draft": flag,
        "version": number(1, whole=True),
        "blueprint": uuid,
        "enable_setting": texts,
        "_purpose": texts,
        "_manifest": _manifest,
        "attributes": listing(ATTRIBUTE),
        "capabilities": listing(CAPABILITY),
        "group_settings": listing(GROUP),
        "group_headlines": listing(HEADLINE),
        "ui_config": _UI_CONFIG,
        "layout_settings": record({"grid_gap": text(), "grid_template_columns": text()}),
        "dialog_config": mapping(),
        "explicit_search_mappings": mapping(
            record({"index": flag, "type": one_of(*_MAPPING_TYPES), "fields": anything, "dynamic": flag})
        ),
        "conditions": nullable(listing(_CONDITION)),
    },
    ("slug", "name", "plural", "attributes", "capabilities"),
)
FREEZE = record({"version_id": uuid})

_VIEW_FIELDS: dict[str, Check] = {
    "slug": listing(SLUG),
    "name": text(1, 100),
    "org": text(),
    "shared": flag,
    "isFavoritedBy": texts,
    "created_by": mapping(),
    "ui_config": mapping(),
    "shared_with": texts,
}
VIEW = record(_VIEW_FIELDS, ("slug", "name", "ui_config"))
VIEW_PATCH = record(_VIEW_FIELDS)

TAXONOMY = record(
    {
        **dict.fromkeys(("slug", "name", "plural", "icon", "color"), text()),
        "type": one_of("entity", "relation", "system", "file_collection"),
        "enabled": flag,
        "order": number(),
        "enabled_locations": texts,
    }
)
CLASSIFICATION = record(
    {
        "id": text(),
        "slug": text(1),
        "name": text(),
        "parents": texts,
        "color": text(),
        "archived": flag,
        "starred": flag,
        "enabled_locations": texts,
        "enabled_purposes": texts,
        "_manifest": _manifest,
    },
    ("slug", "name"),
)
CLASSIFICATIONS = record({"create": listing(CLASSIFICATION), "update": listing(CLASSIFICATION), "delete": texts})
