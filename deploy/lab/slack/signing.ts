/** Slack's request signature, version 0. */
import { createHmac } from 'node:crypto';

/** The headers that prove `body` comes from Slack; `seconds` is the time of sending, since 1970. */
export function signatureHeaders(
  secret: string,
  body: string,
  seconds: number,
): Record<string, string> {
  const digest = createHmac('sha256', secret).update(`v0:${seconds}:${body}`).digest('hex');
  return { 'x-slack-request-timestamp': String(seconds), 'x-slack-signature': `v0=${digest}` };
}
