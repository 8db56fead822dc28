/** What one person is told of where an answer went, or why it went nowhere. */
import { code, type Document, link, marked, prose } from '../../answers/document.ts';
import type { Build } from '../../domain/build.ts';
import type { Settings } from '../../domain/services.ts';
import { type ChatError, isNoEntry } from '../chat/error.ts';
import { isDirect } from '../place.ts';

/** How to let us into a channel. */
const INVITE = 'Type `/invite @Conda Ferry` here,';

/**
 * `reason`: Slack's word for why it is not here. `live`: the address of the live message; null when Slack
 * gives none.
 */
export function reportsDirectly(channel: string, reason: string, live: string | null): Document {
  const isClosed = !isDirect(channel) && /^(?:channel_not_found|not_in_channel)$/.test(reason);
  return {
    summary: 'I may not write here; the build goes on in our direct conversation.',
    parts: [
      prose(
        isDirect(channel)
          ? 'I cannot write in a conversation between other people'
          : (WHY[reason] ?? 'Slack does not let me write here'),
        ', so the build reports in our ',
        live ? link(live, 'direct conversation') : 'direct conversation',
        isClosed ? `. ${INVITE} and the next one is shown here.` : '.',
      ),
    ],
  };
}

/** Why a message cannot stand in a channel, by Slack's words. */
const WHY: Readonly<Record<string, string>> = {
  channel_not_found: 'I am not in this channel',
  not_in_channel: 'I am not in this channel',
  is_archived: 'This channel is archived',
  thread_not_found: 'This thread is gone',
};

/** Nothing tells of it in Slack until it ends. */
export function reportsNowhere(
  { id, request }: Build,
  reason: string,
  { command }: Pick<Settings, 'command'>,
): Document {
  return {
    summary: `The build of ${request.environment} is recorded; Slack refuses its message.`,
    parts: [
      prose(
        `The build of ${request.environment} is recorded and goes on. Slack refuses its message (`,
        code(reason),
        '). See how it goes with ',
        code(`${command} status ${id}`),
        '.',
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
