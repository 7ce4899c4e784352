"""Entity schemas (docs/platform.md#schema-fields, #attribute-types): 39 attribute types over one set of base fields,
and what surrounds them."""

from __future__ import annotations

from schema_tables.document import manifest
from schema_tables.words import (
    SLUG,
    UUID,
    Schema,
    anything,
    choice,
    each,
    field_set,
    flag,
    many,
    never_empty,
    number,
    only,
    or_text,
    ref,
    reference,
    shared,
    text,
    thing,
    variants,
    whole,
)

LINEAGE = {"_manifest": "blueprints own it"}
ITEM = {"id": "syncer carries the live id over"} | LINEAGE


def names(about: str, items: str) -> Schema:
    """A list of texts."""
    return many(text(items, needed=True), about)


PURPOSE = many(
    reference(
        "TaxonomyClassification", "A purpose: its id `taxonomy:name`, or `lookup: NAME`.", ["lookup"], needed=True
    ),
    "Purposes for which this is shown; their order has no meaning.",
)
FEATURE_FLAG = text("Feature flag that must be on for this to exist.")
SETTINGS_FLAG = many(
    ref("setting_flag"), "Settings of the organisation on which this depends; their order has no meaning."
)
RENDER_CONDITION = text(
    'Condition for showing it: `attribute = "value"` with `=`, `!=`, `>=`, `<=`, `>` or `<`; parts are joined by '
    "`AND` or by `OR`, not by both."
)
OPTIONS = many(
    or_text(
        thing(
            "option",
            {"value": text("What is stored.", needed=True), "title": text("What people see.")},
            about="A choice: its value, or value and title; `null` is the empty choice.",
            required=["value"],
            named_by=["value"],
        )
    ),
    "The choices, in the order they are shown.",
)
ANY = flag("Whether values that are no option may be entered.")
PRIMARY = flag("Whether one of several values is marked as the primary one.")
WIDTHS = ["one_third_width", "half_width", "two_third_width", "full_width"]
ADDRESS_FIELDS = many(
    text(
        "A field.",
        needed=True,
        examples=[
            "postal_code",
            "city",
            "street",
            "street_number",
            "plot_area",
            "plot_of_land",
            "suburb",
            "country",
            "postbox",
            "additional_info",
            "coordinates",
            "start_date",
            "end_date",
            "salutation",
            "title",
            "first_name",
            "last_name",
            "name_suffix",
            "company_name",
        ],
    ),
    "Fields of the address form, in order.",
)

BASE: dict[str, Schema] = {
    "label": text("What people see.", needed=True),
    "placeholder": text("Text shown while the field is empty."),
    "hidden": flag("Whether forms and views leave it out.", default=False),
    "show_in_table": flag("Whether tables show it; overrides `hidden` there."),
    "sortable": flag("Whether tables can be sorted by it.", default=True),
    "required": flag("Whether a value must be given.", default=False),
    "readonly": flag("Whether people can only read it.", default=False),
    "deprecated": flag("Whether it is on its way out.", default=False),
    "default_value": anything("The value of new entities; of any type."),
    "group": text("Group it stands in: the group's id or label."),
    "order": whole("Place within the group, ascending."),
    "layout": text("Width in the form.", examples=["full_width", "half_width"]),
    "hide_label": flag("Whether the label is left out."),
    "icon": text("Name of an icon from the platform's set."),
    "render_condition": RENDER_CONDITION,
    "_purpose": PURPOSE,
    "constraints": thing(
        "constraints", {}, about="Limits of the value, open: `disablePast: true` for a date.", open=True
    ),
    "feature_flag": FEATURE_FLAG,
    "settings_flag": many(
        ref("setting_flag"), "Settings of the organisation; the attribute exists when one of them matches."
    ),
    "value_formatter": text("Template that turns the value into what is shown.", file=True),
    "preview_value_formatter": text("Template for the preview.", file=True),
    "entity_builder_disable_edit": flag("Whether the entity builder shows it locked.", default=False),
    "protected": flag("Whether it must not be changed or removed; syncer refuses to remove a protected attribute."),
    "info_helpers": thing(
        "info helpers",
        {
            "hint_text": text("Hint beside the field."),
            "hint_text_key": text("Translation key of the hint."),
            "hint_custom_component": text("Component that shows the hint."),
            "hint_tooltip_placement": text("Where the tooltip opens."),
        },
        about="Help beside the field.",
    ),
    "explicit_searchable": flag("Whether it is searchable by itself.", default=False),
    "exclude_from_search": flag("Whether the search leaves it out.", default=False),
    "repeatable": flag("Whether it holds several values; changing it changes how values are stored."),
    "has_primary": PRIMARY,
    "data_classification": choice(
        "Whether the values are personal data. Left out: the platform's own rules decide. Newer platforms only.",
        {"public": "No personal data.", "pii": "Personal data."},
    ),
    "edit_mode": choice(
        "What becomes of edits. Newer platforms only.",
        {
            "direct": "They count at once.",
            "external": "They wait until another system confirms them.",
            "approval": "They wait until somebody approves them.",
        },
        default="direct",
    ),
    "edit_mode_config": thing(
        "edit mode",
        {
            "match_strategy": choice(
                "How a confirmed value is compared with the edit.",
                {"exact": "It must be the same.", "fuzzy": "As `fuzzy_config` says.", "any": "Any value will do."},
                default="exact",
            ),
            "fuzzy_config": ref("fuzzy_config"),
        },
        about="How edits are confirmed; counts with `edit_mode: external` only.",
    ),
    "overridable_attribute": flag(
        "Whether variants may override its value; not for `_` names, nor where it is `readonly`, `hidden`, `computed` "
        "or `repeatable`. Platforms since September 2026 only.",
        default=False,
    ),
    "variant_overridable": flag("What `overridable_attribute` was called on platforms of August 2026.", default=False),
    "hintHelperText": text("Hint below the field; undocumented, but found in live schemas."),
}

