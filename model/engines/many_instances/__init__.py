"""Many instances that are alike: each replaced by a small machine that its surroundings can't tell from it."""
