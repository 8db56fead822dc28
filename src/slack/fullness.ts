/**
 * Tells operators, directly, that the store is full, and that it has room again: once each, by one of all bots. A
 * notice would have to be recorded, which is what fails.
 */
import { describeFull } from '../answers/fault.ts';
import { isStoreError } from '../domain/errors.ts';
import type { Events } from '../domain/events.ts';
import type { Clock, Store } from '../domain/ports.ts';
import type { Settings } from '../domain/services.ts';
import { messageOf } from './blocks.ts';
import { ChatError } from './chat/error.ts';
import type { Chat } from './chat.ts';
import type { Sending } from './deliveries/delivery.ts';
import type { Pace } from './deliveries/pace.ts';
import { postOnce } from './deliveries/post-once.ts';
import type { Log } from './log.ts';
import { keepDoing } from './loop.ts';

export interface FullnessOptions {
  store: Pick<Store, 'hasRoom' | 'noteFull' | 'noteRoom'>;
  chat: Chat;
  settings: Pick<Settings, 'operators'>;
  /** This host's: that of the store may be away with it. */
  clock: Clock;
  events: Events;
  log: Log;
  pace: Pick<Pace, 'room' | 'backoff'>;
}

const HOUR_MS = 3600_000;

interface Owed {
  to: string;
  notice: { id: string; dueAt: number };
  isOver: boolean;
  sending: Sending;
}

export function createFullness(options: FullnessOptions) {
  const { store, chat, settings, clock, events, log, pace } = options;
  const stopping = new AbortController();
  let working: Promise<void> = Promise.resolve();
  /** Null while it has room, as far as this bot knows. */
  let full: { isNoted: boolean } | null = null;
  let roomSince: number | null = null;
  let owed: Owed[] = [];

  /** Where nobody could note who tells it, each bot looks first whether another one has. */
  function owe(isOver: boolean, isNoted: boolean): void {
    events.emit(isOver ? 'redis-room' : 'redis-full', {});
    const hour = Math.floor(clock.now() / HOUR_MS);
    const notice = { id: `store.${isOver ? 'room' : 'full'}.${hour}`, dueAt: hour * HOUR_MS };
    for (const to of settings.operators) {
      owed.push({ to, notice, isOver, sending: { mayHaveArrived: !isNoted } });
    }
  }

  async function look(): Promise<void> {
    if (!(await store.hasRoom())) {
      roomSince = null;
      if (full !== null) return;
      const isFirst = await store.noteFull();
      full = { isNoted: isFirst !== null };
      if (isFirst !== false) owe(false, full.isNoted);
      return;
    }
    // What is nearly full has room and has none in turn.
    roomSince ??= performance.now();
    if (performance.now() - roomSince < pace.room.steady) return;
    const isFirst = await store.noteRoom();
    const isUnnoted = full?.isNoted === false;
    full = null;
    if (isFirst || isUnnoted) owe(true, !isUnnoted);
  }

  async function send(): Promise<void> {
    const unsent: Owed[] = [];
    for (const each of owed) {
      try {
        const message = messageOf(describeFull(each.isOver));
        await postOnce(each.to, each.notice, message, chat, each.sending);
      } catch (error) {
        if (!(error instanceof ChatError)) throw error;
        if (error.kind !== 'refused') unsent.push(each);
        else log.error({ to: each.to, code: error.code }, 'an operator cannot be told');
      }
    }
    owed = unsent;
  }

  async function step(): Promise<number> {
    try {
      await look();
    } catch (error) {
      // Others tell that it is away.
      if (!isStoreError(error)) throw error;
    }
    await send();
    return pace.room.look;
  }

  return {
    start(): void {
      const complaint = 'whether the store is full is not known';
      const { signal } = stopping;
      working = keepDoing(step, { signal, backoff: pace.backoff, log, complaint });
    },
    async stop(): Promise<void> {
      stopping.abort();
      await working;
    },
  };
}
