/** What happens behind the conversation: a strip of places, and what is at each of them now. */
import { h, icon } from './dom.js';
import { show } from './focus.js';
import { remember, remembered } from './remembered.js';
import { place, state, update } from './store.js';

const region = document.getElementById('aside');
const wide = matchMedia('(min-width: 1240px)');
/** A thread beside the conversation and this, too. */
const widest = matchMedia('(min-width: 1700px)');
for (const query of [wide, widest]) query.addEventListener('change', () => update());

/** The last view that was told; null before the first. */
let view = null;
let stream = null;

const wanted = () => state.aside !== null && remembered('aside', wide.matches);
export const asideIsOpen = () => wanted() && (!place.thread || widest.matches);

export function openAside(open) {
  remember('aside', open);
  if (open && !widest.matches) place.thread = null;
  update();
  if (open) region.querySelector('button')?.focus();
  else document.querySelector('[data-action-id="aside"]')?.focus();
}

/** It is only read, on the other side too, while somebody looks. */
function follow(open) {
  if (open && !stream) {
    stream = new EventSource('page/aside');
    stream.addEventListener('view', (event) => {
      view = JSON.parse(event.data);
      showAside();
    });
  } else if (!open && stream) {
    stream.close();
    stream = null;
    view = null;
  }
}

const WORDS = { ahead: 'not yet', now: 'now', done: 'done', failed: 'failed' };

const strip = (places) =>
  h(
    'ol.strip',
    { 'aria-label': 'The way' },
    places.map(({ title, state: how }) =>
      h(
        'li',
        { class: how, 'aria-current': how === 'now' ? 'step' : null },
        h('i', { 'aria-hidden': 'true' }),
        title,
        h('span.unseen', {}, `: ${WORDS[how]}`),
      ),
    ),
  );

const row = ({ label, value, detail, tone, part }) =>
  h(
    'div.aside-row',
    { class: tone ?? '' },
    h('dt', {}, label),
    h('dd', {}, value ?? ''),
    detail ? h('dd.aside-detail', {}, detail) : null,
    part === undefined
      ? null
      : h('dd.aside-part', {}, h('progress', { value: part, max: 1, 'aria-label': label })),
  );

const section = ({ title, state: how, rows, none }) =>
  h(
    'section.place',
    { class: how },
    h('h3', {}, title),
    rows.length > 0 ? h('dl', {}, rows.map(row)) : h('p', {}, none),
  );

function content() {
  if (!view) return [h('p.aside-note', {}, 'Looking…')];
  if (view.error) return [h('p.aside-note', {}, `Nothing can be seen just now: ${view.error}`)];
  return [
    h('p.aside-subject', {}, view.subject),
    strip(view.places),
    h(
      'div.places',
      { tabindex: '0', role: 'region', 'aria-label': 'Places' },
      view.places.map(section),
    ),
  ];
}

export function showAside() {
  const open = asideIsOpen();
  region.hidden = !open;
  document.body.classList.toggle('with-aside', open);
  follow(open);
  if (!open) return;
  region.setAttribute('aria-label', state.aside.title);
  const scrolled = region.querySelector('.places')?.scrollTop ?? 0;
  show(region, [
    h(
      'div.bar',
      {},
      h('div.bar-title', {}, h('h2', {}, state.aside.title)),
      h(
        'button.icon-button',
        {
          type: 'button',
          'aria-label': `Close ${state.aside.title}`,
          onclick: () => openAside(false),
        },
        icon('close'),
      ),
    ),
    ...content(),
  ]);
  const places = region.querySelector('.places');
  if (places) places.scrollTop = scrolled;
}
