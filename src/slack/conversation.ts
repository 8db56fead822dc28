/**
 * From what somebody typed or pressed to what they see: run it, choose who sees the answer, and
 * find a way to show it. Knows Slack's places, but no Bolt.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command, CommandContext } from '../../commands/command.ts';
import { describeCommand } from '../../commands/command.ts';
import { execute, review } from '../../commands/execute.ts';
import { parseCommand } from '../../commands/grammar/parse.ts';
import { fitsButton, freeButton } from '../answers/buttons.ts';
import { type ByKind, byKind } from '../answers/by-kind.ts';
import { describe } from '../answers/describe.ts';
import {
  type Button,
  code,
  type Document,
  link,
  marked,
  prose,
  small,
  user,
} from '../answers/document.ts';
import type { Build } from '../domain/build.ts';
import { FerryError, outsideError } from '../domain/errors.ts';
import { followedBy } from '../domain/phrase.ts';
import { audienceOf, type RefusalView, type Reply, refusal } from '../domain/reply.ts';
import type { BuildRequest } from '../domain/request.ts';
import type { Services } from '../domain/services.ts';
import { type Message, messageOf, renderMessage, withoutMentions } from './blocks.ts';
import { type Chat, ChatError, isNoEntry } from './chat.ts';
import type { Deliveries } from './deliveries.ts';
import type { Log } from './log.ts';
import { createForm } from './modals/create-form.ts';
import { diagnoseForm } from './modals/diagnose-form.ts';
import { linesView } from './modals/lines-view.ts';
import { loadingView } from './modals/loading-view.ts';
import { replyView } from './modals/reply-view.ts';
import { isDirect, type Place } from './place.ts';

export interface Conversation {
  /** Decoded text after the slash command, after a mention, or in a direct message. */
  say(text: string, place: Place): Promise<void>;
  /** What would be refused of a text, with nothing done; null also when that cannot be told. */
  review(
    text: string,
    place: Pick<Place, 'user' | 'channel' | 'team'>,
  ): Promise<RefusalView | null>;
  /** Runs a text without answering. */
  run(text: string, place: Place): Promise<Reply>;
  /** Does `work`; what it throws becomes a refusal, and a defect a number to quote. */
  attempt(work: () => Promise<Reply>): Promise<Reply>;
  /** `asked`: the command it answers, where a button may say or show it again. */
  answer(reply: Reply, place: Place, asked?: string | null): Promise<void>;
  /** Posts the answer to a command that only reads for everybody, naming who shared it. */
  share(text: string, place: Place): Promise<void>;
  /** Puts the answer to a command in the place of the answer that asked which one is meant. */
  choose(text: string, place: Place): Promise<void>;
  /** Says a command from where there is no channel: in a modal when it only reads, else directly. */
  sayInView(text: string, place: Place): Promise<void>;
  /** Shows a document to one person only. */
  whisper(document: Document, place: Place): Promise<void>;
  /** The answer in a modal of its own, where text can be selected; in the channel when no modal opens. */
  show(title: string, reply: Promise<Reply>, place: Place): Promise<void>;
  /** Puts the answer into the modal that is open under this id. */
  fill(view: string, title: string, reply: Promise<Reply>, place: Place): Promise<void>;
  /** The form for the log of a failed job; in words where no form opens. */
  openDiagnose(place: Place): Promise<void>;
  /** The form for a new environment; false when it could not be opened. */
  openForm(initial: Partial<BuildRequest>, place: Place): Promise<boolean>;
  context(place: Place): CommandContext;
}

export interface ConversationOptions {
  commands: readonly Command[];
  services: Services;
  chat: Chat;
  deliveries: Deliveries;
  log: Log;
}

