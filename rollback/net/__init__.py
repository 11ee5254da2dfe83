"""Transports and the lobby's client, each imported from its own file: nobody loads what they do not use."""
