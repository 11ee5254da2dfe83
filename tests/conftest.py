from __future__ import annotations

from hypothesis import settings

# The same examples every time, however busy the machine is: what fails once fails again.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")
