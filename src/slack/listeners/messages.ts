/** Messages that speak to us: mentions, direct ones, and those somebody points at with the shortcut. */
import { userError } from '../../domain/errors.ts';
import { refusal } from '../../domain/reply.ts';
import {
  asksAbout,
  attachedFiles,
  attachedPackages,
  contentOf,
  fencedPackages,
  type Said,
  threadOf,
  withAttachments,
  withThread,
} from '../attachments.ts';
import type { Chat } from '../chat.ts';
import type { App } from '../connection/bolt.ts';
import { decodeSlackText } from '../decode.ts';
import { isDirect, type Place, placeOf } from '../place.ts';
import type { Listening } from './listening.ts';
import { readable } from './readable.ts';
import { responder } from './respond.ts';

/** Message shortcuts by their callback ids in the manifest: what each does with a message. */
const SHORTCUTS: Readonly<
  Record<string, (listening: Listening, message: { text?: string }, place: Place) => Promise<void>>
> = {
  diagnose_message: (listening, message, place) =>
    hear(listening, `diagnose ${contentOf(message)}`, message, place),
  build_message: planMessage,
};

export function listenToMessages(app: App, listening: Listening): void {
  const { lane } = listening;

  app.event('app_mention', async ({ event, context }) => {
    if (!event.user) return;
    const text = afterMention(event.text, context.botUserId);
    const place = placeOf(event.user, {
      way: 'mention',
      channel: event.channel,
      team: context.teamId ?? null,
      thread: event.thread_ts ?? event.ts,
      isThreadNew: event.thread_ts === undefined,
      open: true,
    });
    lane.add(() => hear(listening, text, event, place, context.botUserId));
  });

  app.message(async ({ message, context }) => {
    const isOurs = message.subtype === undefined || message.subtype === 'file_share';
    if (!isOurs || message.channel_type !== 'im' || !message.user) return;
    if ('bot_id' in message && message.bot_id) return;
    const text = afterMention(message.text ?? '', context.botUserId);
    const place = placeOf(message.user, {
      way: 'message',
      channel: message.channel,
      team: context.teamId ?? null,
      thread: message.thread_ts ?? null,
      open: true,
    });
    lane.add(() => hear(listening, text, message, place, context.botUserId));
  });

  for (const [callbackId, act] of Object.entries(SHORTCUTS)) {
    app.shortcut(
      { callback_id: callbackId, type: 'message_action' },
      async ({ shortcut, respond }) => {
        const { message, channel } = shortcut;
        const place = placeOf(shortcut.user.id, {
          way: 'shortcut',
          channel: channel.id,
          team: shortcut.team?.id ?? null,
          thread: typeof message.thread_ts === 'string' ? message.thread_ts : null,
          open: isDirect(channel.id),
          respond: responder(respond),
        });
        lane.add(() => act(listening, message, place));
      },
    );
  }
}

/** Plans what a message holds: a file of packages, or a block of code that is one. */
async function planMessage(
  { chat, conversation, services, log }: Listening,
  message: object,
  place: Place,
): Promise<void> {
  const file = await readable(log, async () => {
    const attached = await attachedPackages(
      'plan',
      attachedFiles(message),
      chat,
      services.settings,
    );
    return attached ?? fencedPackages(decodeSlackText(contentOf(message))) ?? nothingToBuild();
  });
  return 'kind' in file
    ? conversation.answer(file, place)
    : conversation.say('plan', { ...place, file });
}

function nothingToBuild() {
  const error = userError({
    code: 'nothing-to-build',
    message: 'This message has neither a file of packages nor a block of code.',
    suggestion: 'Choose one with an `environment.yml`, a `requirements.txt` or the like.',
  });
  return refusal(error, null);
}

/** Answers what a message says, or tells why what it points at cannot be read. */
async function hear(
  { chat, conversation, services, log }: Listening,
  text: string,
  message: object,
  place: Place,
  ourUserId?: string,
): Promise<void> {
  const whole = await readable(log, async () => {
    const file = await attachedPackages(text, attachedFiles(message), chat, services.settings);
    if (file !== null) return { said: text, file };
    return wholeText(text, message, place.channel, chat, ourUserId);
  });
  if (!('said' in whole)) return conversation.answer(whole, place);
  const { said, ...beside } = whole;
  return conversation.say(decodeSlackText(said), { ...place, ...beside });
}

/** What a message says, together with the files it carries or, asked inside a thread, what stands above. */
async function wholeText(
  text: string,
  message: object,
  channel: string,
  chat: Chat,
  ourUserId: string | undefined,
): Promise<Said> {
  const withFiles = await withAttachments(text, attachedFiles(message), chat);
  const isAlone = withFiles.logs.length === 0;
  const above = isAlone && asksAbout(withFiles.said) ? threadOf(message, channel) : null;
  return above ? withThread(above, ourUserId, chat) : withFiles;
}

/** What stands after our name, wherever in the message it is. */
function afterMention(text: string, botUserId: string | undefined): string {
  const mention = `<@${botUserId ?? ''}>`;
  const at = text.indexOf(mention);
  return (at < 0 ? text : text.slice(at + mention.length)).replace(/^[\s,:]+/, '').trimEnd();
}
