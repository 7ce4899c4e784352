"""The catalogue's rows A01 to A24 (docs/catalogue.md#crashes): an apply that ends at an instant, and what the next one
does.

A row's instant is taken from `simulation.instants`, at the first call of several operations; `make sim CRASHES=1` is
all of them at every position. What a row says beyond that is a function here.
"""

from __future__ import annotations

import contextlib
import inspect
import itertools
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from simulation.broken import BrokenWorld, Fate
from simulation.findings import CANARY, aftermath, linked
from simulation.images import Before
from simulation.instants import INSTANTS, OPERATIONS, Case, Cut, crashed
from simulation.manifests import Make
from simulation.promotions import Two
from simulation.world import scratch
from syncer.model.diagnostic import Refused
from syncer.ops.apply.recovery import SETTLING
from syncer.plan.events import Recovered
from syncer.plan.safety import Consent
from syncer.state.journal import read_records
from syncer.state.lock import myself
from syncer.state.state_file import State, load
from tests.cli.conftest import PLAIN, ended, reason
from tests.support.catalogue import told
from tests.support.patience import PATIENCE, until

Check = Callable[..., None]
CREATE = ("POST", "/v1/workflows/closing-reasons")
SOME = ("reason create", "reason change", "schema create", "flow change", "import", "app install", "retention change")
"""An id of the platform's, a PATCH, a key, a PUT of the whole, several objects at once, and two sorts of upsert."""


@contextlib.contextmanager
def broken(seed: int = 7, **switches: Any) -> Iterator[BrokenWorld]:
    """A world to break."""
    with scratch() as folder:
        world = BrokenWorld(Path(folder), switches, env={"SYNCER_KEY": CANARY})
        world.begin(Random(seed))
        yield world
        world.close()


def cut(world: BrokenWorld, instant: str, method: str, path: str) -> None:
    """An apply that ends at this instant of its first such call."""
    world.tried(Cut(world, instant, method, path, 0, anything=False), workers=1)
    assert world.faults["crash"] == 1


def at(instant: str, *operations: str) -> None:
    """No operation is done twice or lost, whatever the instant; with one worker and with four."""
    for number, operation in enumerate(operations or SOME):
        case = Case(operation, instant, 0, 1 + 3 * (number % 2))
        came = crashed(case)
        assert (came.count, came.problems) == (1, []), str(case)


def one_create(instant: str, seeds: int = 6) -> Iterator[BrokenWorld]:
    """A create cut off there, with the disks that a crash may leave, one after the other, and different dice."""
    for seed in range(seeds):
        with broken(seed) as world:
            world.put(Make.reason("won"))
            before = world.texts()
            world.power = lambda world=world, seed=seed: world.memory.put(  # type: ignore[misc]
                world.memory.images()[seed % len(world.memory.images())]
            )
            cut(world, instant, *CREATE)
            yield world
            assert aftermath(world, before, ()) == []
            assert len(world.listed("ClosingReason")) == 1
            assert [each for each in world.memory.files() if each.suffix == ".tmp"] == []


def a01() -> None:
    """Before each change of the disk that comes before the first intent, and before the first request."""
    reached = set()
    for number in range(1, 12):
        with broken(number) as world:
            world.put(Make.reason("won"))
            before, planned = world.texts(), world.changes()
            world.tried(Before(world, number), workers=1)
            if world.open_intents() or world.committed:
                break
            reached.add(number)
            assert (world.texts(), world.changes()) == (before, planned)
            code, run = world.tried(Fate())
            assert run is not None
            assert (code, run.ends) == (0, {"ClosingReason/won": "done"})
            assert not any(isinstance(each, Recovered) for each in run.events)
            world.converges()
    assert len(reached) >= 3


