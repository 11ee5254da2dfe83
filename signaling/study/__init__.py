"""Studies with people: who may play when, with whom, and what is kept of it. Knows rooms by their codes; knows no game."""
