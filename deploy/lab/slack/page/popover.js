/** A small window beside a control: menus, pickers, confirmations. One at a time. */
import { h } from './dom.js';
import { openDialog, rememberFocus, topLayer } from './focus.js';

let close = () => {};

/** Opens `content` at `anchor`; Escape, a click elsewhere, or the answered function closes it. */
export function openPopover(anchor, content, { above = false } = {}) {
  close();
  const box = h('div.popover', { role: 'dialog' }, content);
  topLayer().append(box);
  anchor.setAttribute('aria-expanded', 'true');
  const at = anchor.getBoundingClientRect();
  const width = Math.max(at.width, box.offsetWidth);
  box.style.minWidth = `${Math.min(at.width, 480)}px`;
  const left = Math.max(8, Math.min(at.left, innerWidth - width - 8));
  box.style.left = `${left}px`;
  // What stands in it may grow while one types.
  box.style.maxWidth = `${innerWidth - left - 8}px`;
  const fitsBelow = at.bottom + box.offsetHeight + 8 < innerHeight;
  if (above || !fitsBelow) box.style.bottom = `${innerHeight - at.top + 4}px`;
  else box.style.top = `${at.bottom + 4}px`;
  const outside = (event) => {
    if (!box.contains(event.target) && !anchor.contains(event.target)) close();
  };
  const onEscape = (event) => {
    if (event.key !== 'Escape') return;
    // Not the dialog behind it, too.
    event.stopPropagation();
    event.preventDefault();
    close();
  };
  const leaves = (event) => {
    if (event.relatedTarget && !box.contains(event.relatedTarget)) close();
  };
  document.addEventListener('pointerdown', outside, true);
  document.addEventListener('keydown', onEscape, true);
  box.addEventListener('focusout', leaves);
  close = () => {
    const hadFocus = box.contains(document.activeElement);
    box.removeEventListener('focusout', leaves);
    box.remove();
    anchor.setAttribute('aria-expanded', 'false');
    if (hadFocus) anchor.focus();
    document.removeEventListener('pointerdown', outside, true);
    document.removeEventListener('keydown', onEscape, true);
    close = () => {};
  };
  return close;
}

/** Arrow keys, Home and End go through a menu's entries. */
function onMenuKey(event) {
  const entries = [...event.currentTarget.querySelectorAll('button')];
  const now = entries.indexOf(document.activeElement);
  const next = {
    ArrowDown: (now + 1) % entries.length,
    ArrowUp: (now - 1 + entries.length) % entries.length,
    Home: 0,
    End: entries.length - 1,
  }[event.key];
  if (next === undefined) return;
  event.preventDefault();
  entries[next].focus();
}

/** A list of entries to choose from: `{ label, detail?, danger?, choose }`. */
export function openMenu(anchor, entries, options) {
  const menu = h(
    'div.menu',
    { role: 'menu', onkeydown: onMenuKey },
    entries.map((entry) =>
      h(
        'button',
        {
          type: 'button',
          role: 'menuitem',
          class: entry.danger ? 'danger' : '',
          'data-value': entry.value,
          onclick: () => {
            shut();
            entry.choose();
          },
        },
        entry.icon ?? null,
        h('span', {}, entry.label),
        entry.detail ? h('small', {}, entry.detail) : null,
      ),
    ),
  );
  const shut = openPopover(anchor, menu, options);
  menu.querySelector('button')?.focus();
  return shut;
}

/** Asks the question of a `confirm` object; resolves with the answer. */
export function confirmed(question, textObject) {
  if (!question) return Promise.resolve(true);
  return new Promise((resolve) => {
    const layer = h(
      'dialog.layer',
      { role: 'alertdialog', 'aria-label': question.title.text },
      h(
        'div.dialog.confirm',
        {},
        h('h2', {}, question.title.text),
        h('div.dialog-body', {}, textObject(question.text)),
        h(
          'footer',
          {},
          h('button.button', { type: 'button', onclick: () => answer(false) }, question.deny.text),
          h(
            'button.button',
            {
              type: 'button',
              class: question.style === 'danger' ? 'danger-solid' : 'primary-solid',
              onclick: () => answer(true),
            },
            question.confirm.text,
          ),
        ),
      ),
    );
    const focusBack = rememberFocus();
    const answer = (yes) => {
      layer.remove();
      focusBack();
      resolve(yes);
    };
    openDialog(layer, () => answer(false));
    layer.querySelector('footer button:last-child').focus();
  });
}
