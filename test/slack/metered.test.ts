import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Meters, NO_METERS } from '../../src/domain/metrics.ts';
import type { Call } from '../../src/slack/chat/call.ts';
import { ChatError } from '../../src/slack/chat/error.ts';
import { metered } from '../../src/slack/chat/metered.ts';

test('calls are counted by their method and outcome, and what Slack has us wait is added up', async () => {
  const counts: Record<string, number> = {};
  const meters: Meters = {
    ...NO_METERS,
    count(name, labels, by = 1) {
      const key = [name.replace('conda_ferry_slack_', ''), ...Object.values(labels)].join(' ');
      counts[key] = (counts[key] ?? 0) + by;
    },
  };
  const ends: (Error | null)[] = [
    null,
    new ChatError('busy', 'ratelimited', { retryAfter: 30 }),
    new ChatError('busy', 'ratelimited', { retryAfter: 12 }),
    new ChatError('refused', 'channel_not_found'),
    new ChatError('unavailable', 'http_503'),
    new TypeError('ours'),
  ];
  const call: Call = async () => {
    const end = ends.shift();
    if (end) throw end;
    return { ok: true };
  };
  const counted = metered(call, meters);
  assert.deepEqual(await counted('chat.update', {}), { ok: true });
  for (const end of [...ends]) await assert.rejects(counted('chat.update', {}), end ?? undefined);
  assert.deepEqual(counts, {
    'calls_total chat.update done': 1,
    'calls_total chat.update busy': 2,
    'calls_total chat.update refused': 1,
    'calls_total chat.update unavailable': 1,
    'calls_total chat.update defect': 1,
    'wait_seconds_total chat.update': 42,
  });
});
