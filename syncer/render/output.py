"""The one funnel: everything that is printed goes through an `Output`, answers to stdout, talk to stderr."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable
from typing import TextIO

from syncer.model.diagnostic import Problem
from syncer.render.terminal import Terminal

ERASE = "\r\x1b[2K"


class Output:
    """Two streams and what they can show. A reader that went away (`| head`) silences a stream and stops nothing: an
    apply goes on with its bookkeeping. What else a stream refuses (a full disk) is kept in `failure` for the exit code.

    `terminal` is stdout's, `talking` stderr's (the same if left out). `live`: stderr is a terminal that can take a
    line back.
    """

    def __init__(
        self,
        stdout: TextIO | None,
        stderr: TextIO | None,
        terminal: Terminal,
        talking: Terminal | None = None,
        *,
        live: bool = False,
    ) -> None:
        self.terminal = terminal
        self.talking = talking or terminal
        self.live = live
        self.in_full: Callable[[str], str] = str
        """A text with the commands it names as they must be typed, whatever this one was told of where it works."""
        self.failure: OSError | None = None
        """Why something that was to be said was not, other than that nobody listened."""
        self._stdout = stdout
        self._stderr = stderr
        self._shown = ""

    def answer(self, text: str) -> None:
        """What was asked for, on stdout; a line end is added where it lacks."""
        self._erase()
        if not self._write(self._stdout, _ended(text)):
            self._stdout = None

    def patch(self, text: str) -> None:
        """A patch on stdout: as UTF-8, byte for byte, for `git apply`; to a terminal in colours, and what would steer
        it written out, which a note on stderr says."""
        self._erase()
        stream = self._stdout
        binary = getattr(stream, "buffer", None)
        if stream is None:
            return
        if stream.isatty() or binary is None:
            lines = text.split("\n")[:-1]
            if any(_patch_line(line, Terminal()) != line.removesuffix("\r") for line in lines):
                self.talk("note: control characters are written out here; in a file or a pipe the patch holds them\n")
            self.answer("".join(f"{_patch_line(line, self.terminal)}\n" for line in lines))
        elif not self._done(stream, lambda: (stream.flush(), binary.write(text.encode()), binary.flush())):
            self._stdout = None

    def talk(self, text: str) -> None:
        """Everything else, on stderr."""
        self._erase()
        self._say(_ended(text))

    def problems(self, problems: Iterable[Problem], *, summary: bool = True) -> None:
        """Problems as text on stderr; nothing for none."""
        from syncer.render.problems import problems_text  # late: most commands have none

        said = (each._replace(hint=self.in_full(each.hint)) for each in problems)
        self.talk(problems_text(said, self.talking, summary=summary))

    def show(self, line: str) -> None:
        """Put a line in the live one's place, without a line end; "" takes it away. Nothing where there is none."""
        if not self.live or line == self._shown:
            return
        self._say(ERASE + line)
        self._shown = line

    def _erase(self) -> None:
        if self._shown:
            self._say(ERASE)
            self._shown = ""

    def _say(self, text: str) -> None:
        if not self._write(self._stderr, text):
            self._stderr = None

    def _write(self, stream: TextIO | None, text: str) -> bool:
        """Whether the stream is still there. Written at once: a lost answer must show in the exit code."""
        if stream is None:
            return False
        if not text:
            return True
        return self._done(stream, lambda: (stream.write(encodable(text, stream.encoding)), stream.flush()))

    def _done(self, stream: TextIO, write: Callable[[], object]) -> bool:
        try:
            write()
        except BrokenPipeError:
            _abandon(stream)
            return False
        except (OSError, ValueError) as error:  # ValueError: closed by somebody else
            self.failure = self.failure or (error if isinstance(error, OSError) else OSError("closed"))
            _abandon(stream)
            return False
        return True


def _patch_line(line: str, terminal: Terminal) -> str:
    """A line of a patch as a terminal may show it: tabs stay, and the CR of a line that ends with CRLF goes."""
    text = "\t".join(map(terminal.shown, line.removesuffix("\r").split("\t")))
    style = {"+": "add", "-": "remove", "@": "upgrade"}.get(line[:1], "")
    return terminal.paint("bold" if line.startswith(("+++ ", "--- ", "diff ")) else style, text)


def encodable(text: str, encoding: str | None) -> str:
    """The text, what the encoding lacks written out as `\\u202e` (docs/catalogue.md#f07: never a
    UnicodeEncodeError)."""
    name = encoding or "utf-8"
    try:
        text.encode(name)
    except UnicodeEncodeError:
        return text.encode(name, "backslashreplace").decode(name)
    return text


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else text + "\n"


def _abandon(stream: TextIO) -> None:
    """Point the stream at nothing, so that the interpreter's last flush of what is still buffered can't fail."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
