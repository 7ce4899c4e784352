"""The words for what a schema refuses: rule, message and hint for each keyword, with things named by their keys."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from syncer.model.diagnostic import Finding, Severity
from syncer.model.json_values import Json, Path
from syncer.schema_check.subjects import Subject, place, subject, title

Schema = dict[str, Any]

IS_REQUIRED = "it is required"
"""How the hint of an `unknown-field` ends where the field that was meant is missing; else nothing is."""
MOST_LISTED = 12
"""Fields that a hint lists; of more, none."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One broken keyword: where, in which part of the schema, on which value; `name` is the field it names, if any."""

    keyword: str
    path: Path
    value: Json
    schema: Schema
    rule: Json
    name: Json = ""
    meant: str = ""
    """The required field that `name` is a misspelling of."""


@dataclass(frozen=True, slots=True)
class Message:
    """What a finding says, before it is given its place."""

    rule: str
    message: str
    hint: str = ""
    severity: Severity = "error"


def finding(mistake: Mistake, root: Schema, document: Json, strict: bool) -> Finding:
    """The finding for a mistake."""
    here = place(root, document, mistake.path)
    if mistake.keyword == "additionalProperties":
        words = _stranger(mistake, root, document)
        path = (*mistake.path, mistake.name) if isinstance(mistake.name, str) else mistake.path
        return Finding(words.rule, words.message, path, words.hint, words.severity)
    if mistake.keyword == "required":
        lacking = title(mistake.schema, here.word) if mistake.schema.get("title") else subject(here)
        named = subject(place(root, document, (*mistake.path, mistake.name)))
        words = Message("missing-field", f"{named} is missing", f"{lacking} needs it")
        return Finding(words.rule, words.message, mistake.path, words.hint)
    words = WORDS[mistake.keyword](mistake, subject(here))
    return Finding(words.rule, words.message, mistake.path, words.hint, "error" if strict else words.severity)


def _stranger(mistake: Mistake, root: Schema, document: Json) -> Message:
    """A field that is set by the platform, belongs to another branch, or is misspelt."""
    name, schema = str(mistake.name), mistake.schema
    here = place(root, document, (*mistake.path, name))
    server: dict[str, str] = schema.get("x-syncer-server", {})
    if name in server:
        hint = "; ".join(part for part in ("leave it out", server[name]) if part)
        return Message("server-field", f"{subject(here)} is set by the platform", hint)
    around = place(root, document, mistake.path)
    message = f"`{name}` is not a field of {title(schema, around.word)}"
    fields = schema.get("properties", {})
    if mistake.meant:
        return Message("unknown-field", message, f"did you mean `{mistake.meant}`? {IS_REQUIRED}")
    if others := _others(name, around):
        return Message("unknown-field", message, f"it belongs to {_listed(others)}")
    if near := nearest(name, fields):
        return Message("unknown-field", message, f"did you mean `{near}`?")
    few = len(fields) <= MOST_LISTED or schema.get("x-syncer-closed")
    severity: Severity = schema.get("x-syncer-additional", "error")  # the platform may have gained it
    return Message("unknown-field", message, f"its fields are {_listed(fields)}" if few else "", severity)


def _others(name: str, around: Subject) -> list[str]:
    return [str(word) for word, case in around.cases.items() if word and name in case["properties"]]


def _type(mistake: Mistake, where: str) -> Message:
    value, schema = mistake.value, mistake.schema
    if value is None:
        return Message("null-value", f"{where} can't be emptied", "it needs a value, and `null` means none")
    expected = _expected(schema)
    return Message("wrong-type", f"{where} is {_found(value, schema)}, expected {expected}", _type_hint(value, schema))


def _expected(schema: Schema) -> str:
    names = {"object": "a mapping", "array": "a list", "integer": "a whole number", "number": "a number"}
    names |= {"boolean": "`true` or `false`", "string": "text"}
    if target := schema.get("x-syncer-reference"):
        names["object"] = f"a reference to {target}"
    kinds = [kind for kind in _types(schema) if kind != "null" and not (kind == "string" and _for_variables(schema))]
    return " or ".join(names[kind] for kind in kinds)


def _types(schema: Schema) -> list[str]:
    kinds = schema.get("type", [])
    return [kinds] if isinstance(kinds, str) else list(kinds)


def _for_variables(schema: Schema) -> bool:
    """Whether text is allowed only because a variable may stand there."""
    return set(_types(schema)) & {"boolean", "integer", "number"} != set() and str(schema.get("pattern")).startswith(
        "^\\$"
    )


