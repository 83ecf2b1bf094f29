"""The notation: an agent as a frozen statechart, and its flattening into a labelled transition system."""
