"""The project's own files agree: dependencies, lock, Makefile, hooks, pipelines, wheel; and what the tree may hold."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from syncer import __version__
from syncer.cli import COMMANDS
from syncer.model import distribution
from syncer.model.distribution import install_hint

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
LOCK = (ROOT / "requirements" / "dev.lock").read_text("utf-8")

NOT_OURS = {".git", ".venv", ".bench", ".syncer", "dist", "build", "__pycache__"}
NOT_OURS |= {".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis"}

LONG_MODULES: dict[str, str] = {
    # path: why it is one module all the same
    "syncer/documents/yaml_reader.py": "one pass over the parser's events; its state would travel between the halves",
}
BIG_FILES: dict[str, str] = {
    # path: why it is not made when needed
    **dict.fromkeys(
        ("schemas/entity-schema.schema.json", "schemas/flow-template.schema.json"),
        "editors read it where it lies; it has each mapping twice, closed and open",
    ),
}


def tree() -> list[Path]:
    """Every file that belongs to the project: what git knows or would add; without git, what isn't left out by name."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        answer = subprocess.run(command, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        found = [path for path in ROOT.rglob("*") if not NOT_OURS & set(path.relative_to(ROOT).parts)]
    else:
        found = [ROOT / name for name in answer.stdout.decode().split("\0") if name]
    return sorted(path for path in found if path.is_file())


TREE = tree()


def requirements(*extras: str) -> list[Requirement]:
    """What `pyproject.toml` asks for, with these extras."""
    optional = PROJECT["optional-dependencies"]
    lines = [*PROJECT["dependencies"], *(line for extra in extras for line in optional[extra])]
    return [Requirement(line) for line in lines]


def locked() -> dict[str, tuple[str, int]]:
    """Package → (version, number of hashes), as the lock has it."""
    found = {}
    for block in re.split(r"\n(?=[a-z0-9])", LOCK):
        if match := re.match(r"([a-z0-9._-]+)==([^ ;]+)", block):
            found[match[1]] = (match[2], block.count("--hash=sha256:"))
    return found


@pytest.mark.parametrize("wanted", requirements("sandbox", "remote", "dev"), ids=str)
def test_the_lock_has_what_the_project_asks_for(wanted: Requirement) -> None:
    version, _ = locked()[canonicalize_name(wanted.name)]
    assert wanted.specifier.contains(version, prereleases=True)


def test_no_extra_asks_for_the_package_itself() -> None:
    names = {wanted.name for wanted in requirements("sandbox", "remote", "dev")}
    assert not {PROJECT["name"], "syncer"} & names  # the public index has a stranger's package of the second name


def newest_version() -> str:
    """What the changelog's newest section is called that is no longer being written."""
    sections = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    return next(str(each) for each in sections if each != "Unreleased")


def texts() -> Iterator[tuple[str, str]]:
    """(path, text) of every file of the project but this one, which has to say what the others must not."""
    for path in TREE:
        content = path.read_bytes()
        if path != Path(__file__) and b"\0" not in content:
            yield path.relative_to(ROOT).as_posix(), content.decode("utf-8", "replace")


def test_the_package_has_a_name_of_its_own_and_goes_to_no_index() -> None:
    assert (PROJECT["name"], distribution.NAME) == ("epilot-syncer", "epilot-syncer")
    assert "Private :: Do Not Upload" in PROJECT["classifiers"]
    assert __version__ == newest_version()


STRANGERS = [
    r"(?<!epilot-)\bsyncer\[",
    r"\b(?:pip3?|pipx|uv|uvx|poetry|rye|pdm|conda)\b[^\n]{0,60}?\s(?:install|add|run|--from|--with)\s(?:-\S+\s)*['\"]?syncer\b(?!/)",
    r"^\s*-?\s*['\"]?syncer\s*[=<>~!]=",
]


@pytest.mark.parametrize("pattern", STRANGERS)
def test_no_text_installs_somebody_elses_package(pattern: str) -> None:
    found = {f"{name}: {match.group()}" for name, text in texts() for match in re.finditer(pattern, text, re.MULTILINE)}
    assert found == set()


