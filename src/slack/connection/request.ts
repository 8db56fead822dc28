/**
 * A request before Bolt sees it: read within limits, signed by Slack for now, and of a shape that
 * Slack sends. Anything else is answered with a status and a word.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../domain/ports.ts';
import type { Log } from '../log.ts';
import { HTTPModuleFunctions, type HTTPReceiver, isValidSlackRequest } from './bolt.ts';
import { misfitOf } from './payload.ts';

export const REQUEST_PATH = '/slack/events';

/** Bytes: many times the largest view with all that is in it. */
const LONGEST_BODY = 1024 * 1024;
/** Milliseconds for all of a body, which Slack sends at once. */
const BODY_PATIENCE = 5_000;
/** Slack's rule against replays; Bolt applies it to the past only. */
const MOST_SKEW_SECONDS = 300;

const FORM = 'application/x-www-form-urlencoded';
const JSON_TYPE = 'application/json';

/** Why a request goes no further. */
class NotAdmitted extends Error {
  readonly status: number;
  constructor(status: number, why: string) {
    super(why);
    this.status = status;
  }
}

export interface GuardOptions {
  signingSecret: string;
  clock: Clock;
  log: Log;
  /** Milliseconds; shorter in tests. */
  bodyPatience?: number;
}

/** Hands on to `receiver` only what is wholly known to be Slack's. */
export function guard(
  receiver: Pick<HTTPReceiver, 'requestListener'>,
  options: GuardOptions,
): void {
  const receive = receiver.requestListener;
  receiver.requestListener = (request, response) => {
    admit(request, options)
      .then((isForBolt) => (isForBolt ? receive(request, response) : void response.end()))
      .catch((error: unknown) => refuse(response, error, options.log));
  };
}

interface Admitted extends IncomingMessage {
  /** Where Bolt keeps the body; it reads no further where this is. */
  rawBody: Buffer;
}

/**
 * Rejects with `NotAdmitted`. False for what Bolt need not see: a look whether the address is served,
 * which Slack does not sign.
 */
async function admit(
  request: IncomingMessage,
  { signingSecret, clock, bodyPatience = BODY_PATIENCE }: GuardOptions,
): Promise<boolean> {
  const [path] = (request.url ?? '').split('?');
  if (request.method !== 'POST' || path !== REQUEST_PATH)
    throw new NotAdmitted(404, 'nothing is here');
  // A parameter (`; charset=utf-8`) is allowed, but Bolt compares letter by letter.
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  request.headers['content-type'] = type;
  const rawBody = await readBody(request, bodyPatience);
  const form = type === FORM ? new URLSearchParams(rawBody.toString()) : null;
  if (form?.get('ssl_check') === '1') return false;
  if (!isSigned(request, rawBody, signingSecret, clock))
    throw new NotAdmitted(401, 'not signed by Slack');
  if (type !== FORM && type !== JSON_TYPE) throw new NotAdmitted(400, 'neither a form nor JSON');
  const misfit = misfitOf(parsed(Object.assign(request, { rawBody })));
  if (misfit !== null) throw new NotAdmitted(400, misfit);
  return true;
}

/** As Bolt will read it: what is looked at here is what is taken there. */
function parsed(request: Admitted): unknown {
  try {
    return HTTPModuleFunctions.parseHTTPRequestBody(request);
  } catch {
    throw new NotAdmitted(400, 'it is not JSON');
  }
}

function isSigned(
  { headers }: IncomingMessage,
  rawBody: Buffer,
  signingSecret: string,
  clock: Clock,
): boolean {
  const timestamp = headers['x-slack-request-timestamp'];
  const signature = headers['x-slack-signature'];
  if (typeof timestamp !== 'string' || typeof signature !== 'string') return false;
  const now = clock.now();
  if (!/^\d{1,12}$/.test(timestamp) || Number(timestamp) - now / 1000 > MOST_SKEW_SECONDS) {
    return false;
  }
  return isValidSlackRequest({
    signingSecret,
    body: rawBody.toString(),
    headers: { 'x-slack-request-timestamp': Number(timestamp), 'x-slack-signature': signature },
    nowMilliseconds: now,
  });
}

function readBody(request: IncomingMessage, patience: number): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const late = setTimeout(() => reject(new NotAdmitted(408, 'the body does not come')), patience);
  const chunks: Buffer[] = [];
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > LONGEST_BODY) reject(new NotAdmitted(413, `more than ${LONGEST_BODY} bytes`));
    else chunks.push(chunk);
  });
  request.once('end', () => resolve(Buffer.concat(chunks)));
  request.once('error', () => reject(new NotAdmitted(400, 'the body ends too early')));
  return promise.finally(() => clearTimeout(late));
}

function refuse(response: ServerResponse, error: unknown, log: Log): void {
  const isKnown = error instanceof NotAdmitted;
  const { status, message } = isKnown ? error : { status: 500, message: 'a defect' };
  log[isKnown ? 'warn' : 'error']({ status, why: String(error) }, 'a request was refused');
  response.writeHead(status, { 'content-type': 'text/plain', connection: 'close' });
  response.end(message);
  // What is left of the body is read by nobody.
  if (status === 408 || status === 413) response.once('finish', () => response.req.destroy());
}
