/** The Web API refuses what Slack refuses, by Slack's own names. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type EmulatorOptions, type SlackEmulator, startSlackEmulator } from '../index.ts';
import { withListener } from './listener.ts';

type Reply = { ok: boolean; error?: string; [field: string]: unknown };
type Call = (method: string, args?: object, token?: string) => Promise<Reply>;

/** A clock a test moves. */
const clock = { at: Date.now() };

async function inSlack(
  play: (slack: SlackEmulator, call: Call) => Promise<void>,
  options: EmulatorOptions = {},
): Promise<void> {
  const slack = await startSlackEmulator({ rateLimits: false, ...options });
  const call: Call = async (method, args = {}, token = slack.botToken) => {
    const response = await fetch(slack.apiUrl + method, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json; charset=utf-8',
      },
      body: JSON.stringify(args),
    });
    return (await response.json()) as Reply;
  };
  try {
    await play(slack, call);
  } finally {
    await slack.stop();
  }
}

const plain = (text: string) => ({ type: 'plain_text', text });
const section = (text: string) => ({ type: 'section', text: plain(text) });
const modal = (title = 'A modal') => ({
  type: 'modal',
  title: plain(title),
  blocks: [section('x')],
});
const messages = (reply: Reply): string[] =>
  (reply.response_metadata as { messages?: string[] } | undefined)?.messages ?? [];

/** What the app was given with the newest delivery of `cause`. */
const given = (
  slack: SlackEmulator,
  cause: () => Promise<unknown>,
  field: string,
): Promise<string> =>
  withListener(slack, async (deliveries) => {
    await cause();
    return String(deliveries.at(-1)?.payload[field]);
  });

const trigger = (slack: SlackEmulator): Promise<string> =>
  given(slack, () => slack.slash({ user: 'ana', channel: 'general', text: 'x' }), 'trigger_id');

describe('tokens and scopes', () => {
  it('are told in the headers of every answer, and each kind of channel has its own', () =>
    inSlack(
      async (slack, call) => {
        const response = await fetch(`${slack.apiUrl}conversations.history?channel=C0GENERAL1`, {
          headers: { authorization: `Bearer ${slack.botToken}` },
        });
        assert.equal(response.headers.get('x-oauth-scopes'), 'chat:write,groups:history');
        assert.match(
          response.headers.get('x-accepted-oauth-scopes') ?? '',
          /channels:history,groups:history/,
        );
        const { error, needed, provided } = (await response.json()) as Reply;
        assert.deepEqual(
          [error, needed, provided],
          ['missing_scope', 'channels:history', 'chat:write,groups:history'],
        );
        assert.equal((await call('conversations.history', { channel: 'C0PLATFRM1' })).ok, true);
      },
      { scopes: ['chat:write', 'groups:history'] },
    ));

  it('are checked before anything else', () =>
    inSlack(
      async (slack, call) => {
        assert.equal((await call('no.such')).error, 'unknown_method');
        assert.equal((await call('auth.test', {}, '')).error, 'not_authed');
        assert.equal((await call('auth.test', {}, 'xoxb-other')).error, 'invalid_auth');
        assert.equal(
          (await call('chat.postMessage', {}, slack.appToken)).error,
          'not_allowed_token_type',
        );
        assert.equal((await call('apps.connections.open')).error, 'not_allowed_token_type');
        assert.equal((await call('auth.test')).user_id, slack.workspace.bot.id);
        const missing = await call('reactions.add', {
          channel: 'C0GENERAL1',
          timestamp: '1.1',
          name: 'eyes',
        });
        assert.deepEqual(
          [missing.error, missing.needed, missing.provided],
          ['missing_scope', 'reactions:write', 'chat:write'],
        );
        slack.faults.revoke(slack.botToken);
        assert.equal((await call('auth.test')).error, 'token_revoked');
      },
      { scopes: ['chat:write'] },
    ));

  it('may come in the form, in JSON, and a body may be empty', () =>
    inSlack(async (slack) => {
      const form = await fetch(`${slack.apiUrl}auth.test`, {
        method: 'POST',
        body: new URLSearchParams({ token: slack.botToken }),
      });
      assert.equal(((await form.json()) as Reply).ok, true);
      const empty = await fetch(`${slack.apiUrl}auth.test`, {
        method: 'POST',
        headers: { authorization: `Bearer ${slack.botToken}`, 'content-type': 'application/json' },
      });
      assert.equal(((await empty.json()) as Reply).ok, true);
    }));
});

