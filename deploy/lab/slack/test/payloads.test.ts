/**
 * What the emulator sends has the shape of what Slack sends. Two judges: the types of Bolt and
 * @slack/types, by the compiler; and, where they are at hand, the payload samples of
 * slackapi/java-slack-sdk (json-logs/samples/app-backend), key by key.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { before, describe, it } from 'node:test';
import { type SlackEmulator, startSlackEmulator } from '../index.ts';
import { withListener } from './listener.ts';

const { resolve } = createRequire(import.meta.url);
const TSC = join(dirname(resolve('typescript/package.json')), 'bin/tsc');
/** The strictest the compiler has: absent and undefined differ. */
const COMPILER_OPTIONS = {
  strict: true,
  exactOptionalPropertyTypes: true,
  target: 'ES2024',
  module: 'NodeNext',
  types: ['node'],
  skipLibCheck: true,
};
const SAMPLES = process.env.SLACK_SAMPLES;

type Json = { [field: string]: unknown };

const plain = (text: string) => ({ type: 'plain_text', text, emoji: true });
const option = { text: plain('x'), value: 'x' };

async function call(slack: SlackEmulator, method: string, args: object): Promise<Json> {
  const response = await fetch(slack.apiUrl + method, {
    method: 'POST',
    headers: { authorization: `Bearer ${slack.botToken}`, 'content-type': 'application/json' },
    body: JSON.stringify(args),
  });
  const reply = (await response.json()) as Json;
  assert.equal(reply.ok, true, JSON.stringify(reply));
  return reply;
}

/** One payload of every kind, as delivered. */
async function everyPayload(): Promise<Record<string, Json>> {
  const slack = await startSlackEmulator();
  const view = {
    type: 'modal',
    callback_id: 'edit',
    notify_on_close: true,
    title: plain('Edit'),
    submit: plain('Go'),
    close: plain('No'),
    blocks: [
      {
        type: 'input',
        block_id: 'n',
        label: plain('x'),
        element: { type: 'plain_text_input', action_id: 'v' },
      },
      {
        type: 'section',
        block_id: 'e',
        text: plain('x'),
        accessory: { type: 'external_select', action_id: 'ext', min_query_length: 0 },
      },
    ],
  };
  try {
    return await withListener(slack, async (deliveries) => {
      const last = (): Json => structuredClone(deliveries.at(-1)?.payload ?? {});
      const at = { user: 'ana', channel: 'general' };
      const payloads: Record<string, Json> = {};
      await slack.slash({ ...at, text: 'help' });
      payloads.slash = last();
      const { ts } = await call(slack, 'chat.postMessage', {
        channel: 'C0GENERAL1',
        text: 'x',
        blocks: [
          {
            type: 'actions',
            elements: [
              { type: 'button', action_id: 'b', text: plain('Go'), value: 'v', style: 'primary' },
              { type: 'overflow', action_id: 'o', options: [option] },
              { type: 'static_select', action_id: 's', options: [option] },
              { type: 'multi_static_select', action_id: 'm', options: [option] },
              { type: 'users_select', action_id: 'u' },
              { type: 'radio_buttons', action_id: 'r', options: [option] },
              { type: 'checkboxes', action_id: 'c', options: [option] },
              { type: 'datepicker', action_id: 'd' },
            ],
          },
        ],
      });
      const on = { ...at, ts: String(ts) };
      const uses: [string, string | string[]][] = [
        ['b', 'v'],
        ['o', 'x'],
        ['s', 'x'],
        ['m', ['x']],
        ['u', 'U0BENOKAF1'],
        ['r', 'x'],
        ['c', ['x']],
        ['d', '2026-01-31'],
      ];
      for (const [actionId, value] of uses) {
        await slack.click({ ...on, actionId, value });
        payloads[`action_${actionId}`] = last();
      }
      await slack.shortcut({ ...on, callbackId: 'explain' });
      payloads.shortcut = last();
      const opened = await call(slack, 'views.open', {
        trigger_id: payloads.shortcut?.trigger_id,
        view,
      });
      const viewId = (opened.view as { id: string }).id;
      await slack.optionsFor({ user: 'ana', viewId, actionId: 'ext', query: 'n' });
      payloads.suggestion = last();
      await slack.click({ user: 'ana', viewId, actionId: 'ext', value: null });
      payloads.action_in_view = last();
      await slack.closeView({ user: 'ana', viewId });
      payloads.closed = last();
      await slack.click({ ...on, actionId: 'b', value: 'v' });
      const again = await call(slack, 'views.open', { trigger_id: last().trigger_id, view });
      await slack.submitView({
        user: 'ana',
        viewId: (again.view as { id: string }).id,
        values: { n: { v: 'x' } },
      });
      payloads.submission = last();
      await slack.mention({ ...at, text: 'help' });
      payloads.mention = last();
      await slack.openHome({ user: 'ana' });
      payloads.home = last();
      await slack.directMessage({ user: 'ana', text: 'hello' });
      payloads.message = last();
      return payloads;
    });
  } finally {
    await slack.stop();
  }
}

/** The declared type of each payload, or of its event. */
const TYPES: Record<string, string> = {
  slash: 'SlashCommand',
  action_b: 'BlockAction<ButtonAction>',
  action_o: 'BlockAction<OverflowAction>',
  action_s: 'BlockAction<StaticSelectAction>',
  action_m: 'BlockAction<MultiStaticSelectAction>',
  action_u: 'BlockAction<UsersSelectAction>',
  action_r: 'BlockAction<RadioButtonsAction>',
  action_c: 'BlockAction<CheckboxesAction>',
  action_d: 'BlockAction<DatepickerAction>',
  shortcut: 'MessageShortcut',
  suggestion: 'BlockSuggestion',
  closed: 'ViewClosedAction',
  submission: 'ViewSubmitAction',
  mention: 'AppMentionEvent',
  home: 'AppHomeOpenedEvent',
  // The type spells "no subtype" as a field that is there and undefined, which JSON cannot.
  message: "Omit<GenericMessageEvent, 'subtype'>",
};

