"""Reads YAML and JSON files: the one judge of what a manifest's text means, strict, with a place for everything.

The text's events become YAML 1.2 core values in one pass; places are found by a second scan of the kept text, only
when somebody asks. It does not know what manifests mean.
"""

# ruff: noqa: E402 -- how the library is imported is said before it is

from __future__ import annotations

import re
from collections.abc import Callable
from sys import intern
from typing import Any

from syncer.documents.core_schema import CONSTANTS, NUMBER_STARTS, BadScalar, key_problem, number, same_key, tagged
from syncer.documents.source_checks import MANIFEST, FileLimits, check_text
from syncer.documents.yaml_events import MAX_DEPTH, SourceMap, find_places, next_event
from syncer.model.diagnostic import InvalidInput, Location, Problem
from syncer.model.json_values import Json, Path, show_path
from syncer.model.light_import import import_lightly

import_lightly("yaml", later_patterns=True)

from yaml import events

_MOST_PROBLEMS = 50
_ODD_NUMBER = re.compile(rb"(?<![\w\"'.+-])(?:0[0-9ox]|\+[0-9])")  # what may be read as another number

_ODD_QUESTION = re.compile(rb"[\[{,]\s*\?[^\s,\]}]")  # perhaps `[?x]`, perhaps within quotes


class _Source:
    """A file's text, and the places in it, found when first asked for."""

    __slots__ = ("_places", "file", "text")

    def __init__(self, file: str, text: bytes, places: list[SourceMap] | None = None) -> None:
        self.file = file
        self.text = text
        self._places = places

    def places(self, index: int) -> SourceMap:
        if self._places is None:
            self._places = self._found()
        return self._places[index] if index < len(self._places) else SourceMap()

    def _found(self) -> list[SourceMap]:
        if not _is_json(self.file):
            return find_places(self.text)
        from syncer.documents import json_reader  # late: nearly all manifests are YAML

        return [json_reader.parse(self.text.decode(), self.file)[1]]


class Document:
    """One document of a file: its value, and where each part of it stands."""

    __slots__ = ("_source", "file", "index", "sound", "start", "value", "warnings")

    def __init__(
        self, value: Json, source: _Source, index: int, start: tuple[int, int], warnings: tuple[Problem, ...]
    ) -> None:
        self.value = value
        self.file = source.file
        self.index = index
        self.warnings = warnings
        """What is allowed but probably not meant, such as `01067` unquoted."""
        self._source = source
        self.start = start
        """Line and column where it begins, from 1."""
        self.sound = False
        """Whether it was judged already, where it was read, and nothing was found that could ever be said of it."""

    def __repr__(self) -> str:
        return f"Document({self.file}, {self.index})"

    def locate(self, path: Path, *, key: bool = False) -> Location:
        """Where the value at `path` stands, or its key; the nearest thing around it where the path does not exist."""
        line, column = self._source.places(self.index).at(path, key=key) if path else self.start
        return Location(self.file, line, column)

    def written(self, path: Path) -> str | None:
        """How the unquoted word at `path` is written (`1.10` for the number 1.1); None for anything else."""
        return self._source.places(self.index).words.get(path)


def read(text: bytes, file: str, *, limits: FileLimits = MANIFEST) -> list[Document]:
    """The documents of a file's text (JSON where the name ends in `.json`), or InvalidInput with all that can be said.

    Values are dict (keys are strings), list, str, int (to 2^53), float (finite), bool and None. A file that is empty or
    holds only comments has no documents; an empty document has the value None.
    """
    as_json = _is_json(file)
    problems = check_text(text, file, yaml=not as_json, limits=limits)
    if problems:
        raise InvalidInput(problems)
    if as_json:
        from syncer.documents import json_reader  # late: nearly all manifests are YAML

        value, places, problems = json_reader.parse(text.decode(), file, limits)
        if problems:
            raise InvalidInput(sorted(problems, key=_by_place))
        return [Document(value, _Source(file, text, [places]), 0, places.at((), key=False), ())]
    return _read_yaml(text, file, limits=limits)


Plain = list[tuple[Json, tuple[int, int]]]
"""A YAML file's documents as nothing but their values, each with the place where it begins."""


def plain(documents: list[Document]) -> Plain | None:
    """The documents' values; None where there is more to them, or none was read from YAML."""
    if any(document.warnings or _is_json(document.file) for document in documents):
        return None
    return [(document.value, document.start) for document in documents]


