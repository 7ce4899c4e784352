"""An organisation of random objects that fit together, as a document for the sandbox's seed: what stands in it is made
from the published definitions (`simulation/published.py`), what one names of another is there.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from random import Random
from typing import Any

from simulation.published import LEFT_OUT, Given, Maker

Json = Any
CORE = ("contact", "account", "opportunity", "order", "contract", "meter")
"""Schemas that every organisation has."""
JOURNEYS = ("0c2fb3d4-1b7a-4c0e-a3a4-7f5ad5a5d001", "0c2fb3d4-1b7a-4c0e-a3a4-7f5ad5a5d002")
PURPOSES = ("5b1d7a1e-8f6b-4c55-9a3d-0c8e6f2a9d01", "5b1d7a1e-8f6b-4c55-9a3d-0c8e6f2a9d02")
SERVERS = frozenset(
    {
        ".id", "._manifest", ".created_at", ".updated_at", ".created_by", ".last_updated_by", ".org_id",
        "EntitySchema.version", "EntitySchema.draft", "EntitySchema.blueprint", "EntitySchemaItem.1._summary",
        "EntitySchemaItem.1.comment", "EntitySchemaItem.1.source", "EntitySchemaItem.1.frozen",
        "EntitySchemaItem.1.latest", "FlowTemplateBase.limit_warnings", "FlowTemplateBase.closing_reasons",
        "AutomationTrigger.trigger_config", "AutomationFlow.runs", "AutomationFlow.disable_details",
        "AutomationFlow.version", "ClosingReason.creationTime", "ClosingReason.lastUpdateTime",
        "ActionCondition.evaluationResult", "AutomationActionConfig.reason",
        "AutomationActionExecutionState.error_output", "AutomationActionExecutionState.execution_status",
        "AutomationActionExecutionState.iterations", "AutomationActionExecutionState.outputs",
        "AutomationActionExecutionState.retry_strategy", "AutomationActionExecutionState.started_at",
        "ActionCondition.error_output", "AutomationLoop.length",
        ".event_id", "ActionSchedule.scheduleApiId", "Config.last_run_at",
        "Config.last_updated_at", "Config.next_run_at", "EntityCapability.app_id",
    }
)  # fmt: skip
"""What only the platform sets, or what it makes of what it is sent; the platform's ids are given below."""


FIXED = ("readonly", "hidden", "repeatable", "computed")
"""What an attribute whose value a variant may override must not be."""


def statement(maker: Maker) -> Json:
    """When a branch is taken, or an action done."""
    source = {"origin": "trigger", "schema": "opportunity", "attribute": "status"}
    kind = "origin_type" if maker.api == "workflow-definition" else "originType"
    said = "operator" if maker.api == "workflow-definition" else "operation"
    return {"id": maker.uuid(), said: "equals", "values": ["active"], "source": source | {kind: "entity"}}


TAME: Mapping[str, Given] = {
    ".settings_flag": lambda maker, owner: [{"name": "wizard", "enabled": True}],
    ".render_condition": lambda maker, owner: LEFT_OUT,
    "QueryConfig.include_deleted": lambda maker, owner: "false",
    "BaseAttribute.edit_mode_config": lambda maker, owner: LEFT_OUT,
    "EntitySync.target.entityAttribute": lambda maker, owner: "feld_0",
    "GroupHeadline.group": lambda maker, owner: LEFT_OUT,
    "EntitySchema.group_headlines": lambda maker, owner: LEFT_OUT,
    ".due_date_config": lambda maker, owner: {"duration": 3, "unit": "days", "type": "WORKFLOW_STARTED"},
    ".due_date": lambda maker, owner: "2027-02-01T08:15:00.000Z",
    "StepJourney.id": lambda maker, owner: JOURNEYS[0],
    "StepJourney.journeyId": lambda maker, owner: JOURNEYS[0],
    "AiAgentTask.2.agent_config": lambda maker, owner: {"agent_id": JOURNEYS[0]},
    ".requirements": lambda maker, owner: [],
    "EntitySync.trigger.filter": lambda maker, owner: LEFT_OUT,
    "AutomationTask.2.schedule": lambda maker, owner: {"mode": "delayed", "duration": 2, "unit": "days"},
    "DecisionTask.2.schedule": lambda maker, owner: {"mode": "delayed", "duration": 2, "unit": "hours"},
    "AutomationConfig.input_context": lambda maker, owner: {"source": "trigger"},
    ".statements": lambda maker, owner: [statement(maker)],
    "IntervalConfigSchedule.interval_days": lambda maker, owner: 30,
    ".condition_id": lambda maker, owner: LEFT_OUT,
}
"""What keeps an object within the rules that syncer has for manifests; without it one in two breaks some."""


