"""What participants are told when their part is over, fairly and in plain words. Knows kinds; knows nobody."""

from __future__ import annotations

from typing import Final

__all__ = ["SENTENCES"]

SENTENCES: Final = {
    "complete": "You have played all matches. Thank you!",
    "no_partner": "Nobody came to play with you in time. That is not your fault, and your waiting counts.",
    "partner_left": "Your partner is gone, or kept you waiting for too long, so the match cannot go on. That is not your fault,"
    " and your part counts.",
    "slow_connection": "The connection is too slow for this study. That is not your fault, and your time counts.",
    "failed": "Something went wrong with the page or the game, and the study cannot go on here. That is not your fault.",
    "withdrew": "You have left the study. Nothing more is recorded.",
    "declined": "You did not consent, so nothing of you is recorded but that this link was opened.",
    "full": "The study has all the participants that it needs. Thank you for coming!",
}
