"""The catalogue's rows E01 to E19 (docs/catalogue.md#disk-state-and-journal): the disk, the state and the journal,
damaged or failing.

What one file does is shown in tests/state; a row here demands what a user must see: an exit code, a way out, nothing
sent that should not be, and a re-run that puts all right.
"""

from __future__ import annotations

import errno
import fcntl
import inspect
import itertools
import json
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest

from simulation.broken import BrokenWorld, Fate
from simulation.cuts import cuts
from simulation.findings import CANARY, aftermath, linked, no_secret
from simulation.images import imaged
from simulation.instants import Cut
from simulation.manifests import Make
from simulation.world import scratch
from syncer.fs.disk import NotDurable, RealDisk, replace_file
from syncer.model.address import Address
from syncer.model.diagnostic import InvalidInput, Refused
from syncer.model.resource import Managed
from syncer.plan.safety import Consent
from syncer.state.journal import Intent, Journal, read_records
from syncer.state.lock import Holder, Lock, myself
from syncer.state.state_file import State, load, save
from tests.cli.conftest import reason
from tests.state import test_journal, test_state_file
from tests.support.catalogue import told

Check = Callable[..., None]
CREATE = "/v1/workflows/closing-reasons"


@contextmanager
def broken(seed: int = 7) -> Iterator[BrokenWorld]:
    """A world to break, with three closing reasons and a schema to make."""
    with scratch() as folder:
        world = BrokenWorld(Path(folder), env={"SYNCER_KEY": CANARY})
        world.begin(Random(seed))
        world.put(*[Make.reason(name) for name in ("a", "b", "c")], Make.schema("site", Make.text("t")))
        yield world
        world.close()


class Fails(Fate):
    """The n-th change of the disk fails, and from then on all do (`for_good`); notes what is sent after it."""

    def __init__(self, number: int, *, only: str = "", for_good: bool = True) -> None:
        self.left, self.only, self.for_good = number, only, for_good
        self.failed = False
        self.path = Path()
        self.before = self.after = 0

    def request(self, request: Any, *, writes: bool) -> str:
        """Counted."""
        if self.failed:
            self.after += 1
        else:
            self.before += 1
        return ""

    def disk(self, call: str, path: Path, data: bytes) -> str:
        """Counted too."""
        if call == self.only or not self.only:
            self.left -= 1
        if self.left <= 0 and (call == self.only or not self.only) and (self.for_good or not self.failed):
            self.failed, self.path = True, path
            return "torn"
        return ""


def e01() -> None:
    """A disk that is full from some call on: refused before the first request, else stopped, with every id told."""
    codes = set()
    for number in range(1, 200, 2):
        with broken(number) as world:
            before, fate = world.texts(), Fails(number)
            code, _ = world.tried(fate, workers=2)
            if not fate.failed:
                break
            assert code == 5 or not world.committed, (number, code)
            codes.add((code, fate.before > 0))
            said = "".join(world.said)
            ids = {entry.live_id for entry in world.state().entries.values()}
            records = read_records(world.journal_path, world.disk).records
            ids |= {str(each["live_id"]) for each in records if "live_id" in each}
            waiting = {each.partition(" ")[0] for each in world.open_intents()}
            for each in world.listed("ClosingReason"):
                known = each["id"] in ids or f"`{each['id']}`" in said
                assert known or f"ClosingReason/{each['title'].lower()}" in waiting, (number, said)
            assert no_secret(world) == []
            assert aftermath(world, before, ()) == []
    assert codes == {(3, False), (3, True), (5, True)}


def e01_ids() -> None:
    """What was made and could not be remembered is told by address and id."""
    with broken() as world:

        class NoState(Fate):
            def disk(self, call: str, path: Path, data: bytes) -> str:
                state = path.name.startswith(f".{world.state_path.name}.") and world.committed
                return "error" if state and call == "create" else ""

        code, _ = world.tried(NoState(), workers=1)
        assert code == 5
        made, said = world.listed("ClosingReason"), "".join(world.said)
        assert made
        for each in made:
            assert f"ClosingReason/{each['title'].lower()} is `{each['id']}`, which is not in the state" in said


