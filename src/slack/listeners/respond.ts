/** Slack's own ways back to whoever wrote or pressed: addresses good for half an hour. */
import type { Place } from '../place.ts';

type Respond = (message: {
  response_type: 'ephemeral';
  replace_original: boolean;
  [field: string]: unknown;
}) => Promise<unknown>;

export function responder(respond: unknown): Place['respond'] {
  return async ({ thread, ...message }) => {
    await (respond as Respond)({
      ...message,
      response_type: 'ephemeral',
      // A button's own message must stay.
      replace_original: false,
      ...(thread ? { thread_ts: thread } : {}),
    });
  };
}

export function replacer(respond: unknown): Place['replace'] {
  return async (message) => {
    await (respond as Respond)({
      ...message,
      response_type: 'ephemeral',
      replace_original: true,
    });
  };
}
