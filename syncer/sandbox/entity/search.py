"""Which entities a filter or a query string means: pure functions over entities' values
(docs/platform.md#counting-entities)."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterator, Mapping

from syncer.sandbox.store import Json

Predicate = Callable[[Json], bool]


def values_at(entity: Json, path: str) -> list[Json]:
    """What an entity holds at a field; lists are looked through, and a name with dots is tried as it stands."""
    path = path.removesuffix(".keyword")
    found: list[Json] = []

    def walk(value: Json, rest: str) -> None:
        if isinstance(value, list):
            for each in value:
                walk(each, rest)
        elif not rest:
            if value is not None:
                found.append(value)
        elif isinstance(value, dict):
            for key in value:
                if rest == key:
                    walk(value[key], "")
                elif rest.startswith(key + "."):
                    walk(value[key], rest[len(key) + 1 :])

    walk(entity, path)
    return found


def schemas_of(filters: Json) -> set[str]:
    """The schemas a filter's own clauses name; empty where it names none."""
    named: set[str] = set()
    for clause in filters:
        for field in ("_schema", "_schema.keyword"):
            if field in clause.get("term", {}):
                named.add(str(clause["term"][field]))
            named.update(map(str, clause.get("terms", {}).get(field, ())))
        for key in ("$and", "$or"):
            named |= schemas_of(clause.get(key, ()))
    return named


def predicate(filters: Json, known: Callable[[str, str], bool]) -> Predicate:
    """A filter's clauses, all of which must hold; `known` says whether a schema defines a field."""

    def read(entity: Json, field: str) -> list[Json]:
        return values_at(entity, field) if known(str(entity.get("_schema")), field) else []

    def holds(clause: Json, entity: Json) -> bool:
        ((key, value),) = clause.items()
        if key == "term":
            return all(_same(want, read(entity, field)) for field, want in value.items())
        if key == "terms":
            return all(any(_same(want, read(entity, field)) for want in wants) for field, wants in value.items())
        if key == "ids":
            return entity["_id"] in value["values"]
        if key == "range":
            return all(any(_within(each, limits) for each in read(entity, field)) for field, limits in value.items())
        if key == "exists":
            return bool(read(entity, value["field"]))
        if key == "$or":
            return any(holds(each, entity) for each in value)
        inside = all(holds(each, entity) for each in value)
        return inside if key == "$and" else not any(holds(each, entity) for each in value)

    return lambda entity: all(holds(clause, entity) for clause in filters)


def _same(want: Json, have: list[Json]) -> bool:
    if want is None:
        return not have
    return any(_equal(want, each) for each in have)


def _equal(want: Json, have: Json) -> bool:
    if isinstance(want, bool) or isinstance(have, bool):
        return str(want).lower() == str(have).lower()
    return want == have or str(want) == str(have)


def _within(value: Json, limits: Json) -> bool:
    def compare(limit: Json) -> int:
        if isinstance(value, (int, float)) and isinstance(limit, (int, float)):
            return (value > limit) - (value < limit)
        return (str(value) > str(limit)) - (str(value) < str(limit))

    tests: Mapping[str, Callable[[int], bool]] = {
        "gt": lambda order: order > 0,
        "gte": lambda order: order >= 0,
        "lt": lambda order: order < 0,
        "lte": lambda order: order <= 0,
    }
    return all(test(compare(limits[key])) for key, test in tests.items() if limits.get(key) is not None)


_TOKEN = re.compile(
    r"""\s*(?:(?P<paren>[()])|(?P<word>AND|OR|NOT|&&|\|\||!)(?=[\s(]|$)
    |(?P<field>[^\s:()"]+):(?:"(?P<phrase>(?:[^"\\]|\\.)*)"|(?P<range>[\[{][^\]}]*[\]}])|(?P<group>\()|(?P<value>[^\s()]+))
    |"(?P<text>(?:[^"\\]|\\.)*)"|(?P<bare>[^\s()]+))""",
    re.VERBOSE,
)


class QueryError(ValueError):
    """A query string nobody can read."""


