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
import type { Delivery, Sending } from './delivery.ts';
import { isConversation } from './live-message.ts';
import { postOnce, sent } from './post-once.ts';

export interface SettledOptions {
  store: Pick<Store, 'readBuild' | 'readLog'>;
  chat: Chat;
  settings: Settings;
  clock: Clock;
}

/** A thread reply waits this long for its live message, then goes to the person directly. */
export const WAIT_FOR_MESSAGE = 10 * 60_000;

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
  return async (sending) => {
    const log = await store.readLog(build.id, MOST_LOG_LINES);
    const story = messageOf(describeStory(build, log, settings));
    const isTold = await postUnder(build, story, notice, chat, sending);
    if (!isTold) await tellDirectly(build, options);
  };
}

/** What the executors said when they were asked again, under the message of the build. */
export async function verifiedOf(
  notice: Extract<Notice, { kind: 'verified' }>,
  { store, chat }: SettledOptions,
): Promise<Delivery> {
  const build = await store.readBuild(notice.buildId);
  if (!build?.message) return 'never';
  return async (sending) => {
    await postUnder(build, messageOf(describeVerified(build)), notice, chat, sending);
  };
}

/** Posts once into the thread of the build's message; false where there is none to write in any more. */
async function postUnder(
  { message: live, requester }: Build,
  message: Message,
  notice: Notice,
  chat: Chat,
  sending: Sending,
): Promise<boolean> {
  if (live === null) return false;
  const { channel, ts } = live;
  const wanted: Mark = { type: 'conda_ferry_notice', id: notice.id };
  const find = () => chat.findInThread(live, wanted);
  try {
    const seen = sending.mayHaveArrived ? await whereReadable(find) : null;
    if (seen?.found) return true;
    sending.mayHaveArrived = false;
    // Where it stands in a thread itself, that is the one it was asked for in.
    const asked = channel === requester.channel ? requester.thread : null;
    const place = { channel, thread: seen?.thread ?? asked ?? ts };
    await sent(sending, () => chat.post(place, message, wanted));
    return true;
  } catch (error) {
    if (!isNoEntry(error) && !isDeleted(error)) throw error;
    return false;
  }
}

/** Once for each attempt, whichever notice it stands for. */
async function tellDirectly(build: Build, { chat }: SettledOptions): Promise<void> {
  const { id, attempt, requester, finishedAt, createdAt } = build;
  const told = { id: `${id}.${attempt}.direct`, dueAt: finishedAt ?? createdAt };
  const live = build.message ? await chat.permalink(build.message) : null;
  const message = messageOf(describeSettled(build, live));
  await postOnce(requester.user, told, message, chat, { mayHaveArrived: true });
}
