/** Modals: the view on top of the person's stack. */
import { renderBlocks } from './blocks.js';
import { surfaceAt } from './controls.js';
import { h, icon } from './dom.js';
import { act, state } from './store.js';

let shown = null;
/** What was entered, by view: it stays when the app updates the view. */
const entered = new Map();

function showErrors(dialog, errors, general) {
  for (const block of dialog.querySelectorAll('.input')) {
    const words = errors?.[block.dataset.block] ?? '';
    block.classList.toggle('has-error', words !== '');
    block.querySelector(':scope > .error').textContent = words;
  }
  dialog.querySelector('.dialog-error').textContent = general ?? '';
  dialog.querySelector('.has-error')?.scrollIntoView({ block: 'nearest' });
}

/** Fields keep what was typed into them before the view was updated. */
function restore(dialog, values) {
  for (const [blockId, actions] of Object.entries(values))
    for (const [actionId, value] of Object.entries(actions)) {
      const field = dialog.querySelector(
        `[data-block-id="${CSS.escape(blockId)}"][data-action-id="${CSS.escape(actionId)}"]`,
      );
      if (
        field &&
        'value' in field &&
        field.matches('input:not([type=file]), textarea') &&
        typeof value === 'string'
      )
        field.value = value;
      else if (!field) delete values[blockId];
    }
}

function build(view, depth) {
  const values = entered.get(view.id) ?? {};
  entered.set(view.id, values);
  const surface = surfaceAt({ viewId: view.id }, values);
  const submit = h(
    'button.button.primary-solid',
    { type: 'submit' },
    h('span', {}, view.submit?.text ?? ''),
  );
  const close = (all) => act('closeView', { viewId: view.id, all });
  const dialog = h(
    'form.dialog',
    {
      role: 'dialog',
      'aria-modal': 'true',
      'aria-label': view.title.text,
      'data-view-id': view.id,
      'data-callback-id': view.callback_id,
      novalidate: true,
      onsubmit: async (event) => {
        event.preventDefault();
        if (!view.submit || dialog.classList.contains('busy')) return;
        dialog.classList.add('busy');
        const answer = await act('submitView', { viewId: view.id, values });
        dialog.classList.remove('busy');
        showErrors(dialog, answer.errors, answer.error);
        if (answer.closed) entered.delete(view.id);
      },
    },
    h(
      'header',
      {},
      depth > 1
        ? h(
            'button.icon-button',
            { type: 'button', 'aria-label': 'Back', onclick: () => close(false) },
            icon('back'),
          )
        : h('img.avatar.small', { src: 'ferry.svg', alt: '' }),
      h('h2', {}, view.title.text),
      h(
        'button.icon-button',
        { type: 'button', 'aria-label': 'Close', onclick: () => close(true) },
        icon('close'),
      ),
    ),
    h('div.dialog-body', {}, renderBlocks(surface, view.blocks)),
    h('div.dialog-error', { role: 'alert' }),
    view.submit || view.close
      ? h(
          'footer',
          {},
          h(
            'button.button',
            { type: 'button', onclick: () => close(false) },
            view.close?.text ?? 'Cancel',
          ),
          view.submit ? submit : null,
        )
      : null,
  );
  restore(dialog, values);
  dialog.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') void close(false);
  });
  return dialog;
}

/** Shows the view on top, or nothing. An unchanged view keeps its elements. */
export function showModal() {
  const top = state.modals.at(-1) ?? null;
  const version = top ? `${state.me} ${top.id} ${top.hash}` : null;
  if (version === (shown?.version ?? null)) return;
  shown?.layer.remove();
  shown = null;
  if (!top) return;
  const layer = h('div.layer', {}, build(top, state.modals.length));
  document.getElementById('overlay').prepend(layer);
  shown = { version, layer };
  layer.querySelector('input:not([type=radio]):not([type=checkbox]), textarea, .select')?.focus();
}
