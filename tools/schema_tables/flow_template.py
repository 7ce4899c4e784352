"""Flow templates (docs/platform.md#flow-fields and what follows): four kinds of task in a graph, triggers, decisions,
schedules."""

from __future__ import annotations

from schema_tables import automation
from schema_tables.automation import SLUG_REF
from schema_tables.document import manifest
from schema_tables.words import (
    LOCAL_KEY,
    NEEDED,
    Schema,
    choice,
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


def key(about: str) -> Schema:
    """A local key that this manifest gives to one of its parts."""
    return text(about, like=LOCAL_KEY, literal=True)


TAXONOMIES = many(
    reference("TaxonomyClassification", "A label: its id or slug, or `lookup: NAME`.", ["lookup"], needed=True),
    "Labels; their order has no meaning.",
)
ASSIGNED = many(
    or_text(
        thing(
            "assignment",
            {"variable": text("Variable that names the users.", needed=True, examples=["{{entity.owner}}"])},
            about="A user id, usually `${id.NAME}`, or a variable of the platform.",
            required=["variable"],
            nullable=False,
            server={"value": "it is filled in while a flow runs"},
        )
    ),
    "Who gets it; the order has no meaning.",
)
DUE = text(
    "A fixed moment, ISO 8601; the same for every flow, so rarely what is meant.",
    like=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.]+(Z|[+-][0-9:]+)?)?$",
)
AUTOMATION = reference(
    "AutomationFlow",
    "The automation: `automation: KEY` for one in this manifest, `lookup: NAME` for a live one, or an id.",
    ["automation", "lookup", "id"],
)
UNITS = ["minutes", "hours", "days", "weeks", "months", "years"]
UNIT = choice("Unit of the time; `years` on newer platforms only.", UNITS, needed=True)
MODE = choice("Who starts it.", {"manual": "Somebody.", "automatic": "The flow, when its turn comes."})

DUE_CONFIG = thing(
    "due date",
    {
        "duration": number("How long.", least=1, needed=True),
        "unit": UNIT,
        "type": choice(
            "What the time counts from.",
            {
                "WORKFLOW_STARTED": "The start of the flow.",
                "TASK_FINISHED": "The end of the task `task_id`.",
                "PHASE_FINISHED": "The end of the phase `phase_id`.",
                "A_PRECEDING_TASK_COMPLETED": "The end of one task before it. Newer platforms only.",
                "ALL_PRECEDING_TASKS_COMPLETED": "The end of all tasks before it. Newer platforms only.",
            },
            needed=True,
        ),
        "task_id": text("Local key of a task."),
        "phase_id": text("Local key of a phase."),
    },
    about="When it is due, counted from something that happens.",
)
JOURNEY = thing(
    "journey",
    {
        "journeyId": text("Id of the journey, usually `${id.NAME}`."),
        "id": text("A reference of its own, a UUID; not the id of the journey."),
        "name": text("A copy of the journey's name; a difference is no change."),
        "complete_task_automatically": flag("Whether submitting it completes the task.", default=True),
    },
    about="Journey that is opened from the task.",
)
REQUIREMENTS = many(
    thing(
        "requirement",
        {
            "when": choice(
                "What must be finished.",
                {"TASK_FINISHED": "The task `task_id`.", "PHASE_FINISHED": "The phase `phase_id`."},
                needed=True,
            ),
            "task_id": text("Local key of a task."),
            "phase_id": text("Local key of a phase."),
        },
        required=["when"],
        nullable=False,
    ),
    "What must be finished before it can begin; the order has no meaning.",
)
_PORTAL = {
    "enabled": flag("Whether it is shown there."),
    "label": text("Its name there."),
    "description": text("What people read there, as HTML of the editor.", file=True),
}


def _portal(whose: str) -> Schema:
    return thing(
        "portal view", _PORTAL | {"journey": JOURNEY}, about=f"What the task looks like in the portal of {whose}."
    )


def _aliases(noun: str) -> Schema:
    about = f"Former keys of the {noun}: with them it keeps its id when its key changes. Nothing of it is sent."
    return many(text("A former key.", like=LOCAL_KEY, literal=True, needed=True), about)