def _found(value: Json, schema: Schema) -> str:
    if "x-syncer-secret" in schema and not isinstance(value, (dict, list)):
        return "text that is not shown"  # somebody may have pasted the secret itself
    match value:
        case None:
            return "empty"
        case bool():
            return f"the boolean `{str(value).lower()}`"
        case int() | float():
            return f"the number `{value}`"
        case str():
            return f"the text {_quoted(value)}"
        case list():
            return "a list"
        case dict():
            return "a mapping"
    return f"a {type(value).__name__}"


def _type_hint(value: Json, schema: Schema) -> str:
    """How the same thing is written with the type that is expected."""
    kinds = set(_types(schema))
    if isinstance(value, dict) and len(value) == 1 and "string" in kinds:
        [key] = value
        if key in ("ref", "lookup", "id", "automation"):
            return "a reference can't stand here; write the id, as `${id.NAME}` with a line in syncer.yaml"
        if key == "file":
            return "this text can't be read from a file; write it here"
    keys = list(schema.get("properties", {}))
    if isinstance(value, str) and "object" in kinds and (len(keys) == 1 or "x-syncer-reference" in schema):
        return f"write `{keys[0]}: {'…' if 'x-syncer-secret' in schema else value}`"
    if "array" in kinds and not isinstance(value, (dict, list)):
        return f"write `[{_yaml(value)}]`, a list of one"
    if "string" in kinds and isinstance(value, (bool, int, float)) and not _for_variables(schema):
        rule = schema.get("x-unless-variable", {}).get("rule", schema)
        words = rule.get("enum", [])
        if words and _yaml(value) not in words:
            return f"write one of {_listed(words)}"
        forms = [each["pattern"] for each in (rule, *rule.get("anyOf", ())) if "pattern" in each]
        if forms and not any(re.search(form, _yaml(value)) for form in forms):
            return f"write {FORMS[forms[0]]}, in quotes" if forms[0] in FORMS else ""
        return f'write `"{_yaml(value)}"`, with quotes'
    if isinstance(value, str) and kinds & {"boolean", "integer", "number"}:
        return _unquoted(value, kinds)
    return ""


def _unquoted(value: str, kinds: set[str]) -> str:
    """Text where a number or a switch belongs: what to write instead."""
    if value.startswith("${"):
        return "a variable is written `${var.NAME}`, `${env.NAME}` or `${id.NAME}`"
    if "boolean" in kinds:
        for answer, words in {"true": ("true", "yes", "on", "1"), "false": ("false", "no", "off", "0")}.items():
            if value.lower() in words:
                return f"write `{answer}`, without quotes"
    elif kinds & {"integer", "number"} and value.strip().removeprefix("-").replace(".", "", 1).isdigit():
        return f"write `{value.strip()}`, without quotes"
    return ""


def _yaml(value: Json) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _quoted(value: str) -> str:
    """Text in backticks, on one line and not too long."""
    short = value if len(value) <= 60 else value[:57] + "…"
    return f"`{''.join(c if c.isprintable() else ascii(c)[1:-1] for c in short)}`"


def _pattern(mistake: Mistake, where: str) -> Message:
    if _for_variables(mistake.schema):
        return _type(mistake, where)
    expected = _form(str(mistake.rule))
    hint = "it ends with a line break" if str(mistake.value).endswith("\n") else ""
    return Message("bad-format", f"{where} is {_found(mistake.value, mistake.schema)}, expected {expected}", hint)


def _form(pattern: str) -> str:
    return FORMS.get(pattern.split(r"|\$\{")[0], f"text that matches `{pattern}`")


def _allowed(mistake: Mistake, where: str) -> Message:
    allowed = mistake.rule if isinstance(mistake.rule, list) else [mistake.rule]
    near = nearest(str(mistake.value), [str(word) for word in allowed])
    hint = f"did you mean `{near}`?" if near else ""
    is_word = str(mistake.value).replace("-", "").replace("_", "").isalnum()
    if mistake.schema.get("x-syncer-open") and is_word and not near:  # the platform may have gained it
        return Message("not-allowed-value", f"{where} is `{mistake.value}`, which is not known here", "", "warning")
    shown = _found(mistake.value, mistake.schema).removeprefix("the text ").removeprefix("the number ")
    return Message("not-allowed-value", f"{where} can't be {shown}; allowed: {_listed(allowed)}", hint)


def _short(mistake: Mistake, where: str) -> Message:
    if mistake.value == "":
        return Message("too-short", f"{where} is empty text")
    count = len(mistake.value)
    return Message("too-short", f"{where} has {count} characters, at least {mistake.rule} are needed")


