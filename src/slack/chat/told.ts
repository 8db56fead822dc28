/** Calls of which the operator hears what Slack makes of them: that it is away, has us wait, or accepts our token no more. */
import { type Events, watchedBy } from '../../domain/events.ts';
import type { Call } from './call.ts';
import { ChatError, isOfToken } from './error.ts';

const WHAT_TO_DO =
  'copy the Bot User OAuth Token (xoxb-…) of the app’s page, OAuth & Permissions, to where the old one is, and start the bot again';

export interface Told {
  call: Call;
  /** Why Slack accepts the token no more, in a few words; null while it does. */
  whyRefused(): string | null;
}

/** `now` in milliseconds, of any clock. */
export function toldOf(call: Call, events: Events, now: () => number): Told {
  let asked = '';
  let refused: string | null = null;
  const sight = watchedBy(now, {
    away: (reason) => events.emit('slack-away', { method: asked, reason }),
    back: (seconds) => events.emit('slack-back', { seconds }),
  });
  const hear = (error: ChatError, method: string) => {
    if (error.kind === 'unavailable') {
      asked = method;
      sight.away(error.code);
      return;
    }
    sight.back();
    if (error.kind === 'busy') {
      events.emit('slack-limited', { method, seconds: error.retryAfter });
    }
    if (isOfToken(error)) {
      const isKnown = refused !== null;
      refused = `does not accept the bot token (${error.code})`;
      const reason = `Slack ${refused}: ${WHAT_TO_DO}`;
      if (!isKnown) events.emit('slack-token-refused', { method, reason });
    }
  };
  return {
    whyRefused: () => refused,
    async call(method, args) {
      try {
        const answer = await call(method, args);
        sight.back();
        refused = null;
        return answer;
      } catch (error) {
        if (error instanceof ChatError) hear(error, method);
        throw error;
      }
    },
  };
}
