"""What a run recalls of the last one: everything where nothing has moved, and not that where one input has. What is
said is the same in any case."""

from __future__ import annotations

import contextlib
import json
import resource
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from simulation.world import SERVER, World
from syncer.kinds import KINDS
from syncer.manifests.project import read_project
from syncer.model.address import Address
from syncer.model.kind import Context
from syncer.model.resource import Live, Match
from syncer.ops.drift import find_drift, last_apply
from syncer.ops.plan import PlanResult
from syncer.ops.recall import EVERY, Recall
from syncer.ops.reply_log import ReplyLog
from syncer.ops.selection import PlanRequest
from syncer.plan.drift import Drift
from syncer.state.agreement_file import AgreementFile, AgreementRecord, WholeAgreement
from syncer.state.state_file import save

RULES = "0" * 32
PLACE = f"test {SERVER}"


@dataclass
class Memory:
    """A world, and the file in which its plans and reports remember."""

    world: World
    rules: str = RULES
    place: str = PLACE
    today: str = ""
    said: list[str] = field(default_factory=list)
    """What was found wrong in the last run."""
    read: bool = False
    """Whether the last run had to read the manifests."""

    @property
    def file(self) -> AgreementFile:
        return AgreementFile(self.world.folder / "cache" / "x.cache", self.rules)

    def recall(self, command: str) -> Recall:
        project = read_project(self.world.folder / "syncer.yaml")
        found = Recall(self.file, project, self.place, self.today or self.world.today, command)
        found.same_files()
        self.read = False
        return found

    def wanted(self) -> tuple[Any, Any, int]:
        self.read = True
        return (*self.world.wanted(), 0)

    def plan(self, **how: Any) -> PlanResult:
        recall, world = self.recall("plan"), self.world
        with world.api(read_only=True) as api:
            found = recall.plan(api, world.fetch, self.wanted, world.state(), PlanRequest(world.target, **how))
        self.said = [each.message for each in recall.problems]
        return found

    def drift(self) -> Drift:
        recall, world = self.recall("drift"), self.world
        with world.api(read_only=True) as api:
            before: Any = (last_apply(world.runs.newest()[0]), ())
            request = PlanRequest(world.target)
            found = recall.drift(api, world.fetch, self.wanted, world.state(), request, before)
        self.said = [each.message for each in recall.problems]
        return found

    def afresh(self) -> tuple[PlanResult, Drift]:
        world = self.world
        with world.api(read_only=True) as api:
            desired, asked = world.wanted()
            request = PlanRequest(world.target, removal_requests=asked, salt=world.state().salt)
            last = last_apply(world.runs.newest()[0])
            return world.plan(), find_drift(api, world.fetch, desired, world.state(), request, last)

    def same(self) -> bool:
        """Whether plan and report say what they say afresh."""
        plan, drift = self.afresh()
        return (self.plan().plan, self.drift()) == (plan.plan, drift)

    def record(self) -> AgreementRecord:
        found, _ = self.file.load()
        assert found is not None
        return found


@pytest.fixture
def memory(world: World, make: Any) -> Memory:
    """Objects of four kinds, one of them with something to ask beside its list, applied; plan and drift ran once."""
    world.put(make.reason("won"), make.schema("site", make.text("street")), make.bundle("visit"), make.checker())
    world.ask("POST /v1/workflows/closing-reasons", {"title": "Von Hand"})
    world.apply()
    found = Memory(world)
    found.plan()
    found.drift()
    return found


def test_nothing_moved_and_no_manifest_is_read(memory: Memory) -> None:
    plan, drift = memory.afresh()
    assert (memory.plan().plan, memory.read, memory.drift(), memory.read) == (plan.plan, False, drift, False)
    assert drift.strangers != ()


def test_what_the_guards_look_at_is_the_same(memory: Memory) -> None:
    world, state = memory.world, memory.world.state()
    afresh, recalled = world.plan(), memory.plan()
    with world.api(read_only=True) as api:
        one, other = (world.situation(each, state, api) for each in (afresh, recalled))
    assert one == other


