/** Bolt, Slack's own framework, drives every flow of the emulator in both ways of delivery. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type SlackEmulator, startSlackEmulator } from '../index.ts';
import { type BoltApp, type Seen, startBoltApp } from './bolt-app.ts';

type World = { slack: SlackEmulator; app: BoltApp };

async function inWorld(
  mode: 'socket' | 'http',
  play: (world: World) => Promise<void>,
): Promise<void> {
  const slack = await startSlackEmulator({ retryDelaysMs: [20, 20, 20], acknowledgeMs: 1_500 });
  const app = await startBoltApp(slack, mode);
  try {
    await play({ slack, app });
  } finally {
    await app.stop();
    await slack.stop();
  }
}

const last = (seen: Seen[], kind: string): Seen => {
  const found = seen.findLast((entry) => entry.kind === kind);
  assert.ok(found, `the app saw no ${kind}, but ${seen.map((entry) => entry.kind).join(', ')}`);
  return found;
};

/** A message with buttons from the app, and the modal its button opens. */
async function openModal({ slack }: World): Promise<{ ts: string; viewId: string }> {
  await slack.slash({ user: 'ana', channel: 'data-science', text: 'create churn' });
  const message = await slack.untilMessage(({ text }) => text === 'building');
  await slack.click({ user: 'ana', channel: 'data-science', ts: message.ts, actionId: 'retry' });
  const view = await slack.untilView('ana', ({ callback_id }) => callback_id === 'edit');
  return { ts: message.ts, viewId: view.id };
}

