"""Disk and clock: files replaced whole, sets of changes, and what may be trusted of what lies there."""
