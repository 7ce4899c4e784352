#!/usr/bin/env bash
# ruamel.yaml 0.19.1 (round-trip mode)
#
# Guess:   a comment on a line of its own belongs to the key below it; deleting the key above leaves it alone.
# Happens: it hangs on the key above. Deleting that key, the comment about the next one goes without a word; the
#          comment that stood over the deleted key stays, now over the next.
# Matters: an editor of configuration that removes one field removes the warning that somebody wrote about another,
#          and leaves one about nothing.
#
# Prints the text after deleting the middle one of three keys; exits 1 if that is no longer so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check ruamel.yaml==0.19.1
"$folder/venv/bin/python" - <<'PYTHON'
import io
import sys

from ruamel.yaml import YAML

yaml = YAML()
document = yaml.load("a: 1\n# about b\nb: 2\n# do not change c before June\nc: 3\n")
del document["b"]
out = io.StringIO()
yaml.dump(document, out)
print(out.getvalue(), end="")
sys.exit(0 if out.getvalue() == "a: 1\n# about b\nc: 3\n" else 1)
PYTHON
