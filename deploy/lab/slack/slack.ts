/** What every part of the emulator shares: the world, its clocks and tickets, and its rules. */
import type { Faults } from './faults.ts';
import type { RateLimits } from './rate-limits.ts';
import type { Recorder } from './record.ts';
import type { ResponseUrls } from './response-urls.ts';
import type { SocketMode } from './socket-mode.ts';
import type { Triggers } from './triggers.ts';
import type { Workspace } from './workspace.ts';

export type Slack = {
  workspace: Workspace;
  triggers: Triggers;
  responseUrls: ResponseUrls;
  socketMode: SocketMode;
  faults: Faults;
  /** Null when rate limits are switched off. */
  rateLimits: RateLimits | null;
  record: Recorder;
  botToken: string;
  appToken: string;
  revokedTokens: Set<string>;
  /** OAuth scopes the bot token was granted. */
  scopes: Set<string>;
  /** `http://127.0.0.1:port`, without a slash at the end. */
  baseUrl: () => string;
  /** Where the app is reached over HTTP; null in Socket Mode. */
  requestUrl: () => string | null;
};

/** An error by Slack's own name: becomes `{ ok: false, error }`. */
export class ApiError extends Error {
  readonly code: string;
  readonly details: Record<string, unknown>;

  constructor(code: string, details: Record<string, unknown> = {}) {
    super(code);
    this.code = code;
    this.details = details;
  }
}

/** An error with Slack's list of sentences (`[ERROR] … [json-pointer:…]`). */
export const refusedBecause = (code: string, messages: string[]): ApiError =>
  new ApiError(code, {
    ...(code === 'invalid_blocks' ? { errors: messages } : {}),
    response_metadata: { messages },
  });