FUZZY = thing(
    "fuzzy match",
    {
        "type": choice(
            "How values are compared. Text knows suffix, digits_only and regex; repeatable values set_equivalent, "
            "entry_match, ignore_fields and normalize_phone; relations relation_set.",
            {
                "suffix": "By their last characters.",
                "digits_only": "By their digits.",
                "normalize_phone": "As telephone numbers.",
                "ignore_fields": "Without some fields.",
                "set_equivalent": "As sets.",
                "entry_match": "By one matching entry.",
                "relation_set": "As sets of relations.",
                "regex": "By a regular expression.",
            },
            needed=True,
        ),
        "suffix_length": whole("How many last characters count."),
        "fields_to_ignore": names("Fields that do not count; their order has no meaning.", "A field."),
        "regex_flags": text("Flags of the regular expression."),
        "pattern": text("The regular expression."),
        "country_code": text("Country of telephone numbers without a prefix."),
        "match_on": text("Field on which entries are matched."),
        "key": {
            "description": "Field or fields that identify an entry.",
            "type": ["string", "array", "null"],
            "items": {"type": "string"},
        },
        "mode": choice(
            "How sets are compared.", {"subset": "One may hold more.", "exact_set": "They must be the same."}
        ),
        "ordered": flag("Whether the order counts."),
        "require_tags_match": flag("Whether the relations' labels count."),
    },
    about="How a confirmed value may differ from the edit.",
    required=["type"],
)

