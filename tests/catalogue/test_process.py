"""The catalogue's rows F01 to F12 (docs/catalogue.md#process-and-surroundings): signals, streams, clocks, and what
surrounds the process."""

from __future__ import annotations

import ast
import inspect
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from simulation.broken import BrokenWorld, Fate
from simulation.findings import CANARY, aftermath
from simulation.instants import Cut
from simulation.kills import killed
from simulation.manifests import Make
from simulation.world import scratch
from syncer.fs.clock import Effects
from syncer.ops.apply.recovery import SETTLING
from syncer.state.journal import frame
from tests.cli import test_interrupts, test_streams
from tests.cli.conftest import ended, heard, reason

# fixtures of those files, which are asked for by name
from tests.cli.test_interrupts import slow
from tests.cli.test_streams import coloured
from tests.support.catalogue import told
from tests.support.patience import PATIENCE, until

__all__ = ["coloured", "slow"]

Check = Callable[..., None]
CREATE = "/v1/workflows/closing-reasons"
HOUR = 3600.0


@contextmanager
def broken(seed: int = 7) -> Iterator[BrokenWorld]:
    """A world to break."""
    with scratch() as folder:
        world = BrokenWorld(Path(folder), env={"SYNCER_KEY": CANARY})
        world.begin(Random(seed))
        yield world
        world.close()


def f01(slow: Any, sandbox: Any) -> None:
    test_interrupts.test_once_drains(slow, sandbox, signal.SIGINT, 130)


def f02(slow: Any, sandbox: Any) -> None:
    test_interrupts.test_twice_stops_at_once(slow, sandbox)


def f03(slow: Any, sandbox: Any) -> None:
    """As Ctrl-C; what is under way is finished, and nothing else is waited for: a runner gives five seconds."""
    process = slow.start("apply", "--yes", "--workers", "4")
    test_interrupts.begun(sandbox)
    process.send_signal(signal.SIGTERM)
    heard(process, "finishing what is under way")
    sandbox.well_again()
    said = ended(process)
    assert said.code == 143
    assert said.err.endswith("run it again to go on\n")
    made = len(sandbox.titles())
    test_interrupts._goes_on(slow, sandbox, test_interrupts.NUMBER - made)


def f04_nobody(live: Any, sandbox: Any) -> None:
    """Nobody at the other end: refused with the flag that is meant for it, nothing done."""
    for how in ({"stdin": subprocess.DEVNULL}, {"stdin": subprocess.PIPE}):
        process = live.start("apply", **how)
        said = ended(process)
        assert (said.code, sandbox.writes()) == (4, [])
        assert "nobody is there to say yes to this plan" in said.err
        assert "--yes applies it unasked" in said.err
        assert not live.state.with_suffix(".lock").exists()


def f04_end(live: Any, sandbox: Any) -> None:
    """The end of input at the question itself."""
    import pty

    ours, theirs = pty.openpty()
    process = live.start("apply", stdin=theirs)
    os.close(theirs)
    heard(process, "Only `yes` does it: ")
    os.write(ours, b"\x04")
    said = ended(process)
    os.close(ours)
    assert (said.code, sandbox.writes(), "not applied: nothing was changed" in said.err) == (4, [], True)


def readers(coloured: Any, sandbox: Any) -> None:
    """A reader that goes away ends a read command quietly, and does not end an apply."""
    for args in (("plan",), ("apply", "--yes")):
        test_streams.test_a_reader_that_goes_away(coloured, sandbox, args)


def f05_closed(coloured: Any) -> None:
    for name, case in test_streams.CLOSED.items():
        if name.startswith("stdin"):
            continue  # F04: Ctrl-C, or nobody, at the question
        test_streams.test_closed_streams(coloured, *case)


def f05_midway(live: Any, sandbox: Any) -> None:
    """Both streams go away in the middle of an apply: everything is done, and remembered."""
    live.remove("config/won.yaml")
    live.reasons(9)
    sandbox.fault(method="POST", path=CREATE, delay=0.2, times=9)
    process = live.start("apply", "--yes", "--workers", "2")
    until(lambda: len(sandbox.titles()) >= 2, "the first objects")
    for stream in (process.stdout, process.stderr):
        stream.close()
    process.stdout = process.stderr = None
    process.wait(timeout=PATIENCE)
    assert (process.returncode, len(sandbox.titles())) == (0, 9)
    sandbox.forget()
    assert live.run("plan", "--detailed-exitcode").code == 0
    assert len(live.run("state", "list").out.splitlines()) == 9


