/** Files that are too long to be read in a message: sent to the person directly, or shared as files. */
import { describe } from '../../answers/describe.ts';
import { type Document, prose } from '../../answers/document.ts';
import { isShown } from '../../answers/file.ts';
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

type FileReply = Extract<Reply, { kind: 'file' }>;

/** Whether an answer is a file that is no reading matter. */
export function isLongFile(reply: Reply): reply is FileReply {
  return reply.kind === 'file' && !isShown(reply.file);
}

export interface SendFile {
  /** Sends the file to the person; answers what is to be said of it where it was asked for. */
  directly(
    reply: FileReply,
    place: Place,
    asked: string | null,
  ): Promise<{ isSent: boolean; document: Document }>;
  /** Sends it for everybody. Rejects with a ChatError. */
  here(reply: FileReply, place: Place): Promise<void>;
}

export function createSendFile(chat: Chat, settings: Settings, log: Log): SendFile {
  const send = ({ file }: FileReply, spot: Pick<Place, 'channel' | 'thread'>) => {
    const { name, title: comment } = file;
    const text = visible(file.text);
    return patiently(() => chat.sendFile(spot, { name, text, comment }));
  };

  return {
    async directly(reply, place, asked) {
      try {
        const isHere = isDirect(place.channel);
        const channel = isHere ? place.channel : await chat.openDirect(place.user);
        await send(reply, { channel, thread: isHere ? place.thread : null });
        const where = isHere ? 'Here is the file.' : 'The file is in our direct conversation.';
        return { isSent: true, document: withFirst(describe(reply, settings), [prose(where)]) };
      } catch (error) {
        if (!(error instanceof ChatError)) throw error;
        log.warn({ code: error.code, user: place.user }, 'a file could not be sent');
        const document = describe(refusal(unsent(error, reply.file.name, asked), null), settings);
        return { isSent: false, document };
      }
    },
    here: (reply, { channel, thread }) => send(reply, { channel, thread }),
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
