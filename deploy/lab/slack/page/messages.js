/** Messages: a channel's list, a thread, and what hangs on one message. */
import { renderBlocks } from './blocks.js';
import { surfaceAt } from './controls.js';
import { codeBlock, copyText, h, icon, toast } from './dom.js';
import { emoji } from './emoji.js';
import { focusIn, restoreFocus } from './focus.js';
import { author, avatar } from './people.js';
import { openMenu } from './popover.js';
import { act, place, state, update } from './store.js';
import { mrkdwn } from './text.js';

/** Messages by one author within this many seconds stand under one name. */
const GROUP_SECONDS = 300;

const at = (message) => new Date(Number(message.ts) * 1000);
const clock = (message) =>
  at(message).toLocaleTimeString('en', { hour: 'numeric', minute: '2-digit' });
const day = (message) =>
  at(message).toLocaleDateString('en', { weekday: 'long', month: 'long', day: 'numeric' });

/** Elements already built, by message: kept while the message stays the same, so that menus stay open. */
const built = new Map();

const size = (bytes) =>
  bytes < 1000
    ? `${bytes} B`
    : bytes < 1e6
      ? `${(bytes / 1000).toFixed(1)} kB`
      : `${(bytes / 1e6).toFixed(1)} MB`;

const fileCard = (file) =>
  h(
    'div.file',
    {},
    h(
      'div.file-head',
      {},
      h('span.file-icon', {}, icon('file')),
      h(
        'div',
        {},
        h('div.file-name', {}, file.title),
        h('div.file-about', {}, `${file.filetype.toUpperCase()} · ${size(file.size)}`),
      ),
      h(
        'a.icon-button',
        {
          href: `page/file?id=${encodeURIComponent(file.id)}`,
          download: file.name,
          'aria-label': `Download ${file.name}`,
        },
        icon('download'),
      ),
    ),
    file.preview ? codeBlock(file.preview) : null,
  );

const attachment = (surface, data) =>
  h(
    'div.attachment',
    { class: data.color ? '' : 'plain' },
    data.pretext ? h('div', {}, mrkdwn(data.pretext)) : null,
    data.title ? h('strong', {}, data.title) : null,
    data.text ? h('div', {}, mrkdwn(data.text)) : null,
    data.blocks ? renderBlocks(surface, data.blocks) : null,
  );

function toolbar(message, inThread) {
  const more = h(
    'button.icon-button',
    { type: 'button', title: 'More actions', 'aria-label': 'More actions' },
    icon('more'),
  );
  more.addEventListener('click', () =>
    openMenu(more, [
      ...state.shortcuts.map((shortcut) => ({
        label: shortcut.name,
        detail: state.bot.real_name,
        icon: icon('bolt'),
        choose: async () => {
          const answer = await act('shortcut', {
            channel: message.channel,
            ts: message.ts,
            callbackId: shortcut.callbackId,
          });
          if (answer.error) toast(`That did not work: ${answer.error}`);
        },
      })),
      {
        label: 'Copy link',
        icon: icon('link'),
        choose: () => copyText(`${location.origin}/#${message.channel}/${message.ts}`, more),
      },
    ]),
  );
  return h(
    'div.toolbar',
    {},
    inThread || message.ephemeral
      ? null
      : h(
          'button.icon-button',
          {
            type: 'button',
            title: 'Reply in thread',
            'aria-label': 'Reply in thread',
            onclick: () => openThread(message),
          },
          icon('reply'),
        ),
    more,
  );
}

export function openThread(message) {
  place.thread = message.thread_ts ?? message.ts;
  update();
}

const replies = (message) =>
  h(
    'button.replies',
    { type: 'button', onclick: () => openThread(message) },
    message.reply_users.map((id) => avatar(author(id), 'tiny')),
    h('span', {}, `${message.reply_count} ${message.reply_count === 1 ? 'reply' : 'replies'}`),
    h('small', {}, `Last reply at ${clock({ ts: message.latest_reply })}`),
  );

