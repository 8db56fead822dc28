/**
 * Every Block Kit limit from both sides: the largest allowed payload passes, one more is refused
 * at the right place. Slack's own Python models judge the same payloads.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { messageFaults, viewFaults } from '../block-kit/surfaces.ts';
import { cannotRunPython, runPython } from './python.ts';

type Json = { [field: string]: unknown };

const x = (length: number): string => 'x'.repeat(length);
const plain = (text: string): Json => ({ type: 'plain_text', text });
const mrkdwn = (text: string): Json => ({ type: 'mrkdwn', text });
const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));
const section = (more: Json = {}): Json => ({ type: 'section', text: mrkdwn('x'), ...more });
const actions = (...elements: Json[]): Json => ({ type: 'actions', elements });
const button = (more: Json = {}): Json => ({
  type: 'button',
  action_id: 'a',
  text: plain('x'),
  ...more,
});
const option = (more: Json = {}): Json => ({ text: plain('x'), value: 'x', ...more });
const select = (more: Json): Json => ({ type: 'static_select', action_id: 's', ...more });
const input = (element: Json, more: Json = {}): Json => ({
  type: 'input',
  label: plain('x'),
  element,
  ...more,
});
const typed = (more: Json = {}): Json => ({ type: 'plain_text_input', action_id: 'p', ...more });
const confirm = (more: Json): Json =>
  button({
    confirm: {
      title: plain('x'),
      text: mrkdwn('x'),
      confirm: plain('x'),
      deny: plain('x'),
      ...more,
    },
  });
const cells = (rows: number, columns: number): Json => ({
  type: 'table',
  rows: times(rows, () => times(columns, () => ({ type: 'raw_text', text: 'x' }))),
});
const task = (status: string, more: Json = {}): Json => ({
  type: 'task_card',
  task_id: '1',
  title: 'x',
  status,
  ...more,
});
const modal = (more: Json): Json => ({
  type: 'modal',
  title: plain('x'),
  blocks: [section()],
  ...more,
});

const withField = (element: Json): Json => modal({ submit: plain('Go'), blocks: [input(element)] });
const external: Json = { type: 'multi_external_select', action_id: 'e', min_query_length: 1 };

/** The largest size allowed, and a payload of a given size. */
const LIMITS: Record<string, [limit: number, blocks: (size: number) => unknown]> = {
  'blocks of a message': [50, (size) => times(size, () => section())],
  'text of a section': [3000, (size) => [section({ text: mrkdwn(x(size)) })]],
  'fields of a section': [10, (size) => [section({ fields: times(size, () => mrkdwn('x')) })]],
  'text of a field': [2000, (size) => [section({ fields: [mrkdwn(x(size))] })]],
  'text of a header': [150, (size) => [{ type: 'header', text: plain(x(size)) }]],
  'elements of a context': [
    10,
    (size) => [{ type: 'context', elements: times(size, () => mrkdwn('x')) }],
  ],
  'elements of actions': [
    25,
    (size) => [actions(...times(size, (index) => button({ action_id: `a${index}` })))],
  ],
  'text of a button': [75, (size) => [actions(button({ text: plain(x(size)) }))]],
  'value of a button': [2000, (size) => [actions(button({ value: x(size) }))]],
  'url of a button': [3000, (size) => [actions(button({ url: x(size) }))]],
  action_id: [255, (size) => [actions(button({ action_id: x(size) }))]],
  block_id: [255, (size) => [section({ block_id: x(size) })]],
  'text of an option': [
    75,
    (size) => [actions(select({ options: [option({ text: plain(x(size)) })] }))],
  ],
  'value of an option': [
    150,
    (size) => [actions(select({ options: [option({ value: x(size) })] }))],
  ],
  'options of a select': [
    100,
    (size) => [actions(select({ options: times(size, () => option()) }))],
  ],
  'options of an overflow': [
    5,
    (size) => [actions({ type: 'overflow', action_id: 'o', options: times(size, () => option()) })],
  ],
  'options of radio buttons': [
    10,
    (size) => [
      actions({ type: 'radio_buttons', action_id: 'r', options: times(size, () => option()) }),
    ],
  ],
  'options of checkboxes': [
    10,
    (size) => [
      actions({ type: 'checkboxes', action_id: 'c', options: times(size, () => option()) }),
    ],
  ],
  'title of a confirmation': [100, (size) => [actions(confirm({ title: plain(x(size)) }))]],
  'text of a confirmation': [300, (size) => [actions(confirm({ text: mrkdwn(x(size)) }))]],
  'button of a confirmation': [30, (size) => [actions(confirm({ deny: plain(x(size)) }))]],
  'label of an input': [2000, (size) => [input(typed(), { label: plain(x(size)) })]],
  'hint of an input': [2000, (size) => [input(typed(), { hint: plain(x(size)) })]],
  'placeholder of an input': [150, (size) => [input(typed({ placeholder: plain(x(size)) }))]],
  'initial value of an input': [3000, (size) => [input(typed({ initial_value: x(size) }))]],
  'max_length of an input': [3000, (size) => [input(typed({ max_length: size }))]],
  'text of markdown': [12_000, (size) => [{ type: 'markdown', text: x(size) }]],
  'rows of a table': [100, (size) => [cells(size, 1)]],
  'cells of a row': [20, (size) => [cells(1, size)]],
};

