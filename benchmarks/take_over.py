"""Taking over what was changed by hand: 20 objects in a tree of 1,400 files, by `syncer pull` as it is.

It reads the manifests and the organisation, makes the edits, writes the files, and proves that their plan is empty.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure
from benchmarks.measure import Run, Unmeasured, in_pairs, ratio
from benchmarks.plan import forgetting, settled
from benchmarks.platform import Platform, platform
from benchmarks.subject import Size, syncer

Json = Any
SHARES = {"ClosingReason": 8, "FlowTemplate": 8, "EntitySchema": 4}
"""How many of the 20 are of which kind."""
PARTS = ("config", ".syncer")
"""What a pull changes of a repository."""


def figures(size: Size, folder: Path) -> Iterator[Figure]:
    """7: 20 drifted objects in a tree of 1,400 files, beside a drift that recalls nothing, for a pull does not."""
    folder.mkdir(exist_ok=True)
    with platform(folder) as there:
        here = settled(folder, there, size.counts)
        split(here / "config")
        pull = syncer(here, "pull", platform=there)
        pull()  # what the sandbox has of itself has a manifest from now on
        changed = by_hand(there)
        kept = folder / "as it was"
        for part in PARTS:
            shutil.copytree(here / part, kept / part)

        def take_over() -> Run:
            away = Path(tempfile.mkdtemp(dir=folder))  # not removed: ext4 makes new files slowly just after that
            for part in PARTS:
                (here / part).rename(away / part)
                shutil.copytree(kept / part, here / part)
            done = pull()
            if f"of {changed} objects taken over" not in done.output:
                raise Unmeasured(f"{changed} objects were changed by hand, and this was taken over: {done.output}")
            for part in PARTS:
                (here / part).rename(away / f"{part} taken over")
                shutil.copytree(kept / part, here / part)
            return done

        drift = syncer(here, "drift", *forgetting("drift"), platform=there, expect=(2,))
        pairs = in_pairs(drift, take_over, size.slow_rounds)
        files = len(list((here / "config").rglob("*.yaml")))
    own, other = (statistics.median(pair[side].cpu for pair in pairs) for side in (1, 0))
    how = f"{own:.2f} s of CPU ÷ {other:.2f} s"
    measured = ratio([(a.cpu, b.cpu) for a, b in pairs])
    yield Figure(f"take over {changed} objects, {files:,} files ÷ drift without memory", measured, "×", 1.5, how)
    yield Figure("  its peak memory", max(each.peak_mb for _, each in pairs), "MB", None)


def split(config: Path) -> None:
    """Give every manifest a file of its own."""
    for file in list(config.rglob("*.yaml")):
        documents = file.read_text("utf-8").split("---\n")
        if len(documents) > 1:
            file.unlink()
            for number, document in enumerate(filter(str.strip, documents)):
                file.with_name(f"{file.stem}-{number:02d}.yaml").write_text(document, "utf-8")


def by_hand(there: Platform) -> int:
    """Change objects of three kinds past `syncer`; how many."""
    paths = {
        "ClosingReason": ("/v1/workflows/closing-reasons", "reasons"),
        "FlowTemplate": ("/v2/flows/templates", "results"),
        "EntitySchema": ("/v2/entity/schemas?full=true&latest=true", "results"),
    }
    replies = there.calls([("GET", path, None) for path, _ in paths.values()])
    lists = {kind: reply[paths[kind][1]] for kind, reply in zip(paths, replies, strict=True)}
    calls: list[tuple[str, str, Json]] = []
    for each in lists["ClosingReason"][: SHARES["ClosingReason"]]:
        body = {"title": f"{each['title']} neu", "status": "ACTIVE"}
        calls.append(("PATCH", f"/v2/workflows/closing-reasons/{each['id']}", body))
    for flow in lists["FlowTemplate"][: SHARES["FlowTemplate"]]:
        flow["tasks"][3]["name"] += " neu"
        flow["tasks"][5]["description"]["value"] = "<p>Eins</p>\n<p>Zwei</p>"
        calls.append(("PUT", f"/v2/flows/templates/{flow['id']}", flow))
    schemas = [each for each in lists["EntitySchema"] if any(a["name"] == "field_00" for a in each["attributes"])]
    for schema in schemas[: SHARES["EntitySchema"]]:
        schema["attributes"][2]["label"] += " neu"
        del schema["attributes"][4]
        left = ("id", "created_at", "updated_at", "version", "comment", "source")
        body = {name: value for name, value in schema.items() if name not in left}
        calls.append(("PUT", f"/v1/entity/schemas/{schema['slug']}", body))
    return len(list(there.calls(calls)))
