/** A plain HTTP server in the place of an app: keeps what the emulator delivers, byte for byte. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { SlackEmulator } from '../index.ts';

export type Delivered = {
  headers: IncomingHttpHeaders;
  body: string;
  /** The command's fields, the interaction's payload or the event's envelope. */
  payload: { [field: string]: unknown };
};

export type Answer = {
  status?: number;
  body?: string;
  headers?: Record<string, string>;
  hang?: boolean;
};

function payloadOf(type: string, body: string): Delivered['payload'] {
  if (type === 'application/json') return JSON.parse(body);
  const form = new URLSearchParams(body);
  const payload = form.get('payload');
  return payload === null ? Object.fromEntries(form) : JSON.parse(payload);
}

/** Lets `slack` deliver to a listener while `play` runs; then goes back to Socket Mode. */
export async function withListener<T>(
  slack: SlackEmulator,
  play: (deliveries: Delivered[]) => Promise<T>,
  answer: (delivered: Delivered, index: number) => Answer = () => ({}),
): Promise<T> {
  const deliveries: Delivered[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const delivered = {
      headers: request.headers,
      body,
      payload: payloadOf(request.headers['content-type'] ?? '', body),
    };
    deliveries.push(delivered);
    const {
      status = 200,
      body: text = '',
      headers = {},
      hang = false,
    } = answer(delivered, deliveries.length - 1);
    if (!hang) response.writeHead(status, headers).end(text);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  slack.setRequestUrl(
    `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/slack/events`,
  );
  try {
    return await play(deliveries);
  } finally {
    slack.setRequestUrl(null);
    server.closeAllConnections();
    await new Promise<void>((closed) => server.close(() => closed()));
  }
}