def _long(mistake: Mistake, where: str) -> Message:
    return Message("too-long", f"{where} has {len(mistake.value)} characters, at most {mistake.rule} are allowed")


def _few(mistake: Mistake, where: str) -> Message:
    hint = "leave it out, or write `null`" if "null" in _types(mistake.schema) else ""
    if not mistake.value:
        return Message("too-short", f"{where} is an empty list, at least {mistake.rule} needed", hint)
    return Message("too-short", f"{where} has {len(mistake.value)} items, at least {mistake.rule} are needed", hint)


def _many(mistake: Mistake, where: str) -> Message:
    return Message("too-long", f"{where} has {len(mistake.value)} items, at most {mistake.rule} are allowed")


def _small(mistake: Mistake, where: str) -> Message:
    return Message("too-small", f"{where} is {mistake.value}, the least is {mistake.rule}")


def _large(mistake: Mistake, where: str) -> Message:
    return Message("too-large", f"{where} is {mistake.value}, the most is {mistake.rule}")


def _one_key(mistake: Mistake, where: str) -> Message:
    keys = _listed(mistake.schema["properties"], "or")
    target = mistake.schema["x-syncer-reference"]
    return Message("bad-reference", f"{where} must have exactly one of {keys}", f"it refers to one {target}")


def nearest(name: str, known: Iterable[str]) -> str:
    """The known word that was probably meant: the same but for case and underscores, else the most alike; or ""."""
    from difflib import get_close_matches

    def plain(word: str) -> str:
        return word.lower().replace("_", "").replace("-", "")

    words = {plain(word): word for word in reversed(list(known))}
    close = [plain(name)] if plain(name) in words else get_close_matches(plain(name), words, 1, 0.6)
    return words[close[0]] if close else ""


def _listed(words: Iterable[Json], last: str = "") -> str:
    shown = [f"`{word}`" for word in words]
    if last and len(shown) > 1:
        return f"{', '.join(shown[:-1])} {last} {shown[-1]}"
    return ", ".join(shown) or "none"


FORMS = {
    "^[a-zA-Z0-9_-]+$": "letters, digits, `_` and `-` only",
    "^[A-Za-z0-9_-]+$": "letters, digits, `_` and `-` only",
    "^[A-Za-z0-9_.-]+$": "letters, digits, `_`, `.` and `-` only",
    "^[A-Za-z0-9][A-Za-z0-9._-]*$": "letters, digits, `_`, `.` and `-`, beginning with a letter or digit",
    "^[a-z0-9_]+$": "small letters, digits and `_` only",
    "^[a-z0-9]([a-z0-9._-]{0,126}[a-z0-9])?$": "small letters, digits and, inside, `.`, `_` or `-`; at most 128",
    "^[a-z-]+ [^ ].*$": "a rule and a path, `flow-few-branches tasks[check].conditions`",
    "^[A-Za-z]+/[a-z0-9]([a-z0-9._-]{0,126}[a-z0-9])?$": "an address, `KIND/NAME`",
    "^[12][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$": "a date, `YYYY-MM-DD`",
    "date": "a date that exists, `YYYY-MM-DD`",
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.]+(Z|[+-][0-9:]+)?)?$": "a moment, `YYYY-MM-DDThh:mm:ssZ`",
    "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$": "a UUID",
    "^[A-Za-z][A-Za-z0-9+.-]*:": "an address, `https://…`",
    r"^[0-9]+\.[0-9]+\.[0-9]+$": "a version, `x.y.z`",
    "^(EPILOT|SYNCER)_[A-Z0-9_]+$": "the name of a variable, `EPILOT_…` or `SYNCER_…`",
    "^(100|[1-9]?[0-9])%$": "a share, such as `30%`",
    r"^https://[a-z0-9.-]+\.epilot\.io(/[A-Za-z0-9._~/-]*)?$": "an https address under epilot.io",
    r"^[^/\\][^\\]*\.ya?ml$": "a path below the folder of manifests that ends in .yaml",
}
"""What the patterns of our schemas mean, in words; a test holds the list complete."""

WORDS: dict[str, Callable[[Mistake, str], Message]] = {
    "type": _type,
    "pattern": _pattern,
    "format": _pattern,
    "enum": _allowed,
    "const": _allowed,
    "minLength": _short,
    "maxLength": _long,
    "minItems": _few,
    "maxItems": _many,
    "minimum": _small,
    "maximum": _large,
    "minProperties": _one_key,
    "maxProperties": _one_key,
}
