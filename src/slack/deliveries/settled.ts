/**
 * What is told of a build that has ended. Its message is edited by others (live-edits.ts); the rest of
 * the story stands under it, and calls nobody. Who waited long is told directly, in short.
 */
import { describeSettled } from '../../answers/settled.ts';
import { describeStory, describeVerified, MOST_LOG_LINES } from '../../answers/story.ts';
import { type Build, isSettled } from '../../domain/build.ts';
import type { Clock, Notice, Store } from '../../domain/ports.ts';
import type { Settings } from '../../domain/services.ts';
import { type Message, messageOf } from '../blocks.ts';
import { isDeleted, isNoEntry, whereReadable } from '../chat/error.ts';
import type { Mark } from '../chat/messages.ts';
import type { Chat } from '../chat.ts';
import type { Delivery } from './delivery.ts';
import { isConversation } from './live-message.ts';
import { postOnce } from './post-once.ts';

export interface SettledOptions {
  store: Pick<Store, 'readBuild' | 'readLog'>;
  chat: Chat;
  settings: Settings;
  clock: Clock;
}

/** A thread reply waits this long for its live message, then goes to the person directly. */
const WAIT_FOR_MESSAGE = 10 * 60_000;

/** How a build came about, under its message; or that it has ended, to who asked for it. */
export async function settledOf(
  notice: Extract<Notice, { kind: 'settled' }>,
  options: SettledOptions,
): Promise<Delivery> {
  const { store, chat, settings, clock } = options;
  const build = await store.readBuild(notice.buildId);
  // Begun again meanwhile, its message tells how it goes.
  if (!build || !isSettled(build) || !isConversation(build.requester.channel)) return 'never';
  if (notice.target === 'direct') return () => tellDirectly(build, options);
  const { message } = build;
  if (message === null) {
    return clock.now() - notice.dueAt < WAIT_FOR_MESSAGE
      ? 'later'
      : () => tellDirectly(build, options);
  }
  return async () => {
    const log = await store.readLog(build.id, MOST_LOG_LINES);
    const story = messageOf(describeStory(build, log, settings));
    if (!(await postUnder(message, story, notice, chat))) await tellDirectly(build, options);
  };
}

/** What the executors said when they were asked again, under the message of the build. */
export async function verifiedOf(
  notice: Extract<Notice, { kind: 'verified' }>,
  { store, chat }: SettledOptions,
): Promise<Delivery> {
  const build = await store.readBuild(notice.buildId);
  const message = build?.message ?? null;
  if (!build || message === null) return 'never';
  return async () => {
    await postUnder(message, messageOf(describeVerified(build)), notice, chat);
  };
}

/** Posts once into the thread; false where there is none to write in any more. */
async function postUnder(
  reference: NonNullable<Build['message']>,
  message: Message,
  notice: Notice,
  chat: Chat,
): Promise<boolean> {
  const wanted: Mark = { type: 'conda_ferry_notice', id: notice.id };
  try {
    const seen = await whereReadable(() => chat.findInThread(reference, wanted));
    if (seen?.found) return true;
    const thread = seen?.thread ?? reference.ts;
    await chat.post({ channel: reference.channel, thread }, message, wanted);
    return true;
  } catch (error) {
    if (!isNoEntry(error) && !isDeleted(error)) throw error;
    return false;
  }
}

/** Once for each attempt, whichever notice it stands for. */
async function tellDirectly(build: Build, { chat }: SettledOptions): Promise<void> {
  const { id, attempt, requester, finishedAt, createdAt, message } = build;
  const told = { id: `${id}.${attempt}.direct`, dueAt: finishedAt ?? createdAt };
  const live = message ? await chat.permalink(message) : null;
  await postOnce(requester.user, told, messageOf(describeSettled(build, live)), chat);
}
