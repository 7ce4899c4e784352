"""What the platform requires of an object: a new one, a new item of a list, and what may therefore not be emptied.

One truth: the `x-syncer-create` of the kind's JSON Schema, that of the branch included which a word selects.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from syncer.diff.list_keys import key_text
from syncer.diff.three_way_merge import as_new
from syncer.model.diagnostic import Problem
from syncer.model.field_change import FieldChange, FieldPath, Item, show_field
from syncer.model.field_rules import Shape
from syncer.model.json_values import ABSENT, Json, Path, Spec, show_path, value_at
from syncer.model.kind import Kind
from syncer.model.named_tuple import NamedTuple
from syncer.model.resource import Desired


class CreateSchema(NamedTuple):
    """What a JSON Schema says that a spec, or a part of one, needs to be made. What else it says, of types and words,
    is not looked at."""

    schema: Mapping[str, Json]
    defs: Mapping[str, Json]
    """The `$defs` of the document, which its references point to."""

    @classmethod
    def of_manifest(cls, document: Mapping[str, Json]) -> CreateSchema:
        """That of the spec, out of the JSON Schema of a whole manifest."""
        return cls(document["properties"]["spec"], document["$defs"])

    def needed(self, value: Json) -> list[str]:
        """The fields without which a mapping can't be made, those of its parts not among them."""
        if not isinstance(value, dict):
            return []
        return list(dict.fromkeys(name for each in self.facets(value) for name in each.get("x-syncer-create", ())))

    def needed_at(self, value: Json, path: Path) -> list[str]:
        """As `needed`, of the mapping that stands in a value at this path."""
        found = [self]
        for step in path:
            found = [below for each in found for below in each.below(value, step)]
            value = value[step]
        return [name for each in found for name in each.needed(value)]

    def fields(self, value: Json, path: Path = ()) -> Iterator[tuple[Path, str, Json]]:
        """(path of the mapping, field, its value or ABSENT) of every needed field in a value, itself and its parts; one
        that two branches name comes twice."""
        for name in self.needed(value):
            yield path, name, value.get(name, ABSENT)
        for step in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
            for each in self.below(value, step):
                yield from each.fields(value[step], (*path, step))

    def below(self, value: Json, step: str | int | Item) -> Iterator[CreateSchema]:
        """What is said of one part of a mapping or list; all of it applies."""
        for each in self.facets(value):
            if isinstance(step, str):
                found = each.get("properties", {}).get(step, each.get("additionalProperties"))
            else:
                found = each.get("items")
            if isinstance(found, dict):
                yield CreateSchema(found, self.defs)

    def facets(self, value: Json) -> Iterator[Mapping[str, Json]]:
        """The schemas that a value has to fit: what references point to, and the branches that its words select."""
        waiting = [self.schema]
        while waiting:
            schema = waiting.pop()
            yield schema
            if "$ref" in schema:
                waiting.append(self._target(schema["$ref"]))
            waiting += [rule["then"] for rule in schema.get("allOf", ()) if _selects(rule["if"], value)]

    def _target(self, pointer: str) -> Mapping[str, Json]:
        target: Mapping[str, Json] = value_at(self.defs, tuple(pointer.removeprefix("#/$defs/").split("/")))
        return target


def _selects(test: Mapping[str, Json], value: Json) -> bool:
    """Whether a value passes the `if` of a branch: its word is the one, or one of those, that select it."""
    if not isinstance(value, dict) or not all(name in value for name in test.get("required", ())):
        return False
    return all(
        value[name] in (rule["enum"] if "enum" in rule else (rule["const"],))
        for name, rule in test["properties"].items()
        if name in value
    )


def wrong_in_new(kind: Kind, schema: CreateSchema, desired: Desired, want: Spec) -> list[Problem]:
    """What an object that does not exist yet lacks, and what is accepted of one that does and refused of a new one."""
    lacking = [(path, name) for path, name, said in schema.fields(as_new(want, kind.shape)) if said is ABSENT]
    refused = (each for each in desired.accepted if each.rule in kind.refused_anew)
    hint = "`metadata.accept` is for what is live already: the platform refuses to make it"
    return [
        *(_missing(kind, desired, path, value_at(want, path), name) for path, name in dict.fromkeys(lacking)),
        *(each._replace(severity="error", hint=hint) for each in refused),
    ]


