/**
 * Keeps live messages as their builds are. A message is in one of four modes:
 *
 * - in step: it shows what the record says; a change of its build makes it dirty;
 * - dirty: it is edited when its turn comes, to the newest state, so changes that come faster than
 *   Slack takes them fall together; then it is in step, unless another change came meanwhile;
 * - in words only: Slack did not like its blocks, so this state is told by its text alone; the next
 *   change makes it dirty as any other;
 * - gone: deleted or closed to us; nothing is tried again.
 *
 * All edits share one allowance (chat/paced.ts); builds that have ended or have their line go first, at
 * once. Slack or the store being away leaves a message dirty, and every edit waits. What was shown last is
 * in the store, so that nobody repeats it after a restart.
 */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Build, hasLine, isSettled, type MessageReference } from '../../domain/build.ts';
import type { Outlook } from '../../domain/estimate.ts';
import type { Clock, ShownMessage, Store } from '../../domain/ports.ts';
import type { Settings } from '../../domain/services.ts';
import type { Message } from '../blocks.ts';
import { ChatError, isOfBlocks } from '../chat/error.ts';
import type { Chat } from '../chat.ts';
import { LOST } from '../leading.ts';
import type { Log } from '../log.ts';
import { createBell, keepDoing } from '../loop.ts';
import { createDirty, type Seen } from './dirty.ts';
import { type LiveMessage, liveMessage } from './live-message.ts';
import type { Pace } from './pace.ts';
import { readableBuild } from './readable-build.ts';
import { createWaiting } from './waiting.ts';

export interface LiveEditOptions {
  store: Pick<Store, 'readBuild' | 'updateBuild' | 'readShown' | 'writeShown'>;
  chat: Pick<Chat, 'edit'>;
  settings: Settings;
  outlook(build: Build): Promise<Outlook | null>;
  /** A suspected build has no message: whoever was to post it may have gone away. */
  unposted?(build: Build): void;
  pace: Pace;
  clock: Clock;
  log: Log;
}

export interface LiveEdits {
  /** A build has changed. */
  mark(buildId: string): void;
  /** A build may have changed while nobody listened. */
  suspect(buildId: string): void;
  /** Edits until `signal`. */
  work(signal: AbortSignal): Promise<void>;
}