TASK_KEYS = {"id": key("Local key of the task: letters, digits, `_` and `-`, and not `trigger`.")}
TASK_FIELDS: dict[str, Schema] = {
    "name": text("What people see.", needed=True),
    "phase_id": text("Local key of the phase it belongs to."),
    "description": thing(
        "description",
        {
            "enabled": flag("Whether it is shown."),
            "value": text("The text, as HTML of the editor.", file=True, most=10_000),
        },
        about="What is to be done.",
    ),
    "journey": JOURNEY,
    "due_date": DUE,
    "due_date_config": DUE_CONFIG,
    "requirements": REQUIREMENTS,
    "assigned_to": ASSIGNED,
    "ecp": _portal("customers"),
    "installer": _portal("installers"),
    "partner": thing("portal view", _PORTAL, about="What the task looks like for partners. Newer platforms only."),
    "taxonomies": TAXONOMIES,
    "aliases": _aliases("task"),
}

SOURCE = thing(
    "source",
    {
        "id": text("Local key of the trigger, which may be left out, or of the task."),
        "origin": choice("Where the value comes from.", {"trigger": "What started the flow.", "action": "A task."}),
        "origin_type": choice("What holds it.", ["entity", "workflow", "journey_block"]),
        "schema": SLUG_REF,
        "attribute": text("Name of the attribute."),
        "attribute_type": choice(
            "Type of the attribute. The platform takes a wrong one for a condition that is never met.",
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
                "message_email_address",
            ],
        ),
        "attribute_repeatable": flag("Whether the attribute holds several values."),
        "attribute_operation": choice("Which changes count.", ["all", "updated", "added", "deleted"]),
        "attribute_sub_field": text("Field inside the value, such as the city of an address."),
        "attributes": many(
            text("Name of an attribute.", needed=True),
            "Several attributes of one type, at most ten; instead of a sub-field, a date offset and an operation. "
            "Newer platforms only.",
            most=10,
        ),
        "attributes_match": choice(
            "Whether one of several attributes must match, or all. Newer platforms only.",
            {"any": "One is enough.", "all": "All of them."},
            default="any",
        ),
        "date_offset": thing(
            "date offset",
            {"amount": whole("How many."), "unit": choice("Unit of the time.", ["days", "months", "years"])},
            about="Moves the date before it is compared. Newer platforms only.",
        ),
    },
    about="The value that is compared.",
    needed=True,
)
STATEMENT = thing(
    "statement",
    {
        "id": key("Local key of the statement; may be left out."),
        "source": SOURCE,
        "operator": choice(
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
            ],
            needed=True,
        ),
        "values": many(text("A value.", needed=True), "What it is compared with, as text.", needed=True),
        "value_type": choice(
            "What the values are. Newer platforms only.",
            {"static": "The values themselves.", "relative_date": "A word such as `today`."},
            default="static",
        ),
    },
    about="One comparison.",
    named_by=["id"],
    nullable=False,
)
CONDITION = thing(
    "condition",
    {
        "id": key("Local key of the branch; edges name it as `condition_id`."),
        "branch_name": text("What people see.", needed=True),
        "logical_operator": choice(
            "How the statements are joined.", {"AND": "All must hold.", "OR": "One is enough."}, needed=True
        ),
        "statements": many(STATEMENT, "The comparisons; none for the default branch and where somebody decides."),
        "aliases": _aliases("branch"),
    },
    about="A branch of a decision.",
    required=["id"],
    named_by=["id"],
    nullable=False,
)

