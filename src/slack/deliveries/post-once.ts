/** A notice as a message of its own, once. */
import type { MessageReference } from '../../domain/build.ts';
import type { Notice } from '../../domain/ports.ts';
import { type Message, withoutMentions } from '../blocks.ts';
import { isRejected, whereReadable } from '../chat/error.ts';
import type { Mark } from '../chat/messages.ts';
import type { Chat } from '../chat.ts';
import type { Sending } from './delivery.ts';

type Told = Pick<Notice, 'id' | 'dueAt'>;

export const isPerson = (id: string): boolean => /^[UW][A-Z0-9]+$/.test(id);

/** To a channel, or to a person directly, unless an earlier attempt has arrived. */
export async function postOnce(
  to: string,
  notice: Told,
  message: Message,
  chat: Chat,
  sending: Sending,
): Promise<MessageReference> {
  const channel = isPerson(to) ? await chat.openDirect(to) : to;
  const seen = sending.mayHaveArrived ? await findPosted(channel, notice, chat) : null;
  if (seen) return seen;
  sending.mayHaveArrived = false;
  return sent(sending, () => chat.post({ channel, thread: null }, message, markOf(notice)));
}

const markOf = ({ id }: Told): Mark => ({ type: 'conda_ferry_notice', id });

/** The message of a notice that was due then; null where it is not there, or nobody may read. */
export function findPosted(
  channel: string,
  notice: Told,
  chat: Chat,
): Promise<MessageReference | null> {
  const since = notice.dueAt - 60_000;
  return whereReadable(() => chat.findInChannel(channel, markOf(notice), since));
}

/** Posts, and keeps in mind that it may have arrived, unless Slack said that it did not take it. */
export async function sent<T>(sending: Sending, post: () => Promise<T>): Promise<T> {
  const before = sending.mayHaveArrived;
  sending.mayHaveArrived = true;
  try {
    return await post();
  } catch (error) {
    if (isRejected(error)) sending.mayHaveArrived = before;
    throw error;
  }
}

/** The same, and nobody whom the message names is called: their names come with an edit. */
export async function postQuietly(
  to: string,
  notice: Told,
  message: Message,
  chat: Chat,
  sending: Sending,
): Promise<void> {
  const quiet = isPerson(to) ? null : withoutMentions(message);
  const reference = await postOnce(to, notice, quiet ?? message, chat, sending);
  if (quiet !== null) await chat.edit(reference, message);
}