RELATION: dict[str, Schema] = {
    "relation_type": choice("How many entities it points to.", {"has_many": "Several.", "has_one": "One."}),
    "allowedSchemas": many(
        reference("EntitySchema", "A slug, or `ref: NAME`.", ["ref"], like=SLUG, needed=True),
        "Entity schemas it may point to. A new entity is created in the first one.",
    ),
    "reverse_attributes": each(
        text("Name of the attribute that points back.", needed=True),
        "For each schema it points to, the relation there that points back.",
    ),
    "relation_affinity_mode": choice(
        "How close the bond is.",
        {"weak": "The entities live apart.", "strong": "What happens to one happens to the other; change with care."},
    ),
    "enable_relation_picker": flag("Whether existing entities can be picked.", default=True),
    "enable_relation_tags": flag("Whether relations can be labelled.", default=True),
    "relation_picker_filter": thing(
        "picker filter",
        {"q": text("Search expression; `null` for none.")},
        about="Narrows what can be picked.",
        required=["q"],
    ),
    "actions": many(
        thing(
            "relation action",
            {
                "action_type": choice(
                    "What it does.",
                    {
                        "add_existing": "Picks an entity.",
                        "create_new": "Creates an entity.",
                        "create_from_existing": "Copies an entity.",
                    },
                ),
                "label": text("What people see."),
                "default": flag("Whether it is the first one offered."),
                "feature_flag": FEATURE_FLAG,
                "settings_flag": SETTINGS_FLAG,
                "new_entity_item": thing("new entity", {}, about="Values of an entity it creates, open.", open=True),
            },
            nullable=False,
        ),
        "What people can do in an empty relation, in order.",
    ),
    "details_view_mode_enabled": flag("Whether the entities are shown with their details.", default=False),
    "drawer_size": choice("Width of the drawer that opens.", ["small", "medium", "large"]),
    "summary_fields": many(
        or_text(
            thing(
                "summary field",
                {"field": text("Name of an attribute."), "display_as": text("How it is shown.")},
                nullable=False,
            )
        ),
        "Attributes of the other entity that are shown, in order.",
    ),
    "edit_mode": choice(
        "`list-view` edits in a list; the other three say what becomes of edits, as for any attribute. The newer "
        "published definition accepts none of the four for relations.",
        ["list-view", "direct", "external", "approval"],
    ),
    "add_button_label": text("Words on the button that adds one."),
    "search_placeholder": text("Text of the empty search field."),
    "icon": BASE["icon"],
    "has_primary": PRIMARY,
    "repeatable": flag("Whether it holds several entities.", default=True),
}

FILE: dict[str, Schema] = {
    "multiple": flag("Whether several files fit."),
    "allowed_extensions": names("File name extensions, without the dot; their order has no meaning.", "An extension."),
    "display_images_landscaped": flag("Whether images are shown in landscape."),
    "enable_description": flag("Whether files can be described."),
    "default_access_control": choice(
        "Who can read new files.", {"public-read": "Whoever has the address.", "private": "Those who are allowed to."}
    ),
    "file_size_bytes": whole("Largest size in bytes. Newer platforms only."),
}

TABLE: dict[str, Schema] = {
    "columns": many(
        thing(
            "column",
            {
                "name": text("Key of the column in the stored rows.", literal=True),
                "label": text("What people see.", needed=True),
                "type": choice("What a cell holds.", ["string", "number", "date", "boolean"], default="string"),
                "width": text("Width of the column."),
                "required": flag("Whether each row needs a value.", default=False),
                "bold": flag("Whether it is printed bold. Newer platforms only.", default=False),
            },
            required=["name"],
            named_by=["name"],
            nullable=False,
        ),
        "The columns, in order.",
    ),
    "min_rows": whole("Fewest rows.", least=0, default=0),
    "max_rows": whole("Most rows.", least=1),
    "transposed": flag("Whether rows and columns are swapped on the screen. Newer platforms only.", default=False),
    "column_header": thing(
        "column header",
        {
            "template": text("Template of the header of a swapped table."),
            "start": whole("First number in the headers.", least=0, default=0),
        },
        about="Headers of a swapped table. Newer platforms only.",
    ),
}

CURRENCIES = many(
    thing(
        "currency",
        {
            "code": text("ISO 4217 code.", literal=True, examples=["EUR"]),
            "description": text("Name of the currency.", needed=True),
            "symbol": text("Symbol.", needed=True, examples=["€"]),
            "flag": text("Flag, as an emoji."),
        },
        required=["code"],
        named_by=["code"],
        nullable=False,
    ),
    "Currencies that can be chosen.",
    needed=True,
)

