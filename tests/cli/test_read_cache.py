"""What earlier runs remember of files: where it lies, who may read it, what is in it; and that whatever is wrong with
it, a command says what it says without."""

from __future__ import annotations

import os
import resource
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from syncer.cli.read_cache import open_cache
from syncer.documents import yaml_events, yaml_reader
from syncer.fs.cache_file import MOST_OF_ALL, CacheFile, cache_folder
from syncer.manifests.read_cache import ReadCache, digest_of, rules_key
from tests.cli.conftest import TOKEN, Repo, Result, flow, reason
from tests.support.patience import PATIENCE

BROKEN = reason("lost", "Verloren", stauts="ACTIVE")
SECRET = "canary-of-the-process-41c7"


@pytest.fixture
def cached(repo: Repo, tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """A repository of a few files, one of them with a reference to nothing, and a cache folder of its own."""
    repo.env["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("home") / "cache")
    repo.write("config/lost.yaml", reason("lost", "Verloren"))
    repo.write("config/flow.yaml", flow("f", "won", "lost"))
    return repo


def file_of(repo: Repo) -> Path:
    """The one file of the cache."""
    [found] = Path(repo.env["XDG_CACHE_HOME"]).rglob("*.cache")
    return found


def same(repo: Repo, *arguments: str) -> Result:
    """What a command says, which is what it says without a cache."""
    found = repo.run("validate", *arguments)
    assert found == repo.run("validate", *arguments, "--no-cache")
    return found


# --- where, who, what


FOLDERS = {
    # variables of the process                                            platform   folder
    "XDG": ({"XDG_CACHE_HOME": "/x", "HOME": "/h"}, "linux", "/x/syncer"),
    "home": ({"HOME": "/h"}, "linux", "/h/.cache/syncer"),
    "XDG relative": ({"XDG_CACHE_HOME": "x", "HOME": "/h"}, "linux", "/h/.cache/syncer"),
    "XDG empty": ({"XDG_CACHE_HOME": "", "HOME": "/h"}, "linux", "/h/.cache/syncer"),
    "macOS": ({"HOME": "/h"}, "darwin", "/h/Library/Caches/syncer"),
    "macOS with XDG": ({"XDG_CACHE_HOME": "/x", "HOME": "/h"}, "darwin", "/x/syncer"),
    "Windows": ({"LOCALAPPDATA": "/l", "HOME": "/h"}, "win32", "/l/syncer/Cache"),
    "Windows without": ({"HOME": "/h"}, "win32", None),
    "no home": ({}, "linux", None),
    "home relative": ({"HOME": "h"}, "linux", None),
}


@pytest.mark.parametrize(("env", "platform", "expected"), FOLDERS.values(), ids=FOLDERS)
def test_where_it_lies(env: dict[str, str], platform: str, expected: str | None) -> None:
    assert cache_folder(env, platform) == (None if expected is None else Path(expected))


def test_it_is_its_owners_alone(cached: Repo) -> None:
    assert cached.run("validate").code == 0
    path = file_of(cached)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert not any(".cache" in each.name for each in cached.folder.rglob("*"))


def test_it_does_not_lie_in_the_checkout(cached: Repo) -> None:
    """A pull request would bring what its own files are believed by."""
    cached.env["XDG_CACHE_HOME"] = str(cached.folder / "cache")
    before = cached.digest()
    assert same(cached).code == 0
    assert cached.digest() == before
    assert open_cache(cached.folder, {"XDG_CACHE_HOME": str(cached.folder / "cache")}) is None
    assert open_cache(cached.folder, {"XDG_CACHE_HOME": str(cached.folder.parent / "cache")}) is not None


OFF = {
    "option": (["--no-cache"], {}),
    "variable": ([], {"SYNCER_NO_CACHE": "1"}),
    "no home": ([], {"HOME": None, "XDG_CACHE_HOME": None}),
}


@pytest.mark.parametrize(("arguments", "env"), OFF.values(), ids=OFF)
def test_it_can_be_switched_off(cached: Repo, arguments: list[str], env: dict[str, str | None]) -> None:
    assert cached.run("validate", *arguments, env=env).code == 0
    assert not Path(cached.env["XDG_CACHE_HOME"]).exists()


def test_a_home_that_is_not_there_is_not_made(cached: Repo, tmp_path: Path) -> None:
    env = {"HOME": str(tmp_path / "nowhere"), "XDG_CACHE_HOME": None}
    assert cached.run("validate", env=env).code == 0
    assert not (tmp_path / "nowhere").exists()


def test_nothing_of_the_process_is_in_it(live: Repo, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A plan puts values of the process into what it compares; what is remembered is what the files say."""
    live.env |= {"XDG_CACHE_HOME": str(tmp_path_factory.mktemp("home")), "SYNCER_TITLE": SECRET}
    live.write("config/flow.yaml", flow("f", "won").replace("name: Check", "name: '${env.SYNCER_TITLE}'"))
    for command in ("validate", "plan", "drift"):
        live.run(command)
        content = file_of(live).read_bytes()
        assert b"${env.SYNCER_TITLE}" in content
        assert (SECRET.encode() in content, TOKEN.encode() in content) == (False, False)


# --- it saves work


def count_reads(repo: Repo, *arguments: str, command: str = "validate") -> int:
    """How many files a command reads as YAML, syncer.yaml among them."""
    seen: list[str] = []
    real = yaml_reader._read_yaml
    with repo.monkeypatch.context() as patch:
        patch.setattr(yaml_reader, "_read_yaml", lambda text, file, **how: seen.append(file) or real(text, file, **how))
        repo.run(command, *arguments)
    return len(seen)


def test_what_is_known_is_not_read(cached: Repo) -> None:
    assert count_reads(cached) == 4
    assert count_reads(cached) == 0
    assert count_reads(cached, "config/flow.yaml", "--format", "json") == 0
    assert count_reads(cached, "--no-cache") == 4
    cached.write("config/lost.yaml", reason("lost", "Ganz verloren"))
    assert count_reads(cached, "config/lost.yaml") == 2
    assert count_reads(cached) == 2
    assert count_reads(cached) == 0
    assert count_reads(cached, "--strict") == 0


def test_a_plan_reads_what_validate_read_and_an_apply_reads_the_files(live: Repo, tmp_path_factory) -> None:
    live.env["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("home"))
    live.write("config/lost.yaml", reason("lost", "Verloren"))
    everything = count_reads(live)
    assert [count_reads(live, command=each) for each in ("plan", "drift")] == [1, 1]
    assert count_reads(live, "--no-cache", command="plan") == everything
    assert count_reads(live, "--yes", command="apply") == everything


def test_positions_are_looked_for_where_there_is_something_to_say(cached: Repo) -> None:
    looked: list[int] = []
    real = yaml_events.find_places
    cached.monkeypatch.setattr(yaml_reader, "find_places", lambda text: looked.append(1) or real(text))
    for arguments in ([], ["config/flow.yaml"], ["config/lost.yaml", "config/won.yaml"], ["--no-cache"], ["--strict"]):
        assert cached.run("validate", *arguments).code == 0
    assert looked == []
    cached.write("config/lost.yaml", BROKEN)
    assert cached.run("validate").out != ""
    assert looked == [1]


OURS = ("--kind", "ClosingReason", "--kind", "FlowTemplate")
SOUND = (
    ("validate",), ("plan",), ("plan", "--no-cache"), ("apply", "--yes"), ("drift",), ("drift", "--unmanaged"),
    ("pull", "--check", *OURS), ("pull", *OURS), ("pull", "--theirs", *OURS),
    ("record", "-o", "live.json"), ("plan", "--against", "live.json"),
    ("state", "list"), ("fmt", "--check"),
)  # fmt: skip


def test_no_command_looks_for_positions_in_a_sound_repository(live: Repo, tmp_path_factory) -> None:
    live.env["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("home"))
    live.write("config/lost.yaml", reason("lost", "Verloren"))
    live.write("config/flow.yaml", flow("visit", "won", "lost"))
    assert live.run("apply", "--yes").code == 0
    looked: list[str] = []
    real, now = yaml_events.find_places, [""]
    live.monkeypatch.setattr(yaml_reader, "find_places", lambda text: looked.append(now[0]) or real(text))
    for command in SOUND:
        now[0] = " ".join(command)
        assert live.run(*command).code == (2 if "--unmanaged" in command else 0), command  # schemas of the platform
    assert looked == []


def test_others_need_not_be_read_again_to_be_located(cached: Repo) -> None:
    """What is said of a file that was not read whole has its place all the same."""
    cached.run("validate")
    cached.write("config/again.yaml", reason("won", "Nochmals"))
    said = same(cached, "config/again.yaml")
    assert (said.code, "is declared at config/won.yaml:3:18 already" in said.out) == (3, True)


# --- whatever is wrong with it


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def beheaded(path: Path) -> None:
    path.write_bytes(path.read_bytes()[20:])


def of_another_version(path: Path) -> None:
    head, _, rest = path.read_bytes().partition(b" ")
    path.write_bytes(head + b" " + rest.replace(rules_key().encode(), b"0" * 40))


def made_by_hand(path: Path) -> None:
    """Its digests are right; what it says is nothing that this program writes."""
    parts = (b'{"False":["x",7,{},[],null]}', b'{"environments":[1],"files":{"a":[1,2,3,4]}}', b"{")
    sizes = " ".join(f"{len(each)}:{digest_of(each)}" for each in parts)
    path.write_bytes(f"syncer read cache {rules_key()} {sizes}\n".encode() + b"".join(parts))


def with_other_values(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"Verloren", b"Gewonnen"))


def for_all_to_read(path: Path) -> None:
    with_other_values(path)
    path.chmod(0o644)


def a_link(path: Path) -> None:
    path.rename(path.with_suffix(".there"))
    path.symlink_to(path.with_suffix(".there"))


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


def no_folder(path: Path) -> None:
    path.unlink()
    path.parent.rmdir()
    path.parent.write_text("a file")


def too_large(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(65 << 20)


SPOILT = [cut, beheaded, of_another_version, made_by_hand, with_other_values, for_all_to_read, a_link, a_folder, a_pipe]
SPOILT += [no_folder, too_large, lambda path: path.write_bytes(b""), lambda path: path.write_bytes(b"\x00\xff\n" * 99)]


WAYS = [
    [],
    ["config/lost.yaml"],
    ["config/flow.yaml", "--format", "sarif"],
    ["--format", "github"],
    ["--format", "json"],
]


@pytest.mark.parametrize("spoil", SPOILT, ids=lambda spoil: spoil.__name__)
def test_a_spoilt_cache_changes_no_answer(cached: Repo, spoil: Callable[[Path], None]) -> None:
    home = Path(cached.env["XDG_CACHE_HOME"])
    for number, arguments in enumerate(WAYS):
        cached.env["XDG_CACHE_HOME"] = f"{home}-{number}"
        cached.write("config/lost.yaml", reason("lost", "Verloren"))
        cached.run("validate")
        spoil(file_of(cached))
        assert same(cached, *arguments).code == 0
        cached.write("config/lost.yaml", BROKEN)
        said = same(cached, *arguments)
        assert ("stauts" in said.out, "Traceback" in said.all) == ("config/flow.yaml" not in arguments, False)


def test_another_users_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = CacheFile(tmp_path / "x.cache")
    assert (file.save(b"mine"), file.load()) == (True, b"mine")
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert file.load() == b""


def test_what_was_not_written_for_long_makes_room(tmp_path: Path) -> None:
    for age, name in enumerate(("new", "old", "older", "oldest")):
        path = tmp_path / f"{name}.cache"
        path.touch()
        os.truncate(path, MOST_OF_ALL // 3 + 1)
        os.utime(path, (1_800_000_000 - age, 1_800_000_000 - age))
    (tmp_path / ".x.cache.00.tmp").touch()
    os.utime(tmp_path / ".x.cache.00.tmp", (0, 0))
    CacheFile(tmp_path / "now.cache").save(b"x")
    assert sorted(os.listdir(tmp_path)) == ["new.cache", "now.cache", "old.cache"]


def limited() -> None:
    """No file may grow: a full disk, as far as a process can tell. (Python writes what it compiled in pieces, too.)"""
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))


def test_a_full_disk(cached: Repo) -> None:
    cached.write("config/many.yaml", "---\n".join(reason(f"r{number}", f"R {number}") for number in range(40)))
    said = cached.spawn("validate", preexec_fn=limited, python=("-B",))
    assert (said.code, said.err) == (0, "43 manifests in 4 files: valid\n")
    assert list(Path(cached.env["XDG_CACHE_HOME"]).rglob("*.*")) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written(cached: Repo) -> None:
    folder = Path(cached.env["XDG_CACHE_HOME"]) / "syncer"
    folder.mkdir(parents=True, mode=0o500)
    assert (same(cached).code, os.listdir(folder)) == (0, [])


def test_a_disk_that_may_only_be_read(cached: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.open

    def no(path: os.PathLike[str], flags: int, *more: int, **named: int) -> int:
        if flags & os.O_CREAT:
            raise OSError(30, "read-only file system")
        return real(path, flags, *more, **named)

    monkeypatch.setattr(os, "open", no)
    assert same(cached).code == 0
    assert list(Path(cached.env["XDG_CACHE_HOME"]).rglob("*.cache")) == []


def test_two_at_once(cached: Repo) -> None:
    """Each writes the whole of it, in one step: whoever comes last has written what is there."""
    started = [cached.start("validate") for _ in range(4)]
    ends = [(process.communicate(timeout=PATIENCE), process.returncode) for process in started]
    assert {(code, err) for (_, err), code in ends} == {(0, b"3 manifests in 3 files: valid\n")}
    assert count_reads(cached) == 0
    assert [path.name for path in file_of(cached).parent.iterdir()] == [file_of(cached).name]


def test_the_key_is_of_all_that_reads_and_judges(tmp_path: Path) -> None:
    package = tmp_path / "syncer"
    (package / "kinds").mkdir(parents=True)
    (package / "schemas").mkdir()
    keys = [rules_key(package)]
    for path in (package / "a.py", package / "kinds" / "b.py", package / "schemas" / "c.json"):
        for text in ("x", "longer"):
            path.write_text(text)
            keys.append(rules_key(package))
    assert len(set(keys)) == 7
    assert rules_key(package) == keys[-1] != rules_key()


class Memory:
    """A store that is no file."""

    def __init__(self) -> None:
        self.content = b""
        self.writes = 0

    def load(self) -> bytes:
        return self.content

    def save(self, content: bytes) -> bool:
        self.content, self.writes = content, self.writes + 1
        return True


def test_nothing_is_written_where_nothing_was_learnt() -> None:
    store = Memory()
    documents = yaml_reader.read(b"a: 1\n", "a.yaml")
    cache = ReadCache(store, "k")
    cache.add("d", documents, None)
    cache.save(["test"], whole=True)
    assert store.writes == 1
    again = ReadCache(store, "k")
    again.keep("d", documents)
    again.save(["test"], whole=True)
    assert store.writes == 1
    documents[0].sound = True
    again.save(["test"], whole=True)
    assert store.writes == 2
    assert [found.sound for names in (["test"], ["live"]) if (found := ReadCache(store, "k").file("d", names))] == [
        True,
        False,
    ]
    gone = ReadCache(store, "k")
    gone.save(["test"], whole=True)
    assert (store.writes, ReadCache(store, "k").file("d", ["test"])) == (3, None)


def test_a_text_that_was_not_there_may_be_there_another_time(cached: Repo) -> None:
    """What a manifest takes from another file is no part of its content: nothing is known of such a one."""
    told = flow("told", "won").replace("  version: v3\n", "  version: v3\n  description: {file: texts/why.md}\n")
    cached.write("config/told.yaml", told)
    assert same(cached).code == 3
    cached.write("texts/why.md", "x" * 70_000)
    assert "too-long" in same(cached).out
    cached.write("texts/why.md", "Warum\n")
    assert (same(cached).code, same(cached).code) == (0, 0)
    cached.write("texts/why.md", "x" * 70_000)
    assert "too-long" in same(cached).out
