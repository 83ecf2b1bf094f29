"""What must be true, and who judges it."""
