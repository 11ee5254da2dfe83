"""A match in a browser's worker: the same play as everywhere, with a page for its screen, keys and lobby. No JavaScript."""
