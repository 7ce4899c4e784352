"""Automations that a flow template brings along (docs/platform.md#automations; automation API 1.4.1).

The platform's action types and their `config` are open by their definition. What is listed here is known; what is not
is listed in a manifest's `metadata.extra`, so that a misspelt field does not go live: in a `config` one that resembles
nothing known is a warning until then, elsewhere an error.
"""

from __future__ import annotations

from schema_tables.words import (
    LOCAL_KEY,
    SLUG,
    Schema,
    anything,
    as_given,
    choice,
    each,
    field_set,
    flag,
    many,
    number,
    only,
    ref,
    reference,
    shared,
    text,
    thing,
    variants,
    whole,
)

SLUG_REF = reference("EntitySchema", "Slug of an entity schema, or `ref: NAME`.", ["ref"], like=SLUG)


def names(about: str, items: str) -> Schema:
    """A list of texts."""
    return many(text(items, needed=True), about)


def opened(title: str, about: str, fields: dict[str, Schema], required: tuple[str, ...] = ()) -> Schema:
    """A mapping of an action's configuration; without known fields it may hold any."""
    return thing(title, fields, about=about, required=required, open=not fields)


OPERATIONS = {
    "createEntity": "An entity was created.",
    "updateEntity": "An entity was changed.",
    "deleteEntity": "An entity was removed for good.",
    "softDeleteEntity": "An entity was moved to the trash.",
    "restoreEntity": "An entity came back from the trash.",
    "relationsAdded": "Relations were added. Newer platforms only, as all below.",
    "relationsRemoved": "Relations were removed.",
    "relationsSoftDeleted": "Related entities were moved to the trash.",
    "relationsRestored": "Related entities came back from the trash.",
    "relationsDeleted": "Related entities were removed for good.",
}

FILTER = thing(
    "event filter",
    {
        "operation": opened(
            "operation filter",
            "Patterns on the operation.",
            {
                "operation": many(
                    choice("An operation.", OPERATIONS, needed=True), "Operations that count. Left out: all."
                ),
                "payload": opened("payload pattern", "Pattern on the entity, open: field to list of patterns.", {}),
                "diff": opened(
                    "change pattern",
                    "Pattern on what changed: `added`, `updated`, `deleted`, or `$or` of them.",
                    {
                        "added": opened("pattern", "Pattern on values that came.", {}),
                        "updated": opened("pattern", "Pattern on values before the change.", {}),
                        "deleted": opened("pattern", "Pattern on values that went.", {}),
                        "$or": many(opened("pattern", "A pattern.", {}), "Patterns of which one is enough."),
                    },
                ),
            },
        ),
        "activity": opened(
            "activity filter",
            "Patterns on the activity that goes with the operation.",
            {"type": many(anything("Name of an activity, or a pattern."), "Activities that count. Left out: all.")},
        ),
    },
    about="Which events count, as patterns in the manner of EventBridge.",
)

