// Elements of the page, found and made. What others wrote becomes text and nothing else.

/** Return the element of that id; a page without it is a mistake, and is told at once. */
export function found(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no element #${id}`);
  return element;
}

/** Make an element: `text` and `className` are set as such, `on` by event, everything else is an attribute. */
export function made(tag, { text, className, on = {}, ...attributes } = {}, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) element.setAttribute(name, value);
  for (const [event, handler] of Object.entries(on)) element.addEventListener(event, handler);
  if (text !== undefined) element.textContent = text;
  element.append(...children);
  return element;
}

/** Write a text where another one stands: an unchanged one is not read out again. */
export function tell(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Make a button that has to be pressed twice within `within` ms; the first time it asks. */
export function careful(button, question, act, within = 4000) {
  const usual = button.textContent;
  let asked = null;
  const calm = () => {
    clearTimeout(asked);
    asked = null;
    button.textContent = usual;
    button.classList.remove("asking");
  };
  button.addEventListener("click", () => {
    if (asked !== null) {
      calm();
      act();
      return;
    }
    button.textContent = question;
    button.classList.add("asking");
    asked = setTimeout(calm, within);
  });
  button.addEventListener("blur", () => asked !== null && calm());
  return button;
}