def f06() -> None:
    """The machine's clock jumps between a crash and the next run: what was sent is given its time all the same."""
    for jump in (-HOUR, 0.0, 40.0, HOUR, 24 * HOUR, 12 * 365 * 24 * HOUR):
        for instant in ("A04", "A06"):
            with broken() as world:
                world.put(Make.reason("won"))
                before = world.texts()
                world.dice.choice = lambda options: options[0]  # type: ignore[method-assign,assignment]
                world.tried(Cut(world, instant, "POST", CREATE, 0, anything=False), workers=1)
                world.skew = jump
                world.time.slept.clear()
                assert world.tried(Fate())[0] == 0
                assert sum(world.time.slept[:2]) == SETTLING  # in two parts where something is done meanwhile
                assert len(world.listed("ClosingReason")) == 1
                assert aftermath(world, before, ()) == []


def f06_midway() -> None:
    """It jumps at every request of a run: no wait, no decision depends on it."""
    for jump in (-HOUR, 24 * HOUR):
        ends = []

        def jumps(world: BrokenWorld, jump: float = jump) -> None:
            world.skew = jump

        for number in range(1, 30):
            with broken(number) as world:
                world.put(Make.reason("won"), Make.schema("site", Make.text("a")), Make.flow("call", enabled=True))
                before = world.texts()
                fate = At(number, partial(jumps, world))
                code, run = world.tried(fate, workers=1)
                assert run is not None
                if fate.left > 0:
                    break
                ends.append((code, sorted(run.ends.values())))
                assert aftermath(world, before, ()) == []
        assert len(ends) > 9
        assert set(map(str, ends)) == {"(0, ['done', 'done', 'done'])"}


def f06_zones(live: Any, sandbox: Any) -> None:
    """Odd time zones, and a change to summer time."""
    for zone in ("Pacific/Kiritimati", "America/St_Johns", "Nowhere/Nothing", "EST5EDT,M3.2.0,M11.1.0"):
        assert live.spawn("plan", env={"TZ": zone}).code == 0
    assert live.spawn("apply", "--yes", env={"TZ": "Antarctica/Troll"}).code == 0
    assert live.spawn("plan", "--detailed-exitcode", env={"TZ": "Pacific/Kiritimati"}).code == 0


def f06_two_clocks() -> None:
    """Nothing in the program reads the wall clock but the places that are known to: dates, and how old a lock is."""
    found = {
        f"{path.relative_to(ROOT)}: {ast.unparse(node)}"
        for path in sorted((ROOT / "syncer").rglob("*.py"))
        if "sandbox" not in path.parts
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and ast.unparse(node) in WALL
    }
    assert found <= {
        "syncer/fs/clock.py: time.time",
        "syncer/state/lock.py: time.time",
        "syncer/state/backends/object_store.py: time.time",
    }


ROOT = Path(__file__).parents[2]
WALL = {"time.time", "time.time_ns", "datetime.now", "datetime.datetime.now", "datetime.utcnow", "datetime.date.today"}


def f07(coloured: Any) -> None:
    for args in (("plan",), ("plan", "--format", "json"), ("validate",), ("apply", "--yes")):
        test_streams.test_a_stream_that_takes_ascii_only(coloured, args)


def f07_code_pages(coloured: Any) -> None:
    """A Windows code page: what it lacks is written out."""
    for encoding in ("cp1252", "cp437", "latin-1", "utf-16"):
        said = coloured.spawn("plan", env={"PYTHONIOENCODING": encoding})
        assert (said.code, "UnicodeEncodeError" in said.all, "Traceback" in said.all) == (0, False, False)


def f08(coloured: Any) -> None:
    test_streams.test_warnings_as_errors_and_no_asserts(coloured)


