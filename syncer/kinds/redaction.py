"""What never stands in a recording, whoever wrote it: text that is or may be a secret, and who did what when.

Stricter than `secret_scan`, which must not cry wolf over a manifest: a value taken for a secret here costs one
comparison in a plan against the recording; one that is missed stands in a repository.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from syncer.kinds.lenient_reader import text
from syncer.kinds.secret_names import tells_secret
from syncer.kinds.secret_scan import looks_secret
from syncer.model.json_values import Json

MARK = "$withheld"
"""`{"$withheld": "a bearer token"}` stands in a recording in place of a value."""

PERSONAL = frozenset(
    {
        "created_by",
        "updated_by",
        "last_updated_by",
        "createdBy",
        "updatedBy",
        "lastUpdatedBy",
        "deleted_by",
        "published_by",
        "installed_by",
        "isFavoritedBy",
        "installation_audit",
        "version_audit",
    }
)
"""Fields that name people; no manifest declares one, and no plan reads one (docs/platform.md#saved-views,
#installation-of-an-app)."""

_HOLDERS = r"(?i)(?:headers|auth|authentication|authorization|credentials?|secrets|basic_auth|basicauth|oauth2?)\Z"
"""Mappings and lists of which every text is withheld, but for what `_HARMLESS` names."""
_HARMLESS = frozenset(
    {
        "type",
        "auth_type",
        "authtype",
        "method",
        "content-type",
        "accept",
        "accept-language",
        "cache-control",
        "user-agent",
    }
)
_NAMING = frozenset({"key", "name", "header", "id"})
_IN_URL = (
    r"(?i)[?&;][\w.-]*(?:token|key|secret|sig|signature|password|passwd|pwd|auth|code|sv)=[^&{}\s\"'<>]{3,}"
    r"|hooks\.slack\.com/services/|\.webhook\.office\.com/|discord(?:app)?\.com/api/webhooks/"
    r"|hook\.[a-z0-9.]*make\.com/|hooks\.zapier\.com/hooks/|//[^\s/@{}]+@"
)
_TEMPLATE = r"\s*\{\{[^{}]*\}\}\s*\Z"
"""A value that the platform fills in itself, `{{ env.KEY }}`: it holds no secret, only its name."""


def withheld(what: str) -> Json:
    """What stands in place of a value."""
    return {MARK: what}


def without_secrets_and_people(value: Json) -> Json:
    """The value fit to be shown to everybody: what may be a secret is a mark, fields that name people are gone."""
    return _value(value, "", held=False)


def _value(value: Json, name: str, *, held: bool) -> Json:
    if isinstance(value, dict):
        if MARK in value:
            return withheld("a value")
        return {
            _key(key): _value(
                item, called := _called(value, key), held=(held and not _is_naming(value, key)) or _holds(called)
            )
            for key, item in value.items()
            if key not in PERSONAL
        }
    if isinstance(value, list):
        return [_value(item, name, held=held) for item in value]
    if isinstance(value, bool) or value is None or value == "":
        return value
    what = _what(value if isinstance(value, str) else str(value), name, held, isinstance(value, str))
    return withheld(what) if what else value


def _key(key: str) -> str:
    """Keys are the API's own words, or names that people chose; hardly a secret, and none that looks like one."""
    return "withheld" if looks_secret(key) or re.search(_IN_URL, key) else key


def _called(mapping: Mapping[str, Json], key: str) -> str:
    """What a field is called: in a pair such as `{key: api_key, value: …}` by the key it is the value of."""
    if key in ("value", "values", "default", "default_value"):
        for naming in ("key", "name", "header"):
            if (name := text(mapping.get(naming))) is not None:
                return name
    return str(key)


def _is_naming(mapping: Mapping[str, Json], key: str) -> bool:
    """Whether this is the name in a pair of name and value."""
    return key in _NAMING and "value" in mapping


def _what(value: str, name: str, held: bool, is_text: bool) -> str:
    if is_text and re.match(_TEMPLATE, value):
        return ""
    if held and name.lower() not in _HARMLESS and is_text:
        return "a value of headers or credentials"
    if tells_secret(name):
        return "a secret"
    if not is_text:
        return ""
    return looks_secret(value, name) or ("an address with a secret in it" if re.search(_IN_URL, value) else "")


@lru_cache(4096)
def _holds(name: str) -> bool:
    return bool(re.search(_HOLDERS, name))