describe('messages', () => {
  it('are refused with the reason', () =>
    inSlack(async (slack, call) => {
      const refused = async (error: string, args: object, method = 'chat.postMessage') =>
        assert.equal((await call(method, args)).error, error, JSON.stringify(args).slice(0, 80));
      await refused('channel_not_found', { channel: 'C404', text: 'x' });
      await refused('no_text', { channel: 'C0GENERAL1' });
      await refused('invalid_blocks_format', { channel: 'C0GENERAL1', blocks: '[{' });
      await refused('thread_not_found', { channel: 'C0GENERAL1', text: 'x', thread_ts: '1.1' });
      await refused('invalid_metadata_schema', {
        channel: 'C0GENERAL1',
        text: 'x',
        metadata: { a: 1 },
      });
      await refused('msg_blocks_too_long', {
        channel: 'C0GENERAL1',
        blocks: Array.from({ length: 5 }, () => section('x'.repeat(2401))),
      });
      await refused(
        'message_not_found',
        { channel: 'C0GENERAL1', ts: '1.1', text: 'x' },
        'chat.update',
      );
      await refused(
        'user_not_in_channel',
        { channel: 'C0PLATFRM1', user: 'U0ANARUIZ1', text: 'x' },
        'chat.postEphemeral',
      );
      const { message } = await slack.say({ user: 'ana', channel: 'general', text: 'mine' });
      await refused(
        'cant_update_message',
        { channel: 'C0GENERAL1', ts: message.ts, text: 'x' },
        'chat.update',
      );
      await refused(
        'cant_delete_message',
        { channel: 'C0GENERAL1', ts: message.ts },
        'chat.delete',
      );
      const sent = await call('chat.postMessage', { channel: 'C0GENERAL1', text: 'x' });
      await refused(
        'msg_too_long',
        { channel: 'C0GENERAL1', ts: sent.ts, text: 'x'.repeat(4001) },
        'chat.update',
      );
    }));

  it('name each wrong place in blocks by a JSON pointer', () =>
    inSlack(async (_slack, call) => {
      const reply = await call('chat.postMessage', {
        channel: 'C0GENERAL1',
        text: 'x',
        blocks: [{ type: 'header', text: plain('x'.repeat(151)) }, { type: 'nope' }],
      });
      assert.equal(reply.error, 'invalid_blocks');
      assert.deepEqual(messages(reply), [
        '[ERROR] must be less than 151 characters [json-pointer:/blocks/0/text/text]',
        '[ERROR] unsupported type: nope in a message [json-pointer:/blocks/1/type]',
      ]);
    }));

  it('reach channels the app is outside of only with chat:write.public', async () => {
    const post = { channel: 'C0RANDOM01', text: 'x' };
    await inSlack(async (_slack, call) =>
      assert.equal((await call('chat.postMessage', post)).ok, true),
    );
    await inSlack(
      async (_slack, call) => {
        assert.equal((await call('chat.postMessage', post)).error, 'not_in_channel');
        assert.equal((await call('conversations.join', { channel: 'C0RANDOM01' })).ok, true);
        assert.equal((await call('chat.postMessage', post)).ok, true);
      },
      { scopes: ['chat:write', 'channels:join'] },
    );
  });

  it('lose their blocks when updated with text alone, and keep metadata', () =>
    inSlack(async (slack, call) => {
      const metadata = { event_type: 'build', event_payload: { id: 'b1' } };
      const { ts } = await call('chat.postMessage', {
        channel: 'C0GENERAL1',
        text: 'a',
        blocks: [section('a')],
        metadata,
      });
      await call('chat.update', { channel: 'C0GENERAL1', ts, blocks: [section('b')] });
      assert.equal(slack.messages('general')[0]?.edited, undefined);
      await call('chat.update', { channel: 'C0GENERAL1', ts, text: 'c' });
      const [message] = slack.messages('general');
      assert.deepEqual([message?.text, message?.blocks], ['c', undefined]);
      assert.ok(message?.edited);
      const read = await call('conversations.history', {
        channel: 'C0GENERAL1',
        include_all_metadata: true,
      });
      assert.deepEqual((read.messages as { metadata: object }[])[0]?.metadata, metadata);
    }));

  it('that are ephemeral are seen by one person and found by no method', () =>
    inSlack(async (slack, call) => {
      const { message_ts } = await call('chat.postEphemeral', {
        channel: 'C0GENERAL1',
        user: 'U0ANARUIZ1',
        text: 'psst',
      });
      assert.equal(slack.ephemerals('ana', 'general').length, 1);
      assert.equal(slack.ephemerals('ben').length, 0);
      assert.deepEqual(
        (await call('conversations.history', { channel: 'C0GENERAL1' })).messages,
        [],
      );
      assert.equal(
        (await call('chat.update', { channel: 'C0GENERAL1', ts: message_ts, text: 'x' })).error,
        'message_not_found',
      );
      const seenBy = async (user: string): Promise<string> =>
        (await fetch(`${slack.url}page/state?user=${user}`)).text();
      assert.match(await seenBy('ana'), /psst/);
      assert.doesNotMatch(await seenBy('ben'), /psst/);
    }));

  it('that are ephemeral are lost in a thread nobody has replied to', () =>
    inSlack(async (slack, call) => {
      const { message } = await slack.say({ user: 'ana', channel: 'general', text: 'hello' });
      const psst = {
        channel: 'C0GENERAL1',
        user: 'U0ANARUIZ1',
        text: 'psst',
        thread_ts: message.ts,
      };
      assert.equal((await call('chat.postEphemeral', psst)).ok, true);
      assert.deepEqual(slack.ephemerals('ana'), []);
      assert.equal(slack.unseen().length, 1);
      const page = async () => (await fetch(`${slack.url}page/state?user=ana`)).text();
      assert.doesNotMatch(await page(), /psst/);
      await slack.say({ user: 'ben', channel: 'general', text: 'hi', threadTs: message.ts });
      assert.deepEqual(slack.ephemerals('ana'), [], 'what was lost does not come back');
      await call('chat.postEphemeral', psst);
      assert.equal(slack.ephemerals('ana').length, 1);
      assert.match(await page(), /psst/);
    }));

  it('lose a row of buttons with its id when an edit gives none', () =>
    inSlack(async (slack, call) => {
      const row = (block_id?: string) => ({
        type: 'actions',
        ...(block_id ? { block_id } : {}),
        elements: [{ type: 'button', action_id: 'go', text: plain('Go') }],
      });
      const { ts } = await call('chat.postMessage', {
        channel: 'C0GENERAL1',
        text: 'a',
        blocks: [row(), row('kept')],
      });
      const seen = slack.messages('general')[0]?.blocks?.map(({ block_id }) => block_id) ?? [];
      await call('chat.update', {
        channel: 'C0GENERAL1',
        ts,
        text: 'b',
        blocks: [row(), row('kept')],
      });
      await withListener(slack, async (deliveries) => {
        const press = (blockId?: string) =>
          slack.click({
            user: 'ana',
            channel: 'general',
            ts: String(ts),
            actionId: 'go',
            blockId: String(blockId),
          });
        assert.match(String((await press(seen[0])).error), /not there any more/);
        assert.equal(deliveries.length, 0, 'the app hears nothing of it');
        assert.equal((await press(seen[1])).error, null);
        assert.match(JSON.stringify(deliveries.at(-1)?.payload.actions), /"block_id":"kept"/);
      });
    }));

  it('grow while they stream', () =>
    inSlack(async (slack, call) => {
      const { message } = await slack.say({ user: 'ana', channel: 'general', text: 'go' });
      const where = { channel: 'C0GENERAL1', thread_ts: message.ts };
      assert.equal((await call('chat.startStream', where)).error, 'missing_recipient_user_id');
      const to = { recipient_user_id: 'U0ANARUIZ1', recipient_team_id: slack.workspace.team.id };
      const { ts } = await call('chat.startStream', { ...where, ...to, markdown_text: '**a' });
      const task = { type: 'task_update', id: '1', title: 'Solve', status: 'in_progress' };
      await call('chat.appendStream', { channel: 'C0GENERAL1', ts, markdown_text: 'b**' });
      await call('chat.appendStream', { channel: 'C0GENERAL1', ts, chunks: [task] });
      const bad = await call('chat.appendStream', {
        channel: 'C0GENERAL1',
        ts,
        chunks: [{ ...task, status: 'completed' }],
      });
      assert.equal(bad.error, 'invalid_chunks');
      assert.equal((await call('chat.stopStream', { channel: 'C0GENERAL1', ts })).ok, true);
      assert.equal(
        (await call('chat.stopStream', { channel: 'C0GENERAL1', ts })).error,
        'message_not_in_streaming_state',
      );
      const [, streamed] = slack.thread('general', message.ts);
      assert.deepEqual(
        streamed?.blocks?.map(({ type }) => type),
        ['markdown', 'plan'],
      );
      assert.equal(streamed?.text, '**ab**');
    }));
});