function buildMessage(message, { compact, inThread }) {
  const from = author(message.user);
  const surface = surfaceAt({ channel: message.channel, ts: message.ts });
  const blocks = message.blocks ? renderBlocks(surface, message.blocks) : null;
  return h(
    'article.message',
    {
      class: [
        compact ? 'compact' : '',
        message.ephemeral ? 'ephemeral' : '',
        message.streaming ? 'streaming' : '',
      ].join(' '),
      'data-ts': message.ts,
      'data-user': message.user,
      'data-ephemeral': message.ephemeral,
    },
    h(
      'div.gutter',
      {},
      compact
        ? h('time', { datetime: at(message).toISOString() }, clock(message).replace(/ [AP]M/, ''))
        : avatar(from),
    ),
    h(
      'div.message-body',
      {},
      message.ephemeral ? h('div.only-you', {}, icon('eye'), 'Only visible to you') : null,
      compact
        ? null
        : h(
            'div.message-head',
            {},
            h('span.name', {}, from.real_name),
            from.is_bot ? h('span.app-badge', {}, 'APP') : null,
            h(
              'a.time',
              { href: `#${message.channel}/${message.ts}`, title: at(message).toString() },
              clock(message),
            ),
          ),
      h(
        'div.content',
        {},
        blocks ?? h('div.plain', {}, mrkdwn(message.text)),
        message.edited ? h('span.edited', {}, '(edited)') : null,
      ),
      (message.attachments ?? []).map((data) => attachment(surface, data)),
      (message.files ?? []).map(fileCard),
      message.reactions?.length
        ? h(
            'div.reactions',
            {},
            message.reactions.map((reaction) =>
              h('span.reaction', {}, emoji(reaction.name), ` ${reaction.count}`),
            ),
          )
        : null,
      message.reply_count && !inThread ? replies(message) : null,
    ),
    toolbar(message, inThread),
  );
}

function messageElement(message, options) {
  const key = `${options.inThread ? 'thread' : 'list'} ${message.channel} ${message.ts}`;
  const version = JSON.stringify([message, options.compact, state.me]);
  const earlier = built.get(key);
  if (earlier?.version === version) return earlier.element;
  const element = buildMessage(message, options);
  built.set(key, { version, element });
  return element;
}

/** Messages with day dividers and grouped authors. */
function rows(messages, inThread) {
  const elements = [];
  let previous = null;
  for (const message of messages) {
    if (!inThread && (!previous || day(previous) !== day(message))) {
      elements.push(h('div.day', {}, h('span', {}, day(message))));
      previous = null;
    }
    const compact =
      previous !== null &&
      previous.user === message.user &&
      !previous.ephemeral === !message.ephemeral &&
      !previous.reply_count &&
      Number(message.ts) - Number(previous.ts) < GROUP_SECONDS;
    elements.push(messageElement(message, { compact, inThread }));
    previous = message;
  }
  return elements;
}

/** Puts `elements` into `list`, touching only what differs, and stays at the end when it was there. */
export function fill(list, elements) {
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  const focused = focusIn(list);
  const wanted = new Set(elements);
  for (const child of [...list.children]) if (!wanted.has(child)) child.remove();
  elements.forEach((element, index) => {
    if (list.children[index] !== element) list.insertBefore(element, list.children[index] ?? null);
  });
  if (atEnd) list.scrollTop = list.scrollHeight;
  restoreFocus(list, focused);
}

const byTime = (one, other) => (one.ts < other.ts ? -1 : 1);

/** What stands in the channel itself: no replies, unless they were also sent to the channel. */
export const channelRows = (channelId) =>
  rows(
    state.messages
      .filter(
        (message) =>
          message.channel === channelId &&
          (!message.thread_ts || message.thread_ts === message.ts || message.reply_broadcast),
      )
      .sort(byTime),
    false,
  );

/** A thread: the parent, then the replies; what only you see among them. */
export function threadRows(channelId, ts) {
  const inChannel = state.messages.filter(({ channel }) => channel === channelId);
  const parent = inChannel.find((message) => message.ts === ts);
  const answers = inChannel
    .filter((message) => message.thread_ts === ts && message.ts !== ts)
    .sort(byTime);
  if (!parent) return [];
  const count = answers.filter(({ ephemeral }) => !ephemeral).length;
  return [
    ...rows([parent], true),
    h(
      'div.thread-count',
      {},
      count === 0 ? 'No replies yet' : `${count} ${count === 1 ? 'reply' : 'replies'}`,
    ),
    ...rows(answers, true),
  ];
}

/** Scrolls to the linked message once and marks it. */
export function showFocus() {
  if (!place.focus) return;
  const message = state.messages.find(
    ({ channel, ts }) => channel === place.channel && ts === place.focus,
  );
  if (!message) return;
  if (message.thread_ts && message.thread_ts !== message.ts && place.thread !== message.thread_ts) {
    place.thread = message.thread_ts;
    update();
    return;
  }
  place.focus = null;
  for (const element of document.querySelectorAll(`[data-ts="${CSS.escape(message.ts)}"]`)) {
    element.scrollIntoView({ block: 'center' });
    element.classList.add('linked');
  }
}
