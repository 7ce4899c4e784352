"""Reads many files' texts on two cores: the second half in a process of its own, where there is enough to read.

There is one reader all the same. The other process hands over the values of files in which it found nothing to remark;
whatever else may have happened to it, those files are read here.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
from collections.abc import Generator, Iterator, Sequence
from itertools import accumulate

from syncer.adapters.yaml_reader import Document, Plain, plain, read, restored
from syncer.core.problem import InvalidInput

LEAST = 256 * 1024
"""Bytes below which a second process costs more than it saves."""

Text = tuple[bytes, str]
"""A file's bytes, and what it is called in messages."""


def read_all(
    texts: Sequence[Text], *, cores: int | None = None
) -> Generator[list[Document] | InvalidInput, None, None]:
    """The documents of every file, or what is wrong with it, in order. `cores`: None looks how many there are."""
    middle = _middle(texts) if _worthwhile(texts, cores) else len(texts)
    with _elsewhere(texts[middle:]) as other:
        for text, file in texts[:middle]:
            yield _here(text, file)
        found = _heard(other, len(texts) - middle)
        for (text, file), values in zip(texts[middle:], found, strict=True):
            yield _here(text, file) if values is None else restored(values, text, file)


def _here(text: bytes, file: str) -> list[Document] | InvalidInput:
    try:
        return read(text, file)
    except InvalidInput as error:
        return error


def _worthwhile(texts: Sequence[Text], cores: int | None) -> bool:
    """Only where a process can be split in two safely: Linux, and no second thread that might hold a lock."""
    if sys.platform != "linux" or threading.active_count() > 1 or len(texts) < 2:
        return False
    there = len(os.sched_getaffinity(0)) if cores is None else cores
    return there > 1 and sum(len(text) for text, _ in texts) >= LEAST


def _middle(texts: Sequence[Text]) -> int:
    """The first file of the second half, by bytes."""
    sums = list(accumulate(len(text) for text, _ in texts))
    return next(index for index, total in enumerate(sums) if total * 2 >= sums[-1])


@contextlib.contextmanager
def _elsewhere(texts: Sequence[Text]) -> Iterator[int | None]:
    """The end of a pipe through which the values of these files come; None where nobody reads them."""
    if not texts:
        yield None
        return
    ours, theirs = os.pipe()
    try:
        child = os.fork()
    except OSError:  # no more processes: then without
        os.close(theirs)
        os.close(ours)
        yield None
        return
    if child == 0:
        try:
            os.close(ours)
            with os.fdopen(theirs, "w", encoding="ascii") as pipe:
                pipe.write(json.dumps([_values(text, file) for text, file in texts]))
        finally:
            os._exit(0)  # whatever it was, an interrupt too: nothing of the parent's is ended or written twice
    os.close(theirs)
    try:
        yield ours
    finally:
        os.close(ours)
        with contextlib.suppress(ProcessLookupError, ChildProcessError):  # whoever embeds syncer may reap for itself
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _values(text: bytes, file: str) -> Plain | None:
    try:
        return plain(read(text, file))
    except InvalidInput:
        return None


def _heard(pipe: int | None, number: int) -> list[Plain | None]:
    """What came through the pipe; None for every file where it is not whole."""
    if pipe is not None:
        try:
            with os.fdopen(pipe, encoding="ascii", closefd=False) as stream:
                found: list[Plain | None] = json.load(stream)
        except ValueError:
            found = []
        if len(found) == number:
            return found
    return [None] * number
