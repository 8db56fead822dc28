/** The left side: channels, people, the app, and who you are. */
import { h, icon } from './dom.js';
import { avatar } from './people.js';
import { openMenu } from './popover.js';
import { become, go, place, state } from './store.js';

/** How far each person has read, by channel: kept in the page only. */
const readUpTo = new Map();

const lastTs = (channel) =>
  state.messages.filter((message) => message.channel === channel.id).at(-1)?.ts ?? '';

function isUnread(channel) {
  const key = `${state.me} ${channel.id}`;
  const last = lastTs(channel);
  if (place.channel === channel.id || !readUpTo.has(key)) readUpTo.set(key, last);
  return last > readUpTo.get(key);
}

const entry = (id, mark, label, extra = {}) =>
  h(
    'a.entry',
    {
      href: `#${id}`,
      'aria-current': place.channel === id ? 'page' : null,
      class: extra.unread ? 'unread' : '',
      'data-channel': id,
    },
    mark,
    h('span', {}, label),
    extra.badge ?? null,
  );

function switcher() {
  const me = state.users.find(({ id }) => id === state.me);
  const control = h(
    'button.me',
    { type: 'button' },
    avatar(me),
    h('span.me-text', {}, h('strong', {}, me.real_name), ' ', h('small', {}, me.title)),
    h('span.unseen', {}, ' (you): switch person'),
    icon('down'),
  );
  control.addEventListener('click', () =>
    openMenu(
      control,
      state.users
        .filter(({ is_bot }) => !is_bot)
        .map((user) => ({
          label: user.real_name,
          detail: `${user.title}${user.is_admin ? ' · admin' : ''}`,
          value: user.name,
          icon: avatar(user, 'small'),
          choose: () => become(user.name),
        })),
      { above: true },
    ),
  );
  return control;
}

export function sidebar() {
  const joined = state.channels.filter((channel) => channel.kind !== 'im' && channel.joined);
  const direct = state.channels.find(({ kind }) => kind === 'im');
  const others = state.users.filter(({ is_bot, id }) => !is_bot && id !== state.me);
  return [
    h(
      'div.workspace',
      {},
      h('span.workspace-mark', {}, state.team.name[0]),
      h('div', {}, h('strong', {}, state.team.name), h('small', {}, 'Slack emulator')),
    ),
    h(
      'div.sidebar-scroll',
      {},
      h(
        'section',
        {},
        h('h2', {}, 'Channels'),
        joined.map((channel) =>
          entry(channel.id, icon(channel.kind === 'private' ? 'lock' : 'hash'), channel.name, {
            unread: isUnread(channel),
          }),
        ),
      ),
      h(
        'section',
        {},
        h('h2', {}, 'Direct messages'),
        others.map((user) =>
          h('div.entry.quiet', {}, avatar(user, 'tiny'), h('span', {}, user.real_name)),
        ),
      ),
      h(
        'section',
        {},
        h('h2', {}, 'Apps'),
        direct
          ? entry(
              direct.id,
              h('img.avatar.tiny', { src: 'ferry.svg', alt: '' }),
              state.bot.real_name,
              { unread: isUnread(direct) },
            )
          : null,
      ),
    ),
    switcher(),
  ];
}

export const firstChannel = () =>
  state.channels.find((channel) => channel.joined && channel.kind !== 'im')?.id ?? null;
export const openFirst = () => go(firstChannel());
