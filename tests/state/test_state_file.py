"""The state file: read strictly, written whole; every kind of damage is refused with its line."""

from __future__ import annotations

import errno
import os
import re
import stat
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from syncer.fs.disk import DISK, Disk, NotDurable, RealDisk
from syncer.model.address import Address
from syncer.model.diagnostic import InvalidInput
from syncer.model.json_values import Json, Lookup, Part, Ref, Secret
from syncer.model.resource import Managed
from syncer.state.state_file import Lines, State, backup_of, encode, load, save

WON = Address("ClosingReason", "won")
FLOW = Address("FlowTemplate", "house-connection")
ENTRIES = {
    FLOW: Managed(
        FLOW,
        "t1",
        {"name": "Hausanschluß", "closing_reasons": [Ref("ClosingReason", "won"), Lookup("ClosingReason", "x", "y")]},
        {"nodes": {"check": "a81"}},
        True,
        ("grid",),
        {"removal": "delete"},
        {"options[key]": "scrypt$x"},
    ),
    WON: Managed(WON, "r1", {"title": "Gewonnen", "automation": Part("automations", "mail"), "none": None}),
}
STATE = State("911690", 6, ENTRIES, True)
TEXT = """\
{
"format_version": 1,
"environment": "sandbox",
"org_id": "911690",
"serial": 7,
"checksum": "sha256:CHECKSUM",
"entries": [
{"address": "ClosingReason/won", "live_id": "r1", "declared": {"title": "Gewonnen", \
"automation": {"$part": {"group": "automations", "key": "mail"}}, "none": null}},
{"address": "FlowTemplate/house-connection", "live_id": "t1", "declared": {"name": "Hausanschlu\\u00df", \
"closing_reasons": [{"$ref": {"kind": "ClosingReason", "name": "won"}}, \
{"$lookup": {"kind": "ClosingReason", "title": "x", "scope": "y"}}]}, "parts": {"nodes": {"check": "a81"}}, \
"protect": true, "aliases": ["grid"], "policy": {"removal": "delete"}, "secrets": {"options[key]": "scrypt$x"}}
]
}
"""


def saved(folder: Path) -> Path:
    path = folder / ".syncer" / "state" / "sandbox.json"
    save(path, "sandbox", STATE)
    return path


def refusal(path: Path, **options: Json) -> tuple[int, str, str]:
    """Line, message and hint of the one problem."""
    with pytest.raises(InvalidInput) as caught:
        load(path, "sandbox", **options)
    assert caught.value.__cause__ is None
    (problem,) = caught.value.problems
    assert problem.at is not None
    assert problem.at.file == f".syncer/state/{path.name}"
    return problem.at.line, problem.message, problem.hint


def test_the_file_as_it_is_written(tmp_path: Path) -> None:
    path = saved(tmp_path)
    text = path.read_text("ascii")
    assert re.sub("(?<=sha256:)[0-9a-f]{64}", "CHECKSUM", text) == TEXT
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(os.listdir(path.parent)) == ["sandbox.json"]


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    path = saved(tmp_path)
    assert load(path, "sandbox", org_id="911690", kinds={"ClosingReason", "FlowTemplate"}) == State(
        "911690", 7, ENTRIES, found=True
    )


def test_no_file_is_an_empty_state_that_says_so(tmp_path: Path) -> None:
    assert load(tmp_path / "none" / "sandbox.json", "sandbox") == State("", 0, {}, found=False)


def test_the_same_state_gives_the_same_bytes() -> None:
    backwards = dict(reversed(ENTRIES.items()))
    assert encode("sandbox", STATE) == encode("sandbox", State("911690", 6, backwards))


def test_a_secret_is_remembered_by_name_only() -> None:
    entry = Managed(WON, "r1", {"k": Secret("EPILOT_KEY", "p-canary")})
    text = encode("sandbox", State("1", 1, {WON: entry}))
    assert '"declared": {"k": {"$secret": "EPILOT_KEY"}}' in text
    assert "canary" not in text