TYPES: dict[str, str] = {
    "string": "Text, on one or several lines.",
    "link": "A title and an address.",
    "date": "A day.",
    "datetime": "A moment, stored in UTC.",
    "country": "A country, by its two-letter code.",
    "boolean": "Yes or no.",
    "select": "One of several options, as a list that opens.",
    "radio": "One of several options, all in view.",
    "multiselect": "Several of many options, as a list that opens.",
    "checkbox": "Several of many options, all in view.",
    "status": "A state, one of several options.",
    "sequence": "A number that counts up, with a prefix.",
    "relation": "Other entities.",
    "relation_user": "Users.",
    "address": "A postal address.",
    "relation_address": "An address that another entity holds.",
    "relation_payment_method": "A payment method that another entity holds.",
    "currency": "An amount of money; stored with two siblings, `NAME_currency` and `NAME_decimal`.",
    "tags": "Free words.",
    "message_email_address": "An address of an email. A system type.",
    "number": "A number; stored as text unless `data_type` says otherwise.",
    "table": "Rows with columns of their own.",
    "consent": "Whether somebody consented to something.",
    "internal": "Any value, for programs only.",
    "ordered_list": "Values in an order.",
    "file": "Files.",
    "image": "Images.",
    "computed": "A value made from others by a template.",
    "partner_status": "State of a partner. A system type: keep it as it is, do not create it.",
    "invitation_email": "Address for an invitation. A system type: keep it as it is, do not create it.",
    "automation": "An automation. A system type: keep it as it is, do not create it.",
    "internal_user": "A user of the organisation. A system type: keep it as it is, do not create it.",
    "purpose": "Purposes; its usual name is `_purpose`.",
    "partner_organisation": "A partner. A system type: keep it as it is, do not create it.",
    "portal_access": "Access to a portal. A system type: keep it as it is, do not create it.",
    "phone": "Telephone numbers.",
    "email": "Email addresses.",
    "payment": "Payment methods.",
    "price_component": "Part of a price. A system type: keep it as it is, do not create it.",
}

BRANCHES: dict[tuple[str, ...], tuple[str, dict[str, Schema]]] = {
    # types: definition, and the fields they have beside the base ones
    ("string",): (
        "attribute_string",
        {
            "multiline": flag("Whether it has several lines."),
            "rich_text": flag("Whether it can be formatted."),
            "rows": {"description": "Height in lines.", "type": ["integer", "string", "null"]},
        },
    ),
    ("boolean",): (
        "attribute_boolean",
        {"display_type": choice("What it looks like.", ["switch", "checkbox"], default="switch")},
    ),
    ("select", "radio"): ("attribute_select", {"options": OPTIONS, "allow_any": ANY}),
    ("multiselect", "checkbox"): (
        "attribute_multiselect",
        {
            "options": OPTIONS,
            "allow_any": ANY,
            "allow_extra_options": flag("Whether people can add options."),
            "disable_case_sensitive": flag("Whether capital and small letters are the same."),
        },
    ),
    ("status",): ("attribute_status", {"options": OPTIONS}),
    ("sequence",): (
        "attribute_sequence",
        {"prefix": text("What stands before the number."), "start_number": whole("First number.", least=0)},
    ),
    ("relation",): ("attribute_relation", RELATION),
    ("relation_user",): ("attribute_relation_user", {"multiple": flag("Whether several users fit.", default=False)}),
    ("address",): ("attribute_address", {"default_address_fields": ADDRESS_FIELDS}),
    ("relation_address",): ("attribute_relation_address", {"default_address_fields": ADDRESS_FIELDS}),
    ("currency",): (
        "attribute_currency",
        {
            "currency": CURRENCIES,
            "currency_selector_only": flag("Whether only the currency is chosen, without an amount.", default=False),
        },
    ),
    ("tags",): (
        "attribute_tags",
        {
            "options": names("Tags to choose from.", "A tag."),
            "suggestions": names("Tags that are suggested.", "A tag."),
        },
    ),
    ("message_email_address",): (
        "attribute_message_email_address",
        {
            "address": text("The address."),
            "send_status": text("Whether it was sent."),
            "email_type": text("Its role in the message."),
        },
    ),
    ("number",): (
        "attribute_number",
        {
            "data_type": choice(
                "How values are stored.", {"string": "As text.", "number": "As numbers."}, default="string"
            ),
            "format": text("Format of the number.", examples=["0,0"]),
            "show_separator": flag("Whether thousands are separated.", default=True),
        },
    ),
    ("table",): ("attribute_table", TABLE),
    ("consent",): (
        "attribute_consent",
        {
            "topic": text("What is consented to.", needed=True, examples=["EMAIL_MARKETING"]),
            "identifiers": names(
                "Paths to the values the consent is bound to, such as `email[*].email`; their order has no meaning.",
                "A path.",
            ),
        },
    ),
    ("file", "image"): ("attribute_file", FILE),
    ("computed",): (
        "attribute_computed",
        {
            "value_formatter": text("Handlebars template that makes the value.", file=True, needed=True),
            "computed": flag("Always true for this type.", default=True),
            "amount_field": text("Attribute that holds the amount."),
            "currency_field": text("Attribute that holds the currency."),
        },
    ),
}
PLAIN = tuple(name for name in TYPES if not any(name in names for names in BRANCHES))
BRANCHES[PLAIN] = ("attribute_plain", {})