@pytest.mark.parametrize(
    "text",
    ["pip install syncer", "pip install 'syncer[remote]'", "uv tool install --quiet syncer", "pipx run syncer plan",
     'python -m pip install -U "syncer"', "  - syncer==0.1.0", "syncer[sandbox]", "uvx --from syncer syncer plan"],
)  # fmt: skip
def test_what_would_install_it_is_known(text: str) -> None:
    assert any(re.search(pattern, text, re.MULTILINE) for pattern in STRANGERS)


ASKED = r"epilot-syncer(?:\[\w+\])? @ [^\s\"'`,]+"


def test_what_is_installed_is_this_package_from_its_repository_at_its_newest_version() -> None:
    pages = [(name, text) for name, text in texts() if not name.startswith("tests/")]
    asked = [(name, match) for name, text in pages for match in re.findall(ASKED, text)]
    asked += [("a hint", re.findall(ASKED, install_hint(extra))[0]) for extra in ("sandbox", "remote")]
    assert {name for name, _ in asked} == {
        "a hint", "docs/ci.md", "examples/ci/github-actions.yml", "examples/ci/github-drift.yml",
        "examples/ci/gitlab-ci.yml",
    }  # fmt: skip
    version = f"v{newest_version()}"
    for name, line in asked:
        wanted = Requirement(line)
        assert wanted.name == PROJECT["name"], name
        assert wanted.extras <= set(PROJECT["optional-dependencies"]), name
        assert wanted.url in {
            f"git+https://git.example.com/tools/syncer@{version}",
            f"https://git.example.com/tools/syncer/-/archive/{version}/syncer-{version}.tar.gz",
        }, name


INSTALLS = r"^.*\bpip3? install\b.*$"
FROM_HERE = (
    r"\$SYNCER_PACKAGE\b",  # which the file sets, to what the test above has seen
    r"pip install '\.\[\w+\]'",  # the checkout itself
    r"-r requirements/dev\.lock|-r \.bench/floors\.txt|--editable \.",
)


def test_every_line_that_installs_says_from_where() -> None:
    lines = [
        (name, line)
        for name, text in texts()
        if not name.endswith(".lock")
        for line in re.findall(INSTALLS, text, re.MULTILINE)
    ]
    assert {name for name, _ in lines} >= {"README.md", "Makefile", "docs/ci.md", "examples/ci/gitlab-ci.yml"}
    for name, line in lines:
        if name != "syncer/model/distribution.py":  # whose texts the test above has parsed
            assert re.search("|".join((*FROM_HERE, ASKED)), line), f"{name}: {line}"


def test_the_hooks_for_others_are_taken_at_the_newest_version() -> None:
    revisions = [match for _, text in texts() for match in re.findall(r"\brev: (v[0-9]\S*)", text)]
    assert revisions == [f"v{newest_version()}"]


def test_dev_has_all_of_the_other_extras() -> None:
    assert set(map(str, requirements("sandbox", "remote"))) <= set(map(str, requirements("dev")))


def test_the_lock_has_hashes_and_no_place_to_fetch_from() -> None:
    assert [name for name, (_, hashes) in locked().items() if not hashes] == []
    assert re.findall(r"https?:|file:|^-.*|@ ", LOCK, re.MULTILINE) == []


def test_every_foreign_import_is_a_declared_dependency() -> None:
    declared = {canonicalize_name(wanted.name) for wanted in requirements("sandbox", "remote")}
    owners = packages_distributions()
    imported = set()
    for path in (ROOT / "syncer").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                imported.add(node.module.partition(".")[0])
    foreign = imported - set(sys.stdlib_module_names) - {"syncer", "_typeshed"}
    undeclared = {name for name in foreign if not declared & {canonicalize_name(o) for o in owners.get(name, [])}}
    assert undeclared <= {"werkzeug"}  # a part of flask's own interface: its requests, responses and exceptions


def test_every_target_of_the_makefile_is_in_its_help() -> None:
    text = (ROOT / "Makefile").read_text("utf-8")
    phony = set(" ".join(re.findall(r"^\.PHONY: (.+)$", text, re.MULTILINE)).split())
    helped = set(re.findall(r"^([a-z]+):.*?## \S", text, re.MULTILINE))
    assert phony == helped
    assert phony >= {"help", "venv", "demo", "test", "check", "fmt", "bench", "lock", "clean"}


