/** Keeps in the store who is in the user groups that roles name, for whoever asks what a person may. */
import type { Clock, Store } from '../domain/ports.ts';
import { type Role, userGroups } from '../domain/roles.ts';
import type { Chat } from './chat.ts';
import type { Log } from './log.ts';
import { keepDoing } from './loop.ts';

export interface GroupsOptions {
  roles: readonly Role[];
  chat: Pick<Chat, 'membersOfGroup'>;
  store: Pick<Store, 'writeGroup'>;
  clock: Clock;
  log: Log;
}

export interface Groups {
  /** Resolves once each group has been asked for, whatever was answered. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** `usergroups.users.list` is Tier 2: 20 calls a minute for the workspace. */
const EVERY_MS = 5 * 60_000;
const BACKOFF = { first: 1_000, longest: 60_000 };

export function createGroups({ roles, chat, store, clock, log }: GroupsOptions): Groups {
  const ids = userGroups(roles);
  const stopping = new AbortController();
  let working: Promise<void> = Promise.resolve();

  /** What one group answers keeps no other from being asked. */
  async function refresh(): Promise<number> {
    const failed: string[] = [];
    for (const id of ids) {
      try {
        const members = await chat.membersOfGroup(id);
        await store.writeGroup({ id, members, at: clock.now() });
      } catch (error) {
        failed.push(`${id}: ${error}`);
      }
    }
    if (failed.length > 0) throw new Error(failed.join('; '));
    return EVERY_MS;
  }

  return {
    async start() {
      if (ids.length === 0) return;
      const asked = Promise.withResolvers<void>();
      const step = () => refresh().finally(asked.resolve);
      const complaint = 'who is in a user group stays as last known';
      const { signal } = stopping;
      working = keepDoing(step, { signal, backoff: BACKOFF, log, complaint });
      await asked.promise;
    },
    async stop() {
      stopping.abort();
      await working;
    },
  };
}
