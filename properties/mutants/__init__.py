"""Mutants of the model, the ledger of who notices them, and which requirement is traced to what."""