export function createConversation(options: ConversationOptions): Conversation {
  const { commands, services, chat, deliveries, log } = options;
  const { settings } = services;
  const helps = commands.map(describeCommand);
  const creating = commands.find((command) => command.name === 'create');
  const formWords = new Set(creating ? [creating.name, ...creating.aliases] : []);

  const context = (
    place: Pick<Place, 'user' | 'channel' | 'team'> & { thread?: string | null },
  ): CommandContext => ({
    user: place.user,
    channel: place.channel,
    team: place.team,
    thread: place.thread ?? null,
    services,
    commands: helps,
  });

  async function attempt(work: () => Promise<Reply>): Promise<Reply> {
    try {
      return withStoreSentence(await work());
    } catch (error) {
      if (error instanceof FerryError && error.kind !== 'defect')
        return withStoreSentence(refusal(error, null));
      // People get a number to quote; what happened is in the log alone.
      const incident = randomUUID().slice(0, 8);
      log.error(
        { incident, error: error instanceof Error ? error.stack : String(error) },
        'a command failed',
      );
      return refusal(
        outsideError({
          code: 'defect',
          message: 'Conda Ferry met an error it does not know.',
          suggestion: `Tell the operator the number \`${incident}\`: the log of the bot has the whole story.`,
        }),
        null,
      );
    }
  }

  function run(text: string, place: Place): Promise<Reply> {
    return attempt(() => execute(text, commands, context(place)));
  }

  const reviewText: Conversation['review'] = (text, place) =>
    review(text, commands, context(place)).catch((error: unknown) => {
      // What is wrong here is wrong again when the text is said, and told then.
      log.warn({ error: String(error) }, 'a text could not be reviewed');
      return null;
    });

  async function say(text: string, place: Place): Promise<void> {
    if (formWords.has(text.trim().toLowerCase())) {
      if (await openForm({}, place)) return;
      return deliver(renderMessage({ kind: 'form', form: 'create', initial: {} }, settings), place);
    }
    return answer(await run(text, place), place, text);
  }

  async function answer(reply: Reply, place: Place, asked: string | null = null): Promise<void> {
    if (reply.kind === 'form' && (await openForm(reply.initial, place))) return;
    if (reply.kind === 'build' && audienceOf(reply) === 'channel')
      return introduce(reply.build, place);
    return deliver(messageOf(await sharable(reply, place, asked)), place);
  }

  /** What is seen by one person, with the way to show it to all. */
  async function sharable(reply: Reply, place: Place, asked: string | null): Promise<Document> {
    const document = await documentFor(reply, asked);
    const isPrivate = !place.open && place.channel !== '';
    const share =
      isPrivate && mayBeShared(asked) && byKind(WORTH_SHARING, reply)
        ? [freeButton('share', 'Share here', null, asked)]
        : [];
    return withButtons(document, { last: share });
  }

  async function choose(text: string, place: Place): Promise<void> {
    const name = readingCommand(text);
    if (name === null) return answer(await run('help', place), place);
    if (place.view !== null) {
      return fill(place.view, READING[name] as string, run(text, place), place);
    }
    const reply = await run(text, place);
    // A refusal stands beside the question, which can be asked again.
    if (place.replace === null || reply.kind === 'refusal') return answer(reply, place, text);
    const message = messageOf(await sharable(reply, place, text));
    try {
      await patiently(() => place.replace?.(message) ?? Promise.resolve());
    } catch (error) {
      log.warn({ error: String(error) }, 'an answer could not take the place of its question');
      await deliver(message, place);
    }
  }

  /** The answer with what leads on from it: the live message, the line to copy. */
  async function documentFor(reply: Reply, asked: string | null): Promise<Document> {
    const document = describe(reply, settings);
    if (reply.kind === 'build') return withFirst(document, await followLink(reply.build));
    if (reply.kind !== 'invocation' || !mayBeShared(asked)) return document;
    const copy = freeButton('copy_text', 'Line to copy', 'primary', asked);
    return withButtons(document, { first: [copy] });
  }

  /** A command that only reads, and fits behind a button. */
  function mayBeShared(text: string | null): text is string {
    return text !== null && fitsButton(text) && readingCommand(text) !== null;
  }

  /** The name of the command the text means, when it changes nothing. */
  function readingCommand(text: string): string | null {
    const parsed = parseCommand(text, commands, settings);
    const name = parsed.kind === 'command' ? parsed.command.name : '';
    return Object.hasOwn(READING, name) ? name : null;
  }

  async function share(text: string, place: Place): Promise<void> {
    if (!mayBeShared(text)) return answer(await run('help', place), place);
    const reply = await run(text, place);
    if (!byKind(WORTH_SHARING, reply)) return answer(reply, place);
    const document = await documentFor(reply, text);
    const typed = `${settings.command} ${text}`;
    const shared = small(user(place.user), ' shared this: ', code(typed, 200));
    const channel = { channel: place.channel, thread: place.thread };
    try {
      await patiently(() => postQuietly(channel, messageOf(withFirst(document, [shared]))));
    } catch (error) {
      if (!(error instanceof ChatError)) throw error;
      return whisper(notShared(error), place);
    }
    const done = withFirst(document, [small('You shared this here.')]);
    await place.replace?.(messageOf(done)).catch((error) => {
      log.warn({ error: String(error) }, 'a private answer still offers to be shared');
    });
  }

  async function sayInView(text: string, place: Place): Promise<void> {
    const name = readingCommand(text);
    if (name !== null) {
      const title = READING[name] as string;
      return place.view === null
        ? show(title, run(text, place), place)
        : fill(place.view, title, run(text, place), place);
    }
    const channel = await chat.openDirect(place.user);
    return say(text, { ...place, channel, open: true });
  }

  /** Posts the live message, and says so when it is not where it was asked for. */
  async function introduce(build: Build, place: Place): Promise<void> {
    const announcement = await deliveries.announce(build, place.thread);
    if (announcement.where === 'direct') {
      const live = await chat.permalink(announcement.reference);
      await whisper(
        {
          summary: 'I may not write here; the build goes on in our direct conversation.',
          parts: [
            prose(
              isDirect(place.channel)
                ? 'I cannot write in a conversation between other people'
                : 'I am not in this channel',
              ', so the build reports in our ',
              ...(live ? [link(live, 'direct conversation')] : ['direct conversation']),
              isDirect(place.channel) ? '.' : `. ${INVITE} and the next one is shown here.`,
            ),
          ],
        },
        place,
      );
    }
    if (announcement.where === 'later') {
      await whisper(
        {
          summary: `The build of ${build.request.environment} is recorded; its message follows.`,
          parts: [
            prose(
              `The build of ${build.request.environment} is recorded and goes on. Slack does not take its message right now; it follows as soon as it can.`,
            ),
          ],
        },
        place,
      );
    }
  }

  async function followLink(build: Build): Promise<Document['parts']> {
    const live = build.message ? await chat.permalink(build.message) : null;
    return live
      ? [
          small(
            link(live, 'The live message'),
            ' follows this build; this copy stays as it was when you asked.',
          ),
        ]
      : [];
  }

  function whisper(document: Document, place: Place): Promise<void> {
    return deliver(messageOf(document), place);
  }

  /** To the person alone: by Slack's way back, else as an ephemeral message, else directly. */
  async function deliver(message: Message, place: Place): Promise<void> {
    const ways: (() => Promise<unknown>)[] = [
      ...(place.open
        ? [() => postQuietly({ channel: place.channel, thread: place.thread }, message)]
        : []),
      ...(place.respond
        ? [() => place.respond?.({ ...message, thread: place.thread }) as Promise<void>]
        : []),
      ...(place.channel === '' || place.open
        ? []
        : [
            () =>
              chat.whisper(
                { channel: place.channel, thread: place.thread, user: place.user },
                message,
              ),
          ]),
      async () => {
        const channel = await chat.openDirect(place.user);
        await chat.post({ channel, thread: null }, message, null);
      },
    ];
    for (const way of ways) {
      try {
        await patiently(way);
        return;
      } catch (error) {
        log.warn(
          { error: String(error), channel: place.channel },
          'an answer did not arrive this way',
        );
      }
    }
    log.error({ user: place.user, channel: place.channel }, 'an answer could not be shown');
  }

  /** Posts for everybody without calling anybody whom the answer happens to name. */
  async function postQuietly(
    place: { channel: string; thread: string | null },
    message: Message,
  ): Promise<void> {
    const quiet = isDirect(place.channel) ? null : withoutMentions(message);
    const reference = await chat.post(place, quiet ?? message, null);
    if (quiet === null) return;
    try {
      await chat.edit(reference, message);
    } catch (error) {
      if (!(error instanceof ChatError)) throw error;
      log.warn({ code: error.code }, 'an answer was posted, but its names are left out');
    }
  }

  async function show(title: string, reply: Promise<Reply>, place: Place): Promise<void> {
    // The trigger lives three seconds, the answer may take longer: open first, fill in after.
    const view = await open(loadingView(title), place);
    if (view === null) return answer(await reply, place);
    return fill(view, title, reply, place);
  }

  async function fill(
    view: string,
    title: string,
    reply: Promise<Reply>,
    place: Place,
  ): Promise<void> {
    const settled = await reply;
    const filled =
      settled.kind === 'invocation'
        ? linesView(title, settled.lines)
        : replyView(title, describe(settled, settings));
    try {
      await chat.updateView(view, filled);
    } catch (error) {
      if (!(error instanceof ChatError)) throw error;
      log.warn({ code: error.code }, 'a modal could not be filled');
      await answer(settled, place);
    }
  }

  async function openDiagnose(place: Place): Promise<void> {
    if ((await open(diagnoseForm(), place)) !== null) return;
    return answer(
      {
        kind: 'notice',
        tone: 'information',
        text: `Paste the traceback after \`${settings.command} diagnose\`, or attach the log to a message that mentions me with \`diagnose\`.`,
      },
      place,
    );
  }

  async function openForm(initial: Partial<BuildRequest>, place: Place): Promise<boolean> {
    const origin = { channel: place.channel || null, thread: place.thread };
    return (await open(createForm(settings, initial, origin), place)) !== null;
  }

  async function open(view: Parameters<Chat['openView']>[1], place: Place): Promise<string | null> {
    if (place.trigger === null) return null;
    try {
      return await chat.openView(place.trigger, view);
    } catch (error) {
      if (!(error instanceof ChatError)) throw error;
      log.warn({ code: error.code }, 'a modal could not be opened');
      return null;
    }
  }

  return {
    say,
    review: reviewText,
    run,
    attempt,
    answer,
    share,
    choose,
    sayInView,
    whisper,
    show,
    fill,
    openForm,
    openDiagnose,
    context,
  };
}

