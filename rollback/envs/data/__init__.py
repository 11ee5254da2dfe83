"""Data sets of what really happened in a match: rows, timing, files. Knows settled frames; plays nothing itself."""