def a02_here(live: Any, sandbox: Any) -> None:
    """The lock of a process that was killed is taken over with a note."""
    sandbox.fault(method="POST", path=CREATE[1], delay=5, after_commit=True, times=1)
    process = live.start("apply", "--yes")
    until(sandbox.titles, "the create")
    process.kill()
    assert ended(process).code == -signal.SIGKILL
    lock = live.state.with_suffix(".lock")
    assert json.loads(lock.read_text())["pid"] == process.pid
    sandbox.well_again()
    said = live.run("apply", "--yes")
    assert (said.code, sandbox.titles(), lock.exists()) == (0, ["Gewonnen"], False)
    assert "note: took over the lock of a dead run: " in said.err
    assert f"(process {process.pid})" in said.err


def a02_elsewhere(live: Any, sandbox: Any) -> None:
    """A foreign host's is respected: who, since when, and how to lift it."""
    lock = live.state.with_suffix(".lock")
    holder = replace(myself(), owner="ben", host="runner-7", pid=4711, boot="elsewhere", since=time.time() - 7300)
    live.write(str(lock.relative_to(live.folder)), json.dumps(asdict(holder)))
    said = live.run("apply", "--yes")
    assert (said.code, sandbox.requests()) == (4, [])
    assert "state is locked by ben on runner-7 (process 4711) for 2 hours" in said.err
    assert "syncer state unlock --env test" in said.err
    assert live.run("state", "unlock", "--yes").code == 0
    assert (live.run("apply", "--yes").code, sandbox.titles()) == (0, ["Gewonnen"])


def a03() -> None:
    """The record may vanish or be torn: nothing was sent, and both are taken for what they are."""
    kept = set()
    for world in one_create("A03", 5):
        assert (world.committed, world.sent) == ([], [])
        found = read_records(world.journal_path, world.disk)
        kept.add((len(found.records), bool(found.note)))
    assert kept == {(2, False), (2, True), (3, False)}
    at("A03")


def a04() -> None:
    """It is looked for, waited for, looked for again, and made once."""
    for world in one_create("A04", 1):
        world.time.slept.clear()
        code, run = world.tried(Fate())
        assert run is not None
        assert (code, [str(each) for each in run.events[:1]]) == (0, [str(run.events[0])])
        assert run.events[0].message == "an earlier run's `create` had not taken effect"  # type: ignore[union-attr]
        assert world.time.slept == [SETTLING]
        assert [path for _, path, _ in world.committed] == [CREATE[1]]
    at("A04")


def a05() -> None:
    """Half a request: the platform has seen nothing, or all of it."""
    assert {len(world.committed) for world in one_create("A05", 12)} == {0, 1}
    at("A05")


def a06() -> None:
    """It is done 5 s after the process is gone: the time to settle finds it."""
    for world in one_create("A06", 4):
        assert world.committed == []
        code, run = world.tried(Fate())
        assert run is not None
        assert (code, len(world.committed), world.sent) == (0, 1, [])
    at("A06", "reason create", "flow create", "import", "automation create", "app install")


def recovered(instant: str) -> Check:
    """The object is taken over by the before/after set, and this is said; nothing is sent again."""

    def check() -> None:
        for world in one_create(instant, 4):
            assert len(world.committed) == 1
            id = world.one("ClosingReason", title="Won")["id"]
            code, run = world.tried(Fate())
            assert run is not None
            assert (code, len(world.committed)) == (0, 1)
            if instant not in ("A11",):  # there the outcome may be on the medium already
                assert run.events[0].message == f"an earlier run's `create` had taken effect: `{id}`"  # type: ignore[union-attr]
            assert world.state().entries[next(iter(world.state().entries))].live_id == id
        at(instant)

    return check


def stored(world: BrokenWorld) -> State:
    """The state file alone, without what the journal adds."""
    return load(world.state_path, world.environment, disk=world.disk)


def a12() -> None:
    """State is rebuilt from the journal: what is asked after that is asked to verify, and nothing is written."""
    for world in one_create("A12", 4):
        done = len(world.committed)
        assert stored(world).entries == {}
        assert [str(each) for each in world.state().entries] == ["ClosingReason/won"]
        code, run = world.tried(Fate())
        assert run is not None
        assert (code, run.events, len(world.committed) - done) == (0, [], 0)
        assert [str(each) for each in world.state().entries] == ["ClosingReason/won"]
    at("A12")