def test_mappings_that_look_like_markers_survive(tmp_path: Path) -> None:
    declared = {"a": {"$ref": "#/x"}, "b": {"$plain": {"$ref": {"kind": "K", "name": "n"}}}, "c": {"$ref": 1, "d": 2}}
    path = tmp_path / "sandbox.json"
    save(path, "sandbox", State("1", 0, {WON: Managed(WON, "r", declared)}))
    assert load(path, "sandbox").entries[WON].declared == declared


def test_a_value_that_cannot_be_remembered_is_a_bug() -> None:
    with pytest.raises(TypeError, match="a object has no JSON form"):
        encode("sandbox", State("1", 1, {WON: Managed(WON, "r", {"a": object()})}))


def test_one_earlier_generation_is_kept(tmp_path: Path) -> None:
    path = saved(tmp_path)
    first = path.read_bytes()
    after = save(path, "sandbox", load(path, "sandbox"))
    assert (after.serial, backup_of(path).name, backup_of(path).read_bytes()) == (8, "sandbox.json.backup", first)
    save(path, "sandbox", after)
    assert load(backup_of(path), "sandbox").serial == 8
    assert stat.S_IMODE(backup_of(path).stat().st_mode) == 0o600


def test_e06_a_file_cut_anywhere_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path)
    whole = path.read_bytes()
    for length in range(len(whole) - 1):
        path.write_bytes(whole[:length])
        _, message, hint = refusal(path)
        assert (
            message.startswith("state is ") or message == "state does not match its checksum: it was edited or damaged"
        )
        assert hint == "restore the backup beside it, or run `syncer state rebuild`"
    path.write_bytes(whole[:-1])
    assert refusal(path)[1] == "state does not match its checksum: it was edited or damaged"


def test_e08_a_flipped_bit_anywhere_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path)
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x04]) + whole[place + 1 :])
        assert refusal(path)[1].startswith(("state ", "`"))


Edit = Callable[[str], str]
DAMAGE: dict[str, tuple[Edit, int, str]] = {
    # case: (what was done to the text, line, message)
    "E06 empty": (lambda text: "", 1, "state is empty: a write was interrupted or the file was cleared"),
    "E19 zeros": (lambda text: "\0" * 500, 1, "state is empty: a write was interrupted or the file was cleared"),
    "E09 another id": (
        lambda text: text.replace('"r1"', '"r2"'), 6, "state does not match its checksum: it was edited or damaged",
    ),
    "no checksum": (
        lambda text: re.sub('"checksum".*\n', '"checksum": "",\n', text),
        6, "state does not match its checksum: it was edited or damaged",
    ),
    "E10 an address twice": (
        lambda text: text.replace("FlowTemplate/house-connection", "ClosingReason/won"),
        9, "`ClosingReason/won` stands twice in the state",
    ),
    "E10 two addresses, one id": (
        lambda text: text.replace("FlowTemplate/house-connection", "ClosingReason/lost").replace('"t1"', '"r1"'),
        9, "`ClosingReason/lost` and `ClosingReason/won` are linked to one live object, `r1`",
    ),
    "E10 unknown kind": (
        lambda text: text.replace("FlowTemplate/", "Flow\\u001bTemplate/"),
        9, "`Flow?Template/house-connection` is of a kind this syncer does not know",
    ),
    "a broken marker": (
        lambda text: text.replace('"group": "automations"', '"groop": "automations"'),
        8, "`ClosingReason/won` remembers something nobody wrote",
    ),
    "no address": (
        lambda text: text.replace("FlowTemplate/house-connection", "FlowTemplate"),
        9, "`FlowTemplate` is no address",
    ),
    "E10 F12 newer format": (
        lambda text: text.replace('"format_version": 1', '"format_version": 2'),
        2, "state has format 2; this syncer knows formats up to 1",
    ),
    "newer format, other fields": (
        lambda text: '{"format_version": 12, "resources": {}}',
        1, "state has format 12; this syncer knows formats up to 1",
    ),
    "E10 other environment": (
        lambda text: text.replace('"sandbox"', '"production"'),
        3, "state is of environment `production`, not `sandbox`",
    ),
    "E10 other organisation": (
        lambda text: text.replace("911690", "739224"), 4, "state is of organisation `739224`, not `911690`",
    ),
    "E11 conflict": (
        lambda text: text.replace('"serial"', '<<<<<<< HEAD\n"serial": 8,\n=======\n"serial"'),
        5, "state has merge conflict markers",
    ),
    "unknown field": (
        lambda text: text.replace('"live_id": "t1"', '"liveId": "t1"'),
        9, "state is damaged: `entries.1.live_id` is not what it should be",
    ),
    "another type": (
        lambda text: text.replace('"serial": 7', '"serial": "7"'),
        1, "state is damaged: `serial` is not what it should be",
    ),
    "not a mapping": (lambda text: "[]", 1, "state is damaged: `document` is not what it should be"),
    "not JSON": (lambda text: text.replace('"serial": 7,', '"serial": 7'), 6, "state is damaged at column 1"),
    "E12 UTF-16": (lambda text: "\ufffe", 1, "state is in UTF-16"),
    "dense": (
        lambda text: "[" + "{}," * 60_000 + "{}]",
        1, "state is damaged: it holds more than 118,000 values in 180,004 bytes",
    ),
    "deep": (lambda text: "[" * 100_000, 1, "state is damaged: it holds values nobody wrote"),
    "long number": (lambda text: "9" * 9000, 1, "state is damaged: it holds values nobody wrote"),
}  # fmt: skip


