"""Edits of a YAML or JSON text that change what they must: comments, order, quotes and every other line stay.

The text is cut and filled by position, never written out by a YAML library, which would spell anew what people wrote.
What comes out has been read again, by our reader and by ruamel.yaml: exactly the values that were asked for, and no
comment lost but those of what went. Else there is a refusal, and no text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NoReturn

from syncer.documents.comments import comments
from syncer.documents.edit import block, flow
from syncer.documents.edit.block_scalars import block_text
from syncer.documents.edit.operations import (
    Deletion,
    Edit,
    Insertion,
    Move,
    Replacement,
    edited,
    same_json,
    steps_between,
)
from syncer.documents.edit.splices import EditedText, EditPosition, NotEditable, Splice, spliced
from syncer.documents.edit.style import Manner, Style, fits_brackets, flow_words, literal_lines, scalar_words
from syncer.documents.edit.syntax_tree import line_end
from syncer.documents.roundtrip_check import reads_as
from syncer.documents.yaml_reader import read
from syncer.model.diagnostic import InvalidInput, Location, Problem
from syncer.model.json_values import Json, Path, show_path


def _as_found(style: Style) -> Style:
    return style


def edit(text: bytes, document: int, edits: Sequence[Edit], file: str, manner: Manner = _as_found) -> bytes:
    """The text of `file` with the edits made, one after the other, in one of its documents (counted from 0), written
    as the file is, or as `manner` makes of that.

    A `Replacement` of a mapping or list is broken down into the few edits that lead there. InvalidInput where the file
    is not sound, where an edit does not fit it, or where the outcome is not exactly what was asked for.
    """
    made = _Edited(text, document, file, manner)
    for each in edits:
        for steps in _together(_small(made.value, each, made)):
            if len(steps) == 1 or not made.make_at_once(steps):
                for step in steps:
                    made.make(step)
    return made.outcome()


def _together(steps: Sequence[Edit]) -> Iterator[list[Edit]]:
    """The steps in runs: scalars that are put in place of others move nothing, so they can be made at once, also before
    keys that come and go beside them; so can scalars that come behind the last key of one mapping."""
    run: list[Edit] = []
    later: list[list[Edit]] = []
    for step in steps:
        if isinstance(step, Replacement) and not isinstance(step.value, (dict, list)):
            run.append(step)
        elif isinstance(step, (Insertion, Deletion)) and step.path and isinstance(step.path[-1], str):
            if later and _comes_behind(later[-1][-1], step):
                later[-1].append(step)
            else:
                later.append([step])
        else:
            yield from filter(None, [run, *later])
            run, later = [], []
            yield [step]
    yield from filter(None, [run, *later])


def _comes_behind(one: Edit, other: Edit) -> bool:
    """Whether both are scalars put in behind the last key of the same mapping."""
    return one.path[:-1] == other.path[:-1] and all(
        isinstance(each, Insertion) and each.at is None and not isinstance(each.value, (dict, list))
        for each in (one, other)
    )


def _small(value: Json, each: Edit, made: _Edited) -> list[Edit]:
    if not isinstance(each, Replacement):
        return [each]
    for step in each.path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            made.refuse("there is no such place", each.path)
    return steps_between(value, each.value, each.path)


class _Edited:
    """A text while it is edited, beside the value it must have."""

    def __init__(self, text: bytes, document: int, file: str, manner: Manner) -> None:
        self.first = text
        self.file = file
        self.before = read(text, file)
        self.document = document
        self.manner = manner
        self.as_json = file.lower().endswith(".json")
        plain = text.decode()
        self.added = "" if plain.endswith(("\n", "\r")) else "\r\n" if "\r\n" in plain else "\n"
        self.text = plain + self.added
        self.value: Json = self.before[document].value
        self.cut: list[str] = []

    def make(self, step: Edit) -> None:
        """One edit, in the first of its forms that says what it must."""
        try:
            wanted = edited(self.value, step)
        except (KeyError, IndexError, TypeError):
            self.refuse("there is no such place", step.path)
        why = "no form was found that says it"
        try:
            work = EditedText(self.text, self.document, self.manner, as_json=self.as_json)
            for splices in _forms(work, step):
                text = spliced(self.text, splices)
                if self.says(text, wanted):
                    self.cut += [self.text[each.start : each.end] for each in splices]
                    self.text, self.value = text, wanted
                    return
        except NotEditable as error:
            why = str(error)
        except (KeyError, IndexError, ValueError):
            why = "the text is not written as it reads"
        self.refuse(why, step.path)

    def make_at_once(self, steps: Sequence[Edit]) -> bool:
        """All of these edits, each in its best form; False, and nothing made, where one needs another."""
        try:
            work = EditedText(self.text, self.document, self.manner, as_json=self.as_json)
            splices = [splice for step in steps for splice in next(_forms(work, step))]
            text, wanted = spliced(self.text, splices), self.value
            for step in steps:
                wanted = edited(wanted, step)
        except (NotEditable, KeyError, IndexError, TypeError, ValueError, StopIteration):
            return False
        if not self.says(text, wanted):
            return False
        self.cut += [self.text[each.start : each.end] for each in splices]
        self.text, self.value = text, wanted
        return True

    def says(self, text: str, wanted: Json) -> bool:
        """Whether our reader finds these values in the text: the wanted one, and all others as they were."""
        try:
            after = read(text.encode(), self.file)
        except InvalidInput:
            return False
        others = zip(self.before, after, strict=False)
        return len(after) == len(self.before) and all(
            same_json(new.value, wanted if new.index == self.document else old.value) for old, new in others
        )

    def outcome(self) -> bytes:
        """The text, once everything about it was proved."""
        text = self.text.removesuffix(self.added)
        if text.encode() == self.first:
            return self.first
        why = self.doubt(text)
        if why and self.added:  # a block text may need the end of its last line
            text = self.text
            why = self.doubt(text)
        if why:
            self.refuse(why, ())
        return text.encode()

    def doubt(self, text: str) -> str:
        """What keeps the text from being the outcome; nothing where all is well."""
        if not self.says(text, self.value):
            return "a value would change"
        if self.as_json:
            return ""
        lost = Counter(words for _, words in comments(self.first.decode()))
        lost.subtract(words for _, words in comments(text))
        gone = "\n".join(self.cut)
        if any(number < 0 or (number > 0 and words not in gone) for words, number in lost.items()):
            return "a comment would be lost"
        values = [self.value if each.index == self.document else each.value for each in self.before]
        if not reads_as(self.first.decode(), text, [each.value for each in self.before], values):
            return "another YAML reader (ruamel.yaml) would see other values"
        return ""

    def refuse(self, why: str, path: Path) -> NoReturn:
        """InvalidInput: nothing was changed."""
        at = self.before[self.document].locate(path) if path else Location(self.file, 1, 1)
        hint = "make this change by hand, or write the part in a simpler style and run again"
        place = show_path(path) if path else ""
        raise InvalidInput(Problem("not-edited", f"`{self.file}` was left as it is: {why}", at, place, hint))


def _forms(work: EditedText, step: Edit) -> Iterator[list[Splice]]:
    """The ways to make an edit, best first; what they say is judged by the reader."""
    if isinstance(step, Replacement):
        yield from _put(work, step.path, step.value)
    elif isinstance(step, Insertion):
        yield from _add(work, step)
    elif isinstance(step, Deletion):
        yield _drop(work, step.path)
    else:
        yield from _move(work, step)


def _drop(work: EditedText, path: Path) -> list[Splice]:
    way = work.way(path)
    place = way[-1]
    return flow.remove(work, place) if place.node.flow else block.remove(work, place, _container(way))


def _container(way: list[EditPosition]) -> EditPosition | None:
    return way[-2] if len(way) > 1 else None


def _add(work: EditedText, step: Insertion) -> Iterator[list[Splice]]:
    name = step.path[-1]
    node, way = work.node(step.path[:-1])
    key = name if isinstance(name, str) else None
    at = name if isinstance(name, int) else len(node.entries) if step.at is None else step.at
    if not node.entries:  # `[]`, `{}`: line by line where that is the manner of the place
        value: Json = [step.value] if key is None else {key: step.value}
        if way and not way[-1].node.flow and not work.json:
            yield block.replace_by_lines(work, way[-1], value)
        yield flow.insert(work, node, at, key, step.value)
    elif node.flow:
        yield flow.insert(work, node, at, key, step.value)
    else:
        floor = _floor(way)
        beside = node.entries[max(at - 1, 0)].value
        alike = work.manner.beside and beside.flow and beside.form != "scalar"
        both = (alike and fits_brackets(step.value), True)
        for brackets in dict.fromkeys(both):
            lines = block.entry_lines(work, node, key, step.value, brackets=brackets)
            yield block.insert(work, node, floor, at, lines)


def _floor(way: list[EditPosition]) -> int:
    if not way:
        return 0
    entry = way[-1].entry
    return entry.key.end if entry.key else entry.head + 1


def _move(work: EditedText, step: Move) -> Iterator[list[Splice]]:
    way = work.way(step.path)
    place = way[-1]
    node = place.node
    to = step.to if step.to < place.index else step.to + 1
    if node.flow:
        yield flow.move(work, place, to)
        return
    lines = block.chunk(work, place)
    put_in = block.insert(work, node, _floor(way[:-1]), to, lines)
    yield [*block.remove(work, place, _container(way)), *put_in]


def _put(work: EditedText, path: Path, value: Json) -> Iterator[list[Splice]]:
    node, way = work.node(path)
    if not way or way[-1].node.flow:
        yield flow.replace(work, way[-1] if way else None, node, value)
        return
    place = way[-1]
    if isinstance(value, (dict, list)):
        if not (node.flow and node.entries) and value:
            yield block.replace_by_lines(work, place, value)
        yield block.replace_by_words(work, place, flow_words(value, work.manner))
        return
    if isinstance(value, str) and node.style in ("|", ">"):
        written = block_text(work.text[node.start : node.end], value, work.manner.line_end)
        if written is not None:
            yield [Splice(node.start, node.end, written)]
    elif isinstance(value, str) and "\n" in value and node.style in ("", "'"):
        yield from _as_literal(work, place, value)
    style = node.style if node.style in ("'", '"') and isinstance(value, str) else ""
    yield block.replace_by_words(
        work, place, scalar_words(value, work.manner, style=style, was=node.value if not node.style else "")
    )
    yield block.replace_by_words(work, place, scalar_words(value, work.manner, style='"'))


def _as_literal(work: EditedText, place: EditPosition, value: str) -> Iterator[list[Splice]]:
    """A text that has several lines now: behind `|`, a comment that follows it goes behind the sign."""
    old = place.entry.value
    lines = literal_lines(value, work.column(place.node.entries[0].head) + max(work.manner.step, 2))
    if lines and (old.form == "scalar" or old.flow) and old.end > old.start:
        end = line_end(work.text, old.end)
        comment = work.text[old.end : end]
        yield [Splice(old.start, end, work.manner.line_end.join([lines[0] + comment, *lines[1:]]))]
