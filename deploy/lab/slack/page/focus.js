/**
 * Where the keyboard is. Parts of the page are built anew when something changes; whoever was on a
 * control is afterwards on the control in its place. Modals are native dialogs: what is behind them
 * cannot be reached, and Escape closes them.
 */

const IDENTITY = ['blockId', 'actionId', 'value', 'channel'];

/** Says which control of `region` has the focus, so that it can be found again; null when none. */
export function focusIn(region) {
  const active = document.activeElement;
  if (!active || active === region || !region.contains(active)) return null;
  const wanted = IDENTITY.filter((name) => active.dataset[name] !== undefined).map((name) => [
    name,
    active.dataset[name],
  ]);
  const label = active.getAttribute('aria-label');
  const ts = active.closest('[data-ts]')?.dataset.ts;
  return { tag: active.tagName, wanted, label, ts };
}

/** Gives the focus back to the control that `focusIn` described; answers whether it is there. */
export function restoreFocus(region, described) {
  if (!described) return false;
  const { tag, wanted, label, ts } = described;
  const found = [...region.querySelectorAll(tag)].find(
    (element) =>
      wanted.every(([name, value]) => element.dataset[name] === value) &&
      element.getAttribute('aria-label') === label &&
      element.closest('[data-ts]')?.dataset.ts === ts,
  );
  found?.focus({ preventScroll: true });
  return found !== undefined;
}

/** Puts `elements` into `region` unless they look the same already, and keeps the focus. */
export function show(region, elements) {
  const wanted = elements.map((element) => element.outerHTML).join('');
  if (region.shown === wanted) return;
  region.shown = wanted;
  const focused = focusIn(region);
  region.replaceChildren(...elements);
  restoreFocus(region, focused);
}

/** Where pop-ups belong: in the dialog on top, because a dialog makes all else unreachable. */
export const topLayer = () =>
  [...document.querySelectorAll('dialog[open]')].at(-1) ?? document.getElementById('overlay');

/** Remembers the control that has the focus; the answered function gives it back. */
export function rememberFocus() {
  const element = document.activeElement;
  const described = focusIn(document.body);
  return () => {
    if (element?.isConnected && element !== document.body) element.focus({ preventScroll: true });
    // Built anew meanwhile, or gone with its message: then where one types.
    else if (!restoreFocus(document.body, described))
      document.querySelector('.composer textarea')?.focus({ preventScroll: true });
  };
}

/**
 * Opens `layer`, a `dialog`, in front of everything. At Escape `onEscape` is asked instead of
 * closing, because the app decides what closing means. To close it, remove it.
 */
export function openDialog(layer, onEscape) {
  document.getElementById('overlay').append(layer);
  const ask = (event) => {
    event.preventDefault();
    if (layer.isConnected) onEscape();
  };
  layer.addEventListener('cancel', ask);
  // A browser closes a dialog by itself at the second Escape, whatever the page says.
  layer.addEventListener('close', ask);
  layer.showModal();
}
