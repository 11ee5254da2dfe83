// Which of the page's screens is shown: one section of `main` at a time. Knows no screen.

/** Show the section of that id and no other, and move the focus to its heading, `ID-title`, if it has one. */
export function showScreen(id) {
  if (document.body.dataset.screen === id) return;
  for (const section of document.querySelectorAll("main > section")) section.hidden = section.id !== id;
  document.body.dataset.screen = id;
  document.getElementById(`${id}-title`)?.focus({ preventScroll: true });
  window.scrollTo(0, 0);
}