def f08_apply(live: Any, sandbox: Any) -> None:
    """An apply with everything switched on, and without asserts."""
    live.write("config/flow.yaml", a_flow("won"))
    for python in (["-O", "-W", "error"], ["-bb", "-X", "dev", "-W", "error"]):
        said = live.spawn("apply", "--yes", python=python, env={"PYTHONUTF8": "0", "PYTHONWARNINGS": "error"})
        assert (said.code, "Warning" in said.err) == (0, False)
    assert live.run("plan", "--detailed-exitcode").code == 0


def a_flow(name: str) -> str:
    from tests.cli.conftest import flow

    return flow("f", name)


def f09(coloured: Any) -> None:
    test_streams.test_few_descriptors_little_home(coloured)


MEMORY = "import resource; resource.setrlimit(resource.RLIMIT_DATA, (int(sys.argv[1]),) * 2)"


def f09_little(live: Any, sandbox: Any) -> None:
    """256 MB of memory, no HOME, one that cannot be written."""
    assert test_streams.after(live, MEMORY, str(256 << 20), "apply", "--yes").returncode == 0
    live.write("config/two.yaml", reason("two", "Zwei"))
    assert test_streams.after(live, "os.environ.pop('HOME', None)", "-", "apply", "--yes").returncode == 0
    assert (
        test_streams.after(live, "os.environ['HOME'] = '/proc/1'", "-", "plan", "--detailed-exitcode").returncode == 0
    )
    for number in (20, 14, 8, 6):
        done = test_streams.after(live, test_streams.LIMITING, str(number), "plan")
        assert done.returncode in (0, 1, 3, 6), (number, done.stderr)
        assert b"Traceback" not in done.stderr, (number, done.stderr)


class At(Fate):
    """At the n-th request something happens."""

    def __init__(self, number: int, what: Callable[[], None], *, writes: bool | None = None) -> None:
        self.left, self.what, self.writes = number, what, writes

    def request(self, request: httpx.Request, *, writes: bool) -> str:
        """Counted."""
        if self.writes is None or self.writes == writes:
            self.left -= 1
            if self.left == 0:
                self.what()
        return ""


class Asleep(BrokenWorld):
    """A machine that sleeps: its wall clock goes on, its monotonic one stands still."""

    asleep = 0.0

    @property
    def effects(self) -> Effects:
        return Effects(self.time.clock, lambda: self.time.now() + self.asleep, self._sleep, self.dice.random)


def f10() -> None:
    """It sleeps for eight hours at each request in turn, and meanwhile somebody changes what is to be changed next:
    that is not written over."""
    ends = []
    for number in range(1, 40):
        with scratch() as folder:
            world = Asleep(Path(folder), env={"SYNCER_KEY": CANARY})
            world.begin(Random(number))
            world.put(*[Make.reason(name) for name in ("a", "b", "c")])
            world.tried(Fate())
            world.put(*[Make.reason(name, title=f"{name} neu") for name in ("a", "b", "c")])
            last = world.one("ClosingReason", title="C")["id"]
            touched: list[bool] = []

            def sleeps(world: Asleep = world, last: str = last, touched: list[bool] = touched) -> None:
                world.asleep = 8 * HOUR
                if world.one("ClosingReason", id=last)["title"] == "C":
                    world.stored("closing_reason", last, lambda body: {**body, "title": "Fremd"})
                    touched.append(True)

            fate = At(number, sleeps, writes=False)
            code, _ = world.tried(fate, workers=1)
            title = world.one("ClosingReason", id=last)["title"]
            world.close()
            if fate.left > 0:
                break
            ends.append((bool(touched), code, title))
    # at the first request it is read for the plan, which says so; at the last one it has been written already
    assert ends == [(True, 0, "c neu"), *[(True, 5, "Fremd")] * (len(ends) - 2), (False, 0, "c neu")]
    assert len(ends) > 5


def f10_between() -> None:
    """It sleeps between the last reading and the write: it is read again, and what moved is not written over."""
    for world in between(changed=True):
        code, run = world.tried(Gap(world), workers=1)
        assert run is not None
        assert (code, run.ends, run.calls) == (4, {"ClosingReason/a": "failed"}, [])
        assert "somebody changed it in the organisation since the plan" in run.problems[0]
        assert world.listed("ClosingReason")[0]["title"] == "Fremd"
    for world in between(changed=False):
        code, run = world.tried(Gap(world, change=False), workers=1)
        assert run is not None
        assert (code, run.ends) == (0, {"ClosingReason/a": "done"})


