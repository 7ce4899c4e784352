"""One plan in which everything occurs that a plan can say."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from syncer.model.address import Address
from syncer.model.json_values import ABSENT, Lookup, Part, Ref, Secret
from syncer.plan.document.document import identified
from syncer.plan.plan import HIDDEN, Change, Field, Link, Notice, Plan, Release

CANARY = "hunter2-canary"

TITLE = "{{first_name}} {{last_name}}, {{company}} – Netzanschluss {{street}} {{number}}, {{postal_code}} {{city}}"
MAIL_BEFORE = "\n".join(
    ["Sehr geehrte Damen und Herren,", "", "wir haben Ihren Antrag erhalten.", "", "Ihre Stadtwerke", "Musterstadt"]
)
MAIL_AFTER = "\n".join(
    [
        "Guten Tag {{name}},", "", "wir haben Ihren Antrag erhalten.", "Sie hören binnen 10 Tagen von uns.", "",
        "Ihre Stadtwerke", "Musterstadt",
    ]
)  # fmt: skip
IBAN = {
    "name": "iban", "type": "string", "label": "IBAN", "required": True, "group": "bank", "layout": "half_width",
    "render_condition": "type = 'customer'", "_purpose": [Lookup("TaxonomyClassification", "Abrechnung")],
    "info_helpers": {"hint_text": "Steht auf der Karte", "hint_tooltip_placement": "top"},
    "options": ["DE", "AT", None],
}  # fmt: skip


def change(address: Address, action: str, level: str = "safe", **more: object) -> Change:
    values = {
        "reasons": (), "fields": (), "calls": (), "waits": (), "fingerprint": "f" * 32, "live_id": "",
        "name": address.name, **more,
    }  # fmt: skip
    return Change(address, action, level, **values)


CHANGES = (
    change(
        Address("ClosingReason", "won"), "create", name="Auftrag erhalten",
        calls=("POST /v1/workflows/closing-reasons",),
        fields=(Field("title", ABSENT, "Auftrag erhalten", "ours"), Field("status", ABSENT, "ACTIVE", "ours")),
    ),
    change(
        Address("EntitySchema", "contact"), "update", "destructive", name="Kontakt", live_id="contact",
        reasons=("the values of `fax` are lost", "becomes required: entities without it can't be saved"),
        calls=("PUT /v1/entity/schemas/contact",),
        fields=(
            Field("attributes[name].label", "Name", "Vor- und Nachname", "ours"),
            Field("attributes[name].required", False, True, "ours", "risky",
                  "becomes required: entities without it can't be saved", title="Vor- und Nachname"),
            Field("attributes[status].options", ["neu", "alt", "offen"], ["neu", "offen", "erledigt"], "drift"),
            Field("attributes[iban]", ABSENT, IBAN, "ours"),
            Field("attributes[fax]", {"name": "fax", "type": "phone", "label": "Fax"}, ABSENT, "ours", "destructive",
                  "the values of `fax` are lost", "attributes[fax]"),
            Field("attributes.(order)", ["a", "b", "c"], ["b", "c", "a"], "ours"),
            Field("title_template", TITLE, TITLE.replace("Netzanschluss", "Hausanschluss"), "conflict"),
            Field("ui_config.sharing.show_sharing_button", ABSENT, True, "ours"),
            Field("ui_config.table_view.view_type", "default", ABSENT, "drift"),
        ),
    ),
    change(
        Address("FlowTemplate", "house-connection"), "update", name="Hausanschluss", live_id="f-1",
        calls=("PUT /v2/flows/templates/f-1",), waits=(Address("ClosingReason", "won"),),
        fields=(
            Field("description", MAIL_BEFORE, MAIL_AFTER, "ours"),
            Field("closing_reasons", [{"id": "x1"}, {"id": Ref("ClosingReason", "lost")}],
                  [{"id": Ref("ClosingReason", "lost")}, {"id": Ref("ClosingReason", "won")}], "ours"),
            Field("trigger.automation_id", "a-77", Part("automations", "mail"), "ours"),
            Field("due_date_config",
                  [{"type": "REL", "number": 3, "unit": "days"}, {"type": "ABS", "at": "2025-01-01"}],
                  [{"type": "REL", "number": 5, "unit": "days"}, {"type": "ABS", "at": "2025-01-01"}, {"type": "END"}],
                  "ours"),
        ),
    ),
    change(
        Address("AppInstallation", "mail-sender"), "upgrade", "risky", name="Mail Sender", live_id="app-9",
        reasons=("another version of the app",),
        calls=("POST /v1/app/app-9/promote-to/2.1.0", "PATCH /v1/app/app-9", "GET /v1/app/app-9"),
        fields=(
            Field("version", "2.0.3", "2.1.0", "ours", "risky", "another version of the app"),
            Field("option_values[smtp].options[password]", HIDDEN, Secret("EPILOT_SMTP", CANARY), "ours"),
        ),
    ),
    change(
        Address("AppInstallation", "old"), "uninstall", "destructive", name="Alte App", live_id="app-3",
        reasons=("what the app stored is lost",), calls=("DELETE /v1/app/app-3",),
    ),
    change(
        Address("ClosingReason", "zu-teuer"), "deactivate", "risky", name="Zu teuer", live_id="x739",
        reasons=("flows can't be closed with it any more",), calls=("PATCH /v1/workflows/closing-reasons/x739",),
    ),
    change(
        Address("EntitySchema", "old"), "delete", "destructive", name="Altes", live_id="old",
        reasons=("the schema and every entity of it are lost",), calls=("DELETE /v1/entity/schemas/old",),
    ),
    change(
        Address("RetentionConfig", "old-contacts"), "accept", "destructive", name="contact deletion", live_id="cfg-1",
        reasons=("the saved view `Alte` filters otherwise than was accepted: other entities are deleted",),
        fields=(
            Field("query.saved_view_id.filters", "digest 1f3a5c70", "none", "drift", "destructive",
                  "the saved view `Alte` filters otherwise than was accepted: other entities are deleted", "query"),
        ),
    ),
    change(
        Address("RetentionConfig", "old-orders"), "accept", "risky", name="order deletion", live_id="cfg-2",
        reasons=("what the saved view `Alle` filters is not remembered",),
        fields=(
            Field("query.saved_view_id.filters", ABSENT, "digest 0c0ffee0", "unverified", "risky",
                  "what the saved view `Alle` filters is not remembered", "query"),
        ),
    ),
    change(
        Address("EntitySchema", "meter-reading"), "create", name="Zählerstand",
        calls=("PUT /v1/entity/schemas/meter-reading",),
        fields=(
            Field("slug", ABSENT, "meter_reading", "ours"),
            Field("icon", ABSENT, "speed", "ours"),
            Field("plural", ABSENT, "Zählerstände", "ours"),
            Field("name", ABSENT, "Zählerstand", "ours"),
            Field("published", ABSENT, True, "ours"),
            Field("draft", ABSENT, False, "ours"),
            Field("category", ABSENT, "contracts", "ours"),
            Field("ui_config", ABSENT, {"table_view": {"view_type": "default", "route": "/app/readings"},
                                        "list_item": {"summary_attributes": ["value", "unit"]}}, "ours"),
            Field("attributes", ABSENT, [{"name": f"attribute_{number}", "type": "string"} for number in range(40)],
                  "ours"),
            Field("group_settings", ABSENT, [{"id": "main", "label": "Allgemein", "expanded": True}], "ours"),
        ),
    ),
)  # fmt: skip

PLAN = identified(
    Plan(
        "", "production", "739224", "https://api.example.epilot.io", CHANGES,
        (
            Link(Address("ClosingReason", "lost"), "x12", "title", True),
            Link(Address("EntitySchema", "contact"), "contact", "key", False),
            Link(Address("FlowTemplate", "house-connection"), "f-1", "link", True),
        ),
        (Release(Address("EntitySchema", "contact"), "attributes[name].hidden"),),
        (
            Notice("frozen", "frozen: the change is stored but not served", Address("EntitySchema", "contact")),
            Notice("quota", "97 of 100 flow templates are in use"),
        ),
        {"ClosingReason/won": "ab", "EntitySchema/contact": "cd"},
    )
)  # fmt: skip


@pytest.fixture
def everything() -> Plan:
    """A plan in which everything occurs."""
    return PLAN


@pytest.fixture
def nothing() -> Plan:
    """The same organisation, nothing to do."""
    return identified(replace(PLAN, changes=(), released=(), notices=()))


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compare a whole text with `golden/NAME`; `UPDATE_GOLDEN=1` writes the file anew, for review."""

    def compare(name: str, text: str) -> None:
        path = Path(__file__).parent / "golden" / name
        if os.environ.get("UPDATE_GOLDEN"):
            path.write_text(text, "utf-8")
        assert text == path.read_text("utf-8")

    return compare