TRIGGERS: dict[str, tuple[str, Schema]] = {
    "frontend_submission": (
        "A form was sent from a website.",
        thing("configuration", {"source_id": text("Id of the source.")}, about="Which form.", needed=True),
    ),
    "journey_submission": (
        "A journey was submitted.",
        thing(
            "configuration",
            {"source_id": text("Id of the journey, usually `${id.NAME}`.", needed=True)},
            about="Which journey.",
            needed=True,
        ),
    ),
    "api_submission": (
        "A submission came in through the API.",
        thing("configuration", {"source_id": text("Id of the source.")}, about="Which source.", needed=True),
    ),
    "entity_operation": (
        "An entity was created, changed or removed.",
        thing(
            "configuration",
            {
                "schema": SLUG_REF,
                "operations": many(choice("An operation.", OPERATIONS, needed=True), "Operations that count.", least=1),
                "include_activities": names("Activities that count.", "Name of an activity."),
                "exclude_activities": names("Activities that don't count.", "Name of an activity."),
                "filter_config": FILTER,
                "ecp_config": thing(
                    "portal filter",
                    {
                        "origin": text("Origin of the change."),
                        "portal_id": text("Id of the portal."),
                        "file_config": thing(
                            "file filter",
                            {"shared_with_end_customer": flag("Whether the file is shared with the customer.")},
                            about="Which files count.",
                        ),
                    },
                    about="Which changes from a customer portal count.",
                ),
            },
            about="Which entities and operations.",
            needed=True,
        ),
    ),
    "activity": (
        "Something happened to an entity.",
        thing(
            "configuration",
            {
                "schema": SLUG_REF,
                "types": many(
                    text(
                        "Name of an activity.",
                        needed=True,
                        examples=[
                            "CreateMeterReading",
                            "UpdateMeterReading",
                            "DocDownloadedFromPortal",
                            "PortalUserResetPassword",
                            "PortalUserResetForgotPassword",
                            "SelfAssignmentFromPortal",
                        ],
                    ),
                    "Activities that count.",
                ),
            },
            about="Which activities.",
            needed=True,
        ),
    ),
    "entity_manual": (
        "Somebody started it on an entity.",
        thing("configuration", {"schema": SLUG_REF}, about="On which entities.", needed=True),
    ),
    "received_email": (
        "An email came in.",
        thing(
            "configuration",
            {"message_type": choice("Direction of the email.", ["RECEIVED"])},
            about="Which emails.",
            needed=True,
        ),
    ),
    "new_email_thread": (
        "A conversation by email began.",
        thing(
            "configuration",
            {
                "shared_inbox_ids": names("Ids of shared inboxes that count.", "Id of a shared inbox."),
                "direction": choice("Which conversations count.", ["INBOUND", "OUTBOUND", "BOTH"], needed=True),
            },
            about="Which conversations.",
            needed=True,
        ),
    ),
    "event_catalog": (
        "An event of the event catalogue was published. Newer platforms only.",
        thing(
            "configuration",
            {
                "event_name": text("Name of the event.", needed=True, examples=["CustomerRequestSubmitted"]),
                "event_version": text("Version of the event, `MAJOR.MINOR`.", needed=True, examples=["1.1"]),
                "entity_node_id": text("Node of the event's graph whose entity the automation works on.", needed=True),
                "entity_schema": SLUG_REF,
                "ignore_automation_triggered": flag(
                    "Whether events that an automation raised start nothing.", default=True
                ),
            },
            about="Which event.",
            needed=True,
            required=["event_name", "event_version", "entity_node_id", "entity_schema"],
        ),
    ),
    "flows_trigger": (
        "A flow starts it; the flow template owns the automation.",
        thing("configuration", {"journey_id": text("Id of the journey linked to the flow.")}, about="Which journey."),
    ),
}