def between(*, changed: bool) -> Iterator[Asleep]:
    """A world with one closing reason, and a change of it in the manifest."""
    with scratch() as folder:
        world = Asleep(Path(folder), env={"SYNCER_KEY": CANARY})
        world.begin(Random(1))
        world.put(Make.reason("a"))
        world.tried(Fate())
        world.put(Make.reason("a", title="Neu"))
        yield world
        world.close()


class Gap(Fate):
    """The machine falls asleep once the object was read for its write: when its backup is written."""

    def __init__(self, world: Asleep, *, change: bool = True) -> None:
        self.world, self.change = world, change

    def disk(self, call: str, path: Path, data: bytes) -> str:
        """The file of the run holds the object as it was."""
        if path.suffix == ".run" and b'"before"' in data and not self.world.asleep:
            self.world.asleep = 8 * HOUR
            id = self.world.listed("ClosingReason")[0]["id"]
            if self.change:
                self.world.stored("closing_reason", id, lambda body: {**body, "title": "Fremd"})
        return ""


def f10_token(live: Any, sandbox: Any) -> None:
    """The token ran out meanwhile: nothing more is tried with it, and what was done stands."""
    live.remove("config/won.yaml")
    live.reasons(9)
    sandbox.fault(method="*", path="/v*", status=401, skip=4, times=100, body={"message": "expired"})
    sandbox.well_again()
    sandbox.fault(method="POST", path=CREATE, status=401, skip=3, times=100, body={"message": "expired"})
    said = live.run("apply", "--yes", "--workers", "1")
    assert (said.code, len(sandbox.titles())) == (5, 3)
    assert sandbox.writes().count(f"POST {CREATE}") == 4
    sandbox.well_again()
    assert live.run("apply", "--yes").code == 0
    assert len(sandbox.titles()) == 9


def f11() -> None:
    """A few here; `make sim KILLS=200` is the figure."""
    found = killed(5, seed=11, jobs=2)
    assert (found.kills, found.problems) == (5, [])


def f12(live: Any, sandbox: Any) -> None:
    """What a newer version wrote is not touched by this one: neither the state nor the journal."""
    live.run("apply", "--yes")
    journal = live.state.with_suffix(".journal")
    newer = {
        live.state: live.state.read_bytes().replace(b'"format_version": 1', b'"format_version": 2'),
        journal: frame({"journal": 3}),
    }
    live.write("config/two.yaml", reason("two", "Zwei"))
    for path, content in newer.items():
        before = path.read_bytes()
        path.write_bytes(content)
        for args in (("apply", "--yes"), ("plan",), ("state", "rm", "ClosingReason/won")):
            sandbox.forget()
            said = live.run(*args)
            assert (said.code, sandbox.writes(), path.read_bytes()) == (3, [], content), args
            assert "syncer that wrote it" in said.err
        path.write_bytes(before)
    assert sandbox.titles() == ["Gewonnen"]


ROWS: dict[str, Check] = {
    "F01": f01,
    "F02": f02,
    "F03": f03,
    "F04": test_interrupts.test_at_the_prompt,
    "F04-nobody": f04_nobody,
    "F04-end": f04_end,
    "F05": readers,
    "F05-closed": f05_closed,
    "F05-midway": f05_midway,
    "F06": f06,
    "F06-midway": f06_midway,
    "F06-zones": f06_zones,
    "F06-clocks": f06_two_clocks,
    "F07": f07,
    "F07-code pages": f07_code_pages,
    "F08": f08,
    "F08-apply": f08_apply,
    "F09": f09,
    "F09-little": f09_little,
    "F10": f10,
    "F10-between": f10_between,
    "F10-token": f10_token,
    "F11": f11,
    "F12": f12,
}
NOT_APPLICABLE: dict[str, str] = {}


@pytest.mark.parametrize("check", ROWS.values(), ids=told(ROWS))
def test_process(request: pytest.FixtureRequest, check: Check) -> None:
    check(**{name: request.getfixturevalue(name) for name in inspect.signature(check).parameters})