@pytest.mark.parametrize(("edit", "line", "message"), DAMAGE.values(), ids=DAMAGE)
def test_damage_is_refused_with_its_line(tmp_path: Path, edit: Edit, line: int, message: str) -> None:
    path = saved(tmp_path)
    text = edit(path.read_text("ascii"))
    path.write_bytes(text.encode("utf-16") if text == "\ufffe" else text.encode())
    found = refusal(path, org_id="911690", kinds={"ClosingReason", "FlowTemplate"})
    assert found[:2] == (line, message)
    assert found[2]


@pytest.mark.parametrize("edit", [lambda raw: b"\xef\xbb\xbf" + raw, lambda raw: raw.replace(b"\n", b"\r\n")])
def test_e12_an_editors_bom_and_line_ends_are_accepted(tmp_path: Path, edit: Callable[[bytes], bytes]) -> None:
    path = saved(tmp_path)
    path.write_bytes(edit(path.read_bytes()))
    assert load(path, "sandbox").entries == ENTRIES


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = saved(tmp_path)
    path.write_bytes(b'{\n"a": "\xff"}')
    assert refusal(path)[:2] == (2, "state is not UTF-8")


def test_e13_only_a_regular_file_is_read(tmp_path: Path) -> None:
    target = saved(tmp_path)
    link, fifo, folder = (target.with_name(f"{name}.json") for name in ("link", "fifo", "folder"))
    link.symlink_to(target)
    os.mkfifo(fifo)
    folder.mkdir()
    assert refusal(link)[1] == "state cannot be read: it is a symbolic link"
    assert refusal(fifo)[1] == "state cannot be read: it is not a regular file"
    assert refusal(folder)[1] == "state cannot be read: it is not a regular file"


def test_e13_what_is_no_regular_file_is_not_replaced(tmp_path: Path) -> None:
    target = saved(tmp_path)
    before = target.read_bytes()
    link = tmp_path / "link.json"
    link.symlink_to(target)
    with pytest.raises(NotDurable):
        save(link, "sandbox", STATE)
    assert (link.is_symlink(), target.read_bytes()) == (True, before)