def e02(live: Any, sandbox: Any) -> None:
    """A folder, a state or a journal that cannot be written: exit 3 before any request."""
    state, journal = live.state, live.state.with_suffix(".journal")
    for place in (live.folder / ".syncer", live.folder / ".syncer" / "state"):
        place.parent.mkdir(exist_ok=True)
        place.write_text("a file")
        said = live.run("apply", "--yes")
        assert (said.code, sandbox.requests()) == (3, [])
        assert ".syncer" in said.err
        place.unlink()
    for place in (state, journal):
        place.unlink(missing_ok=True)
        place.mkdir(parents=True)
        said = live.run("apply", "--yes")
        assert (said.code, sandbox.writes()) == (3, [])
        assert place.name in said.err
        place.rmdir()
        sandbox.forget()
    with broken() as world:
        fate = Fails(1)
        assert world.tried(fate)[0] == 3
        assert (fate.before, fate.after, world.listed("ClosingReason")) == (0, 0, [])


def e02_permissions(live: Any, sandbox: Any) -> None:
    """The same by permissions, for whom they bind."""
    if os.geteuid() == 0:
        pytest.skip("no permission binds root")
    assert live.run("apply", "--yes").code == 0
    sandbox.forget()
    live.state.parent.chmod(0o500)
    try:
        said = live.run("apply", "--yes")
    finally:
        live.state.parent.chmod(0o700)
    assert (said.code, sandbox.requests()) == (3, [])


def applied(world: BrokenWorld, instant: str = "A12") -> None:
    """Cut off at an instant of the first create."""
    world.checkpoint = 1
    world.tried(Cut(world, instant, "POST", CREATE, 0, anything=False), workers=1)
    assert world.faults["crash"] == 1


def without(*lost: str) -> Check:
    """Some of the two files are gone after a crash, or after an apply that went well."""

    def check() -> None:
        for well in (True, False):
            with broken() as world:
                before = world.texts()
                if well:
                    world.tried(Fate())
                else:
                    applied(world)
                claimed = set(world.texts()) - set(before)
                gone = {world.state_path if each == "state" else world.journal_path for each in lost}
                world.memory.put({path: each for path, each in world.memory.files().items() if path not in gone})
                done = len(world.committed)
                if well:
                    assert world.changes() == {}
                assert aftermath(world, before, claimed) == []
                assert len(world.committed) - done == (0 if well else 3)
                assert set(linked(world)) >= claimed

    return check


def e05_guard() -> None:
    """Without state, what no manifest claims could be ours under another title: not created beside it unasked."""
    with broken() as world:
        world.ask(f"POST {CREATE}", {"title": "Others", "status": "ACTIVE"})
        done = len(world.committed)
        assert world.tried(Fate(), consent=Consent())[0] == 4
        assert "--first-contact" in "".join(world.said)
        assert (len(world.committed), len(world.listed("ClosingReason"))) == (done, 1)


def e06() -> None:
    """Cut off anywhere: refused with both ways out (tests/sim and `make sim CUTS=1` try every byte)."""
    found = cuts("state", 41, 60)
    assert (found.problems, found.refused, found.applied) == ([], found.images, 3)


