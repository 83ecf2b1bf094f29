"""Properties in the form that other model checkers read."""
