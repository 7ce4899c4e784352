"""Closing reasons (docs/platform.md#closing-reason-calls)."""

from __future__ import annotations

from schema_tables.document import manifest
from schema_tables.words import choice, never_empty, text, thing

SPEC = thing(
    "ClosingReason",
    {
        "title": text(
            "What people pick when they close a flow. The reason is found by it at first.", needed=True, least=1
        ),
        "status": never_empty(
            choice(
                "Whether the reason can be picked. Taking the manifest away sets `INACTIVE`.",
                {
                    "ACTIVE": "Offered when a flow is closed.",
                    "INACTIVE": "Kept for flows closed with it, offered no more.",
                },
                default="ACTIVE",
                needed=True,
            )
        ),
    },
    about="A reason for closing a flow, as the workflow API knows it.",
    required=["title"],
    named_by=[],
    nullable=False,
    server={"id": "", "creationTime": "", "lastUpdateTime": ""},
)

SCHEMA = manifest(
    "ClosingReason",
    "closing-reason",
    "Why a flow was closed: a title and whether it can still be picked.",
    SPEC,
    titles=True,
    policy={
        "removal": {
            "description": "What taking the manifest away does to the live reason.",
            "type": "string",
            "enum": ["deactivate", "delete"],
            "default": "deactivate",
            "markdownEnumDescriptions": [
                "Set it `INACTIVE`; that can be undone.",
                "Erase it; flow templates that list it keep a broken reference.",
            ],
        }
    },
)
