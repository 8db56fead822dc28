/** A notice as a message of its own, once. */
import type { MessageReference } from '../../domain/build.ts';
import type { Notice } from '../../domain/ports.ts';
import { type Message, withoutMentions } from '../blocks.ts';
import { whereReadable } from '../chat/error.ts';
import type { Mark } from '../chat/messages.ts';
import type { Chat } from '../chat.ts';

type Told = Pick<Notice, 'id' | 'dueAt'>;

export const isPerson = (id: string): boolean => /^[UW][A-Z0-9]+$/.test(id);

/** To a channel, or to a person directly, unless an earlier attempt has arrived. */
export async function postOnce(
  to: string,
  { id, dueAt }: Told,
  message: Message,
  chat: Chat,
): Promise<MessageReference> {
  const channel = isPerson(to) ? await chat.openDirect(to) : to;
  const wanted: Mark = { type: 'conda_ferry_notice', id };
  const seen = await whereReadable(() => chat.findInChannel(channel, wanted, dueAt - 60_000));
  return seen ?? chat.post({ channel, thread: null }, message, wanted);
}

/** The same, and nobody whom the message names is called: their names come with an edit. */
export async function postQuietly(
  to: string,
  notice: Told,
  message: Message,
  chat: Chat,
): Promise<void> {
  const quiet = isPerson(to) ? null : withoutMentions(message);
  const reference = await postOnce(to, notice, quiet ?? message, chat);
  if (quiet !== null) await chat.edit(reference, message);
}
