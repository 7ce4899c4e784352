"""The catalogue's rows D01 to D14 (docs/catalogue.md#at-the-same-time): several at once, and what is no longer true."""

from __future__ import annotations

import dataclasses
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from simulation.world import QuickDisk, World
from syncer.kinds import KINDS
from syncer.model.address import Address
from syncer.model.diagnostic import InvalidInput, Refused, SyncerError
from syncer.model.resource import Managed
from syncer.state.backends.factory import local_place
from tests.catalogue.test_network import both
from tests.cli import test_live_commands
from tests.ops import test_plan, test_scheduler
from tests.state import test_plan_file, test_state_file
from tests.support.catalogue import told

Check = Callable[..., None]
REASONS, REASON = "/v1/workflows/closing-reasons", "/v2/workflows/closing-reasons"


def two_machines(world: Any, make: Any, tmp_path: Path) -> None:
    """D02: without a shared lock (a shared state has one): what has a key is made once, whoever is first; of what only
    the platform numbers, a second one may come to be, and every later plan names it."""
    documents = (make.schema("site", make.text("a")), make.checker(), make.retention(), make.reason("won"))
    other = World(tmp_path / "other-machine", env=dict(world.env))
    other.app.extensions["sandbox"].close()
    other.app, other.wire, other.client, other.time = world.app, world.wire, world.client, world.time
    for each in (world, other):
        each.put(*documents)
    met: list[httpx.Request] = []

    def meanwhile(request: httpx.Request) -> None:
        if request.method != "GET" and not met:
            met.append(request)
            world.wire.before = lambda request: None
            other.apply()

    world.wire.before = meanwhile
    code = world.apply().code
    assert met
    counts = {kind: len(world.listed(kind)) for kind in ("AppInstallation", "RetentionConfig", "ClosingReason")}
    assert (counts["AppInstallation"], counts["RetentionConfig"]) == (1, 1)
    assert len([each for each in world.listed("EntitySchema") if each["slug"] == "site"]) == 1
    for each in (world, other):
        each.apply()
        planned = each.plan()
        assert planned.plan.changes == ()
        told = [problem.rule for problem in planned.problems]
        assert told == ["duplicate-live"] * (counts["ClosingReason"] - 1)
    assert code in (0, 4, 5, 6)


def two_plans(world: Any, make: Any) -> None:
    """D03: two saved plans touch one object; the second to be applied is stale."""
    world.put(make.reason("a"), make.reason("b"))
    world.apply()
    world.put(make.reason("a", title="A1"))
    one = test_plan.saved(world)
    world.put(make.reason("a", title="A2"))
    other = test_plan.saved(world)
    assert world.apply(saved=other).code == 0
    world.put(make.reason("a", title="A1"))
    with pytest.raises(Refused) as refusal:
        world.apply(saved=one)
    assert "ClosingReason/a: it was changed in the organisation" in test_plan.messages(refusal)
    assert world.one("ClosingReason", title="A2")


def moved(name: str) -> Check:
    """A row of test_plan_live's saved plans that are no longer true."""

    def check(world: Any, make: Any) -> None:
        test_plan.test_a_saved_plan_that_is_no_longer_true_writes_nothing(world, make, *test_plan.STALE[name])

    return check


def beside_our_change(world: Any, make: Any) -> None:
    """D06: a declared field that we do not change was changed by somebody between plan and write: not written over."""
    world.put(make.reason("a", status="ACTIVE"))
    world.apply()
    world.put(make.reason("a", title="A2", status="ACTIVE"))
    id = world.one("ClosingReason")["id"]
    done = []

    def meddle(request: httpx.Request) -> None:
        if request.method == "GET" and request.url.path == f"{REASON}/{id}" and not done:
            done.append(request)
            world.ask(f"PATCH {REASON}/{id}", {"status": "INACTIVE"})

    world.wire.before = meddle
    run = world.apply()
    assert run.problems == ["ClosingReason/a: somebody changed it in the organisation since the plan"]
    live = world.one("ClosingReason")
    assert (live["title"], live["status"], run.code) == ("A", "INACTIVE", 4)


def replaced(world: Any, make: Any) -> None:
    """D08: deleted, and another of the same title in its place: the saved plan is stale, nothing is sent."""
    world.put(make.reason("a"))
    world.apply()
    world.put(make.reason("a", status="INACTIVE"))
    plan = test_plan.saved(world)
    world.ask(f"DELETE {REASON}/{world.one('ClosingReason')['id']}")
    world.ask(f"POST {REASONS}", {"title": "A", "status": "ACTIVE"})
    seen = len(world.requests())
    with pytest.raises(Refused):
        world.apply(saved=plan)
    assert not [each for each in world.requests()[seen:] if each["method"] != "GET"]


def swapped(world: Any, make: Any) -> None:
    """D10: the changes of a saved plan in another order, with its id made to fit: not the plan that is made now."""
    world.put(make.reason("a"), make.reason("b"))
    plan = test_plan.saved(world)
    with pytest.raises(Refused):
        world.apply(saved=dataclasses.replace(plan, changes=plan.changes[::-1]))
    assert world.listed("ClosingReason") == []


