/** Puts the page together and keeps it up to date. */
import { asideIsOpen, openAside, showAside } from './aside.js';
import { renderBlocks } from './blocks.js';
import { composer } from './composer.js';
import { surfaceAt } from './controls.js';
import { h, icon } from './dom.js';
import { show } from './focus.js';
import { guideIsOpen, guideRegion, openGuide, showGuide } from './guide.js';
import { channelRows, fill, showFocus, threadRows } from './messages.js';
import { showModal } from './modal.js';
import { firstChannel, sidebar } from './sidebar.js';
import {
  act,
  channelById,
  channelTitle,
  onUpdate,
  place,
  readHash,
  refresh,
  state,
  update,
} from './store.js';

const region = (id) => document.getElementById(id);

/** What the parts were last built for; rebuilt only when that changes. */
let shownChannel = null;
let shownThread = null;
let homeTab = false;
let homeHash = null;

function header(channel) {
  const members = channel.members.length;
  return h(
    'div.bar',
    {},
    h(
      'div.bar-title',
      {},
      channel.kind === 'im'
        ? h('img.avatar.small', { src: 'ferry.svg', alt: '' })
        : icon(channel.kind === 'private' ? 'lock' : 'hash'),
      h('h1', {}, channelTitle(channel)),
      channel.kind === 'im' ? h('span.app-badge', {}, 'APP') : null,
    ),
    h('span.purpose', {}, channel.purpose || channel.topic),
    channel.kind === 'im' ? null : h('span.members', {}, `${members} members`),
  );
}

/** Messages and Home of the app's direct conversation. */
function tabs() {
  const tab = (label, chosen, choose) =>
    h('button', { type: 'button', role: 'tab', 'aria-selected': chosen, onclick: choose }, label);
  return h(
    'div.tabs',
    { role: 'tablist' },
    tab('Home', homeTab, () => {
      homeTab = true;
      shownChannel = null;
      void act('openHome', {});
      update();
    }),
    tab('Messages', !homeTab, () => {
      homeTab = false;
      shownChannel = null;
      update();
    }),
  );
}

function showHome() {
  const home = state.home;
  if (homeHash === home?.hash) return;
  homeHash = home?.hash;
  const list = region('conversation').querySelector('.home');
  list.replaceChildren(
    ...(home
      ? renderBlocks(surfaceAt({ viewId: home.id }), home.blocks)
      : [h('div.none', {}, 'The app has not published a Home tab for you yet.')]),
  );
}

function showConversation() {
  const channel = channelById(place.channel);
  const main = region('conversation');
  if (!channel) return;
  if (channel.kind !== 'im') homeTab = false;
  const key = `${state.me} ${channel.id} ${homeTab}`;
  if (shownChannel !== key) {
    shownChannel = key;
    homeHash = null;
    main.replaceChildren(
      header(channel),
      ...(channel.kind === 'im' ? [tabs()] : []),
      guideRegion,
      homeTab ? h('div.home', {}) : h('div.messages', { role: 'log', 'aria-label': 'Messages' }),
      ...(homeTab ? [] : [composer(channel)]),
    );
    if (!homeTab)
      queueMicrotask(() =>
        main.querySelector('.composer textarea')?.focus({ preventScroll: true }),
      );
  }
  if (homeTab) showHome();
  else fill(main.querySelector('.messages'), [intro(channel), ...channelRows(channel.id)]);
}

const intros = new Map();
function intro(channel) {
  const earlier = intros.get(channel.id);
  if (earlier) return earlier;
  const title = channel.kind === 'im' ? channelTitle(channel) : `#${channel.name}`;
  const made = h(
    'div.intro',
    {},
    h('h2', {}, title),
    h(
      'p',
      {},
      channel.kind === 'im'
        ? 'This is your direct conversation with the app. '
        : `This is the very beginning of ${title}. ${channel.purpose}. `,
      'Type ',
      h('code', {}, state.commands[0]?.command ?? '/'),
      ' to begin.',
    ),
  );
  intros.set(channel.id, made);
  return made;
}