MAPPING = opened(
    "mapping",
    "Which mapping configuration runs.",
    {
        "config_id": text("Id of the mapping configuration.", needed=True),
        "target_id": text("Id of the target in it.", needed=True),
        "version": number("Version of the configuration."),
    },
    ("config_id", "target_id"),
)
ATTRIBUTE_MAPPINGS = many(
    opened("attribute mapping", "`target` and `operation`, or the older `mode` forms.", {}),
    "How attributes are filled, in order.",
)
SOURCE_FILTER = {
    "limit": whole("Most entities.", least=0),
    "attribute": text("Relation attribute they stand in."),
    "relation_tag": text("Label of the relation."),
    "tag": text("Tag of the entity."),
    "self": flag("Whether the entity itself is meant.", default=False),
}
RELATION_MAPPINGS = many(
    opened(
        "relation mapping",
        "How one relation is filled.",
        {
            "target": text("Attribute that receives the relation.", needed=True),
            "mode": choice("What becomes of relations already there.", ["append", "prepend", "set"], needed=True),
            "target_tags": names("Labels of the new relations.", "A label."),
            "target_tags_include_source": flag("Whether the labels on the source are copied.", default=False),
            "source_filter": opened(
                "relation source",
                "Which entities are related.",
                SOURCE_FILTER | {"schema": text("Slug of their schema.")},
            ),
            "related_to": opened("relation target", "Deprecated.", {}),
        },
        ("target", "mode"),
    ),
    "How relations are filled, in order.",
)
LINKBACK = {
    "linkback_relation_attribute": {
        "description": "Relation on the first entity that receives the new one; `false` for none.",
        "type": ["string", "boolean", "null"],
        "default": "mapped_entities",
    },
    "linkback_relation_tags": names("Labels of that relation.", "A label."),
    "target_unique": names("Attributes that tell whether the entity exists already.", "Name of an attribute."),
}
GRAPHS = many(
    opened(
        "graph query",
        "Entities over several relations, each under its node's id.",
        {
            "seed": opened(
                "graph seed",
                "Where it begins.",
                {
                    "entity_id": text("Id of the entity, usually a `{{placeholder}}`.", needed=True),
                    "node_id": text("The node it stands for.", needed=True),
                },
                ("entity_id", "node_id"),
            ),
            "graph": opened(
                "graph",
                "Nodes, and edges between them.",
                {
                    "nodes": many(
                        opened(
                            "graph node",
                            "Entities of one schema.",
                            {
                                "id": text("Key of the node.", needed=True, literal=True),
                                "schema": text("Slug of their schema.", needed=True),
                                "cardinality": choice("One entity or all of them.", ["one", "many"]),
                                "fields": names("Fields that are read.", "Name of a field."),
                                "filter": many(
                                    opened(
                                        "node filter",
                                        "What an entity must hold.",
                                        {
                                            "attribute": text("Name of the attribute.", needed=True),
                                            "value": anything("Its value: text, number, boolean or nothing."),
                                        },
                                        ("attribute", "value"),
                                    ),
                                    "What the entities must hold, all of it.",
                                ),
                                "optional": flag("Whether it is no failure when none is found."),
                            },
                            ("id", "schema"),
                        ),
                        "The nodes.",
                        needed=True,
                    ),
                    "edges": many(
                        opened(
                            "graph edge",
                            "A relation between two nodes.",
                            {
                                "from": text("Id of a node.", needed=True),
                                "to": text("Id of a node.", needed=True),
                            },
                            ("from", "to"),
                        ),
                        "The relations.",
                        needed=True,
                    ),
                },
                ("nodes", "edges"),
            ),
        },
        ("seed", "graph"),
    ),
    "Entities that mappings may copy from. Newer platforms only.",
)
WEBHOOK = {
    "target_webhook_id": text("Id of the webhook, usually `${id.NAME}`."),
    "entity_sources": names("Entities that are sent.", "A source."),
    "sync": flag("Whether the automation waits for the answer.", default=False),
}
LANGUAGE = text("Language of the template; older platforms know `de` and `en` only.", examples=["de", "en"])
REPLY_MODE = choice(
    "How the reply is sent.",
    {"reply_in_thread": "In the conversation.", "new_email": "As an email of its own."},
    default="reply_in_thread",
)


def _mark(what: str, default: bool) -> Schema:
    return flag(f"Whether the conversation is marked as {what} afterwards.", default=default)


SKILLS = {
    "match_user_skills": flag("Whether the skills must fit the labels.", default=False),
    "required_skill_categories": names("Label families in which the skills must fit.", "A taxonomy."),
    "skill_match_mode": choice(
        "How strictly skills are compared.",
        {"require_all": "They must fit in every family.", "prefer": "The best fit gets it."},
        default="require_all",
    ),
}
FALLBACK = choice(
    "What happens when nobody fits.",
    {"leave_unassigned": "Nobody gets it.", "assign_to_fallback": "`fallback_assignees` get it."},
    default="leave_unassigned",
)
ASSIGNEE = opened(
    "assignee",
    "Who gets it.",
    {
        "type": choice("Kind of assignee.", ["user", "partner_user", "partner_organization", "group"], needed=True),
        "user_id": text("Id of the user."),
        "group_id": text("Id of the group."),
        "org_id": text("Id of the organisation."),
        "partner_id": text("Id of the partner."),
        "display_name": text("Name that is shown."),
        "email": text("Address."),
    },
    ("type",),
)
TEMPLATE = text("Id of the email template, usually `${id.NAME}`.", needed=True)