export function createLiveEdits(options: LiveEditOptions): LiveEdits {
  const { store, chat, settings, pace, clock, log } = options;
  const bell = createBell();
  const dirty = createDirty();
  const gone = new Set<string>();
  const waiting = createWaiting();

  const readBuild = (id: string) => readableBuild(id, options);

  /** Edits the most urgent message. Answers how long to wait before the next; rejects when Slack or the store is away. */
  async function editNext(signal: AbortSignal): Promise<number> {
    const count = dirty.count();
    const read = await lookAround();
    const next = dirty.next();
    if (!next) return 0;
    const build = read.get(next.id) ?? (await readBuild(next.id));
    if (!build?.message) {
      dirty.forget(next);
      return 0;
    }
    const { message, lasting } = await liveMessage(build, settings, options.outlook);
    const shown = await store.readShown(build.id);
    if (shown?.digest === digestOf(lasting)) {
      dirty.forget(next);
      return 0;
    }
    const since = clock.now() - (shown?.at ?? 0);
    // Nothing was shown later than now: the clock was set back since.
    const isTooSoon = since >= 0 && since < pace.betweenEdits;
    // The list is ordered by urgency: nobody behind this one may go earlier.
    if (!isUrgent(build) && isTooSoon) return rest(pace.betweenEdits - since, count);
    if (signal.aborted) return 0;
    try {
      await chat.edit(build.message, message).finally(async () => {
        if (signal.reason === LOST) await disown(build);
      });
    } catch (error) {
      if (!(error instanceof ChatError) || error.kind === 'unavailable') throw error;
      if (error.kind === 'busy') return error.retryAfter * 1000;
      dirty.forget(next);
      await afterRefusal(build, build.message, { message, lasting }, error);
      return 0;
    }
    dirty.forget(next);
    if (signal.reason !== LOST) await keepShown(options, build, lasting);
    return 0;
  }

  /**
   * Another bot may have told something newer before our edit: what is shown is not known any more, and
   * whoever tells of the builds now hears of a change.
   */
  async function disown({ id }: Build): Promise<void> {
    try {
      await store.writeShown(id, { digest: '', at: clock.now(), isEnd: false });
      await store.updateBuild(id, (build) => build);
    } catch (error) {
      log.warn({ build: id, error: String(error) }, 'a live message may show what is past');
    }
  }

  /** Looks once at each build that changed since the last time; answers those. */
  async function lookAround(): Promise<Map<string, Build>> {
    const read = new Map<string, Build>();
    for (const seen of dirty.unseen()) {
      const build = await readBuild(seen.id);
      // The turn of one that has changed itself comes anyway, and maybe first.
      const moved = build ? waiting.see(build) : [];
      for (const other of moved) if (!dirty.has(other)) dirty.mark(other, true);
      if (build && !build.message && !seen.isHeard) options.unposted?.(build);
      if (!build?.message || gone.has(addressOf(build.message))) {
        dirty.forget(seen);
        continue;
      }
      const shown = await store.readShown(seen.id);
      dirty.see(seen, { rank: rankOf(build, seen, shown), shownAt: shown?.at ?? 0 });
      read.set(seen.id, build);
    }
    return read;
  }

  /** Ends early where a change after those seen is urgent, or nobody goes on. */
  async function rest(milliseconds: number, seen: number): Promise<number> {
    const ended = new AbortController();
    const slept = sleep(milliseconds, true, { signal: ended.signal }).catch(() => true);
    try {
      for (let [looked, isOver] = [seen, false]; !isOver; ) {
        const ids = dirty.after(looked);
        looked = dirty.count();
        const builds = await Promise.all(ids.map(readBuild));
        if (builds.some((build) => build && isUrgent(build))) return 0;
        if (dirty.count() > looked) continue;
        isOver = await Promise.race([slept, bell.heard().then(() => dirty.count() === looked)]);
      }
      return 0;
    } finally {
      ended.abort();
    }
  }

  async function afterRefusal(
    build: Build,
    reference: MessageReference,
    { message, lasting }: LiveMessage,
    error: ChatError,
  ): Promise<void> {
    log.error({ build: build.id, code: error.code }, 'the live message cannot be edited');
    if (isOfBlocks(error)) {
      // A message Slack does not like is our mistake; people still learn the state from its text.
      await keepShown(options, build, lasting);
      await chat.edit(reference, { ...message, blocks: [] });
    } else {
      gone.add(addressOf(reference));
    }
  }

  function mark(buildId: string, isHeard: boolean): void {
    dirty.mark(buildId, isHeard);
    bell.ring();
  }

  return {
    mark: (buildId) => mark(buildId, true),
    suspect: (buildId) => mark(buildId, false),
    work(signal) {
      signal.addEventListener('abort', bell.ring, { once: true });
      const step = async (): Promise<number> => {
        if (dirty.isEmpty()) await bell.heard();
        return signal.aborted ? 0 : editNext(signal);
      };
      const complaint = 'live messages have to wait';
      return keepDoing(step, { signal, backoff: pace.backoff, log, complaint });
    },
  };
}

/** A state that people see, in short. */
function digestOf(lasting: Message): string {
  return createHash('sha256').update(JSON.stringify(lasting)).digest('base64');
}

/** Not kept, it costs an edit that says nothing new. */
export async function keepShown(
  {
    store,
    clock,
    log,
  }: Pick<LiveEditOptions, 'clock' | 'log'> & { store: Pick<Store, 'writeShown'> },
  build: Build,
  lasting: Message,
): Promise<void> {
  const shown = { digest: digestOf(lasting), at: clock.now(), isEnd: isSettled(build) };
  try {
    await store.writeShown(build.id, shown);
  } catch (error) {
    log.warn({ build: build.id, error: String(error) }, 'what was shown of a build is not kept');
  }
}

/** An end or a line that its message does not say yet comes first, what may be as it was last. */
function rankOf(build: Build, { isHeard }: Seen, shown: ShownMessage | null): number {
  if (build.verifying) return 1;
  if (hasLine(build)) return 0;
  if (!isSettled(build)) return 1;
  const isNews = shown === null ? isHeard : !shown.isEnd;
  if (isNews) return 0;
  return isHeard ? 1 : 2;
}

/** Somebody waits for what it says now: its line, or its end. */
function isUrgent(build: Build): boolean {
  return isSettled(build) || hasLine(build);
}

function addressOf({ channel, ts }: MessageReference): string {
  return `${channel} ${ts}`;
}
