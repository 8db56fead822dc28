/** Bolt for Python and Slack's Python client drive the emulator: a second pair of foreign eyes. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { type SlackEmulator, startSlackEmulator } from '../index.ts';
import { cannotRunPython, startPython } from './python.ts';

const environment = (slack: SlackEmulator): Record<string, string> => ({
  SLACK_API_URL: slack.apiUrl,
  SLACK_BOT_TOKEN: slack.botToken,
  SLACK_APP_TOKEN: slack.appToken,
  SLACK_SIGNING_SECRET: slack.signingSecret,
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  assert.ok(typeof address === 'object' && address !== null);
  return address.port;
}

/** Runs the Python app while `play` does; `heard` resolves with the next line of a kind. */
async function withPythonApp(
  slack: SlackEmulator,
  args: string[],
  play: (heard: (kind: string) => Promise<{ [detail: string]: unknown }>) => Promise<void>,
): Promise<void> {
  const process = startPython('bolt_app.py', args, environment(slack));
  const { stdin, stdout } = process;
  assert.ok(stdin && stdout);
  const lines: { kind: string }[] = [];
  const reader = createInterface({ input: stdout });
  reader.on('line', (line) => {
    if (line.startsWith('{')) lines.push(JSON.parse(line));
  });
  const heard = async (kind: string): Promise<{ [detail: string]: unknown }> => {
    for (;;) {
      const found = lines.find((line) => line.kind === kind);
      if (found) return found;
      await once(reader, 'line', { signal: AbortSignal.timeout(10_000) });
    }
  };
  const ended = once(process, 'exit');
  try {
    await heard('started');
    await play(heard);
  } finally {
    stdin.end();
    await ended;
  }
}

async function everyFlow(
  slack: SlackEmulator,
  heard: (kind: string) => Promise<{ [detail: string]: unknown }>,
): Promise<void> {
  const result = await slack.slash({ user: 'ana', channel: 'general', text: 'create churn' });
  assert.equal(result.error, null);
  assert.equal(slack.ephemerals('ana')[0]?.text, 'queued');
  await slack.untilMessage(({ text }) => text === 'later');
  const { ts } = await slack.untilMessage(({ text }) => text === 'building');
  assert.equal(
    (await slack.click({ user: 'ana', channel: 'general', ts, actionId: 'retry' })).error,
    null,
  );
  const { id: viewId } = await slack.untilView('ana', ({ callback_id }) => callback_id === 'edit');
  const { options } = await slack.optionsFor({
    user: 'ana',
    viewId,
    actionId: 'pkg',
    query: 'numpy',
  });
  assert.deepEqual(
    options.map(({ value }) => value),
    ['numpy'],
  );
  const submit = (name: string) =>
    slack.submitView({
      user: 'ana',
      viewId,
      values: { name: { value: name }, package: { pkg: 'numpy' } },
    });
  assert.deepEqual((await submit('bad')).errors, { name: 'no such name' });
  assert.equal((await submit('good')).closed, true);
  assert.equal((await heard('submitted')).name, 'good');
  await slack.mention({ user: 'ana', channel: 'general', text: 'help' });
  await slack.untilMessage(({ text }) => text === 'you called');
}

describe('Python', { skip: cannotRunPython }, () => {
  it('Bolt drives every flow over Socket Mode', async () => {
    const slack = await startSlackEmulator();
    try {
      await withPythonApp(slack, ['socket'], (heard) => everyFlow(slack, heard));
    } finally {
      await slack.stop();
    }
  });

  it('Bolt drives every flow over signed HTTP', async () => {
    const slack = await startSlackEmulator();
    const port = await freePort();
    slack.setRequestUrl(`http://127.0.0.1:${port}/slack/events`);
    try {
      await withPythonApp(slack, ['http', String(port)], async (heard) => {
        while (!(await slack.verifyRequestUrl())) await new Promise(setImmediate);
        await everyFlow(slack, heard);
      });
    } finally {
      await slack.stop();
    }
  });

  it('the Web API client finds every method it knows', async () => {
    const slack = await startSlackEmulator();
    try {
      const process = startPython('web_client.py', [], environment(slack));
      const output: string[] = [];
      process.stdout?.on('data', (chunk) => output.push(String(chunk)));
      await once(process, 'exit');
      assert.equal(output.join('').trim(), 'ok');
      assert.deepEqual(
        slack.files().map(({ name }) => name),
        ['lock.txt'],
      );
    } finally {
      await slack.stop();
    }
  });
});
