"""Search engines: the plain reference, the explicit and the symbolic one, and the one for many instances alike."""
