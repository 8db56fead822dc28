/** What a person types, as Slack passes it on: names become references, control characters entities. */
import type { JsonObject } from './json.ts';
import type { Workspace } from './workspace.ts';

const REFERENCE = /(^|[\s(])(@[a-z0-9._-]+|#[a-z0-9_-]+|https?:\/\/[^\s<>|]+)/gi;

const entities = (text: string): string =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');

type Piece =
  | { text: string }
  | { user: string; name: string }
  | { channel: string; name: string }
  | { url: string }
  | { emoji: string };

/** Splits what was typed into plain text and the references in it. `<@U…>` may be typed as it is. */
function pieces(workspace: Workspace, typed: string): Piece[] {
  const found: Piece[] = [];
  let from = 0;
  const add = (piece: Piece, start: number, end: number): void => {
    if (start > from) found.push({ text: typed.slice(from, start) });
    found.push(piece);
    from = end;
  };
  const names = workspace.users.map((user) => user.real_name.replace(/[^\w ]/g, '\\$&')).join('|');
  for (const match of typed.matchAll(
    // Slack's composer offers people by the names they show: `@Ana Ruiz`.
    new RegExp(`<@(U[A-Z0-9]+)>|:([a-z0-9_+-]+):|@(${names})\\b|${REFERENCE.source}`, 'gi'),
  )) {
    const [whole, mentioned, emoji, called, before = '', word = ''] = match;
    const start = match.index + before.length;
    const end = match.index + whole.length;
    const user = workspace.users.find(
      ({ id, name, real_name }) =>
        id === mentioned ||
        `@${name}` === word ||
        (called !== undefined && real_name.toLowerCase() === called.toLowerCase()),
    );
    const channel = workspace.channels.find(({ name }) => name !== '' && `#${name}` === word);
    if (user) add({ user: user.id, name: user.name }, start, end);
    else if (channel) add({ channel: channel.id, name: channel.name }, start, end);
    else if (emoji && !/^\d+$/.test(emoji)) add({ emoji }, start, end);
    else if (/^https?:/i.test(word)) add({ url: word }, start, end);
  }
  if (from < typed.length) found.push({ text: typed.slice(from) });
  return found;
}

/** The `text` of a message or of a command whose manifest says `should_escape: true`. */
export function escapedText(
  workspace: Workspace,
  typed: string,
  form: 'message' | 'command',
): string {
  const label = (name: string): string => (form === 'command' ? `|${name}` : '');
  return pieces(workspace, typed)
    .map((piece) => {
      if ('user' in piece) return `<@${piece.user}${label(piece.name)}>`;
      if ('channel' in piece) return `<#${piece.channel}|${form === 'command' ? piece.name : ''}>`;
      if ('url' in piece) return `<${entities(piece.url)}>`;
      return 'emoji' in piece ? `:${piece.emoji}:` : entities(piece.text);
    })
    .join('');
}

/** The `rich_text` elements Slack's composer makes of the same text. */
export function composedElements(workspace: Workspace, typed: string): JsonObject[] {
  return pieces(workspace, typed).map((piece) => {
    if ('user' in piece) return { type: 'user', user_id: piece.user };
    if ('channel' in piece) return { type: 'channel', channel_id: piece.channel };
    if ('url' in piece) return { type: 'link', url: piece.url };
    return 'emoji' in piece
      ? { type: 'emoji', name: piece.emoji }
      : { type: 'text', text: piece.text };
  });
}
