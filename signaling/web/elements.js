// Elements of the page, found and made. What others wrote becomes text and nothing else.

/** Return the element of that id; a page without it is a mistake, and is told at once. */
export function found(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no element #${id}`);
  return element;
}

/** Make an element: `text` and `className` are set as such, everything else is an attribute. */
export function made(tag, { text, className, ...attributes } = {}, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  element.append(...children);
  return element;
}

/** Return what somebody is called, kept apart from the words around it: a name may run from right to left. */
export function nameOf(name) {
  return made("bdi", { className: "name", dir: "auto", text: String(name), title: String(name).slice(0, 200) });
}
