"""Finding and reading files: which count, in which order, and what else may lie in a checkout."""

from __future__ import annotations

import os
import socket
import stat
import sys
from pathlib import Path

import pytest

from syncer.documents.source_checks import MAX_BYTES
from syncer.manifests.discovery import find, read_bytes, shown, upward
from syncer.model.diagnostic import InvalidInput, Location

as_root = pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not bind the superuser")


def tree(root: Path, *names: str) -> None:
    """Makes empty files, with their folders."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("a: 1\n")


def search(root: Path, *paths: str) -> tuple[list[str], list[str]]:
    """The files found and the problems, as text."""
    found = find([Path(path) for path in paths or (".",)], root)
    problems = [f"{each.at.file} {each.rule}: {each.message}" for each in found.problems if each.at]
    return [path.relative_to(root.resolve()).as_posix() for path in found.files], problems


def test_g36_which_files_count(tmp_path: Path) -> None:
    tree(tmp_path, "b.yaml", "a.yml", "a.yaml", "a.json", "C.YAML", "sub/x.yaml", "sub/deep/er/y.yaml", "syncer.yaml")
    tree(tmp_path, ".hidden.yaml", ".git/x.yaml", ".github/x.yml", "node_modules/x.json", "__pycache__/x.json")
    tree(
        tmp_path,
        "a.yaml~",
        "a.yaml.swp",
        "a.yaml.bak",
        "a.yaml.orig",
        "#a.yaml#",
        ".#a.yaml",
        "x.txt",
        "yaml",
        "sub/syncer.yaml",
    )
    files, problems = search(tmp_path)
    assert files == ["C.YAML", "a.json", "a.yaml", "a.yml", "b.yaml", "sub/deep/er/y.yaml", "sub/x.yaml"]
    assert problems == []


def test_named_paths(tmp_path: Path) -> None:
    tree(tmp_path, "one/a.yaml", "two/b.yaml", "two/.c.yaml", "x.txt")
    assert search(tmp_path, "two", "one/a.yaml", "one", "two/.c.yaml", "./two") == (
        ["one/a.yaml", "two/.c.yaml", "two/b.yaml"],
        [],
    )
    assert search(tmp_path, "none", "x.txt", "..", "/etc/hosts") == (
        [],
        [
            "none unreadable: `none` no such file or directory",
            "x.txt not-a-manifest: `x.txt` has none of the suffixes .yaml, .yml, .json",
            ".. outside-root: `..` lies outside the repository",
            "/etc/hosts outside-root: `/etc/hosts` lies outside the repository",
        ],
    )


def test_g37_links(tmp_path: Path) -> None:
    root = tmp_path / "root"
    tree(root, "real/a.yaml", "real/deep/b.yaml")
    tree(tmp_path, "outside/secret.yaml")
    (root / "real/loop").symlink_to("..")
    (root / "again").symlink_to("real")
    (root / "same.yaml").symlink_to("real/a.yaml")
    (root / "out").symlink_to(tmp_path / "outside")
    (root / "out.yaml").symlink_to("../outside/secret.yaml")
    (root / "self.yaml").symlink_to("self.yaml")
    (root / "gone.yaml").symlink_to("nowhere")
    (root / "gone.txt").symlink_to("nowhere")
    (root / "git").symlink_to(".git")
    tree(root, ".git/x.yaml")
    assert search(root) == (
        ["real/a.yaml", "real/deep/b.yaml"],
        [
            "gone.yaml broken-link: `gone.yaml` symbolic link leads nowhere: no such file or directory",
            "out outside-root: `out` symbolic link leads out of the repository",
            "out.yaml outside-root: `out.yaml` symbolic link leads out of the repository",
            "self.yaml broken-link: `self.yaml` symbolic link leads nowhere: too many levels of symbolic links",
        ],
    )


def test_a_linked_file_is_found_by_its_link_where_its_own_folder_is_not_searched(tmp_path: Path) -> None:
    tree(tmp_path, "shared/a.yaml")
    (tmp_path / "config").mkdir()
    (tmp_path / "config/link.yaml").symlink_to("../shared/a.yaml")
    assert search(tmp_path, "config") == (["shared/a.yaml"], [])


def test_g20_what_is_no_file(tmp_path: Path) -> None:
    tree(tmp_path, "a.yaml")
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "null.yaml").symlink_to("/dev/null")
    here = Path.cwd()
    os.chdir(tmp_path)  # the path of a socket must be short
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind("s.yaml")
    finally:
        os.chdir(here)
    assert search(tmp_path) == (
        ["a.yaml"],
        [
            "pipe.yaml not-a-file: `pipe.yaml` is a named pipe, not a file",
            "s.yaml not-a-file: `s.yaml` is a socket, not a file",
            "null.yaml outside-root: `null.yaml` symbolic link leads out of the repository",
        ],
    )


@pytest.mark.skipif(sys.platform != "linux", reason="file names of any bytes")
def test_a_name_that_is_no_utf8(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff.yaml")
    tree(tmp_path, name)
    assert search(tmp_path) == ([], ["\\xff.yaml file-name: `\\xff.yaml` file name is not UTF-8"])
    assert shown(tmp_path / name, tmp_path) == "\\xff.yaml"


@as_root
def test_g37_a_folder_that_cannot_be_searched(tmp_path: Path) -> None:
    tree(tmp_path, "a.yaml", "locked/b.yaml")
    (tmp_path / "locked").chmod(0)
    try:
        assert search(tmp_path) == (
            ["a.yaml"],
            ["locked unreadable: `locked` folder cannot be searched: permission denied"],
        )
    finally:
        (tmp_path / "locked").chmod(0o700)


def test_g37_10_000_files_and_a_deep_folder(tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(10_000):
        (folder / f"{number}.yaml").touch()
    tree(tmp_path, "/".join(["d"] * 150) + "/deep.yaml")
    files, problems = search(tmp_path)
    assert (len(files), problems) == (10_001, [])
    assert files == sorted(files, key=lambda name: name.split("/"))


def refused(path: Path) -> str:
    """The message of the refusal to read a file."""
    with pytest.raises(InvalidInput) as refusal:
        read_bytes(path, "name")
    [problem] = refusal.value.problems
    assert problem.at == Location("name", 1, 1)
    return f"{problem.rule}: {problem.message}"


def test_g20_read_bytes(tmp_path: Path) -> None:
    (tmp_path / "limit").write_bytes(b"x" * MAX_BYTES)
    (tmp_path / "over").write_bytes(b"x" * (MAX_BYTES + 1))
    with (tmp_path / "sparse").open("wb") as stream:
        stream.truncate(1 << 30)
    os.mkfifo(tmp_path / "pipe")
    assert read_bytes(tmp_path / "limit", "name") == b"x" * MAX_BYTES
    assert refused(tmp_path / "over") == "file-too-large: file of 1,048,577 bytes is larger than 1,048,576 bytes"
    assert refused(tmp_path / "sparse") == "file-too-large: file of 1,073,741,824 bytes is larger than 1,048,576 bytes"
    assert refused(tmp_path / "pipe") == "not-a-file: `name` is a named pipe, not a file"
    assert refused(Path("/dev/zero")) == "not-a-file: `name` is a device, not a file"
    assert refused(tmp_path) == "not-a-file: `name` is a folder, not a file"
    assert refused(tmp_path / "gone") == "unreadable: `name` cannot be read: no such file or directory"
    assert refused(tmp_path / "limit" / "x") == "unreadable: `name` cannot be read: not a directory"
    assert refused(tmp_path / ("x" * 300)) == "unreadable: `name` cannot be read: file name too long"
    assert refused(tmp_path / "a\0b") == "unreadable: `name` cannot be read: not a possible path"


@as_root
def test_read_bytes_without_permission(tmp_path: Path) -> None:
    path = tmp_path / "locked"
    path.write_text("x")
    path.chmod(0)
    assert refused(path) == "unreadable: `name` cannot be read: permission denied"
    assert stat.S_IMODE(path.stat().st_mode) == 0


def test_h08_upward_ends_at_the_git_repository(tmp_path: Path) -> None:
    (tmp_path / "repo/.git").mkdir(parents=True)
    (tmp_path / "repo/a/b").mkdir(parents=True)
    assert list(upward(tmp_path / "repo/a/b", "syncer.yaml")) == [
        tmp_path / "repo/a/b/syncer.yaml",
        tmp_path / "repo/a/syncer.yaml",
        tmp_path / "repo/syncer.yaml",
    ]
