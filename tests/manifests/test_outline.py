"""Of manifests that are not reported on, which must be read whole: those that matter to what is found in the others."""

from __future__ import annotations

import json
from typing import Any

import pytest

from syncer.documents.yaml_reader import read, restored
from syncer.kinds import KINDS
from syncer.manifests.envelope import RawManifest
from syncer.manifests.loader import of_documents
from syncer.manifests.outline import key_of, needed_files, outline_of

Json = Any
REASON = "apiVersion: syncer/v1\nkind: ClosingReason\nmetadata: {{name: {name}}}\nspec: {{title: {title}}}\n"
SCHEMA = (
    "apiVersion: syncer/v1\nkind: EntitySchema\nmetadata: {{name: {name}}}\n"
    "spec: {{slug: {slug}, name: A, attributes: [{{name: a, type: relation, allowedSchemas: [{to}]}}]}}\n"
)
FLOW = (
    "apiVersion: syncer/v1\nkind: FlowTemplate\nmetadata: {{name: {name}}}\n"
    "spec: {{name: Flow {name}, trigger: {{type: manual, entity_schema: {schema}}}, closing_reasons: [{reasons}],\n"
    "  automations: {{x: {{actions: [{{config: {{target_workflow: {{ref: {start}}}}}}}]}}}}}}\n"
)
KEEP = (
    "apiVersion: syncer/v1\nkind: RetentionConfig\nmetadata: {{name: {name}}}\n"
    "spec: {{entity_schema: {schema}, type: deletion}}\n"
)
OTHERS = {
    "won": REASON.format(name="won", title="Won"),
    "lost": REASON.format(name="lost", title="Lost"),
    "site": SCHEMA.format(name="site-manifest", slug="site", to=""),
    "meter": SCHEMA.format(name="meter", slug="meter", to="{ref: site-manifest}"),
    "pipe": SCHEMA.format(name="pipe", slug="pipe", to="meter"),
    "one": FLOW.format(name="one", schema="x", reasons="{ref: won}", start="two"),
    "two": FLOW.format(name="two", schema="x", reasons="", start="three"),
    "three": FLOW.format(name="three", schema="pipe", reasons="", start="new"),
    "keep": KEEP.format(name="keep", schema="meter"),
}
LATER = {"two", "three", "pipe"}
"""What `one` leads to."""

CASES = {
    # the file that is reported on                                         files that must be whole
    "on its own": (REASON.format(name="new-reason", title="New"), set()),
    "the same title": (REASON.format(name="again", title="Lost"), {"lost"}),
    "the same title in another form": (REASON.format(name="other-form", title="L\u006fst"), {"lost"}),
    "the same name": (REASON.format(name="lost", title="Other"), {"lost"}),
    "named by a reference": (REASON.format(name="won", title="Other"), {"won", "one", *LATER}),
    "names a reason": (FLOW.format(name="f", schema="x", reasons="{ref: lost}", start="f"), {"lost"}),
    "names a schema by its slug": (FLOW.format(name="f", schema="site", reasons="", start="f"), {"site"}),
    "a slug that others name": (SCHEMA.format(name="new-schema", slug="meter", to=""), {"meter", "pipe", "keep"}),
    "a name that others name": (SCHEMA.format(name="site-manifest", slug="other", to=""), {"site", "meter"}),
    "the same key of another kind's field": (KEEP.format(name="again", schema="meter"), {"keep", "meter"}),
    "a circle over others": (FLOW.format(name="new", schema="x", reasons="", start="one"), {"won", "one", *LATER}),
    "leads on": (FLOW.format(name="f", schema="x", reasons="", start="two"), LATER),
    "a variable": (REASON.format(name="x", title="'${var.title}'"), set(OTHERS)),
    "a key that a reference decides": (KEEP.format(name="x", schema="{ref: site-manifest}"), set(OTHERS)),
    "a removal": ("apiVersion: syncer/v1\nkind: Removed\nmetadata: {name: x}\nspec: {objects: []}\n", set(OTHERS)),
    "nothing": ("# empty\n", set()),
}  # fmt: skip


def whole(text: str, file: str) -> tuple[RawManifest, ...]:
    content = text.encode()
    return of_documents(read(content, file), content, file, (*KINDS, "Removed")).manifests


def outlined(text: str, file: str) -> tuple[RawManifest, ...]:
    content = text.encode()
    outline = outline_of(read(content, file), whole(text, file))
    assert outline is not None
    return of_documents(restored(outline, content, file), content, file, KINDS).manifests


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES)
def test_what_must_be_whole(text: str, expected: set[str]) -> None:
    texts = {
        name: json.dumps([each.value for each in read(text.encode(), name)], ensure_ascii=False).encode()
        for name, text in OTHERS.items()
    }
    manifests = [each for name, text in OTHERS.items() for each in outlined(text, name)]
    manifests += whole(text, "mine")
    assert needed_files(manifests, texts, {"mine"}, lambda file: whole(OTHERS[file], file)) == expected


def test_an_outline_tells_which_object_is_meant_and_nothing_else() -> None:
    for name, text in OTHERS.items():
        [short], [long] = outlined(text, name), whole(text, name)
        assert (short.kind, short.name, short.metadata) == (long.kind, long.name, long.metadata)
        assert (key_of(short), short.locate(("metadata", "name"))) == (key_of(long), long.locate(("metadata", "name")))
        assert not any(isinstance(each, (dict, list)) for each in short.spec.values())


NO_OUTLINE = {
    "a removal": "apiVersion: syncer/v1\nkind: Removed\nmetadata: {name: x}\nspec: {objects: []}\n",
    "a key that is a reference": KEEP.format(name="x", schema="{ref: site-manifest}"),
    "no manifest beside one": OTHERS["won"] + "---\na: 1\n",
}


@pytest.mark.parametrize("text", NO_OUTLINE.values(), ids=NO_OUTLINE)
def test_what_has_no_outline(text: str) -> None:
    assert outline_of(read(text.encode(), "x"), whole(text, "x")) is None
