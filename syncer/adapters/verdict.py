"""Yes or no for a document against a schema, fast, by jsonschema-rs; says nothing about why."""

from __future__ import annotations

from collections.abc import Callable

from syncer.core.values import Json


def judge(schema: dict[str, Json]) -> Callable[[Json], bool] | None:
    """A function that says whether the schema accepts a document, or None where jsonschema-rs is not installed.

    Its False also stands for "cannot tell", of values that are not JSON: the explanation then decides. Patterns run on
    an engine whose time is linear in the text, and nothing is fetched.
    """
    try:
        import jsonschema_rs
    except ImportError:
        return None
    validator = jsonschema_rs.Draft202012Validator(
        schema, validate_formats=True, offline=True, pattern_options=jsonschema_rs.RegexOptions()
    )

    def accepts(document: Json) -> bool:
        try:
            return validator.is_valid(document)
        except (ValueError, TypeError, RecursionError):  # text with half a character, keys that are no text, …
            return False

    return accepts
