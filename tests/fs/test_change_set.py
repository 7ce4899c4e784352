"""Changes of files: what git makes of the patch, and what happens to files that are not as they were read."""

from __future__ import annotations

import errno
import shutil
import subprocess
from pathlib import Path

import pytest

from syncer.fs.change_set import ChangeSet, FileChange, as_patch, folder_in_git, write
from syncer.fs.disk import RealDisk
from syncer.model.diagnostic import InvalidInput, PartlyDone

GIT = shutil.which("git") or "git"
FILES = {
    "config/a.yaml": FileChange(b"a: 1\nb: 2\nc: 3\n", b"a: 1\nb: 4\nc: 3\n"),
    "config/no end.yaml": FileChange(b"a: 1\r\nb: 2", b"a: 1\r\nb: 2\r\nc: \xc3\xa4"),
    'odd "name"\\.yaml': FileChange(b"a: 1\n", b"a: 2"),
    "texts/\xfcber.html": FileChange(b"one\rtwo\x0cthree\nfour\n", b"one\rtwo\x0cthree\nfive\n"),
    "gone.yaml": FileChange(b"a: 1\nb: 2\n", None),
    "new/one.yaml": FileChange(None, b"a: 1\n"),
    "filled.txt": FileChange(b"", b"a\n"),
    "emptied.txt": FileChange(b"a\n", b""),
}


def put(root: Path, files: dict[str, FileChange]) -> None:
    for name, each in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        if each.before is not None:
            (root / name).write_bytes(each.before)


def states(root: Path, files: dict[str, FileChange]) -> dict[str, bytes | None]:
    return {name: (root / name).read_bytes() if (root / name).exists() else None for name in files}


@pytest.mark.parametrize("below", ["", "sub/"])
def test_git_applies_the_patch(tmp_path: Path, below: str) -> None:
    root = tmp_path / below
    put(root, FILES)
    subprocess.run([GIT, "init", "-q"], cwd=tmp_path, check=True)
    assert folder_in_git(root) == below
    patch = as_patch(ChangeSet(FILES), folder_in_git(root))
    command = [GIT, "-c", "core.autocrlf=false", "apply", "--whitespace=nowarn"]
    done = subprocess.run(command, cwd=tmp_path, input=patch.encode(), capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert states(root, FILES) == {name: each.after for name, each in FILES.items()}


def test_the_patch_reads_as_git_writes_it() -> None:
    assert as_patch(ChangeSet({"a.yaml": FILES["config/a.yaml"], "gone.yaml": FILES["gone.yaml"]})) == (
        "diff --git a/a.yaml b/a.yaml\n--- a/a.yaml\n+++ b/a.yaml\n@@ -1,3 +1,3 @@\n a: 1\n-b: 2\n+b: 4\n c: 3\n"
        "diff --git a/gone.yaml b/gone.yaml\ndeleted file mode 100644\n--- a/gone.yaml\n+++ /dev/null\n"
        "@@ -1,2 +0,0 @@\n-a: 1\n-b: 2\n"
    )


def test_all_is_written_and_the_second_time_nothing(tmp_path: Path) -> None:
    put(tmp_path, FILES)
    assert write(ChangeSet(FILES), tmp_path) == sorted(FILES)
    assert states(tmp_path, FILES) == {name: each.after for name, each in FILES.items()}
    assert write(ChangeSet(FILES), tmp_path) == []


@pytest.mark.parametrize("now", [b"a: 5\n", None], ids=["edited", "removed"])
def test_a_file_that_is_another_by_now(tmp_path: Path, now: bytes | None) -> None:
    put(tmp_path, FILES)
    (tmp_path / "config/a.yaml").unlink()
    if now is not None:
        (tmp_path / "config/a.yaml").write_bytes(now)
    with pytest.raises(InvalidInput) as refusal:
        write(ChangeSet(FILES), tmp_path)
    assert [each.message for each in refusal.value.problems] == ["`config/a.yaml` was edited since it was read"]
    assert states(tmp_path, FILES) == {name: each.before for name, each in FILES.items()} | {"config/a.yaml": now}


def test_through_a_link_the_file_itself_is_written(tmp_path: Path) -> None:
    (tmp_path / "real.yaml").write_bytes(b"a: 1\n")
    (tmp_path / "link.yaml").symlink_to("real.yaml")
    write(ChangeSet({"link.yaml": FileChange(b"a: 1\n", b"a: 2\n")}), tmp_path)
    assert (tmp_path / "link.yaml").is_symlink()
    assert (tmp_path / "real.yaml").read_bytes() == b"a: 2\n"


class Broken(RealDisk):
    """Lets so many files be made."""

    def __init__(self, files: int) -> None:
        self.files = files

    def create(self, path: Path, mode: int | None) -> int:
        if self.files == 0:
            raise OSError(errno.EROFS, "Read-only file system", str(path))
        self.files -= 1
        return super().create(path, mode)


@pytest.mark.parametrize(("files", "error"), [(0, InvalidInput), (1, PartlyDone)])
def test_a_folder_that_is_read_only(tmp_path: Path, files: int, error: type[Exception]) -> None:
    changes = ChangeSet({name: FILES[name] for name in ("config/a.yaml", "config/no end.yaml")})
    put(tmp_path, FILES)
    with pytest.raises(error, match=r"cannot be written: Read-only file system"):
        write(changes, tmp_path, disk=Broken(files))
    assert len(write(changes, tmp_path)) == 2 - files
    assert states(tmp_path, dict(changes.files)) == {name: each.after for name, each in changes.files.items()}
