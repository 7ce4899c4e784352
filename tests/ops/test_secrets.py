"""Secrets of apps, end to end on the sandbox: what is set, changed by hand, taken away, and what plans, drift and pull
say of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from simulation import apps
from simulation.manifests import document
from simulation.world import Run, World
from syncer.kinds.app_installation.kind import OFF
from syncer.model.diagnostic import InvalidInput
from syncer.plan.events import Done
from syncer.render.events import event_text
from syncer.render.plan_text import render_plan
from syncer.render.terminal import Terminal

Json = Any
TARIFF = "d6f67a8f-9dc1-5dc6-87b4-10190363d0f1"
KEY, SWITCH = "option_values[$app].options[api_key]", "option_values[$app].options[weiche]"
FOLDED = "option_values[f3de4363-1138-5cb7-967f-9ff6fbb71aae].options[api_key]"
HOST = "option_values[$app].options[erp].host"
SILENT = {"app_secret_status": False}
"""A platform as the older definitions have it: it does not say whether a secret is set."""


def options(**values: Json) -> Json:
    return [{"component_id": "$app", "options": [{"key": key, "value": value} for key, value in values.items()]}]


def tariff(**values: Json) -> Json:
    given = {"mandant": "nord", "api_key": "${env.SYNCER_KEY}", **values}
    whole = options(**{key: value for key, value in given.items() if value is not None})
    return document("AppInstallation", "tariff", {"app_id": TARIFF, "version": "1.0.0", "option_values": whole})


def by_hand(world: World, **values: Json) -> None:
    world.ask(f"PATCH /v1/app/{TARIFF}", {"option_values": options(**values)})


def sent(world: World) -> Json:
    """The option values of the last body."""
    bodies = [each["body"] for each in world.requests() if each["method"] in ("PATCH", "POST") and each.get("body")]
    return {each["key"]: each["value"] for each in bodies[-1]["option_values"][0]["options"]}


def planned(world: World) -> Json:
    """What the plan says of each field: before and after of the cause, in words."""
    (change,) = world.plan().plan.changes
    return [(each.path, each.cause, each.level, each.reason) for each in change.fields]


def refusal(world: World) -> list[tuple[str, str]]:
    """Why there is no plan."""
    with pytest.raises(InvalidInput) as refused:
        world.plan()
    return [(each.rule, each.message) for each in refused.value.problems]


def headline(run: Run) -> str:
    """The first line that people see of what was done."""
    return next(text for each in run.events if (text := event_text(each, Terminal()))).splitlines()[0]


def test_options_of_the_app_are_set_and_agree_from_then_on(world: World) -> None:
    world.env = {"SYNCER_KEY": "hush-hush-1", "SYNCER_PIN": "hush-hush-2"}
    world.put(tariff(weiche="links", erp={"host": "erp", "port": 443, "passwort": "${env.SYNCER_PIN}"}))
    assert world.apply().problems == []
    assert sent(world) == {
        "mandant": "nord",
        "api_key": "hush-hush-1",
        "weiche": "links",
        "erp": {"host": "erp", "port": 443, "passwort": "hush-hush-2"},
    }
    world.converges()
    (entry,) = world.state().entries.values()
    assert set(entry.secret_times) == {KEY, FOLDED, SWITCH, "option_values[$app].options[erp]"}
    world.put(tariff(weiche="rechts", erp={"host": "erp2", "port": 443, "passwort": "${env.SYNCER_PIN}"}))
    anew = ("ours", "safe", "rotate: it is sent anew")
    assert planned(world) == [(SWITCH, *anew), (HOST, *anew)]
    world.apply()
    world.converges()


def test_a_secret_that_was_changed_by_hand_is_drift(world: World) -> None:
    world.put(tariff())
    world.apply()
    by_hand(world, mandant="nord", api_key="by hand")
    why = "rotate: somebody set another one since the last apply, and it is set back"
    assert planned(world) == [(KEY, "drift", "risky", why)]
    (found,) = world.drift().objects
    assert [(each.path, each.cause) for each in found.fields] == [(KEY, "drift")]
    world.apply()
    assert sent(world)["api_key"] == "hush-hush-1"
    world.converges()


def test_a_secret_that_was_removed_by_hand_is_set_again(world: World) -> None:
    world.put(tariff())
    world.apply()
    by_hand(world, mandant="nord")
    assert planned(world) == [
        ("enabled", "drift", "safe", ""),
        (KEY, "drift", "safe", "set: there is none yet"),
    ]
    world.apply()
    world.converges()


@pytest.mark.parametrize("switches", [{}, SILENT], ids=["the newest platform", "one that says nothing of secrets"])
def test_a_secret_that_is_declared_later_is_sent(make_world: Callable[..., World], switches: Json) -> None:
    world = make_world(**switches)
    world.put(tariff())
    world.apply()
    world.put(tariff(weiche="links"))
    assert planned(world) == [(SWITCH, "ours", "safe", "set: there is none yet")]
    world.apply()
    assert sent(world) == {"mandant": "nord", "api_key": "hush-hush-1", "weiche": "links"}
    world.converges()


@pytest.mark.parametrize("switches", [{}, SILENT], ids=["the newest platform", "one that says nothing of secrets"])
def test_other_options_change_where_no_other_secret_was_ever_set(
    make_world: Callable[..., World], switches: Json
) -> None:
    world = make_world(**switches)
    world.put(tariff())
    world.apply()
    world.put(tariff(mandant="ost"))
    assert [each[0] for each in planned(world)] == ["option_values[$app].options[mandant].value"]
    world.apply()
    world.converges()


GONE = (
    f"AppInstallation/tariff: {SWITCH} is left out of what is sent; the platform does not say whether it is gone then"
)


@pytest.mark.parametrize(("switches", "notices"), [({}, []), (SILENT, [GONE])], ids=["newest", "silent"])
def test_a_secret_that_is_no_longer_declared_is_taken_away(
    make_world: Callable[..., World], switches: Json, notices: list[str]
) -> None:
    world = make_world(**switches)
    world.put(tariff(weiche="links"))
    world.apply()
    world.put(tariff())
    assert planned(world) == [(SWITCH, "ours", "risky", "remove: the secret is taken away")]
    assert [each.message for each in world.plan().plan.notices] == notices
    world.apply()
    assert sent(world) == {"mandant": "nord", "api_key": "hush-hush-1"}
    world.converges()
    world.put(tariff(weiche="links"))
    assert planned(world) == [(SWITCH, "ours", "safe", "set: there is none yet")]


def test_a_platform_that_keeps_it_is_not_believed(make_world: Callable[..., World]) -> None:
    world = make_world(app_options_patch="merge")
    world.put(tariff(weiche="links"))
    world.apply()
    world.put(tariff())
    run = world.apply()
    assert [each.split(": ", 1)[1] for each in run.problems] == [
        f"step `verify`: the platform keeps the secret `{SWITCH}`: delete it in Settings → Apps"
    ]
    assert planned(world) == [(SWITCH, "ours", "risky", "remove: the secret is taken away")]


def test_one_that_somebody_set_and_nobody_declared_is_never_wiped(world: World) -> None:
    world.put(tariff())
    world.apply()
    by_hand(world, mandant="nord", api_key="hush-hush-1", weiche="by hand")
    world.put(tariff(mandant="ost"))
    assert refusal(world) == [
        (
            "unmanaged-secret",
            "option `weiche` is a secret that no manifest knows, and saving the other options would wipe it",
        )
    ]


def test_a_required_secret_is_not_taken_away(world: World) -> None:
    world.put(tariff())
    world.apply()
    world.put(tariff(api_key=None))
    assert refusal(world) == [
        ("app-required-option", "option `api_key` of component `$app` is required and has no value")
    ]


def test_an_upgrade_whose_options_are_refused_is_an_upgrade_and_off(world: World) -> None:
    world.put(tariff())
    world.apply()
    newer = tariff(mandant="ost")
    newer["spec"]["version"] = "1.1.0"
    world.put(newer)
    world.fault(method="PATCH", path="/v1/app/*", status=400, times=1)
    run = world.apply()
    assert (run.code, run.ends) == (5, {"AppInstallation/tariff": "done"})
    assert headline(run) == "! AppInstallation/tariff upgraded, but the app is off"
    assert [each.but.hint for each in run.events if isinstance(each, Done) and each.but] == [OFF.partition(": ")[2]]
    (said,) = run.problems
    assert said.startswith("AppInstallation/tariff: step `options`: `PATCH /v1/app/")
    assert said.endswith("; the app is off")
    assert planned(world) == [
        ("option_values[$app].options[mandant].value", "ours", "safe", ""),
        ("enabled", "drift", "safe", ""),
    ]
    assert world.apply().problems == []
    world.converges()


WRITTEN: dict[str, tuple[Callable[[World, Json], None], str]] = {
    # what changes of an app whose secret somebody set by hand → what becomes of the secret that its manifest declares
    "nothing": (lambda world, app: None, "it is not sent"),
    "an option": (lambda world, app: app["option_values"][0]["options"][0].update(value="ost"), "it is sent along"),
    "its version": (lambda world, app: app.update(version="1.1.0"), "it may be sent along"),
    "it waits to be saved": (
        lambda world, app: world.stored("installation", TARIFF, lambda body: {**body, "saved": False}),
        "it may be sent along",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("change", "said"), WRITTEN.values(), ids=WRITTEN)
def test_whether_one_of_which_nothing_is_known_is_written_is_foreseen(
    world: World, change: Callable[[World, Json], None], said: str
) -> None:
    values = options(mandant="nord", api_key="by hand")
    world.ask(f"POST /v1/app/{TARIFF}", {"version": "1.0.0", "option_values": values})
    app = tariff()
    change(world, app["spec"])
    world.put(app)
    (notice,) = [each for each in world.plan().plan.notices if each.rule == "secret-unverified"]
    assert notice.message.partition("; ")[2].removesuffix(" with the other changes") == said
    before = world.stored("installation", TARIFF)["values"]["$app"]["api_key"]
    world.apply()
    after = world.stored("installation", TARIFF)["values"]["$app"]["api_key"]
    assert (before == after) == (said == "it is not sent")


def test_a_version_that_comes_out_during_an_apply_is_the_next_plans(world: World) -> None:
    """What was sent reads back as it was sent, and nothing is remembered of it that was not."""
    world.seed({"app_configurations": [apps.configuration()]})
    store, values = world.app.extensions["sandbox"], [{"component_id": apps.COMPONENT, "options": []}]

    def offer(app: Json, number: str, **marks: Json) -> None:
        for each in app["versions"]:
            each.update(marks if each["version"] == number else {})
        store.put(apps.OWNER, "app_configuration", apps.APP, app, mark="public")

    def meter(region: str) -> Json:
        values[0]["options"] = [{"key": "region", "value": region}]
        spec = {"app_id": apps.APP, "option_values": values}
        return document("AppInstallation", "meter", spec, policy={"version": "track"})

    world.put(meter("NW"))
    world.apply()
    assert world.stored("installation", apps.APP)["version"]["version"] == "1.2.0"
    world.put(meter("BY"))

    def published(request: httpx.Request, response: httpx.Response) -> httpx.Response:
        if request.method == "PATCH":
            offer(store.get(apps.OWNER, "app_configuration", apps.APP), "1.3.0", pending=False)
        return response

    world.wire.after = published
    run = world.apply()
    assert (run.code, run.problems) == (0, [])
    assert world.changes() == {"AppInstallation/meter": ["upgrade", "version (ours)"]}
    assert world.apply().code == 0
    world.converges()


def test_a_downgrade_is_called_that(world: World) -> None:
    older, newer = tariff(), tariff()
    newer["spec"]["version"] = "1.1.0"
    world.put(newer)
    world.apply()
    older["metadata"]["policy"] = {"allow_downgrade": True}
    world.put(older)
    (change,) = world.plan().plan.changes
    assert (change.action, change.level) == ("downgrade", "risky")
    assert "↓ AppInstallation/tariff" in render_plan(world.plan().plan, Terminal())
    run = world.apply()
    assert (run.code, headline(run).partition(" (")[0]) == (0, "↓ AppInstallation/tariff downgraded")
    world.converges()


def test_an_upgrade_without_a_secret_is_an_upgrade_and_off(world: World) -> None:
    world.ask(
        f"POST /v1/app/{TARIFF}", {"version": "1.0.0", "option_values": options(mandant="nord", api_key="by hand")}
    )
    newer = tariff(api_key=None)
    newer["spec"]["version"] = "1.1.0"
    world.put(newer)
    run = world.apply()
    assert (run.code, run.ends) == (5, {"AppInstallation/tariff": "done"})
    assert run.problems == ["AppInstallation/tariff: the app is off"]
