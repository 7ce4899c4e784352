"""Taking over what was changed by hand: 20 objects in a tree of 1,400 files, as a process of its own.

`python -m benchmarks.take_over SERVER` in a repository is what is measured: it reads the manifests and the
organisation, makes the edits, proves them, and writes the files.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure
from benchmarks.measure import Unmeasured, environment, run
from benchmarks.plan import settled
from benchmarks.platform import Platform, platform
from benchmarks.subject import Size

Json = Any
SECONDS = 3
SHARES = {"ClosingReason": 8, "FlowTemplate": 8, "EntitySchema": 4}
"""How many of the 20 are of which kind."""


def figures(size: Size, folder: Path) -> Iterator[Figure]:
    """20 drifted objects in a tree of 1,400 files: ≤ 3 s, from the start of the process to its end."""
    counts = {"reasons": size.reasons, "flows": size.flows, "schemas": size.schemas}
    with platform(folder) as there:
        here = settled(folder, there, **counts)
        split(here / "config")
        changed = by_hand(there)
        kept = folder / "as it was"
        shutil.copytree(here / "config", kept)
        seconds, peak, out = [], 0.0, ""
        for _ in range(size.slow_rounds + 1):
            shutil.rmtree(here / "config")
            shutil.copytree(kept, here / "config")
            environ = environment(SYNCER_ENV="bench", NO_PROXY="127.0.0.1", SYNCER_TOKEN=there.token)
            environ["PYTHONPATH"] = str(Path(__file__).parents[1])
            done = run([sys.executable, "-m", "benchmarks.take_over", there.server], here, environ)
            seconds.append(done.seconds)
            peak, out = max(peak, done.peak_mb), done.output
        if f"{changed} files" not in out:
            raise Unmeasured(f"{changed} objects were changed by hand, and this was taken over: {out}")
        files = len(list((here / "config").rglob("*.yaml")))
    median = sorted(seconds[1:])[len(seconds[1:]) // 2]
    yield Figure(f"take over {changed} objects, {files:,} files", median, "s", SECONDS, "a process, its start included")
    yield Figure("  its peak memory", peak, "MB", None)


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


def main(server: str) -> None:
    """Take over, and write; the subject of the measurement."""
    from syncer.cli.command_context import world
    from syncer.cli.gc_pause import at_rest
    from syncer.fs.change_set import write
    from syncer.ops.pull.pull import taken_over
    from syncer.ops.pull.write_back import WriteBackOptions

    here = world(None, os.environ["SYNCER_ENV"], server)
    with at_rest(), here.reading():
        known = here.state()
        with here.api(read_only=True) as api:
            there = here.manifests()[:2]
            taken = taken_over(here.pull_options(), api, here.fetch, known.entries, there, WriteBackOptions())
    print(f"{len(write(taken.changes, here.project.root))} files")
    for problem in taken.problems:
        print(problem.message)


if __name__ == "__main__":
    main(*sys.argv[1:])