KEY = text("Key under which values are stored; identifies the attribute.", literal=True, least=1)


def _attribute(own: dict[str, Schema]) -> Schema:
    keys = {field: {"$ref": f"#/$defs/attribute/properties/{field}"} for field in ("name", "type")}
    return thing("attribute", keys | shared("attribute_fields", BASE) | own, server=ITEM, nullable=False)


HOOK = thing(
    "hook",
    {
        "hook": text(
            "Place in the user interface.",
            needed=True,
            examples=[
                "EntityDetailsV2:Tab",
                "EntityDetailsV2:Header",
                "EntityDetailsV2:Widget",
                "EntityTable:Column",
                "EntityAttributes:Group",
                "SidePanel:Tab",
            ],
        ),
        "title": text("What people see."),
        "component": text("Component that is shown."),
        "import": text("Package the component comes from."),
        "route": text("Route of a tab."),
        "icon": text("Name of an icon."),
        "order": whole("Place among its like, ascending."),
        "render_condition": RENDER_CONDITION,
        "group_expanded": flag("Whether the group is open at first."),
        "disabled": flag("Whether it is switched off."),
        "header": flag("Whether it stands in the header."),
        "requiredPermission": thing(
            "permission",
            {
                "action": text("Action that must be allowed.", needed=True),
                "resource": text("Resource it is allowed on."),
            },
            about="Permission without which it is hidden.",
            required=["action"],
        ),
        "default_visible": flag("Whether it is shown unless somebody hides it. Newer platforms only."),
        "default_width": choice("Width of the widget; left out: the full width. Newer platforms only.", WIDTHS),
        "pricing_tier_setting": text("Setting of the pricing tier that enables it. Newer platforms only."),
        "field": text("Attribute it shows."),
        "label": text("Heading of a column."),
        "width": anything("Width of a column."),
        "show_in_table": flag("Whether the column is shown at first."),
        "sortable": flag("Whether the column can be sorted by."),
        "settings": anything("Settings of the component."),
        "expanded": flag("Whether it is open at first."),
        "isCapability": flag("Whether it stands for a capability."),
    },
    about="A place in the user interface that the capability fills. Further keys are allowed.",
    required=["hook"],
    open=True,
    nullable=False,
)

CAPABILITY = thing(
    "capability",
    {
        "name": text("Unique name of the capability.", literal=True, least=1),
        "title": text("What people see."),
        "attributes": many(ref("attribute"), "Attributes that come with it, by `name`."),
        "_purpose": PURPOSE,
        "app_id": reference("AppInstallation", "The app that provides it: its id, or `ref: NAME`.", ["ref"]),
        "feature_flag": FEATURE_FLAG,
        "settings_flag": SETTINGS_FLAG,
        "ui_config": thing(
            "capability display",
            {"is_filterable": flag("Whether tables can be filtered by it.", default=False)},
            about="How it behaves in the user interface.",
        ),
        "ui_hooks": many(HOOK, "Places in the user interface that it fills, in order."),
        "schemas": many(
            thing(
                "capability schema",
                {"schema": text("Slug of an entity schema.", needed=True)},
                about="What the capability does for one schema; further keys are its settings.",
                required=["schema"],
                named_by=["schema"],
                open=True,
                nullable=False,
            ),
            "Settings for single schemas, in order.",
        ),
        "overridable_attribute": flag(
            "Whether variants may override the values it manages. Platforms since September 2026 only.", default=False
        ),
        "variant_overridable": flag(
            "What `overridable_attribute` was called on platforms of August 2026.", default=False
        ),
        "adjust_installment": thing(
            "installment",
            {"journey_id": text("The journey.", needed=True, least=1)},
            about="Journey in which customers change their installment. Newer platforms only.",
            required=["journey_id"],
            closed=True,
        ),
        "edit_mode": anything("How meter readings are edited; named in the platform's prose, its values are not."),
    },
    about="Something entities of this schema can do.",
    required=["name"],
    named_by=["name"],
    server=ITEM,
    nullable=False,
)

