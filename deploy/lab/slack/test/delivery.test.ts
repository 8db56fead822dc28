/** Delivery to the app: signed HTTP and Socket Mode, on the wire. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type EmulatorOptions, type SlackEmulator, startSlackEmulator } from '../index.ts';
import { type Delivered, withListener } from './listener.ts';

/** For an app that does not acknowledge now and then; when it does, it is in time on a busy machine, too. */
const IMPATIENT: EmulatorOptions = { acknowledgeMs: 1_000 };

async function inSlack(
  play: (slack: SlackEmulator) => Promise<void>,
  options: EmulatorOptions = {},
): Promise<void> {
  const slack = await startSlackEmulator({
    rateLimits: false,
    retryDelaysMs: [10, 10, 10],
    ...options,
  });
  try {
    await play(slack);
  } finally {
    await slack.stop();
  }
}

const until = async (holds: () => boolean): Promise<void> => {
  for (let turn = 0; turn < 400 && !holds(); turn += 1) await sleep(5);
  assert.ok(holds());
};

const signatureOf = (secret: string, { headers, body }: Delivered): string =>
  `v0=${createHmac('sha256', secret).update(`v0:${headers['x-slack-request-timestamp']}:${body}`).digest('hex')}`;

describe('HTTP delivery', () => {
  it('is signed, and its content types carry no charset', () =>
    inSlack((slack) =>
      withListener(slack, async (deliveries) => {
        await slack.slash({ user: 'ana', channel: 'general', text: 'create churn' });
        await slack.mention({ user: 'ana', channel: 'general', text: 'help' });
        const [command, event] = deliveries;
        assert.ok(command && event);
        assert.equal(command.headers['content-type'], 'application/x-www-form-urlencoded');
        assert.equal(event.headers['content-type'], 'application/json');
        for (const delivered of deliveries)
          assert.equal(
            delivered.headers['x-slack-signature'],
            signatureOf(slack.signingSecret, delivered),
          );
      }),
    ));

  it('escapes names and control characters in commands when the manifest says so', async () => {
    const textOf = (options: EmulatorOptions): Promise<unknown> => {
      const { promise, resolve } = Promise.withResolvers<unknown>();
      return inSlack(
        (slack) =>
          withListener(slack, async (deliveries) => {
            const text = 'create x numpy>=1.26,<2 @ben #general https://a.example/x?a=1&b=2';
            await slack.slash({ user: 'ana', channel: 'general', text });
            resolve(deliveries[0]?.payload.text);
          }),
        options,
      ).then(() => promise);
    };
    assert.equal(
      await textOf({ shouldEscape: true }),
      'create x numpy&gt;=1.26,&lt;2 <@U0BENOKAF1|ben> <#C0GENERAL1|general> <https://a.example/x?a=1&amp;b=2>',
    );
    assert.equal(
      await textOf({ shouldEscape: false }),
      'create x numpy>=1.26,<2 @ben #general https://a.example/x?a=1&b=2',
    );
  });

  it('repeats an event three times, each signed anew and with the reason', () =>
    inSlack((slack) =>
      withListener(
        slack,
        async (deliveries) => {
          await slack.mention({ user: 'ana', channel: 'general', text: 'help' });
          await until(() => deliveries.length === 4);
          await sleep(40);
          assert.equal(deliveries.length, 4);
          assert.deepEqual(
            deliveries.map(({ headers }) => [
              headers['x-slack-retry-num'],
              headers['x-slack-retry-reason'],
            ]),
            [
              [undefined, undefined],
              ['1', 'http_error'],
              ['2', 'http_error'],
              ['3', 'http_error'],
            ],
          );
          assert.equal(new Set(deliveries.map(({ payload }) => payload.event_id)).size, 1);
        },
        () => ({ status: 500 }),
      ),
    ));

  it('stops repeating when the app acknowledges or says X-Slack-No-Retry', () =>
    inSlack(async (slack) => {
      await withListener(
        slack,
        async (deliveries) => {
          await slack.mention({ user: 'ana', channel: 'general', text: 'help' });
          await until(() => deliveries.length === 2);
          assert.equal(deliveries[1]?.headers['x-slack-retry-reason'], 'http_timeout');
          await sleep(40);
          assert.equal(deliveries.length, 2);
        },
        (_delivered, index) => ({ hang: index === 0 }),
      );
      await withListener(
        slack,
        async (deliveries) => {
          await slack.mention({ user: 'ana', channel: 'general', text: 'help' });
          await until(() => deliveries.length === 1);
          await sleep(40);
          assert.equal(deliveries.length, 1);
        },
        () => ({ status: 503, headers: { 'x-slack-no-retry': '1' } }),
      );
    }, IMPATIENT));

  it('shows a failed command in the words Slack uses', () =>
    inSlack(async (slack) => {
      const errorOf = (answer: { status?: number; hang?: boolean }): Promise<string | null> =>
        withListener(
          slack,
          async () => (await slack.slash({ user: 'ana', channel: 'general', text: 'x' })).error,
          () => answer,
        );
      assert.equal(
        await errorOf({ status: 500 }),
        '/conda-env failed with the error "dispatch_failed"',
      );
      assert.equal(
        await errorOf({ hang: true }),
        '/conda-env failed with the error "operation_timeout"',
      );
    }, IMPATIENT));

  it('doubles and reorders deliveries when a test asks for it', () =>
    inSlack((slack) =>
      withListener(slack, async (deliveries) => {
        slack.faults.duplicateNextDelivery();
        await slack.mention({ user: 'ana', channel: 'general', text: 'twice' });
        assert.equal(deliveries.length, 2);
        assert.equal(deliveries[0]?.payload.event_id, deliveries[1]?.payload.event_id);
        slack.faults.swapNextDeliveries();
        const first = slack.mention({ user: 'ana', channel: 'general', text: 'first' });
        await slack.mention({ user: 'ana', channel: 'general', text: 'second' });
        await first;
        const texts = deliveries
          .slice(2)
          .map(({ payload }) => (payload.event as { text: string }).text.split(' ')[1]);
        assert.deepEqual(texts, ['second', 'first']);
      }),
    ));

  it('proves a request URL by a challenge', () =>
    inSlack(async (slack) => {
      const verified = (body: (challenge: unknown) => string): Promise<boolean> =>
        withListener(
          slack,
          () => slack.verifyRequestUrl(),
          ({ payload }) => ({ body: body(payload.challenge) }),
        );
      assert.equal(await verified((challenge) => JSON.stringify({ challenge })), true);
      assert.equal(await verified(() => 'something else'), false);
    }));
});