/** How often, and for how many seconds at most, an answer waits for Slack to take it. */
const WAITS = 3;
const LONGEST_WAIT = 20;

/** Slack takes about one message a second in a channel: it says how long to wait. */
async function patiently(way: () => Promise<unknown>): Promise<void> {
  for (let waits = 0; ; waits += 1) {
    try {
      await way();
      return;
    } catch (error) {
      const isBusy = error instanceof ChatError && error.kind === 'busy';
      if (!isBusy || waits >= WAITS || error.retryAfter > LONGEST_WAIT) throw error;
      await sleep(error.retryAfter * 1000, undefined, { ref: false });
    }
  }
}

/** How to let us into a channel. */
const INVITE = 'Type `/invite @Conda Ferry` here,';

/** Commands that change nothing, with the title of a modal that shows their answer. */
const READING: Readonly<Record<string, string>> = {
  run: 'Line to copy',
  status: 'Build',
  list: 'Environments',
  show: 'Environment',
  logs: 'Log',
  diagnose: 'What went wrong',
  help: 'Help',
};

/** Which answers are worth showing to others. */
const WORTH_SHARING: ByKind<Reply, boolean> = {
  build: () => true,
  invocation: () => true,
  builds: ({ builds }) => builds.length > 0,
  environments: ({ environments }) => environments.length > 0,
  environment: () => true,
  log: ({ lines }) => lines.length > 0,
  findings: () => true,
  help: () => false,
  welcome: () => false,
  form: () => false,
  notice: () => false,
  refusal: () => false,
};

