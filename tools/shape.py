"""The shape of `syncer/` in figures: how full its folders are, how long its functions, how deep its house.

`make shape` prints them, so that a change of structure can be told by numbers before and after. Nothing here judges:
what must hold is held by tests/test_layers.py and tests/test_names.py.
"""

from __future__ import annotations

import ast
import io
import os
import re
import socket
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import chdir, redirect_stderr, redirect_stdout
from inspect import CO_OPTIMIZED
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "syncer"
LONG, VERY_LONG, MANY = 40, 60, 7
PRONOUNS = frozenset(
    {"all", "any", "both", "each", "it", "none", "one", "some", "that", "this", "what", "who", "whose"}
)

Graph = dict[str, set[str]]


def modules(*folders: str) -> dict[str, Path]:
    """Dotted name → file, of all modules below these folders of the repository; a package has its own name."""
    found = {}
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            found[".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")] = path
    return found


def fullest_folder() -> tuple[str, int]:
    """The folder with the most modules directly in it, `__init__` not counted."""
    counts: dict[str, int] = defaultdict(int)
    for path in PACKAGE.rglob("*.py"):
        counts[path.parent.relative_to(ROOT).as_posix()] += path.name != "__init__.py"
    return max(counts.items(), key=lambda each: each[1])


def stems_against_the_rule() -> list[str]:
    """Stems of modules that end in -ing or -ed, or are a pronoun; each once."""
    stems = {path.stem for path in PACKAGE.rglob("*.py")}
    return sorted(stem for stem in stems if re.search(r"(ing|ed)$", stem) or stem in PRONOUNS)


