/**
 * Whose token it is, asked by the doctor and by a bot that starts. For a bot there are three modes:
 * asking; waiting because Slack is away or busy, then asking again; done, with who we are or with a
 * token Slack does not know, which no waiting mends.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type FerryError, outsideError } from '../../domain/errors.ts';
import { type Call, fieldsOf } from '../chat/call.ts';
import { ChatError, isOfToken, NOT_SLACK } from '../chat/error.ts';
import type { Log } from '../log.ts';

/** What `auth.test` tells of the bot behind the token. */
export interface Identity {
  user: string;
  team: string;
  botUserId: string;
  botId: string;
  /** What the token may do; null where Slack does not say. */
  scopes: readonly string[] | null;
}

const WAIT = { first: 500, longest: 30_000 };
/** Milliseconds until it is said again that Slack is away. */
const SAY_AGAIN = 60_000;

/** Asks once. Rejects with a FerryError: `slack-unreachable`, `slack-elsewhere` or `slack-token-rejected`. */
export async function signIn(call: Call): Promise<Identity> {
  try {
    return await identify(call);
  } catch (error) {
    throw error instanceof ChatError ? whyNot(error) : error;
  }
}

/**
 * Asks as long as Slack is away, and says so once a minute; null when `signal` ended it. Rejects with a
 * FerryError, `slack-token-rejected` or `slack-elsewhere`.
 */
export async function signInPatiently(
  call: Call,
  log: Log,
  signal: AbortSignal,
): Promise<Identity | null> {
  let saidAt = Number.NEGATIVE_INFINITY;
  for (let failures = 0; !signal.aborted; failures += 1) {
    try {
      return await identify(call);
    } catch (error) {
      if (!(error instanceof ChatError) || isFinal(error)) {
        throw error instanceof ChatError ? whyNot(error) : error;
      }
      const growing = WAIT.first * 2 ** failures;
      const wait = Math.min(WAIT.longest, Math.max(error.retryAfter * 1000, growing));
      if (performance.now() - saidAt >= SAY_AGAIN) {
        saidAt = performance.now();
        log.warn({ reason: error.code }, 'Slack does not answer; trying again');
      }
      await sleep(wait, undefined, { signal }).catch(() => {});
    }
  }
  return null;
}

async function identify(call: Call): Promise<Identity> {
  const { user, team, user_id, bot_id, response_metadata } = await call('auth.test', {});
  const text = (field: unknown) => (typeof field === 'string' ? field : '');
  const { scopes } = fieldsOf(response_metadata);
  return {
    ...{ user: text(user), team: text(team), botUserId: text(user_id), botId: text(bot_id) },
    scopes: Array.isArray(scopes) ? scopes.map(String) : null,
  };
}

/** Nothing of Slack's is at this address; waiting does not change that. */
const ELSEWHERE: ReadonlySet<string> = new Set([NOT_SLACK, 'http_404', 'unknown_method']);

/** Whether asking again brings the same answer until somebody mends something. */
const isFinal = ({ kind, code }: ChatError): boolean => kind === 'refused' || ELSEWHERE.has(code);

function whyNot(error: ChatError): FerryError {
  if (!ELSEWHERE.has(error.code) && error.kind === 'refused') {
    return outsideError(
      {
        code: 'slack-token-rejected',
        message: `Slack does not accept the bot token (${error.code}).`,
        suggestion:
          'Copy the Bot User OAuth Token (xoxb-…) from the app’s page, OAuth & Permissions.',
      },
      error,
    );
  }
  return whyNotReached(error);
}

/**
 * Why Socket Mode cannot be opened with an app-level token. Error: `slack-app-token-rejected`,
 * `slack-socket-refused`, or what a bot's sign-in has where Slack is away.
 */
export function whyNoSocket(error: ChatError): FerryError {
  const { kind, code } = error;
  if (kind !== 'refused' || ELSEWHERE.has(code)) return whyNotReached(error);
  if (code === 'missing_scope' || isOfToken(error)) {
    return outsideError(
      {
        code: 'slack-app-token-rejected',
        message: `Slack does not accept the app-level token (${code}).`,
        suggestion:
          'Generate one (xapp-…, scope connections:write) on the app’s page, Basic Information → App-Level Tokens, of the same app as the bot token.',
      },
      error,
    );
  }
  return outsideError(
    {
      code: 'slack-socket-refused',
      message: `Slack opens no socket for this app (${code}).`,
      suggestion: 'Turn on Socket Mode on the app’s page, or set `slack.mode` to `http`.',
    },
    error,
  );
}

function whyNotReached(error: ChatError): FerryError {
  if (ELSEWHERE.has(error.code)) {
    return outsideError(
      {
        code: 'slack-elsewhere',
        message: 'What answers at `slack.apiUrl` is not Slack’s Web API.',
        suggestion:
          'Leave `slack.apiUrl` (and SLACK_API_URL) out, or write `https://slack.com/api/`; a proxy that wants a login answers in its place, too.',
      },
      error,
    );
  }
  const reason = error.cause instanceof Error ? error.cause.message : error.code;
  return outsideError(
    {
      code: 'slack-unreachable',
      message: `Slack does not answer: ${reason.replace(/\.$/, '')}.`,
      suggestion: 'Check `slack.apiUrl`, the network and the proxy.',
      retryable: true,
    },
    error,
  );
}
