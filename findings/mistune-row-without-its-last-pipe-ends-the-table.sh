#!/usr/bin/env bash
# mistune 3.4.0 (its `table`), beside markdown-it-py 4.3.0
#
# Guess:   the pipe at a row's end may be left out, as GitHub's rules have it, in the row as in the head.
# Happens: a row that begins with a pipe and ends without one is no row: the table ends before it and the rest is a
#          paragraph with its pipes. markdown-it-py has the row in the table.
# Matters: a comment with a plan is cut to the longest text that a forge takes; cut in a row, all that is left of it
#          falls out of the table, or does not, depending on who shows it.
#
# Prints how many rows each renderer makes of it; exits 1 if that is no longer so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check mistune==3.4.0 markdown-it-py==4.3.0
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import mistune
from markdown_it import MarkdownIt

text = "| address | change |\n| --- | --- |\n| a | 1 |\n| b | 2\n"
pages = [mistune.create_markdown(plugins=["table"])(text), MarkdownIt("commonmark").enable("table").render(text)]
rows = [page.count("<td") // 2 for page in pages]
print(f"mistune {rows[0]} row, markdown-it-py {rows[1]} rows", "| b | 2" in pages[0])
sys.exit(0 if rows == [1, 2] and "| b | 2" in pages[0] else 1)
PYTHON