ACTIONS: dict[str, tuple[str, dict[str, Schema]]] = {
    "map-entity": (
        "Creates or changes an entity from another.",
        {
            "target_schema": text("Slug of the entity that is created.", needed=True),
            "mapping_config": MAPPING,
            "use_uniqueness_criteria": flag("Whether the organisation's rules decide if the entity exists already."),
            "mapping_attributes": ATTRIBUTE_MAPPINGS,
            "relation_attributes": RELATION_MAPPINGS,
            "graph_context": GRAPHS,
            **LINKBACK,
        },
    ),
    "trigger-workflow": (
        "Starts a flow.",
        {
            "target_workflow": reference("FlowTemplate", "The flow: its id, or `ref: NAME`; may be this one.", ["ref"]),
            "conditions": many(
                opened(
                    "start condition",
                    "Condition for starting.",
                    {
                        "schema": text("Slug of an entity schema.", needed=True),
                        "source": text("Attribute that is compared.", needed=True),
                        "comparison": choice(
                            "How it is compared.", ["equals", "any_of", "not_empty", "is_empty"], needed=True
                        ),
                        "value": anything("What it is compared with: text, number, or a list of either."),
                    },
                    ("schema", "source", "comparison"),
                ),
                "Conditions for starting the flow.",
            ),
            "assignees": names("Ids of users that get the flow.", "Id of a user."),
            "assign_steps": many(
                opened(
                    "step assignment",
                    "Who gets a step.",
                    {
                        "step_id": text("Id of the step."),
                        "step_name": text("Name of the step."),
                        "user_ids": many(
                            {"type": ["number", "string"], "pattern": r"^\$\{(var|env|id)\.[A-Za-z0-9_.-]+\}$"},
                            "Ids of users.",
                        ),
                    },
                ),
                "Who gets which step.",
            ),
            "filter_with_purposes": flag("Whether purposes narrow the selection."),
        },
    ),
    "trigger-share-entity": (
        "Shares an entity with partners.",
        {"partner_org_ids": names("Ids of the partners' organisations.", "Id of an organisation.")},
    ),
    "trigger-webhook": ("Calls a webhook.", WEBHOOK),
    "inform-erp": ("Informs the ERP system through a webhook.", WEBHOOK),
    "trigger-event": (
        "Raises an event of the event catalogue.",
        {
            "event_name": text("Name of the event.", needed=True),
            "event_inputs": opened("event inputs", "Values for the event, open.", {}),
        },
    ),
    "create-document": (
        "Writes a document from a template.",
        {"template_id": text("Id of the template, usually `${id.NAME}`."), "filename": text("Name of the document.")},
    ),
    "send-email": (
        "Sends an email from a template.",
        {
            "email_template_id": TEMPLATE,
            "language_code": LANGUAGE,
            "notify_portal_user_only": flag("Whether only users of the portal get it.", default=False),
            "skip_creating_entities": flag("Whether no conversation is kept.", default=False),
            "wait_for_confirmation": flag("Whether it waits for the confirmation link.", default=False),
            "journey_id": text("Journey that the template links to; for display. Newer platforms only."),
            "wait_for_journey_submission": flag(
                "Whether the flow's task waits for that journey. Newer platforms only.", default=False
            ),
            "reply_to_sender": flag("Whether it goes to who wrote the email that started this.", default=False),
            "reply_mode": REPLY_MODE,
            "mark_as_done": _mark("done", True),
            "mark_as_read": _mark("read", True),
            "attachments": many(
                opened(
                    "attachment",
                    "Files to attach.",
                    {
                        "source_filter": opened(
                            "attachment source",
                            "Which files.",
                            SOURCE_FILTER
                            | {
                                "filename_regex": text("Regular expression on the name."),
                                "document_type": choice(
                                    "Kind of file.",
                                    [
                                        "document",
                                        "text",
                                        "image",
                                        "video",
                                        "audio",
                                        "spreadsheet",
                                        "presentation",
                                        "font",
                                        "archive",
                                        "application",
                                        "unknown",
                                    ],
                                ),
                            },
                        )
                    },
                ),
                "Files to attach besides those of the template.",
            ),
            "conditions": many(
                opened(
                    "send condition",
                    "Condition without which nothing is sent.",
                    {
                        "_equals": opened(
                            "equality",
                            "What must be equal.",
                            {"source": text("Attribute that is compared."), "value": text("What it must be.")},
                        )
                    },
                ),
                "Conditions for sending.",
            ),
        },
    ),
    "cart-checkout": (
        "Makes an order from what a journey put into the cart.",
        {
            "version": text("Version of this configuration.", default="1"),
            "mapping_config": MAPPING,
            "mapping_attributes": ATTRIBUTE_MAPPINGS,
            "relation_attributes": RELATION_MAPPINGS,
            **LINKBACK,
        },
    ),
    "custom-action": (
        "Runs an action of an installed app.",
        {
            "name": text("Name of the action."),
            "description": text("What it does."),
            "app_id": reference("AppInstallation", "The app: its id, or `ref: NAME`.", ["ref"]),
            "component_id": text("Id of the component in the app."),
            "wait_for_callback": flag("Whether it waits until the app answers.", default=False),
        },
    ),
    "cancel-flow-execution": (
        "Cancels the flow.",
        {
            "selected_reasons": many(
                opened(
                    "cancellation reason",
                    "A closing reason.",
                    {"id": text("Its id.", needed=True), "title": text("Its title.", needed=True)},
                    ("id", "title"),
                ),
                "Reasons that are recorded.",
            ),
            "configured_reasons": anything("Required by the published definitions, which don't say what it holds."),
            "extra_description": text("Further words."),
        },
    ),
    "forward-email": (
        "Forwards an email.",
        {
            "forward_to": many(
                opened(
                    "recipient",
                    "Who gets it.",
                    {"email": text("Address.", needed=True), "name": text("Name.")},
                    ("email",),
                ),
                "Who gets it.",
                needed=True,
            ),
            "include_attachments": flag("Whether attachments go along.", default=True),
            "subject_prefix": text("What stands before the subject.", default="Fwd: "),
            "mark_as_done": _mark("done", False),
            "mark_as_read": _mark("read", True),
        },
    ),
    "reply-email": (
        "Answers an email.",
        {
            "email_template_id": text("Id of the email template, usually `${id.NAME}`."),
            "language_code": LANGUAGE,
            "reply_mode": REPLY_MODE,
            "mark_as_done": _mark("done", False),
            "mark_as_read": _mark("read", False),
        },
    ),
    "assign-entity": (
        "Assigns an entity to people.",
        {
            "attribute": text("Attribute that holds the users."),
            "assignees": many(ASSIGNEE, "Who gets it, in order."),
            "write_mode": choice("What becomes of those it has.", ["replace", "append"], default="replace"),
            "assignment_type": choice(
                "How assignees are found.",
                {
                    "direct": "`assignees` get it.",
                    "sequential": "The members of `candidate_group` in turn. Newer platforms only.",
                    "even_distribution": "The member with the least to do. Newer platforms only.",
                },
                default="direct",
            ),
            "candidate_group": ASSIGNEE | {"description": "The group whose members take turns."},
            "reset_interval": choice(
                "When the turns begin anew; `sequential` only.",
                ["daily", "weekly", "monthly", "never"],
                default="never",
            ),
            "workload_filter": opened(
                "workload filter",
                "What counts as work; `even_distribution` only.",
                {
                    "attribute": text("Name of a status attribute."),
                    "values": names("Values that count.", "A value."),
                },
            ),
            **SKILLS,
            "fallback": FALLBACK,
            "fallback_assignees": many(ASSIGNEE, "Who gets it when nobody is found."),
            "source": opened(
                "entity source",
                "Which entity is assigned. Left out: the one that started the automation.",
                {
                    "id": text("`flow_action_id` of the action, or id of the trigger."),
                    "origin": choice("Where the entity comes from.", ["trigger", "action"]),
                    "schema": text("Slug of its schema."),
                },
            ),
        },
    ),
    "assign-thread": (
        "Assigns a conversation to people.",
        {
            "add": names("Ids of users or groups that get it.", "An id."),
            "remove": names("Ids of users or groups that lose it.", "An id."),
            "assignment_type": choice(
                "How somebody is chosen.",
                {
                    "direct": "All of them get it.",
                    "even_distribution": "The one with the least to do gets it.",
                    "sequential": "They get it in turn; reserved on older platforms.",
                },
                default="direct",
            ),
            "only_available_users": flag("Whether people who are absent are passed over.", default=False),
            "hold_until_available": flag("Whether it waits for somebody to be back from a day off.", default=True),
            **SKILLS,
            "fallback": FALLBACK,
            "fallback_assignees": names("Ids of users or groups that get it then.", "An id."),
        },
    ),
    "move-thread": ("Moves a conversation.", {"target_inbox_id": text("Id of the inbox it goes to.")}),
}

