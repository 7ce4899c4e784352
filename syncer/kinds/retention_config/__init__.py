"""Retention configs: which entities are deleted, when, and what goes with them."""