class Organisation:
    """So many objects of each kind by dice; `document` is what the sandbox is seeded with. `wild`: whether they may
    break the rules that syncer has for what is written by hand."""

    def __init__(self, dice: Random, size: int, strange: float = 0.05, wild: bool = True) -> None:
        self.dice, self.wild = dice, wild
        self.numbers = 0
        few = max(1, size // 10)
        self.own = [f"eigen_{number}" for number in range(2 * few)]
        self.slugs = [*CORE, *self.own]
        self.reasons = [self.uuid() for _ in range(3 * few)]
        self.views = [self.uuid() for _ in range(few)]
        self.strange = strange
        apps = self.apps(few)
        self.installed = [each["app_id"] for each in apps["apps"]]
        self.automations: list[Json] = []
        self.document: dict[str, list[Json]] = {
            "schemas": [self.schema(slug) for slug in self.own],
            "saved_views": [self.view(id) for id in self.views],
            "closing_reasons": [self.reason(id) for id in self.reasons],
            "flow_templates": [self.flow() for _ in range(3 * few)],
            "retention_configs": [self.retention(slug) for slug in self.own[:few]],
            **apps,
        }
        self.document["automations"] = self.automations

    def uuid(self) -> str:
        """An id that no other object has."""
        self.numbers += 1
        return f"{self.numbers:08x}-0000-4000-a000-{self.dice.getrandbits(48):012x}"

    def called(self, word: str) -> str:
        """A name that no other object has; some look like something else than text."""
        self.numbers += 1
        return f"{self.dice.choice((word, f'{word}:', f'# {word}', f'{word} & Söhne'))} {self.numbers}"

    def maker(self, api: str, given: Mapping[str, Given]) -> Maker:
        given = {"._purpose": lambda maker, owner: [self.dice.choice(PURPOSES)], **given, **({} if self.wild else TAME)}
        found = Maker(self.dice, api, given, SERVERS - set(given))
        found.strange = self.strange
        return found

    def slug(self, *_: object) -> str:
        return self.dice.choice(self.slugs)

    def reason(self, id: str) -> Json:
        """A closing reason."""
        return self.maker("workflow-definition", {}).object("ClosingReason") | {"id": id, "title": self.called("Grund")}

    def view(self, id: str) -> Json:
        """A saved view over one schema, which everybody sees."""
        filters = {"status": [self.dice.choice(("Active", "Inactive"))]}
        return {"id": id, "name": self.called("Ansicht"), "slug": self.own, "shared": True,
                "ui_config": {"filters": filters}}  # fmt: skip

    # --- schemas

    def schema(self, slug: str) -> Json:
        """A schema of its own; its groups, conditions and headlines are those that its attributes name."""
        names = (f"feld_{number}" for number in range(1000))
        groups = [self.uuid() for _ in range(self.dice.choice((0, 1, 2)))]

        def attribute(maker: Maker, owner: str) -> Json:
            made: Json = {}
            while "type" not in made:
                made = maker.value("Attribute", 4)
            if made.get("type") == "computed":
                made = {"value_formatter": "{{first_name}}", **made, "overridable_attribute": False}
            if made.get("overridable_attribute"):
                made = {key: value for key, value in made.items() if key not in FIXED}
            matched = (made.get("edit_mode_config") or {}).get("fuzzy_config") or {}
            if "type" in matched:
                matched["type"] = self.dice.choice(_matched_by(made))
            return made | {"name": next(names), "id": self.uuid()}

        given: dict[str, Given] = {
            "EntitySchema.slug": lambda maker, owner: slug,
            "EntitySchema.attributes": lambda maker, owner: [
                attribute(maker, owner) for _ in range(self.dice.randrange(1, 6))
            ],
            "EntityCapability.attributes": lambda maker, owner: [attribute(maker, owner)],
            "EntityCapability.name": lambda maker, owner: next(names),
            "EntityCapability.schemas": lambda maker, owner: [{"schema": self.slug()}],
            "EntityCapability.id": lambda maker, owner: self.uuid(),
            "EntitySchema.group_settings": lambda maker, owner: [
                maker.object("EntitySchemaGroup", 5) | {"id": id, "label": f"Gruppe {number}"}
                for number, id in enumerate(groups)
            ],
            "BaseAttribute.group": lambda maker, owner: self.dice.choice(groups) if groups else LEFT_OUT,
            "GroupHeadline.group": lambda maker, owner: self.dice.choice(groups) if groups else "Gruppe",
            "GroupHeadline.name": lambda maker, owner: next(names),
            "GroupHeadline.id": lambda maker, owner: self.uuid(),
            "BaseConditionDefinition.id": lambda maker, owner: self.uuid(),
            "BaseConditionDefinition.name": lambda maker, owner: next(names),
            "RelationAttribute.2.allowedSchemas": lambda maker, owner: [self.slug()],
            "RelationAttribute.2.edit_mode": lambda maker, owner: LEFT_OUT,  # no word passes both lists of words
            "RelationAttribute.2.reverse_attributes": lambda maker, owner: LEFT_OUT,
            "TableAttribute.2.columns[].name": lambda maker, owner: next(names),
            "EntitySchema.enable_setting": lambda maker, owner: ["wizard"],
            "EntitySchema.feature_flag": lambda maker, owner: "FF_EIGEN",
        }  # fmt: skip
        for owner in (
            "SelectAttribute.2",
            "StatusAttribute.2",
            "MultiSelectAttribute.2",
            "SelectConditionDefinition.2",
        ):
            given[f"{owner}.options"] = lambda maker, owner: [
                self.dice.choice((f"wert_{number}", {"value": f"wert_{number}", "title": f"Wert {number}"}))
                for number in range(self.dice.randrange(4))
            ]
        return self.maker("entity", given).object("EntitySchemaItem") | {"slug": slug}

    # --- flows and their automations

    def flow(self) -> Json:
        """A flow whose edges, branches and phases name parts that it has; its automations come beside it."""
        dice = self.dice
        count, flow_id = dice.randrange(1, 6), self.uuid()[:8]
        tasks = [self.uuid() for _ in range(count)]
        phases = [self.uuid() for _ in range(dice.choice((0, 1, 2)) if self.wild or count > 1 else 0)]
        given: dict[str, Given] = {
            ".phase_id": lambda maker, owner: dice.choice(phases) if phases else LEFT_OUT,
            ".phase_template_id": lambda maker, owner: dice.choice(phases) if phases else LEFT_OUT,
            ".task_id": lambda maker, owner: dice.choice(tasks),
            ".task_template_id": lambda maker, owner: dice.choice(tasks),
            ".entity_schema": self.slug, ".entitySchema": self.slug,
            "EvaluationSource.schema": self.slug, "RelativeSchedule.reference.schema": self.slug,
            "RelativeSchedule.reference.id": lambda maker, owner: dice.choice(tasks),
            ".journey_id": lambda maker, owner: dice.choice(JOURNEYS),
            ".journeyId": lambda maker, owner: dice.choice(JOURNEYS),
            "StepJourney.id": lambda maker, owner: dice.choice(JOURNEYS),
            ".taxonomies": lambda maker, owner: [], ".assigned_to": lambda maker, owner: [],
            "AgentConfig.agent_id": lambda maker, owner: JOURNEYS[0],
            "AutomationConfig.flow_id": lambda maker, owner: self.automation(flow_id),
            "AutomationConfig.duplicated_flow_id": lambda maker, owner: LEFT_OUT,
            "AutomationConfig.action_config": lambda maker, owner: LEFT_OUT,
            "AutomationTrigger.automation_id": lambda maker, owner: LEFT_OUT,
            "JourneySubmissionTrigger.automation_id": lambda maker, owner: LEFT_OUT,
            "Condition.id": lambda maker, owner: self.uuid(), "Statement.id": lambda maker, owner: self.uuid(),
            "DecisionTask.2.loop_config": lambda maker, owner: LEFT_OUT,
            "FlowTemplateBase.version": lambda maker, owner: "v3",
            "FlowTemplateBase.trigger": lambda maker, owner: self.trigger(maker),
            "FlowTemplateBase.additional_triggers": lambda maker, owner: [],
            "FlowTemplateBase.tasks": lambda maker, owner: [self.task(maker, id) for id in tasks],
            "FlowTemplateBase.phases": lambda maker, owner: [
                maker.object("Phase", 3) | {"id": id, "name": f"Phase {number}"} for number, id in enumerate(phases)
            ],
            "FlowTemplateBase.edges": lambda maker, owner: [],
        }  # fmt: skip
        flow = self.maker("workflow-definition", given).object("FlowTemplate")
        flow |= {"id": flow_id, "name": self.called("Ablauf"), "version": "v3"}
        flow.setdefault("trigger", {"id": self.uuid(), "type": "manual", "entity_schema": self.slug()})
        if phases:
            flow.setdefault("phases", [{"id": id, "name": f"Phase {number}"} for number, id in enumerate(phases)])
        if not self.wild:
            _in_phases(flow)
        flow["edges"] = self.edges(flow)
        flow["closing_reasons"] = [{"id": id} for id in dice.sample(self.reasons, dice.randrange(3))]
        return flow

    def task(self, maker: Maker, id: str) -> Json:
        """A task, with what its type needs."""
        word = self.dice.choice(("MANUAL", "AUTOMATION", "DECISION", "AI_AGENT"))
        owner = {"MANUAL": "ManualTask", "AUTOMATION": "AutomationTask", "DECISION": "DecisionTask"}
        task = maker.object(owner.get(word, "AiAgentTask"), 3) | {"id": id, "name": self.called("Aufgabe")}
        task["task_type"] = word
        if word == "AUTOMATION":
            config = task["automation_config"]
            config["flow_id"] = config.get("flow_id") or maker.given["AutomationConfig.flow_id"](maker, "")
        if word == "AI_AGENT" and not self.wild:
            task["agent_config"] = {"agent_id": JOURNEYS[0]}
        if word == "DECISION":
            for number, each in enumerate(task["conditions"]):
                each["branch_name"] = f"Zweig {number}"
                each["statements"] = each["statements"] or ([] if self.wild else [statement(maker)])
            if not (self.wild or len(task["conditions"]) > 1):
                task["conditions"] = [
                    {"id": id, "branch_name": f"Zweig {number}", "logical_operator": "AND",
                     "statements": [] if number or task["trigger_mode"] == "manual" else [statement(maker)]}
                    for number, id in enumerate((self.uuid(), f"none-met-{self.uuid()}"))
                ]  # fmt: skip
            elif not self.wild and task["trigger_mode"] == "manual":
                task["conditions"] = [each | {"statements": []} for each in task["conditions"]]
        return task

    def trigger(self, maker: Maker) -> Json:
        """What starts a flow; its automation is made by the platform."""
        trigger = maker.object(self.dice.choice(("ManualTrigger", "JourneySubmissionTrigger")), 3)
        return trigger if self.wild and self.dice.random() < 0.5 else trigger | {"id": self.uuid()}

    def edges(self, flow: Json) -> list[Json]:
        """A way from the trigger through all phases and tasks; a decision has an edge for each branch. A wild flow may
        lack some."""
        phases = [each["id"] for each in flow.get("phases", ())]
        parts = {id: [task for task in flow["tasks"] if task.get("phase_id") == id] for id in phases}
        loose = [task for task in flow["tasks"] if task.get("phase_id") not in phases]
        made: list[Json] = [{"from_id": "trigger", "to_id": [*phases, *(task["id"] for task in loose)][0]}]
        for here, there in itertools.pairwise(phases):
            made.append({"from_id": here, "to_id": there})
        for id, tasks in (*parts.items(), ("", loose)):
            if id and tasks:
                made.append({"from_id": id, "to_id": tasks[0]["id"]})
            for task, there in zip(tasks, [*(each["id"] for each in tasks[1:]), ""], strict=False):
                branches = task.get("conditions") or ()
                made += [{"from_id": task["id"], "to_id": there, "condition_id": each["id"]} for each in branches]
                for each in made:
                    if each.get("condition_id", "").startswith("none-met-"):
                        each["none_met"] = True
                if there and not branches:
                    made.append({"from_id": task["id"], "to_id": there})
        kept = [each for each in made if not self.wild or self.dice.random() < 0.95]
        return [{"id": self.uuid(), **each} for each in kept]

    def automation(self, flow_id: str) -> str:
        """An automation that a task of the flow runs; its id."""
        id = self.uuid()
        given: dict[str, Given] = {
            ".id": lambda maker, owner: self.uuid(),
            ".schema": self.slug, ".entity_schema": self.slug, ".target_schema": self.slug, ".source_schema": self.slug,
            ".schedule_id": lambda maker, owner: LEFT_OUT, ".condition_id": lambda maker, owner: LEFT_OUT,
            ".loop_id": lambda maker, owner: LEFT_OUT, ".target_workflow": lambda maker, owner: flow_id,
            ".flow_action_id": lambda maker, owner: LEFT_OUT,
            ".email_template_id": lambda maker, owner: JOURNEYS[1],
            ".target_webhook_id": lambda maker, owner: JOURNEYS[0],
            ".app_id": lambda maker, owner: self.dice.choice(self.installed),
            "AutomationFlow.conditions": lambda maker, owner: [
                maker.object("ActionCondition", 4) | {"id": self.uuid()} for _ in range(self.dice.randrange(2))
            ],
            "AutomationFlow.schedules": lambda maker, owner: [
                maker.object("ActionSchedule", 4) | {"id": self.uuid()} for _ in range(self.dice.randrange(2))
            ],
            "AutomationFlow.triggers": lambda maker, owner: [{"id": self.uuid(), "type": "flows_trigger"}],
            "AutomationFlow.system_flow": lambda maker, owner: LEFT_OUT,
            "AutomationFlow.protected": lambda maker, owner: LEFT_OUT,
            "AutomationFlow.actions": lambda maker, owner: [
                {"name": "Schritt"} | maker.value("AnyAction", 4) | {"id": self.uuid()}
                for _ in range(self.dice.randrange(1, 3))
            ],
        }  # fmt: skip
        maker = self.maker("automation", given)
        made = maker.object("AutomationFlow") | {"id": id, "flow_name": self.called("Automation")}
        for each in made["actions"]:
            each.setdefault("type", "map-entity")
        made["workflow_context"] = {"workflow_id": flow_id, "workflow_role": "run_task_automation"}
        self.automations.append(made)
        return id

    # --- what leans on others

    def retention(self, slug: str) -> Json:
        """A retention config of one schema, over one saved view."""
        given: dict[str, Given] = {
            ".saved_view_id": lambda maker, owner: self.dice.choice(self.views),
            "QueryConfig.filters": lambda maker, owner: [
                {"type": "no_related_entities", "related_entity_schemas": ["order"]},
                {"type": "no_email_communication_since", "lookback_period_days": 30, "message_type": ["SENT"]},
            ],  # without its parts one that is live is carried, but none can be made
        }
        made = self.maker("data-governance", given)
        config = made.object("Config") | {"entity_schema": slug, "enabled": False}
        config.setdefault("schedule", {"frequency": "interval", "interval_days": 30})
        for each in ("start_date", "end_date"):
            config["schedule"].pop(each, None)
        return config

    def apps(self, count: int) -> dict[str, list[Json]]:
        """Apps of others, public, and their installations, with values for the options that they declare."""
        apps, installed = [], []
        for number in range(count):
            app_id, version = self.uuid(), f"1.{number}.0"
            given: dict[str, Given] = {
                "Options.sensitive": lambda maker, owner: LEFT_OUT,  # no reply has its value
                "Options.value": lambda maker, owner: LEFT_OUT, "Options.fields": lambda maker, owner: LEFT_OUT,
                "Options.repeatable": lambda maker, owner: LEFT_OUT,
                "Options.type": lambda maker, owner: self.dice.choice(("text", "number", "boolean")),
            }  # fmt: skip
            options = [
                self.maker("app", given).object("Options", 5) | {"key": f"option_{each}"}
                for each in range(self.dice.randrange(1, 4))
            ]
            component = {"id": self.uuid(), "component_type": "CUSTOM_JOURNEY_BLOCK", "name": {"de": "Baustein"}}
            apps.append(
                {"app_id": app_id, "name": self.called("App"), "versions": [
                    {"version": version, "visibility": "public", "components": [component | {"options": options}]}
                ]}
            )  # fmt: skip
            values = [{"key": each["key"], "value": self._option(each["type"])} for each in options]
            installed.append(
                {"app_id": app_id, "version": version,
                 "option_values": [{"component_id": component["id"], "options": values}]}
            )  # fmt: skip
        return {"app_configurations": apps, "apps": installed}

    def _option(self, type: str) -> Json:
        return {"text": "Wert", "number": self.dice.choice((0, 2.5)), "boolean": self.dice.choice((True, False))}[type]


def _matched_by(attribute: Json) -> tuple[str, ...]:
    """How the platform can match an attribute of this shape."""
    if attribute["type"] in ("relation", "file", "image"):
        return ("relation_set",)
    return ("set_equivalent", "ignore_fields") if attribute.get("repeatable") is True else ("suffix", "regex")


def _in_phases(flow: Json) -> None:
    """Each phase has tasks, those that follow each other."""
    phases = [each["id"] for each in flow.get("phases", ())]
    for number, task in enumerate(flow["tasks"]):
        task.pop("phase_id", None)
        if phases:
            task["phase_id"] = phases[number * len(phases) // len(flow["tasks"])]