function notShared(error: ChatError): Document {
  const sentence = isNoEntry(error)
    ? `I am not in this channel. ${INVITE} and press Share here again.`
    : 'Slack does not take the message right now. Press Share here again in a minute.';
  return { summary: sentence, parts: [prose('⚠️ ', marked(sentence))] };
}

/** Adds to the last row of buttons, or makes one at the end. */
function withButtons(
  document: Document,
  { first = [], last = [] }: { first?: Button[]; last?: Button[] },
): Document {
  if (first.length + last.length === 0) return document;
  const at = document.parts.findLastIndex((part) => part.kind === 'buttons');
  const row = document.parts[at];
  const between = row?.kind === 'buttons' ? row.buttons : [];
  const whole: Document['parts'][number] = {
    kind: 'buttons',
    buttons: [...first, ...between, ...last],
  };
  const parts = at < 0 ? [...document.parts, whole] : document.parts.toSpliced(at, 1, whole);
  return { ...document, parts };
}

/** Puts parts before the buttons, or at the end. */
function withFirst(document: Document, parts: Document['parts']): Document {
  const at = document.parts.findIndex((part) => part.kind === 'buttons');
  const place = at < 0 ? document.parts.length : at;
  return { ...document, parts: document.parts.toSpliced(place, 0, ...parts) };
}

/** When the store is away a person must know that nothing of their request is kept. */
function withStoreSentence(reply: Reply): Reply {
  if (reply.kind !== 'refusal' || reply.error.code !== 'store-unavailable') return reply;
  return {
    kind: 'refusal',
    error: {
      ...reply.error,
      message: followedBy(reply.error.message, 'Nothing was recorded: send it again later.'),
    },
  };
}