def test_the_hooks_for_others_are_valid_and_name_commands_that_exist() -> None:
    from pre_commit.clientlib import load_manifest  # type: ignore[import-untyped]

    hooks = {hook["id"]: hook for hook in load_manifest(str(ROOT / ".pre-commit-hooks.yaml"))}
    assert {name: hook["entry"] for name, hook in hooks.items()} == {
        "syncer-validate": "syncer validate",
        "syncer-fmt": "syncer fmt",
        "syncer-plan": "syncer plan",
    }
    assert {hook["language"] for hook in hooks.values()} == {"python"}
    assert {hook["entry"].split()[1] for hook in hooks.values()} <= set(COMMANDS)


def test_the_console_script_exists() -> None:
    module, _, function = PROJECT["scripts"]["syncer"].partition(":")
    assert callable(getattr(import_module(module), function))


def test_our_own_hooks_are_valid_and_fetch_nothing() -> None:
    from pre_commit.clientlib import load_config

    config = load_config(str(ROOT / ".pre-commit-config.yaml"))
    assert [repo["repo"] for repo in config["repos"]] == ["local"]


@pytest.mark.parametrize("name", ["github-actions.yml", "gitlab-ci.yml"])
def test_the_pipelines_apply_the_plan_that_was_shown(name: str) -> None:
    text = (ROOT / "examples" / "ci" / name).read_text("utf-8")
    assert yaml.safe_load(text)
    steps = [text.index(word) for word in ("syncer validate", "syncer plan", "syncer apply plan.json")]
    assert steps == sorted(steps)
    assert ".syncer/state" in text
    assert "--detailed-exitcode" in text


@pytest.mark.parametrize("name", ["github-drift.yml", "gitlab-ci.yml"])
def test_a_nightly_job_fails_for_what_is_no_drift_only(name: str) -> None:
    text = (ROOT / "examples" / "ci" / name).read_text("utf-8")
    jobs = yaml.safe_load(text)
    assert "syncer drift --format markdown -o drift.json > drift.md" in text
    assert ".syncer/state" in text
    if name == "gitlab-ci.yml":
        assert jobs["drift"]["allow_failure"] == {"exit_codes": 2}
        scheduled = {name: jobs[name]["rules"][0] for name in ("plan", "apply", "drift")}
        schedule = {"if": '$CI_PIPELINE_SOURCE == "schedule"'}
        assert scheduled == {"plan": {**schedule, "when": "never"}, "apply": {**schedule, "when": "never"},
                             "drift": schedule}  # fmt: skip
    else:
        assert '[ "$code" -eq 0 ] || [ "$code" -eq 2 ]' in text


def test_the_wheel_has_the_schemas_and_nothing_it_does_not_need(tmp_path: Path) -> None:
    from hatchling.builders.wheel import WheelBuilder

    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    names = set(zipfile.ZipFile(wheel).namelist())
    schemas = {f"syncer/schemas/{path.name}" for path in (ROOT / "schemas").glob("*.schema.json")}
    assert len(schemas) >= 5
    assert schemas <= names
    assert "syncer/py.typed" in names
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "syncer").rglob("*.py")}
    assert {name for name in names if name.endswith(".py")} == modules
    folders = {name.split("/")[0] for name in names}
    assert folders == {"syncer", f"epilot_syncer-{__version__}.dist-info"}
    assert Path(wheel).name == f"epilot_syncer-{__version__}-py3-none-any.whl"
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_no_path_of_somebodys_machine_stands_in_the_tree() -> None:
    machines = re.compile(r"(?<![\w.~$}/-])/(?:" + "|".join(["work", "root", "home", "opt", "tmp", "Users"]) + r")/\w")
    found = []
    for path in TREE:
        text = path.read_bytes().decode("utf-8", "replace")
        for number, line in enumerate(text.splitlines(), 1):
            if machines.search(line):
                found.append(f"{path.relative_to(ROOT).as_posix()}:{number}: {line.strip()}")
    assert found == []


def functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Every function of the package, with its file and name."""
    for path in TREE:
        if path.suffix == ".py" and path.is_relative_to(ROOT / "syncer"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield f"{path.relative_to(ROOT).as_posix()}:{node.name}", node


def test_a_long_function_says_why_it_is_in_one_piece() -> None:
    """Over 40 lines its docstring says so, in these words, and 60 is the end; as `make shape` counts them."""
    lengths = {
        name: (1 + (node.end_lineno or 0) - node.lineno, ast.get_docstring(node) or "") for name, node in functions()
    }
    assert [name for name, (lines, _) in lengths.items() if lines > 60] == []
    assert [name for name, (lines, said) in lengths.items() if lines > 40 and "In one piece" not in said] == []


def test_no_function_has_a_parade_of_parameters() -> None:
    """Seven at most, `self` counted; in cli/ click hands on an option each."""
    counts = {name: len(ast.dump(node.args).split("arg(arg=")) - 1 for name, node in functions()}
    assert [name for name, count in counts.items() if count > 7 and not name.startswith("syncer/cli/")] == []


def test_a_long_module_has_a_reason() -> None:
    modules = {
        path.relative_to(ROOT).as_posix(): len(path.read_text("utf-8").splitlines())
        for path in TREE
        if path.suffix == ".py" and path.is_relative_to(ROOT / "syncer")
    }
    long = {name for name, lines in modules.items() if lines > 400}
    assert long - set(LONG_MODULES) == set(), "give the reason in LONG_MODULES, or find the second module in it"
    assert set(LONG_MODULES) - long == set(), "no longer long"


def test_a_big_file_has_a_reason() -> None:
    big = {path.relative_to(ROOT).as_posix() for path in TREE if path.stat().st_size > 250_000}
    assert big - set(BIG_FILES) == set()


def test_text_files_end_their_lines_one_way() -> None:
    wrong = []
    for path in TREE:
        name = path.relative_to(ROOT).as_posix()
        text = path.read_bytes()
        exact = name.startswith(("examples/broken/", "tests/data/")) or "/golden/" in name  # as .gitattributes says
        if not exact and b"\0" not in text and text and (b"\r" in text or not text.endswith(b"\n")):
            wrong.append(name)
    assert wrong == []


def test_every_finding_stands_in_the_list_with_its_versions() -> None:
    folder = ROOT / "findings"
    page = (folder / "README.md").read_text()
    listed = re.findall(r"^\| \[([a-z0-9-]+)\]\(\1\.sh\) \| ([^|]+) \|", page, re.MULTILINE)
    assert [name for name, _ in listed] == sorted(path.stem for path in folder.glob("*.sh"))
    for name, versions in listed:
        script = (folder / f"{name}.sh").read_text()
        for seen in versions.split(", "):
            assert seen in script.split("#\n")[0], name
            assert seen.replace(" ", "==") in script, name


def test_the_changelog_has_room_for_what_is_not_released() -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert re.findall(r"^## \[(.+?)\]", text, re.MULTILINE)[0] == "Unreleased"


def test_the_changelog_is_grouped_by_what_a_user_does() -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        headings = re.findall(r"^### (.+)", section, re.MULTILINE)
        assert len(set(headings)) == len(headings), section.splitlines()[0]
        assert not {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"} & set(headings)
        assert "What you must change" not in headings[1:], "it stands first"


def test_nothing_random_is_without_a_seed() -> None:
    """`make test` finds the same on every machine: no generator of its own choosing, and never the module's own."""
    own = re.compile(r"\bRandom\(\)")
    modules = re.compile(r"^import random$.*(?<![\w.])random\.(?!Random\b)\w+\(", re.DOTALL | re.MULTILINE)
    files = [each for folder in ("tests", "simulation") for each in sorted((ROOT / folder).rglob("*.py"))]
    texts = {str(each.relative_to(ROOT)): each.read_text("utf-8") for each in files}
    found = [name for name, text in texts.items() if own.search(text) or modules.search(text)]
    assert found == []