def query(words: str, known: Callable[[str, str], bool]) -> Predicate:
    """A Lucene query string: `field:value`, phrases, `*`, ranges, `_exists_:field`, AND, OR, NOT and parentheses.

    In one piece: the four rules of the grammar share one position among the tokens."""
    tokens = _tokens(words)
    position = 0

    def peek() -> re.Match[str] | None:
        return tokens[position] if position < len(tokens) else None

    def disjunction() -> Predicate:
        nonlocal position
        parts = [conjunction()]
        while (token := peek()) and token["paren"] != ")":
            if token["word"] in ("OR", "||"):
                position += 1
            parts.append(conjunction())
        return parts[0] if len(parts) == 1 else lambda entity: any(part(entity) for part in parts)

    def conjunction() -> Predicate:
        nonlocal position
        parts = [negation()]
        while (token := peek()) and token["word"] in ("AND", "&&"):
            position += 1
            parts.append(negation())
        return parts[0] if len(parts) == 1 else lambda entity: all(part(entity) for part in parts)

    def negation() -> Predicate:
        nonlocal position
        token = peek()
        if token and token["word"] in ("NOT", "!"):
            position += 1
            inner = negation()
            return lambda entity: not inner(entity)
        return primary()

    def primary() -> Predicate:
        nonlocal position
        token = peek()
        if token is None or token["word"] or token["paren"] == ")":
            raise QueryError(f"query string cannot be read: {words}")
        position += 1
        if token["paren"] == "(":
            inner = disjunction()
            closing = peek()
            if closing is None or closing["paren"] != ")":
                raise QueryError(f"query string has an open parenthesis: {words}")
            position += 1
            return inner
        return _term(token, known)

    if not words.strip() or words.strip() == "*":
        return lambda entity: True
    result = disjunction()
    if peek() is not None:
        raise QueryError(f"query string cannot be read: {words}")
    return result


def _tokens(words: str) -> list[re.Match[str]]:
    tokens, position = [], 0
    while words[position:].strip():
        match = _TOKEN.match(words, position)
        if match is None:
            raise QueryError(f"query string cannot be read: {words}")
        if match["group"]:
            raise QueryError(f"field groups are not supported here: {words}")
        tokens.append(match)
        position = match.end()
    return tokens


def _term(token: re.Match[str], known: Callable[[str, str], bool]) -> Predicate:
    field = token["field"]
    if field is None:
        pattern = (token["text"] or token["bare"]).lower()
        return lambda entity: any(_like(value, pattern) for value in _leaves(entity))
    field = field.replace("\\", "")
    if field == "_exists_":
        name = token["phrase"] or token["value"]
        return lambda entity: known(str(entity.get("_schema")), name) and bool(values_at(entity, name))
    if token["range"]:
        return _range_of(field, token["range"], known)
    wanted = (token["phrase"] if token["phrase"] is not None else token["value"]).lower()
    return lambda entity: (
        known(str(entity.get("_schema")), field) and any(_like(value, wanted) for value in values_at(entity, field))
    )


def _range_of(field: str, written: str, known: Callable[[str, str], bool]) -> Predicate:
    low, _, high = written[1:-1].partition(" TO ")
    limits: dict[str, Json] = {}
    if low.strip() not in ("", "*"):
        limits["gte" if written[0] == "[" else "gt"] = _number(low.strip())
    if high.strip() not in ("", "*"):
        limits["lte" if written[-1] == "]" else "lt"] = _number(high.strip())
    return lambda entity: (
        known(str(entity.get("_schema")), field) and any(_within(value, limits) for value in values_at(entity, field))
    )


def _number(word: str) -> Json:
    try:
        return float(word)
    except ValueError:
        return word


def _like(value: Json, pattern: str) -> bool:
    shown = ("true" if value else "false") if isinstance(value, bool) else str(value).lower()
    return fnmatch.fnmatchcase(shown, pattern.replace("[", "[[]"))


def _leaves(value: Json) -> Iterator[Json]:
    if isinstance(value, dict):
        for each in value.values():
            yield from _leaves(each)
    elif isinstance(value, list):
        for each in value:
            yield from _leaves(each)
    elif value is not None:
        yield value