def missing_after(
    kind: Kind, schema: CreateSchema, desired: Desired, want: Spec, changes: Iterable[FieldChange]
) -> list[Problem]:
    """What the new items of an object that exists lack, and what the manifest empties though it is required. What
    others have left incomplete is not ours to complain of."""
    emptied = [(*path, name) for path, name, said in schema.fields(want) if said is None]
    problems = [_emptied(desired, path) for path in dict.fromkeys(emptied)]
    for change in changes:
        start, new = place(want, change.path, kind.shape), _new_part(change)
        lacking = [
            (path, name)
            for each in _said_of(schema, want, start, change.path)
            for path, name, said in each.fields(new)
            if said is ABSENT or said is None
        ]
        for path, name in dict.fromkeys(lacking):
            problems.append(_missing(kind, desired, (*start, *path), value_at(new, path), name))
    return problems


def _said_of(schema: CreateSchema, want: Spec, start: Path, path: FieldPath) -> list[CreateSchema]:
    """What is said of a changed field; `start`: as far as the manifest speaks of it, by which branches are chosen."""
    found: list[CreateSchema] = [schema]
    value: Json = want
    for depth, step in enumerate(path):
        here = start[depth] if depth < len(start) else step
        found = [below for each in found for below in each.below(value, here)]
        value = value[here] if depth < len(start) else ABSENT
    return found


def place(want: Spec, path: FieldPath, shape: Shape) -> Path:
    """Where the manifest speaks of a changed field: items by their index in it; as far as it speaks of it."""
    found: list[str | int] = []
    value: Json = want
    for step in path:
        if isinstance(step, Item):
            items = value if isinstance(value, list) else []
            index = next((at for at, item in enumerate(items) if key_text(item, shape.rule) == step.key), None)
            if index is None:
                break
            found.append(index)
            value, shape = items[index], shape.item()
        elif isinstance(step, int):
            if not isinstance(value, list) or step >= len(value):
                break
            found.append(step)
            value, shape = value[step], shape.item()
        else:
            if not isinstance(value, dict) or step not in value:
                break
            found.append(step)
            value, shape = value[step], shape.at(step)
    return tuple(found)


def _part(value: Json, path: Path) -> Json:
    """What stands at a path, or ABSENT where it leads nowhere."""
    try:
        return value_at(value, path)
    except (KeyError, IndexError, TypeError):
        return ABSENT


def _new_part(change: FieldChange) -> Json:
    """What a change puts there that was not there before; of a list, `None` stands for the items that were."""
    if isinstance(change.before, list) and isinstance(change.after, list):
        return [None if item in change.before else item for item in change.after]
    return change.after if change.before is ABSENT or change.before is None else ABSENT


def _missing(kind: Kind, desired: Desired, path: Path, holder: Mapping[str, Json], name: str) -> Problem:
    mine = _part(desired.spec, path)  # which has local keys where `holder` has live ids
    called = holder.get("name") or (mine if isinstance(mine, dict) else holder).get("id") or ""
    what = kind.name if not path else f"`{called}` in {path[0]}" if called else f"`{show_field(path)}`"
    return Problem(
        "missing-for-create",
        f"{desired.address}: {what} is new and needs `{name}`",
        desired.where(path),
        show_path(("spec", *path)),
        f"add `{name}:`; it may only be left out of an object that exists",
    )


def _emptied(desired: Desired, path: Path) -> Problem:
    return Problem(
        "missing-for-create",
        f"{desired.address}: `{path[-1]}` is required by the platform and cannot be emptied",
        desired.where(path),
        show_path(("spec", *path)),
        "give it a value, or leave it out: then it stays as it is",
    )