GROUP = thing(
    "group",
    {
        "id": text("Key of the group; built-in groups have their label here.", literal=True, least=1),
        "label": text("What people see.", needed=True),
        "order": whole("Place among the groups, ascending.", default=0),
        "expanded": flag("Whether it is open at first.", default=False),
        "render_condition": RENDER_CONDITION,
        "_purpose": PURPOSE,
        "feature_flag": FEATURE_FLAG,
        "settings_flag": SETTINGS_FLAG,
        "info_tooltip_title": thing(
            "tooltip",
            {"key": text("Translation key."), "default": text("Text without a translation.")},
            about="Tooltip of the heading.",
        ),
    },
    about="A group of attributes in forms and views; recognised by its id, or by its label where it has none.",
    named_by=["id", "label"],
    server=LINEAGE,
    nullable=False,
)

HEADLINE = thing(
    "headline",
    {
        "name": text("Key of the headline.", literal=True, least=1),
        "label": text("What people see.", needed=True),
        "group": text("Id of the group it stands in.", needed=True),
        "type": only("Always `headline`.", "headline", needed=True),
        "layout": text("Width in the form.", examples=["full_width"]),
        "order": whole("Place within the group, ascending."),
        "enable_divider": flag("Whether a line is drawn.", default=False),
        "divider": choice("Where the line is drawn.", ["top_divider", "bottom_divider"]),
        "_purpose": PURPOSE,
    },
    about="A headline between attributes.",
    required=["name"],
    named_by=["name"],
    server=ITEM,
    nullable=False,
)


def actions(about: str) -> Schema:
    """Actions of a view: names of built-in ones, or actions of one's own."""
    action = thing(
        "action",
        {
            "action": text("What it does.", needed=True),
            "label": text("What people see.", needed=True),
            "icon": text("Name of an icon."),
            "permission": text("Permission without which it is hidden."),
        },
        required=["action", "label"],
        nullable=False,
    )
    return many(or_text(action), about)


def view(about: str, fields: dict[str, Schema]) -> Schema:
    """A view as it is by default, with its settings."""
    return thing("view", {"view_type": only("The usual view.", "default")} | fields, about=about)


SEARCH_PARAMS = each(text("Value of the parameter.", needed=True), "Parameters of the address.")
VIEW_DEFS: dict[str, Schema] = {
    "view_table": view(
        "The usual table.",
        {
            "row_actions": actions("What can be done with a row, in order."),
            "bulk_actions": actions("What can be done with several rows, in order."),
            "navbar_actions": many(
                thing(
                    "navigation action",
                    {
                        "type": text("Kind of action.", needed=True),
                        "options": many(
                            thing(
                                "navigation option",
                                {
                                    "label": text("What people see.", needed=True),
                                    "params": thing("parameters", {}, about="Parameters, open.", open=True),
                                },
                                required=["label"],
                                nullable=False,
                            ),
                            "What can be chosen.",
                        ),
                    },
                    required=["type"],
                    nullable=False,
                ),
                "What stands above the table, in order.",
            ),
            "enable_thumbnails": flag("Whether rows show a picture.", default=False),
        },
    ),
    "view_create": view("The usual form.", {"search_params": SEARCH_PARAMS}),
    "view_edit": view(
        "The usual view.",
        {
            "search_params": SEARCH_PARAMS,
            "summary_attributes": names("Attributes in the summary, in order.", "Name of an attribute."),
        },
    ),
    "view_redirect": thing(
        "view",
        {
            "view_type": only("Another page instead.", "redirect"),
            "route": text("Path of that page.", examples=["/app/pricing-hub/product/:entityId"]),
        },
        nullable=False,
    ),
    "view_disabled": thing("view", {"view_type": only("No such view.", "disabled")}, nullable=False),
}


def chosen_view(default: str, about: str) -> Schema:
    """A view of which `view_type` selects the kind."""
    return variants(
        "view",
        "view_type",
        {"default": "The usual view.", "redirect": "Another page instead.", "disabled": "No such view."},
        {("default",): default, ("redirect",): "view_redirect", ("disabled",): "view_disabled"},
        about=about,
        absent=default,
        nullable=True,
    )