function showThread() {
  const panel = region('thread');
  const channel = channelById(place.channel);
  panel.hidden = !place.thread || !channel;
  document.body.classList.toggle('with-thread', !panel.hidden);
  if (panel.hidden) {
    shownThread = null;
    return;
  }
  const key = `${state.me} ${channel.id} ${place.thread}`;
  if (shownThread !== key) {
    shownThread = key;
    panel.replaceChildren(
      h(
        'div.bar',
        {},
        h(
          'div.bar-title',
          {},
          h('h1', {}, 'Thread'),
          h('span.purpose', {}, channel.kind === 'im' ? channelTitle(channel) : `#${channel.name}`),
        ),
        h(
          'button.icon-button',
          {
            type: 'button',
            'aria-label': 'Close thread',
            onclick: () => {
              place.thread = null;
              update();
            },
          },
          icon('close'),
        ),
      ),
      h('div.messages', { role: 'log', 'aria-label': 'Thread' }),
      composer(channel, place.thread),
    );
  }
  fill(panel.querySelector('.messages'), threadRows(channel.id, place.thread));
}

/** On a narrow screen the sidebar lies over the conversation, and only while it is asked for. */
function showSidebar(open) {
  document.body.classList.toggle('with-sidebar', open);
  showTop();
  if (open) region('sidebar').querySelector('a, button')?.focus();
}

addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || event.defaultPrevented) return;
  if (document.querySelector('dialog[open]')) return;
  if (document.body.classList.contains('with-sidebar')) {
    showSidebar(false);
    region('top').querySelector('.menu-button')?.focus();
  } else if (region('aside').contains(document.activeElement)) openAside(false);
});
region('conversation').addEventListener('pointerdown', () => {
  if (document.body.classList.contains('with-sidebar')) showSidebar(false);
});

/** Opens and closes what a program has put beside Slack's own. */
const toggle = (id, label, open, press) =>
  h(
    'button.top-tool',
    {
      type: 'button',
      'data-action-id': id,
      'aria-expanded': open,
      'aria-controls': id,
      onclick: () => press(!open),
    },
    icon(id),
    h('span', {}, label),
  );

function showTop() {
  const me = state.users.find(({ id }) => id === state.me);
  const connected = state.mode === 'http' || state.connections > 0;
  show(region('top'), [
    h(
      'div.top-title',
      {},
      h(
        'button.icon-button.menu-button',
        {
          type: 'button',
          'aria-label': 'Channels and people',
          'aria-expanded': document.body.classList.contains('with-sidebar'),
          'aria-controls': 'sidebar',
          onclick: () => showSidebar(!document.body.classList.contains('with-sidebar')),
        },
        icon('list'),
      ),
      h('img', { src: 'ferry.svg', alt: '' }),
      h('strong', {}, 'Slack emulator'),
      h('span', {}, `you are ${me.real_name}`),
    ),
    h(
      'div.top-tools',
      {},
      state.guide ? toggle('guide', 'Guide', guideIsOpen(), openGuide) : null,
      state.aside ? toggle('aside', state.aside.title, asideIsOpen(), openAside) : null,
    ),
    h(
      'div.connection',
      { class: connected ? 'on' : 'off' },
      h('i'),
      h(
        'span',
        {},
        state.mode === 'http'
          ? 'app reached over HTTP'
          : connected
            ? `app connected (${state.connections})`
            : 'app not connected',
      ),
    ),
  ]);
  document.title = `${channelById(place.channel) ? channelTitle(channelById(place.channel)) : 'Slack'} · ${state.team.name}`;
}

onUpdate(() => {
  const channel = channelById(place.channel);
  if (!channel || (channel.kind !== 'im' && !channel.joined)) place.channel = firstChannel();
  showTop();
  show(region('sidebar'), sidebar());
  showConversation();
  showThread();
  showGuide();
  showAside();
  showModal();
  showFocus();
});

addEventListener('hashchange', () => {
  document.body.classList.remove('with-sidebar');
  readHash();
  update();
});

readHash();
await refresh();

const changes = new EventSource('page/changes');
let reading = false;
let again = false;
/** One read at a time; a change during it causes one more. */
async function reread() {
  if (reading) {
    again = true;
    return;
  }
  reading = true;
  do {
    again = false;
    await refresh();
  } while (again);
  reading = false;
}
changes.addEventListener('change', reread);