AUTOMATION_CONFIG = thing(
    "automation",
    {
        "flow_id": AUTOMATION,
        "action_config": thing(
            "action",
            {
                "type": text("Type of the action, such as `send-email`.", needed=True),
                "config": thing("configuration", {}, about="What the action works with, open.", open=True),
            },
            about="The platform makes an automation of it, and never gives it back. Further keys are allowed.",
            required=["type"],
            open=True,
        ),
        "duplicated_flow_id": text("Id of an automation to copy; it is never given back. Newer platforms only."),
        "input_context": thing(
            "input",
            {
                "source": choice(
                    "Where the entity comes from.",
                    {"trigger": "What started the flow.", "task": "The task `task_id`."},
                    needed=True,
                ),
                "task_id": text("Local key of a task before this one."),
            },
            about="Entity the automation works on. Left out: the flow's first one. Newer platforms only.",
        ),
    },
    about="What the task runs: one automation, or one action.",
    needed=True,
)
LOOP = thing(
    "loop",
    {
        "loop_branch_id": text("Local key of the branch that goes back.", needed=True),
        "exit_branch_id": text("Local key of the branch that is taken when there were too many rounds.", needed=True),
        "max_iterations": whole("Most rounds; older platforms allow 10.", least=1, default=3, needed=True),
    },
    about="Makes the decision repeat a part of the flow.",
)
TASKS: dict[str, tuple[str, dict[str, Schema]]] = {
    "MANUAL": ("Somebody does it.", {}),
    "AUTOMATION": (
        "An automation does it.",
        {
            "automation_config": AUTOMATION_CONFIG,
            "trigger_mode": MODE,
            "schedule": ref("schedule"),
            "created_automatically": flag("Whether the task was made by a program.", default=False),
        },
    ),
    "DECISION": (
        "The flow branches.",
        {
            "trigger_mode": MODE | {"type": "string", NEEDED: True},
            "conditions": many(
                ref("condition"),
                "The branches. Their order counts where only one can be taken: the first that holds.",
                needed=True,
            ),
            "allow_parallel_execution": flag(
                "Whether several branches can be taken at once. Newer platforms only.", default=True
            ),
            "schedule": ref("decision_schedule"),
            "loop_config": LOOP,
        },
    ),
    "AI_AGENT": (
        "An AI agent does it.",
        {
            "agent_config": never_empty(
                thing(
                    "agent",
                    {"agent_id": text("Id of the agent's configuration, usually `${id.NAME}`.", needed=True)},
                    about="Which agent; further keys are allowed.",
                    open=True,
                    needed=True,
                )
            )
        },
    ),
}


def _task(name: str) -> Schema:
    about, own = TASKS[name]
    keys = {"id": {"$ref": "#/$defs/task/properties/id"}, "task_type": only("Kind of task.", name)}
    return thing("task", keys | shared("task_fields", TASK_FIELDS) | own, about=about, nullable=False)


TRIGGER_KEYS = {
    "id": key("Local key of the trigger, for statements that refer to it; may be left out."),
    "aliases": _aliases("trigger"),
}
TRIGGERS: dict[str, tuple[str, dict[str, Schema], list[str]]] = {
    "manual": ("Somebody starts it on an entity.", {"entity_schema": SLUG_REF}, []),
    "automation": (
        "An automation starts it.",
        {
            "automation_id": AUTOMATION,
            "trigger_config": many(
                thing(
                    "trigger configuration",
                    {
                        "type": text("Type of the automation's trigger.", needed=True),
                        "configuration": thing("configuration", {}, about="Its settings, open.", open=True),
                    },
                    required=["type"],
                    open=True,
                    nullable=False,
                ),
                "Triggers from which the platform makes an automation; they are never given back.",
            ),
            "input_entity": choice(
                "What of a conversation by email the flow gets. Newer platforms only.",
                {"thread": "The conversation.", "first_email": "Its first email.", "last_email": "Its last email."},
                default="thread",
            ),
        },
        [],
    ),
    "journey_submission": (
        "A journey was submitted.",
        {
            "journey_id": text("Id of the journey, usually `${id.NAME}`.", needed=True),
            "journey_name": text("A copy of the journey's name; a difference is no change."),
            "automation_id": AUTOMATION | {"description": "The automation behind it; usually the platform sets it."},
        },
        [],
    ),
    "journey_automation": ("A journey's own automation starts it.", {"entity_schema": SLUG_REF}, []),
}


def _trigger(name: str) -> Schema:
    about, own, required = TRIGGERS[name]
    fields = {"type": only(about, name)} | shared("trigger_fields", TRIGGER_KEYS) | own
    return thing("trigger", fields, about=about, required=required, nullable=False)


