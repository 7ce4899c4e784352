"""Puts values in place of `${var.NAME}`, `${id.NAME}` and `${env.NAME}`; what comes from the process is secret.

It knows neither kinds nor files, and reads no environment itself: what it may use is given to it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from syncer.manifests.envelope import nearest
from syncer.model.diagnostic import Finding
from syncer.model.json_values import Json, Path, Secret, UnknownValue
from syncer.model.named_tuple import NamedTuple
from syncer.model.secret_text import secret_text

_VARIABLE = r"\$\$\{|\$\{((?:var|env|id)\.[A-Za-z0-9_.-]+)\}|\$\{"
_OWN_ENV = r"(?:EPILOT|SYNCER)_[A-Za-z0-9_]+\Z"
_OF_TOKENS = r"(?i)(?:EPILOT|SYNCER)_TOKEN"
TELLING = 16
"""Characters from which on a token is also looked for inside longer values (`Bearer …`); fewer could be any word."""


class Variables(NamedTuple):
    """What variables may stand for: `vars` and `ids` of an environment in syncer.yaml, and the process environment."""

    vars: Mapping[str, Json] = {}
    ids: Mapping[str, str] = {}
    env: Mapping[str, str | UnknownValue] | None = None
    """None while validating: `${env.NAME}` is checked for its name, and stays as it is written."""
    allowed: Collection[str] = ()
    """Names beyond `EPILOT_*` and `SYNCER_*` that may be read (`SYNCER_ALLOW_ENV`)."""
    environment: str = ""
    """The environment's name, for messages."""
    tokens: Collection[str] = ()
    """Names of the variables that hold the access token of an environment, whichever it is."""

    def __repr__(self) -> str:
        return f"Variables({self.environment!r})"  # never what the process environment holds


def holds_token(name: str, tokens: Collection[str]) -> bool:
    """Whether a variable counts as one that holds an access token: it is among `tokens`, or its name begins so."""
    return name in tokens or re.match(_OF_TOKENS, name) is not None


class SubstitutedValue(NamedTuple):
    """The value with variables put in, what was wrong, and which variables (`var.x`) each path was fed by."""

    value: Json
    findings: list[Finding]
    fed: dict[Path, tuple[str, ...]]


