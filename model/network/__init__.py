"""Networks: agents composed into the product automaton, the runs of a network, and what a search finds of it."""

from .network import Change, Component, Event, GlobalState, Network, NetworkError, ReplayError

__all__ = ["Change", "Component", "Event", "GlobalState", "Network", "NetworkError", "ReplayError"]
