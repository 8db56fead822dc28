/**
 * Keeps Slack in step with the builds, whatever Slack does meanwhile.
 *
 * Live messages: a change marks its build dirty; what is sent is always the newest state, so
 * changes that come faster than Slack takes them fall together. All edits share one allowance
 * (`chat.update` is Tier 3, 50 a minute for the whole workspace), ended builds go first, and a
 * message that would look the same is not sent.
 *
 * Notices: the outbox in the store. One is leased, looked for in its conversation (the reply to
 * an earlier attempt may have been lost), posted, settled. Slack being away only delays them.
 */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeSettled } from '../answers/settled.ts';
import type { Build, MessageReference } from '../domain/build.ts';
import { isSettled } from '../domain/build.ts';
import type { Clock, Notice, Store } from '../domain/ports.ts';
import type { Settings } from '../domain/services.ts';
import { type Message, messageOf, renderMessage } from './blocks.ts';
import { createBudget } from './budget.ts';
import { type Chat, ChatError, isNoEntry, type Mark } from './chat.ts';
import type { Log } from './log.ts';

export interface DeliveryOptions {
  store: Pick<
    Store,
    | 'watch'
    | 'readBuild'
    | 'listBuilds'
    | 'dueNotices'
    | 'leaseNotice'
    | 'postponeNotice'
    | 'settleNotice'
  >;
  chat: Chat;
  settings: Settings;
  attachMessage(buildId: string, message: MessageReference): Promise<void>;
  clock: Clock;
  log: Log;
  pace?: Partial<Pace>;
}

/** Milliseconds, but for the allowance of edits. */
export interface Pace {
  edits: { burst: number; perMinute: number };
  /** Between two edits of one message that is not final. */
  betweenEdits: number;
  /** Between two looks into the outbox. */
  outbox: number;
  /** First and longest wait while Slack or the store is away. */
  backoff: { first: number; longest: number };
  /** Between two looks at all recent builds, for changes nobody told us of. */
  resync: number;
  /** How long one process may take to send something before another may try. */
  lease: number;
}

const PACE: Pace = {
  edits: { burst: 10, perMinute: 40 },
  betweenEdits: 1_000,
  outbox: 2_000,
  backoff: { first: 1_000, longest: 60_000 },
  resync: 30_000,
  lease: 60_000,
};

/** What became of a new build's message: in the channel, in a direct conversation, or not yet. */
export type Announcement =
  | { where: 'channel'; reference: MessageReference }
  | { where: 'direct'; reference: MessageReference; reason: string }
  | { where: 'later'; reason: string };

export interface Deliveries {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Posts the live message of a new build. Never rejects: what fails now is tried again. */
  announce(build: Build, thread: string | null): Promise<Announcement>;
}

interface Dirty {
  build: Build;
  /** Number of the change that was read. */
  change: number;
  reference: MessageReference;
}

/** A message that nobody saw for this long after its build ended is not worth an edit any more. */
const STALE_AFTER = 24 * 60 * 60_000;
/** A thread reply waits this long for its live message, then goes to the person directly. */
const WAIT_FOR_MESSAGE = 10 * 60_000;
const MOST_RECENT = 200;

