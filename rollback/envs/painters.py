"""Drawing an environment without touching it: the state goes into another one, which is drawn. Knows savers; keeps no frame.

To render changes an environment: it opens surfaces, sets flags of wrappers, and counts. A peer that draws would come apart
from one that does not. So the one that plays is never rendered where there is another.
"""

from __future__ import annotations

from typing import Any

from rollback.envs.pictures import shown_by
from rollback.envs.saving.savers import Saver

__all__ = ["Painter"]


class Painter:
    """Draws the states of environments that are alike.

    Args:
        env: An environment that nobody plays, None where there is none: then the one that plays is drawn, and put back.
        saver: That environment's saver.
    """

    def __init__(self, env: Any = None, saver: Saver | None = None) -> None:
        self._env = env
        self._saver = saver
        self._is_reset = False
        self._cannot = False

    def shown(self, played: Any, saver: Saver) -> Any:
        """Return the picture of an environment that is played, None where it cannot be drawn.

        Whatever it raises, such as for want of a screen or of OpenGL, it is not asked to draw again: a picture is no reason to
        end a match.

        Args:
            played: The environment.
            saver: Its saver.
        """
        if self._cannot:
            return None
        try:
            return self._shown(played, saver)
        except Exception:
            self._cannot = True
            return None

    def _shown(self, played: Any, saver: Saver) -> Any:
        if self._env is None or self._saver is None or saver.is_opaque:
            state = saver.save()
            try:
                return shown_by(played)
            finally:
                saver.load(state)
        if not self._is_reset:
            self._env.reset(seed=0)
            self._saver.began(0)
            self._is_reset = True
        self._saver.load(saver.save())
        return shown_by(self._env)
