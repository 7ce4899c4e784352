"""App installations: enabled is worked out, promoting resets it, secrets never come back, options are replaced."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from syncer.sandbox.seed import private_app_id, seed

CREDIT, ACTION, REPORT = (
    "e581c104-f1c0-5e5c-91db-e91fb12df415",
    "f17093e0-9c05-5cab-abfe-f19df8a94894",
    "91dae637-21a3-5c6e-bddd-f4bb44eff461",
)
NET, ERP = "72a8294d-48ff-5a57-872e-da670053f663", "6512cd31-4d80-55c8-a631-667031f4eafe"
ADDRESS, BLOCK = "112b87c2-ba9e-51c3-9fee-6cd85bb8f822", "536b9491-d800-59f9-8e70-1a97a593240b"
METER = "b9eda1bd-0d39-5eef-b5a2-6747eea88c73"
OWN = private_app_id("739224")


def options(component: str = ACTION, **values: Any) -> list[dict[str, Any]]:
    return [{"component_id": component, "options": [{"key": key, "value": value} for key, value in values.items()]}]


COMPLETE = options(region="NW", api_key="geheim")


def install(box: Any, version: str = "1.1.0", values: Any = COMPLETE, app: str = CREDIT) -> Any:
    return box.get(f"POST /v1/app/{app}", {"version": version, "option_values": values})


def test_installing(box: Any) -> None:
    made = install(box)
    assert {key: value for key, value in made.items() if key != "components"} == {
        "app_id": CREDIT,
        "installer_org_id": "739224",
        "owner_org_id": "100001",
        "enabled": True,
        "name": "Bonitätsprüfung",
        "icon_url": f"https://cdn.example.com/{CREDIT}/logo.png",
        "installed_version": "1.1.0",
        "option_values": options(region="NW"),
        "options": [
            {
                "key": "region",
                "label": "Region",
                "description": "Kürzel des Bundeslandes",
                "type": "text",
                "required": True,
                "value": "NW",
            },
            {"key": "timeout_seconds", "label": "Zeitlimit in Sekunden", "type": "number"},
            {"key": "testbetrieb", "label": "Testbetrieb", "type": "boolean"},
            {
                "key": "api_key",
                "label": "API-Schlüssel",
                "type": "secret",
                "required": True,
                "configured": True,
                "value_updated_at": "2026-03-02T09:14:03.001Z",
            },
        ],
        "role": f"739224:{CREDIT}",
        "installation_audit": {
            "created_at": "2026-03-02T09:14:03.000Z",
            "created_by": "user-739224",
            "updated_at": "2026-03-02T09:14:03.001Z",
            "updated_by": "user-739224",
        },
        "_manifest": [],
    }
    assert [(each["key"], each["type"], each.get("required", False)) for each in made["components"][0]["options"]] == [
        ("region", "text", True),
        ("timeout_seconds", "number", False),
        ("testbetrieb", "boolean", False),
        ("api_key", "secret", True),
    ]
    assert box.get(f"GET /v1/app/{CREDIT}") == made
    assert box.get("GET /v1/app") == {"apps": [made], "pagination": {"total": 1, "page": 1, "pageSize": 20}}
    assert box.get("GET /v1/app", token="beta")["apps"] == []


ENABLED = {
    "everything there": (CREDIT, "1.1.0", COMPLETE, True),
    "no secret": (CREDIT, "1.1.0", options(region="NW"), False),
    "an empty secret": (CREDIT, "1.1.0", options(region="NW", api_key=""), False),
    "nothing asked for": (METER, "1.0.1", [], True),
    "an object": (NET, "1.0.0", options(ERP, endpunkt={"host": "h"}), True),
    "no object": (NET, "1.0.0", [], False),
    "not asked for yet": (ADDRESS, "1.1.0", [], True),
    "asked for now": (ADDRESS, "2.0.0", [], False),
}


@pytest.mark.parametrize(("app", "version", "values", "enabled"), ENABLED.values(), ids=ENABLED)
def test_enabled_follows_from_the_required_options(
    box: Any, app: str, version: str, values: Any, enabled: bool
) -> None:
    assert install(box, version, values, app)["enabled"] is enabled


def test_promoting_disables_until_options_are_saved(box: Any) -> None:
    install(box)
    promoted = box.get(f"POST /v1/app/{CREDIT}/promote-to/1.2.0")
    assert (
        promoted["installed_version"],
        promoted["enabled"],
        promoted["option_values"],
        len(promoted["components"]),
    ) == (
        "1.2.0",
        False,
        options(region="NW"),
        2,
    )
    again = box.get(f"POST /v1/app/{CREDIT}/promote-to/1.2.0")
    assert again == promoted, "the same version again does nothing"
    answer = box.ask(f"PATCH /v1/app/{CREDIT}", {"option_values": COMPLETE})
    assert (answer.status_code, answer.content) == (204, b"")
    assert box.get(f"GET /v1/app/{CREDIT}")["enabled"] is True


def test_a_new_version_may_ask_for_more(box: Any) -> None:
    install(box, "1.1.0", options(BLOCK, ueberschrift="Hier"), ADDRESS)
    assert box.get(f"POST /v1/app/{ADDRESS}/promote-to/2.0.0")["enabled"] is False
    box.ask(f"PATCH /v1/app/{ADDRESS}", {"option_values": options(BLOCK, ueberschrift="Hier")})
    assert box.get(f"GET /v1/app/{ADDRESS}")["enabled"] is False
    box.ask(f"PATCH /v1/app/{ADDRESS}", {"option_values": options(BLOCK, datenquelle="ALKIS")})
    after = box.get(f"GET /v1/app/{ADDRESS}")
    assert (after["enabled"], after["option_values"]) == (True, options(BLOCK, datenquelle="ALKIS"))


def test_a_patch_with_a_version_resets_too(box: Any) -> None:
    install(box)
    assert box.ask(f"PATCH /v1/app/{CREDIT}", {"version": "1.1.0"}).status_code == 204
    after = box.get(f"GET /v1/app/{CREDIT}")
    assert (after["enabled"], after["option_values"]) == (False, options(region="NW"))


def test_entries_of_repeatable_options_get_ids(box: Any) -> None:
    values = options(
        ERP,
        endpunkt={"host": "erp", "port": 443, "tls": True, "passwort": "geheim"},
        netzgebiete=[{"value": "West"}, "Ost", {"id": "r-1", "value": "Nord"}],
        mandanten=[{"code": "STW1", "aktiv": True}],
    )
    made = install(box, "1.10.0", values, NET)
    shown = {each["key"]: each["value"] for each in made["option_values"][0]["options"]}
    assert shown["endpunkt"] == {"host": "erp", "port": 443, "tls": True}, "a secret inside an object stays away too"
    assert [each.get("value") for each in shown["netzgebiete"]] == ["West", "Ost", "Nord"]
    assert [len(each["id"]) for each in shown["netzgebiete"]] == [36, 36, 36], "the platform assigns them"
    assert shown["mandanten"] == [{"id": shown["mandanten"][0]["id"], "code": "STW1", "aktiv": True}]
    box.ask(f"PATCH /v1/app/{NET}", {"option_values": made["option_values"]})
    assert box.get(f"GET /v1/app/{NET}")["option_values"] == made["option_values"]


def test_uninstalling_loses_the_options(box: Any) -> None:
    install(box)
    assert box.ask(f"DELETE /v1/app/{CREDIT}").status_code == 204
    for call in ("GET ", "PATCH ", "DELETE ", "POST promote-to/1.2.0"):
        method, rest = call.split(" ")
        answer = box.ask(f"{method} /v1/app/{CREDIT}{'/' if rest else ''}{rest}")
        assert (answer.status_code, answer.json()) == (404, {"message": f"Installation {CREDIT} not found"})
    assert install(box, values=[])["option_values"] == []


def test_no_secret_is_stored(box: Any) -> None:
    install(box)
    assert "geheim" not in str(box.app.extensions["sandbox"].all("739224", "installation"))


def test_the_catalogue(box: Any) -> None:
    public = box.get("GET /v1/app-configurations/public")
    assert {each["name"]: (each["versions"], each["latest_version"]) for each in public["configurations"]} == {
        "Bonitätsprüfung": (["1.0.0", "1.1.0", "1.2.0"], "1.2.0"),
        "Netzbetreiber-Anbindung": (["0.9.0", "1.0.0", "1.10.0"], "1.10.0"),
        "Adressprüfung": (["1.0.0", "1.1.0", "2.0.0"], "2.0.0"),
        "Zählerstandsmeldung": (["1.0.0", "1.0.1"], "1.0.1"),
        "Tarifabgleich": (["1.0.0", "1.1.0"], "1.1.0"),
    }
    assert (
        box.get("GET /v1/app-configurations/public?page=2&pageSize=3")["configurations"][0]["name"]
        == "Zählerstandsmeldung"
    )
    one = box.get(f"GET /v1/app-configurations/public/{CREDIT}?version=1.1.0")
    assert (one["version"], one["latest_version"], one["role"], [each["version"] for each in one["versions"]]) == (
        "1.1.0",
        "1.2.0",
        {"grants": [{"action": "entity:view"}]},
        ["1.0.0", "1.1.0", "1.2.0"],
    )
    assert box.get(f"GET /v1/app-configurations/public/{CREDIT}")["version"] == "1.2.0"
    assert [each["app_id"] for each in box.get("GET /v1/app-configurations")["configurations"]] == [OWN]
    versions = box.get(f"GET /v1/app-configurations/{OWN}/versions")
    assert [(each["version"], each["visibility"]) for each in versions["versions"]] == [
        ("0.0.1", "private"),
        ("0.0.2", "private"),
    ]
    assert box.get(f"GET /v1/app-configurations/{OWN}/versions/0.0.1")["latest_version"] == "0.0.2"


UNAVAILABLE = {
    "an unknown app": (f"POST /v1/app/{ERP}", {}, "alpha", 404),
    "an unknown version": (f"POST /v1/app/{CREDIT}", {"version": "9.9.9"}, "alpha", 404),
    "a version under review": (f"POST /v1/app/{CREDIT}", {"version": "2.0.0"}, "alpha", 404),
    "one's own private app": (f"POST /v1/app/{OWN}", {"version": "0.0.1"}, "alpha", 201),
    "somebody else's private app": (f"POST /v1/app/{OWN}", {"version": "0.0.1"}, "beta", 404),
    "promoting to nothing": (f"POST /v1/app/{METER}/promote-to/9.9.9", None, "alpha", 400),
    "patching to nothing": (f"PATCH /v1/app/{METER}", {"version": "9.9.9"}, "alpha", 400),
    "the public page of a private app": (f"GET /v1/app-configurations/public/{OWN}", None, "alpha", 404),
    "a stranger's versions": (f"GET /v1/app-configurations/{CREDIT}/versions", None, "alpha", 404),
    "no list of options": (f"POST /v1/app/{METER}", {"option_values": {}}, "alpha", 400),
    "an option without value": (
        f"POST /v1/app/{METER}",
        {"option_values": [{"component_id": "c", "options": [{"key": "a"}]}]},
        "alpha",
        400,
    ),
    "a lineage that is no uuid": (f"POST /v1/app/{METER}", {"_manifest": ["x"]}, "alpha", 400),
    "unknown options": (
        f"POST /v1/app/{METER}",
        {"version": "1.0.1", "option_values": options("c", x=1)},
        "alpha",
        201,
    ),
    "a downgrade": (f"POST /v1/app/{METER}/promote-to/1.0.0", None, "alpha", 200),
}


@pytest.mark.parametrize(("call", "body", "token", "status"), UNAVAILABLE.values(), ids=UNAVAILABLE)
def test_what_can_be_had(box: Any, call: str, body: Any, token: str, status: int) -> None:
    install(box, "1.0.1", [], METER)
    assert box.ask(call, body, token).status_code == status


def test_lists_are_paged_and_filtered(box: Any) -> None:
    for app in (CREDIT, NET, ADDRESS, METER):
        box.get(f"POST /v1/app/{app}")

    def ids(query: str) -> list[str]:
        return [each["app_id"] for each in box.get(f"GET /v1/app?{query}")["apps"]]

    assert ids("pageSize=3&page=2") == [METER]
    assert ids("page=9") == []
    assert ids("enabled=true") == [METER]
    assert ids("componentType=CUSTOM_JOURNEY_BLOCK") == [ADDRESS]
    assert box.ask("GET /v1/app?page=0").status_code == 400
    assert box.get("GET /v1/app?pageSize=1000")["pagination"]["pageSize"] == 100


TARIFF, COMPARE = "d6f67a8f-9dc1-5dc6-87b4-10190363d0f1", "f3de4363-1138-5cb7-967f-9ff6fbb71aae"
ERP_VALUE = {"host": "erp", "port": 443, "passwort": "geheim"}


def shown(made: Any, at: str = "options", *keys: str) -> dict[str, dict[str, Any]]:
    """Option → what an installation says of its value."""
    declared = made["options"] if at == "options" else made["components"][0]["options"]
    about = ("value", "configured", "value_updated_at", "lifted", *keys)
    return {each["key"]: {name: each[name] for name in about if name in each} for each in declared}


def test_options_of_the_app_as_a_whole(box: Any) -> None:
    page = box.get(f"GET /v1/app-configurations/public/{TARIFF}")
    assert [each["key"] for each in page["options"]] == [
        "mandant",
        "stunden",
        "api_key",
        "weiche",
        "erp",
        "testbetrieb",
    ]
    values = options("$app", mandant="nord", api_key="geheim", weiche="links", erp=ERP_VALUE)
    made = install(box, "1.1.0", [*values, *options(COMPARE, sparte="strom")], TARIFF)
    assert made["enabled"] is True
    assert made["option_values"] == [*options("$app", mandant="nord"), *options(COMPARE, sparte="strom")]
    set_at = {"configured": True, "value_updated_at": "2026-03-02T09:14:03.001Z"}
    assert shown(made, "options", "sensitive") == {
        "mandant": {"value": "nord"},
        "stunden": {},
        "api_key": {**set_at, "sensitive": True},
        "weiche": {**set_at, "sensitive": True},
        "erp": {**set_at, "sensitive": True},
        "testbetrieb": {},
        "sparte": {"value": "strom"},
    }
    assert shown(made, "component") == {
        "sparte": {},
        "mandant": {"value": "nord", "lifted": True},
        "api_key": {**set_at, "lifted": True},
    }, "only what the component uses is folded back into it"


def test_what_older_readers_set_at_a_component_counts_for_the_app(box: Any) -> None:
    made = install(box, "1.0.0", options(COMPARE, mandant="nord", api_key="geheim"), TARIFF)
    assert (made["enabled"], made["option_values"]) == (True, options(COMPARE, mandant="nord"))
    assert shown(made)["mandant"] == {"value": "nord"}
    assert shown(made)["api_key"]["configured"] is True


def test_when_a_secret_was_set_last(box: Any) -> None:
    install(box, "1.1.0", options(region="NW"))

    def said() -> Any:
        about = shown(box.get(f"GET /v1/app/{CREDIT}"), "component")["api_key"]
        return about.get("configured"), about.get("value_updated_at", "")[17:19]

    times = [said()]
    for secret, region in (("one", "NW"), ("one", "BY"), ("two", "BY"), ("", "BY")):
        box.turn(seconds=10)
        box.ask(f"PATCH /v1/app/{CREDIT}", {"option_values": options(region=region, api_key=secret)})
        times.append(said())
    assert times == [(False, ""), (True, "13"), (True, "13"), (True, "33"), (False, "")]


def test_entries_of_a_repeatable_secret_are_kept_one_by_one(box: Any) -> None:
    app = {
        "app_id": ERP,
        "name": "Probe",
        "versions": [
            {
                "version": "1.0.0",
                "components": [
                    {
                        "id": "c",
                        "component_type": "API_PROXY",
                        "options": [option_of("keys", "secret", repeatable=True)],
                    }
                ],
            }
        ],
    }
    seed(box.app.extensions["sandbox"], "739224", {"app_configurations": [app]})
    install(box, "1.0.0", options("c", keys=[{"value": "one"}, {"value": "two"}]), ERP)
    (held,) = box.app.extensions["sandbox"].all("739224", "installation")
    entries = held["values"]["c"]["keys"]
    assert [(len(each["id"]), each["value"][:7]) for each in entries] == [(36, "sealed:"), (36, "sealed:")]
    assert "two" not in str(held)
    kept = entries[1]["id"]
    sent = [{"id": kept, "value": "two"}, {"id": "of a client", "value": "three"}]
    box.ask(f"PATCH /v1/app/{ERP}", {"option_values": options("c", keys=sent)})
    (held,) = box.app.extensions["sandbox"].all("739224", "installation")
    now = held["values"]["c"]["keys"]
    assert (now[0], len(now[1]["id"]), now[1]["id"] not in ("of a client", entries[0]["id"], kept)) == (
        entries[1], 36, True,
    )  # fmt: skip


def option_of(key: str, type: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "type": type, **more}


Steps = list[tuple[str, Any]]
PATCH, BOTH = f"PATCH /v1/app/{CREDIT}", {"version": "1.2.0", "option_values": COMPLETE}
REGION, SAVE = options(region="BY"), (f"PATCH /v1/app/{CREDIT}", {"option_values": COMPLETE})
PROMOTE = (f"POST /v1/app/{CREDIT}/promote-to/1.2.0", None)
SWITCHED: dict[str, tuple[dict[str, Any], Steps, dict[str, Any]]] = {
    # case: switches, what follows the installing, what GET shows then
    "options are replaced": ({}, [(PATCH, {"option_values": REGION})], {"enabled": False, "option_values": REGION}),
    "options are merged": (
        {"app_options_patch": "merge"},
        [(PATCH, {"option_values": REGION})],
        {"enabled": True, "option_values": REGION},
    ),
    "secrets are masked": ({"app_secrets": "masked"}, [], {"option_values": options(region="NW", api_key="********")}),
    "older platforms do not say whether a secret is set": (
        {"app_secret_status": False, "app_level_options": False},
        [],
        {"option_values": options(region="NW")},
    ),
    "installing again clears": (
        {},
        [(f"POST /v1/app/{CREDIT}", {"version": "1.1.0"})],
        {"enabled": False, "option_values": []},
    ),
    "installing again keeps": (
        {"app_install_keeps_options": True},
        [(f"POST /v1/app/{CREDIT}", {"version": "1.1.0"})],
        {"enabled": True, "option_values": options(region="NW")},
    ),
    "installing the newest": ({}, [(f"POST /v1/app/{CREDIT}", {})], {"installed_version": "1.2.0"}),
    "promoting keeps it on": (
        {"app_promote_disables": False},
        [PROMOTE],
        {"enabled": True, "installed_version": "1.2.0"},
    ),
    "saving does not help": ({"app_patch_options_enables": False}, [PROMOTE, SAVE], {"enabled": False}),
    "a version alone keeps it on": (
        {"app_patch_version_disables": False},
        [(PATCH, {"version": "1.2.0"})],
        {"enabled": True},
    ),
    "both at once leave it off": ({}, [(PATCH, BOTH)], {"enabled": False, "installed_version": "1.2.0"}),
    "both at once turn it on": ({"app_version_and_options_enables": True}, [(PATCH, BOTH)], {"enabled": True}),
    "merging keeps secrets": (
        {"app_options_patch": "merge"},
        [(PATCH, {"option_values": REGION}), (PATCH, {"option_values": REGION})],
        {"enabled": True},
    ),
    "a read that lags": ({"app_stale_reads": 1}, [(PATCH, {"option_values": REGION})], {"enabled": True}),
    "a read that lagged": (
        {"app_stale_reads": 1},
        [(PATCH, {"option_values": REGION}), (f"GET /v1/app/{CREDIT}", None)],
        {"enabled": False},
    ),
}


@pytest.mark.parametrize(("switches", "steps", "shown"), SWITCHED.values(), ids=SWITCHED)
def test_switches(make_box: Callable[..., Any], switches: dict[str, Any], steps: Steps, shown: dict[str, Any]) -> None:
    box = make_box(**switches)
    install(box)
    for call, body in steps:
        box.get(call, body)
    after = box.get(f"GET /v1/app/{CREDIT}")
    assert {key: after[key] for key in shown} == shown


REFUSING: dict[str, tuple[dict[str, Any], str, Any, int]] = {
    "no version": ({"app_default_version": "refuse"}, f"POST /v1/app/{CREDIT}", {}, 400),
    "a downgrade": ({"app_downgrade": "refused"}, f"POST /v1/app/{CREDIT}/promote-to/1.0.0", None, 400),
    "an unknown option": ({"app_options_checked": True}, PATCH, {"option_values": options(x=1)}, 400),
    "a value of another type": (
        {"app_options_checked": True},
        PATCH,
        {"option_values": options(timeout_seconds="30")},
        400,
    ),
    "an unknown component": ({"app_options_checked": True}, PATCH, {"option_values": options("c", x=1)}, 400),
    "sound options": ({"app_options_checked": True}, PATCH, {"option_values": COMPLETE}, 204),
    "a private app in public": (
        {"app_public_page_serves_private": True},
        f"GET /v1/app-configurations/public/{OWN}",
        None,
        200,
    ),
}


@pytest.mark.parametrize(("switches", "call", "body", "status"), REFUSING.values(), ids=REFUSING)
def test_switches_that_refuse(
    make_box: Callable[..., Any], switches: dict[str, Any], call: str, body: Any, status: int
) -> None:
    box = make_box(**switches)
    install(box)
    assert box.ask(call, body).status_code == status


def test_values_may_be_mirrored_in_the_declarations(make_box: Callable[..., Any]) -> None:
    made = install(make_box(app_values_in_declarations=True))
    assert {each["key"]: each.get("value") for each in made["components"][0]["options"]} == {
        "region": "NW",
        "timeout_seconds": None,
        "testbetrieb": None,
        "api_key": None,
    }


def test_permissions(box: Any) -> None:
    (role,) = box.get("GET /v1/permissions/me")["roles"]
    assert (role["organization_id"], role["grants"]) == (
        "739224",
        [{"action": "*", "resource": "*", "effect": "allow"}],
    )
