"""`python -m syncer`."""

import os
import sys

# `-m` puts the working folder first: a file of the checkout named like a library must not be run in its place
# (docs/catalogue.md#h04)
if sys.path and sys.path[0] == os.getcwd() and not __file__.startswith(os.path.join(os.getcwd(), "syncer", "")):
    del sys.path[0]

from syncer.cli import main

if __name__ == "__main__":
    main()