ACTION_FIELDS: dict[str, Schema] = {
    "id": text("Key of the action.", literal=True),
    "flow_action_id": text("Id of the action that stays the same in all executions."),
    "name": text("What people see."),
    "allow_failure": flag("What happens when it fails: whether the automation stops there, as failed."),
    "created_automatically": flag("Whether it was made by a program."),
    "is_bulk_action": flag("Whether it may run several times in one execution."),
    "condition_id": text("Condition of this automation that must hold."),
    "schedule_id": text("Schedule of this automation it waits for."),
    "loop_id": text("Loop of this automation it runs in; actions of a loop stand together."),
}
RUNNING = "it is filled in while the automation runs"
ACTION_SERVER = dict.fromkeys(
    (
        "execution_status",
        "started_at",
        "updated_at",
        "outputs",
        "error_output",
        "retry_strategy",
        "iterations",
        "reason",
    ),
    RUNNING,
)


def _action(name: str) -> Schema:
    about, config = ACTIONS[name]
    fields = {"type": only(about, name)} | shared("action_fields", ACTION_FIELDS)
    server = {"event_id": "it is filled in while an automation runs"} if config is WEBHOOK else None
    title, about_config = f"{name} configuration", "What the action works with."
    fields["config"] = thing(title, config, about=about_config, open=not config, server=server)
    if config:  # apps and the platform add to it: what resembles nothing known is a warning
        fields["config"]["x-syncer-additional"] = "warning"
    return as_given(thing("action", fields, about=about, server=ACTION_SERVER, nullable=False))


