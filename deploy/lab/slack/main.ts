#!/usr/bin/env node
/** `slack-emulator [--port N] [--manifest FILE] …`: a Slack to use in a browser; see README.md. */
import { parseArgs } from 'node:util';
import { readManifest, startSlackEmulator } from './index.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    'request-url': { type: 'string' },
    record: { type: 'string' },
    manifest: { type: 'string' },
  },
});

function refuse(text: string): never {
  process.stderr.write(`${text}\n`);
  process.exit(1);
}

const port = Number(values.port);
if (!Number.isInteger(port) || port < 0 || port > 65_535)
  refuse(`--port ${values.port}: give a number from 0 (any free port) to 65535`);

const app =
  values.manifest === undefined
    ? {}
    : await readManifest(values.manifest).catch((error: Error) =>
        refuse(`--manifest ${values.manifest}: ${error.message}`),
      );

const emulator = await startSlackEmulator({
  port,
  requestUrl: values['request-url'] ?? null,
  ...app,
  ...(values.record === undefined ? {} : { record: values.record }),
}).catch((error: NodeJS.ErrnoException) => {
  if (error.code !== 'EADDRINUSE') throw error;
  return refuse(
    `--port ${port}: another program uses it; give another number, or 0 for any free port`,
  );
});
const { url, apiUrl, botToken, appToken, signingSecret } = emulator;
process.stdout.write(`${JSON.stringify({ url, apiUrl, botToken, appToken, signingSecret })}\n`);

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    void emulator.stop();
  });