def state_or_journal(instant: str) -> Check:
    """Whichever of the two files is the older one, together they know; leftovers are removed."""

    def check() -> None:
        images = set()
        for world in one_create(instant, 12):
            images.add(tuple(sorted((path.suffix, content) for path, content in world.memory.files().items())))
            done = len(world.committed)
            assert (world.tried(Fate())[0], len(world.committed) - done) == (0, 0)
        if instant in ("A13", "A15"):
            assert len(images) > 1  # the disk had a choice, and both ends were met
        at(instant)

    return check


def a17() -> None:
    """At every change of the disk while the journal is emptied, with either image of it."""
    reached = 0
    for number, seed in itertools.product(range(1, 8), range(3)):
        with broken(seed) as world:
            world.put(Make.reason("won"))
            before = world.texts()
            world.tried(Emptying(world, number), workers=1)
            reached += world.faults["crash"]
            done = len(world.committed)
            assert aftermath(world, before, ()) == []
            assert len(world.committed) == done == 1
    assert reached >= 12


class Emptying(Fate):
    """Ends the process before the n-th change of the disk after the state was saved for the last time."""

    def __init__(self, world: BrokenWorld, number: int) -> None:
        self.world, self.left = world, number
        self.begun = False

    def disk(self, call: str, path: Path, data: bytes) -> str:
        """Counted once the journal's new file is begun and something is in the state."""
        journal = path.name.startswith(f".{self.world.journal_path.name}.")
        self.begun = self.begun or (journal and call == "create" and len(self.world.committed) == 1)
        if self.begun:
            self.left -= 1
            if self.left == 0:
                raise self.world.crash()
        return ""


DELETED = {"policy": {"removal": "delete"}}
REMOVED = {
    # operation: the object before, the call that removes it, how somebody makes one of the same name
    "reason": (Make.reason("won", metadata=DELETED), "/v2/workflows/*", "ClosingReason", CREATE[1]),
    "flow": (Make.flow("call"), "/v2/flows/templates/*", "FlowTemplate", "/v2/flows/templates"),
}  # fmt: skip


def a18() -> None:
    """Absent is done, and a new object of that name is somebody else's. (What has a key is its key:
    docs/applying.md#which-live-object-is-which.)"""
    for document, path, kind, create in REMOVED.values():
        for again in (False, True):
            with broken() as world:
                world.put(document)
                world.tried(Fate())
                (old,) = world.listed(kind)
                world.only_these(Make.reason("other"))
                cut(world, "A07", "DELETE", path)
                assert world.listed(kind) == [] or kind == "ClosingReason"
                if again:
                    new = world.ask(f"POST {create}", _same_name(old, kind))
                code, run = world.tried(Fate())
                assert run is not None
                assert code == 0
                assert not any("DELETE" in each for each in run.calls)
                assert [str(each) for each in world.state().entries] == ["ClosingReason/other"]
                names = [each["id"] for each in world.listed(kind) if each.get("title") != "Other"]
                assert names == ([new["id"]] if again else [])
                world.converges()
    at(
        "A07",
        "reason delete",
        "flow delete",
        "schema delete",
        "app uninstall",
        "retention disable",
        "reason deactivate",
    )


def _same_name(old: Any, kind: str) -> Any:
    if kind == "ClosingReason":
        return {"title": old["title"], "status": "ACTIVE"}
    return {name: old[name] for name in ("name", "trigger", "tasks", "edges", "version", "enabled") if name in old}


