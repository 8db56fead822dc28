/** The guide above the conversation: a row of steps, and what one of them says and offers. */
import { fillComposer } from './composer.js';
import { codeBlock, h, icon } from './dom.js';
import { show } from './focus.js';
import { remember, remembered } from './remembered.js';
import { openFirst } from './sidebar.js';
import { act, go, state, update } from './store.js';

/** It stays the same element, wherever the conversation shows it. */
export const guideRegion = h('section', { id: 'guide', 'aria-label': 'Guide', hidden: true });
const panel = h('div.guide-panel');
const told = h('div.unseen', { role: 'status' });
guideRegion.append(panel, told);

/** Of this guide: whether it is open, and the step that each person chose. */
const kept = () => {
  const last = remembered('guide', {});
  return last.id === state.guide?.id ? last : { open: true, chosen: {} };
};
const keep = (change) => remember('guide', { ...kept(), ...change, id: state.guide.id });

export const guideIsOpen = () => state.guide !== null && kept().open;

export function openGuide(open) {
  keep({ open });
  update();
  if (open) panel.querySelector('[aria-current]')?.focus();
  else document.querySelector('[data-action-id="guide"]')?.focus();
}

/** How many steps were done when the page last looked, for each person; to tell when one more is. */
const before = new Map();

/** The step that is looked at: the one that was chosen, or the first that is not done; -1 after the last. */
function current(steps) {
  return kept().chosen[state.me] ?? steps.findIndex(({ done }) => !done);
}

function choose(index) {
  keep({ chosen: { ...kept().chosen, [state.me]: index } });
  update();
}

/** Goes on by itself when the step that is looked at was done just now, unless it shows something, and says so. */
function goOn(steps) {
  const done = steps.map((step) => step.done);
  const earlier = before.get(state.me) ?? done;
  before.set(state.me, done);
  const newly = done.findIndex((is, index) => is && !earlier[index]);
  if (newly < 0) return;
  const { chosen } = kept();
  const next = steps[newly].run ? newly : null;
  if ((chosen[state.me] ?? newly) === newly) keep({ chosen: { ...chosen, [state.me]: next } });
  const ahead = steps.find((step) => !step.done);
  told.textContent = `${steps[newly].title} is done. ${ahead ? `Next: ${ahead.title}.` : state.guide.end}`;
}

const button = (id, label, onclick, extra = {}) =>
  h('button.button', { type: 'button', 'data-action-id': `guide-${id}`, onclick, ...extra }, label);

function stepEntry(step, index, at) {
  return h(
    'li',
    { class: step.done ? 'done' : '' },
    h(
      'button',
      {
        type: 'button',
        'data-action-id': `guide-step-${index}`,
        'aria-current': index === at ? 'step' : null,
        onclick: () => choose(index),
      },
      h('span.guide-mark', { 'aria-hidden': 'true' }, step.done ? icon('check') : `${index + 1}`),
      h('span.guide-title', {}, step.title),
      step.done ? h('span.unseen', {}, ' (done)') : null,
    ),
  );
}

function fillOffer({ label, text }, done) {
  if (text === null) return null;
  const fill = () => {
    if (fillComposer(text)) return;
    openFirst();
    addEventListener('hashchange', () => queueMicrotask(() => fillComposer(text)), { once: true });
  };
  return [
    h('code.guide-text', { title: text }, text),
    button('fill', label, fill, { class: done ? '' : 'primary' }),
  ];
}

/** Goes to the message, and to what can be copied of it. */
function lead({ channel, ts }) {
  go(channel, ts);
  setTimeout(() => {
    const message = document.querySelector(`#conversation [data-ts="${CSS.escape(ts)}"]`);
    const copy = message?.querySelector('.copy');
    (copy ?? message)?.scrollIntoView({ block: 'center' });
    copy?.focus({ preventScroll: true });
  }, 100);
}

function runOffer(run, index) {
  const start = () => act('runStep', { step: index });
  return [
    run.running
      ? h('span.guide-busy', {}, h('i'), run.meanwhile)
      : button('run', run.label, start, { class: run.answer ? '' : 'primary' }),
    run.error ? h('p.guide-error', {}, `That did not work: ${run.error}`) : null,
  ];
}

function answerBlock(text) {
  const block = codeBlock(text);
  const pre = block.querySelector('pre');
  pre.tabIndex = 0;
  pre.setAttribute('role', 'region');
  pre.setAttribute('aria-label', 'What it printed');
  // The last row of what a program printed says most.
  queueMicrotask(() => {
    pre.scrollTop = pre.scrollHeight;
  });
  return block;
}

function body(steps, at) {
  const step = steps[at];
  if (!step) return [h('p.guide-says', {}, state.guide.end)];
  return [
    h('p.guide-says', {}, step.text),
    h(
      'div.guide-offers',
      {},
      step.fill ? fillOffer(step.fill, step.done) : null,
      step.find?.ts
        ? button('find', step.find.label, () => lead(step.find), {
            class: step.done ? '' : 'primary',
          })
        : null,
      step.run ? runOffer(step.run, at) : null,
      step.done ? button('on', 'Go on', () => choose(null), { class: 'primary' }) : null,
      step.run?.answer ? answerBlock(step.run.answer) : null,
    ),
  ];
}

export function showGuide() {
  guideRegion.hidden = !guideIsOpen();
  if (!state.guide) return;
  const { title, steps } = state.guide;
  goOn(steps);
  if (guideRegion.hidden) return;
  const at = current(steps);
  show(panel, [
    h(
      'div.guide-head',
      {},
      h('h2', {}, title),
      h(
        'ol.guide-steps',
        {},
        steps.map((step, index) => stepEntry(step, index, at)),
      ),
      h(
        'button.icon-button',
        {
          type: 'button',
          'aria-label': 'Close the guide',
          onclick: () => openGuide(false),
        },
        icon('close'),
      ),
    ),
    h('div.guide-body', {}, body(steps, at)),
  ]);
}

/** A step may want to know that something was copied, by a button or by hand. */
const copied = (text) => {
  if (state?.guide && text) void act('copied', { text });
};
document.addEventListener('copied', (event) => copied(event.detail));
document.addEventListener('copy', () => copied(String(getSelection())));