def e06_command(live: Any, sandbox: Any) -> None:
    """Said to a user, at an empty file and at some cuts; nothing is asked of the platform."""
    live.run("apply", "--yes")
    whole = live.state.read_bytes()
    for length in (0, 1, len(whole) // 2, len(whole) - 1):
        live.state.write_bytes(whole[:length])
        for args in (("plan",), ("apply", "--yes"), ("state", "list")):
            sandbox.forget()
            said = live.run(*args)
            assert (said.code, sandbox.requests()) == (3, [])
            assert "restore the backup beside it, or run `syncer state rebuild`" in said.err


def e07() -> None:
    """Each whole record counts, the torn end is dropped with a note."""
    found = cuts("journal", 53, 60)
    assert (found.problems, found.prefixes) == ([], found.images)
    assert found.applied >= 4


def e07_command(live: Any, sandbox: Any) -> None:
    """The note, as a user sees it."""
    live.run("apply", "--yes")
    journal = live.state.with_suffix(".journal")
    journal.write_bytes(journal.read_bytes() + b"00000100 01234567 {")
    said = live.run("apply", "--yes")
    assert said.code == 0
    assert "note: journal `test.journal`: a record cut off by a crash was dropped\n" in said.err


def e08(live: Any, sandbox: Any) -> None:
    """A bit flips: no command goes on."""
    live.run("apply", "--yes")
    sandbox.forget()
    journal = live.state.with_suffix(".journal")
    for path in (live.state, journal):
        whole = path.read_bytes()
        for place in range(0, len(whole) - 1, max(1, len(whole) // 12)):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x01]) + whole[place + 1 :])
            said = live.run("apply", "--yes")
            assert (said.code, sandbox.requests(), path.name in said.err) == (3, [], True), place
        path.write_bytes(whole)
    assert live.run("apply", "--yes").code == 0


def e08_each_file(tmp_path: Path) -> None:
    """At every byte, by the files' own tests."""
    test_state_file.test_e08_a_flipped_bit_anywhere_is_refused(tmp_path / "state")
    test_journal.test_e08_a_flipped_bit_is_refused_with_its_line(tmp_path / "journal")


def e09(live: Any, sandbox: Any) -> None:
    """A wrong id by hand: the checksum tells before anything is asked."""
    sandbox.ask(f"POST {CREATE}", {"title": "Fremd", "status": "ACTIVE"})
    live.run("apply", "--yes", "--first-contact")
    ids = {each["title"]: each["id"] for each in sandbox.ask(f"GET {CREATE}")["reasons"]}
    live.state.write_text(live.state.read_text().replace(ids["Gewonnen"], ids["Fremd"]))
    live.remove("config/won.yaml")
    live.write("config/other.yaml", reason("other", "Anders"))
    sandbox.forget()
    said = live.run("apply", "--yes", "--allow-delete", "--first-contact")
    assert (said.code, sandbox.requests(), sandbox.titles()) == (3, [], ["Fremd", "Gewonnen"])
    assert "state does not match its checksum: it was edited or damaged" in said.err


def damage(word: str) -> Check:
    """The cases of tests/state/test_state_file.py that bear this row's id, each with its line."""

    def check(tmp_path: Path) -> None:
        cases = {name: case for name, case in test_state_file.DAMAGE.items() if word in name.split()}
        assert cases
        for number, (edit, line, message) in enumerate(cases.values()):
            test_state_file.test_damage_is_refused_with_its_line(tmp_path / str(number), edit, line, message)

    return check


def edited(edit: Callable[[str], str], said_so: str, line: int) -> Check:
    """A state edited in this way, as a user sees it: exit 3, the line, nothing asked."""

    def check(live: Any, sandbox: Any) -> None:
        live.write("config/two.yaml", reason("two", "Zwei"))
        live.run("apply", "--yes")
        live.state.write_text(edit(live.state.read_text()))
        sandbox.forget()
        for args in (("plan", "--format", "json"), ("apply", "--yes", "--format", "json")):
            said = live.run(*args)
            assert (said.code, sandbox.requests(), said.problems()) == (3, [], [("state", line, 1)])
            assert said_so in said.json["problems"][0]["message"]
            assert said.json["problems"][0]["hint"]

    return check


def e12(live: Any, sandbox: Any) -> None:
    """What an editor does to a file: accepted, or named."""
    live.run("apply", "--yes")
    whole = live.state.read_bytes()
    for content in (b"\xef\xbb\xbf" + whole, whole.replace(b"\n", b"\r\n")):
        live.state.write_bytes(content)
        assert live.run("plan", "--detailed-exitcode").code == 0
        assert live.run("apply", "--yes").code == 0
    live.state.write_bytes(whole.decode().encode("utf-16"))
    sandbox.forget()
    said = live.run("plan")
    assert (said.code, sandbox.requests(), "state is in UTF-16" in said.err) == (3, [], True)


def e13(live: Any, sandbox: Any) -> None:
    """A link, a FIFO or a folder in the place of each file: refused without waiting and without following."""
    aim = live.folder.parent / "elsewhere"
    aim.write_text("mine")
    live.state.parent.mkdir(parents=True)
    makes: list[Callable[[Path], None]] = [lambda path: path.symlink_to(aim), os.mkfifo, Path.mkdir]
    for suffix, make in itertools.product((".json", ".journal", ".lock"), makes):
        path = live.state.with_suffix(suffix)
        path.unlink(missing_ok=True)
        make(path)
        said = live.run("apply", "--yes")
        assert (said.code, sandbox.writes(), path.name in said.err) == (3, [], True), (suffix, said)
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    assert aim.read_text() == "mine"


def e13_folder(live: Any, sandbox: Any) -> None:
    """A link inside the repository is followed; one that leads out of it is refused."""
    out = live.folder.parent / "out"
    out.mkdir()
    (live.folder / ".syncer").symlink_to(out)
    for args in (("plan",), ("apply", "--yes"), ("state", "list")):
        said = live.run(*args)
        assert (said.code, sandbox.requests(), list(out.iterdir())) == (3, [], [])
        assert "the folder of the state is a link out of the repository" in said.err
    (live.folder / ".syncer").unlink()
    (live.folder / "kept").mkdir()
    (live.folder / ".syncer").symlink_to("kept")
    assert live.run("apply", "--yes").code == 0
    assert (live.folder / "kept" / "state" / "test.json").exists()


def e13_no_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system without locks (NFS): the process that is named is looked for, and another machine's is believed."""

    def flock(handle: int, how: int) -> None:
        raise OSError(errno.ENOLCK, "no locks here")

    monkeypatch.setattr(fcntl, "flock", flock)
    path = tmp_path / "test.lock"
    me = myself()
    for holder, refused in (
        (Holder("ben", me.host, os.getpid(), me.boot, 0.0), True),
        (Holder("ben", "elsewhere", 4711, "another", 0.0), True),
        (Holder("ben", me.host, 2**22 + 1, me.boot, 0.0), False),
    ):
        path.write_text(json.dumps({name: getattr(holder, name) for name in ("owner", "host", "pid", "boot", "since")}))
        if refused:
            with pytest.raises(Refused, match="state is locked by ben on "):
                Lock(path, me).take()
        else:
            with Lock(path, me) as lock:
                assert lock.note.startswith("took over the lock of a dead run: ben on ")
    path.write_text("")
    with pytest.raises(Refused, match="state is locked by another run"):
        Lock(path, me).take()


def e14(live: Any, sandbox: Any) -> None:
    """Made for the owner alone whatever the umask says; wider ones are warned about, and narrowed by the next save."""
    before = os.umask(0)
    try:
        live.run("apply", "--yes")
        live.write("config/two.yaml", reason("two", "Zwei"))
        live.run("apply", "--yes")
    finally:
        os.umask(before)
    files = {path.name: stat.S_IMODE(path.stat().st_mode) for path in live.state.parent.iterdir() if path.is_file()}
    assert set(files) >= {"test.json", "test.json.backup", "test.journal"}
    assert set(files.values()) == {0o600}
    journal = live.state.with_suffix(".journal")
    for path, mode in ((live.state, 0o666), (journal, 0o620)):
        path.chmod(mode)
        said = live.run("plan")
        assert said.code == 0
        named = f".syncer/state/{path.name}"
        assert (
            f"warning: `{path.name}` can be written by other users (mode {mode:04o}): `chmod 600 {named}`\n" in said.err
        )
        path.chmod(0o644)  # as git leaves it
        assert "warning" not in live.run("plan").err
    live.state.chmod(0o666)
    live.write("config/three.yaml", reason("three", "Drei"))
    assert "warning: `test.json` can be written" in live.run("apply", "--yes").err
    assert stat.S_IMODE(live.state.stat().st_mode) == 0o600
    if os.geteuid() == 0:
        os.chown(live.state, 4711, -1)
        said = live.run("plan")
        assert (said.code, "warning: `test.json` belongs to another user (4711)" in said.err) == (0, True)


def e15(live: Any, sandbox: Any) -> None:
    """What a crash left is removed, and never read."""
    live.run("apply", "--yes")
    left = [
        live.state.parent / f".{name}.0123456789abcdef.tmp"
        for name in ("test.json", "test.json.backup", "test.journal")
    ]
    for path in left:
        path.write_text('{"format_version": 99, "poison": true')
    live.write("config/two.yaml", reason("two", "Zwei"))
    said = live.run("apply", "--yes")
    assert (said.code, [path for path in left if path.exists()]) == (0, [])
    assert sandbox.titles() == ["Gewonnen", "Zwei"]


def e16() -> None:
    """Every fsync in turn says EIO, once: nothing is sent after it, whatever a second one would say."""
    stopped = 0
    for call in ("fsync", "fsync_dir"):
        for number in range(1, 60):
            with broken(number) as world:
                before, fate = world.texts(), Fails(number, only=call, for_good=False)
                code, _ = world.tried(fate, workers=1)
                if not fate.failed:
                    break
                last = code == 0 and fate.path.suffix == ".run"  # how the last change ended: state has it already
                assert (code in (3, 5) or last, fate.after) == (True, 0), (call, number, code)
                stopped += 1
                assert aftermath(world, before, ()) == []
    assert stopped > 15


class Moved(RealDisk):
    """Notes where files are renamed, and cannot do it."""

    def __init__(self, code: int) -> None:
        self.code = code
        self.renames: list[tuple[Path, Path]] = []

    def replace(self, source: Path, target: Path) -> None:
        self.renames.append((source, target))
        raise OSError(self.code, os.strerror(self.code))


def e17(tmp_path: Path) -> None:
    """The temporary file is beside its target; what a rename says is typed. Names of another case are told apart."""
    for code in (errno.EXDEV, errno.EACCES, errno.EBUSY):
        disk = Moved(code)
        with pytest.raises(NotDurable, match=f"state cannot be saved: {errno.errorcode[code]}"):
            save(tmp_path / "test.json", "test", State("1"), disk=disk)
        assert [(source.parent, target.parent) for source, target in disk.renames] == [(tmp_path, tmp_path)]
        assert os.listdir(tmp_path) == []
        with pytest.raises(OSError, match=os.strerror(code)):
            replace_file(tmp_path / "x", b"", disk=Moved(code))
    save(tmp_path / "test.json", "test", State("1"))
    with pytest.raises(InvalidInput, match="state is of environment `test`, not `Test`"):
        load(tmp_path / "test.json", "Test")


class Counting(RealDisk):
    """Counts the bytes that are written."""

    written = 0

    def write(self, handle: int, data: bytes) -> None:
        self.written += len(data)
        super().write(handle, data)

    def fsync(self, handle: int) -> None:
        pass


def e18(tmp_path: Path) -> None:
    """100,000 entries come back as they were (`make sim ENTRIES=100000` prints the time); a record costs the same."""
    entries = {
        address: Managed(address, f"id{number}", {"title": f"T{number}"})
        for number in range(100_000)
        for address in [Address("ClosingReason", f"n{number}")]
    }
    saved = save(tmp_path / "test.json", "test", State("1", 0, entries))
    assert load(tmp_path / "test.json", "test") == saved
    disk = Counting()
    with Journal(tmp_path / "test.journal", disk) as journal:
        costs = set()
        for _ in range(1000):
            before = disk.written
            journal.settle(journal.intent(Intent("r", "A/b", "A", "create", "POST", "/")), "APPLIED", "x")
            costs.add(disk.written - before)
    assert max(costs) - min(costs) <= 6  # the number of the call in both records


def e19() -> None:
    """Every disk that a crash may leave at these changes of it (`make sim IMAGES=1`: at all of them)."""
    found = [imaged(number) for number in range(9, 52, 9)]
    assert [problem for each in found for problem in each.problems] == []
    assert all(each.reached for each in found)
    assert sum(each.images for each in found) > 12


CONFLICT = '<<<<<<< HEAD\n"serial": 8,\n=======\n"serial"'
ROWS: dict[str, Check] = {
    "E01": e01,
    "E01-ids": e01_ids,
    "E02": e02,
    "E02-permissions": e02_permissions,
    "E03": without("state"),
    "E04": without("journal"),
    "E05": without("state", "journal"),
    "E05-guard": e05_guard,
    "E06": e06,
    "E06-command": e06_command,
    "E07": e07,
    "E07-command": e07_command,
    "E08": e08,
    "E08-each byte": e08_each_file,
    "E09": e09,
    "E10": damage("E10"),
    "E10-twice": edited(lambda text: text.replace("ClosingReason/won", "ClosingReason/two"), "stands twice", 11),
    "E10-kind": edited(
        lambda text: text.replace("ClosingReason/two", "Nothing/two"), "kind this syncer does not know", 10
    ),
    "E10-organisation": edited(lambda text: text.replace("739224", "911042"), "is of organisation `911042`", 4),
    "E10-format": edited(lambda text: text.replace('on": 1', 'on": 9'), "state has format 9", 2),
    "E11": damage("E11"),
    "E11-command": edited(lambda text: text.replace('"serial"', CONFLICT), "state has merge conflict markers", 5),
    "E12": e12,
    "E12-file": damage("E12"),
    "E13": e13,
    "E13-folder": e13_folder,
    "E13-no locks": e13_no_locks,
    "E14": e14,
    "E15": e15,
    "E16": e16,
    "E17": e17,
    "E18": e18,
    "E19": e19,
    "E19-file": damage("E19"),
}
NOT_APPLICABLE: dict[str, str] = {}


@pytest.mark.parametrize("check", ROWS.values(), ids=told(ROWS))
def test_storage(request: pytest.FixtureRequest, check: Check) -> None:
    check(**{name: request.getfixturevalue(name) for name in inspect.signature(check).parameters})