TRIGGER_FIELDS = {"id": text("Id of the trigger, a UUID; left out, syncer makes one.", literal=True)}


def _trigger(name: str) -> Schema:
    about, configuration = TRIGGERS[name]
    fields = {"type": only(about, name)} | shared("automation_trigger_fields", TRIGGER_FIELDS)
    return thing("automation trigger", fields | {"configuration": configuration}, about=about, nullable=False)


STATEMENT = thing(
    "statement",
    {
        "id": text("Local key of the statement.", literal=True),
        "source": thing(
            "source",
            {
                "id": text("Id of the trigger or action."),
                "origin": choice("Where the value comes from.", ["trigger", "action"]),
                "originType": choice(
                    "What holds it; `event` is the event that started it, on newer platforms only.",
                    ["entity", "workflow", "journey_block", "event"],
                ),
                "schema": text("Slug of the entity schema."),
                "attribute": text("Name of the attribute."),
                "attributeType": choice(
                    "Type of the attribute.",
                    [
                        "string",
                        "text",
                        "number",
                        "boolean",
                        "date",
                        "datetime",
                        "tags",
                        "country",
                        "email",
                        "phone",
                        "product",
                        "price",
                        "status",
                        "relation",
                        "multiselect",
                        "select",
                        "radio",
                        "relation_user",
                        "purpose",
                        "label",
                        "payment",
                        "relation_payment_method",
                    ],
                ),
                "attributeRepeatable": flag("Whether the attribute holds several values."),
                "repeatableItemOp": flag("Whether each of several values is compared."),
                "attributeOperation": choice("Which changes count.", ["all", "updated", "added", "deleted"]),
            },
            about="The value that is compared.",
        ),
        "operation": choice(
            "How it is compared.",
            [
                "equals",
                "not_equals",
                "any_of",
                "none_of",
                "contains",
                "not_contains",
                "starts_with",
                "ends_with",
                "greater_than",
                "less_than",
                "greater_than_or_equals",
                "less_than_or_equals",
                "is_empty",
                "is_not_empty",
                "entity_exists",
                "entity_does_not_exist",
            ],
        ),
        "values": names("What it is compared with.", "A value."),
    },
    about="One comparison.",
    nullable=False,
)

