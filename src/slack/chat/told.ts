/** Calls of which the operator hears what Slack makes of them: that it is away, and that it has us wait. */
import { type Events, watchedBy } from '../../domain/events.ts';
import type { Call } from './call.ts';
import { ChatError } from './error.ts';

/** `now` in milliseconds, of any clock. */
export function toldOf(call: Call, events: Events, now: () => number): Call {
  let asked = '';
  const sight = watchedBy(now, {
    away: (reason) => events.emit('slack-away', { method: asked, reason }),
    back: (seconds) => events.emit('slack-back', { seconds }),
  });
  return async (method, args) => {
    try {
      const answer = await call(method, args);
      sight.back();
      return answer;
    } catch (error) {
      if (!(error instanceof ChatError)) throw error;
      if (error.kind === 'unavailable') {
        asked = method;
        sight.away(error.code);
      } else {
        sight.back();
      }
      if (error.kind === 'busy') {
        events.emit('slack-limited', { method, seconds: error.retryAfter });
      }
      throw error;
    }
  };
}
