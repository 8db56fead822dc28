/**
 * Posts the live message of a new build, once. A build is in one of four modes:
 *
 * - posted: its record names its message;
 * - owed: posting failed, or nobody confirmed or recorded it; when its time comes the message is
 *   looked for wherever it may stand (Slack may have taken it all the same) and posted if it is not
 *   there; while Slack or the store is away its time moves on, by waits that grow;
 * - watched: the bot that was asked for it has some seconds to begin, and a lease while it is at it; when
 *   that has ended it is owed. A lease of whoever posts keeps every other one from it;
 * - given up: Slack refuses the message wherever we try, or the build has no conversation in Slack;
 *   how it ends is told directly.
 */
import { randomUUID } from 'node:crypto';
import type { Build, MessageReference } from '../../domain/build.ts';
import type { Outlook } from '../../domain/estimate.ts';
import type { Clock, Store } from '../../domain/ports.ts';
import type { Settings } from '../../domain/services.ts';
import { withoutMentions } from '../blocks.ts';
import { ChatError, isBusy, isOfBlocks, isRefused, whereReadable } from '../chat/error.ts';
import type { Mark } from '../chat/messages.ts';
import type { Chat } from '../chat.ts';
import type { Log } from '../log.ts';
import { waitAfter } from '../loop.ts';
import type { Sending } from './delivery.ts';
import { keepShown } from './live-edits.ts';
import { isConversation, liveMessage } from './live-message.ts';
import type { Pace } from './pace.ts';
import { sent } from './post-once.ts';
import { readableBuild } from './readable-build.ts';

export interface FirstPostOptions {
  store: Pick<Store, 'readBuild' | 'writeShown' | 'takeLease' | 'endLease'>;
  chat: Pick<Chat, 'post' | 'openDirect' | 'findInChannel' | 'findInThread'>;
  /** The same, for whom somebody waits. */
  promptChat: Pick<Chat, 'post' | 'openDirect'>;
  settings: Settings;
  outlook(build: Build): Promise<Outlook | null>;
  attachMessage(buildId: string, message: MessageReference): Promise<void>;
  pace: Pace;
  clock: Clock;
  log: Log;
}

/**
 * What became of a new build's message: in the channel, in a direct conversation, not yet, or given up.
 * `reason`: Slack's word for why.
 */
export type Announcement =
  | { where: 'channel'; reference: MessageReference }
  | { where: 'direct'; reference: MessageReference; reason: string }
  | { where: 'later' }
  | { where: 'nowhere'; reason: string };

export interface FirstPosts {
  /** Never rejects: what fails now is tried again. */
  announce(build: Build): Promise<Announcement>;
  /** A build without a message whose announcer may be another process, at it right now. */
  expect(buildId: string): void;
  /** Another bot may have led meanwhile: what is owed may stand in Slack. */
  doubt(): void;
  /** Posts what is owed. Rejects when the store is away. */
  postOwed(): Promise<void>;
}

interface Owed extends Sending {
  /** It was looked for where it was asked for. */
  isNotThere?: boolean;
  /** When to try, in milliseconds. */
  at: number;
  failures: number;
}

export function createFirstPosts(options: FirstPostOptions): FirstPosts {
  const { store, pace, clock, log } = options;
  const owed = new Map<string, Owed>();
  const givenUp = new Set<string>();
  const lease = leaseOf(options);

  function giveUp(id: string, { code }: ChatError): void {
    owed.delete(id);
    givenUp.add(id);
    log.error({ build: id, code }, 'the message of a build cannot be posted');
  }

  async function postOne(id: string, entry: Owed): Promise<void> {
    const build = await readableBuild(id, options);
    const isToPost = build && !build.message && isConversation(build.requester.channel);
    if (!isToPost || givenUp.has(id)) {
      owed.delete(id);
      return;
    }
    if (!(await lease.take(id))) {
      const at = clock.now() + pace.announcing;
      owed.set(id, { ...entry, at, mayHaveArrived: true, isNotThere: false });
      return;
    }
    try {
      await findOrPost(build, options, entry);
      owed.delete(id);
    } catch (error) {
      await lease.end(id);
      if (isRefused(error)) return giveUp(id, error);
      owed.set(id, {
        ...entry,
        failures: entry.failures + 1,
        at: clock.now() + waitOf(entry, error),
      });
    }
  }

  function waitOf({ failures }: Pick<Owed, 'failures'>, error: unknown): number {
    return isBusy(error) ? error.retryAfter * 1000 : waitAfter(failures, pace.backoff);
  }

  return {
    async announce(build) {
      const sending = { failures: 0, mayHaveArrived: false };
      givenUp.delete(build.id);
      try {
        if (!(await lease.take(build.id))) return await seen(build.id, store);
        return await post(build, { ...options, chat: options.promptChat }, sending);
      } catch (error) {
        await lease.end(build.id);
        if (isRefused(error)) {
          giveUp(build.id, error);
          return { where: 'nowhere', reason: error.code };
        }
        if (!(error instanceof ChatError))
          log.error({ error: String(error), build: build.id }, 'a new build has no message yet');
        const at = clock.now() + waitOf(sending, error);
        owed.set(build.id, { ...sending, failures: 1, at });
        return { where: 'later' };
      }
    },
    expect(buildId) {
      if (owed.has(buildId)) return;
      owed.set(buildId, { at: clock.now() + pace.announcing, failures: 1, mayHaveArrived: true });
    },
    doubt() {
      for (const [id, { at, failures }] of owed)
        owed.set(id, { at, failures, mayHaveArrived: true });
    },
    async postOwed() {
      const now = clock.now();
      for (const [id, entry] of [...owed]) if (entry.at <= now) await postOne(id, entry);
    },
  };
}

