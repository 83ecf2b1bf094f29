"""Saved runs: written, read, stepped through, judged again."""