def test_e15_leftovers_are_removed_and_never_read(tmp_path: Path) -> None:
    path = saved(tmp_path)
    names = (".sandbox.json.0123456789abcdef.tmp", ".sandbox.json.backup.0123456789abcdef.tmp")
    for name in (*names, ".sandbox.json.mine.tmp"):
        (path.parent / name).write_text("{")
    save(path, "sandbox", load(path, "sandbox"))
    assert sorted(os.listdir(path.parent)) == [".sandbox.json.mine.tmp", "sandbox.json", "sandbox.json.backup"]


class Failing(RealDisk):
    """A disk whose n-th call that changes something fails, counted over all of them."""

    def __init__(self, fails_at: int, code: int = errno.ENOSPC) -> None:
        self.calls = 0
        self.fails_at = fails_at
        self.code = code

    def _count(self) -> None:
        self.calls += 1
        if self.calls == self.fails_at:
            raise OSError(self.code, "the n-th call")

    def mkdir(self, folder: Path) -> None:
        self._count()
        super().mkdir(folder)

    def create(self, path: Path, mode: int | None) -> int:
        self._count()
        return super().create(path, mode)

    def write(self, handle: int, data: bytes) -> None:
        self._count()
        super().write(handle, data)

    def fsync(self, handle: int) -> None:
        self._count()
        super().fsync(handle)

    def replace(self, source: Path, target: Path) -> None:
        self._count()
        super().replace(source, target)

    def link(self, source: Path, target: Path) -> None:
        self._count()
        super().link(source, target)

    def fsync_dir(self, folder: Path) -> None:
        self._count()
        super().fsync_dir(folder)


def test_e01_e16_a_disk_that_fails_at_any_call_leaves_one_whole_state(tmp_path: Path) -> None:
    ends: list[tuple[int, str]] = []
    path = saved(tmp_path)
    before = load(path, "sandbox")
    for number in range(1, 100):
        disk: Disk = Failing(number, errno.ENOSPC if number % 2 else errno.EIO)
        try:
            save(path, "sandbox", before, disk=disk)
        except NotDurable as failure:
            ends.append((failure.exit_code, failure.problems[0].message))
        else:
            break
        now = load(path, "sandbox")
        assert (now.entries, now.serial in {before.serial, before.serial + 1}) == (ENTRIES, True)
        save(path, "sandbox", before)
    assert DISK.names(path.parent) == ["sandbox.json", "sandbox.json.backup"]
    assert len(ends) == 8
    assert set(ends) == {(5, "state cannot be saved: ENOSPC"), (5, "state cannot be saved: EIO")}


def test_e18_a_hundred_thousand_entries(tmp_path: Path) -> None:
    entries = {
        address: Managed(address, f"id{number}", {"title": f"T{number}"})
        for number in range(100_000)
        for address in [Address("ClosingReason", f"n{number}")]
    }
    path = tmp_path / "sandbox.json"
    lines: Lines = {}
    start = time.process_time()
    state = save(path, "sandbox", State("1", 0, entries), lines=lines)
    assert load(path, "sandbox") == state
    first = time.process_time() - start
    start = time.process_time()
    save(path, "sandbox", state, lines=lines)
    assert time.process_time() - start < first
    assert first < 10  # the figure is 1 s on a machine with nothing else to do


def test_lines_of_entries_that_stay_are_not_written_anew(tmp_path: Path) -> None:
    lines: Lines = {}
    path = tmp_path / "sandbox.json"
    state = save(path, "sandbox", STATE, lines=lines)
    kept = lines[FLOW][1]
    changed = State("911690", state.serial, {**state.entries, WON: Managed(WON, "r9")})
    save(path, "sandbox", changed, lines=lines)
    assert lines[FLOW][1] is kept
    assert load(path, "sandbox").entries == changed.entries
    assert DISK.names(tmp_path) == ["sandbox.json", "sandbox.json.backup"]
