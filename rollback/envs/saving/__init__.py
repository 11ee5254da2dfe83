"""Which saver an environment gets, and the probe that trusts none before it agreed. Knows no game and no network."""
