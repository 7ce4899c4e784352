"""Secrets in fields that are not meant for them, from the plan to what is kept: where they go is said, and they not."""

from __future__ import annotations

import json
import re

import pytest

from tests.canaries import leaked, written
from tests.cli.conftest import PROJECT

SECRET = "hush-hush-1"
ADDRESS = "https://${var.host}/x?k=${env.SYNCER_SHOP_KEY}&to=${env.SYNCER_SHOP_USER}"
FLOW = f"""\
apiVersion: syncer/v1
kind: FlowTemplate
metadata: {{name: hook}}
spec:
  name: Hook
  version: v3
  enabled: false
  trigger: {{type: manual, entity_schema: contact}}
  tasks:
    - {{id: a, name: Aaa, task_type: MANUAL}}
    - {{id: m, name: Mmm, task_type: AUTOMATION, automation_config: {{flow_id: {{automation: call}}}}}}
  edges: [{{from_id: trigger, to_id: a}}, {{from_id: a, to_id: m}}]
  automations:
    call:
      flow_name: Call
      triggers: [{{type: flows_trigger, configuration: {{}}}}]
      actions:
        - name: Call
          type: trigger-webhook
          config:
            url: "{ADDRESS}"
            headers: [{{key: Authorization, value: "Bearer ${{env.SYNCER_SHOP_KEY}}"}}]
"""
CREATED = """\
+ FlowTemplate/hook  "Hook"  risky
    the secrets SYNCER_SHOP_KEY and SYNCER_SHOP_USER go to a.example:
      `automations.call.actions[0].config.url` is no field for secrets
    the secret SYNCER_SHOP_KEY goes into `automations.call.actions[0].config.headers[0].value`,
      which is no field for secrets
"""
SHOWN = """\
        call.actions[Call].config.url: "https://a.example/x?k=(secret SYNCER_SHOP_KEY)&to=(secret S…
"""
MOVED = """\
~ FlowTemplate/hook  "Hook"  risky
    an automation does something else
    the secrets SYNCER_SHOP_KEY and SYNCER_SHOP_USER go to b.example:
      `automations.call.actions[0].config.url` is no field for secrets
    automations.call.actions[0].config.url  [risky]
        - (hidden)
        + "https://b.example/x?k=(secret SYNCER_SHOP_KEY)&to=(secret SYNCER_SHOP_USER)"
"""
DRIFTED = """\
    automations.call.actions[0].config.url
        - "https://a.example/x?k=(secret SYNCER_SHOP_KEY)&to=(secret SYNCER_SHOP_USER)"
        + (hidden)
"""
TEXT = "https://{}.example/x?k=${{env.SYNCER_SHOP_KEY}}&to=${{env.SYNCER_SHOP_USER}}"


@pytest.fixture
def shop(live):
    """A flow with a webhook that is called with a secret, for a host that syncer.yaml names."""
    live.env |= {"SYNCER_SHOP_KEY": SECRET, "SYNCER_SHOP_USER": "another-key-2"}
    live.remove("config/won.yaml")
    live.write("config/hook.yaml", FLOW)
    host(live, "a.example")
    return live


def host(repo, name: str) -> None:
    repo.write("syncer.yaml", f"{PROJECT}    vars: {{host: {name}}}\n")


def secrets(plan: str) -> list[str]:
    """What stands for secrets in a plan's JSON."""
    return [json.loads(f'"{text}"') for text in re.findall(r'"secret": "((?:[^"\\]|\\.)*)"', plan)]


def test_the_text_around_a_secret_and_its_host_are_shown(shop) -> None:
    said = shop.run("plan", "-v", "-o", "plan.json")
    assert said.code == 0
    assert CREATED in said.out
    assert SHOWN in said.out
    plan = (shop.folder / "plan.json").read_text("utf-8")
    assert secrets(plan) == [TEXT.format("a"), "Bearer ${env.SYNCER_SHOP_KEY}"]
    assert json.loads(plan)["changes"][0]["class"] == "risky"
    again = shop.run("show", "plan.json", "-v").out
    assert CREATED in again
    assert SHOWN in again


def test_another_host_is_another_text(shop) -> None:
    """The manifest is the same, and the secret: what syncer.yaml says of the host is in no name of either."""
    shop.run("plan", "-o", "plan.json")
    host(shop, "b.example")
    said = shop.run("apply", "plan.json", "--yes")
    assert (said.code, "FlowTemplate/hook: its manifest, or a variable it uses, has changed" in said.err) == (4, True)
    host(shop, "a.example")
    assert shop.run("apply", "plan.json", "--yes").code == 0
    assert "No changes." in shop.run("plan").out
    host(shop, "b.example")
    assert MOVED in shop.run("plan").out
    fields = json.loads(shop.run("plan", "--format", "json").out)["changes"][0]["fields"]
    assert [(each["before"], each["after"], each["cause"], each["class"]) for each in fields] == [
        ({"hidden": True}, {"secret": TEXT.format("b")}, "ours", "risky")
    ]


def test_what_is_kept_holds_the_text_and_no_secret(shop, sandbox) -> None:
    assert shop.run("apply", "--yes").code == 0
    host(shop, "b.example")
    assert shop.run("apply", "--yes").code == 0
    shop.run("plan", "-o", "plan.json")
    kept = [*written(shop.folder), shop.folder / "plan.json"]
    assert {path.suffix for path in kept} >= {".json", ".run"}
    assert [(path.name, leaked(path.read_bytes())) for path in kept if leaked(path.read_bytes())] == []
    state = json.dumps(json.loads(shop.run("state", "show", "FlowTemplate/hook").out))
    assert secrets(state) == [TEXT.format("b"), "Bearer ${env.SYNCER_SHOP_KEY}"]
    run = json.loads(shop.run("undo", "--format", "json").out)[0]["id"]
    assert "config.url` holds a secret, which was never\n    kept" in shop.run("undo", run).out
    log = sandbox.client.get("/_sandbox/requests").text
    assert leaked(log) == []
    assert "b.example/x?k=[withheld]&to=[withheld]" in log


def test_a_host_that_somebody_changed_is_drift_without_its_text(shop, sandbox) -> None:
    """What stands there now may hold the secret; what was declared is shown as it was."""
    assert shop.run("apply", "--yes").code == 0
    (flow,) = sandbox.ask("GET /v1/automation/flows?include_flows=true&size=100")["results"]
    flow["actions"][0]["config"]["url"] = flow["actions"][0]["config"]["url"].replace("a.example", "evil.example")
    sandbox.ask(f"PUT /v1/automation/flows/{flow['id']}", flow)
    said = shop.run("drift")
    assert said.code == 2
    assert DRIFTED in said.out
    assert "evil" not in said.out
    assert "to a.example" in shop.run("plan").out
