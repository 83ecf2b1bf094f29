"""Runs that show a violation: other ways, what they need, why they count."""
