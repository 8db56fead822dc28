import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseCommand } from '../../commands/grammar/parse.ts';
import { commands } from '../../commands/registry.ts';
import type { View } from '../../deploy/lab/slack/index.ts';
import { describe as describeReply } from '../../src/answers/describe.ts';
import type { BuildRequest } from '../../src/domain/request.ts';
import { readValue } from '../../src/slack/actions.ts';
import { homeView } from '../../src/slack/homes/home-view.ts';
import { createForm, readOrigin } from '../../src/slack/modals/create-form.ts';
import { diagnoseForm } from '../../src/slack/modals/diagnose-form.ts';
import { linesView } from '../../src/slack/modals/lines-view.ts';
import { readCreateForm } from '../../src/slack/modals/read-create-form.ts';
import { replyView } from '../../src/slack/modals/reply-view.ts';
import type { FormState } from '../../src/slack/modals/view.ts';
import { build, environment, invocationLine, samples, settings } from '../answers/samples.ts';
import { cannotJudge, judge } from './judge.ts';
import { ANA, DATA, inWorld, says, visibleText } from './world.ts';

const origin = { channel: DATA, thread: null };

function state(fields: {
  name?: string;
  packages?: string;
  channels?: string[];
  layout?: string;
}): FormState {
  return {
    name: { value: { type: 'plain_text_input', value: fields.name ?? 'churn' } },
    packages: { value: { type: 'plain_text_input', value: fields.packages ?? 'numpy' } },
    channels: { value: { selected_options: (fields.channels ?? []).map((value) => ({ value })) } },
    edges: { value: { selected_options: [] } },
    layout: { value: { selected_option: { value: fields.layout ?? 'local' } } },
    format: { value: { selected_option: { value: 'auto' } } },
  };
}

const read = (fields: Parameters<typeof state>[0]) =>
  readCreateForm(state(fields), commands, settings);

describe('the form for a new environment', () => {
  test('stands for the command that says the same', () => {
    assert.deepEqual(
      read({
        name: ' churn ',
        packages: 'python=3.11\nnumpy>=1.26,<2\n"pandas >=2"',
        channels: ['conda-forge'],
        layout: 'global',
      }),
      {
        ok: true,
        text: 'create -p churn python=3.11 numpy>=1.26,<2 "pandas >=2" --channel conda-forge --layout global --format auto',
      },
    );
  });

  test('keeps what pip is asked for beside the packages of conda', () => {
    const { text } = read({
      name: 'churn',
      packages: 'python=3.11\n--pip rich>=13\n--pip "x; extra == \'y\'"',
    }) as { text: string };
    const parsed = parseCommand(text, commands, settings);
    assert.ok(parsed.kind === 'command', text);
    const form = createForm(
      settings,
      { specs: [], pip: parsed.arguments.pip as BuildRequest['pip'] },
      { channel: null, thread: null },
    );
    assert.match(JSON.stringify(form), /--pip rich>=13\\n--pip \\"x; extra == 'y'\\"/);
  });

  const mistakes: [string, Parameters<typeof state>[0], string, RegExp][] = [
    ['a name with a space', { name: 'my env' }, 'name', /my-env/],
    ['a name that leaves its folder', { name: 'a..b' }, 'name', /never \.\./],
    ['no name', { name: '  ' }, 'name', /cannot be/],
    ['a misspelt spec', { packages: 'numpy=>1' }, 'packages', /numpy=>1/],
    ['every mistake', { packages: 'numpy=>1 pandas=>2' }, 'packages', /numpy=>1.*pandas=>2/],
    ['no packages', { packages: ' \n ' }, 'packages', /No package/],
    [
      'an option among the packages',
      { packages: 'numpy --edge madrid' },
      'packages',
      /--edge is not a package/,
    ],
    ['an unclosed quote', { packages: 'numpy "pandas' }, 'packages', /never closed/],
    ['an invisible character', { packages: 'nu\u200bmpy' }, 'packages', /invisible/],
    ['a channel that is not in the menu', { channels: ['evil'] }, 'channels', /no channel evil/],
    ['words smuggled in by a menu', { layout: 'local --edge madrid' }, 'layout', /./],
  ];
  for (const [what, fields, field, says] of mistakes) {
    test(`${what} is shown on its field`, () => {
      const result = read(fields);
      assert.ok(!result.ok);
      assert.deepEqual(Object.keys(result.errors), [field]);
      assert.match(result.errors[field] ?? '', says);
    });
  }

  test('a state with nothing in it is a mistake, not a crash', () => {
    assert.equal(readCreateForm({}, commands, settings).ok, false);
  });

  test('where it was opened is read strictly', () => {
    assert.deepEqual(readOrigin(JSON.stringify(origin)), origin);
    for (const text of ['', '{', '[]', 'null', '{"channel":"<!here>","thread":"x"}']) {
      assert.deepEqual(readOrigin(text), { channel: null, thread: null });
    }
  });

  test('opens on `create` alone, refuses mistakes on their field, and builds in the channel', () =>
    inWorld(async (world) => {
      await world.slash('create');
      const view = await world.slack.untilView(ANA, says(/New environment/));
      const submit = (name: string, packages: string) =>
        world.slack.submitView({
          user: ANA,
          viewId: view.id,
          values: { name: { value: name }, packages: { value: packages } },
        });
      assert.deepEqual(Object.keys((await submit('my env', 'numpy')).errors ?? {}), ['name']);
      assert.deepEqual(Object.keys((await submit('churn', 'numpy=>1')).errors ?? {}), ['packages']);
      const done = await submit('churn', 'python=3.11\nnumpy');
      assert.equal(done.closed, true);
      const message = await world.slack.untilMessage(says(/churn waits/));
      assert.equal(message.channel, DATA);
      assert.equal(world.store.builds.get('build1')?.requester.user, ANA);
    }));

  test('opened from the Home tab, the build reports directly', () =>
    inWorld(async (world) => {
      await world.slack.openHome({ user: ANA });
      const home = await world.slack.untilHome(ANA, () => true);
      await world.slack.click({ user: ANA, actionId: 'open_form', viewId: home.id });
      const view = await world.slack.untilView(ANA, says(/New environment/));
      await world.slack.submitView({
        user: ANA,
        viewId: view.id,
        values: { name: { value: 'churn' }, packages: { value: 'numpy' } },
      });
      const message = await world.slack.untilMessage(says(/churn waits/));
      assert.match(message.channel, /^D/);
    }));

  test('where no form can be opened, its button is offered', () =>
    inWorld(async (world) => {
      await world.slack.mention({ user: ANA, channel: DATA, text: 'create' });
      const answer = await world.slack.untilMessage(says(/Open the form/));
      await world.slack.click({ user: ANA, actionId: 'open_form', channel: DATA, ts: answer.ts });
      await world.slack.untilView(ANA, says(/New environment/));
    }));

  test('a trigger that has expired is answered with words', () =>
    inWorld(async (world) => {
      world.slack.faults.next('views.open', { error: 'expired_trigger_id' });
      await world.slash('create');
      await world.slack.untilEphemeral(ANA, says(/Name the environment and its packages/));
    }));
});