describe('views', () => {
  it('need a trigger that is fresh and unused', () =>
    inSlack(
      async (slack, call) => {
        const first = await trigger(slack);
        assert.equal(
          (await call('views.open', { trigger_id: 'made-up', view: modal() })).error,
          'invalid_trigger_id',
        );
        assert.equal((await call('views.open', { trigger_id: first, view: modal() })).ok, true);
        assert.equal(
          (await call('views.open', { trigger_id: first, view: modal() })).error,
          'exchanged_trigger_id',
        );
        const late = await trigger(slack);
        clock.at += 3001;
        const reply = await call('views.open', { trigger_id: late, view: modal() });
        assert.equal(reply.error, 'invalid_arguments');
        assert.deepEqual(messages(reply), [
          '[ERROR] `trigger_id` expired [json-pointer:/trigger_id]',
        ]);
      },
      { now: () => clock.at },
    ));

  it('stack three deep, guard against races with their hash, and keep to their size', () =>
    inSlack(async (slack, call) => {
      const open = await call('views.open', {
        trigger_id: await trigger(slack),
        view: modal('One'),
      });
      const view = open.view as { id: string; hash: string };
      for (const title of ['Two', 'Three'])
        assert.equal(
          (await call('views.push', { trigger_id: await trigger(slack), view: modal(title) })).ok,
          true,
        );
      const fourth = await call('views.push', {
        trigger_id: await trigger(slack),
        view: modal('Four'),
      });
      assert.equal(fourth.error, 'push_limit_reached');
      assert.deepEqual(
        slack.openViews('ana').map(({ title }) => (title as { text: string }).text),
        ['One', 'Two', 'Three'],
      );
      const update = { view_id: view.id, hash: view.hash, view: modal('Uno') };
      assert.equal((await call('views.update', update)).ok, true);
      assert.equal((await call('views.update', update)).error, 'hash_conflict');
      assert.equal(
        (await call('views.update', { view_id: 'V404', view: modal() })).error,
        'not_found',
      );
      const huge = {
        ...modal(),
        blocks: Array.from({ length: 90 }, () => section('é'.repeat(2900))),
      };
      assert.equal(
        (await call('views.update', { view_id: view.id, view: huge })).error,
        'view_too_large',
      );
      const long = await call('views.update', { view_id: view.id, view: modal('x'.repeat(25)) });
      assert.deepEqual(
        [long.error, messages(long)],
        [
          'invalid_arguments',
          ['[ERROR] must be less than 25 characters [json-pointer:/view/title/text]'],
        ],
      );
    }));

  it('are published per person', () =>
    inSlack(async (slack, call) => {
      const view = { type: 'home', blocks: [section('yours')] };
      assert.equal((await call('views.publish', { user_id: 'U0ANARUIZ1', view })).ok, true);
      assert.equal(
        (await call('views.publish', { user_id: 'U404', view })).error,
        'user_not_found',
      );
      assert.equal(
        (await call('views.publish', { user_id: 'U0ANARUIZ1', hash: 'old', view })).error,
        'hash_conflict',
      );
      assert.ok(slack.home('ana'));
      assert.equal(slack.home('ben'), null);
    }));
});