SUMMARY = thing(
    "summary attribute",
    {
        "label": text("What people see.", needed=True),
        "value": text("Template of the value.", needed=True),
        "show_as_tag": flag("Whether it looks like a tag."),
        "tag_color": text("Colour of the tag."),
        "render_condition": RENDER_CONDITION,
        "feature_flag": FEATURE_FLAG,
        "settings_flag": SETTINGS_FLAG,
        "display_mode": choice("How it runs with the text.", ["inline", "block"]),
        "content_line_cap": number("Most lines."),
        "content_wrap": choice("How it breaks.", ["normal", "nowrap", "pre", "pre-wrap"]),
        "hide_label": flag("Whether the label is left out."),
        "highlight_container": flag("Whether it stands out."),
    },
    required=["label", "value"],
    named_by=["label"],
    nullable=False,
)

UI_CONFIG = thing(
    "display",
    {
        "table_view": chosen_view("view_table", "The table of all entities."),
        "create_view": chosen_view("view_create", "The form for a new entity."),
        "edit_view": chosen_view("view_edit", "The form for an existing entity."),
        "single_view": chosen_view("view_edit", "The page of one entity."),
        "list_item": thing(
            "list item",
            {
                "summary_attributes": many(or_text(SUMMARY), "What is shown of an entity in lists, in order."),
                "quick_actions": many(
                    thing(
                        "action",
                        {
                            "action": text("What it does.", needed=True),
                            "label": text("What people see.", needed=True),
                            "icon": text("Name of an icon."),
                            "permission": text("Permission without which it is hidden."),
                        },
                        required=["action", "label"],
                        nullable=False,
                    ),
                    "What can be done from a list, in order.",
                ),
                "ui_config": thing(
                    "list item display",
                    {"content_direction": choice("How the parts are laid out.", ["row", "column"])},
                    about="Layout of the item.",
                ),
            },
            about="An entity in a list.",
        ),
        "sharing": thing(
            "sharing", {"show_sharing_button": flag("Whether the button is shown.")}, about="Sharing with partners."
        ),
        "grid_layout": thing(
            "grid",
            {
                "id": text("Id of the layout."),
                "columns": number("Number of columns."),
                "cells": many({"type": "number"}, "Widths of the cells, in order."),
            },
            about="Layout of the dashboard, deprecated; admins change it in the user interface.",
        ),
        "widget_order": names(
            "Order of the widgets; admins change it in the user interface.", "Component of a hook, or `summary`."
        ),
        "widget_visibility": each(
            flag("Whether the widget is shown.", needed=True),
            "Widgets whose visibility differs from their default; admins change it in the user interface.",
        ),
        "widget_widths": each(
            choice("Width of a widget.", WIDTHS, needed=True),
            "Widths of widgets that differ from their default; admins change it in the user interface. Newer platforms "
            "only.",
        ),
    },
    about="How entities are shown.",
)

SCALARS = ("string", "number", "date", "daterange", "boolean")
CONDITION_KEYS = {
    "id": text("UUID of the condition, made by whoever writes it first; it never changes.", like=UUID, literal=True)
}
CONDITION_FIELDS = {
    "name": text(
        "Key of the condition; it never changes. Small letters, digits and `_`.", like="^[a-z0-9_]+$", needed=True
    ),
    "label": text("What people see.", needed=True),
}


def _condition(own: dict[str, Schema]) -> Schema:
    keys = {field: {"$ref": f"#/$defs/condition/properties/{field}"} for field in ("id", "type")}
    return thing("condition", keys | shared("condition_fields", CONDITION_FIELDS) | own, nullable=False)


DEFS: dict[str, Schema] = {
    "attribute": variants(
        "attribute",
        "type",
        TYPES,
        {types: name for types, (name, _) in BRANCHES.items()},
        about="A field of the entities. Its type selects which further fields it has.",
        keys={"name": KEY},
        named_by=["name"],
    ),
    "attribute_fields": field_set(BASE),
    **{name: _attribute(own) for name, own in BRANCHES.values()},
    "fuzzy_config": FUZZY,
    "setting_flag": thing(
        "setting flag",
        {
            "name": text("Name of a setting of the organisation.", literal=True),
            "enabled": flag("The state it must have."),
        },
        about="A setting of the organisation and the state it must have.",
        required=["name"],
        named_by=["name"],
        nullable=False,
    ),
    "capability": CAPABILITY,
    "group": GROUP,
    "headline": HEADLINE,
    **VIEW_DEFS,
    "condition": variants(
        "condition",
        "type",
        {
            "string": "Text.",
            "number": "A number.",
            "date": "A day.",
            "daterange": "A span of days.",
            "boolean": "Yes or no.",
            "select": "One of several values.",
            "location": "A place.",
        },
        {SCALARS: "condition_scalar", ("select",): "condition_select", ("location",): "condition_location"},
        about="Something on which variants depend. Its type never changes. Newer platforms only.",
        keys=CONDITION_KEYS,
        named_by=["name", "id"],
    ),
    "condition_fields": field_set(CONDITION_FIELDS),
    "condition_scalar": _condition({}),
    "condition_select": _condition(
        {
            "options": OPTIONS,
            "values": names("What `options` was called on platforms of August 2026.", "A value."),
        }
    ),
    "condition_location": _condition(
        {
            "format": choice(
                "How exact the place is; it never changes.",
                {"zipcode": "By postal code.", "zipcode_town": "By postal code and town."},
            )
        }
    ),
}