/** Wrong in kind, not in size: payload and the pointer of the complaint. */
const WRONG: Record<string, [blocks: unknown, pointer: string]> = {
  'blocks that are no list': [{}, '/blocks'],
  'a block without type': [[{}], '/blocks/0'],
  'an unknown block': [[{ type: 'nope' }], '/blocks/0/type'],
  'an unknown field': [[section({ colour: 'red' })], '/blocks/0'],
  'an empty section': [[{ type: 'section' }], '/blocks/0'],
  'an empty text': [[section({ text: mrkdwn('') })], '/blocks/0/text/text'],
  'a header in mrkdwn': [[{ type: 'header', text: mrkdwn('x') }], '/blocks/0/text/type'],
  'a button in mrkdwn': [
    [actions(button({ text: mrkdwn('x') }))],
    '/blocks/0/elements/0/text/type',
  ],
  'an unknown button style': [
    [actions(button({ style: 'warning' }))],
    '/blocks/0/elements/0/style',
  ],
  'a text field among actions': [[actions(typed())], '/blocks/0/elements/0/type'],
  'a block_id used twice': [
    [section({ block_id: 'b' }), section({ block_id: 'b' })],
    '/blocks/1/block_id',
  ],
  'an action_id used twice in a block': [[actions(button(), button())], '/blocks/0/elements/1'],
  'a status Slack does not know': [
    [{ type: 'plan', title: 'x', tasks: [task('completed')] }],
    '/blocks/0/tasks/0/status',
  ],
  'a standalone card that is pending': [[task('pending')], '/blocks/0'],
  'a plan beside a card': [
    [{ type: 'plan', title: 'x', tasks: [task('pending')] }, task('complete')],
    '/blocks',
  ],
  'a select with options and groups': [
    [
      actions(
        select({
          options: [option()],
          option_groups: [{ label: plain('x'), options: [option()] }],
        }),
      ),
    ],
    '/blocks/0/elements/0',
  ],
};

const VIEWS: Record<string, [limit: number, view: (size: number) => Json]> = {
  'title of a modal': [24, (size) => modal({ title: plain(x(size)) })],
  'submit of a modal': [24, (size) => modal({ submit: plain(x(size)) })],
  'close of a modal': [24, (size) => modal({ close: plain(x(size)) })],
  private_metadata: [3000, (size) => modal({ private_metadata: x(size) })],
  callback_id: [255, (size) => modal({ callback_id: x(size) })],
  'placeholder of a menu with the options of the app': [
    150,
    (size) => withField({ ...external, placeholder: plain(x(size)) }),
  ],
  'options chosen in a menu with the options of the app': [
    100,
    (size) => withField({ ...external, initial_options: times(size, () => option()) }),
  ],
  'files of a file input': [
    10,
    (size) => withField({ type: 'file_input', action_id: 'f', max_files: size }),
  ],
  'blocks of a modal': [100, (size) => modal({ blocks: times(size, () => section()) })],
};