export function createDeliveries(options: DeliveryOptions): Deliveries {
  const { store, chat, settings, clock, log } = options;
  const pace: Pace = { ...PACE, ...options.pace };
  const budget = createBudget({ ...pace.edits, now: clock.now });
  /** Build id → number of its newest change, so that a change during an edit is not forgotten. */
  const dirty = new Map<string, number>();
  let changes = 0;
  const sent = new Map<string, { digest: string; at: number }>();
  /** Messages that are deleted or closed to us; not to be tried again. */
  const gone = new Set<string>();
  const unposted = new Map<string, { thread: string | null; at: number; failures: number }>();
  const noticeFailures = new Map<string, number>();
  let syncedAt = 0;
  const stopping = new AbortController();
  let wake = Promise.withResolvers<void>();
  let unwatch: () => Promise<void> = async () => {};
  let loops: Promise<unknown> = Promise.resolve();

  const mark = (buildId: string): void => {
    changes += 1;
    dirty.set(buildId, changes);
    wake.resolve();
  };

  /** Forgets the change that was looked at, but not one that came after it. */
  const unmark = (buildId: string, change: number | undefined): void => {
    if (dirty.get(buildId) === change) dirty.delete(buildId);
  };

  const backoff = (failures: number): number =>
    Math.min(pace.backoff.longest, pace.backoff.first * 2 ** Math.min(failures, 16));

  async function editLoop(): Promise<void> {
    let failures = 0;
    while (!stopping.signal.aborted) {
      if (dirty.size === 0) {
        wake = Promise.withResolvers<void>();
        await wake.promise;
        continue;
      }
      try {
        const wait = await editNext();
        failures = 0;
        if (wait > 0) await rest(wait, stopping.signal);
      } catch (error) {
        const wait = backoff(failures);
        failures += 1;
        log.warn({ error: String(error), wait }, 'live messages have to wait');
        await rest(wait, stopping.signal);
      }
    }
  }

  /** Edits the most urgent message. Returns how long to wait before the next; throws when Slack or the store is away. */
  async function editNext(): Promise<number> {
    const [next] = await readDirty();
    if (!next) return 0;
    const { build, change, reference } = next;
    const message = renderLive(build);
    const digest = digestOf(message);
    if (sent.get(build.id)?.digest === digest) {
      unmark(build.id, change);
      return 0;
    }
    const since = clock.now() - (sent.get(build.id)?.at ?? 0);
    // The list is ordered by urgency: nobody behind this one may go earlier.
    if (!isSettled(build) && since < pace.betweenEdits) return pace.betweenEdits - since;
    const wait = budget.take();
    if (wait > 0) return wait;
    try {
      await chat.edit(reference, message);
    } catch (error) {
      if (!(error instanceof ChatError)) throw error;
      return afterFailedEdit(next, message, error);
    }
    unmark(build.id, change);
    remember(build.id, digest);
    return 0;
  }

  async function afterFailedEdit(
    { build, change, reference }: Dirty,
    message: Message,
    error: ChatError,
  ): Promise<number> {
    if (error.kind === 'unavailable') throw error;
    if (error.kind === 'busy') {
      budget.pause(error.retryAfter * 1000);
      return error.retryAfter * 1000;
    }
    log.error({ build: build.id, code: error.code }, 'the live message cannot be edited');
    unmark(build.id, change);
    if (/block|msg_too_long|invalid_arguments/.test(error.code)) {
      // A message Slack does not like is our mistake; people still learn the state from its text.
      remember(build.id, digestOf(message));
      await chat.edit(reference, { ...message, blocks: [] });
    } else {
      gone.add(placeOf(reference));
    }
    return 0;
  }

  /** Dirty builds that have a message, the most urgent first. */
  async function readDirty(): Promise<Dirty[]> {
    const found: Dirty[] = [];
    for (const [id, change] of [...dirty]) {
      const build = await store.readBuild(id);
      const reference = build?.message ?? null;
      if (build && reference && !gone.has(placeOf(reference)))
        found.push({ build, change, reference });
      else unmark(id, change);
    }
    const rank = ({ build }: Dirty) => (isSettled(build) && !build.verifying ? 0 : 1);
    const lastAt = ({ build }: Dirty) => sent.get(build.id)?.at ?? 0;
    return found.sort((left, right) => rank(left) - rank(right) || lastAt(left) - lastAt(right));
  }

  function renderLive(build: Build): Message {
    return renderMessage({ kind: 'build', build, audience: 'channel' }, settings);
  }

  function remember(buildId: string, digest: string): void {
    sent.delete(buildId);
    sent.set(buildId, { digest, at: clock.now() });
    const oldest = sent.keys().next().value;
    if (sent.size > 1000 && oldest !== undefined) sent.delete(oldest);
  }

  /** What nobody may know of yet: changes during a stop, or while the store's watch was cut. */
  async function markRecent(): Promise<void> {
    const now = clock.now();
    syncedAt = now;
    for (const build of await store.listBuilds({ limit: MOST_RECENT })) {
      const stale = isSettled(build) && now - (build.finishedAt ?? 0) > STALE_AFTER;
      if (build.message && !stale) mark(build.id);
      // Its announcer may be another process that is at it right now; look a little later.
      if (!build.message && !isSettled(build) && !unposted.has(build.id)) {
        unposted.set(build.id, { thread: null, at: now + pace.lease, failures: 1 });
      }
    }
  }

  async function announce(build: Build, thread: string | null): Promise<Announcement> {
    try {
      return await announceNow(build, thread);
    } catch (error) {
      if (!(error instanceof ChatError))
        log.error({ error: String(error), build: build.id }, 'a new build has no message yet');
      const code = error instanceof ChatError ? error.code : 'internal';
      unposted.set(build.id, { thread, at: clock.now() + backoff(0), failures: 1 });
      return { where: 'later', reason: code };
    }
  }

  async function announceNow(build: Build, thread: string | null): Promise<Announcement> {
    const message = renderLive(build);
    const place = { channel: build.requester.channel, thread };
    const buildMark: Mark = { type: 'conda_ferry_build', id: build.id };
    let announcement: Announcement;
    try {
      announcement = { where: 'channel', reference: await chat.post(place, message, buildMark) };
    } catch (error) {
      if (!isNoEntry(error)) throw error;
      const channel = await chat.openDirect(build.requester.user);
      const reference = await chat.post({ channel, thread: null }, message, buildMark);
      announcement = { where: 'direct', reference, reason: error.code };
    }
    remember(build.id, digestOf(message));
    await options.attachMessage(build.id, announcement.reference);
    return announcement;
  }

  /** Messages that could not be posted, or whose posting nobody confirmed. */
  async function postMissing(): Promise<void> {
    const now = clock.now();
    for (const [id, entry] of [...unposted]) {
      if (entry.at > now) continue;
      const build = await store.readBuild(id);
      if (!build || build.message || !isConversation(build.requester.channel)) {
        unposted.delete(id);
        continue;
      }
      try {
        const found = await findPosted(build, entry.thread);
        if (found) await options.attachMessage(id, found);
        else await announceNow(build, entry.thread);
        unposted.delete(id);
        mark(id);
      } catch (error) {
        if (error instanceof ChatError && error.kind === 'refused') {
          unposted.delete(id);
          log.error({ build: id, code: error.code }, 'the message of a build cannot be posted');
          continue;
        }
        unposted.set(id, {
          ...entry,
          failures: entry.failures + 1,
          at: now + backoff(entry.failures),
        });
      }
    }
  }

  async function findPosted(build: Build, thread: string | null): Promise<MessageReference | null> {
    const { channel } = build.requester;
    const wanted: Mark = { type: 'conda_ferry_build', id: build.id };
    return whereReadable(async () =>
      thread
        ? (await chat.findInThread({ channel, ts: thread }, wanted)).found
        : await chat.findInChannel(channel, wanted, build.createdAt - 60_000),
    );
  }

  async function outboxLoop(): Promise<void> {
    let failures = 0;
    while (!stopping.signal.aborted) {
      try {
        if (clock.now() - syncedAt >= pace.resync) await markRecent();
        await postMissing();
        for (const notice of await store.dueNotices(clock.now(), 20)) {
          if (stopping.signal.aborted) return;
          if (await store.leaseNotice(notice.id, clock.now() + pace.lease)) await send(notice);
        }
        failures = 0;
        await rest(pace.outbox, stopping.signal);
      } catch (error) {
        const wait = backoff(failures);
        failures += 1;
        log.warn({ error: String(error), wait }, 'notices have to wait');
        await rest(wait, stopping.signal);
      }
    }
  }

  /** Rejects only when the store is away. */
  async function send(notice: Notice): Promise<void> {
    const build = await store.readBuild(notice.buildId);
    if (!build || !isConversation(build.requester.channel)) return store.settleNotice(notice.id);
    if (
      notice.target === 'thread' &&
      !build.message &&
      clock.now() - notice.dueAt < WAIT_FOR_MESSAGE
    ) {
      return store.postponeNotice(notice.id, clock.now() + pace.outbox);
    }
    try {
      await deliver(notice, build);
    } catch (error) {
      if (!(error instanceof ChatError)) throw error;
      if (error.kind !== 'refused') {
        const failures = noticeFailures.get(notice.id) ?? 0;
        noticeFailures.set(notice.id, failures + 1);
        const wait = error.kind === 'busy' ? error.retryAfter * 1000 : backoff(failures);
        return store.postponeNotice(notice.id, clock.now() + wait);
      }
      log.error({ notice: notice.id, code: error.code }, 'a notice cannot be delivered');
    }
    noticeFailures.delete(notice.id);
    await store.settleNotice(notice.id);
  }

  async function deliver(notice: Notice, build: Build): Promise<void> {
    const message = noticeMessage(build);
    const wanted: Mark = { type: 'conda_ferry_notice', id: notice.id };
    if (notice.target === 'thread' && build.message) {
      try {
        const reference = build.message;
        const seen = await whereReadable(() => chat.findInThread(reference, wanted));
        if (seen?.found) return;
        const place = { channel: reference.channel, thread: seen?.thread ?? reference.ts };
        await chat.post(place, message, wanted);
        return;
      } catch (error) {
        if (!isNoEntry(error) && !isDeleted(error)) throw error;
      }
    }
    const channel = await chat.openDirect(build.requester.user);
    const since = (build.finishedAt ?? build.createdAt) - 60_000;
    const seen = await whereReadable(() => chat.findInChannel(channel, wanted, since));
    if (!seen) await chat.post({ channel, thread: null }, message, wanted);
  }

  function noticeMessage(build: Build): Message {
    const message = messageOf(describeSettled(build, settings));
    const { user } = build.requester;
    // Clients that show only the text must notify all the same.
    return /^[UW][A-Z0-9]+$/.test(user)
      ? { ...message, text: `<@${user}> ${message.text}` }
      : message;
  }

  return {
    announce,
    async start() {
      unwatch = await store.watch(mark);
      await markRecent();
      loops = Promise.all([editLoop(), outboxLoop()]);
    },
    async stop() {
      stopping.abort();
      wake.resolve();
      await unwatch().catch(() => {});
      await loops;
    },
  };
}

/** Reading a conversation may not be granted to us; then we cannot know, and go on. */
async function whereReadable<T>(find: () => Promise<T>): Promise<T | null> {
  try {
    return await find();
  } catch (error) {
    if (error instanceof ChatError && error.kind === 'refused') return null;
    throw error;
  }
}

function isDeleted(error: unknown): boolean {
  return error instanceof ChatError && /^(thread|message)_not_found$/.test(error.code);
}

/** Builds asked for in a terminal have no conversation in Slack. */
function isConversation(channel: string): boolean {
  return /^[CDG][A-Z0-9]{2,30}$/.test(channel);
}

function digestOf(message: Message): string {
  return createHash('sha256').update(JSON.stringify(message)).digest('base64');
}

function placeOf({ channel, ts }: MessageReference): string {
  return `${channel} ${ts}`;
}

async function rest(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => {});
}
