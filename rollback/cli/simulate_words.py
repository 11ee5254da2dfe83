"""An option that takes several words after it, as in `--agents a b c`. Knows words of a command line; knows no command."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from typer.core import TyperCommand

__all__ = ["SeveralAgents", "spread_words"]


class SeveralAgents(TyperCommand):
    """A command whose `--agents` takes all words up to the next option."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take the command line with the option in front of each of its words, which is what the parser knows."""
        return super().parse_args(ctx, spread_words(args, "--agents"))


def spread_words(words: Sequence[str], option: str) -> list[str]:
    """Return a command line with `option` in front of each word that follows it, up to the next option.

    Args:
        words: The command line. Where the option has no word at all, it stays as it is, and the parser says what is missing.
        option: Its name, with the dashes. After `--` it is a word like any other.
    """
    spread: list[str] = []
    end = words.index("--") if "--" in words else len(words)
    open_ended = fresh = False
    for word in words[:end]:
        if word == option:
            if fresh:
                spread.append(option)  # twice in a row: the first one lacks its word, which is for the parser to say
            open_ended = fresh = True
        elif word.startswith("-") and len(word) > 1:
            if fresh:
                spread.append(option)
            spread.append(word)
            open_ended, fresh = word.startswith(f"{option}="), False
        else:
            spread += [option, word] if open_ended else [word]
            fresh = False
    return spread + [option] * fresh + list(words[end:])
