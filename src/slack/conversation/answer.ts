/** Who sees an answer, and where: a form, a live message for everybody, a message for one person. */
import type { Build } from '../../domain/build.ts';
import { audienceOf, type Reply } from '../../domain/reply.ts';
import { messageOf } from '../blocks.ts';
import type { Chat } from '../chat.ts';
import type { Deliveries } from '../deliveries.ts';
import type { Place } from '../place.ts';
import type { Documents } from './documents.ts';
import { isLongFile, type SendFile } from './files.ts';
import { reportsDirectly, reportsLater } from './notes.ts';
import type { Opening } from './opening.ts';
import type { Ways } from './ways.ts';

export interface AnswerOptions {
  chat: Chat;
  deliveries: Pick<Deliveries, 'announce'>;
  ways: Ways;
  documents: Documents;
  opening: Opening;
  sendFile: SendFile;
}

/** `asked`: the command it answers, where a button may say or show it again. */
export type Answer = (reply: Reply, place: Place, asked?: string | null) => Promise<void>;

export function createAnswer(options: AnswerOptions): Answer {
  const { chat, deliveries, ways, documents, opening, sendFile } = options;

  /** Posts the live message, and says so when it is not where it was asked for. */
  async function introduce(build: Build, place: Place): Promise<void> {
    const announcement = await deliveries.announce(build);
    if (announcement.where === 'channel') return;
    const note =
      announcement.where === 'direct'
        ? reportsDirectly(place.channel, await chat.permalink(announcement.reference))
        : reportsLater(build);
    await ways.deliver(messageOf(note), place);
  }

  return async (reply, place, asked = null) => {
    if (reply.kind === 'form' && (await opening.openForm(reply.initial, place))) return;
    if (reply.kind === 'build' && audienceOf(reply) === 'channel') {
      return introduce(reply.build, place);
    }
    if (isLongFile(reply)) {
      const { isSent, document } = await sendFile.directly(reply, place, asked);
      const whole = isSent ? documents.withShare(document, reply, place, asked) : document;
      return ways.deliver(messageOf(whole), place);
    }
    return ways.deliver(messageOf(await documents.sharable(reply, place, asked)), place);
  };
}
