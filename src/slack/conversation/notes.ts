/** What one person is told of where an answer went, or why it went nowhere. */
import { type Document, link, marked, prose } from '../../answers/document.ts';
import type { Build } from '../../domain/build.ts';
import { type ChatError, isNoEntry } from '../chat/error.ts';
import { isDirect } from '../place.ts';

/** How to let us into a channel. */
const INVITE = 'Type `/invite @Conda Ferry` here,';

/** `live`: the address of the live message; null when Slack gives none. */
export function reportsDirectly(channel: string, live: string | null): Document {
  return {
    summary: 'I may not write here; the build goes on in our direct conversation.',
    parts: [
      prose(
        isDirect(channel)
          ? 'I cannot write in a conversation between other people'
          : 'I am not in this channel',
        ', so the build reports in our ',
        live ? link(live, 'direct conversation') : 'direct conversation',
        isDirect(channel) ? '.' : `. ${INVITE} and the next one is shown here.`,
      ),
    ],
  };
}

export function reportsLater({ request }: Build): Document {
  return {
    summary: `The build of ${request.environment} is recorded; its message follows.`,
    parts: [
      prose(
        `The build of ${request.environment} is recorded and goes on. Slack does not take its message right now; it follows as soon as it can.`,
      ),
    ],
  };
}

export function notShared(error: ChatError): Document {
  const sentence = isNoEntry(error)
    ? `I am not in this channel. ${INVITE} and press Share here again.`
    : 'Slack does not take the message right now. Press Share here again in a minute.';
  return { summary: sentence, parts: [prose('⚠️ ', marked(sentence))] };
}
