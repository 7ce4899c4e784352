"""The data governance service: retention configs and what they delete."""
