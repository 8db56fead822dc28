/** Signed HTTP delivery to the app's request URL, in the exact content types Slack uses. */
import { ACKNOWLEDGE_MS, type Acknowledgement, type Envelope, type Retry } from './delivery.ts';
import { signatureHeaders } from './signing.ts';

const FORM = 'application/x-www-form-urlencoded';

/** How each kind of envelope is written. The types stand alone: a `charset` would be refused by Bolt. */
const BODIES: Record<
  Envelope['type'],
  (payload: Envelope['payload']) => { type: string; body: string }
> = {
  slash_commands: (payload) => ({
    type: FORM,
    body: new URLSearchParams(
      Object.fromEntries(Object.entries(payload).map(([key, value]) => [key, String(value)])),
    ).toString(),
  }),
  interactive: (payload) => ({
    type: FORM,
    body: new URLSearchParams({ payload: JSON.stringify(payload) }).toString(),
  }),
  events_api: (payload) => ({ type: 'application/json', body: JSON.stringify(payload) }),
};

/** An acknowledgement's body: JSON when it is JSON, text when it is text, null when empty. */
function parseBody(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Posts one envelope to `url`. Never throws: what went wrong is in the answer. */
export async function postEnvelope(
  url: string,
  secret: string,
  envelope: Envelope,
  retry: Retry | null,
  now: () => number,
  acknowledgeMs: number = ACKNOWLEDGE_MS,
): Promise<Acknowledgement> {
  const { type, body } = BODIES[envelope.type](envelope.payload);
  try {
    const response = await fetch(url, {
      method: 'POST',
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(acknowledgeMs),
      headers: {
        'content-type': type,
        accept: 'application/json,*/*',
        'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
        ...signatureHeaders(secret, body, Math.floor(now() / 1000)),
        ...(retry
          ? { 'x-slack-retry-num': String(retry.attempt), 'x-slack-retry-reason': retry.reason }
          : {}),
      },
    });
    const text = await response.text();
    if (response.ok) return { acked: true, status: response.status, body: parseBody(text) };
    return {
      acked: false,
      status: response.status,
      error: 'dispatch_failed',
      reason: 'http_error',
      noRetry: response.headers.get('x-slack-no-retry') === '1',
    };
  } catch (error) {
    const late = error instanceof Error && error.name === 'TimeoutError';
    return {
      acked: false,
      status: null,
      error: late ? 'operation_timeout' : 'dispatch_failed',
      reason: late ? 'http_timeout' : 'connection_failed',
      noRetry: false,
    };
  }
}

/** Slack's handshake with a new request URL: the app must send the challenge back. */
export async function requestUrlAnswers(
  url: string,
  secret: string,
  now: () => number,
): Promise<boolean> {
  const challenge = crypto.randomUUID();
  const payload = { token: 'verification-token', challenge, type: 'url_verification' };
  const envelope: Envelope = { id: challenge, type: 'events_api', payload, acceptsResponse: true };
  const answer = await postEnvelope(url, secret, envelope, null, now);
  if (!answer.acked) return false;
  const { body } = answer;
  return (
    body === challenge ||
    (typeof body === 'object' &&
      body !== null &&
      'challenge' in body &&
      body.challenge === challenge)
  );
}
