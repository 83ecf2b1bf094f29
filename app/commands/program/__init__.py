"""Commands about the program and the machine it runs on, not about a service: completion, doctor, new."""