def restored(values: Plain, text: bytes, file: str, *, sound: bool = False) -> list[Document]:
    """The documents of a text that has these values, and no warnings. `sound`: they were judged too."""
    source = _Source(file, text)
    documents = [Document(value, source, index, start, ()) for index, (value, start) in enumerate(values)]
    if sound:
        for document in documents:
            document.sound = True
    return documents


def _read_yaml(text: bytes, file: str, *, pure: bool = False, limits: FileLimits = MANIFEST) -> list[Document]:
    build = _Build(text, file, limits)
    try:
        build.run(next_event(text, pure=pure))
    except _Stop:
        pass
    except Exception as error:  # the border: ValueError, RecursionError, IndexError … have all been seen here
        from syncer.documents.yaml_messages import syntax_problem

        build.problems.append(syntax_problem(error, text.decode(), file))
    errors = [problem for problem in build.problems if problem.severity == "error"]
    if errors:
        raise InvalidInput(sorted(build.problems, key=_by_place))
    source = _Source(file, text)
    return [
        Document(value, source, index, start, tuple(build.warnings.get(index, ())))
        for index, (value, start) in enumerate(build.documents)
    ]


def _is_json(file: str) -> bool:
    return file.lower().endswith(".json")


def _by_place(problem: Problem) -> tuple[int, int]:
    return (problem.at.line, problem.at.column) if problem.at else (1 << 30, 0)


_QUOTE_BRACES = "keys are texts; a text that begins with `{` or `[`, such as `{{ name }}`, needs quotes"


_KINDS = (
    events.ScalarEvent,
    events.MappingStartEvent,
    events.SequenceStartEvent,
    events.MappingEndEvent,
    events.SequenceEndEvent,
    events.DocumentEndEvent,
)
_STARTS = {events.ScalarEvent, events.MappingStartEvent, events.SequenceStartEvent, events.AliasEvent}


class _Stop(Exception):
    """The rest of the text is not worth reading, or would be dangerous to."""


_BAD_KEY = "\0"  # what a refused key is stored under; no good key holds it