def a19() -> None:
    """Done and as desired: recorded, nothing is sent. Changed by somebody since: a conflict that a reviewer sees."""
    with broken() as world:
        world.put(Make.reason("won"))
        world.tried(Fate())
        world.put(Make.reason("won", title="Neu"))
        saved = world.plan().plan
        cut(world, "A07", "PATCH", "/v2/workflows/*")
        done = len(world.committed)
        assert world.changes() == {}
        code, run = world.tried(Fate())
        assert run is not None
        assert (code, len(world.committed) - done, run.calls) == (0, 0, [])
        assert [each.declared["title"] for each in world.state().entries.values()] == ["Neu"]
    with broken() as world:
        world.put(Make.reason("won"))
        world.tried(Fate())
        world.put(Make.reason("won", title="Neu"))
        saved = world.plan().plan
        cut(world, "A07", "PATCH", "/v2/workflows/*")
        id = world.listed("ClosingReason")[0]["id"]
        world.ask(f"PATCH /v2/workflows/closing-reasons/{id}", {"title": "Fremd"})
        assert world.changes() == {"ClosingReason/won": ["update", "title (conflict)"]}
        with pytest.raises(Refused) as refused:
            world.apply(saved=saved)
        assert refused.value.problems[0].rule == "stale"
        assert world.one("ClosingReason", id=id)["title"] == "Fremd"
    at("A07", "reason change", "schema change", "flow change", "automation change", "app options", "retention change")


STEPS = ("flow enable after create", "enable after import", "automation pointed at its flow", "options after promote")


def a20() -> None:
    """The second of several steps: gone on with there, and nothing is created again."""
    for instant in ("A04", "A07", "A10", "A12"):
        at(instant, *STEPS)
    with broken() as world:
        world.put(Make.flow("visit", enabled=True))
        cut(world, "A04", "PUT", "/v2/flows/templates/*")
        assert [each["enabled"] for each in world.listed("FlowTemplate")] == [False]
        done = len(world.committed)
        assert world.tried(Fate())[0] == 0
        assert [f"{method} {path.rpartition('/')[0]}" for method, path, _ in world.committed[done:]] == [
            "PUT /v2/flows/templates"
        ]
        assert [each["enabled"] for each in world.listed("FlowTemplate")] == [True]


def a21() -> None:
    """A crash in the run that was to mend a crash: every fifth of the pairs."""
    for one, other in list(itertools.product(INSTANTS, INSTANTS))[::5]:
        came = crashed(Case("reason create", one, 0, 1, other))
        assert (came.count, came.problems) == (2, []), f"{one} then {other}"


LIMITED = (
    "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_DFL);"
    "resource.setrlimit(resource.RLIMIT_CORE, (0, 0));"
    "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2);"
    "from syncer.cli import main\n"
    "signal.signal(signal.SIGXFSZ, signal.SIG_DFL); main(sys.argv[2:])"
)
"""The system kills the process in the middle of the write that goes beyond so many bytes."""


def a22(live: Any, sandbox: Any) -> None:
    """Killed in the middle of a write, and at any time: each file is as it was, or as it was to be."""
    ugly = reason("x", "Y").replace("spec:", "spec:    # why").replace("  ", "      ") + "# " + "ä" * 3000 + "\n"
    live.remove("config/won.yaml")
    for number in range(12):
        live.write(
            f"config/f{number:02}.yaml", ugly.replace("name: x", f"name:   x{number}").replace('"Y"', f'"Y{number}"')
        )
    before = {path: path.read_bytes() for path in sorted(live.folder.rglob("*.yaml"))}
    for args in (["fmt"], ["plan", "-o", "saved.plan"], ["init", "sub"]):
        done = subprocess.run(
            [sys.executable, "-B", "-c", LIMITED, "300", *args], cwd=live.folder, env={**PLAIN, **live.env},
            capture_output=True, check=False, timeout=PATIENCE,
        )  # fmt: skip
        assert args[0] == "init" or done.returncode == -signal.SIGXFSZ, (args, done)
        assert {path: path.read_bytes() for path in before} == before
        assert not (live.folder / "saved.plan").exists()
    assert live.run("fmt", "config").code == 0
    after = {path: path.read_bytes() for path in before}
    for pause in (0.05, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5):
        for path, content in before.items():
            path.write_bytes(content)
        process = live.start("fmt", "config")
        time.sleep(pause)
        process.kill()
        ended(process)
        now = {path: path.read_bytes() for path in before}
        assert all(now[path] in (before[path], after[path]) for path in before)
    assert sandbox.writes() == []
    assert live.run("validate").code == 0


