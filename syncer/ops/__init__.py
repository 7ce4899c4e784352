"""The use cases: each reads, decides and acts, in this order."""
