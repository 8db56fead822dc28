/** Files that are too long to be read in a message: sent to the person directly. */
import { describe } from '../../answers/describe.ts';
import { type Document, prose } from '../../answers/document.ts';
import { visible } from '../../answers/outside.ts';
import { outsideError } from '../../domain/errors.ts';
import { type Reply, refusal } from '../../domain/reply.ts';
import type { Settings } from '../../domain/services.ts';
import { quote } from '../../domain/shell.ts';
import { ChatError } from '../chat/error.ts';
import type { Chat } from '../chat.ts';
import type { Log } from '../log.ts';
import { isDirect, type Place } from '../place.ts';
import { withFirst } from './documents.ts';
import { patiently } from './patience.ts';

/** Sends the file; answers what is to be said of it where it was asked for. */
export type SendFile = (
  reply: Extract<Reply, { kind: 'file' }>,
  place: Place,
  asked: string | null,
) => Promise<Document>;

export function createSendFile(chat: Chat, settings: Settings, log: Log): SendFile {
  return async (reply, place, asked) => {
    const { name, title: comment } = reply.file;
    const text = visible(reply.file.text);
    try {
      const isHere = isDirect(place.channel);
      const channel = isHere ? place.channel : await chat.openDirect(place.user);
      const thread = isHere ? place.thread : null;
      await patiently(() => chat.sendFile({ channel, thread }, { name, text, comment }));
      const where = prose(isHere ? 'Here is the file.' : 'The file is in our direct conversation.');
      return withFirst(describe(reply, settings), [where]);
    } catch (error) {
      if (!(error instanceof ChatError)) throw error;
      log.warn({ code: error.code, user: place.user }, 'a file could not be sent');
      return describe(refusal(unsent(error, name, asked), null), settings);
    }
  };
}

function unsent(error: ChatError, name: string, asked: string | null) {
  const scopes = error.needed.map((scope) => `\`${scope}\``).join(' or ') || '`files:write`';
  const isScope = error.code === 'missing_scope';
  const elsewhere =
    asked === null ? '' : ` In a terminal, \`conda-ferry exec -- ${quote(asked)}\` prints it.`;
  return outsideError({
    code: isScope ? 'slack-scope-missing' : 'slack-unavailable',
    message: isScope
      ? `Slack does not let me send \`${name}\`: the app lacks ${scopes}.`
      : `Slack did not take \`${name}\`.`,
    suggestion: isScope
      ? `An operator can add it on the app’s page (OAuth & Permissions) and install the app again.${elsewhere}`
      : `Ask again in a minute.${elsewhere}`,
  });
}