class LenientEnvironment(Mapping[str, Any]):
    """The process environment, in which a variable that isn't set is `UnknownValue` rather than a mistake: a plan
    against a
    recording is made where there are no secrets."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env

    def __getitem__(self, name: str) -> str | UnknownValue:
        return self._env.get(name) or UnknownValue(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._env)

    def __len__(self) -> int:
        return len(self._env)


def allowed_names(text: str) -> frozenset[str]:
    """The names in the value of `SYNCER_ALLOW_ENV`: separated by commas or blanks."""
    return frozenset(text.replace(",", " ").split())


def substitute(value: Json, variables: Variables, path: Path = ()) -> SubstitutedValue:
    """The value with its variables resolved; `path` is where it stands in its document. Nothing of it is changed.

    A text that is nothing but a variable becomes the variable's value, of whatever type (a `Secret` for env); within a
    longer text it is written out, and a secret makes the whole text one (`secret_text`). `$${` stands for `${`. Keys,
    and `{{ … }}`, are left alone.
    """
    work = _Substitution(variables)
    return SubstitutedValue(work.anything(value, path), work.findings, work.fed)


def named_in(value: Json) -> Iterator[str]:
    """The variables of syncer.yaml that a value names, `var.x` and `id.x`, perhaps several times."""
    if isinstance(value, str):
        if "${" in value:
            names = (match.group(1) for match in re.finditer(_VARIABLE, value))
            yield from (name for name in names if name and not name.startswith("env."))
    elif isinstance(value, dict):
        for item in value.values():
            yield from named_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from named_in(item)


class _Substitution:
    """One walk over a value; gathers findings and what fed what."""

    def __init__(self, variables: Variables) -> None:
        self.variables = variables
        self.findings: list[Finding] = []
        self.fed: dict[Path, tuple[str, ...]] = {}

    def anything(self, value: Json, path: Path) -> Json:
        """The value with variables put in; the same object where there are none."""
        if isinstance(value, str):
            return self.text(value, path) if "${" in value else value
        if isinstance(value, dict):
            return {self.key(key, path): self.anything(item, (*path, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [self.anything(item, (*path, index)) for index, item in enumerate(value)]
        return value

    def key(self, key: str, path: Path) -> str:
        """The key itself; a variable in it is a mistake."""
        match = re.search(_VARIABLE, key) if "${" in key else None
        if match and match.group(1):
            hint = "write the key itself; variables stand in values"
            self.finding("variable-place", f"`{match.group()}` stands in a key", (*path, key), hint)
        return key

    def text(self, text: str, path: Path) -> Json:
        """A text that holds `${`."""
        whole = re.fullmatch(_VARIABLE, text)
        if whole and whole.group(1):
            self.fed[path] = (whole.group(1),)
            found, value = self.look_up(whole.group(1), text, path)
            return value if found else text
        parts: list[str | Secret] = []
        names: list[str] = []
        end = 0
        for match in re.finditer(_VARIABLE, text):
            parts.append(text[end : match.start()])
            end = match.end()
            if match.group() == "$${":
                parts.append("${")
            elif name := match.group(1):
                names.append(name)
                found, value = self.look_up(name, match.group(), path)
                parts.append(self.written(value, match.group(), path) if found else match.group())
            else:
                shown = text[match.start() : match.start() + 30].split("\n")[0]
                hint = "write `${var.NAME}`, `${id.NAME}` or `${env.NAME}`; `$${` stands for the two characters `${`"
                self.finding("variable-syntax", f"`{shown}` is no variable", path, hint)
                parts.append(match.group())
        parts.append(text[end:])
        if names:
            self.fed[path] = tuple(dict.fromkeys(names))
        if any(isinstance(part, Secret) for part in parts):
            return secret_text(parts)
        return "".join(map(str, parts))

    def written(self, value: Json, variable: str, path: Path) -> str | Secret:
        """A variable's value within a longer text; a secret stays one."""
        if isinstance(value, Secret):
            return value
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, (str, int, float)):
            return str(value)
        what = "a mapping" if isinstance(value, dict) else "a list" if isinstance(value, list) else "null"
        hint = f"let `{variable}` be the whole value, or give it a text in syncer.yaml"
        self.finding("variable-type", f"`{variable}` is {what} and cannot stand within a text", path, hint)
        return variable

    def look_up(self, name: str, written: str, path: Path) -> tuple[bool, Json]:
        """Whether there is such a variable, and its value."""
        family, _, word = name.partition(".")
        if family == "env":
            return self.environment(word, written, path)
        known = self.variables.vars if family == "var" else self.variables.ids
        if word in known:
            return True, known[word]
        where = "`vars`" if family == "var" else "`ids`"
        which = f"environment `{self.variables.environment}`" if self.variables.environment else "the environment"
        hint = nearest(word, known) or f"add it to {where} of {which} in syncer.yaml"
        self.finding(f"unknown-{family}", f"`{name}` is not among {where} of {which}", path, hint)
        return False, None

    def environment(self, word: str, written: str, path: Path) -> tuple[bool, Json]:
        """A value of the process environment; the name alone while validating. Never an access token, which would go
        live for all to see: not by its variable's name, and not by its value."""
        if holds_token(word, self.variables.tokens):
            hint = "what is sent to the organisation can be read there by others; a variable that holds something else "
            hint += "is no environment's `token.env`, and begins with neither EPILOT_TOKEN nor SYNCER_TOKEN"
            message = f"`{word}` is a variable for an access token and may stand in no manifest"
            self.finding("env-token", message, path, hint)
            return False, None
        if not (re.match(_OWN_ENV, word) or word in self.variables.allowed):
            hint = f"name it EPILOT_… or SYNCER_…, or set SYNCER_ALLOW_ENV={word} where syncer runs"
            self.finding("env-not-allowed", f"`{word}` may not be read from the environment", path, hint)
            return False, None
        if self.variables.env is None:
            return True, written
        value = self.variables.env.get(word, "")
        if not value:
            state = "empty" if word in self.variables.env else "not set"
            self.finding("env-missing", f"environment variable `{word}` is {state}", path, f"set {word} and run again")
            return False, None
        if isinstance(value, str) and (token := self.token_in(value)):
            hint = "what is sent to the organisation can be read there by others; give it a value of its own"
            message = f"`{word}` holds the same access token as `{token}`, which may stand in no manifest"
            self.finding("env-token", message, path, hint)
            return False, None
        return True, value if isinstance(value, UnknownValue) else Secret(word, value)

    def token_in(self, value: str) -> str:
        """The variable whose access token this value is, or holds; "" where it is none's."""
        for name, text in sorted((self.variables.env or {}).items()):
            token = text.strip() if isinstance(text, str) and holds_token(name, self.variables.tokens) else ""
            if token and (token == value.strip() or (len(token) >= TELLING and token in value)):
                return name
        return ""

    def finding(self, rule: str, message: str, path: Path, hint: str) -> None:
        """Notes an error."""
        self.findings.append(Finding(rule, message, path, hint))