def a23() -> None:
    """The disk is gone too: what was made is found by key or title; without either nothing is made beside others."""
    creates = {
        "reason create": "ClosingReason", "schema create": "EntitySchema", "flow create": "FlowTemplate",
        "import": "FlowTemplate", "app install": "AppInstallation", "retention create": "RetentionConfig",
    }  # fmt: skip
    for operation, kind in creates.items():
        asked = OPERATIONS[operation]
        for instant in ("A07", "A10", "A12"):
            with broken(3, **dict(asked.switches)) as world:
                before = world.texts()
                world.put(*asked.after())
                cut(world, instant, asked.method, asked.path)
                world.forget()
                made = len(world.listed(kind))
                links = {str(each.address): each.how for each in world.plan().plan.links}
                assert made == 0 or links, operation
                assert aftermath(world, before, linked(world)) == [], f"{operation} {instant}"
    with broken() as world:
        world.ask(f"POST {CREATE[1]}", {"title": "Gewonnen!", "status": "ACTIVE"})
        world.put(Make.reason("won", title="Gewonnen"))
        code, _ = world.tried(Fate(), consent=Consent())
        assert (code, len(world.listed("ClosingReason"))) == (4, 1)
        assert "--first-contact" in "".join(world.said)


def a24(make_world: Callable[..., Any], crash: type[BaseException], tmp_path: Path) -> None:
    """Cut off between organisations, while files are written or while the target is: the source is as it was, nothing
    is made twice, and the next promotion and the next apply finish it."""
    for number, cut_off in enumerate(("writing", "before", "after")):
        world = make_world()
        world.put(Make.bundle("visit"), *(Make.reason(f"r{each}", title=f"Grund {each}") for each in range(20)))
        world.apply()
        source = [world.listed(kind) for kind in ("FlowTemplate", "AutomationFlow", "ClosingReason")]
        two = Two(world, tmp_path / f"between-{number}")
        two.provide(two.promote())

        def at_the_third(line: str) -> None:
            if line.startswith("3 "):
                raise crash

        def at_import(request: Any, response: Any = None) -> Any:
            if request.url.path.endswith("/import"):
                raise crash
            return response

        if cut_off == "writing":
            with pytest.raises(crash):
                two.promote(tell=at_the_third)
            assert len(two.files()) > 2  # how many more were under way, the threads decide
        promotion = two.promote()
        assert promotion.missing == []
        if cut_off != "writing":
            setattr(world.wire, cut_off, at_import)
            with pytest.raises(crash):
                two.within("other").apply()
            world.well_again()
            world.time.pass_by(SETTLING + 60)
        assert two.within("other").apply().code == 0
        assert (two.changes("test"), two.changes("other")) == ({}, {})
        titles = [each["title"] for each in two.ask("GET /v1/workflows/closing-reasons")["reasons"]]
        assert sorted(titles) == sorted(f"Grund {each}" for each in range(20))
        assert [each["name"] for each in two.ask("GET /v2/flows/templates")["results"]] == ["Visit"]
        assert source == [world.listed(kind) for kind in ("FlowTemplate", "AutomationFlow", "ClosingReason")]


ROWS: dict[str, Check] = {
    "A01": a01,
    "A02": a02_here,
    "A02-elsewhere": a02_elsewhere,
    "A03": a03,
    "A04": a04,
    "A05": a05,
    "A06": a06,
    **{instant: recovered(instant) for instant in ("A07", "A08", "A09", "A10", "A11")},
    "A12": a12,
    **{instant: state_or_journal(instant) for instant in ("A13", "A14", "A15", "A16")},
    "A17": a17,
    "A18": a18,
    "A19": a19,
    "A20": a20,
    "A21": a21,
    "A22": a22,
    "A23": a23,
    "A24": a24,
}
NOT_APPLICABLE: dict[str, str] = {}


@pytest.mark.parametrize("check", ROWS.values(), ids=told(ROWS))
def test_crash(request: pytest.FixtureRequest, check: Check) -> None:
    check(**{name: request.getfixturevalue(name) for name in inspect.signature(check).parameters})
