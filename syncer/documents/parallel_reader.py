"""Reads many files' texts on two cores: a part of them in a process of its own, where there is enough to read.

There is one reader all the same. The other process hands over the values of files in which it found nothing to remark;
whatever else may have happened to it, those files are read here. It can be asked to judge what it reads, too: then it
says of which files there is nothing to say, and all others are judged here.
"""

from __future__ import annotations

import contextlib
import marshal
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate

from syncer.documents.source_checks import Text
from syncer.documents.yaml_reader import Document, Plain, plain, read, restored
from syncer.model.diagnostic import InvalidInput
from syncer.model.named_tuple import NamedTuple

LEAST = 256 * 1024
"""Bytes below which a second process costs more than it saves."""

Judge = Callable[[list[Document], bytes, str], bool]
"""Whether nothing can ever be said of the documents of a file: its answer is believed by whoever asks for them."""


class ParallelReader:
    """The documents of many files; a part of them is read elsewhere from the moment this is made. To be closed.

    `elsewhere`: how much of the bytes, more than half where this process has other things to do first. `judge`: asked
    there about what is read there. `cores`: None looks how many there are.
    """

    def __init__(
        self,
        texts: Sequence[Text],
        *,
        elsewhere: float = 0.5,
        judge: Judge | None = None,
        cores: int | None = None,
    ) -> None:
        self._texts = texts
        self._middle = _middle(texts, 1 - elsewhere) if _worthwhile(texts, cores) else len(texts)
        self._other = _started(texts[self._middle :], judge) if self._middle < len(texts) else None

    def __enter__(self) -> ParallelReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def documents(self) -> Iterator[list[Document] | InvalidInput]:
        """The documents of every file, or what is wrong with it, in order."""
        for text, file in self._texts[: self._middle]:
            yield _here(text, file)
        rest = self._texts[self._middle :]
        for (text, file), heard in zip(rest, self._heard(len(rest)), strict=True):
            yield _here(text, file) if heard is None else restored(heard[0], text, file, sound=heard[1])

    def _heard(self, number: int) -> list[_Heard | None]:
        """What came through the pipe; None for every file where it is not whole."""
        if self._other is not None:
            try:
                with os.fdopen(self._other.pipe, "rb", closefd=False) as stream:
                    found: list[_Heard | None] = marshal.loads(stream.read())  # noqa: S302  our own child's
            except (ValueError, EOFError, TypeError):
                found = []
            if len(found) == number:
                return found
        return [None] * number

    def close(self) -> None:
        """End the other process, whether it was listened to or not."""
        other, self._other = self._other, None
        if other is not None:
            import signal  # late, as below: most repositories are read by one process

            os.close(other.pipe)
            with contextlib.suppress(
                ProcessLookupError, ChildProcessError
            ):  # whoever embeds syncer may reap for itself
                os.kill(other.child, signal.SIGKILL)
                os.waitpid(other.child, 0)


_Heard = tuple[Plain, bool]
"""What comes through the pipe of a file: its documents, and whether there is nothing to say of them."""


class _Other(NamedTuple):
    """The other process, and the end of the pipe through which values come."""

    child: int
    pipe: int


def _here(text: bytes, file: str) -> list[Document] | InvalidInput:
    try:
        return read(text, file)
    except InvalidInput as error:
        return error


def _worthwhile(texts: Sequence[Text], cores: int | None) -> bool:
    """Only where a process can be split in two safely: Linux, and no second thread that might hold a lock."""
    if sys.platform != "linux" or len(texts) < 2 or sum(len(text) for text, _ in texts) < LEAST:
        return False
    import threading

    there = len(os.sched_getaffinity(0)) if cores is None else cores
    return there > 1 and threading.active_count() == 1


def _middle(texts: Sequence[Text], share: float) -> int:
    """The first file beyond that share of the bytes."""
    sums = list(accumulate(len(text) for text, _ in texts))
    return next(index for index, total in enumerate(sums) if total >= sums[-1] * share)


def _started(texts: Sequence[Text], judge: Judge | None) -> _Other | None:
    """Another process that reads these files; None where none can be had."""
    ours, theirs = os.pipe()
    try:
        child = os.fork()
    except OSError:  # no more processes: then without
        os.close(theirs)
        os.close(ours)
        return None
    if child == 0:
        try:
            os.close(ours)
            with os.fdopen(theirs, "wb") as pipe:
                pipe.write(marshal.dumps([_values(text, file, judge) for text, file in texts]))
        finally:
            os._exit(0)  # whatever it was, an interrupt too: nothing of the parent's is ended or written twice
    os.close(theirs)
    return _Other(child, ours)


def _values(text: bytes, file: str, judge: Judge | None) -> _Heard | None:
    try:
        documents = read(text, file)
    except InvalidInput:
        return None
    values = plain(documents)
    return None if values is None else (values, judge is not None and judge(documents, text, file))
