// The keys of the picture, and what each does if its button can be pressed. Knows buttons by their names; does nothing itself.

const KEYS = { " ": ["pause", "go-on"], ArrowRight: ["step"], s: ["save"], S: ["save"], Escape: ["stop"] };

/** Do with a key on `element` what its button does: `acts` has a function by name, `can` says which can be done now. */
export function pressedOn(element, acts, can) {
  element.addEventListener("keydown", (event) => {
    const name = (KEYS[event.key] ?? []).find(can);
    if (!name || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    acts[name]();
  });
}
