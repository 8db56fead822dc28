/**
 * What is used of Bolt 5, and how all of it is set up alike; the only file that imports it.
 */
import { type Logger, LogLevel, type webApi } from '@slack/bolt';
import { withoutSecrets } from '../../domain/secrets.ts';
import type { Log } from '../log.ts';

export {
  App,
  type BlockAction,
  HTTPModuleFunctions,
  HTTPReceiver,
  isValidSlackRequest,
  type Logger,
  type RespondFn,
  SocketModeReceiver,
  webApi,
} from '@slack/bolt';

/** The bot's token, and where the Web API is. */
export interface Access {
  /** `xoxb-…` */
  botToken: string;
  /** Null for Slack itself. */
  apiUrl: string | null;
}

/** Milliseconds one call of the Web API may take. */
export const CALL_TIMEOUT = 15_000;

export function apiUrlOf({ apiUrl }: Pick<Access, 'apiUrl'>): string {
  return apiUrl ?? 'https://slack.com/api/';
}

/** A new object each time: clients write into it. */
export function clientOptions(
  access: Pick<Access, 'apiUrl'>,
  logger: Logger,
): webApi.WebClientOptions {
  return {
    slackApiUrl: apiUrlOf(access),
    logger,
    timeout: CALL_TIMEOUT,
    // A message whose confirmation was lost may have arrived: whoever sent it decides.
    retryConfig: { retries: 0 },
    // Otherwise one busy method holds up all the others of this client.
    rejectRateLimitedCalls: true,
    allowAbsoluteUrls: false,
    // No `headers` here: the client adds its token to them, and the next client sends that one.
  };
}

/** Bolt's own warnings in our log, without the tokens it likes to quote. */
export function boltLogger(log: Log): Logger {
  const text = (parts: unknown[]) => withoutSecrets(parts.map(String).join(' '), 'log');
  return {
    debug: () => {},
    info: () => {},
    warn: (...parts) => log.warn({ from: 'bolt' }, text(parts)),
    error: (...parts) => log.error({ from: 'bolt' }, text(parts)),
    setLevel: () => {},
    getLevel: () => LogLevel.INFO,
    setName: () => {},
  };
}
