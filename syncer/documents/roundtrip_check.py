"""A second opinion before a file is written back: ruamel.yaml's round-trip reader, which shares no code with ours.

Our own reader has proved that values and comments are kept; a mistake in it would prove too much. So a rewriting must
look the same to a reader that nobody here wrote. It is slow (14 ms a flow), and asked for files that change only.
"""

from __future__ import annotations

from typing import Any

from syncer.documents.core_schema import CONSTANTS, NUMBER_STARTS, number


def agrees(before: str, after: str) -> bool:
    """Whether ruamel.yaml reads the same documents from both texts: values, and the order of lists.

    It has no say where it cannot read the text as it was: it refuses some sound files, such as `a:\\t1`.
    """
    wanted = _documents(before)
    return wanted is None or _documents(after) == wanted


def _documents(text: str) -> list[Any] | None:
    from ruamel.yaml import YAML
    from ruamel.yaml.comments import TaggedScalar

    def plain(value: Any) -> Any:
        """Mappings and lists as they are; a scalar with a tag, which equals itself only, by what it says."""
        if isinstance(value, dict):
            return {plain(key): plain(item) for key, item in value.items()}
        if isinstance(value, list):
            return [plain(item) for item in value]
        return (str(value.tag), value.value) if isinstance(value, TaggedScalar) else value

    reader = YAML(typ="rt", pure=True)
    try:
        return [plain(document) for document in reader.load_all(text)]
    except Exception:  # whatever it makes of a text that our own reader has judged already
        return None


def reads_as(before: str, after: str, were: list[Any], wanted: list[Any]) -> bool:
    """Whether ruamel.yaml's parser finds in `after` the documents `wanted`, as our own reader does.

    Its words are read by the core schema, as ours are: what is judged is the structure and the quotes. It has no say
    where it did not find in `before` what our reader did (`were`): it refuses some sound files.
    """
    return bool(_said(after) == _typed(wanted) or _said(before) != _typed(were))


def _typed(value: Any) -> Any:
    """The value such that `1`, `1.0` and `true` differ."""
    if isinstance(value, dict):
        return {key: _typed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_typed(item) for item in value]
    return (type(value).__name__, value)


def _said(text: str) -> list[Any] | None:
    """The documents by ruamel.yaml's events; None where it refuses the text or finds what no manifest holds."""
    from ruamel.yaml import YAML

    stack: list[list[Any]] = [[]]
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            name = type(event).__name__
            if name in ("MappingStartEvent", "SequenceStartEvent"):
                stack.append([])
            elif name == "SequenceEndEvent":
                items = stack.pop()
                stack[-1].append(items)
            elif name == "MappingEndEvent":
                items = stack.pop()
                keys = [key for _, key in items[::2]]
                stack[-1].append(dict(zip(keys, items[1::2], strict=True)))
            elif name == "ScalarEvent":
                stack[-1].append(_typed(_word(event.value) if event.implicit[0] else event.value))
            elif name == "AliasEvent":
                return None
    except Exception:  # whatever it makes of a text that our own reader has judged already
        return None
    return stack[0]


def _word(text: str) -> Any:
    return CONSTANTS[text] if text in CONSTANTS else number(text) if text[0] in NUMBER_STARTS else text
