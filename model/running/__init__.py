"""Runs: a network executed on the library `transitions`, and the story of a run."""
