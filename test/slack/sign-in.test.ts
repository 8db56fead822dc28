import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startSlackEmulator } from '../../deploy/lab/slack/index.ts';
import type { Call } from '../../src/slack/chat/call.ts';
import { ChatError } from '../../src/slack/chat/error.ts';
import { boltLogger } from '../../src/slack/connection/bolt.ts';
import { createClient } from '../../src/slack/connection/client.ts';
import { signIn, signInPatiently } from '../../src/slack/connection/sign-in.ts';

const silent = { info() {}, warn() {}, error() {} };
const ANSWER = { ok: true, user: 'conda_ferry', team: 'Data', user_id: 'U0FERRY1', bot_id: 'B1' };
const IDENTITY = {
  ...{ user: 'conda_ferry', team: 'Data', botUserId: 'U0FERRY1', botId: 'B1' },
  scopes: null,
};

/** Fails as told, one call after another, then answers. */
function failing(...errors: Error[]): { call: Call; calls: string[] } {
  const calls: string[] = [];
  return {
    calls,
    async call(method) {
      calls.push(method);
      const error = errors.shift();
      if (error) throw error;
      return ANSWER;
    },
  };
}

describe('signing in once, as the doctor does', () => {
  test('tells whose token it is, and what is wrong with one that Slack does not know', async () => {
    const slack = await startSlackEmulator({});
    const { apiUrl, botToken, workspace } = slack;
    const ask = (token: string) =>
      signIn(createClient({ botToken: token, apiUrl }, boltLogger(silent)).call);
    try {
      const found = await ask(botToken);
      assert.equal(found.botUserId, workspace.bot.id);
      assert.notEqual(found.botId, '');
      assert.notEqual(found.team, '');
      await assert.rejects(ask('xoxb-other'), {
        code: 'slack-token-rejected',
        message: 'Slack does not accept the bot token (invalid_auth).',
      });
    } finally {
      await slack.stop();
    }
    // Nobody listens there any more: the doctor says so at once.
    await assert.rejects(ask(botToken), {
      code: 'slack-unreachable',
      message: /^Slack does not answer: .*[^.]\.$/,
    });
  });

  test('waits for nothing', async () => {
    const { call, calls } = failing(new ChatError('busy', 'ratelimited', { retryAfter: 30 }));
    await assert.rejects(signIn(call), { code: 'slack-unreachable', retryable: true });
    assert.deepEqual(calls, ['auth.test']);
  });

  test('leaves a defect of ours what it is', async () => {
    const defect = new TypeError('ours');
    await assert.rejects(signIn(failing(defect).call), defect);
  });
});

describe('signing in patiently, as the bot does', () => {
  const { signal } = new AbortController();

  test('asks again while Slack is away', async () => {
    const { call, calls } = failing(new ChatError('unavailable', 'http_503'));
    assert.deepEqual(await signInPatiently(call, silent, signal), IDENTITY);
    assert.equal(calls.length, 2);
  });

  test('gives up at once on a token Slack does not know', async () => {
    const { call, calls } = failing(new ChatError('refused', 'invalid_auth'));
    await assert.rejects(signInPatiently(call, silent, signal), { code: 'slack-token-rejected' });
    assert.equal(calls.length, 1);
  });

  test('gives up at once on an address where Slack is not', async () => {
    const { call, calls } = failing(new ChatError('unavailable', 'http_404'));
    await assert.rejects(signInPatiently(call, silent, signal), { code: 'slack-elsewhere' });
    assert.equal(calls.length, 1);
  });

  test('ends its waiting when the bot is stopped', async () => {
    const stopping = new AbortController();
    const { call } = failing(new ChatError('busy', 'ratelimited', { retryAfter: 30 }));
    const log = { ...silent, warn: () => queueMicrotask(() => stopping.abort()) };
    assert.equal(await signInPatiently(call, log, stopping.signal), null);
  });
});
