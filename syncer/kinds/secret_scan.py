"""Finds strings that look like credentials, wherever they stand in a spec; never repeats one in what it says."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from syncer.kinds.lenient_reader import text
from syncer.kinds.secret_names import is_plain_word, tells_secret
from syncer.model.diagnostic import Finding
from syncer.model.json_values import Json, Path

RULES = {
    "secret-literal": "No secret stands in a manifest: it comes from the environment, as `${env.NAME}`.",
}

HINT = "write `${env.NAME}` and set that variable; a secret that stood in a file should be replaced"

_FORMS = (
    ("a JSON Web Token", r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"),
    ("a private key", r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    ("a bearer token", r"\b[Bb]earer\s+[A-Za-z0-9._~+/-]{16,}"),
    ("an AWS access key", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    ("a GitHub token", r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,})"),
    ("a Slack token", r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"),
    ("a Google API key", r"\bAIza[0-9A-Za-z_-]{35}\b"),
    ("a Stripe key", r"\b[rs]k_(?:live|test)_[0-9A-Za-z]{16,}"),
    ("a password in a URL", r"(?i)\b[a-z][a-z0-9+.-]*://[^\s/:@{}$]+:[^\s/:@{}$]{3,}@"),
)
_SIGNS = re.compile(
    r"eyJ|-----BEGIN|Bearer\s|bearer\s|Basic\s|A[KS]IA|AIza|gh[pousr]_|github_pat_|xox[abeoprs]-|rk_|sk_|://.*@"
)
"""What every one of these forms has in it: most strings have none, and are looked at once. Each alternative begins with
a character, no class and no anchor: only then does the engine skip to the next place where one can begin."""
_BASIC = r"Basic\s+([A-Za-z0-9+/]{8,}={0,2})\Z"
_TELLING = re.compile(
    r"(?:pass(?:word|wd|phrase)|secret|token|api[_-]?key|(?:private|signing|access|client)[_-]?key|credentials?"
    r"|authorization)\Z",
    re.IGNORECASE,
)
_OPEN = r"\{\{|\$\{|\s|://"
_UUID = r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z"

SHORTEST = 8
"""Characters below which nothing is taken for a credential."""


ACTING = frozenset({"automations", "action_config"})
"""Fields below which actions stand, whose configuration the platform takes as it comes: there a name that tells is
enough, whatever the value looks like."""


def secret_literals(value: Json, path: Path = ()) -> list[Finding]:
    """A finding for every string that has a credential's form, or that is one by its field's name.

    A `Secret` and text that still refers to a variable are fine. Paths begin at `path`.
    """
    return [
        Finding("secret-literal", f"`{name or 'value'}` holds what looks like {what}", where, HINT)
        for where, name, what in literals(value, path)
    ]


def literals(value: Json, path: Path = ()) -> list[tuple[Path, str, str]]:
    """(path, what the field is called, what it looks like) of each of these strings, and numbers in actions."""
    found: list[tuple[Path, str, str]] = []
    _walk(value, path, "", False, found)
    return found


def _walk(value: Json, path: Path, name: str, acting: bool, found: list[tuple[Path, str, str]]) -> None:
    """A plain walk, no generators: it sees every scalar of every manifest of every `validate`."""
    if isinstance(value, dict):
        for key, item in value.items():
            if isinstance(item, str):
                if acting or len(item) >= SHORTEST:
                    _judge(item, (*path, key), _field(value, str(key)), acting, found)
            elif isinstance(item, (dict, list)):
                _walk(item, (*path, key), _field(value, str(key)), acting or key in ACTING, found)
            elif acting and not isinstance(item, bool) and isinstance(item, (int, float)):
                _judge(str(item), (*path, key), _field(value, str(key)), acting, found)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _walk(item, (*path, index), name, acting, found)
    elif isinstance(value, str):
        _judge(value, path, name, acting, found)


def _judge(value: str, path: Path, name: str, acting: bool, found: list[tuple[Path, str, str]]) -> None:
    what = looks_secret(value, name) or (acting_secret(value, name) if acting else "")
    if what:
        found.append((path, name, what))


def suspicious(value: str, names: Sequence[str]) -> bool:
    """Whether a text that nobody declared to be a secret is kept and shown as little as one. `names`: of the fields it
    stands in, from the outermost."""
    name = names[-1] if names else ""
    return bool(looks_secret(value, name) or (not ACTING.isdisjoint(names[:-1]) and acting_secret(value, name)))


def acting_secret(value: str, name: str) -> str:
    """What kind of credential a value in an automation's action is by its name, or by those in an address; "" for none,
    and where the platform or a variable fills it in."""
    if tells_secret(name) and value and not re.search(r"\{\{|\$\{", value):
        return "" if is_plain_word(name, value) else "a secret"
    asked = re.findall(r"[?&;]([\w.-]+)=(?=[^&{}\s$])", value) if "://" in value else ()
    return "an address with a secret in it" if any(map(tells_secret, asked)) else ""


def _field(mapping: Mapping[str, Json], key: str) -> str:
    """What a field is called: its key, or in a pair such as `{key: api_key, value: …}` the key it is the value of."""
    if key == "value":
        for naming in ("key", "name", "header"):
            if (name := text(mapping.get(naming))) is not None:
                return name
    return key


def looks_secret(value: str, name: str = "") -> str:
    """What kind of credential a string looks like, `a bearer token`; "" if it looks like none."""
    if len(value) < SHORTEST:
        return ""
    if _SIGNS.search(value):
        for what, form in _FORMS:
            if re.search(form, value):
                return what
        basic = re.match(_BASIC, value)
        if basic and ":" in _decoded(basic[1]):
            return "a user's name and password"
    if _tells(name) and not re.search(_OPEN, value) and _random(value, name):
        return "a secret"
    return ""


@lru_cache(1000)
def _tells(name: str) -> bool:
    """Whether a field's name says that it holds a secret; there are few names, and many fields."""
    return bool(_TELLING.search(name))


def _decoded(words: str) -> str:
    import base64
    import binascii

    try:
        return base64.b64decode(words, validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _random(value: str, name: str) -> bool:
    """Whether nobody would write this as a word: long and of many characters, or a password with digits in it."""
    kinds = sum(bool(re.search(form, value)) for form in ("[a-z]", "[A-Z]", "[0-9]", "[^A-Za-z0-9]"))
    if re.search(r"pass(?:word|wd|phrase)\Z", name, re.IGNORECASE):
        return len(value) >= 8 and kinds >= 2 and bool(re.search("[0-9]", value))
    if re.match(_UUID, value):
        return True
    return len(value) >= 16 and kinds >= 2 and bool(re.search("[0-9]", value)) and _bits(value) >= 3.0


def _bits(value: str) -> float:
    """Shannon entropy in bits a character; words have about 3, hexadecimal 3.5 to 4, base64 up to 6."""
    from math import log2

    shares = [value.count(sign) / len(value) for sign in set(value)]
    return -sum(share * log2(share) for share in shares)
