"""The YAML parser's events, from PyYAML's C parser or its pure one, and where in a text each value stands."""

# ruff: noqa: E402 -- how the library is imported is said before it is

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from syncer.model.json_values import Path
from syncer.model.light_import import datetime_classes, import_lightly

# what only values of dates and of bytes are made with, which this reader makes none of
import_lightly("yaml", {"base64": {}, "datetime": vars(datetime_classes())}, later_patterns=True)

from yaml import events
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner, ScannerError

_c_parser: Callable[[bytes], Any] | None
try:
    from yaml import cyaml
except ImportError:  # a PyYAML built without libyaml: the same events, about 15 times slower
    _c_parser = None
else:
    _c_parser = vars(cyaml)["CParser"]  # its types do not name what it imports

MAX_DEPTH = 100
"""How deep lists and mappings may nest. The C parser dies at about 30,000 levels, so a scan must stop before."""

_SURROGATE = "[\ud800-\udfff]"


class _PureParser(Reader, Scanner, Parser):
    def __init__(self, text: bytes) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)

    def scan_directive(self) -> Any:
        token: Any = super().scan_directive()
        if token.name not in ("YAML", "TAG"):  # libyaml refuses them in these words, the pure scanner passes over them
            mark = token.start_mark
            raise ScannerError("while scanning a directive", mark, "found unknown directive name", mark)
        return token

    def get_event(self) -> Any:
        event: Any = super().get_event()  # type: ignore[no-untyped-call]
        if type(event) is events.ScalarEvent and not event.value.isascii() and re.search(_SURROGATE, event.value):
            said = "found invalid Unicode character escape code"  # libyaml's words; the pure scanner lets these pass
            mark: Any = event.start_mark
            raise ScannerError("while parsing a quoted scalar", mark, said, mark)
        return event


def next_event(text: bytes, *, pure: bool = False) -> Callable[[], Any]:
    """A function that returns the text's next event, None after the last; it raises what the parser raises.

    A last line without an end counts as ended, as YAML 1.2 has it; libyaml would give a block text another value there.
    """
    if not text.endswith((b"\n", b"\r")):
        text += b"\n"
    parser: Any = _PureParser(text) if pure or _c_parser is None else _c_parser(text)
    get_event: Callable[[], Any] = parser.get_event
    return get_event


Place = tuple[int, int]


class SourceMap:
    """Where one document's keys and values stand: line and column from 1, and how a scalar is written."""

    __slots__ = ("keys", "values", "words")

    def __init__(self) -> None:
        self.keys: dict[Path, Place] = {}
        self.values: dict[Path, Place] = {}
        self.words: dict[Path, str] = {}

    def at(self, path: Path, *, key: bool) -> Place:
        """The place of the value (or key) at `path`, else of the nearest thing around it that exists."""
        if path not in self.values:
            key = False  # the wanted thing is not there: its surroundings stand in for it
        while path not in self.values and path:
            path = path[:-1]
        if key and path in self.keys:
            return self.keys[path]
        return self.values.get(path, (1, 1))


def find_places(text: bytes, *, pure: bool = False) -> list[SourceMap]:
    """The places of every document, as far as the text can be read; of equal keys the first counts."""
    found: list[SourceMap] = []
    advance = next_event(text, pure=pure)
    try:
        event = advance()
        while event is not None:
            if type(event) is events.DocumentStartEvent:
                found.append(SourceMap())
                _walk(advance, advance(), (), found[-1])
            event = advance()
    except Exception:  # noqa: S110 -- the reader reports what stops the parser; places up to there are good
        pass
    return found


def _walk(advance: Callable[[], Any], event: Any, path: Path, places: SourceMap) -> None:
    """Notes the node that begins with `event`, and all below it."""
    if len(path) > MAX_DEPTH:
        raise RecursionError
    places.values.setdefault(path, _place(event))
    if type(event) is events.MappingStartEvent:
        while type(event := advance()) is not events.MappingEndEvent:
            word = getattr(event, "value", None)
            if word is None:  # a list or mapping as key, or an alias: the reader has refused it
                _walk(advance, event, (*path, ""), SourceMap())
                _walk(advance, advance(), (*path, ""), SourceMap())
                continue
            below = (*path, word)
            places.keys.setdefault(below, _place(event))
            _walk(advance, advance(), below, places)
    elif type(event) is events.SequenceStartEvent:
        index = 0
        while type(event := advance()) is not events.SequenceEndEvent:
            _walk(advance, event, (*path, index), places)
            index += 1
    elif type(event) is events.ScalarEvent and event.implicit[0]:
        places.words.setdefault(path, event.value)


def _place(event: Any) -> Place:
    mark = event.start_mark
    return mark.line + 1, mark.column + 1