for (const mode of ['socket', 'http'] as const)
  describe(`Bolt over ${mode}`, () => {
    it('shows the acknowledgement of a command, the post and the later answer', () =>
      inWorld(mode, async ({ slack }) => {
        const result = await slack.slash({
          user: 'ana',
          channel: 'data-science',
          text: 'create churn',
        });
        assert.deepEqual(result, {
          status: 200,
          ackBody: { text: 'queued', response_type: 'ephemeral' },
          error: null,
        });
        const message = await slack.untilMessage(({ text }) => text === 'building');
        assert.equal(message.user, slack.workspace.bot.id);
        await slack.untilEphemeral('ana', ({ text }) => text === 'later');
        assert.deepEqual(
          slack.ephemerals('ana', 'data-science').map(({ text }) => text),
          ['queued', 'later'],
        );
        assert.deepEqual(slack.ephemerals('ben'), []);
      }));

    it('shows the error people see when a command is not acknowledged in time', () =>
      inWorld(mode, async ({ slack }) => {
        const result = await slack.slash({ user: 'ana', channel: 'general', text: 'silent' });
        assert.equal(result.error, '/conda-env failed with the error "operation_timeout"');
        assert.deepEqual(
          slack.ephemerals('ana').map(({ user, text }) => [user, text]),
          [['USLACKBOT', '/conda-env failed with the error "operation_timeout"']],
        );
      }));

    it('refuses an acknowledgement with blocks over a limit', () =>
      inWorld(mode, async ({ slack }) => {
        const result = await slack.slash({ user: 'ana', channel: 'general', text: 'badack' });
        assert.equal(result.error, '/conda-env failed with the error "invalid_blocks"');
      }));

    it('carries a click to the app with message, container and a working response URL', () =>
      inWorld(mode, async ({ slack, app }) => {
        await slack.slash({ user: 'ana', channel: 'data-science', text: 'create churn' });
        const { ts } = await slack.untilMessage(({ text }) => text === 'building');
        await slack.selectOption({
          user: 'ben',
          channel: 'data-science',
          ts,
          actionId: 'more',
          value: 'lock',
        });
        await slack.untilMessage((message) => message.ts === ts && message.text === 'replaced');
        const { action } = last(app.seen, 'more');
        assert.ok(typeof action === 'object' && action !== null && 'selected_option' in action);
        assert.deepEqual(action.selected_option, {
          text: { type: 'plain_text', text: 'Lock' },
          value: 'lock',
        });
        await assert.rejects(
          slack.click({ user: 'ben', channel: 'data-science', ts, actionId: 'retry' }),
          /nothing to use with action_id "retry"; there are: none/,
        );
      }));

    it('opens a modal, shows its errors, offers options and closes it when submitted', () =>
      inWorld(mode, async (world) => {
        const { slack, app } = world;
        const { ts, viewId } = await openModal(world);
        assert.equal(
          slack.messages('data-science').find((message) => message.ts === ts)?.text,
          'retrying',
        );
        const submit = (name: string, more = {}) =>
          slack.submitView({ user: 'ana', viewId, values: { name: { value: name }, ...more } });
        assert.deepEqual((await submit('')).errors, {
          name: 'Please complete this required field.',
        });
        assert.deepEqual((await submit('bad')).errors, { name: 'no such name' });
        const { options } = await slack.optionsFor({
          user: 'ana',
          viewId,
          actionId: 'pkg',
          query: 'numpy',
        });
        assert.deepEqual(
          options.map(({ value }) => value),
          ['numpy=1'],
        );
        const done = await submit('good', { package: { pkg: 'numpy=1' } });
        assert.deepEqual(done, {
          errors: null,
          closed: true,
          updated: false,
          pushed: false,
          error: null,
        });
        assert.deepEqual(slack.openViews('ana'), []);
        await slack.untilMessage(
          ({ text, channel }) => text === 'named good' && channel.startsWith('D'),
        );
        assert.deepEqual(last(app.seen, 'submit').values, {
          name: { value: { type: 'plain_text_input', value: 'good' } },
          package: {
            pkg: {
              type: 'external_select',
              selected_option: { text: { type: 'plain_text', text: 'numpy' }, value: 'numpy=1' },
            },
          },
        });
      }));

    it('honours update, push and clear, and tells the app of a closed view', () =>
      inWorld(mode, async (world) => {
        const { slack, app } = world;
        const { viewId } = await openModal(world);
        const submit = (id: string, name: string) =>
          slack.submitView({ user: 'ana', viewId: id, values: { name: { value: name } } });
        assert.equal((await submit(viewId, 'next')).updated, true);
        assert.equal((await submit(viewId, 'push')).pushed, true);
        const [below, top] = slack.openViews('ana');
        assert.equal(top?.previous_view_id, below?.id);
        await slack.closeView({ user: 'ana', viewId: top?.id ?? '' });
        assert.equal(last(app.seen, 'closed').cleared, false);
        assert.equal((await submit(viewId, 'clear')).closed, true);
        assert.deepEqual(slack.openViews('ana'), []);
      }));

    it('delivers mentions, the Home tab, direct messages, files and shortcuts', () =>
      inWorld(mode, async ({ slack, app }) => {
        const { message } = await slack.mention({
          user: 'ana',
          channel: 'general',
          text: 'help & <more>',
        });
        assert.equal(
          last(app.seen, 'mention').text,
          `<@${slack.workspace.bot.id}> help &amp; &lt;more&gt;`,
        );
        const reply = await slack.untilMessage(({ text }) => text === 'you called');
        assert.deepEqual(
          slack.thread('general', message.ts).map(({ ts }) => ts),
          [message.ts, reply.ts],
        );

        await slack.openHome({ user: 'ana' });
        await slack.untilHome('ana', ({ type }) => type === 'home');

        await slack.shareFile({
          user: 'ana',
          channel: slack.workspace.directChannel(slack.workspace.user('ana')).id,
          name: 'environment.yml',
          content: 'dependencies: [numpy]\n',
          text: 'build this',
        });
        const { promise, resolve } = Promise.withResolvers<void>();
        const timer = setInterval(() => {
          if (app.seen.some(({ kind }) => kind === 'file')) resolve();
        }, 5);
        await promise;
        clearInterval(timer);
        assert.equal(last(app.seen, 'file').content, 'dependencies: [numpy]\n');

        await slack.shortcut({
          user: 'ana',
          channel: 'general',
          ts: message.ts,
          callbackId: 'explain',
        });
        await slack.untilView('ana', ({ callback_id }) => callback_id === 'edit');
      }));
  });
