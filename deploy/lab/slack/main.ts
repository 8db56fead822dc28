/** `node deploy/lab/slack/main.ts [--port N] [--request-url URL]`: a Slack to use in a browser. */
import { parseArgs } from 'node:util';
import { startSlackEmulator } from './emulator.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    'request-url': { type: 'string' },
    record: { type: 'string' },
  },
});

const port = Number(values.port);
if (!Number.isInteger(port) || port < 0 || port > 65_535) {
  process.stderr.write(`--port ${values.port}: give a number from 0 (any free port) to 65535\n`);
  process.exit(1);
}

const emulator = await startSlackEmulator({
  port,
  requestUrl: values['request-url'] ?? null,
  ...(values.record === undefined ? {} : { record: values.record }),
});
const { url, apiUrl, botToken, appToken, signingSecret } = emulator;
process.stdout.write(`${JSON.stringify({ url, apiUrl, botToken, appToken, signingSecret })}\n`);

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    void emulator.stop();
  });
