/** Who sees an answer, and where: a form, a live message for everybody, a message for one person. */
import type { Document } from '../../answers/document.ts';
import type { Build } from '../../domain/build.ts';
import { audienceOf, type Reply } from '../../domain/reply.ts';
import type { Settings } from '../../domain/services.ts';
import { messageOf } from '../blocks.ts';
import type { Chat } from '../chat.ts';
import type { Announcement } from '../deliveries/first-posts.ts';
import type { Deliveries } from '../deliveries.ts';
import type { Place } from '../place.ts';
import type { Documents } from './documents.ts';
import { isLongFile, type SendFile } from './files.ts';
import { reportsDirectly, reportsLater, reportsNowhere } from './notes.ts';
import type { Opening } from './opening.ts';
import type { Ways } from './ways.ts';

export interface AnswerOptions {
  chat: Chat;
  deliveries: Pick<Deliveries, 'announce'>;
  ways: Ways;
  documents: Documents;
  opening: Opening;
  sendFile: SendFile;
  settings: Pick<Settings, 'command'>;
}

/** `asked`: the command it answers, where a button may say or show it again. */
export type Answer = (reply: Reply, place: Place, asked?: string | null) => Promise<void>;

export function createAnswer(options: AnswerOptions): Answer {
  const { chat, deliveries, ways, documents, opening, sendFile, settings } = options;

  /** Posts the live message, and says so when it is not where it was asked for. */
  async function introduce(build: Build, place: Place): Promise<void> {
    const announcement = await deliveries.announce(build);
    if (announcement.where === 'channel') return;
    await ways.deliver(messageOf(await noteOf(announcement, build, place)), place);
  }

  async function noteOf(
    announcement: Exclude<Announcement, { where: 'channel' }>,
    build: Build,
    { channel }: Place,
  ): Promise<Document> {
    if (announcement.where === 'later') return reportsLater(build);
    const { reason } = announcement;
    if (announcement.where === 'nowhere') return reportsNowhere(build, reason, settings);
    return reportsDirectly(channel, reason, await chat.permalink(announcement.reference));
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
