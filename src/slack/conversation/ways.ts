/** The ways an answer reaches a person, each tried when the ones before it do not work. */
import { type Message, withoutMentions } from '../blocks.ts';
import { ChatError } from '../chat/error.ts';
import type { Chat } from '../chat.ts';
import type { Log } from '../log.ts';
import { isDirect, type Place } from '../place.ts';
import { patiently } from './patience.ts';

/** A conversation, or a thread in it. */
type Spot = Pick<Place, 'channel' | 'thread'>;

export interface Ways {
  /** To the person alone: by Slack's way back, else as an ephemeral message, else directly. */
  deliver(message: Message, place: Place): Promise<void>;
  /** For everybody, calling nobody whom the message names. Rejects with a ChatError. */
  post(message: Message, spot: Spot): Promise<void>;
}

export function createWays(chat: Chat, log: Log): Ways {
  async function postQuietly(message: Message, { channel, thread }: Spot): Promise<void> {
    const quiet = isDirect(channel) ? null : withoutMentions(message);
    const reference = await chat.post({ channel, thread }, quiet ?? message, null);
    if (quiet === null) return;
    try {
      await chat.edit(reference, message);
    } catch (error) {
      if (!(error instanceof ChatError)) throw error;
      log.warn({ code: error.code }, 'an answer was posted, but its names are left out');
    }
  }

  function waysTo(place: Place): ((message: Message) => Promise<unknown>)[] {
    const { user, channel, thread, open, respond } = place;
    return [
      ...(open ? [(message: Message) => postQuietly(message, place)] : []),
      ...(respond ? [(message: Message) => respond({ ...message, thread })] : []),
      ...(channel === '' || open
        ? []
        : [(message: Message) => chat.whisper({ channel, thread, user }, message)]),
      async (message) =>
        chat.post({ channel: await chat.openDirect(user), thread: null }, message, null),
    ];
  }

  return {
    async deliver(message, place) {
      const { user, channel } = place;
      for (const way of waysTo(place)) {
        try {
          await patiently(() => way(message));
          return;
        } catch (error) {
          log.warn({ error: String(error), channel }, 'an answer did not arrive this way');
        }
      }
      log.error({ user, channel }, 'an answer could not be shown');
    },
    post: (message, spot) => patiently(() => postQuietly(message, spot)),
  };
}