describe('views', () => {
  const many = Array.from({ length: 150 }, (_, index) => ({
    name: `channel-with-a-name-that-is-really-too-long-for-a-menu-in-slack-number-${index}`,
    default: false,
  }));
  const views: Record<string, object> = {
    'view-form': createForm(settings, {}, origin),
    'view-form-filled': createForm(settings, build('ready').request, origin),
    'view-form-many': createForm({ ...settings, channels: many, edges: many }, {}, origin),
    'view-lines': linesView('A title that is too long for a modal', [
      invocationLine(),
      invocationLine('lab', 'pyspark', 'global'),
      { ...invocationLine(), short: null, rows: 'x'.repeat(3000) },
      {
        ...invocationLine(),
        ...{ short: null, rows: `pyspark ${'x'.repeat(9000)}`, warnings: ['too `long`'] },
      },
    ]),
    'view-lines-long': linesView('Line to copy', [
      { ...invocationLine(), short: null, rows: 'x'.repeat(9000) },
    ]),
    'view-diagnose': diagnoseForm(),
    'view-form-bare': createForm({ ...settings, channels: [], edges: [] }, {}, origin),
    'view-home-empty': homeView(ANA, [], [], settings),
    'view-home': homeView(
      ANA,
      Array.from({ length: 40 }, (_, index) => environment(`env-${index}`)),
      Array.from({ length: 40 }, () => build('ready')),
      settings,
    ),
    ...Object.fromEntries(
      Object.entries(samples).map(([name, reply]) => [
        `view-${name}`,
        replyView('A title that is too long for a modal', describeReply(reply, settings)),
      ]),
    ),
  };

  test("Slack's own models accept every view", { skip: cannotJudge }, () => {
    assert.equal(judge(views as Record<string, View>), '');
  });

  test('whatever can be pressed or filled keeps its block id', () => {
    for (const [name, view] of Object.entries(views)) {
      const { blocks } = view as { blocks: { type: string; block_id?: string }[] };
      const rows = blocks.filter(({ type }) => type === 'actions' || type === 'input');
      const ids = rows.map(({ block_id }) => block_id);
      assert.ok(!ids.includes(undefined), name);
      assert.equal(new Set(ids).size, ids.length, name);
    }
  });

  test('a line stands in its field, the short one first, and one too long for a field in a block', () => {
    const { blocks, submit } = views['view-lines'] as View & { blocks: object[] };
    const held = blocks.flatMap((block) => {
      const { element } = block as { element?: { initial_value?: string } };
      return element ? [element.initial_value] : [];
    });
    assert.deepEqual(held, [
      '/srv/ferry/run churn@3 pyspark',
      invocationLine().rows,
      '/srv/ferry/run churn@3 pyspark',
      `cd /srv/ferry\n${invocationLine('lab', 'pyspark', 'global').rows}`,
      'x'.repeat(3000),
    ]);
    assert.ok(submit, 'Slack wants it where there is a field');
    assert.ok(JSON.stringify(blocks).includes(`pyspark ${'x'.repeat(9000)}`));
    assert.ok(!('submit' in (views['view-lines-long'] as object)));
  });

  test('the Home tab shows only what is mine', () => {
    const others = homeView('U0BENOKAF1', [environment()], [], settings);
    assert.doesNotMatch(visibleText(others), /churn@3/);
  });
});

describe('values of buttons', () => {
  test('are a build id or nothing', () => {
    assert.equal(readValue('{"b":"b4k7q2"}'), 'b4k7q2');
    const wrong = [
      null,
      '',
      'b4k7q2',
      '[]',
      'null',
      '{"b":1}',
      '{"b":"../x"}',
      '{"b":"a","c":1}',
      '{"b":"a b"}',
      '{"__proto__":"a"}',
      `{"b":"${'a'.repeat(300)}"}`,
    ];
    for (const value of wrong) assert.equal(readValue(value), null, String(value));
  });
});