describe('response URLs', () => {
  const button = {
    type: 'actions',
    elements: [{ type: 'button', action_id: 'go', text: plain('Go') }],
  };

  const address = async (slack: SlackEmulator, call: Call): Promise<string> => {
    const { ts } = await call('chat.postMessage', {
      channel: 'C0GENERAL1',
      text: 'old',
      blocks: [button],
    });
    const click = () =>
      slack.click({ user: 'ana', channel: 'general', ts: String(ts), actionId: 'go' });
    return given(slack, click, 'response_url');
  };

  const answer = async (url: string, body: object): Promise<[number, string]> => {
    const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
    return [response.status, await response.text()];
  };

  it('show an answer to one person, to all, or in place of the original', () =>
    inSlack(async (slack, call) => {
      const url = await address(slack, call);
      assert.deepEqual(await answer(url, { text: 'only you' }), [200, 'ok']);
      assert.deepEqual(await answer(url, { text: 'all', response_type: 'in_channel' }), [
        200,
        'ok',
      ]);
      assert.deepEqual(await answer(url, { text: 'new', replace_original: true }), [200, 'ok']);
      assert.deepEqual(
        slack.messages('general').map(({ text }) => text),
        ['new', 'all'],
      );
      assert.deepEqual(
        slack.ephemerals('ana').map(({ text }) => text),
        ['only you'],
      );
      assert.deepEqual(await answer(url, { delete_original: true }), [200, 'ok']);
      assert.deepEqual(
        slack.messages('general').map(({ text }) => text),
        ['all'],
      );
    }));

  it('check blocks, but not the total of all texts', () =>
    inSlack(async (slack, call) => {
      const url = await address(slack, call);
      const bad = { blocks: [{ type: 'header', text: plain('x'.repeat(151)) }] };
      assert.deepEqual(await answer(url, bad), [400, '{"ok":false,"error":"invalid_blocks"}']);
      const long = { blocks: Array.from({ length: 5 }, () => section('x'.repeat(2500))) };
      assert.deepEqual(await answer(url, long), [200, 'ok']);
    }));

  it('work five times within thirty minutes', () =>
    inSlack(
      async (slack, call) => {
        const used = await address(slack, call);
        for (let turn = 0; turn < 5; turn += 1)
          assert.equal((await answer(used, { text: 'x' }))[0], 200);
        assert.deepEqual(await answer(used, { text: 'x' }), [
          404,
          '{"ok":false,"error":"used_url"}',
        ]);
        const old = await address(slack, call);
        clock.at += 30 * 60_000;
        assert.equal((await answer(old, { text: 'x' }))[0], 200);
        clock.at += 1;
        assert.deepEqual(await answer(old, { text: 'x' }), [
          404,
          '{"ok":false,"error":"expired_url"}',
        ]);
        const fresh = await address(slack, call);
        slack.faults.expireResponseUrls();
        assert.equal((await answer(fresh, { text: 'x' }))[1], '{"ok":false,"error":"expired_url"}');
      },
      { now: () => clock.at },
    ));
});

