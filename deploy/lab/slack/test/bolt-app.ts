/** A small Bolt app that uses every door of Slack: the emulator is judged by a program it was not made for. */
import { setTimeout as sleep } from 'node:timers/promises';
import bolt from '@slack/bolt';
import type { ModalView } from '@slack/types';
import type { SlackEmulator } from '../index.ts';

const plain = (text: string) => ({ type: 'plain_text', text }) as const;

export type Seen = { kind: string; [detail: string]: unknown };

export type BoltApp = { app: bolt.App; seen: Seen[]; stop: () => Promise<void> };

/** The modal the app opens: a name, an external menu, channels. */
const modal = (metadata: string, title = 'Edit'): ModalView => ({
  type: 'modal',
  callback_id: 'edit',
  private_metadata: metadata,
  notify_on_close: true,
  title: plain(title),
  submit: plain('Go'),
  blocks: [
    {
      type: 'input',
      block_id: 'name',
      label: plain('Name'),
      element: { type: 'plain_text_input', action_id: 'value', initial_value: 'churn' },
    },
    {
      type: 'input',
      block_id: 'package',
      optional: true,
      label: plain('Package'),
      element: { type: 'external_select', action_id: 'pkg', min_query_length: 1 },
    },
  ],
});

function addHandlers(app: bolt.App, seen: Seen[]): void {
  app.command('/conda-env', async ({ ack, command, client, respond }) => {
    seen.push({
      kind: 'command',
      text: command.text,
      user: command.user_id,
      triggerId: command.trigger_id,
    });
    if (command.text === 'silent') return;
    if (command.text === 'badack')
      return ack({ blocks: [{ type: 'header', text: plain('x'.repeat(151)) }] });
    await ack({ text: 'queued', response_type: 'ephemeral' });
    if (command.text === 'ack') return;
    await client.chat.postMessage({
      channel: command.channel_id,
      text: 'building',
      blocks: [
        {
          type: 'actions',
          block_id: 'b',
          elements: [
            { type: 'button', action_id: 'retry', value: '{"id":1}', text: plain('Retry') },
            {
              type: 'overflow',
              action_id: 'more',
              options: [
                { text: plain('Log'), value: 'log' },
                { text: plain('Lock'), value: 'lock' },
              ],
            },
          ],
        },
      ],
    });
    await respond({ text: 'later' });
  });
  app.action('retry', async ({ ack, body, client }) => {
    await ack();
    if (body.type !== 'block_actions') return;
    seen.push({ kind: 'retry', body });
    await client.chat.update({
      channel: body.channel?.id ?? '',
      ts: body.message?.ts ?? '',
      text: 'retrying',
    });
    await client.views.open({ trigger_id: body.trigger_id, view: modal(body.message?.ts ?? '') });
  });
  app.action('more', async ({ ack, action, respond }) => {
    await ack();
    seen.push({ kind: 'more', action });
    await respond({ text: 'replaced', replace_original: true });
  });
  app.options('pkg', async ({ ack, payload }) => {
    await ack({ options: [{ text: plain(payload.value), value: `${payload.value}=1` }] });
  });
  app.view('edit', async ({ ack, view, body, client }) => {
    const name = view.state.values.name?.value?.value ?? '';
    seen.push({ kind: 'submit', values: view.state.values });
    if (name === 'bad') return ack({ response_action: 'errors', errors: { name: 'no such name' } });
    if (name === 'next') return ack({ response_action: 'update', view: modal('', 'Second') });
    if (name === 'push') return ack({ response_action: 'push', view: modal('', 'Pushed') });
    if (name === 'clear') return ack({ response_action: 'clear' });
    await ack();
    await client.chat.postMessage({ channel: body.user.id, text: `named ${name}` });
  });
  app.view({ callback_id: 'edit', type: 'view_closed' }, async ({ ack, body }) => {
    await ack();
    seen.push({ kind: 'closed', cleared: 'is_cleared' in body && body.is_cleared });
  });
  app.event('app_mention', async ({ event, say, context }) => {
    seen.push({ kind: 'mention', text: event.text, retry: context.retryNum ?? 0 });
    await say({ text: 'you called', thread_ts: event.thread_ts ?? event.ts });
  });
  app.event('app_home_opened', async ({ event, client }) => {
    await client.views.publish({
      user_id: event.user,
      view: { type: 'home', blocks: [{ type: 'header', text: plain('Your environments') }] },
    });
  });
  app.message(async ({ message, client }) => {
    seen.push({ kind: 'message', message });
    if (message.subtype === 'file_share' && 'files' in message) {
      const address = message.files?.[0]?.url_private_download ?? '';
      const file = await fetch(address, { headers: { authorization: `Bearer ${client.token}` } });
      seen.push({ kind: 'file', content: await file.text() });
    }
  });
  app.shortcut('explain', async ({ ack, shortcut, client }) => {
    await ack();
    seen.push({ kind: 'shortcut', callback: shortcut.callback_id });
    await client.views.open({ trigger_id: shortcut.trigger_id, view: modal('') });
  });
}

/** Starts the app against `slack`, over Socket Mode or as an HTTP server the emulator posts to. */
export async function startBoltApp(
  slack: SlackEmulator,
  mode: 'socket' | 'http',
): Promise<BoltApp> {
  const common = {
    token: slack.botToken,
    logLevel: bolt.LogLevel.ERROR,
    clientOptions: { slackApiUrl: slack.apiUrl, retryConfig: { retries: 2, minTimeout: 20 } },
  };
  const app =
    mode === 'socket'
      ? new bolt.App({ ...common, socketMode: true, appToken: slack.appToken })
      : new bolt.App({ ...common, signingSecret: slack.signingSecret });
  const seen: Seen[] = [];
  addHandlers(app, seen);
  const server = await (mode === 'socket'
    ? app.start()
    : app.start({ port: 0, host: '127.0.0.1' }));
  if (mode === 'http') {
    const address =
      typeof server === 'object' && server !== null && 'address' in server
        ? server.address()
        : null;
    if (address === null || typeof address === 'string') throw new Error('the app does not listen');
    slack.setRequestUrl(`http://127.0.0.1:${address.port}/slack/events`);
  }
  return {
    app,
    seen,
    stop: async () => {
      await app.stop();
      // Bolt says stopped before its socket is closed, and then waits 30 s for a lost handshake.
      while (slack.connections() > 0) await sleep(5);
    },
  };
}
