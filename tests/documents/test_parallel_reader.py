"""Files read by two processes are read as by one, whatever stands in them and whatever becomes of the other."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable

import pytest

from syncer.documents import parallel_reader
from syncer.documents.parallel_reader import LEAST, ParallelReader
from syncer.documents.source_checks import Text
from syncer.documents.yaml_reader import Document, read
from syncer.model.diagnostic import InvalidInput

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="a process is split in two on Linux only"),
    pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning"),
]


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if no earlier test had left a thread behind."""
    monkeypatch.setattr(threading, "active_count", lambda: 1)


DOCUMENT = b"kind: A\nspec:\n  title: \xc3\x9cber\n  numbers: [1, 1.5, -0.0, 9007199254740991, null, true]\n"
ODD = {
    "two.yaml": b"---\n" + DOCUMENT + b"---\n# the second\nb: {c: [d]}\n",
    "empty.yaml": b"",
    "nothing.yaml": b"---\n",
    "broken.yaml": b"a: [\n",
    "twice.yaml": b"a: 1\na: 2\n",
    "digits.yaml": b"zip: 01067\n",
    "plain.json": b'{"a": {"b": 1}}',
    "broken.json": b'{"a": ',
    "latin.yaml": b"a: \xe9\n",
}


def texts() -> list[Text]:
    """Enough to be worth it, with everything odd in either half."""
    many = [(DOCUMENT + b"# " + b"x" * 20_000 + b"\n", f"{number}.yaml") for number in range(15)]
    odd = [(text, name) for name, text in ODD.items()]
    assert sum(len(text) for text, _ in many) > LEAST
    return [*many[:7], *odd, *many[7:], *odd]


def read_all(texts: list[Text], cores: int, elsewhere: float = 0.5) -> list[list[Document] | InvalidInput]:
    with ParallelReader(texts, elsewhere=elsewhere, cores=cores) as reading:
        return list(reading.documents())


def told(found: list[Document] | InvalidInput) -> object:
    if isinstance(found, InvalidInput):
        return found.problems
    return [
        (repr(each.value), each.file, each.index, each.start, each.warnings, each.locate(("spec", "title")))
        for each in found
    ]


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("elsewhere", [0.5, 0.75, 0.99])
def test_two_processes_read_what_one_reads(elsewhere: float) -> None:
    assert [told(each) for each in read_all(texts(), 2, elsewhere)] == [
        told(each) for each in read_all(texts(), cores=1)
    ]


@pytest.mark.usefixtures("alone")
def test_the_second_half_is_read_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    here: list[str] = []
    monkeypatch.setattr(parallel_reader, "read", _noting(here))
    read_all(texts(), cores=2)
    assert here.count("14.yaml") == 0
    assert here.count("0.yaml") == 1
    assert here.count("broken.yaml") == 2


def _noting(names: list[str]) -> Callable[[bytes, str], list[Document]]:
    def noted(text: bytes, file: str) -> list[Document]:
        names.append(file)
        return read(text, file)

    return noted


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("exception", [KeyboardInterrupt, MemoryError, ValueError])
def test_what_the_other_process_dies_of_is_of_no_consequence(
    monkeypatch: pytest.MonkeyPatch, exception: type[BaseException], capfd: pytest.CaptureFixture[str]
) -> None:
    parent = os.getpid()

    def dying(text: bytes, file: str) -> list[Document]:
        if os.getpid() != parent:
            raise exception
        return read(text, file)

    expected = [told(each) for each in read_all(texts(), cores=1)]
    monkeypatch.setattr(parallel_reader, "read", dying)
    assert [told(each) for each in read_all(texts(), cores=2)] == expected
    assert capfd.readouterr() == ("", "")


@pytest.mark.usefixtures("alone")
def test_no_process_is_left_behind_when_reading_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    children: list[int] = []
    fork = os.fork

    def noted() -> int:
        children.append(fork())
        return children[-1]

    monkeypatch.setattr(os, "fork", noted)
    with ParallelReader(texts(), cores=2) as reading:
        next(reading.documents())
    (child,) = children
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


@pytest.mark.usefixtures("alone")
def test_where_no_process_can_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> int:
        raise BlockingIOError

    expected = [told(each) for each in read_all(texts(), cores=1)]
    monkeypatch.setattr(os, "fork", refused)
    assert [told(each) for each in read_all(texts(), cores=2)] == expected


def test_little_one_core_or_a_second_thread_is_read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def never() -> int:
        raise AssertionError("a process was asked for")

    monkeypatch.setattr(os, "fork", never)
    assert len(read_all(texts(), cores=1)) == len(texts())
    assert len(read_all(texts()[:3], cores=2)) == 3
    wait = threading.Event()
    thread = threading.Thread(target=wait.wait)
    thread.start()
    try:
        assert len(read_all(texts(), cores=2)) == len(texts())
    finally:
        wait.set()
        thread.join()


@pytest.mark.usefixtures("alone")
def test_the_other_process_judges_what_it_reads() -> None:
    """Its word counts for the files it handed over, and for no others."""

    def judge(documents: list[Document], text: bytes, file: str) -> bool:
        return file in {"10.yaml", "two.yaml", "digits.yaml", "0.yaml"}

    with ParallelReader(texts(), judge=judge, cores=2) as reading:
        found = [documents for documents in reading.documents() if not isinstance(documents, InvalidInput)]
    assert [(each.file, each.index) for documents in found for each in documents if each.sound] == [
        ("10.yaml", 0),
        ("two.yaml", 0),
        ("two.yaml", 1),
    ]


@pytest.mark.usefixtures("alone")
def test_a_judge_that_fails_there_is_not_needed() -> None:
    def judge(documents: list[Document], text: bytes, file: str) -> bool:
        raise RuntimeError(file)

    with ParallelReader(texts(), judge=judge, cores=2) as reading:
        found = list(reading.documents())
    assert [told(each) for each in found] == [told(each) for each in read_all(texts(), cores=1)]
    assert not any(each.sound for documents in found if isinstance(documents, list) for each in documents)
