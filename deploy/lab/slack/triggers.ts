/** Trigger ids: they open one view, for the person who caused them, within three seconds. */
import { randomBytes } from 'node:crypto';

const TRIGGER_MS = 3000;

export class Triggers {
  readonly #now: () => number;
  readonly #given = new Map<string, { user: string; at: number; used: boolean }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  create(user: string): string {
    const at = this.#now();
    const id = `${at}.${this.#given.size + 1}.${randomBytes(16).toString('hex')}`;
    this.#given.set(id, { user, at, used: false });
    return id;
  }

  /** The person behind the trigger, which is used up; or why it cannot be used. */
  use(id: unknown): { user: string } | { refused: 'unknown' | 'expired' | 'exchanged' } {
    const trigger = typeof id === 'string' ? this.#given.get(id) : undefined;
    if (!trigger) return { refused: 'unknown' };
    if (trigger.used) return { refused: 'exchanged' };
    if (this.#now() - trigger.at > TRIGGER_MS) return { refused: 'expired' };
    trigger.used = true;
    return { user: trigger.user };
  }
}
