"""Installed apps (docs/platform.md#installation-of-an-app, #options-of-an-app): an app at a version, with the values of
its options."""

from __future__ import annotations

from schema_tables.document import manifest
from schema_tables.words import NEEDED, Schema, many, text, thing

PRIMITIVE = ["string", "number", "boolean"]

VALUE: Schema = {
    "description": "The value, of the type the app declares for the option: text, number, true or false, a mapping "
    "(option of type object), or a list of mappings (repeatable). Whether an option is secret is known to the app "
    "alone: give a secret as `${env.NAME}`, never as it is. A long text may be `{file: PATH}`.",
    "type": [*PRIMITIVE, "object", "array"],
    "additionalProperties": {"description": "A field of an object option.", "type": PRIMITIVE},
    "items": {
        "title": "entry",
        "description": "One entry of a repeatable option: `value`, or the fields of an object. `id` is given by the "
        "platform; leave it out for a new entry.",
        "type": "object",
        "x-syncer-secret": "declared-by-app",
        "additionalProperties": {"description": "`value`, or a field of the object.", "type": PRIMITIVE},
    },
    "x-syncer-secret": "declared-by-app",
    NEEDED: True,
}

SPEC = thing(
    "AppInstallation",
    {
        "app_id": text("Id of the app; the same in every organisation.", needed=True, least=1),
        "version": text(
            "Version to have installed, `x.y.z`. What a newer live version means is said in `metadata.policy.version`.",
            needed=True,
            like=r"^[0-9]+\.[0-9]+\.[0-9]+$",
            most=10,
            examples=["1.4.2"],
        ),
        "option_values": many(
            thing(
                "component",
                {
                    "component_id": text(
                        "Id of a component of the app; the same everywhere. `$app`: the app as a whole.",
                        literal=True,
                        least=1,
                    ),
                    "options": many(
                        thing(
                            "option",
                            {"key": text("Key of an option the component declares.", literal=True), "value": VALUE},
                            required=["key"],
                            named_by=["key"],
                            nullable=False,
                        ),
                        "Options with their values; their order has no meaning.",
                        needed=True,
                    ),
                },
                required=["component_id"],
                named_by=["component_id"],
                nullable=False,
            ),
            "Values of the app's options, by component; the order has no meaning.",
        ),
    },
    about="An app as the app API installs it.",
    required=["app_id"],
    named_by=[],
    nullable=False,
    server={
        "enabled": "it follows from the options: an app is enabled when its required ones are set",
        "installed_version": "write `version`",
        "options": "write the values under `option_values`, with `component_id: $app`",
        **dict.fromkeys(
            (
                "name",
                "icon_url",
                "installer_org_id",
                "owner_org_id",
                "components",
                "functions",
                "role",
                "blueprint_ref",
                "installation_audit",
                "_manifest",
            ),
            "",
        ),
    },
)

SCHEMA = manifest(
    "AppInstallation",
    "app-installation",
    "An app installed in the organisation, at a version and with its options set.",
    SPEC,
    policy={
        "version": {
            "description": "What a live version other than the one written means.",
            "type": "string",
            "enum": ["pin", "minimum", "track"],
            "default": "pin",
            "markdownEnumDescriptions": [
                "Exactly the version written.",
                "The version written or a higher one; where it may not be followed, the newest above it that may be.",
                "Always the newest version that may be followed: none that is deprecated, private or not reviewed yet.",
            ],
        },
        "allow_downgrade": {
            "description": "Whether a lower version than the live one may be installed.",
            "type": "boolean",
            "default": False,
        },
        "allow_disabled": {
            "description": "Whether it is fine when an app that is off stays so because required options are not "
            "set. One that is on is never left off.",
            "type": "boolean",
            "default": False,
        },
    },
)
