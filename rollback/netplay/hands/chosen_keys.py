"""Keys as people write them in an option: `left=0,right=1,space+left=3`. Knows JSON; knows no space and no keyboard."""

from __future__ import annotations

import json
from typing import Any, Final

from rollback.errors import UsageError
from rollback.game import Game

__all__ = ["chosen_keys", "refuse_keys"]

HOW: Final = 'write --keys "left=0,right=1,space+left=3", with actions as in JSON, such as 2, 0.5, true or [0, 1]'
LONGEST: Final = 4000  # characters, and with it how deep a list can nest
_WORDS: Final = {"True": True, "False": False}  # as in the names of environments


def chosen_keys(text: str) -> dict[str, Any]:
    """Return which keys are to be which actions; neither is looked at yet.

    Raises:
        UsageError: It is not written so.
    """
    if len(text) > LONGEST:
        raise UsageError(f"--keys has {len(text)} characters, at most {LONGEST} are read")
    table: dict[str, Any] = {}
    place = 0
    while place < len(text) or not table:
        equals = text.find("=", place + 1)  # from the second character on: the equals sign may be a key itself
        if equals < 0:
            raise UsageError(f"--keys: {text[place:].strip()!r:.80} has no action: {HOW}")
        key = text[place:equals].strip() or text[place:equals]
        action, place = _action(text, equals + 1, key)
        if key in table:
            raise UsageError(f"--keys names {key!r} twice: leave one of them out")
        table[key] = action
    return table


def refuse_keys(game: Game, named: str) -> None:
    """Raise `UsageError` where the keys of a game cannot be chosen: only environments let their players do that."""
    from rollback.envs.environment_game import EnvironmentGame

    if not isinstance(game, EnvironmentGame):
        raise UsageError(f"--keys is for environments (gym:... and pettingzoo:...), and {named} has its own keys: leave it out")


def _action(text: str, place: int, key: str) -> tuple[Any, int]:
    """Return the action that begins at `place`, and where the next key does."""
    while text[place : place + 1].isspace():
        place += 1
    word = next((word for word in _WORDS if text.startswith(word, place)), None)
    if word is not None:
        action, end = _WORDS[word], place + len(word)
    else:
        try:
            action, end = _JSON.raw_decode(text, place)
        except (ValueError, RecursionError):
            given = text[place:].partition(",")[0].strip()
            raise UsageError(f"--keys: {given!r:.80} of the key {key!r} is no action: {HOW}") from None
    rest = text[end:].lstrip()
    if rest and not rest.startswith(","):
        raise UsageError(f"--keys: after the action of {key!r} comes {rest[:20]!r}, where a comma should be: {HOW}")
    after = rest[1:].lstrip() if rest[1:].strip() else ""
    return action, len(text) - len(after)


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no action")


_JSON: Final = json.JSONDecoder(parse_constant=_no_number)
