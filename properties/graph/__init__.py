"""Algorithms on the graph of states."""