const pointerOf = (fault: string | undefined): string =>
  /\[json-pointer:(.*)\]$/.exec(fault ?? '')?.[1] ?? '';

describe('the limits of a message', () => {
  for (const [name, [limit, blocks]] of Object.entries(LIMITS))
    it(`${name}: ${limit} pass, one more does not`, () => {
      assert.deepEqual(messageFaults(blocks(limit)), []);
      assert.equal(messageFaults(blocks(limit + 1)).length, 1);
    });

  for (const [name, [blocks, pointer]] of Object.entries(WRONG))
    it(`${name} is refused where it stands`, () => {
      const faults = messageFaults(blocks);
      assert.equal(pointerOf(faults[0]), pointer, faults.join('\n'));
    });

  it('lets what Slack shows in a plan through', () => {
    const rich = {
      type: 'rich_text',
      elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text: 'x' }] }],
    };
    const tasks = ['pending', 'in_progress', 'complete', 'error'].map((status) =>
      task(status, { details: rich, output: rich }),
    );
    assert.deepEqual(messageFaults([{ type: 'plan', title: 'x', tasks }]), []);
  });
});

describe('the limits of a view', () => {
  for (const [name, [limit, view]] of Object.entries(VIEWS))
    it(`${name}: ${limit} pass, one more does not`, () => {
      assert.deepEqual(viewFaults(view(limit), 'modal'), []);
      assert.equal(viewFaults(view(limit + 1), 'modal').length, 1);
    });

  it('an input needs a submit button, and a message block has no place in a modal', () => {
    const withInput = modal({ blocks: [input(typed())] });
    assert.deepEqual(viewFaults({ ...withInput, submit: plain('Go') }, 'modal'), []);
    assert.equal(pointerOf(viewFaults(withInput, 'modal')[0]), '/view');
    assert.equal(
      pointerOf(viewFaults(modal({ blocks: [cells(1, 1)] }), 'modal')[0]),
      '/view/blocks/0/type',
    );
  });
});

/** What Slack's Python models do not check, by their own code: nothing to compare there. */
const NOT_IN_THE_MODELS = new Set([
  'placeholder of an input',
  'initial value of an input',
  'max_length of an input',
  'options of radio buttons',
  'options of checkboxes',
  'blocks that are no list',
  'a block without type',
  'an empty text',
  'a button in mrkdwn',
  'a text field among actions',
  'a standalone card that is pending',
  'a plan beside a card',
  'callback_id',
  'options chosen in a menu with the options of the app',
  'files of a file input',
]);

describe("Slack's Python models", () => {
  it('agree about every payload', { skip: cannotRunPython }, () => {
    const root = join(import.meta.dirname, '.out');
    mkdirSync(root, { recursive: true });
    const directory = mkdtempSync(join(root, 'limits-'));
    const expected = new Map<string, boolean>();
    const add = (name: string, fine: boolean, payload: unknown): void => {
      const file = `${name.replaceAll(' ', '-')}-${fine ? 'fine' : 'refused'}.json`;
      writeFileSync(join(directory, file), JSON.stringify(payload));
      expected.set(file, fine);
    };
    for (const [name, [limit, blocks]] of Object.entries(LIMITS)) {
      add(name, true, { text: 'x', blocks: blocks(limit) });
      if (!NOT_IN_THE_MODELS.has(name)) add(name, false, { text: 'x', blocks: blocks(limit + 1) });
    }
    for (const [name, [blocks]] of Object.entries(WRONG))
      if (!NOT_IN_THE_MODELS.has(name)) add(name, false, { text: 'x', blocks });
    for (const [name, [limit, view]] of Object.entries(VIEWS)) {
      add(name, true, view(limit));
      if (!NOT_IN_THE_MODELS.has(name)) add(name, false, view(limit + 1));
    }
    const { output } = runPython('validate_blocks.py', [directory]);
    const refused = new Set(output.split('\n').map((line) => line.split(':')[0]));
    for (const [file, fine] of expected)
      assert.equal(!refused.has(file), fine, `${file}\n${output}`);
    rmSync(directory, { recursive: true });
  });
});
