"""The file of what agreed: whole and of this very syncer, or as good as not there; and nobody else's."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest

from syncer.state.agreement_file import AgreementFile, AgreementRecord, WholeAgreement, program_digest

RULES = "a" * 32
CALL = ("workflow", "automation", "POST", "/v1/automation/flows:batchGet", {"ids": ["1f"]})
WHOLE = WholeAgreement("f", "r", "l", "d", ("ClosingReason",), ("EntitySchema",), (CALL,), 2)
RECORD = AgreementRecord(b"s" * 32, frozenset({b"1" * 16, b"2" * 16}), {"plan": WHOLE})


@pytest.fixture
def file(tmp_path: Path) -> AgreementFile:
    return AgreementFile(tmp_path / "cache" / "x.cache", RULES)


def written(record: Any) -> bytes:
    """A file of that JSON, made by hand with a right sum."""
    text = json.dumps(record).encode()
    return b"syncer agreements 1 %s %s\n%s\n" % (
        RULES.encode(), blake2b(text, digest_size=16).hexdigest().encode(), text,
    )  # fmt: skip


def test_what_was_saved_is_loaded(file: AgreementFile) -> None:
    assert (file.load(), file.save(RECORD, 3), file.load()) == ((None, 0), True, (RECORD, 3))


def test_it_is_for_this_user_only(file: AgreementFile) -> None:
    file.save(RECORD, 0)
    assert [stat.S_IMODE(path.stat().st_mode) for path in (file.path, file.path.parent)] == [0o600, 0o700]


def test_marks_are_counted(file: AgreementFile) -> None:
    file.save(RECORD, 1)
    assert (file.mark(), file.mark(), file.load()) == (True, True, (RECORD, 3))


def test_what_is_dropped_is_gone(file: AgreementFile) -> None:
    file.save(RECORD, 1)
    file.drop()
    file.drop()
    assert (file.load(), file.mark(), file.path.exists()) == ((None, 0), False, False)


def test_of_another_program_it_is_not_there(file: AgreementFile) -> None:
    file.save(RECORD, 0)
    assert AgreementFile(file.path, "b" * 32).load() == (None, 0)


def test_cut_off_anywhere_it_is_not_there(file: AgreementFile) -> None:
    file.save(RECORD, 0)
    raw = file.path.read_bytes()
    for end in range(len(raw) - 1):  # the last byte ends the line, before the marks
        file.path.write_bytes(raw[:end])
        assert file.load() == (None, 0), end


def test_with_any_byte_changed_it_is_not_there(file: AgreementFile) -> None:
    file.save(RECORD, 0)
    raw = file.path.read_bytes()
    for at in range(len(raw)):
        file.path.write_bytes(raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :])
        assert file.load() == (None, 0), at


GOOD = {"salt": "73" * 32, "objects": "", "whole": {}}
PLAN = {**WHOLE._asdict(), "calls": [list(CALL)]}
BY_HAND: dict[str, Any] = {
    "no mapping": [],
    "null": None,
    "no salt": {name: each for name, each in GOOD.items() if name != "salt"},
    "a short salt": {**GOOD, "salt": "73"},
    "no hexadecimal": {**GOOD, "salt": "x" * 64},
    "a salt that is a number": {**GOOD, "salt": 7},
    "objects that are a list": {**GOOD, "objects": [1]},
    "whole that is a list": {**GOOD, "whole": []},
    "a run that is a text": {**GOOD, "whole": {"plan": "x"}},
    "a run without fields": {**GOOD, "whole": {"plan": {}}},
    "a run with another field": {**GOOD, "whole": {"plan": {**PLAN, "x": 1}}},
    "a digest that is a number": {**GOOD, "whole": {"plan": {**PLAN, "files": 1}}},
    "a kind that is a number": {**GOOD, "whole": {"plan": {**PLAN, "kinds": [1]}}},
    "warnings that are a text": {**GOOD, "whole": {"plan": {**PLAN, "warnings": "2"}}},
    "warnings below nought": {**GOOD, "whole": {"plan": {**PLAN, "warnings": -1}}},
    "warnings that are true": {**GOOD, "whole": {"plan": {**PLAN, "warnings": True}}},
    "a call that is too short": {**GOOD, "whole": {"plan": {**PLAN, "calls": [["a", "b"]]}}},
    "a call that is a number": {**GOOD, "whole": {"plan": {**PLAN, "calls": [7]}}},
    "a path that is a number": {**GOOD, "whole": {"plan": {**PLAN, "calls": [["a", "b", "GET", 1, None]]}}},
}


@pytest.mark.parametrize("name", BY_HAND)
def test_made_by_hand_it_is_not_there(file: AgreementFile, name: str) -> None:
    file.save(RECORD, 0)
    file.path.write_bytes(written(BY_HAND[name]))
    assert file.load() == (None, 0)


def test_made_by_hand_and_sound_it_is_read(file: AgreementFile) -> None:
    """So the table above is refused for what it says."""
    file.save(RECORD, 0)
    file.path.write_bytes(written({**GOOD, "whole": {"plan": PLAN}}))
    assert file.load() == (AgreementRecord(b"s" * 32, frozenset(), {"plan": WHOLE}), 0)


def _link(path: Path) -> None:
    path.rename(path.with_name("other"))
    path.symlink_to("other")


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


PLACES: dict[str, Callable[[Path], object]] = {
    "a link": _link,
    "a folder": _folder,
    "a pipe": _fifo,
    "for others to read": lambda path: path.chmod(0o644),
    "for others to write": lambda path: path.chmod(0o622),
    "deeply nested": lambda path: path.write_bytes(written({}) + b"[" * 100_000),
    "nested in its text": lambda path: path.write_bytes(_nested()),
}


def _nested() -> bytes:
    text = b"[" * 100_000
    sum_of_text = blake2b(text, digest_size=16).hexdigest()
    return b"syncer agreements 1 %s %s\n%s\n" % (RULES.encode(), sum_of_text.encode(), text)


@pytest.mark.parametrize("name", PLACES)
def test_of_another_sort_it_is_not_there(file: AgreementFile, name: str) -> None:
    file.save(RECORD, 0)
    PLACES[name](file.path)
    assert file.load() == (None, 0)


def test_where_no_folder_can_be_made_nothing_is_saved(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file", "utf-8")
    file = AgreementFile(tmp_path / "cache" / "x.cache", RULES)
    assert (file.save(RECORD, 0), file.mark(), file.load()) == (False, False, (None, 0))


CHANGES: dict[str, Callable[[Path], object]] = {
    "a source is longer": lambda package: (package / "plan" / "planner.py").write_text("longer", "utf-8"),
    "a source has another time": lambda package: os.utime(package / "plan" / "planner.py", (1, 1)),
    "a source is new": lambda package: (package / "plan" / "new.py").write_text("", "utf-8"),
    "a source is gone": lambda package: (package / "plan" / "planner.py").unlink(),
    "a schema is longer": lambda package: (package.parent / "schemas" / "a.json").write_text("longer", "utf-8"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_another_program_has_another_digest(tmp_path: Path, name: str) -> None:
    package = tmp_path / "syncer"
    (package / "plan").mkdir(parents=True)
    (package / "plan" / "planner.py").write_text("x", "utf-8")
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "a.json").write_text("{}", "utf-8")
    before = program_digest(package)
    assert program_digest(package) == before
    CHANGES[name](package)
    assert program_digest(package) != before


def test_libraries_that_were_installed_since_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    libraries = tmp_path / "site-packages"
    libraries.mkdir()
    (tmp_path / "schemas").mkdir()
    (tmp_path / "syncer").mkdir()
    monkeypatch.syspath_prepend(str(libraries))
    before = program_digest(tmp_path / "syncer")
    os.utime(libraries, (1, 1))
    assert program_digest(tmp_path / "syncer") != before
