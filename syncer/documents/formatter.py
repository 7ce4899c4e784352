"""The canonical style of manifests: two spaces, lists indented, LF, envelope first; comments, order and quotes stay.

Whatever it returns has been read again: the same values and the same comments, or nothing is returned at all.
"""

from __future__ import annotations

import re

from syncer.documents.comments import comments
from syncer.documents.indent import NotIndentable, reindent
from syncer.documents.roundtrip_check import agrees
from syncer.documents.yaml_events import find_places
from syncer.documents.yaml_reader import Document, read
from syncer.model.diagnostic import InvalidInput, Location, Problem
from syncer.model.json_values import Json

ENVELOPE = ("apiVersion", "kind", "metadata", "spec")
"""The order of a manifest's keys; others follow as they stand."""

_BOM = b"\xef\xbb\xbf"
_ROUNDS = 4
_LINE = re.compile(r"[^\n]*\n|[^\n]+\Z")
_DOCUMENT_END = re.compile(r"(?:---|\.\.\.)(?:\s|\Z)")


def format_text(text: bytes, file: str) -> bytes:
    """The text of a manifest file in canonical style; InvalidInput where it is no good YAML or JSON, or where anything
    would be lost. Formatting twice changes nothing more."""
    text = text.removeprefix(_BOM)
    before = read(text, file)
    if not before:
        return text
    if file.lower().endswith(".json"):
        return _format_json(before[0].value)
    first = text
    for _ in range(_ROUNDS):
        formatted = _round(text, before, file)
        if formatted == text:
            if text != first and not agrees(_ended(first), _ended(text)):
                raise _refusal(file, "another YAML reader (ruamel.yaml) would see other values", 1)
            return text
        text = formatted
    raise _refusal(file, "its style does not settle", 1)


def _round(text: bytes, before: list[Document], file: str) -> bytes:
    """One rewriting, proved to lose nothing."""
    plain = _ended(text)
    try:
        ordered = _envelope_first(plain)
        written = reindent(ordered)
        formatted = written.encode()
        after = read(formatted, file)
    except NotIndentable as error:
        raise _refusal(file, error.message, error.line) from None
    except InvalidInput as error:
        raise _refusal(file, f"it would be no YAML any more ({error.problems[0].message})", 1) from None
    if [_ordered(document.value) for document in before] != [_ordered(document.value) for document in after]:
        raise _refusal(file, "a value would change", 1)
    if sorted(_words(plain)) != sorted(_words(written)) or _words(ordered) != _words(written):
        raise _refusal(file, "a comment would be lost", 1)
    return formatted


def _ended(text: bytes) -> str:
    """The text with LF for every line end, the last line's too."""
    plain = text.decode().replace("\r\n", "\n").replace("\r", "\n")
    return plain if plain.endswith("\n") else plain + "\n"


def _words(text: str) -> list[str]:
    return [words for _, words in comments(text)]


def _refusal(file: str, why: str, line: int) -> InvalidInput:
    hint = "the file was left as it is; write this part in a simpler style"
    return InvalidInput(
        Problem("not-formatted", f"`{file}` is not formatted: {why}", Location(file, line, 1), hint=hint)
    )


def _ordered(value: Json) -> str:
    """A value as text that differs wherever a value, a type or an order of keys does, but for the envelope's order."""
    return repr(_envelope_sorted(value))


def _envelope_sorted(value: Json) -> Json:
    if not isinstance(value, dict) or "apiVersion" not in value:
        return value
    first = {key: value[key] for key in ENVELOPE if key in value}
    return {**first, **{key: item for key, item in value.items() if key not in first}}


def _format_json(value: Json) -> bytes:
    import json

    return (json.dumps(_envelope_sorted(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _envelope_first(text: str) -> str:
    """The text with each manifest's root keys in the order of the envelope, each with the comments right above it.

    Whole lines are moved, so nothing within them can change; a document whose root keys do not each begin a line of
    their own is left alone. What stands above the first key stays on top.
    """
    lines = _LINE.findall(text)
    for places in reversed(find_places(text.encode())):
        starts = {str(path[0]): line - 1 for path, (line, _) in places.keys.items() if len(path) == 1}
        columns = {column for path, (_, column) in places.keys.items() if len(path) == 1}
        if "apiVersion" in starts and columns == {1} and len(set(starts.values())) == len(starts):
            _reorder(lines, starts)
    return "".join(lines)


def _reorder(lines: list[str], starts: dict[str, int]) -> None:
    """Moves the lines of one document; `starts` gives each root key's line, in the order of the text."""
    names = list(starts)
    wanted = [name for name in ENVELOPE if name in starts]
    wanted += [name for name in names if name not in wanted]
    if names == wanted:
        return
    end = starts[names[-1]] + 1
    while end < len(lines) and not _DOCUMENT_END.match(lines[end]):
        end += 1
    begins = [starts[names[0]]]
    for name in names[1:]:
        begin = starts[name]
        while lines[begin - 1].startswith("#"):
            begin -= 1
        begins.append(begin)
    chunks = dict(zip(names, zip(begins, [*begins[1:], end], strict=True), strict=True))
    moved = [line for name in wanted for line in lines[slice(*chunks[name])]]
    lines[begins[0] : end] = moved
