"""The words of the simulated world: names of things, facts, and the frames that sentences are made of."""
