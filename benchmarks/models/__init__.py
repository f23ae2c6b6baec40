"""Real models, probed with no options: how many come to a verdict."""