def functions() -> Iterator[tuple[Path, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Every function and method, with its file."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield path, node


def lines_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """From `def` to the last line."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """How many, `self` included."""
    args = function.args
    named = len(args.posonlyargs) + len(args.args) + len(args.kwonlyargs)
    return named + (args.vararg is not None) + (args.kwarg is not None)


def imports(names: Mapping[str, Path]) -> Graph:
    """Module → modules it imports, wherever in it, also for type checkers only."""
    graph: Graph = {name: set() for name in names}
    for name, path in names.items():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            found: list[str] = []
            if isinstance(node, ast.Import):
                found = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                inside = [f"{node.module}.{alias.name}" for alias in node.names]
                found = [each if each in names else node.module for each in inside]
            graph[name] |= {each for each in found if each in names and each != name}
    return graph


def room(module: str) -> str:
    """The package that a module stands in: the first name below `syncer`, or the other tree's own name."""
    first, _, rest = module.partition(".")
    return rest.partition(".")[0] or first if first == "syncer" else first


def between_rooms(graph: Graph) -> Graph:
    """The same arrows, between packages."""
    found: Graph = defaultdict(set)
    for name, targets in graph.items():
        found[room(name)] |= {room(each) for each in targets} - {room(name)}
    return dict(found)


def circles(graph: Graph) -> list[list[str]]:
    """Groups of nodes that reach each other: the strongly connected components of more than one node (Tarjan)."""
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        number[node] = low[node] = len(number)
        stack.append(node)
        for each in sorted(graph.get(node, ())):
            if each not in number:
                visit(each)
                low[node] = min(low[node], low[each])
            elif each in stack:
                low[node] = min(low[node], number[each])
        if low[node] == number[node]:
            group = stack[stack.index(node) :]
            del stack[stack.index(node) :]
            if len(group) > 1:
                found.append(sorted(group))

    for node in sorted(graph):
        if node not in number:
            visit(node)
    return sorted(found)


def floors(graph: Graph) -> list[str]:
    """The longest chain of packages, each importing the next; a circle counts as the floors it has."""
    known: dict[str, list[str]] = {}

    def below(node: str, way: tuple[str, ...]) -> list[str]:
        if node not in known:
            ways = [below(each, (*way, node)) for each in sorted(graph.get(node, ())) if each not in (*way, node)]
            known[node] = [node, *max(ways, key=len, default=[])]
        return known[node]

    return max((below(node, ()) for node in sorted(graph)), key=len, default=[])


def entered_by_a_plan() -> tuple[set[str], set[tuple[str, str]]]:
    """Files of `syncer/` in which a plan of one new closing reason, in a folder made by `init`, calls a function; and
    the pairs of files (caller, called). The sandbox runs in this process, on threads that are not watched."""
    from syncer.cli import run
    from syncer.sandbox.server import Organisation, create_app, serve

    files: set[str] = set()
    edges: set[tuple[str, str]] = set()
    start = str(PACKAGE) + os.sep

    def watch(frame: FrameType, event: str, _: object) -> None:
        called = frame.f_code.co_filename
        if event == "call" and called.startswith(start) and frame.f_code.co_flags & CO_OPTIMIZED:
            files.add(called)
            above = frame.f_back
            while above is not None and not above.f_code.co_filename.startswith(start):
                above = above.f_back  # through click, contextlib, and what dataclasses make
            if above is not None and above.f_code.co_filename != called:
                edges.add((above.f_code.co_filename, called))

    with tempfile.TemporaryDirectory() as folder, socket.socket() as finder:
        finder.bind(("127.0.0.1", 0))
        port = finder.getsockname()[1]
        finder.close()
        app = create_app(str(Path(folder) / "sandbox.db"), [Organisation("911690", "token-of-shape")])
        threading.Thread(target=serve, args=(app, "127.0.0.1", port), daemon=True).start()
        _wait_for(port)
        (Path(folder) / "repository").mkdir()
        said = io.StringIO()
        with chdir(Path(folder) / "repository"), redirect_stdout(said), redirect_stderr(said):
            made = run(["init", "--env", "sandbox", "--org", "911690"])
            os.environ |= {"EPILOT_TOKEN_SANDBOX": "token-of-shape", "SYNCER_SERVER": f"http://127.0.0.1:{port}"}
            threading.setprofile(watch)
            sys.setprofile(watch)
            try:
                code = run(["plan", "--detailed-exitcode"])
            finally:
                sys.setprofile(None)
                threading.setprofile(None)
    if (made, code) != (0, 2):
        raise SystemExit(f"init ended with {made}, plan with {code}:\n{said.getvalue()}")
    return files, edges


def _wait_for(port: int) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit("the sandbox does not answer")


def figures() -> Iterator[tuple[str, str]]:
    """Each figure in words, and its value."""
    folder, number = fullest_folder()
    yield "modules in the fullest folder", f"{number} ({folder})"
    stems = stems_against_the_rule()
    yield "stems in -ing or -ed, or pronouns", f"{len(stems)} ({', '.join(stems)})"
    every = list(functions())
    yield f"functions over {LONG} lines", str(sum(lines_of(each) > LONG for _, each in every))
    yield f"functions over {VERY_LONG} lines", str(sum(lines_of(each) > VERY_LONG for _, each in every))
    outside = [each for path, each in every if PACKAGE / "cli" not in path.parents]
    yield f"functions outside cli/ with over {MANY} parameters", str(sum(parameters(each) > MANY for each in outside))
    files, edges = entered_by_a_plan()
    yield "files entered by the plan of one closing reason", str(len(files))
    yield "file-to-file edges of that plan", str(len(edges))
    rooms = between_rooms(imports(modules("syncer", "benchmarks", "simulation")))
    chain = floors(rooms)
    yield "floors", f"{len(chain)} ({' > '.join(chain)})"
    yield "arrows between packages", str(sum(map(len, rooms.values())))
    yield "circles among packages", str(len(circles(rooms)))
    inside = circles(imports(modules("syncer")))
    yield "circles among modules", str(len(inside)) + "".join(f" ({', '.join(each)})" for each in inside)
    count = sum(len(path.read_text("utf-8").splitlines()) for path in PACKAGE.rglob("*.py"))
    yield "lines of syncer/", f"{count:,}"


def main() -> None:
    """Print every figure, a line each."""
    for words, value in figures():
        print(f"{words:<52}{value}", flush=True)


if __name__ == "__main__":
    main()
