"""A library imported lightly is the whole library; what was put off happens when it is asked for."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from syncer.model.light_import import ClassName, import_lightly, later

SAME = """
import sys
if sys.argv[1] == "lightly":
    from syncer.model.light_import import import_lightly
    import syncer.documents.yaml_events
    assert not {"base64", "datetime"} & sys.modules.keys()
import yaml
text = "a: [1, 2001-01-01, 2001-12-14t21:59:43.10-05:00, 0x1f, 0b1, 1.5, 1e3, yes, ~, 1_000, 190:20:30, .inf]"
for loader in (yaml.SafeLoader, yaml.FullLoader, yaml.UnsafeLoader, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    print(yaml.load(text, loader))
print(yaml.safe_load("a: !!binary aGFsbG8="), yaml.safe_dump(b"hallo"))
print(yaml.safe_dump({"a": "yes", "b": ["1.5", "2001-01-01", "x: y", "\\u0007"]}))
try:
    yaml.safe_load("a: \\x00")
except yaml.YAMLError as error:
    print(error)
"""
PUT_OFF = (
    "import syncer.documents.yaml_reader, yaml.reader; print(type(vars(yaml.reader.Reader)['NON_PRINTABLE']).__name__)"
)


def printed(code: str, *arguments: str) -> str:
    return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True).stdout


def test_it_is_the_same_library() -> None:
    lightly = printed(SAME, "lightly")
    assert "2001" in lightly
    assert lightly == printed(SAME, "as usual")


def test_the_reader_of_yaml_compiles_none_of_its_patterns() -> None:
    assert printed(PUT_OFF) == "_LaterPattern\n"


def test_one_that_needs_a_pattern_at_once_is_imported_as_usual(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "import re\nNAME = re.compile('a')\nassert isinstance(NAME, re.Pattern)\n"
    (tmp_path / "needs_a_pattern.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    before = re.compile
    import_lightly("needs_a_pattern", later_patterns=True)
    assert isinstance(sys.modules.pop("needs_a_pattern").NAME, re.Pattern)
    assert re.compile is before


def test_one_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    before = re.compile
    with pytest.raises(ImportError):
        import_lightly("nobody_has_this_library", later_patterns=True)
    assert re.compile is before


BIRTH = """
import sys
if sys.argv[1] == "lightly":
    from syncer.schema_check.registry import check
    document = {"apiVersion": "syncer/v1", "kind": "ClosingReason", "metadata": {"name": "won"}}
    document["spec"] = {"title": "Won"}
    assert (check("closing-reason", document), "jsonschema_rs" in sys.modules) == ([], True)
    print("email.utils" in sys.modules, file=sys.stderr)
import jsonschema_rs
print(sorted((name, repr(value)) for name, value in getattr(jsonschema_rs.jsonschema_rs, "__build__", {}).items()))
import email.utils
print(email.utils.parsedate_to_datetime("Tue, 27 Oct 2026 10:17:51 +0000"))
"""


def test_the_checker_is_the_same_without_what_it_drags_along() -> None:
    done = subprocess.run([sys.executable, "-c", BIRTH, "lightly"], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == (printed(BIRTH, "as usual"), "False\n")
    assert "2026-10-27" in done.stdout


WHO_ASKS = """
import dragged_along
from dragged_along import answer, Kept
def asked(): return dragged_along.other(), dragged_along.Kept().word
SAID = answer()
class Below(Kept): pass
"""
DRAGGED = """
def answer(): return "at length"
def other(): return "something else"
class Kept:
    word = "kept"
"""


@pytest.fixture
def asking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Two modules, of which one asks the other; neither is imported afterwards."""
    (tmp_path / "dragged_along.py").write_text(DRAGGED)
    (tmp_path / "who_asks.py").write_text(WHO_ASKS)
    monkeypatch.syspath_prepend(tmp_path)
    yield
    for name in ("dragged_along", "who_asks"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize(
    ("given", "said", "loaded"),
    [
        ({"answer": lambda: "briefly", "Kept": ClassName}, "briefly", False),
        ({"answer": later("dragged_along", "answer"), "Kept": ClassName}, "at length", True),
        ({"answer": lambda: 1 / 0, "Kept": ClassName}, "at length", True),
        ({"answer": lambda: "briefly"}, "briefly", True),
    ],
    ids=["it does", "it does later", "it does not", "it lacks something"],
)
def test_a_stand_in_is_gone_after_the_import(asking, given, said, loaded) -> None:
    import_lightly("who_asks", {"dragged_along": given})
    found = sys.modules["who_asks"]
    assert (said, loaded) == (found.SAID, "dragged_along" in sys.modules)
    assert (found.asked(), "dragged_along" in sys.modules) == (("something else", "kept"), True)


def test_a_module_that_is_there_has_no_stand_in(asking) -> None:
    import dragged_along

    import_lightly("who_asks", {"dragged_along": {"answer": lambda: "briefly"}})
    assert (sys.modules["who_asks"].SAID, sys.modules["dragged_along"]) == ("at length", dragged_along)
