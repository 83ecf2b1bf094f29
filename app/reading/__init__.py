"""What a command is given: a service, a network in a file, a list of accepted violations."""
