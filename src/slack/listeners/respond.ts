/** Slack's own ways back to whoever wrote or pressed: addresses good for half an hour. */
import type { RespondFn } from '../connection/bolt.ts';
import type { Place } from '../place.ts';

export function responder(respond: RespondFn): Place['respond'] {
  return async ({ thread, ...message }) => {
    await respond({
      ...message,
      response_type: 'ephemeral',
      // A button's own message must stay.
      replace_original: false,
      ...(thread ? { thread_ts: thread } : {}),
    });
  };
}

export function replacer(respond: RespondFn): Place['replace'] {
  return async (message) => {
    await respond({ ...message, response_type: 'ephemeral', replace_original: true });
  };
}