AUTOMATION = thing(
    "automation",
    {
        "flow_name": text("Name of the automation.", needed=True),
        "enabled": flag("Whether it runs."),
        "entity_schema": SLUG_REF,
        "triggers": many(ref("automation_trigger"), "What starts it.", needed=True),
        "trigger_conditions": many(
            thing(
                "trigger condition",
                {
                    "source": text("Attribute that is compared.", needed=True, examples=["billing_contact.email"]),
                    "comparison": choice(
                        "How it is compared.", ["equals", "any_of", "not_empty", "is_empty"], needed=True
                    ),
                    "value": {
                        "description": "What it is compared with.",
                        "type": ["string", "number", "array", "null"],
                        "items": {"type": ["string", "number"]},
                    },
                },
                required=["source", "comparison"],
                nullable=False,
            ),
            "Conditions without which it does not start.",
        ),
        "conditions": many(
            thing(
                "condition",
                {
                    "id": text("Local key of the condition.", literal=True),
                    "schedule_id": text("Schedule of the actions under the condition."),
                    "evaluation_order": choice(
                        "When it is evaluated. Newer platforms only.",
                        {
                            "AFTER_SCHEDULE": "When the schedule is due.",
                            "BEFORE_SCHEDULE": "Before the schedule is made.",
                        },
                        default="AFTER_SCHEDULE",
                    ),
                    "allow_failure": flag("Whether the automation goes on when the condition fails."),
                    "statements": many(STATEMENT, "The comparisons."),
                },
                required=["id"],
                named_by=["id"],
                nullable=False,
                server={"evaluationResult": RUNNING, "error_output": RUNNING},
            ),
            "Conditions that actions refer to.",
        ),
        "schedules": many(
            thing(
                "schedule",
                {
                    "id": text("Local key of the schedule.", literal=True),
                    "numberOfUnits": number("How long it waits."),
                    "timePeriod": choice("Unit of the time.", ["minutes", "hours", "days", "weeks", "months"]),
                    "timeRelation": choice("Before or after the moment.", ["after", "before"]),
                    "source": thing(
                        "schedule source",
                        {
                            "id": text("Id of the action or trigger.", needed=True),
                            "origin": choice(
                                "What the time counts from.",
                                ["trigger", "action", "action_task", "automation"],
                                needed=True,
                            ),
                            "schema": text("Slug of the entity schema."),
                            "attribute": text("Attribute that holds the moment."),
                        },
                        about="The moment it counts from.",
                        needed=True,
                    ),
                },
                required=["id"],
                named_by=["id"],
                nullable=False,
                server={"scheduleApiId": RUNNING},
            ),
            "Schedules that actions refer to.",
        ),
        "loops": many(
            thing(
                "loop",
                {
                    "id": text("Local key of the loop.", literal=True),
                    "source_path": text("Path to the list it goes through.", needed=True),
                    "source_type": choice(
                        "What the path leads to.",
                        {
                            "journey-multi-select": "Choices in a journey.",
                            "journey-file-upload": "Files sent with a journey. Newer platforms only.",
                            "previous-action-outputs": "What an action made.",
                            "entity-relation": "Related entities.",
                        },
                        default="journey-multi-select",
                    ),
                    "filter_tags": names(
                        "Labels that an item must have, all of them. Newer platforms only.", "A label."
                    ),
                    "length": whole("Most rounds; `0` for all.", least=0),
                },
                required=["id"],
                named_by=["id"],
                nullable=False,
            ),
            "Loops that actions refer to. Newer platforms only.",
        ),
        "actions": many(ref("action"), "What it does, in order.", needed=True),
        "max_executions": thing(
            "execution limit",
            {
                "count": number("Most executions.", least=1),
                "window": text("Span of time, as an ISO 8601 duration.", examples=["PT1H"]),
            },
            about="How often it may run before the platform stops it.",
        ),
        "protected": flag("Whether the user interface shows it read-only. Newer platforms only."),
    },
    about="An automation that belongs to this flow.",
    named_by=["(key)"],
    nullable=False,
    server={
        "runs": "",
        "disable_details": "",
        "_manifest": "blueprints own it",
        "workflow_context": "",
        **dict.fromkeys(
            ("id", "org_id", "created_at", "updated_at", "created_by", "last_updated_by", "version", "system_flow"), ""
        ),
    },
)

AUTOMATIONS = each(
    ref("automation"),
    "Automations that come with the flow, by a key of your own; `automation: KEY` refers to one.",
    keys=LOCAL_KEY,
)

DEFS: dict[str, Schema] = {
    "automation": AUTOMATION,
    "automation_trigger": variants(
        "automation trigger",
        "type",
        {name: about for name, (about, _) in TRIGGERS.items()},
        {(name,): f"automation_trigger_{name}" for name in TRIGGERS},
        about="What starts an automation.",
        named_by=["id"],
    ),
    "automation_trigger_fields": field_set(TRIGGER_FIELDS),
    **{f"automation_trigger_{name}": _trigger(name) for name in TRIGGERS},
    "action": variants(
        "action",
        "type",
        {name: about for name, (about, _) in ACTIONS.items()},
        {(name,): f"action_{name}" for name in ACTIONS},
        about="Something an automation does.",
        named_by=["id", "name"],
    ),
    "action_fields": field_set(ACTION_FIELDS),
    **{f"action_{name}": _action(name) for name in ACTIONS},
}
