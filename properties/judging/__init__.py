"""Judging: from a property and the states that an engine found to a verdict."""