def test_each_list_and_each_object_is_asked_once(memory: Memory) -> None:
    """Whether all is recalled or not."""
    world = memory.world

    def asked(run: Callable[[], object]) -> list[str]:
        seen = len(world.requests())
        run()
        return sorted(f"{each['method']} {each['path']}" for each in world.requests()[seen:])

    cold = asked(world.plan)
    assert asked(memory.plan) == cold
    world.ask("POST /v1/workflows/closing-reasons", {"title": "Noch einer"})
    assert (asked(memory.plan), memory.read) == (cold, True)


def test_notices_of_the_run_are_said_beside(memory: Memory) -> None:
    from syncer.plan.plan import Notice

    notice = Notice("open-call", "an earlier run left a call open")
    assert (memory.plan(notices=[notice]).plan.notices, memory.read) == ((notice,), False)


def _config(world: World) -> Path:
    return world.folder / "config"


def _with_serial(world: World) -> None:
    save(world.state_path, world.environment, world.state())


def _retitled(world: World) -> None:
    id = world.one("ClosingReason", title="Won")["id"]
    world.stored("closing_reason", id, lambda body: {**body, "x_by_hand": 1})


def _others(world: World) -> None:
    id = world.one("ClosingReason", title="Von Hand")["id"]
    world.stored("closing_reason", id, lambda body: {**body, "x_by_hand": 1})


def _automation(world: World) -> None:
    id = world.listed("AutomationFlow")[0]["id"]
    world.stored("automation", id, lambda body: {**body, "x_by_hand": 1})


MOVED: dict[str, Callable[[Memory], object]] = {
    "a blank in a manifest": lambda memory: _append(_config(memory.world) / "ClosingReason-won.json"),
    "a file that is no manifest yet": lambda memory: (_config(memory.world) / "a.yaml").write_text("", "utf-8"),
    "the name of a file": lambda memory: (_config(memory.world) / "ClosingReason-won.json").rename(
        _config(memory.world) / "other.json"
    ),
    "a comment in syncer.yaml": lambda memory: _append(memory.world.folder / "syncer.yaml", "# x\n"),
    "a folder that can't be searched": lambda memory: (_config(memory.world) / "x.yaml").symlink_to("nowhere"),
    "our object": lambda memory: _retitled(memory.world),
    "an object of others": lambda memory: _others(memory.world),
    "an object that came": lambda memory: memory.world.ask("POST /v1/workflows/closing-reasons", {"title": "Neu"}),
    "the state's serial": lambda memory: _with_serial(memory.world),
    "the state is lost": lambda memory: memory.world.forget(),
    "environment, organisation, server": lambda memory: setattr(memory, "place", "another"),
    "the program": lambda memory: setattr(memory, "rules", "1" * 32),
    "the memory is gone": lambda memory: memory.file.drop(),
    "an automation that no list shows": lambda memory: _automation(memory.world),
}


def _append(path: Path, text: str = "\n") -> None:
    path.write_text(path.read_text("utf-8") + text, "utf-8")


@pytest.mark.parametrize("name", MOVED)
def test_where_one_input_has_moved_it_is_decided_again(memory: Memory, name: str) -> None:
    MOVED[name](memory)
    try:
        plan, drift = memory.afresh()
    except Exception as error:
        with pytest.raises(type(error)):
            memory.plan()
        assert memory.read
        return
    assert (memory.plan().plan, memory.read) == (plan.plan, True)
    assert (memory.drift(), memory.read) == (drift, True)


def test_the_day_is_an_input_where_a_kind_looks_at_it(memory: Memory, make: Any) -> None:
    """A retention configuration must begin in the future; what else agreed yesterday agrees today."""
    memory.today = "2031-01-01"
    assert (memory.same(), memory.read) == (True, False)
    memory.world.put(make.retention())
    memory.world.apply()
    memory.plan()
    memory.plan()
    assert not memory.read
    memory.today = "2031-01-02"
    memory.plan()
    assert memory.read


