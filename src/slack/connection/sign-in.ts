/**
 * Whose token it is, asked by the doctor and by a bot that starts. For a bot there are three modes:
 * asking; waiting because Slack is away or busy, then asking again; done, with who we are or with a
 * token Slack does not know, which no waiting mends.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type FerryError, outsideError } from '../../domain/errors.ts';
import type { Call } from '../chat/call.ts';
import { ChatError } from '../chat/error.ts';
import type { Log } from '../log.ts';

/** What `auth.test` tells of the bot behind the token. */
export interface Identity {
  user: string;
  team: string;
  botUserId: string;
  botId: string;
}

const WAIT = { first: 500, longest: 30_000 };

/** Asks once. Rejects with a FerryError: `slack-unreachable` or `slack-token-rejected`. */
export async function signIn(call: Call): Promise<Identity> {
  try {
    return await identify(call);
  } catch (error) {
    throw error instanceof ChatError ? whyNot(error) : error;
  }
}

/**
 * Asks as long as Slack is away; null when `signal` ended it. Rejects with a FerryError,
 * `slack-token-rejected`.
 */
export async function signInPatiently(
  call: Call,
  log: Log,
  signal: AbortSignal,
): Promise<Identity | null> {
  for (let failures = 0; !signal.aborted; failures += 1) {
    try {
      return await identify(call);
    } catch (error) {
      if (!(error instanceof ChatError) || error.kind === 'refused') {
        throw error instanceof ChatError ? whyNot(error) : error;
      }
      const growing = WAIT.first * 2 ** failures;
      const wait = Math.min(WAIT.longest, Math.max(error.retryAfter * 1000, growing));
      log.warn({ reason: error.code, wait }, 'Slack does not answer; trying again');
      await sleep(wait, undefined, { signal }).catch(() => {});
    }
  }
  return null;
}

async function identify(call: Call): Promise<Identity> {
  const { user, team, user_id, bot_id } = await call('auth.test', {});
  const text = (field: unknown) => (typeof field === 'string' ? field : '');
  return { user: text(user), team: text(team), botUserId: text(user_id), botId: text(bot_id) };
}

function whyNot(error: ChatError): FerryError {
  if (error.kind === 'refused') {
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
