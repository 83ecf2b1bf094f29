"""Commands for those who develop goalstate itself: `python -m goalstate.development`."""
