"""A text in which secrets stand: what of it may be written down, and the hosts that it names. Reveals no value.

Written down it is `https://shop.example/x?k=${env.SYNCER_KEY}`, as a manifest has it, each `$` beside doubled; a secret
that is the whole value is its name alone, which holds no `$`. So one text serves state, plan files and digests.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from syncer.model.json_values import Secret, UnknownValue

_WRITTEN = r"\$\$|\$\{env\.([^{}$]+)\}|\$"
_AUTHORITY = r"(?i)(?:\A[/\\]{2,}|:[/\\]{2,}|\bhttps?:[/\\]*)([^/?#\s\"'<>]*)"


def secret_text(parts: Iterable[str | Secret]) -> Secret:
    """The text made of these parts, at least one of them a secret; `UnknownValue` where one of them is."""
    joined: list[str | Secret] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        elif part != "":
            joined.append(part)
    secrets = [part for part in joined if isinstance(part, Secret)]
    name = "+".join(dict.fromkeys(each.name for each in secrets))
    if any(isinstance(each, UnknownValue) for each in secrets):
        return UnknownValue(name, tuple(joined))
    return Secret(name, "".join(part if isinstance(part, str) else part.reveal() for part in joined), tuple(joined))


def secrets_of(secret: Secret) -> tuple[Secret, ...]:
    """The secrets that stand in it, each once; itself where it is the whole value."""
    return tuple(dict.fromkeys(part for part in secret.parts if isinstance(part, Secret))) or (secret,)


def filled(secret: Secret, stand_in: Callable[[str], str], around: Callable[[str], str] = str) -> str:
    """The text with `stand_in(NAME)` in place of each secret, and `around(TEXT)` of what stands between."""
    parts = secret.parts or (secret,)
    return "".join(around(part) if isinstance(part, str) else stand_in(part.name) for part in parts)


def written(secret: Secret) -> str:
    """What is written down for it, and read again by `read_written`."""
    if not secret.parts:
        return secret.name
    return filled(secret, lambda name: f"${{env.{name}}}", lambda text: text.replace("$", "$$"))


def read_written(text: str) -> Secret:
    """The secret of that text, its values empty: no file holds them. ValueError where `written` writes no such text."""
    if "$" not in text:
        return Secret(text, "")
    parts: list[str | Secret] = []
    end = 0
    for match in re.finditer(_WRITTEN, text):
        parts.append(text[end : match.start()])
        end = match.end()
        if match.group() == "$":
            raise ValueError("a `$` in the text of a secret is neither doubled nor that of a variable")
        parts.append(Secret(match.group(1), "") if match.group(1) else "$")
    if not any(isinstance(part, Secret) for part in parts):
        raise ValueError("no secret stands in the text of a secret")
    return secret_text([*parts, text[end:]])


def hosts_of(secret: Secret) -> tuple[str, ...]:
    """Every host that the text names, with its port, each once; a secret in a host stands as `(secret NAME)`.

    Behind a `\\` programs disagree where a host ends: there it is all that may be meant.
    """
    if not secret.parts:
        return ()
    # A secret stands here as what ends no host, whatever is in it.
    text = filled(secret, lambda name: f"\0{name}\0", lambda part: part.replace("\0", ""))
    if " " not in text:  # an address alone: line ends in it count for nothing
        text = re.sub(r"[\t\r\n]", "", text)
    found = (match.group(1).rstrip(",.;:!)") for match in re.finditer(_AUTHORITY, text))
    hosts = (each if "\\" in each else each.rpartition("@")[2] for each in found)
    return tuple(dict.fromkeys(re.sub("\0([^\0]*)\0", r"(secret \1)", host) for host in hosts if host))
