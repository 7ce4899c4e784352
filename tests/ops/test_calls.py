"""The calls of an apply, counted: for every kind and operation exactly these requests, reads included, and no others.

docs/applying.md#the-order-of-things in numbers: each object is read again before it is written and read back after;
what must not be made twice is sent once; what a plan announces is what is sent (for an app that is promoted it is the
most that is sent).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

World, Make = Any, Any
BASE = "/data-governance/v1"
IDS = re.compile(
    r"…|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?<=/)[0-9A-Za-z]{21}(?=$|\?)|(?<=templates/)[0-9A-Za-z]{8}(?=$|\?)"
)


def asked(entry: Any) -> str:
    """A logged request as a line, ids left out."""
    query = f"?{entry['query']}" if entry["query"] else ""
    return IDS.sub("ID", f"{entry['method']} {entry['path']}{query}")


REASON = "/v2/workflows/closing-reasons/ID"
SITE = "/v1/entity/schemas/site"
FLOW = "/v2/flows/templates/ID"
ENFORCED = "enforce_limits=true"
SAVE = f"PUT {FLOW}?{ENFORCED}"
APP = "/v1/app/ID"
CONFIGS = "/data-governance/v1/configs"
ONLY_ONE = f"{CONFIGS}?entity_schema=contact&type=deletion&limit=100"

READ = {
    "ClosingReason": ["GET /v1/workflows/closing-reasons?includeInactive=true"],
    "EntitySchema": ["GET /v2/entity/schemas?full=true&latest=true"],
    "FlowTemplate": ["GET /v2/flows/templates"],
    "AppInstallation": ["GET /v1/app?page=1&pageSize=100"],
    "RetentionConfig": [f"GET {CONFIGS}?limit=100", "GET /v1/entity/views?from=0&size=250", "GET /v1/entity/view/ID"],
}
"""What a plan without changes asks: one list a kind, and the saved view whose filters decide who is deleted."""

DECLARED = ["GET /v1/app-configurations/public/ID?version=1.1.0", "GET /v1/app-configurations/ID/versions/1.1.0"]
NEWER = [each.replace("1.1.0", "1.2.0") for each in DECLARED]
VERSIONS = [f"GET {SITE}/versions?versions_size=1"]
LIMITS = ["GET /v1/workflows/limits/max-allowed"]
AUTOMATIONS = ["POST /v1/automation/flows:batchGet"]
AUTOMATION = "/v1/automation/flows/ID"
USERS_OF_A_REASON = [*READ["FlowTemplate"], "GET /v1/workflows/definitions"]
USERS_OF_AN_APP = [*READ["EntitySchema"], "GET /v1/automation/flows?include_flows=true&size=250"]
USERS_OF_A_FLOW = ["GET /v1/automation/flows?include_flows=true&size=250", "GET /v1/workflows/definitions"]
"""Before something goes, who still refers to it is asked."""

VIEW = ["GET /v1/entity/view/ID"]


def reason(world: World, make: Make) -> None:
    world.put(make.reason("won"))


def reason_changed(world: World, make: Make) -> None:
    world.put(make.reason("won", title="Gewonnen"))


def reason_erased(world: World, make: Make) -> None:
    world.put(make.reason("won", metadata={"policy": {"removal": "delete"}}))


def schema(world: World, make: Make) -> None:
    world.put(make.schema("site", make.text("street")))


def schema_changed(world: World, make: Make) -> None:
    world.put(make.schema("site", make.text("street"), make.text("city")))


def flow(world: World, make: Make) -> None:
    world.put(make.flow("house"))


def flow_live(world: World, make: Make) -> None:
    world.put(make.flow("house", enabled=True))


def flow_changed(world: World, make: Make) -> None:
    world.put(make.flow("house", description="Neu"))


def bundle(world: World, make: Make) -> None:
    world.put(make.bundle("meter"))


def bundle_changed(world: World, make: Make) -> None:
    """Another name of the flow, another mail of its automation."""
    changed = make.bundle("meter", description="Neu")
    changed["spec"]["automations"]["mail"]["actions"][0]["config"]["email_template_id"] = "m-2"
    world.put(changed)


def bundle_mail_changed(world: World, make: Make) -> None:
    changed = make.bundle("meter")
    changed["spec"]["automations"]["mail"]["actions"][0]["config"]["email_template_id"] = "m-2"
    world.put(changed)


def app(world: World, make: Make) -> None:
    world.put(make.installation())


def app_upgraded(world: World, make: Make) -> None:
    world.put(make.installation(version="1.2.0"))


def app_configured(world: World, make: Make) -> None:
    world.put(make.installation(options=[{"key": "region", "value": "DE-BY"}]))


def app_both(world: World, make: Make) -> None:
    world.put(make.installation(options=[{"key": "region", "value": "DE-BY"}], version="1.2.0"))


def retention(world: World, make: Make) -> None:
    world.put(make.retention())


def retention_changed(world: World, make: Make) -> None:
    world.put(make.retention(schedule={"frequency": "interval", "interval_days": 14, "start_date": "2027-02-01"}))


def retention_live(world: World, make: Make) -> None:
    world.put(make.retention(enabled=True))


def gone(world: World, make: Make) -> None:
    world.drop(*world.manifests)


def nothing(world: World, make: Make) -> None:
    pass


Change = Callable[[World, Make], None]
CASES: dict[str, tuple[str, Change, Change, list[str], list[str]]] = {
    # case: kind, what is applied before, what changes, beyond its list the plan asks, the apply asks and sends
    "reason, nothing": ("ClosingReason", reason, nothing, [], []),
    "reason, create": (
        "ClosingReason",
        nothing,
        reason,
        [],
        ["POST /v1/workflows/closing-reasons", f"GET {REASON}"],
    ),
    "reason, update": (
        "ClosingReason",
        reason,
        reason_changed,
        [],
        [f"GET {REASON}", f"PATCH {REASON}", f"GET {REASON}"],
    ),
    "reason, deactivate": (
        "ClosingReason",
        reason,
        gone,
        USERS_OF_A_REASON,
        [f"GET {REASON}", f"PATCH {REASON}", f"GET {REASON}"],
    ),
    "reason, delete": (
        "ClosingReason",
        reason_erased,
        gone,
        USERS_OF_A_REASON,
        [f"GET {REASON}", f"DELETE {REASON}", f"GET {REASON}"],
    ),
    "schema, nothing": ("EntitySchema", schema, nothing, [], []),
    "schema, create": (
        "EntitySchema",
        nothing,
        schema,
        [],
        [f"GET {SITE}?latest=true", f"PUT {SITE}", f"GET {SITE}?latest=true"],
    ),
    "schema, update": (
        "EntitySchema",
        schema,
        schema_changed,
        VERSIONS,
        [f"GET {SITE}?latest=true", f"PUT {SITE}", f"GET {SITE}?latest=true"],
    ),
    "schema, delete": (
        "EntitySchema",
        schema,
        gone,
        ["POST /v1/entity:list"],
        [f"GET {SITE}?latest=true", f"DELETE {SITE}", f"GET {SITE}?latest=true"],
    ),
    "flow, nothing": ("FlowTemplate", flow, nothing, [], []),
    "flow, create disabled": (
        "FlowTemplate",
        nothing,
        flow,
        LIMITS,
        [f"POST /v2/flows/templates?{ENFORCED}", f"GET {FLOW}"],
    ),
    "flow, create enabled": (
        "FlowTemplate",
        nothing,
        flow_live,
        LIMITS,
        [f"POST /v2/flows/templates?{ENFORCED}", f"GET {FLOW}", SAVE, f"GET {FLOW}"],
    ),
    "flow, update": (
        "FlowTemplate",
        flow,
        flow_changed,
        LIMITS,
        [f"GET {FLOW}", SAVE, f"GET {FLOW}"],
    ),
    "flow, delete": ("FlowTemplate", flow, gone, USERS_OF_A_FLOW, [f"GET {FLOW}", f"DELETE {FLOW}", f"GET {FLOW}"]),
    "bundle, nothing": ("FlowTemplate", bundle, nothing, AUTOMATIONS, []),
    "bundle, import": (
        "FlowTemplate",
        nothing,
        bundle,
        LIMITS,
        [
            "POST /v2/flows/templates/import",
            f"GET {FLOW}",
            f"GET {AUTOMATION}",
            SAVE,
            f"GET {FLOW}",
            *AUTOMATIONS,
        ],
    ),
    "bundle, update of an automation": (
        "FlowTemplate",
        bundle,
        bundle_mail_changed,
        [*AUTOMATIONS, *LIMITS],
        [f"GET {FLOW}", *AUTOMATIONS, f"PUT {AUTOMATION}", f"GET {FLOW}", *AUTOMATIONS],
    ),
    "bundle, update of both": (
        "FlowTemplate",
        bundle,
        bundle_changed,
        [*AUTOMATIONS, *LIMITS],
        [f"GET {FLOW}", *AUTOMATIONS, f"PUT {AUTOMATION}", SAVE, f"GET {FLOW}", *AUTOMATIONS],
    ),
    "bundle, delete": (  # its automations go with it: they are kept for an undo
        "FlowTemplate",
        bundle,
        gone,
        USERS_OF_A_FLOW,
        [f"GET {FLOW}", "POST /v1/automation/flows:batchGet", f"DELETE {FLOW}", f"GET {FLOW}"],
    ),
    "app, nothing": ("AppInstallation", app, nothing, [], []),
    "app, install": ("AppInstallation", nothing, app, DECLARED, [f"GET {APP}", f"POST {APP}", f"GET {APP}"]),
    "app, configure": ("AppInstallation", app, app_configured, [], [f"GET {APP}", f"PATCH {APP}", f"GET {APP}"]),
    "app, upgrade": (  # promoting disables, so the options are saved again
        "AppInstallation",
        app,
        app_upgraded,
        NEWER,
        [f"GET {APP}", *NEWER, f"POST {APP}/promote-to/1.2.0", f"GET {APP}", f"PATCH {APP}", f"GET {APP}"],
    ),
    "app, upgrade and configure": (
        "AppInstallation",
        app,
        app_both,
        NEWER,
        [f"GET {APP}", *NEWER, f"POST {APP}/promote-to/1.2.0", f"GET {APP}", f"PATCH {APP}", f"GET {APP}"],
    ),
    "app, uninstall": ("AppInstallation", app, gone, USERS_OF_AN_APP, [f"GET {APP}", f"DELETE {APP}", f"GET {APP}"]),
    "retention, nothing": ("RetentionConfig", retention, nothing, [], []),
    "retention, create": (
        "RetentionConfig",
        nothing,
        retention,
        [],
        [f"GET {ONLY_ONE}", "POST /data-governance/v1/contact/configs", f"GET {CONFIGS}/ID", f"GET {ONLY_ONE}", *VIEW],
    ),
    "retention, update": (
        "RetentionConfig",
        retention,
        retention_changed,
        [],
        [
            f"GET {CONFIGS}/ID",
            *VIEW,
            "POST /data-governance/v1/contact/configs",
            f"GET {CONFIGS}/ID",
            f"GET {ONLY_ONE}",
            *VIEW,
        ],
    ),
    "retention, disable": (
        "RetentionConfig",
        retention_live,
        gone,
        [],
        [f"GET {CONFIGS}/ID", "POST /data-governance/v1/contact/configs", f"GET {CONFIGS}/ID", f"GET {ONLY_ONE}"],
    ),
}


@pytest.mark.parametrize(("kind", "before", "change", "plan_asks", "expected"), CASES.values(), ids=CASES)
def test_calls(
    world: World, make: Make, kind: str, before: Change, change: Change, plan_asks: list[str], expected: list[str]
) -> None:
    before(world, make)
    world.apply()
    change(world, make)
    run = world.apply()
    lines = [asked(each) for each in run.requests]
    listed = READ[kind] if change is not gone else READ[kind][:1]  # nobody asks about the view of what is removed
    read_first = sorted([*listed, *plan_asks])
    assert sorted(lines[: len(read_first)]) == read_first
    assert lines[len(read_first) :] == expected
    announced = [call for each in run.planned.plan.changes for call in each.calls]
    assert [IDS.sub("ID", call) for call in announced] == [IDS.sub("ID", call.replace(BASE, "")) for call in run.calls]
    assert set(run.ends.values()) <= {"done"}
    assert run.code == 0


def test_an_upgrade_that_does_not_disable_sends_less_than_announced(make_world: Any, make: Make) -> None:
    """Whether promoting disables is not known: the plan announces the most, and what is not needed is not sent."""
    world = make_world(app_promote_disables=False)
    app(world, make)
    world.apply()
    app_upgraded(world, make)
    run = world.apply()
    assert [IDS.sub("ID", call) for change in run.planned.plan.changes for call in change.calls] == [
        f"POST {APP}/promote-to/1.2.0",
        f"PATCH {APP}",
    ]
    assert [IDS.sub("ID", call) for call in run.calls] == [f"POST {APP}/promote-to/1.2.0"]
    world.converges()


def test_one_list_a_kind_whatever_their_number(world: World, make: Make) -> None:
    """Forty closing reasons and ten flows that refer to them: two lists, no read of a single object."""
    world.put(*[make.reason(f"reason-{n}") for n in range(40)])
    world.put(*[make.flow(f"flow-{n}", closing_reasons=[{"ref": f"reason-{n}"}]) for n in range(10)])
    assert world.apply(workers=4).code == 0
    seen = len(world.requests())
    world.plan()
    assert sorted(asked(each) for each in world.requests()[seen:]) == sorted(
        [*READ["ClosingReason"], *READ["FlowTemplate"]]
    )
