"""Manifests that are complete enough to be created, for tests and simulations; knows the kinds' shapes, no engine."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

Json = Any


def document(kind: str, name: str, spec: Json, **metadata: Json) -> Json:
    return {"apiVersion": "syncer/v1", "kind": kind, "metadata": {"name": name, **metadata}, "spec": spec}


class Make:
    """Manifests that are complete enough to be created; what is given replaces what stands there."""

    document = staticmethod(document)

    APP = "e581c104-f1c0-5e5c-91db-e91fb12df415"
    COMPONENT = "f17093e0-9c05-5cab-abfe-f19df8a94894"

    @staticmethod
    def reason(name: str, /, metadata: Json = None, **spec: Json) -> Json:
        return document("ClosingReason", name, {"title": name.capitalize(), **spec}, **(metadata or {}))

    @staticmethod
    def schema(slug: str, /, *attributes: Json, metadata: Json = None, **spec: Json) -> Json:
        whole = {"slug": slug, "name": slug.capitalize(), "plural": f"{slug}s", "attributes": list(attributes), **spec}
        return document("EntitySchema", slug, whole, **(metadata or {}))

    @staticmethod
    def text(name: str, **more: Json) -> Json:
        return {"name": name, "label": name.capitalize(), "type": "string", **more}

    @staticmethod
    def relation(name: str, *slugs: Json) -> Json:
        return {"name": name, "label": name.capitalize(), "type": "relation", "allowedSchemas": list(slugs)}

    @staticmethod
    def flow(name: str, /, metadata: Json = None, steps: Sequence[str] = ("call", "write"), **spec: Json) -> Json:
        path = ["trigger", *steps]
        whole = {
            "name": name.capitalize(),
            "version": "v3",
            "enabled": False,
            "trigger": {"type": "manual", "entity_schema": "contact"},
            "tasks": [{"id": each, "name": each.capitalize(), "task_type": "MANUAL"} for each in steps],
            "edges": [{"from_id": one, "to_id": other} for one, other in itertools.pairwise(path)],
            **spec,
        }
        return document("FlowTemplate", name, whole, **(metadata or {}))

    @staticmethod
    def bundle(name: str, /, metadata: Json = None, **spec: Json) -> Json:
        """A flow that brings two automations along: one that starts it, one that a task runs."""
        whole = {
            "enabled": True,
            "trigger": {"type": "automation", "automation_id": {"automation": "start"}},
            "tasks": [
                {"id": "call", "name": "Call", "task_type": "MANUAL"},
                {
                    "id": "mail",
                    "name": "Mail",
                    "task_type": "AUTOMATION",
                    "automation_config": {"flow_id": {"automation": "mail"}},
                },
            ],
            "edges": [{"from_id": "trigger", "to_id": "call"}, {"from_id": "call", "to_id": "mail"}],
            "automations": {
                "start": {
                    "flow_name": f"Start {name}",
                    "triggers": [
                        {
                            "type": "entity_operation",
                            "configuration": {"schema": "contact", "operations": ["createEntity"]},
                        }
                    ],
                    "actions": [
                        {"name": "Start", "type": "trigger-workflow", "config": {"target_workflow": {"ref": name}}}
                    ],
                },
                "mail": {
                    "flow_name": f"Mail {name}",
                    "triggers": [{"type": "flows_trigger", "configuration": {}}],
                    "actions": [
                        {
                            "name": "Mail",
                            "type": "send-email",
                            "config": {"email_template_id": "m-1", "language_code": "de"},
                        }
                    ],
                },
            },
            **spec,
        }
        return Make.flow(name, metadata=metadata, **whole)

    @staticmethod
    def installation(
        name: str = "credit", /, metadata: Json = None, secret: bool = True, options: Json = None, **spec: Json
    ) -> Json:
        """The marketplace's credit check with its required options; the secret comes from SYNCER_KEY."""
        values = [{"key": "region", "value": "DE-NW"}] if options is None else list(options)
        if secret:
            values.append({"key": "api_key", "value": "${env.SYNCER_KEY}"})
        whole = {
            "app_id": Make.APP,
            "version": "1.1.0",
            "option_values": [{"component_id": Make.COMPONENT, "options": values}],
            **spec,
        }
        return document("AppInstallation", name, whole, **(metadata or {}))

    @staticmethod
    def checker(name: str = "address", /, metadata: Json = None, text: str = "Wo?", **spec: Json) -> Json:
        """An app without secrets, of which nothing takes long."""
        values = [
            {
                "component_id": "536b9491-d800-59f9-8e70-1a97a593240b",
                "options": [{"key": "ueberschrift", "value": text}],
            }
        ]
        whole = {"app_id": "112b87c2-ba9e-51c3-9fee-6cd85bb8f822", "version": "1.0.0", "option_values": values, **spec}
        return document("AppInstallation", name, whole, **(metadata or {}))

    @staticmethod
    def retention(name: str = "old-contacts", /, metadata: Json = None, **spec: Json) -> Json:
        whole = {
            "entity_schema": "contact",
            "type": "deletion",
            "enabled": False,
            "query": {"saved_view_id": {"lookup": "Inaktive Kontakte"}, "filters": []},
            "schedule": {"frequency": "interval", "interval_days": 7, "start_date": "2027-02-01"},
            **spec,
        }
        return document("RetentionConfig", name, whole, **(metadata or {}))
