/** Response URLs: five uses within thirty minutes, to answer in the place of a command or a click. */
import { randomInt } from 'node:crypto';
import type { Message } from './workspace.ts';

const USES = 5;
const LIFETIME_MS = 30 * 60 * 1000;

export type ResponseTarget = {
  channel: string;
  user: string;
  /**
   * The message the interaction came from: what `replace_original` and `delete_original` mean.
   * A command has none, so its answers are always new messages (slackapi/bolt-python, "Unable to
   * change ephemeral messages with response_url").
   */
  original: Message | null;
};

type Given = ResponseTarget & { at: number; left: number };

export class ResponseUrls {
  readonly #now: () => number;
  readonly #baseUrl: () => string;
  readonly #teamId: string;
  readonly #given = new Map<string, Given>();

  constructor(now: () => number, baseUrl: () => string, teamId: string) {
    this.#now = now;
    this.#baseUrl = baseUrl;
    this.#teamId = teamId;
  }

  create(kind: 'commands' | 'actions', target: ResponseTarget): string {
    const path = `/${kind}/${this.#teamId}/${randomInt(1e12)}/${randomInt(1e12).toString(36)}${randomInt(1e12).toString(36)}`;
    this.#given.set(path, { ...target, at: this.#now(), left: USES });
    return this.#baseUrl() + path;
  }

  isResponsePath(path: string): boolean {
    return path.startsWith('/commands/') || path.startsWith('/actions/');
  }

  /** Counts one use of the URL at `path`; or says why it is of no use any more. */
  use(
    path: string,
  ): { target: ResponseTarget } | { refused: 'invalid_url' | 'expired_url' | 'used_url' } {
    const given = this.#given.get(path);
    if (!given) return { refused: 'invalid_url' };
    if (this.#now() - given.at > LIFETIME_MS) return { refused: 'expired_url' };
    if (given.left <= 0) return { refused: 'used_url' };
    given.left -= 1;
    return { target: given };
  }

  expireAll(): void {
    for (const given of this.#given.values()) given.at = Number.NEGATIVE_INFINITY;
  }
}
