"""What a kind says about its fields, path by path: what a list is, what equals absent, what never matters.

Paths are patterns: `tasks[].conditions[].id`; `*` stands for any key of a map. They are compiled into a tree that
a walk over two documents descends side by side, so that no path text is built or looked up while comparing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import Literal

from syncer.model.json_values import ABSENT, Json, Path
from syncer.model.named_tuple import NamedTuple


class ListRule(NamedTuple):
    """What a list is. `keys`: the fields an item is recognised by, best first; `whole`: items not declared go;
    `ordered`: the order is part of the meaning; `shown`: people see the items in it, and it means nothing else. An
    ordered list may have keys too: what is named is then paired by them, where each item has one of its own; an item
    that is no mapping is its own key. Of a set's, see `as_set`."""

    form: Literal["keyed", "set", "ordered"]
    keys: tuple[str, ...] = ()
    whole: bool = False
    ordered: bool = False
    shown: bool = False


def keyed(*keys: str, whole: bool = False, ordered: bool = False, shown: bool = False) -> ListRule:
    """A list whose items are recognised by the first of `keys` that they have."""
    return ListRule("keyed", keys, whole, ordered, shown)


AS_SET = ListRule("set", whole=True)
"""A list whose order says nothing and that is ours whole once it is declared."""


def as_set(*keys: str) -> ListRule:
    """`AS_SET`, of mappings: one that changed is the only one left with the same key, or that agrees in all of several
    keys but one; so what nobody declares of it stays. Of several keys the field that changed is named, where the items
    are the same ones; of one key the list is one value in a plan, as risks judge it."""
    return ListRule("set", keys, whole=True)


ORDERED = ListRule("ordered", whole=True, ordered=True)
"""A list whose order is its meaning; what every list is that a kind says nothing about."""


class Shape:
    """One node of the tree: what is said about the value here, and the nodes below."""

    __slots__ = ("canon", "default", "empty", "fields", "ignored", "items", "null_is_data", "rule")

    def __init__(self) -> None:
        self.fields: dict[str, Shape] = {}
        self.items: Shape | None = None
        self.rule = ORDERED
        self.default: Json = ABSENT
        self.empty = False
        self.null_is_data = False
        self.ignored = False
        self.canon: Callable[[Json], Json] | None = None

    def at(self, name: str) -> Shape:
        """The node of a mapping's field."""
        return self.fields.get(name) or self.fields.get("*") or NOTHING_SAID

    def item(self) -> Shape:
        """The node of a list's items."""
        return self.items or NOTHING_SAID

    def whole(self) -> Shape:
        """The same, of a list that is ours whole."""
        made = Shape()
        for name in self.__slots__:
            setattr(made, name, getattr(self, name))
        made.rule = self.rule._replace(whole=True)
        return made

    def blank(self, value: Json) -> bool:
        """Whether the value means the same as the field not being there."""
        if value is ABSENT:
            return True
        if value is None:
            return not self.null_is_data
        if self.empty and isinstance(value, (list, dict, str)) and not value:
            return True
        alike = self.default is not ABSENT and isinstance(value, bool) is isinstance(self.default, bool)
        return alike and bool(value == self.default)


NOTHING_SAID = Shape()


@lru_cache(maxsize=1024)
def pattern_steps(pattern: str) -> tuple[str, ...]:
    """`tasks[].name` → `("tasks", "[]", "name")`."""
    steps: list[str] = []
    for word in pattern.split("."):
        name, brackets = word, 0
        while name.endswith("[]"):
            name, brackets = name[:-2], brackets + 1
        if name:
            steps.append(name)
        steps.extend(["[]"] * brackets)
    return tuple(steps)


def _node(root: Shape, pattern: str) -> Shape:
    node = root
    for step in pattern_steps(pattern):
        if step == "[]":
            if node.items is None:
                node.items = Shape()
            node = node.items
        else:
            node = node.fields.setdefault(step, Shape())
    return node


def compile_shape(
    *,
    lists: Mapping[str, ListRule] | None = None,
    defaults: Mapping[str, Json] | None = None,
    empty: Collection[str] = (),
    null_is_data: Collection[str] = (),
    ignored: Collection[str] = (),
    canon: Mapping[str, Callable[[Json], Json]] | None = None,
) -> Shape:
    """The tree of all that is said. `empty`: there `null`, `[]`, `{}` and `""` equal absent; `ignored`: never
    compared, a manifest's value only fills a gap; `canon`: two spellings of one value compare equal after it."""
    root = Shape()
    for pattern, rule in (lists or {}).items():
        _node(root, pattern).rule = rule
    for pattern, value in (defaults or {}).items():
        _node(root, pattern).default = value
    for pattern in empty:
        _node(root, pattern).empty = True
    for pattern in null_is_data:
        _node(root, pattern).null_is_data = True
    for pattern in ignored:
        _node(root, pattern).ignored = True
    for pattern, function in (canon or {}).items():
        _node(root, pattern).canon = function
    return root


def find_all(value: Json, pattern: tuple[str, ...], path: Path = ()) -> list[tuple[Path, Json]]:
    """Every place in the value that the pattern's steps lead to, with what stands there."""
    if not pattern:
        return [(path, value)]
    step, rest = pattern[0], pattern[1:]
    found: list[tuple[Path, Json]] = []
    if step == "[]":
        if isinstance(value, list):
            for index, item in enumerate(value):
                found += find_all(item, rest, (*path, index))
    elif isinstance(value, dict):
        if step == "*":
            for key, item in value.items():
                found += find_all(item, rest, (*path, key))
        elif step in value:
            found += find_all(value[step], rest, (*path, step))
    return found
