"""Random documents in all manners of writing, random edits: the value is exactly the wanted one, and every line that
the edit does not concern is there as it was, in order. The oracle knows each line's owner from writing it."""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncer.documents.edit.editor import edit
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
from syncer.documents.yaml_reader import read
from tests.support.examples import examples

Json = Any
Path = tuple[str | int, ...]
TEXTS = [
    "plain", "two words", "", "yes", "1", "1.50", "null", "a: b", "a #b", "- x", "{{ name }}", "[x", "ß – ü", "O'Neil",
    'say "so"', " lead", "trail ", "2027-02-01", "${var.x}", "one\ntwo", "one\n\ntwo\n", "p\n  more\nq", "a\tb", "😀",
    "\u200bzero", "line\r\nend", "#", "*", "@x", "a,b", "key:", "http://x.y/z?a=b#c", "...", "---", "\\n", "a" * 90,
    "word " * 30 + "end", "<p>\n  <b>x</b>\n</p>", "first line that is longer\nsecond", "\n", "x\n\n\n", "\ttab\nx",
    "=",
    "~",
]  # fmt: skip
KEYS = ["name", "id", "a", "b", "c", "long_key", "with space", "1", "yes", "ä", "q?", "x-y", "{{k}}"]


def scalar(dice: random.Random) -> Json:
    return dice.choice(
        [dice.choice(TEXTS), dice.choice(TEXTS), dice.choice(TEXTS), 0, 7, -3, 1.5, 1e-7, True, False, None]
    )


def value(dice: random.Random, depth: int) -> Json:
    form = dice.random()
    if depth <= 0 or form < 0.4:
        return scalar(dice)
    if form < 0.7:
        return {key: value(dice, depth - 1) for key in dice.sample(KEYS, dice.randint(0, 4))}
    if form < 0.8:
        return [scalar(dice) for _ in range(dice.randint(0, 4))]
    return [value(dice, depth - 1) for _ in range(dice.randint(0, 4))]


