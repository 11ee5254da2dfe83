"""A child for the tests of pipes: does what each line it hears says."""

from __future__ import annotations

import os
import sys
import threading

from rollback.cli.pipes import Parent


def main() -> None:
    parent = Parent()
    first = parent.first()
    over = threading.Event()
    print("a game's own print")
    parent.tell({"heard": first})

    def heard(message: dict[str, object]) -> None:
        if "leave" in message:
            print("why it left", file=sys.stderr, flush=True)
            os._exit(int(str(message["leave"])))
        if "deaf" in message:
            over.clear()
        parent.tell({"heard": message})

    if first.get("stays"):
        parent.listen(heard, lambda: None)
        threading.Event().wait()
    parent.listen(heard, over.set)
    over.wait()
    parent.tell({"gone": True})


if __name__ == "__main__":
    main()
