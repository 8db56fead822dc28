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
 * once. Slack or the store being away leaves a message dirty, and every edit waits.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Build, hasLine, isSettled, type MessageReference } from '../../domain/build.ts';
import type { Outlook } from '../../domain/estimate.ts';
import type { Clock, Store } from '../../domain/ports.ts';
import type { Settings } from '../../domain/services.ts';
import { ChatError } from '../chat/error.ts';
import type { Chat } from '../chat.ts';
import type { Log } from '../log.ts';
import { createBell, keepDoing } from '../loop.ts';
import type { Shown } from '../shown.ts';
import { type LiveMessage, liveMessage } from './live-message.ts';
import type { Pace } from './pace.ts';
import { createWaiting, type Waiting } from './waiting.ts';

export interface LiveEditOptions {
  store: Pick<Store, 'readBuild'>;
  chat: Pick<Chat, 'edit'>;
  settings: Settings;
  outlook(build: Build): Promise<Outlook | null>;
  /** Build → its live message as people see it. */
  shown: Shown;
  pace: Pace;
  clock: Clock;
  log: Log;
}

export interface LiveEdits {
  /** A build has changed. */
  mark(buildId: string): void;
  /** Edits until `signal`; `wake` then ends its waiting for a change. */
  work(signal: AbortSignal): Promise<void>;
  wake(): void;
}

interface Dirty {
  build: Build;
  /** Number of the change that was read. */
  change: number;
  reference: MessageReference;
}

export function createLiveEdits(options: LiveEditOptions): LiveEdits {
  const { chat, settings, shown, pace, clock, log } = options;
  const bell = createBell();
  const changes = createChanges();
  const gone = new Set<string>();
  const waiting = createWaiting();

  /** Edits the most urgent message. Answers how long to wait before the next; rejects when Slack or the store is away. */
  async function editNext(): Promise<number> {
    const seen = changes.count();
    const [next] = await readDirty({ changes, gone, waiting }, options);
    if (!next) return 0;
    const { build, change, reference } = next;
    const { message, lasting } = await liveMessage(build, settings, options.outlook);
    if (shown.isSame(build.id, lasting)) {
      changes.forget(build.id, change);
      return 0;
    }
    const since = clock.now() - shown.at(build.id);
    // The list is ordered by urgency: nobody behind this one may go earlier.
    if (!isUrgent(build) && since < pace.betweenEdits) return rest(pace.betweenEdits - since, seen);
    try {
      await chat.edit(reference, message);
    } catch (error) {
      if (!(error instanceof ChatError) || error.kind === 'unavailable') throw error;
      if (error.kind === 'refused') return afterRefusal(next, { message, lasting }, error);
      return error.retryAfter * 1000;
    }
    changes.forget(build.id, change);
    shown.keep(build.id, lasting);
    return 0;
  }

  /** Ends early where a change after those seen is urgent, or nobody goes on. */
  async function rest(milliseconds: number, seen: number): Promise<number> {
    const ended = new AbortController();
    const slept = sleep(milliseconds, true, { signal: ended.signal }).catch(() => true);
    try {
      for (let [looked, isOver] = [seen, false]; !isOver; ) {
        const ids = changes.after(looked);
        looked = changes.count();
        const builds = await Promise.all(ids.map((id) => options.store.readBuild(id)));
        if (builds.some((build) => build && isUrgent(build))) return 0;
        if (changes.count() > looked) continue;
        isOver = await Promise.race([slept, bell.heard().then(() => changes.count() === looked)]);
      }
      return 0;
    } finally {
      ended.abort();
    }
  }

  async function afterRefusal(
    { build, change, reference }: Dirty,
    { message, lasting }: LiveMessage,
    { code }: ChatError,
  ): Promise<number> {
    log.error({ build: build.id, code }, 'the live message cannot be edited');
    changes.forget(build.id, change);
    if (/block|msg_too_long|invalid_arguments/.test(code)) {
      // A message Slack does not like is our mistake; people still learn the state from its text.
      shown.keep(build.id, lasting);
      await chat.edit(reference, { ...message, blocks: [] });
    } else {
      gone.add(addressOf(reference));
    }
    return 0;
  }

  return {
    mark(buildId) {
      changes.add(buildId);
      bell.ring();
    },
    wake: bell.ring,
    work(signal) {
      const step = async (): Promise<number> => {
        if (changes.isEmpty()) await bell.heard();
        return signal.aborted ? 0 : editNext();
      };
      const complaint = 'live messages have to wait';
      return keepDoing(step, { signal, backoff: pace.backoff, log, complaint });
    },
  };
}

/** Builds that changed, each with the number of its newest change. */
function createChanges() {
  const newest = new Map<string, number>();
  let count = 0;
  return {
    add(buildId: string): void {
      count += 1;
      newest.set(buildId, count);
    },
    after: (seen: number): string[] =>
      [...newest].flatMap(([id, change]) => (change > seen ? [id] : [])),
    /** The number of the newest. */
    count: (): number => count,
    isEmpty: (): boolean => newest.size === 0,
    all: (): [string, number][] => [...newest],
    /** Forgets the change that was looked at, but not one that came after it. */
    forget(buildId: string, change: number): void {
      if (newest.get(buildId) === change) newest.delete(buildId);
    },
  };
}

/** Dirty builds that have a message, the most urgent first. */
async function readDirty(
  {
    changes,
    gone,
    waiting,
  }: {
    changes: ReturnType<typeof createChanges>;
    gone: ReadonlySet<string>;
    waiting: Waiting;
  },
  { store, shown }: LiveEditOptions,
): Promise<Dirty[]> {
  const found: Dirty[] = [];
  for (const [id, change] of changes.all()) {
    const build = await store.readBuild(id);
    const reference = build?.message ?? null;
    if (build) for (const other of waiting.see(build)) changes.add(other);
    if (build && reference && !gone.has(addressOf(reference)))
      found.push({ build, change, reference });
    else changes.forget(id, change);
  }
  const rank = ({ build }: Dirty) => (isUrgent(build) && !build.verifying ? 0 : 1);
  const lastAt = ({ build }: Dirty) => shown.at(build.id);
  return found.sort((left, right) => rank(left) - rank(right) || lastAt(left) - lastAt(right));
}

/** Somebody waits for what it says now: its line, or its end. */
function isUrgent(build: Build): boolean {
  return isSettled(build) || hasLine(build);
}

function addressOf({ channel, ts }: MessageReference): string {
  return `${channel} ${ts}`;
}
