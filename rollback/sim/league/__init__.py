"""Tournaments of policies: who meets whom, what it came to, how strong each is, and how sure that is."""

from __future__ import annotations
