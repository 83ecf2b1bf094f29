"""The input of a command: a service, a network in a file, settings, a list of accepted violations."""
