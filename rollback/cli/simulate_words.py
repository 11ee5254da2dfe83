"""An option that takes several words after it, as in `--agents a b c`. Knows words of a command line; knows no command."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from typer.core import TyperCommand

from rollback.errors import UsageError

__all__ = ["SeveralAgents", "spread_words"]


class SeveralAgents(TyperCommand):
    """A command whose `--agents` takes all words up to the next option."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take the command line with the option in front of each of its words, which is what the parser knows."""
        return super().parse_args(ctx, spread_words(args, "--agents"))


def spread_words(words: Sequence[str], option: str) -> list[str]:
    """Return a command line with `option` in front of each word that follows it, up to the next option.

    Args:
        words: The command line.
        option: Its name, with the dashes. After `--` it is a word like any other.

    Raises:
        UsageError: No word follows it; the parser would take the next option for one.
    """
    spread: list[str] = []
    end = words.index("--") if "--" in words else len(words)
    is_open = lacks_word = False
    for word in words[:end]:
        is_option = word.startswith("-") and len(word) > 1
        if is_option and lacks_word:
            break
        if word == option:
            is_open = lacks_word = True
        elif is_option:
            spread.append(word)
            is_open = word.startswith(f"{option}=")
        else:
            spread += [option, word] if is_open else [word]
            lacks_word = False
    if lacks_word:
        raise UsageError(f"{option} takes one name or more, as in {option} best random")
    return spread + list(words[end:])
