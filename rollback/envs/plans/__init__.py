"""The generated saver: an environment is walked into a plan of how to save it. Knows no game and no frame."""