type Envelope = {
  type: string;
  envelope_id?: string;
  reason?: string;
  retry_attempt?: number;
  num_connections?: number;
};

/** A Socket Mode client by the platform's own WebSocket. `silent` never acknowledges. */
async function connect(
  slack: SlackEmulator,
  { silent = false } = {},
): Promise<{ received: Envelope[]; socket: WebSocket }> {
  const response = await fetch(`${slack.apiUrl}apps.connections.open`, {
    method: 'POST',
    headers: { authorization: `Bearer ${slack.appToken}` },
  });
  const { url } = (await response.json()) as { url: string };
  const socket = new WebSocket(url);
  const received: Envelope[] = [];
  socket.addEventListener('message', ({ data }) => {
    const envelope = JSON.parse(String(data)) as Envelope;
    received.push(envelope);
    if (envelope.envelope_id && !silent)
      socket.send(JSON.stringify({ envelope_id: envelope.envelope_id }));
  });
  await until(() => received.length > 0);
  return { received, socket };
}

describe('Socket Mode', () => {
  it('greets, and gives each envelope to one of the connections', () =>
    inSlack(async (slack) => {
      const one = await connect(slack);
      const two = await connect(slack);
      assert.deepEqual([one.received[0]?.type, two.received[0]?.num_connections], ['hello', 2]);
      for (let turn = 0; turn < 4; turn += 1)
        await slack.slash({ user: 'ana', channel: 'general', text: 'x' });
      assert.deepEqual([one.received.length, two.received.length], [3, 3]);
    }));

  it('repeats an unacknowledged event in the same envelope', () =>
    inSlack(
      async (slack) => {
        const { received } = await connect(slack, { silent: true });
        await slack.mention({ user: 'ana', channel: 'general', text: 'help' });
        await until(() => received.length === 5);
        assert.deepEqual(
          received.slice(1).map(({ retry_attempt }) => retry_attempt),
          [0, 1, 2, 3],
        );
        assert.equal(new Set(received.slice(1).map(({ envelope_id }) => envelope_id)).size, 1);
      },
      { acknowledgeMs: 200 },
    ));

  it('turns the eleventh connection away', () =>
    inSlack(async (slack) => {
      for (let turn = 0; turn < 10; turn += 1) await connect(slack);
      const { received } = await connect(slack);
      assert.deepEqual(
        [received[0]?.type, received[0]?.reason],
        ['disconnect', 'too_many_websockets'],
      );
      assert.equal(slack.connections(), 10);
    }));

  it('sends nothing more to a connection it asked to go', () =>
    inSlack(async (slack) => {
      const { received } = await connect(slack);
      slack.faults.disconnect('warning');
      assert.equal((await slack.slash({ user: 'ana', channel: 'general', text: 'x' })).error, null);
      slack.faults.disconnect();
      await until(() => received.at(-1)?.reason === 'refresh_requested');
      const refused = await slack.slash({ user: 'ana', channel: 'general', text: 'x' });
      assert.equal(refused.error, '/conda-env failed with the error "dispatch_failed"');
    }));

  it('lets an address be used once', () =>
    inSlack(async (slack) => {
      const { socket } = await connect(slack);
      const again = new WebSocket(socket.url);
      await new Promise((resolve) => again.addEventListener('error', resolve));
      assert.equal(slack.connections(), 1);
    }));
});