@contextlib.contextmanager
def full_disk() -> Iterator[None]:
    """No file can grow."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_on_a_full_disk_nothing_is_recalled(memory: Memory) -> None:
    """Without a mark nobody could tell when it is to be compared."""
    with full_disk():
        assert (memory.plan().plan.changes, memory.read, memory.said) == ((), True, [])
    memory.file.drop()
    with full_disk():
        assert (memory.plan().plan.changes, memory.read, memory.said) == ((), True, [])
    assert memory.file.load() == (None, 0)


def test_what_was_read_beside_the_lists_is_an_input(memory: Memory) -> None:
    known = memory.record().whole["plan"]
    assert known.calls != ()
    memory.file.save(_with(memory.record(), "plan", known._replace(reads="0" * 64)), 0)
    memory.plan()
    assert memory.read


def _with(record: AgreementRecord, command: str, whole: WholeAgreement) -> AgreementRecord:
    return record._replace(whole={**record.whole, command: whole})


def test_a_secret_is_never_remembered(world: World, make: Any) -> None:
    world.put(make.reason("won"), make.installation())
    world.apply()
    memory = Memory(world)
    assert memory.same()
    assert memory.same()
    assert memory.read
    assert (memory.record().whole, len(memory.record().objects)) == ({}, 1)
    assert b"hush" not in memory.file.path.read_bytes()


def test_a_text_from_a_file_of_its_own_is_looked_at_every_time(world: World, make: Any) -> None:
    (world.folder / "texts").mkdir()
    (world.folder / "texts" / "a.html").write_text("<p>eins</p>", "utf-8")
    flow = make.flow("visit")
    flow["spec"]["tasks"][0]["description"] = {"enabled": True, "value": {"file": "texts/a.html"}}
    world.put(flow)
    world.apply()
    memory = Memory(world)
    assert (memory.same(), memory.same(), memory.record().whole) == (True, True, {})
    (world.folder / "texts" / "a.html").write_text("<p>zwei</p>", "utf-8")
    assert (len(memory.plan().plan.changes), memory.same()) == (1, True)


def test_a_removed_document_is_answered_every_time(memory: Memory, make: Any) -> None:
    memory.world.put(
        make.document("Removed", "old", {"objects": [{"kind": "ClosingReason", "id": "1f", "action": "delete"}]})
    )
    assert (memory.same(), memory.same(), memory.record().whole) == (True, True, {})


def test_every_tenth_run_does_without(memory: Memory) -> None:
    """And the file then begins to count anew."""
    while memory.file.load()[1] < EVERY - 1:
        memory.plan()
        assert not memory.read
    assert (memory.plan().plan.changes, memory.read, memory.said, memory.file.load()[1]) == ((), True, [], 0)
    assert set(memory.record().whole) == {"plan"}  # of drift nothing was compared
    memory.plan()
    assert not memory.read


def _forged(memory: Memory, used: int) -> None:
    """What was remembered says that all is well with the lists as they are now."""
    record, world = memory.record(), memory.world
    recall = memory.recall("plan")
    with world.api(read_only=True) as api:
        log = ReplyLog(api)
        for kind in record.whole["plan"].kinds:
            log.list(KINDS[kind].service, KINDS[kind].listing)
    lists = log.digest_of_lists(recall._key)
    memory.file.save(_with(record, "plan", record.whole["plan"]._replace(lists=lists)), used)


def test_a_run_that_checks_says_loudly_what_is_wrong(memory: Memory, make: Any) -> None:
    id = memory.world.one("ClosingReason", title="Won")["id"]
    memory.world.ask(f"PATCH /v2/workflows/closing-reasons/{id}", {"title": "Anders", "status": "ACTIVE"})
    _forged(memory, 0)
    assert (memory.plan().plan.changes, memory.said) == ((), [])  # whoever can write that file can do that
    _forged(memory, EVERY - 1)
    assert len(memory.plan().plan.changes) == 1
    assert memory.said == ["it was remembered that everything agrees, and that is not so: a bug of syncer's"]
    assert (memory.file.load(), memory.same(), memory.said) == ((None, 0), True, [])


def test_an_apply_is_not_misled(memory: Memory) -> None:
    id = memory.world.one("ClosingReason", title="Won")["id"]
    memory.world.ask(f"PATCH /v2/workflows/closing-reasons/{id}", {"title": "Anders", "status": "ACTIVE"})
    _forged(memory, 0)
    assert memory.plan().plan.changes == ()
    assert len(memory.world.apply().planned.plan.changes) == 1
    assert memory.world.one("ClosingReason", title="Won")["id"] == id


def test_one_object_that_was_wrongly_remembered_is_named(memory: Memory) -> None:
    world = memory.world
    id = world.one("ClosingReason", title="Won")["id"]
    world.ask(f"PATCH /v2/workflows/closing-reasons/{id}", {"title": "Anders", "status": "ACTIVE"})
    address = Address("ClosingReason", "won")
    (desired,) = [each for each in world.wanted()[0] if each.address == address]
    entry, live = world.state().entries[address], world.one("ClosingReason", title="Anders")
    context = Context(address, desired.spec, live, entry.parts, desired.policy, {}, dict(entry.declared), "")
    wrong = memory.recall("plan").agreements.digest(
        context, desired, Match(address, Live(id, "", "Anders", live), "link"), entry, world.state().salt
    )
    assert wrong is not None
    memory.file.save(memory.record()._replace(objects=frozenset({wrong})), 0)
    assert (memory.plan().plan.changes, memory.said) == ((), [])
    memory.file.save(memory.record()._replace(objects=frozenset({wrong}), whole={}), EVERY - 1)
    assert len(memory.plan().plan.changes) == 1
    assert memory.said == ["it was remembered that ClosingReason/won agrees, and that is not so: a bug of syncer's"]
    assert memory.file.load() == (None, 0)


CALLS: dict[str, tuple[str, str, str, str, Any]] = {
    "it writes": ("workflow", "", "DELETE", "/v2/workflows/closing-reasons/1f", None),
    "no route": ("workflow", "", "GET", "/v9/anything", None),
    "no service": ("nobody", "", "GET", "/v1/app", None),
    "no method": ("workflow", "", "LOOK", "/v1/workflows/closing-reasons", None),
    "it leads elsewhere": ("workflow", "", "GET", "/v1/workflows/closing-reasons/..", None),
    "not there": ("workflow", "", "GET", "/v2/workflows/closing-reasons/1f", None),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_call_that_somebody_wrote_into_the_file_does_nothing(memory: Memory, name: str) -> None:
    world = memory.world
    memory.file.save(_with(memory.record(), "plan", memory.record().whole["plan"]._replace(calls=(CALLS[name],))), 0)
    before = [world.listed(kind) for kind in ("ClosingReason", "FlowTemplate", "EntitySchema")]
    assert (memory.same(), memory.said) == (True, [])
    assert [world.listed(kind) for kind in ("ClosingReason", "FlowTemplate", "EntitySchema")] == before


@pytest.mark.parametrize("kinds", [("Nothing",), ("FlowTemplate", "RetentionConfig"), ()])
def test_other_kinds_in_the_file_do_nothing(memory: Memory, kinds: tuple[str, ...]) -> None:
    memory.file.save(_with(memory.record(), "plan", memory.record().whole["plan"]._replace(kinds=kinds)), 0)
    assert (memory.same(), memory.said) == (True, [])


def test_what_cannot_be_listed_is_said_as_without(memory: Memory) -> None:
    world = memory.world
    world.fault(path="/v1/workflows/closing-reasons", status=403, times=100)
    said = []
    for run in (world.plan, memory.plan):
        with pytest.raises(Exception, match="403") as caught:
            run()
        said.append(json.dumps([each._asdict() for each in caught.value.problems], default=str))
    assert said[0] == said[1]


def test_two_runs_at_once_leave_a_whole_file(memory: Memory) -> None:
    """Each replaces it whole; the last one stays."""
    one, other = memory.recall("plan"), memory.recall("drift")
    memory.world.ask("POST /v1/workflows/closing-reasons", {"title": "Neu"})
    world, request = memory.world, PlanRequest(memory.world.target)
    with world.api(read_only=True) as api:
        one.plan(api, world.fetch, memory.wanted, world.state(), request)
        other.drift(api, world.fetch, memory.wanted, world.state(), request, (last_apply(world.runs.newest()[0]), ()))
    assert "drift" in memory.record().whole
    assert memory.same()
