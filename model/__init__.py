"""The system: the notation of its agents, the agents, their product, and the engines that search it."""
