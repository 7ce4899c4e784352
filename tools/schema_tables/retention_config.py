"""Retention configurations (docs/platform.md#retention-fields): the one kind that deletes customers' data by itself.

Every list of words in it is closed: a misspelt filter would delete more, and nobody would be told.
"""

from __future__ import annotations

from schema_tables.document import manifest
from schema_tables.words import SLUG, Schema, choice, date, flag, many, only, reference, text, thing, variants, whole

SCHEMAS = many(
    text("Slug of an entity schema.", needed=True, least=1),
    "Entity schemas whose entities count as related here, by slug.",
    needed=True,
    least=1,
)
STATUS = many(
    choice("A state of a finished workflow.", ["CLOSED", "DONE"], needed=True, closed=True),
    "Which finished states count. Only newer platforms know this field.",
    least=1,
)
DAYS = whole("How many days without an email it takes.", least=1, needed=True)
MESSAGES = many(
    choice("A direction.", {"SENT": "Emails sent.", "RECEIVED": "Emails received."}, needed=True, closed=True),
    "Which direction of email counts. Left out: both.",
    least=1,
)

FILTERS: dict[str, tuple[str, dict[str, Schema], list[str]]] = {
    # type: what it keeps, its fields, those without which it would match more than meant
    "entity_workflows_only_in_closed_or_cancelled_status": (
        "Entities whose own workflows are all closed or cancelled.",
        {"workflow_status": STATUS},
        [],
    ),
    "no_related_entities": (
        "Entities without a related entity of the given schemas.",
        {"related_entity_schemas": SCHEMAS},
        ["related_entity_schemas"],
    ),
    "related_entities_all_in_closed_or_cancelled_status": (
        "Entities of which every related entity is closed or cancelled.",
        {"related_entity_schemas": SCHEMAS},
        ["related_entity_schemas"],
    ),
    "related_entities_workflows_only_in_closed_or_cancelled_status": (
        "Entities whose related entities have only closed or cancelled workflows.",
        {"related_entity_schemas": SCHEMAS, "workflow_status": STATUS},
        ["related_entity_schemas"],
    ),
    "no_email_communication_since": (
        "Entities with which no email was exchanged for some time.",
        {"lookback_period_days": DAYS, "message_type": MESSAGES},
        ["lookback_period_days"],
    ),
}


def _filter(name: str) -> Schema:
    about, fields, required = FILTERS[name]
    own = {"type": only("What the filter keeps.", name)} | fields
    return thing("filter", own, about=about, required=["type", *required], nullable=False)


DEFS: dict[str, Schema] = {
    "filter": variants(
        "filter",
        "type",
        {name: about for name, (about, _, _) in FILTERS.items()},
        {(name,): f"filter_{name}" for name in FILTERS},
        about="One condition that narrows what the saved view finds.",
        closed=True,
    )
} | {f"filter_{name}": _filter(name) for name in FILTERS}

QUERY = thing(
    "query",
    {
        "saved_view_id": reference(
            "SavedView",
            "The saved view whose filters select the entities: its name, `lookup: NAME`, or its id. It must be shared.",
            ["lookup", "id"],
            needed=True,
        ),
        "include_deleted": choice(
            "Whether entities in the trash count. This is text: write the quotes.",
            {"false": "Leave the trash alone.", "true": "The trash too.", "only": "Nothing but the trash."},
            default="false",
            closed=True,
        ),
        "filters": many(
            {"$ref": "#/$defs/filter"}, "Conditions that narrow the selection; their order has no meaning."
        ),
    },
    about="Which entities are deleted.",
    needed=True,
)

SCHEDULE = thing(
    "schedule",
    {
        "frequency": choice(
            "How the runs follow each other.", {"interval": "Every so many days."}, needed=True, closed=True
        ),
        "interval_days": whole("Days from one run to the next.", least=1, needed=True),
        "start_date": date("First day, `YYYY-MM-DD`. Left out: the first run comes at once."),
        "end_date": date("Last day, `YYYY-MM-DD`. Left out: it runs for ever."),
    },
    about="When entities are deleted.",
    needed=True,
)

RELATIONS = [
    "contact",
    "file",
    "opportunity",
    "order",
    "meter",
    "ticket",
    "message",
    "account",
    "submission",
    "contract",
]

SPEC = thing(
    "RetentionConfig",
    {
        "entity_schema": reference(
            "EntitySchema",
            "The schema whose entities are deleted: its slug, or `ref: NAME`. The platform supports `contact`.",
            ["ref"],
            like=SLUG,
            needed=True,
        ),
        "type": only("What the configuration does.", "deletion"),
        "query": QUERY,
        "schedule": SCHEDULE,
        "relations_for_deletion": many(
            choice("Slug of an entity schema.", RELATIONS, needed=True, closed=True),
            "Related entities of these schemas are deleted with each entity. Their order has no meaning.",
            default=[],
        ),
        "enabled": flag(
            "Whether it runs. The platform takes a missing word for `true`, so the manifest must say it.", needed=True
        ),
    },
    about="What is deleted when, as the data governance API knows it.",
    required=["entity_schema", "type", "enabled"],
    named_by=[],
    nullable=False,
    server=dict.fromkeys(("id", "created_at", "last_updated_at", "last_run_at", "next_run_at"), ""),
)

SCHEMA = manifest(
    "RetentionConfig",
    "retention-config",
    "Deletes entities on a schedule. Deleted entities stay in the trash for 30 days; then they are gone.",
    SPEC,
    defs=DEFS,
)
