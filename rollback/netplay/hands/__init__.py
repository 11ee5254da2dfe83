"""Who plays at this peer: held keys made actions, turns, the pause key, and bots by name. Knows no keyboard and no page."""