describe('rate limits', () => {
  it('answer 429 with the seconds to wait, per method, and posting per channel', () =>
    inSlack(
      async (slack, call) => {
        const { ts } = await call('chat.postMessage', { channel: 'C0GENERAL1', text: 'x' });
        const update = () =>
          fetch(`${slack.apiUrl}chat.update`, {
            method: 'POST',
            headers: {
              authorization: `Bearer ${slack.botToken}`,
              'content-type': 'application/json',
            },
            body: JSON.stringify({ channel: 'C0GENERAL1', ts, text: 'y' }),
          });
        const statuses: number[] = [];
        for (let turn = 0; turn < 51; turn += 1) statuses.push((await update()).status);
        assert.deepEqual([...new Set(statuses.slice(0, 50)), statuses[50]], [200, 429]);
        const refused = await update();
        assert.equal(refused.headers.get('retry-after'), '2');
        assert.deepEqual(await refused.json(), { ok: false, error: 'ratelimited' });
        assert.equal((await call('auth.test')).ok, true);
        clock.at += 1300;
        assert.equal((await update()).status, 200);

        const posts = await Promise.all(
          Array.from({ length: 6 }, () =>
            call('chat.postMessage', { channel: 'C0DATASCI1', text: 'x' }),
          ),
        );
        assert.equal(posts.filter(({ ok }) => ok).length, 5);
        assert.equal(
          (await call('chat.postMessage', { channel: 'C0GENERAL1', text: 'x' })).ok,
          true,
        );
      },
      { rateLimits: true, now: () => clock.at },
    ));
});

