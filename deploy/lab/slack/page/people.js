/** Avatars and names. */
import { h } from './dom.js';
import { state, userById } from './store.js';

const SLACKBOT = { id: 'USLACKBOT', real_name: 'Slackbot', color: '5b2a86', is_bot: true };

/** Who wrote a message; unknown ids keep their id as name. */
export const author = (id) =>
  id === SLACKBOT.id ? SLACKBOT : (userById(id) ?? { id, real_name: id, color: '868e96' });

const initials = (name) =>
  name
    .split(/\s+/)
    .map((word) => word[0])
    .slice(0, 2)
    .join('');

export function avatar(user, size = '') {
  if (user.id === state.bot.id) return h('img.avatar', { class: size, src: 'ferry.svg', alt: '' });
  const element = h(
    'span.avatar',
    { class: size, 'aria-hidden': 'true' },
    user.id === SLACKBOT.id ? '✻' : initials(user.real_name),
  );
  element.style.background = `#${user.color}`;
  return element;
}
