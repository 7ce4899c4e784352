"""Manifests in the styles people save: taken over in that style where a manifest may have it, refused whole else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from simulation.manifests import document
from simulation.promotions import Two, pulled
from simulation.world import World
from syncer.model.diagnostic import InvalidInput
from tests.ops.test_flow_rebuilds import FLOW
from tests.support.part_identity import SCHEMA

Json = Any


def _plain(manifest: Json) -> str:
    return str(yaml.safe_dump(manifest, sort_keys=False, allow_unicode=True))


class Style(NamedTuple):
    """How a file is written: its ending, and its bytes from a manifest's plain form. `refused`: by which rules."""

    ending: str
    bytes_of: Callable[[Json], bytes]
    refused: tuple[str, ...] = ()


def _anchored(manifest: Json) -> bytes:
    """A name that two parts share is written once."""
    text = _plain(manifest)
    word = "branch_name" if manifest["kind"] == "FlowTemplate" else "label"
    lines = text.splitlines(keepends=True)
    first, second = [at for at, line in enumerate(lines) if f" {word}: " in line][:2]
    lines[first] = lines[first].replace(f"{word}: ", f"{word}: &same ")
    lines[second] = f"{lines[second].partition(':')[0]}: *same\n"
    return "".join(lines).encode()


STYLES = {
    "plain": Style("yaml", lambda manifest: _plain(manifest).encode()),
    "CRLF": Style("yaml", lambda manifest: _plain(manifest).replace("\n", "\r\n").encode()),
    "JSON": Style("json", lambda manifest: json.dumps(manifest, indent=2).encode()),
    "JSON in YAML": Style("yaml", lambda manifest: json.dumps(manifest, indent=4).encode()),
    "JSON in YAML in one line": Style("yaml", lambda manifest: json.dumps(manifest).encode() + b"\n"),
    "flow style": Style("yaml", lambda manifest: yaml.safe_dump(manifest, default_flow_style=True, width=120).encode()),
    "BOM": Style("yaml", lambda manifest: b"\xef\xbb\xbf" + _plain(manifest).encode(), ("byte-order-mark",)),
    "anchor": Style("yaml", _anchored, ("yaml-anchor", "yaml-alias")),
}
TAKEN = {name: style for name, style in STYLES.items() if not style.refused}
REFUSED = {name: style for name, style in STYLES.items() if style.refused}
MANIFESTS = {"flow": document("FlowTemplate", "house", FLOW), "schema": SCHEMA}


class Bench:
    """A repository with one file, which stands in it in any style."""

    def __init__(self, folder: Path, sort: str) -> None:
        self.world = World(folder / "world", {"quota_per_minute": None})
        self.two = Two(self.world, folder / "repository")
        (self.world.folder / "config").mkdir()
        self.sort = sort

    def begin(self, style: Style) -> Path:
        file = self.world.folder / "config" / f"it.{style.ending}"
        file.write_bytes(style.bytes_of(MANIFESTS[self.sort]))
        assert self.world.apply().code == 0
        return file

    def live(self) -> Json:
        if self.sort == "flow":
            return self.world.one("FlowTemplate", name="House")
        return self.world.ask("GET /v1/entity/schemas/site")

    def hand(self) -> None:
        """A name is another, a part goes, and one comes."""
        body = self.live()
        if self.sort == "flow":
            body["tasks"][0]["name"] = "Look closer"
            body["tasks"][1].pop("requirements")
            body["tasks"][0]["description"]["value"] = "Nobody: #1"
            self.world.ask(f"PUT /v2/flows/templates/{body['id']}", body)
        else:
            body["attributes"][0]["label"] = "Alpha: #1"
            body["attributes"][3]["columns"].pop()
            body["attributes"].append({"name": "new", "label": "New", "type": "string"})
            self.world.ask("PUT /v1/entity/schemas/site", body)


@pytest.fixture
def bench(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Bench]:
    found = Bench(tmp_path, request.param)
    yield found
    found.world.close()


sorts = pytest.mark.parametrize("bench", MANIFESTS, indirect=True)


def _others(manifest: Json, sort: str) -> Json:
    """What the hand edits make of it."""
    spec = json.loads(json.dumps(manifest["spec"]))
    if sort == "flow":
        spec["tasks"][0]["name"] = "Look closer"
        spec["tasks"][1].pop("requirements")
        spec["tasks"][0]["description"]["value"] = "Nobody: #1"
    else:
        spec["attributes"][0]["label"] = "Alpha: #1"
        spec["attributes"][3]["columns"].pop()
    return spec


@sorts
@pytest.mark.parametrize("style", TAKEN)
def test_is_taken_over_in_its_style(bench: Bench, style: str) -> None:
    file = bench.begin(STYLES[style])
    before = file.read_bytes()
    bench.hand()
    live = bench.live()
    assert pulled(bench.two).unwritten == []
    after = file.read_bytes()
    spec = yaml.safe_load(after)["spec"]
    assert spec == _others(MANIFESTS[bench.sort], bench.sort)
    assert (b"\r\n" in after, b"\n" in after.replace(b"\r\n", b"")) == (
        b"\r\n" in before,
        b"\n" in before.replace(b"\r\n", b""),
    )
    assert after[:1] == before[:1]
    if style.startswith("JSON"):
        assert json.loads(after) == {**MANIFESTS[bench.sort], "spec": spec}
    assert (bench.world.changes(), bench.live()) == ({}, live)


@sorts
@pytest.mark.parametrize("style", REFUSED)
def test_is_refused_and_nothing_is_lost(bench: Bench, style: str) -> None:
    """It was sound, was applied, and was saved so later: the object is not taken for one without a manifest."""
    file = bench.begin(STYLES["plain"])
    file.write_bytes(STYLES[style].bytes_of(MANIFESTS[bench.sort]))
    bench.hand()
    live, files, state = bench.live(), bench.two.files(), bench.world.state_path.read_bytes()
    for command in (bench.world.plan, bench.world.drift, lambda: pulled(bench.two)):
        with pytest.raises(InvalidInput) as refused:
            command()
        assert tuple(each.rule for each in refused.value.problems) == STYLES[style].refused
        assert {each.at.file for each in refused.value.problems if each.at} == {"config/it.yaml"}
    assert (bench.live(), bench.two.files(), bench.world.state_path.read_bytes()) == (live, files, state)
