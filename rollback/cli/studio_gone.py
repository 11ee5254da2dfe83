"""The page for a link of the studio that leads nowhere any more: a sentence, and the way back. Knows no room and no agent."""

from __future__ import annotations

import html
from typing import Final

from starlette.responses import HTMLResponse

__all__ = ["gone_page"]

# It looks as the studio does, whose policy allows its own style and no other.
_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>{title} · rollback studio</title>
  <link rel="icon" href="/studio/icon.svg" type="image/svg+xml">
  <link rel="stylesheet" href="/studio/style.css">
</head>
<body>
  <header><p class="brand">rollback studio</p></header>
  <main class="gone">
    <div class="card">
      <h1>{title}</h1>
      <p>{sentence}</p>
      <p><a href="/">To the studio</a></p>
    </div>
  </main>
</body>
</html>
"""


def gone_page(title: str, sentence: str) -> HTMLResponse:
    """Return the answer 404 as a page that says what is gone, and what to do."""
    return HTMLResponse(_PAGE.format(title=html.escape(title), sentence=html.escape(sentence)), 404)