MODES: dict[str, tuple[str, dict[str, Schema]]] = {
    "immediate": ("As soon as its turn comes.", {}),
    "delayed": (
        "Some time after its turn came.",
        {"duration": number("How long.", least=1, needed=True), "unit": UNIT},
    ),
    "relative": (
        "Some time before or after a moment.",
        {
            "direction": choice("Before or after the moment.", ["before", "after"], needed=True),
            "duration": number("How long.", least=1, needed=True),
            "unit": UNIT,
            "reference": thing(
                "moment",
                {
                    "id": text(
                        "What `origin` refers to: local key of a task for `task_completed`; for "
                        "`all_preceding_tasks_completed` that word itself.",
                        needed=True,
                    ),
                    "origin": choice(
                        "The moment.",
                        {
                            "flow_started": "The start of the flow.",
                            "task_completed": "The end of a task.",
                            "trigger_entity_attribute": "A date in the entity that started the flow.",
                            "all_preceding_tasks_completed": "The end of all tasks before it. Newer platforms only.",
                        },
                        needed=True,
                    ),
                    "schema": SLUG_REF,
                    "attribute": text("Attribute that holds the date."),
                },
                about="The moment that counts.",
                needed=True,
            ),
        },
    ),
}


def _schedule(name: str) -> Schema:
    about, own = MODES[name]
    return thing("schedule", {"mode": only(about, name)} | own, about=about, nullable=False)


def _schedules(*modes: str) -> Schema:
    return variants(
        "schedule",
        "mode",
        {name: MODES[name][0] for name in modes},
        {(name,): f"schedule_{name}" for name in modes},
        about="When the task begins.",
        nullable=True,
        closed=len(modes) < len(MODES),  # a mode that other tasks have is no news of the platform
    )


EVENTS = {
    "Flow": [
        "Started",
        "Completed",
        "Cancelled",
        "Reopened",
        "Deleted",
        "Assigned",
        "DueDateChanged",
        "ContextsChanged",
    ],
    "Task": ["Updated", "Completed", "Skipped", "MarkedInProgress", "MarkedOnHold"],
    "Phase": ["Updated", "Completed", "Skipped", "MarkedInProgress"],
}
ENTITY_SYNC = thing(
    "entity sync",
    {
        "trigger": thing(
            "sync trigger",
            {
                "event": choice(
                    "What happens.",
                    [*[f"{what}{event}" for what, events in EVENTS.items() for event in events], "CurrTaskChanged"],
                    needed=True,
                ),
                "filter": thing(
                    "sync filter",
                    {
                        "task_template_id": text("Local key of a task."),
                        "phase_template_id": text("Local key of a phase."),
                    },
                    about="Narrows it to one task or one phase.",
                ),
            },
            about="When a value is written.",
            required=["event"],
            needed=True,
        ),
        "value": thing(
            "sync value",
            {
                "source": choice(
                    "Which value.",
                    [
                        *[
                            f"{of}_{what}"
                            for of in ("workflow", "task", "phase")
                            for what in ("name", "status", "assigned_to")
                        ],
                        "custom_value",
                    ],
                    needed=True,
                ),
                "value": text("The value itself, for `custom_value`."),
            },
            about="What is written.",
            required=["source"],
            needed=True,
        ),
        "target": thing(
            "sync target",
            {
                "entitySchema": SLUG_REF | {"type": ["string", "object"], NEEDED: True},
                "entityAttribute": text("Name of the attribute.", needed=True),
            },
            about="Where it is written.",
            required=["entitySchema", "entityAttribute"],
            needed=True,
        ),
    },
    about="Writes something of the flow into an entity.",
    required=["trigger", "value", "target"],
    nullable=False,
)

PHASE = thing(
    "phase",
    {
        "id": key("Local key of the phase: letters, digits, `_` and `-`, and not `trigger`."),
        "name": text("What people see.", needed=True),
        "due_date": DUE,
        "due_date_config": DUE_CONFIG,
        "assigned_to": ASSIGNED,
        "taxonomies": TAXONOMIES,
        "aliases": _aliases("phase"),
    },
    about="A part of the flow. Tasks name their phase; edges lead into it and on from it.",
    required=["id"],
    named_by=["id"],
    nullable=False,
)
EDGE = thing(
    "edge",
    {
        "id": key("Local key of the edge; may be left out."),
        "from_id": text("Local key of a task or phase, or `trigger`.", literal=True),
        "to_id": text("Local key of a task or phase. Left out, the way ends here."),
        "condition_id": text("Branch of the decision it comes from."),
        "none_met": flag("Whether it is the decision's default branch."),
    },
    about="A way from one part of the flow to the next.",
    required=["from_id"],
    named_by=["id"],
    nullable=False,
)