SPEC = thing(
    "EntitySchema",
    {
        "slug": text("Key of the schema, `contact`; it never changes.", like=SLUG, needed=True),
        "name": text("What people call one entity.", needed=True),
        "plural": text("What people call several.", needed=True),
        "description": text("What the entities are.", file=True),
        "docs_url": text("Address of the documentation.", like="^[A-Za-z][A-Za-z0-9+.-]*:"),
        "category": text("Section of the menu.", examples=["customer_relations"]),
        "icon": text("Name of an icon from the platform's set."),
        "title_template": text(
            "Handlebars template of an entity's title, over its attributes.", file=True, examples=["{{first_name}}"]
        ),
        "published": flag("Whether people see it. Sent as `true` when a schema is created without the word."),
        "feature_flag": text("Feature flag that must be on for the schema to exist."),
        "enable_setting": many(
            text("Name of a setting.", needed=True),
            "Settings of the organisation of which one must be on; their order has no meaning. An empty list makes "
            "the schema disappear, so it is refused.",
            least=1,
        ),
        "_purpose": PURPOSE,
        "ui_config": UI_CONFIG,
        "capabilities": never_empty(many(ref("capability"), "What entities can do, by `name`.", needed=True)),
        "group_settings": many(ref("group"), "Groups of attributes, by `id`."),
        "group_headlines": many(ref("headline"), "Headlines, by `name`."),
        "attributes": many(ref("attribute"), "The fields of the entities, by `name`, in order.", needed=True),
        "layout_settings": thing(
            "layout settings",
            {
                "grid_gap": text("Gap between fields."),
                "grid_template_columns": text("Columns, as in CSS."),
            },
            about="Layout of the form, open.",
            open=True,
        ),
        "dialog_config": thing("dialog config", {}, about="Settings of dialogs, open.", open=True),
        "explicit_search_mappings": each(
            thing(
                "search mapping",
                {
                    "type": choice(
                        "Type of the field in the index.",
                        [
                            "keyword",
                            "text",
                            "boolean",
                            "integer",
                            "long",
                            "float",
                            "date",
                            "flattened",
                            "nested",
                            "object",
                        ],
                    ),
                    "index": flag("Whether it can be searched.", default=True),
                    "fields": anything("Further fields of the index, open."),
                    "dynamic": flag("Whether unknown parts are added by themselves. Newer platforms only."),
                },
                about="How an attribute is indexed.",
                named_by=["(key)"],
                nullable=False,
            ),
            "How attributes are indexed, by name of the attribute; for experts.",
        ),
        "conditions": many(ref("condition"), "What variants depend on, by `id`. Newer platforms only."),
    },
    about="A type of entity, as the entity API knows it.",
    required=["slug"],
    named_by=[],
    nullable=False,
    server={
        "id": "it is the id of a version, and each version has its own",
        "version": "each change makes a new one",
        "draft": "drafts are no longer made",
        "blueprint": "blueprints own it",
        "_manifest": "blueprints own it",
        **dict.fromkeys(("created_at", "updated_at", "comment", "source", "frozen", "latest", "_summary"), ""),
    },
)

SCHEMA = manifest(
    "EntitySchema",
    "entity-schema",
    "A type of entity: its attributes, groups, capabilities and views.",
    SPEC,
    policy={
        "prune": many(
            {
                "type": "string",
                "enum": ["attributes", "capabilities", "group_settings", "group_headlines", "conditions"],
            },
            "Lists that this manifest holds whole: live items it does not name are removed.",
        )
    },
    defs=DEFS,
)
