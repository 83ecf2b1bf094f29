"""The agents of the workflow: one file an agent, named as the document names it."""
