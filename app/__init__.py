"""goalstate: an executable, verified model of the classic Windows Azure VM workflow."""
