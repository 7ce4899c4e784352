"""The figures `syncer` promises, measured side by side with other tools in one run; `make bench` prints them."""
