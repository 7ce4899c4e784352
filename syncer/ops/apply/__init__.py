"""Carrying a plan out: what is sent in which order, and what an unknown outcome comes to."""
