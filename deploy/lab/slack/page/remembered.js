/** What this browser remembers of the page, by name: a reload changes nothing of it. */

const KEY = 'page';

const read = () => {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
};

/** What was kept under `name`, or `otherwise`. */
export const remembered = (name, otherwise) => read()[name] ?? otherwise;

export function remember(name, value) {
  localStorage.setItem(KEY, JSON.stringify({ ...read(), [name]: value }));
}