def tampered() -> None:
    """D10: no byte of a plan file can be changed unseen."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        test_plan_file.test_every_flipped_byte_is_noticed_or_means_nothing(Path(folder))


def old(world: Any, make: Any) -> None:
    """D11: better than an age: a plan is held against the organisation and the manifests as they are, so an old one
    that is still true is applied, and one of a minute ago that is not is refused."""
    world.put(make.reason("a"))
    plan = test_plan.saved(world)
    world.time.pass_by(30 * 86_400)
    assert world.apply(saved=plan).code == 0
    with pytest.raises(Refused):
        world.apply(saved=plan)


def beside_an_apply(live: Any, sandbox: Any) -> None:
    """D12: what reads while an apply runs sees each object before or after its change; what would write the state is
    told who holds it."""
    live.reasons(6)
    sandbox.fault(method="POST", path=REASONS, delay=0.4, times=None, after_commit=True)
    process = live.start("apply", "--yes", "--workers", "1")
    from tests.cli.conftest import ended
    from tests.support.patience import until

    until(lambda: sandbox.writes(), "the first write")
    seen = live.run("plan", "--format", "json")
    assert {each["action"] for each in seen.json["changes"]} <= {"create"}
    refused = live.run("state", "rebuild")
    assert (refused.code, "holds" in refused.err or "lock" in refused.err) == (4, True)
    assert ended(process).code == 0
    assert live.run("plan", "--detailed-exitcode").code == 0


def changed_underneath(tmp_path: Path) -> None:
    """D13: git put another state in the place of the one that was read: it is not written over."""
    path = tmp_path / ".syncer" / "state" / "test.json"
    place = local_place(path, "test", org_id="739224", kinds=KINDS, disk=QuickDisk())
    mine = place.save(place.load())
    theirs = local_place(path, "test", org_id="739224", kinds=KINDS, disk=QuickDisk())
    entry = Managed(Address("ClosingReason", "theirs"), "T" * 21)
    theirs.save(dataclasses.replace(theirs.load(), entries={entry.address: entry}))
    with pytest.raises(SyncerError) as caught:
        place.save(dataclasses.replace(mine, entries={}))
    assert caught.value.exit_code in (4, 5)
    assert entry.address in theirs.load().entries


def merged(world: Any, make: Any) -> None:
    """D14: two branches, each with an entry of its own: a merge is a conflict or a file that its checksum refuses,
    never a state that is half of each; without it everything is found again."""
    world.put(make.reason("base"))
    world.apply()
    base = world.state_path.read_text("utf-8")
    world.put(make.reason("ours"))
    world.apply()
    ours = world.state_path.read_text("utf-8")
    world.put(make.reason("theirs"))
    world.state_path.write_text(base, "utf-8")
    world.apply()
    theirs = world.state_path.read_text("utf-8")
    names = ("ours", "base", "theirs")
    for name, text in zip(names, (ours, base, theirs), strict=True):
        (world.folder / name).write_text(text, "utf-8")
    command = ["git", "merge-file", "-p", *(str(world.folder / name) for name in names)]
    result = subprocess.run(command, capture_output=True, check=False)
    assert result.stdout
    assert len([line for line in ours.splitlines() if '"address"' in line]) == 2  # an entry a line, sorted
    world.state_path.write_bytes(result.stdout)
    with pytest.raises(InvalidInput) as caught:
        world.state()
    assert "state" in str(caught.value)
    world.forget()
    assert world.apply().calls == []
    assert sorted(str(each) for each in world.state().entries) == [
        "ClosingReason/base", "ClosingReason/ours", "ClosingReason/theirs",
    ]  # fmt: skip
    assert json.loads(base)


ROWS: dict[str, Check] = {
    "D01": test_live_commands.test_two_at_once,
    "D02": two_machines,
    "D03": two_plans,
    "D04-update": moved("an object was changed by hand"),
    "D04-create": moved("an object has appeared"),
    "D05": test_scheduler.test_what_moves_between_plan_and_write_is_not_written_over,
    "D06": beside_our_change,
    "D07": test_plan.test_a_saved_plan_is_still_true_when_something_else_moved,
    "D08-deleted": moved("an object was deleted"),
    "D08-replaced": replaced,
    "D09-manifest": moved("a manifest was edited"),
    "D09-variable": moved("a variable was changed"),
    "D09-added": moved("a manifest was added"),
    "D10-organisation": test_plan.test_a_plan_of_another_environment_is_refused,
    "D10-order": swapped,
    "D10-bytes": tampered,
    "D11": old,
    "D12": beside_an_apply,
    "D13": changed_underneath,
    "D14": both(merged, test_state_file.test_the_same_state_gives_the_same_bytes),
}

NOT_APPLICABLE: dict[str, str] = {}


def test_every_row_is_here() -> None:
    found = {name.partition("-")[0] for name in ROWS} | set(NOT_APPLICABLE)
    assert found == {f"D{number:02}" for number in range(1, 15)}


@pytest.mark.parametrize("check", ROWS.values(), ids=told(ROWS))
def test_concurrency(check: Check, request: pytest.FixtureRequest) -> None:
    import inspect

    check(**{name: request.getfixturevalue(name) for name in inspect.signature(check).parameters})