TRIGGER = variants(
    "trigger",
    "type",
    {name: about for name, (about, _, _) in TRIGGERS.items()},
    {(name,): f"trigger_{name}" for name in TRIGGERS},
    about="What starts the flow.",
    named_by=["id"],
)
DEFS: dict[str, Schema] = {
    "task": variants(
        "task",
        "task_type",
        {name: about for name, (about, _) in TASKS.items()},
        {(name,): f"task_{name.lower()}" for name in TASKS},
        about="A task. Its kind selects which further fields it has.",
        keys=TASK_KEYS,
        named_by=["id"],
    ),
    "task_fields": field_set(TASK_FIELDS),
    **{f"task_{name.lower()}": _task(name) for name in TASKS},
    "condition": CONDITION,
    "schedule": _schedules(*MODES),
    "decision_schedule": _schedules("delayed", "relative"),
    **{f"schedule_{name}": _schedule(name) for name in MODES},
    "trigger": TRIGGER,
    "trigger_fields": field_set(TRIGGER_KEYS),
    **{f"trigger_{name}": _trigger(name) for name in TRIGGERS},
    "phase": PHASE,
    "edge": EDGE,
    "entity_sync": ENTITY_SYNC,
    **automation.DEFS,
}

SPEC = thing(
    "FlowTemplate",
    {
        "name": text("Name of the flow. It is found by it at first.", needed=True, least=3),
        "description": text("What the flow is for.", file=True, most=5000),
        "version": choice(
            "Generation of the format, not a counter. It never changes.",
            {"v1": "Deprecated.", "v2": "Tasks in a line.", "v3": "Tasks in a graph, with decisions."},
        ),
        "enabled": flag(
            "Whether the flow can be started. The platform takes a missing word for `true`, so it must be written.",
            needed=True,
        ),
        "trigger": TRIGGER | {"type": ["object", "null"]},
        "additional_triggers": many(ref("trigger"), "What else starts it, by `id`."),
        "due_date": DUE,
        "due_date_config": DUE_CONFIG,
        "assigned_to": ASSIGNED,
        "available_in_ecp": flag("Whether customers see it in their portal.", default=False),
        "phases": many(ref("phase"), "The phases, by `id`."),
        "tasks": many(ref("task"), "The tasks, by `id`.", needed=True),
        "edges": many(ref("edge"), "The ways between them; exactly one begins at `trigger`.", needed=True),
        "closing_reasons": many(
            reference(
                "ClosingReason",
                "A closing reason: `ref: NAME`, `lookup: TITLE` or `id: ID`.",
                ["ref", "lookup", "id"],
                plain=False,
                needed=True,
            ),
            "Reasons people can pick when they close the flow; their order has no meaning.",
        ),
        "singleClosingReasonSelection": flag("Whether only one reason can be picked.", default=False),
        "entity_sync": many(ref("entity_sync"), "What is written into entities; the order has no meaning."),
        "taxonomies": TAXONOMIES,
        "linear": flag(
            "Whether a task can begin as soon as those right before it are done, whatever its requirements say. "
            "Newer platforms only.",
            default=False,
        ),
        "keep_task_automations_in_sync": flag("In no published definition; syncer keeps the live value."),
        "automations": automation.AUTOMATIONS,
    },
    about="A flow, as the workflow definition API knows it.",
    required=["name", "enabled"],
    create=["version"],
    named_by=[],
    nullable=False,
    server={
        "_manifest": "blueprints own it",
        "_resolved_automations": "write the automations under `automations`",
        **dict.fromkeys(("id", "org_id", "created_at", "updated_at", "limit_warnings"), ""),
    },
)

SCHEMA = manifest(
    "FlowTemplate",
    "flow-template",
    "A flow: its triggers, phases, tasks and the ways between them. Ids in it are keys of your own.",
    SPEC,
    titles=True,
    defs=DEFS,
)
