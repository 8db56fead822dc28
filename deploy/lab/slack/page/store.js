/** What the page knows: the state the server gives for one person, and where that person is looking. */

/** The state of the workspace as the chosen person sees it; null until it is first read. */
export let state = null;

/** `channel` is an id; `thread` the timestamp of an open thread; `focus` a linked message. */
export const place = { channel: null, thread: null, focus: null };

const listeners = new Set();
export const onUpdate = (listener) => listeners.add(listener);
export const update = () => {
  for (const listener of listeners) listener();
};

const chosenUser = () => new URL(location.href).searchParams.get('user') ?? '';

/** Reads the state again. */
export async function refresh() {
  const response = await fetch(`page/state?user=${encodeURIComponent(chosenUser())}`);
  state = await response.json();
  update();
}

/** Does something as the chosen person; answers what the server says, `{ error }` included. */
export async function act(action, input) {
  const response = await fetch('page/act', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ action, user: state.me, ...input }),
  });
  return response.json();
}

/** Looks at the workspace as somebody else. */
export async function become(userName) {
  const url = new URL(location.href);
  url.searchParams.set('user', userName);
  history.replaceState(null, '', url);
  place.thread = null;
  await refresh();
}

/** Reads `#C…/ts` (or `#home`) into `place`; a reply opens its thread. */
export function readHash() {
  const [channel, ts] = location.hash.slice(1).split('/');
  place.channel = channel || null;
  place.focus = ts ?? null;
  place.thread = null;
}

export function go(channel, ts = null) {
  location.hash = ts ? `${channel}/${ts}` : channel;
}

export const userById = (id) => state.users.find((user) => user.id === id);
export const channelById = (id) => state.channels.find((channel) => channel.id === id);

/** The person at the other end of a direct conversation with the app is the app itself. */
export const channelTitle = (channel) =>
  channel.kind === 'im' ? state.bot.real_name : channel.name;

/** The bytes of a chosen file, as base64. */
export const toBase64 = (file) =>
  new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).split(',')[1] ?? '');
    reader.readAsDataURL(file);
  });
