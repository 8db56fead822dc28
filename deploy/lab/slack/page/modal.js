/** Modals: the view on top of the person's stack. */
import { renderBlocks } from './blocks.js';
import { surfaceAt } from './controls.js';
import { h, icon } from './dom.js';
import { withEmoji } from './emoji.js';
import { focusIn, openDialog, rememberFocus, restoreFocus } from './focus.js';
import { act, state } from './store.js';

let shown = null;
/** What was entered, by view: it stays when the app updates the view. */
const entered = new Map();
/** What was wrong when a view was last submitted: that stays as well. */
const refused = new Map();

/** The element in a block, by its id: another id is another element. */
const elementIn = (dialog, blockId) =>
  dialog.querySelector(`[data-block-id="${CSS.escape(blockId)}"]`)?.dataset.actionId;

/** Shows again what was wrong, but for fields that the app has begun anew since. */
function showAgain(dialog, { errors, error, elements }) {
  const kept = Object.entries(errors ?? {}).filter(
    ([blockId]) => elementIn(dialog, blockId) === elements[blockId],
  );
  showErrors(dialog, Object.fromEntries(kept), error);
}

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

/** Views closed here that the server may still show for a moment: what is typed next is not theirs. */
const dismissed = new Set();

/** Closes a view, or all that are open, at once, and tells the app. */
function dismiss(viewId, all) {
  for (const { id } of state.modals) if (all || id === viewId) dismissed.add(id);
  showModal();
  return act('closeView', { viewId, all });
}

function build(view, depth) {
  const values = entered.get(view.id) ?? {};
  entered.set(view.id, values);
  const surface = surfaceAt({ viewId: view.id }, values);
  const submit = h(
    'button.button.primary-solid',
    { type: 'submit' },
    h('span', {}, withEmoji(view.submit?.text ?? '')),
  );
  const close = (all) => dismiss(view.id, all);
  const dialog = h(
    'form.dialog',
    {
      novalidate: true,
      onsubmit: async (event) => {
        event.preventDefault();
        if (!view.submit || dialog.classList.contains('busy')) return;
        dialog.classList.add('busy');
        refused.delete(view.id);
        const answer = await act('submitView', { viewId: view.id, values });
        dialog.classList.remove('busy');
        const blocks = Object.keys(answer.errors ?? {});
        const elements = Object.fromEntries(blocks.map((id) => [id, elementIn(dialog, id)]));
        refused.set(view.id, { ...answer, elements });
        // The app may have updated the view meanwhile.
        const now = shown?.id === view.id ? shown.layer.querySelector('.dialog') : dialog;
        showAgain(now, refused.get(view.id));
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
      h('h2', {}, withEmoji(view.title.text)),
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
  if (refused.has(view.id)) showAgain(dialog, refused.get(view.id));
  return dialog;
}

/** Gives the focus back to who opened the first of the open views. */
let focusBack = () => {};

/** Shows the view on top, or nothing. An unchanged view keeps its elements. */
export function showModal() {
  const open = state.modals.filter(({ id }) => !dismissed.has(id));
  const top = open.at(-1) ?? null;
  const version = top ? `${state.me} ${top.id} ${top.hash}` : null;
  if (version === (shown?.version ?? null)) return;
  const earlier = shown;
  const focused = earlier?.id === top?.id ? focusIn(earlier.layer) : null;
  if (!earlier) focusBack = rememberFocus();
  shown = null;
  earlier?.layer.remove();
  if (!top) return focusBack();
  const layer = h(
    'dialog.layer',
    {
      'aria-label': top.title.text,
      'data-view-id': top.id,
      'data-callback-id': top.callback_id,
    },
    build(top, open.length),
  );
  openDialog(layer, () => dismiss(top.id, false));
  shown = { version, layer, id: top.id };
  if (!restoreFocus(layer, focused)) firstControl(layer)?.focus();
}

/** What a person most likely wants: the first field, else the button that goes on. */
const firstControl = (layer) =>
  layer.querySelector(
    '.dialog-body :is(input:not([type=radio], [type=checkbox]), textarea, .select)',
  ) ??
  layer.querySelector('[type=submit]') ??
  layer.querySelector('.dialog-body button, footer button') ??
  layer.querySelector('button');
