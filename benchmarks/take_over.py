"""Taking over what was changed by hand: 20 objects in a tree of 1,400 files, as a process of its own.

`python -m benchmarks.take_over SERVER` in a repository is what is measured: it reads the manifests and the
organisation, makes the edits, proves them, and writes the files.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure
from benchmarks.measure import Run, Unmeasured, environment, in_pairs, ratio, run
from benchmarks.plan import settled
from benchmarks.platform import Platform, platform
from benchmarks.subject import Size, cache_of, syncer

Json = Any
SHARES = {"ClosingReason": 8, "FlowTemplate": 8, "EntitySchema": 4}
"""How many of the 20 are of which kind."""


def figures(size: Size, folder: Path) -> Iterator[Figure]:
    """7: 20 drifted objects in a tree of 1,400 files, from the start of the process to its end, beside a drift."""
    folder.mkdir(exist_ok=True)
    with platform(folder) as there:
        here = settled(folder, there, size.counts)
        split(here / "config")
        changed = by_hand(there)
        kept = folder / "as it was"
        shutil.copytree(here / "config", kept)
        environ = environment(SYNCER_ENV="bench", NO_PROXY="127.0.0.1", SYNCER_TOKEN=there.token)
        environ["PYTHONPATH"] = str(Path(__file__).parents[1])
        environ["XDG_CACHE_HOME"] = str(cache_of(here))

        def take_over() -> Run:
            shutil.rmtree(here / "config")
            shutil.copytree(kept, here / "config")
            done = run([sys.executable, "-m", "benchmarks.take_over", there.server], here, environ)
            if f"{changed} files" not in done.output:
                raise Unmeasured(f"{changed} objects were changed by hand, and this was taken over: {done.output}")
            shutil.rmtree(here / "config")
            shutil.copytree(kept, here / "config")
            return done

        pairs = in_pairs(syncer(here, "drift", platform=there, expect=(2,)), take_over, size.slow_rounds)
        files = len(list((here / "config").rglob("*.yaml")))
    own, other = (statistics.median(pair[side].cpu for pair in pairs) for side in (1, 0))
    how = f"{own:.2f} s of CPU ÷ {other:.2f} s"
    measured = ratio([(a.cpu, b.cpu) for a, b in pairs])
    yield Figure(f"take over {changed} objects, {files:,} files ÷ drift", measured, "×", 1.5, how)
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


def main(server: str) -> None:
    """Take over, and write; the subject of the measurement."""
    from syncer.cli.command_context import world
    from syncer.cli.gc_pause import at_rest
    from syncer.fs.change_set import write
    from syncer.ops.pull.first_draft import taken_over
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
