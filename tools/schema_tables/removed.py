"""Documents of kind `Removed`: what shall go, or be let go of, without a manifest that describes it."""

from __future__ import annotations

from schema_tables.document import manifest
from schema_tables.words import Schema, choice, many, text, thing

KINDS = {
    "EntitySchema": "Its key is the slug.",
    "FlowTemplate": "Its key is the exact name.",
    "ClosingReason": "Its key is the exact title.",
    "AppInstallation": "Its key is the app id.",
    "RetentionConfig": "Its key is `SCHEMA/TYPE`: `contact/deletion`.",
}

ENTRY = thing(
    "entry",
    {
        "address": text(
            "The address under which it was managed, `KIND/NAME`; the state knows which live object that is.",
            like=r"^[A-Za-z]+/[a-z0-9]([a-z0-9._-]{0,126}[a-z0-9])?$",
            literal=True,
            examples=["ClosingReason/too-expensive"],
        ),
        "kind": choice("Its kind, where no address says it.", KINDS, literal=True, closed=True),
        "key": text(
            "What the live object is found by: the key the platform enforces, or its exact title. Beside an `address` "
            "it counts where the state does not know that address.",
            literal=True,
            least=1,
            examples=["Zu teuer", "contact/deletion"],
        ),
        "id": text(
            "The raw id of the live object, in place of `key`, where several have one title. It fits one organisation "
            "only: name that in `metadata.environments`.",
            literal=True,
            least=1,
        ),
        "action": choice(
            "What shall become of it. Every kind can be let go of; what else it can, depends on the API.",
            {
                "delete": "Erase it: EntitySchema, FlowTemplate, ClosingReason.",
                "deactivate": "Switch it off, which can be undone: ClosingReason, RetentionConfig.",
                "uninstall": "Uninstall the app: AppInstallation.",
                "forget": "Leave it as it is in the organisation, and forget the address in the state.",
            },
            literal=True,
            closed=True,
        ),
    },
    about="One object. It is named by `address`, or by `kind` and one of `key` and `id`.",
    required=["action"],
    closed=True,
    named_by=["address", "key", "id"],
    nullable=False,
)

SPEC = thing(
    "Removed",
    {"objects": many(ENTRY, "What shall go, or be let go of.", needed=True, least=1)},
    about="What an apply removes under all its guards, or lets go of.",
    required=["objects"],
    closed=True,
    named_by=[],
    nullable=False,
)


def _schema() -> Schema:
    """As every manifest's, but nothing of `metadata` is about a live object."""
    made = manifest(
        "Removed",
        "removed",
        "Asks for removals without a manifest of what goes: by the address it had, or found live by its key or exact "
        "title, with state or without. `forget` lets go of an object that stays. What is gone already is noted in the "
        "plan; then the document can be deleted.",
        SPEC,
    )
    metadata = made["properties"]["metadata"]
    fields = {name: metadata["properties"][name] for name in ("name", "environments")}
    fields["name"] |= {
        "description": "Name of this document, unique among all of kind Removed. Small letters, digits, `.`, `_`, `-`."
    }
    fields["environments"] |= {"description": "Environments of syncer.yaml in which it counts. Left out: in every one."}
    metadata |= {"description": "About the document itself.", "properties": fields}
    for each in (made["properties"]["spec"], made["properties"]["spec"]["properties"]["objects"]["items"]):
        del each["x-syncer-create"]  # nothing is created here
    return made


SCHEMA = _schema()
