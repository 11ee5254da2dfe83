"""Matches by the thousand: what is played, where, and what comes of it. Its public names stand in `rollback.sim`."""
