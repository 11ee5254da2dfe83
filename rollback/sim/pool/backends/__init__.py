"""Where matches are played. Each file has `run(jobs, rules)`, which yields results in any order; none knows a game."""