/** Slack sends these although the types do not have them so. */
function asTyped(payload: Json): Json {
  // `enterprise` is null outside an Enterprise organisation; the types only know it absent.
  const { enterprise: _enterprise, ...rest } = payload;
  return (rest.event as Json | undefined) ?? rest;
}

/** The sample of each payload, and keys the normalised samples leave out. */
const SAMPLE_FILES: Record<string, { file: string; beside: string[] }> = {
  slash: { file: 'SlashCommandPayload.json', beside: [] },
  action_b: { file: 'BlockActionPayload.json', beside: ['/state/values'] },
  shortcut: { file: 'MessageShortcutPayload.json', beside: [] },
  closed: { file: 'ViewClosedPayload.json', beside: ['/view/blocks', '/view/state/values'] },
  submission: {
    file: 'ViewSubmissionPayload.json',
    beside: ['/view/blocks', '/response_urls', '/view/state/values'],
  },
};

const kindOf = (value: unknown): string => (Array.isArray(value) ? 'array' : typeof value);

/** Keys that the sample does not have, or has in another JSON type. Null fits everything. */
function* strangers(ours: unknown, sample: unknown, pointer: string): Generator<string> {
  if (ours === null || sample === null || sample === undefined) return;
  if (kindOf(ours) !== kindOf(sample))
    yield `${pointer}: ${kindOf(ours)}, in the sample ${kindOf(sample)}`;
  else if (Array.isArray(ours) && Array.isArray(sample))
    yield* strangers(ours[0] ?? null, sample[0] ?? null, `${pointer}/0`);
  else if (kindOf(ours) === 'object')
    for (const [key, value] of Object.entries(ours as Json)) {
      if (!(key in (sample as Json))) yield `${pointer}/${key}: not in the sample`;
      else yield* strangers(value, (sample as Json)[key], `${pointer}/${key}`);
    }
}

describe('payloads', () => {
  let payloads: Record<string, Json> = {};
  before(async () => {
    payloads = await everyPayload();
  });

  it("have the types of Slack's own packages", () => {
    const root = join(import.meta.dirname, '.out');
    mkdirSync(root, { recursive: true });
    const directory = mkdtempSync(join(root, 'payloads-'));
    const events = ['AppMentionEvent', 'AppHomeOpenedEvent', 'GenericMessageEvent'];
    const types = [
      ...new Set(Object.values(TYPES).flatMap((type) => type.match(/[A-Z]\w+/g) ?? [])),
    ];
    const checks = Object.entries(TYPES).map(
      ([name, type]) =>
        `declare function ${name}<T extends ${type}>(payload: T): void;\n${name}(${JSON.stringify(asTyped(payloads[name] ?? {}), null, 1)});`,
    );
    const source = [
      `import type { ${types.filter((type) => !events.includes(type) && type !== 'Omit').join(', ')} } from '@slack/bolt';`,
      `import type { ${events.join(', ')} } from '@slack/types';`,
      ...checks,
    ].join('\n');
    writeFileSync(join(directory, 'check.ts'), source);
    const options = { compilerOptions: COMPILER_OPTIONS, include: [directory] };
    writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify(options));
    const result = spawnSync(process.execPath, [TSC, '--noEmit', '-p', directory], {
      encoding: 'utf8',
    });
    assert.equal(result.stdout, '');
    assert.equal(result.status, 0);
    rmSync(directory, { recursive: true });
  });

  it('carry what a handler relies on', () => {
    assert.equal(payloads.slash?.is_enterprise_install, 'false');
    const click = payloads.action_b;
    assert.ok(click);
    assert.deepEqual(Object.keys(click).sort(), [
      'actions',
      'api_app_id',
      'channel',
      'container',
      'enterprise',
      'is_enterprise_install',
      'message',
      'response_url',
      'state',
      'team',
      'token',
      'trigger_id',
      'type',
      'user',
    ]);
    assert.deepEqual(Object.keys(click.container as Json).sort(), [
      'channel_id',
      'is_ephemeral',
      'message_ts',
      'type',
    ]);
    const inView = payloads.action_in_view;
    assert.ok(inView);
    assert.deepEqual(inView.container, { type: 'view', view_id: (inView.view as Json).id });
    assert.equal(inView.response_url, undefined);
  });

  for (const [name, { file, beside }] of Object.entries(SAMPLE_FILES))
    it(`${name} has only keys of ${file}`, {
      skip: SAMPLES ? false : 'SLACK_SAMPLES is not set to json-logs/samples/app-backend',
    }, () => {
      const directory = SAMPLES ?? '';
      const path = readdirSync(directory, { recursive: true, encoding: 'utf8' }).find((found) =>
        found.endsWith(file),
      );
      assert.ok(path, `no ${file} in ${directory}`);
      const sample: unknown = JSON.parse(readFileSync(join(directory, path), 'utf8'));
      const found = [...strangers(payloads[name], sample, '')].filter(
        (line) => !beside.some((pointer) => line.startsWith(pointer)),
      );
      // The form of a command has text only; the sample was normalised to JSON.
      const real = found.filter((line) => !line.startsWith('/is_enterprise_install: string'));
      assert.deepEqual(real, []);
    });
});