class _Build:
    """The values under construction: the stack of open lists and mappings, and what was found wrong so far."""

    def __init__(self, text: bytes, file: str, limits: FileLimits = MANIFEST) -> None:
        self.text = text
        self.file = file
        self.limits = limits
        self.documents: list[tuple[Json, tuple[int, int]]] = []
        self.problems: list[Problem] = []
        self._places: list[SourceMap] | None = None
        self.warnings: dict[int, list[Problem]] = {}
        self.watch_digits = _ODD_NUMBER.search(text) is not None
        self.marked = b"!" in text or b"&" in text  # without these no event has a tag or an anchor
        self.nodes = 0
        # container, its pending key after the child, the child's key
        self.stack: list[tuple[Any, str | None, str | None]] = []
        # by id, mappings with keys beyond ASCII: the mapping, those keys in the form compared
        self.folded: dict[int, tuple[Any, set[str]]] = {}
        self.container: Any = []
        self.key: str | None = None

    def run(self, advance: Callable[[], Any]) -> None:
        """Reads all documents; raises what the parser raises."""
        if _ODD_QUESTION.search(self.text):
            advance = self.without_odd_questions(advance)
        while (event := advance()) is not None:
            if type(event) is events.DocumentStartEvent:
                self.directives(event)
                self.document(advance)

    def without_odd_questions(self, advance: Callable[[], Any]) -> Callable[[], Any]:
        """Refuses `[?x]` and `{?x: 1}`: libyaml takes the `?` for a key indicator, YAML 1.2 for part of the text."""
        text = self.text.decode()

        def checked() -> Any:
            event = advance()
            mark = event.start_mark if event is not None else None
            if mark is not None and mark.index and text[mark.index - 1 : mark.index] == "?" and type(event) in _STARTS:
                self.problem(mark, "yaml-syntax", "`?` begins a text between brackets", "put the text into quotes", ())
            return event

        return checked

    def directives(self, event: Any) -> None:
        """Refuses `%YAML` other than 1.2 and every `%TAG`."""
        if event.version and tuple(event.version) != (1, 2):
            version = ".".join(map(str, event.version))
            hint = "delete the line; manifests are YAML 1.2"
            message = f"`%YAML {version}` is not the YAML manifests are written in"
            self.problem(event.start_mark, "yaml-directive", message, hint)
        if event.tags:
            hint = "delete the line; manifests have no tags"
            self.problem(event.start_mark, "yaml-directive", "`%TAG` is a directive that manifests do not know", hint)

    def document(self, advance: Callable[[], Any]) -> None:
        """Reads one document, up to its end."""
        root: list[Json] = []
        self.stack, self.container, self.key = [], root, None
        event = advance()
        mark = event.start_mark
        self.nodes_of_document(event, advance)
        self.documents.append((root[0] if root else None, (mark.line + 1, mark.column + 1)))

    def nodes_of_document(self, event: Any, advance: Callable[[], Any]) -> None:
        """The loop everything passes through. In one piece, flat and with local names, for speed."""
        scalar_event, mapping_start, sequence_start, mapping_end, sequence_end, document_end = _KINDS
        stack, container, key, nodes = self.stack, self.container, self.key, self.nodes
        constants, number_starts = CONSTANTS, NUMBER_STARTS
        in_mapping, marked, most = False, self.marked, self.limits.values
        while True:
            kind = type(event)
            if kind is scalar_event:
                nodes += 1
                value = event.value
                if marked and (event.tag is not None or event.anchor is not None):
                    self.container, self.key = container, key
                    value = self.marked_scalar(event)
                elif event.implicit[0]:
                    if value in constants:
                        value = constants[value]
                    elif value[0] in number_starts:
                        self.container, self.key = container, key
                        value = self.number(event, value)
                if not in_mapping:
                    container.append(value)
                elif key is not None:
                    container[key] = value
                    key = None
                else:
                    odd = value.__class__ is not str or value in container or value == "<<"
                    if odd or not (value.isascii() and value.isprintable()):
                        self.container, self.key, self.nodes = container, key, nodes
                        value = self.odd_key(event, value)
                    key = intern(value)  # a repository has few keys, each of them a thousand times
            elif kind is mapping_start or kind is sequence_start:
                nodes += 1
                self.container, self.key, self.nodes = container, key, nodes
                if len(stack) >= MAX_DEPTH or (marked and (event.tag is not None or event.anchor is not None)):
                    self.odd_collection(event)
                child: Any = {} if kind is mapping_start else []
                if not in_mapping:
                    container.append(child)
                elif key is not None:
                    container[key] = child
                else:
                    self.problem(event.start_mark, "key-type", "a list or mapping stands as a key", _QUOTE_BRACES)
                stack.append((container, _BAD_KEY if in_mapping and key is None else None, key))
                container, key, in_mapping = child, None, kind is mapping_start
            elif kind is mapping_end or kind is sequence_end:
                container, key, _ = stack.pop()
                in_mapping = container.__class__ is dict
            elif kind is document_end:
                self.nodes = nodes
                return
            else:  # an alias
                nodes += 1
                self.container, self.key = container, key
                key = self.alias(event)
            if nodes > most:
                self.container, self.key = container, key
                self.too_many(event)
            event = advance()

    def path(self) -> Path:
        """Where the scan stands: the path of the key or value it reads."""
        frames = [(container, used) for container, _, used in self.stack] + [(self.container, self.key)]
        steps: list[str | int] = []
        for depth, (container, used) in enumerate(frames[1:], start=2):
            if isinstance(container, list):
                steps.append(len(container) - (1 if depth < len(frames) else 0))
            elif used is None or used == _BAD_KEY:
                break
            else:
                steps.append(used)
        return tuple(steps)

    def problem(self, mark: Any, rule: str, message: str, hint: str, path: Path | None = None) -> None:
        """Notes an error; after many of them the rest of the file is left unread."""
        path = self.path() if path is None else path
        at = Location(self.file, mark.line + 1, mark.column + 1)
        self.problems.append(Problem(rule, message, at, show_path(path) if path else "", hint))
        if len(self.problems) >= _MOST_PROBLEMS:
            message = f"more than {_MOST_PROBLEMS} problems; the rest of the file was not read"
            self.problems.append(Problem("too-many-problems", message, at, hint="mend those above and run again"))
            raise _Stop

    def number(self, event: Any, text: str) -> Json:
        """The value of an unquoted word that begins like a number; None where JSON has no such number."""
        try:
            value = number(text)
        except BadScalar as error:
            self.problem(event.start_mark, error.rule, error.message, error.hint)
            return None
        if self.watch_digits and type(value) is int and str(value) != text:
            mark = event.start_mark
            warning = Problem(
                "yaml-lost-digits",
                f"`{text}` is read as the number {value}",
                Location(self.file, mark.line + 1, mark.column + 1),
                show_path(self.path()),
                f'write "{text}", in quotes, if it is a text',
                "warning",
            )
            self.warnings.setdefault(len(self.documents), []).append(warning)
        return value

    def marked_scalar(self, event: Any) -> Json:
        """The value of a scalar with a tag or an anchor."""
        if event.anchor is not None:
            self.anchor(event)
        plain = event.style in (None, "")
        try:
            if event.tag is None:
                if not plain or not event.implicit[0]:
                    return event.value
                value = event.value
                return CONSTANTS[value] if value in CONSTANTS else number(value) if value[0] in NUMBER_STARTS else value
            return tagged(event.tag, event.value, plain=plain)
        except BadScalar as error:
            self.problem(event.start_mark, error.rule, error.message, error.hint)
            return None

    def odd_collection(self, event: Any) -> None:
        """Refuses what stands before the collection's first value, and stops where it is nested too deep."""
        self.marked_collection(event)
        if len(self.stack) >= MAX_DEPTH:
            self.too_deep(event)

    def marked_collection(self, event: Any) -> None:
        """Refuses the anchor and every tag but the one the collection has anyhow."""
        if event.anchor is not None:
            self.anchor(event)
        core = "map" if type(event) is events.MappingStartEvent else "seq"
        if event.tag is not None and event.tag != f"tag:yaml.org,2002:{core}":
            shown = event.tag.replace("tag:yaml.org,2002:", "!!")
            hint = "write the plain value, without a tag"
            self.problem(event.start_mark, "yaml-tag", f"`{shown}` is a tag manifests do not know", hint)

    def anchor(self, event: Any) -> None:
        """Refuses `&name`."""
        hint = "write the value out where it is used, or use `${var.NAME}`; quote a text that begins with `&`"
        message = f"`&{event.anchor}` is an anchor, which manifests do not know"
        self.problem(event.start_mark, "yaml-anchor", message, hint)

    def alias(self, event: Any) -> str | None:
        """Refuses `*name`, with null in its place; the key that is open after it."""
        hint = "write the value out here, or use `${var.NAME}`; quote a text that begins with `*`"
        message = f"`*{event.anchor}` is an alias, which manifests do not know"
        self.problem(event.start_mark, "yaml-alias", message, hint)
        if isinstance(self.container, list):
            self.container.append(None)
            return self.key
        if self.key is None:
            return _BAD_KEY
        self.container[self.key] = None
        return None

    def odd_key(self, event: Any, key: Json) -> str:
        """The key, if it is good after all; else it is refused, and another stands in for it."""
        written = event.value
        mark = event.start_mark
        if type(key) is not str:
            meant = {"NoneType": "null", "bool": "a boolean"}.get(type(key).__name__, "a number")
            quoted = f'write "{written}", in quotes' if written else "write the key's name before the `:`"
            self.problem(mark, "key-type", f"key `{written}` is {meant}, not a text", quoted)
            return _BAD_KEY
        if key == "<<" and event.implicit[0]:
            hint = "write the merged keys out"
            self.problem(mark, "yaml-merge-key", "`<<` is a merge key, which manifests do not know", hint)
            return _BAD_KEY
        if bad := key_problem(key):
            hint = "type the key anew, with letters one can see"
            self.problem(mark, "key-character", f"key `{_visible(key)}` {bad}", hint)
            return _BAD_KEY
        if (first := self.first_of(key)) is not None:
            path = self.path()
            here = self.places().at((*path, first), key=True)
            alike = "" if first == key else ", in another Unicode form"
            message = f"key `{key}` stands twice in one mapping, first at line {here[0]}{alike}"
            self.problem(mark, "duplicate-key", message, "delete one of the two", (*path, key))
            return _BAD_KEY
        return key

    def first_of(self, key: str) -> str | None:
        """The key of the open mapping that equals this one, if any; notes keys beyond ASCII in the form compared."""
        if key in self.container:
            return key
        if key.isascii():
            return None
        _, folded = self.folded.setdefault(id(self.container), (self.container, set()))
        same = same_key(key)
        if same in folded:
            return next((str(other) for other in self.container if same_key(other) == same), key)
        folded.add(same)
        return None

    def places(self) -> SourceMap:
        """The places of the document being read."""
        if self._places is None:
            self._places = find_places(self.text)
        return self._places[len(self.documents)]

    def too_deep(self, event: Any) -> None:
        """Stops at the limit: beyond it the C parser would end the process."""
        hint = f"no {self.limits.what} nests that deep; look for an unclosed bracket"
        self.problem(event.start_mark, "too-deep", f"lists and mappings nest deeper than {MAX_DEPTH} levels", hint, ())
        raise _Stop

    def too_many(self, event: Any) -> None:
        """Stops at the limit."""
        message = f"file holds more than {self.limits.values:,} values"
        self.problem(event.start_mark, "too-many-values", message, self.limits.too_many)
        raise _Stop


def _visible(text: str) -> str:
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)
