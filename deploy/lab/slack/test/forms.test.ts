/** Forms whose options an app gives while one types, with files and fields it hears at once, by Bolt. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type SlackEmulator, startSlackEmulator } from '../index.ts';
import { startBoltApp } from './bolt-app.ts';
import { addForm } from './form-app.ts';

interface World {
  slack: SlackEmulator;
  viewId: string;
  submitted: object[];
  ask(query: string, blockId?: string): ReturnType<SlackEmulator['optionsFor']>;
}

async function inForm(play: (world: World) => Promise<void>): Promise<void> {
  const slack = await startSlackEmulator({
    commands: [{ command: '/form', description: 'A form', usageHint: '' }],
    acknowledgeMs: 1_500,
  });
  const app = await startBoltApp(slack, 'socket');
  try {
    const { submitted } = addForm(app.app);
    await slack.slash({ user: 'ana', channel: 'general', command: '/form', text: '' });
    const { id: viewId } = await slack.untilView(
      'ana',
      ({ callback_id }) => callback_id === 'form',
    );
    const ask: World['ask'] = (query, blockId = 'specs') =>
      slack.optionsFor({ user: 'ana', viewId, blockId, actionId: 'value', query });
    await play({ slack, viewId, submitted, ask });
  } finally {
    await app.stop();
    await slack.stop();
  }
}

const valuesOf = ({ options }: { options: { value?: unknown }[] }) =>
  options.map(({ value }) => value);

describe('a menu whose options the app gives', () => {
  it('asks the app of its own block, from the length on that it names', () =>
    inForm(async ({ ask }) => {
      assert.deepEqual(valuesOf(await ask('n')), []);
      assert.deepEqual(valuesOf(await ask('nu')), ['nu=1']);
      assert.deepEqual(valuesOf(await ask('', 'channel')), ['conda-forge']);
      await assert.rejects(ask('x', 'edge'), /its options are its own/);
    }));

  it('shows groups, and nothing of an answer that Slack refuses', () =>
    inForm(async ({ ask }) => {
      const grouped = await ask('groups');
      assert.deepEqual(valuesOf(grouped), ['numpy=2.2', 'numpy=2.2.6']);
      assert.equal(grouped.groups.length, 2);
      assert.deepEqual((await ask('none')).error, null);
      for (const [query, error] of [
        ['both', /provide only one of: options, option_groups/],
        ['long', /less than 76 characters/],
        ['many', /no more than 100 items/],
        ['silent', /operation_timeout/],
      ] as const) {
        const answer = await ask(query);
        assert.match(String(answer.error), error);
        assert.deepEqual(answer.options, []);
      }
    }));

  it('keeps what several texts found', () =>
    inForm(async ({ slack, viewId, submitted, ask }) => {
      await ask('numpy');
      await ask('pandas');
      const submit = (specs: string[]) =>
        slack.submitView({ user: 'ana', viewId, values: { specs: { value: specs } } });
      await assert.rejects(submit(['scipy=1']), /no option "scipy=1"/);
      assert.equal((await submit(['numpy=1', 'pandas=1'])).closed, true);
      const [{ specs }] = submitted as [{ specs: { value: { selected_options: object[] } } }];
      assert.equal(specs.value.selected_options.length, 2);
    }));
});

describe('a form', () => {
  it('takes files of its kinds alone, and hands them to the app', () =>
    inForm(async ({ slack, viewId, submitted }) => {
      const upload = (name: string) =>
        slack.uploadFile({ user: 'ana', name, content: 'name: churn' }).fileId;
      const submit = (...files: string[]) =>
        slack.submitView({ user: 'ana', viewId, values: { file: { value: files } } });
      assert.match((await submit(upload('a.exe'))).errors?.file ?? '', /of these kinds: yml/);
      const two = await submit(upload('a.yml'), upload('b.yml'));
      assert.match(two.errors?.file ?? '', /at most 1/);
      assert.deepEqual((await submit(upload('a.yml'))).errors, { specs: 'no package' });
      const [state] = submitted as [{ file: { value: { files: { name: string }[] } } }];
      assert.equal(state.file.value.files[0]?.name, 'a.yml');
    }));

  it('keeps what is in it when a change in one field makes the app update it', () =>
    inForm(async ({ slack, viewId, ask }) => {
      await ask('numpy');
      await slack.click({
        ...{ user: 'ana', viewId, blockId: 'edge', actionId: 'value', value: 'lab' },
        values: { specs: { value: ['numpy=1'] } },
      });
      const view = await slack.untilView('ana', (each) =>
        JSON.stringify(each).includes('lab runs Python 3.11'),
      );
      assert.equal(view.id, viewId);
      const { specs } = view.state.values as Record<string, Record<string, object>>;
      assert.match(JSON.stringify(specs), /numpy=1/);
      assert.equal((await slack.submitView({ user: 'ana', viewId })).closed, true);
    }));
});