@dataclass
class Writer:
    """Writes a value in a random manner; remembers whose each line is."""

    dice: random.Random
    lines: list[tuple[str, Path]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.step = self.dice.choice([2, 2, 2, 4, 3])
        self.deeper = self.dice.choice([0, 2, 2, 4])

    def put(self, line: str, owner: Path) -> None:
        self.lines.append((line, owner))

    def noise(self, column: int, owner: Path) -> None:
        """Comments and blank lines above an entry; those right above it are its own."""
        apart = (*owner[:-1], "# nobody's")
        if self.dice.random() < 0.15:
            self.put("", apart)
        if self.dice.random() < 0.1:
            self.put(" " * column + "# --- part ---", apart)
        if self.dice.random() < 0.15:
            self.put(" " * column + f"# apart {self.dice.randint(0, 99)}", apart)
            self.put("", apart)
        if self.dice.random() < 0.2:
            self.put(" " * column + f"# own\twords {self.dice.randint(0, 99)}", owner)

    def trailing(self) -> str:
        return f" # behind {self.dice.randint(0, 99)}" if self.dice.random() < 0.15 else ""

    def word(self, item: Json, flow: bool) -> str:
        if not isinstance(item, str):
            return "~" if item is None and self.dice.random() < 0.2 else json.dumps(item)
        plain = item.replace(" ", "").replace("_", "").replace("-", "")
        if (
            plain.isalpha()
            and plain.lower() not in ("yes", "null", "true", "false")
            and item == item.strip()
            and self.dice.random() < 0.7
            and item[0] != "-"
        ):
            return item
        if self.dice.random() < 0.5 and item.isprintable() and "\u200b" not in item:
            return "'" + item.replace("'", "''") + "'"
        return json.dumps(item, ensure_ascii="\u200b" in item) if "😀" not in item else f'"{item}"'

    def flow(self, item: Json) -> str:
        gap = self.dice.choice(["", "", " "])
        if isinstance(item, dict):
            inner = ", ".join(f"{self.word(key, True)}: {self.flow(each)}" for key, each in item.items())
            return "{" + gap + inner + gap + "}" if item else "{}"
        if isinstance(item, list):
            comma = "," if item and self.dice.random() < 0.1 else ""
            return "[" + gap + ", ".join(map(self.flow, item)) + comma + gap + "]" if item else "[]"
        return self.word(item, True)

    def several(self, head: str, item: Json, column: int, owner: Path) -> None:
        """A list within brackets over several lines."""
        self.put(f"{' ' * column}{head} [", owner)
        for index, each in enumerate(item):
            last = index == len(item) - 1
            comma = "," if not last or self.dice.random() < 0.5 else ""
            self.put(" " * (column + 4) + self.flow(each) + comma + self.trailing(), (*owner, index))
        self.put(" " * (column + 2) + "]" + self.trailing(), owner)

    def entry(self, head: str, item: Json, column: int, owner: Path) -> None:
        margin = " " * column
        form = self.dice.random()
        inner = column + self.step
        if (
            isinstance(item, str)
            and "\n" in item.strip("\n")
            and item[0] not in " \n\t"
            and "\r" not in item
            and form < 0.8
        ):
            body = item.rstrip("\n")
            tail = len(item) - len(body)
            self.put(f"{margin}{head} |{('-', '', '+')[min(tail, 2)]}{self.trailing()}", owner)
            for line in body.split("\n") + [""] * (tail - 1):
                self.put(" " * inner + line if line else "", owner)
        elif isinstance(item, str) and item.startswith("word ") and form < 0.8:
            words = item.split(" ")
            self.put(f"{margin}{head} >-", owner)
            for start in range(0, len(words), 9):
                self.put(" " * inner + " ".join(words[start : start + 9]), owner)
        elif item is None and form < 0.3:
            self.put(f"{margin}{head}{self.trailing()}", owner)
        elif (
            isinstance(item, list) and item and form < 0.15 and not any(isinstance(x, str) and "\n" in x for x in item)
        ):
            self.several(head, item, column, owner)
        elif not isinstance(item, (dict, list)) or not item or form < 0.35:
            self.put(f"{margin}{head} {self.flow(item)}{self.trailing()}", owner)
        elif head == "-" and isinstance(item, dict) and form < 0.9:
            before = len(self.lines)
            self.collection(item, column + 2, owner, first_bare=True)
            line, whose = self.lines[before]
            self.lines[before] = (f"{margin}- {line.lstrip(' ')}", whose)
        elif isinstance(item, dict):
            self.put(f"{margin}{head}{self.trailing()}", owner)
            self.collection(item, column + self.step, owner)
        else:
            self.put(f"{margin}{head}{self.trailing()}", owner)
            self.collection(item, column + (max(self.deeper, 2) if head == "-" else self.deeper), owner)

    def collection(self, item: Json, column: int, owner: Path, first_bare: bool = False) -> None:
        pairs = item.items() if isinstance(item, dict) else enumerate(item)
        for number, (key, each) in enumerate(pairs):
            below = (*owner, key)
            if number or not first_bare:
                self.noise(column, below)
            head = f"{self.word(key, False)}:" if isinstance(item, dict) else "-"
            self.entry(head, each, column, below)

    def text(self, item: dict[str, Json]) -> list[tuple[str, Path]]:
        if self.dice.random() < 0.5:
            self.put("# head of the file", ())
            self.put("", ())
        self.collection(item, 0, ())
        return self.lines


def some_path(dice: random.Random, item: Json) -> Path:
    path: Path = ()
    while isinstance(item, (dict, list)) and item and (not path or dice.random() < 0.75):
        step = dice.choice(list(item)) if isinstance(item, dict) else dice.randrange(len(item))
        path, item = (*path, step), item[step]
    return path


def at(item: Json, path: Path) -> Json:
    for step in path:
        item = item[step]
    return item


def some_edit(dice: random.Random, item: Json) -> Edit:
    path = some_path(dice, item)
    there, around = at(item, path), at(item, path[:-1])
    form = dice.random()
    if form < 0.4:
        return Replacement(path, value(dice, dice.choice([0, 0, 1, 2])))
    if form < 0.55 and len(path) > 1:
        return Deletion(path)
    if form < 0.65 and isinstance(path[-1], int) and len(around) > 1:
        return Move(path, dice.randrange(len(around)))
    if isinstance(there, list):
        return Insertion((*path, dice.randint(0, len(there))), value(dice, 1))
    if isinstance(there, dict):
        key = dice.choice([each for each in ["new", *KEYS] if each not in there])
        return Insertion((*path, key), value(dice, 1), dice.randint(0, len(there)))
    return Replacement(path, scalar(dice))


def concerned(owner: Path, each: Edit, there: Json) -> bool:
    """Whether a line may change: its own, or that of the collection it stands in, or those around on one line."""
    around = each.path[:-1]
    if isinstance(each, Insertion) and each.at == 0 and owner[: len(each.path)] == (*around, next(iter(there), None)):
        return True  # it may stand behind the dash that the new key gets
    if isinstance(each, Move) and owner[: len(around)] == around:
        return True
    return owner[: len(each.path)] == each.path or owner == around or owner == each.path[: len(owner)]


def bare(line: str) -> str:
    """A line but for the comma behind an item within brackets, which comes and goes with the item after it."""
    return re.sub(r",(?= #|$)", "", line)


@settings(max_examples=examples(300))
@given(st.integers(0, 2**40))
def test_a_random_edit_of_a_random_document(seed: int) -> None:
    dice = random.Random(seed)
    item = {key: value(dice, 3) for key in dice.sample(KEYS, dice.randint(1, 4))}
    lines = Writer(dice).text(item)
    end = dice.choice(["\n", "\n", "\r\n"])
    text = end.join(line for line, _ in lines) + dice.choice([end, end, ""])
    more = dice.choice(["", "", f"{end}---{end}other: 1 # c{end}"])
    documents = read((text + more).encode(), "x.yaml")
    assert same_json(documents[0].value, item), text
    each = some_edit(dice, item)
    after = edit((text + more).encode(), 0, [each], "x.yaml").decode()
    read_again = read(after.encode(), "x.yaml")
    wanted = item
    for step in steps_between(at(item, each.path), each.value, each.path) if isinstance(each, Replacement) else [each]:
        wanted = edited(wanted, step)
    assert same_json(read_again[0].value, wanted)
    assert json.dumps(wanted, sort_keys=True) == json.dumps(edited(item, each), sort_keys=True)
    assert [one.value for one in read_again[1:]] == [one.value for one in documents[1:]]
    rest = iter(map(bare, after.split(end)))
    for line, owner in lines:
        if not concerned(owner, each, at(item, each.path[:-1])) or owner == ():
            assert bare(line) in rest, f"{each}\nlost: {line!r}\n--- before\n{text}\n--- after\n{after}"
    if more:
        assert after.endswith(more)


@settings(max_examples=examples(200))
@given(st.integers(0, 2**40))
def test_a_random_edit_of_random_json(seed: int) -> None:
    dice = random.Random(seed)
    item = {key: value(dice, 3) for key in dice.sample(KEYS, dice.randint(1, 4))}
    text = json.dumps(item, indent=dice.choice([None, 2, 4]), ensure_ascii=dice.random() < 0.5)
    each = some_edit(dice, item)
    after = edit(text.encode(), 0, [each], "x.json")
    assert json.dumps(json.loads(after), sort_keys=True) == json.dumps(edited(item, each), sort_keys=True)


@pytest.mark.parametrize("seed", range(300))
def test_the_steps_between_two_values_lead_there(seed: int) -> None:
    dice = random.Random(seed)
    old, new = value(dice, 4), value(dice, 4)
    for step in steps_between(old, new):
        old = edited(old, step)
    assert json.dumps(old, sort_keys=True) == json.dumps(new, sort_keys=True)


@settings(max_examples=examples(100))
@given(st.integers(0, 2**40))
def test_a_document_becomes_another(seed: int) -> None:
    """Many edits in one go, among them such as move what the next one finds."""
    dice = random.Random(seed)
    old = {key: value(dice, 3) for key in dice.sample(KEYS, dice.randint(2, 5))}
    new = dict(old)
    for _ in range(dice.randint(1, 6)):
        new = edited(new, some_edit(dice, new))
    text = "\n".join(line for line, _ in Writer(dice).text(old)) + "\n"
    after = edit(text.encode(), 0, [Replacement((), new)], "x.yaml")
    assert json.dumps(read(after, "x.yaml")[0].value, sort_keys=True) == json.dumps(new, sort_keys=True)