describe('faults', () => {
  it('happen to the calls a test chooses', () =>
    inSlack(async (slack, call) => {
      const post = { channel: 'C0GENERAL1', text: 'x' };
      slack.faults.next('chat.postMessage', { status: 503 });
      slack.faults.next('chat.postMessage', { error: 'fatal_error', times: 2 });
      assert.equal((await call('chat.postMessage', post)).error, 'internal_error');
      assert.equal((await call('chat.postMessage', post)).error, 'fatal_error');
      assert.equal((await call('chat.postMessage', post)).error, 'fatal_error');
      assert.equal(slack.messages('general').length, 0);
      slack.faults.next('chat.postMessage', { loseReply: true });
      await assert.rejects(call('chat.postMessage', post));
      assert.equal(slack.messages('general').length, 1);
      slack.faults.next('chat.postMessage', { hang: true });
      await assert.rejects(
        fetch(`${slack.apiUrl}chat.postMessage`, {
          method: 'POST',
          signal: AbortSignal.timeout(50),
        }),
        { name: 'TimeoutError' },
      );
      assert.equal(slack.calls('chat.postMessage').length, 5);
    }));
});

describe('files', () => {
  it('travel in three steps and need the bot token to be read', () =>
    inSlack(async (slack, call) => {
      const { upload_url, file_id } = await call('files.getUploadURLExternal', {
        filename: 'lock.txt',
        length: 5,
      });
      const complete = {
        files: [{ id: file_id, title: 'Lock' }],
        channel_id: 'C0GENERAL1',
        initial_comment: 'here',
      };
      assert.equal((await call('files.completeUploadExternal', complete)).error, 'file_not_found');
      assert.equal((await fetch(String(upload_url), { method: 'POST', body: 'four' })).status, 400);
      assert.equal(
        (await fetch(String(upload_url), { method: 'POST', body: 'bytes' })).status,
        200,
      );
      const done = await call('files.completeUploadExternal', complete);
      const [file] = done.files as { url_private_download: string }[];
      assert.equal(slack.messages('general')[0]?.text, 'here');
      const { file: known } = await call('files.info', { file: file_id });
      const { channels, groups, ims, is_public: isPublic } = known as Record<string, unknown>;
      assert.deepEqual([channels, groups, ims, isPublic], [['C0GENERAL1'], [], [], true]);
      const address = file?.url_private_download ?? '';
      assert.equal((await fetch(address, { redirect: 'manual' })).status, 302);
      const read = await fetch(address, { headers: { authorization: `Bearer ${slack.botToken}` } });
      assert.equal(await read.text(), 'bytes');
    }));
});

describe('a person', () => {
  it('is told what is there when asking for what is not', () =>
    inSlack(async (slack) => {
      await assert.rejects(
        slack.say({ user: 'eve', channel: 'general', text: 'x' }),
        /no user "eve"; there are: ana, ben, omar/,
      );
      await assert.rejects(
        slack.untilMessage(({ text }) => text === 'never', { timeoutMs: 20 }),
        /no such message within 20 ms; there were: none/,
      );
      await slack.say({ user: 'ana', channel: 'general', text: 'hello' });
      await assert.rejects(
        slack.untilMessage(({ text }) => text === 'never', { timeoutMs: 20 }),
        /there were:\n {2}\d+\.\d+ in C0GENERAL1 by U0ANARUIZ1: hello/,
      );
      const unknown = await slack.slash({
        user: 'ana',
        channel: 'general',
        command: '/other',
        text: '',
      });
      assert.equal(unknown.error, '`/other` is not a valid command.');
    }));
});