/** Whose turn it is to post a build's message. */
function leaseOf({ store, pace }: Pick<FirstPostOptions, 'store' | 'pace'>) {
  const who = randomUUID();
  const nameOf = (buildId: string) => `post:${buildId}`;
  return {
    take: (buildId: string) => store.takeLease(nameOf(buildId), who, pace.lease),
    end: (buildId: string) => store.endLease(nameOf(buildId), who).catch(() => {}),
  };
}

/** What another bot has made of it, which took us for dead. */
async function seen(
  buildId: string,
  store: Pick<FirstPostOptions['store'], 'readBuild'>,
): Promise<Announcement> {
  const reference = (await store.readBuild(buildId))?.message ?? null;
  return reference ? { where: 'channel', reference } : { where: 'later' };
}

/** Where it was asked for, or to the person directly where Slack does not take it there. */
async function post(
  build: Build,
  options: Omit<FirstPostOptions, 'chat'> & { chat: FirstPostOptions['promptChat'] },
  sending: Sending,
): Promise<Announcement> {
  const { chat, settings, outlook, attachMessage } = options;
  const { message: whole, lasting } = await liveMessage(build, settings, outlook);
  // Who asked is looking: nobody is called, and an edit brings the names, at the next look at the latest.
  const message = withoutMentions(whole) ?? whole;
  const place = { channel: build.requester.channel, thread: build.requester.thread ?? null };
  const postTo = async (to: Parameters<Chat['post']>[0]): Promise<MessageReference> => {
    try {
      return await sent(sending, () => chat.post(to, message, markOf(build)));
    } catch (error) {
      if (!isOfBlocks(error)) throw error;
      return sent(sending, () => chat.post(to, { ...message, blocks: [] }, markOf(build)));
    }
  };
  let announcement: Extract<Announcement, { reference: MessageReference }>;
  try {
    announcement = { where: 'channel', reference: await postTo(place) };
  } catch (error) {
    if (!isRefused(error)) throw error;
    const channel = await chat.openDirect(build.requester.user);
    const reference = await postTo({ channel, thread: null });
    announcement = { where: 'direct', reference, reason: error.code };
  }
  await keepShown(options, build, withoutMentions(lasting) ?? lasting);
  await attachMessage(build.id, announcement.reference);
  return announcement;
}

async function findOrPost(build: Build, options: FirstPostOptions, owed: Owed): Promise<void> {
  const found = owed.mayHaveArrived ? await findPosted(build, options.chat, owed) : null;
  if (found) return options.attachMessage(build.id, found);
  owed.mayHaveArrived = false;
  // What is posted now may be what the next look has to find.
  owed.isNotThere = false;
  await post(build, options, owed);
}

/** Where it was asked for, or in the direct conversation it went to when we might not write there. */
async function findPosted(
  build: Build,
  chat: FirstPostOptions['chat'],
  owed: Owed,
): Promise<MessageReference | null> {
  const { channel, user, thread } = build.requester;
  const mark = markOf(build);
  const findIn = (place: string) => chat.findInChannel(place, mark, build.createdAt - 60_000);
  const findThere = async () =>
    thread ? (await chat.findInThread({ channel, ts: thread }, mark)).found : findIn(channel);
  const found = owed.isNotThere ? null : await whereReadable(findThere);
  owed.isNotThere = found === null;
  return found ?? (await whereReadable(async () => findIn(await chat.openDirect(user))));
}

function markOf({ id }: Build): Mark {
  return { type: 'conda_ferry_build', id };
}
