"""The comments of a YAML text, so that a rewriting can be shown to have lost none."""

from __future__ import annotations

import re

_HEADER_COMMENT = re.compile(r"[|>][-+0-9]*[ \t]+(#.*)")


def comments(text: str) -> list[tuple[int, str]]:
    """Line (from 1) and words of each comment, in order; the text must be good YAML.

    A comment is what stands between the parser's tokens and begins with `#`, and what follows `|` or `>`.
    """
    import yaml

    found: list[tuple[int, str]] = []
    end = 0
    for token in yaml.scan(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        start, stop = token.start_mark.index, token.end_mark.index
        found.extend(_between(text, end, start))
        if getattr(token, "style", None) in ("|", ">"):
            header, _, _ = text[start:stop].partition("\n")
            if match := _HEADER_COMMENT.match(header):
                found.append((token.start_mark.line + 1, match.group(1).rstrip()))
        end = max(end, stop)
    found.extend(_between(text, end, len(text)))
    return found


def _between(text: str, start: int, end: int) -> list[tuple[int, str]]:
    gap = text[start:end]
    if "#" not in gap:
        return []
    line = text.count("\n", 0, start) + 1
    found = []
    for number, words in enumerate(gap.split("\n")):
        _, hash_sign, comment = words.partition("#")
        if hash_sign:
            found.append((line + number, f"#{comment}".rstrip()))
    return found
