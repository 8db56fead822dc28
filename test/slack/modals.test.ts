import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseCommand } from '../../commands/grammar/parse.ts';
import { commands } from '../../commands/registry.ts';
import type { View } from '../../deploy/lab/slack/index.ts';
import { describe as describeReply } from '../../src/answers/describe.ts';
import type { Channels } from '../../src/domain/ports.ts';
import type { BuildRequest } from '../../src/domain/request.ts';
import { formatSpec, parseSpec } from '../../src/domain/spec.ts';
import { readValue } from '../../src/slack/button-values.ts';
import { homeView } from '../../src/slack/homes/home-view.ts';
import { createForm, readOrigin } from '../../src/slack/modals/create-form.ts';
import { diagnoseForm } from '../../src/slack/modals/diagnose-form.ts';
import { linesView } from '../../src/slack/modals/lines-view.ts';
import { mistakesIn, readCreateForm } from '../../src/slack/modals/read-create-form.ts';
import { replyView } from '../../src/slack/modals/reply-view.ts';
import { nameOptions, packageOptions } from '../../src/slack/modals/suggested-options.ts';
import type { FormState } from '../../src/slack/modals/view.ts';
import { build, environment, invocationLine, samples, settings } from '../answers/samples.ts';
import { cannotJudge, judge } from './judge.ts';
import { ANA, DATA, inWorld, says } from './world.ts';

const origin = { channel: DATA, thread: null };

function state(fields: {
  name?: string;
  chosen?: string[];
  packages?: string;
  channels?: string[];
  layout?: string;
}): FormState {
  return {
    name: { value: { type: 'plain_text_input', value: fields.name ?? 'churn' } },
    chosen: { value: { selected_options: (fields.chosen ?? []).map((value) => ({ value })) } },
    packages: { value: { type: 'plain_text_input', value: fields.packages ?? 'numpy' } },
    channels: { value: { selected_options: (fields.channels ?? []).map((value) => ({ value })) } },
    edges: { value: { selected_options: [] } },
    layout: { value: { selected_option: { value: fields.layout ?? 'local' } } },
    format: { value: { selected_option: { value: 'auto' } } },
  };
}

/** The command a form stands for, and all that is wrong with it. */
function read(fields: Parameters<typeof state>[0]) {
  const content = readCreateForm(state(fields));
  const { text, errors } = content;
  return { text, errors: { ...mistakesIn(content, commands, settings), ...errors } };
}

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
        text: 'create -p churn python=3.11 numpy>=1.26,<2 "pandas >=2" --channel conda-forge --layout global --format auto',
        errors: {},
      },
    );
  });

  test('takes packages one by one and as a list', () => {
    const { text, errors } = read({
      chosen: ['numpy>=1.26,<2', "pandas[version='>=2']", 'conda-forge::scipy'],
      packages: 'python=3.11 # for the cluster',
    });
    assert.deepEqual(errors, {});
    const parsed = parseCommand(text, commands, settings);
    assert.ok(parsed.kind === 'command', text);
    assert.deepEqual((parsed.arguments.specs as BuildRequest['specs']).map(formatSpec), [
      'python=3.11',
      'numpy>=1.26,<2',
      'pandas>=2',
      'conda-forge::scipy',
    ]);
  });

  test('a forged choice is no more than a word', () => {
    const { text, errors } = read({ chosen: ['--edge', 'numpy --edge madrid', '"; x'] });
    assert.match(text, /numpy "--edge" "numpy --edge madrid" "; x"/);
    assert.deepEqual(Object.keys(errors), ['chosen']);
  });

  test('every mistake stands on its own field', () => {
    const { errors } = read({
      ...{ name: 'my env', chosen: ['pandas=>2'], packages: 'numpy=>1', channels: ['evil'] },
    });
    assert.deepEqual(Object.keys(errors).sort(), ['channels', 'chosen', 'name', 'packages']);
    assert.match(errors.chosen ?? '', /pandas=>2/);
    assert.match(errors.packages ?? '', /numpy=>1/);
    const others = read({ packages: 'numpy --edge x', channels: ['evil'] }).errors;
    assert.deepEqual(Object.keys(others).sort(), ['channels', 'packages']);
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
    ['a name that leaves its folder', { name: 'a..b' }, 'name', /no two dots/],
    ['no name', { name: '  ' }, 'name', /cannot be/],
    ['a misspelt spec', { packages: 'numpy=>1' }, 'packages', /numpy=>1/],
    ['every mistake', { packages: 'numpy=>1 pandas=>2' }, 'packages', /numpy=>1.*pandas=>2/],
    ['no packages', { packages: ' \n ' }, 'chosen', /at least one/],
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
      assert.deepEqual(Object.keys(result.errors), [field]);
      assert.match(result.errors[field] ?? '', says);
    });
  }

  test('a state with nothing in it is a mistake, not a crash', () => {
    assert.deepEqual(Object.keys(readCreateForm({}).errors), ['name', 'chosen']);
  });

  test('where it was opened is read strictly', () => {
    assert.deepEqual(readOrigin(JSON.stringify(origin)), origin);
    for (const text of ['', '{', '[]', 'null', '{"channel":"<!here>","thread":"x"}']) {
      assert.deepEqual(readOrigin(text), { channel: null, thread: null });
    }
  });

  test('holds what is asked for already: packages in the menu, what is too long for it in the list', () => {
    const long = `numpy${'!=1.26.0,'.repeat(9)}<2`;
    const form = createForm(
      settings,
      { specs: ['python=3.11', long].map((text) => parseSpec(text)) },
      origin,
    );
    const [, chosen, packages] = form.blocks as unknown as {
      element: Record<string, unknown>;
    }[];
    assert.match(
      JSON.stringify(chosen?.element.initial_options),
      /^\[\{[^{]*\{[^{]*"python=3\.11"\}\]$/,
    );
    assert.equal(packages?.element.initial_value, formatSpec(parseSpec(long)));
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

describe('while one types', () => {
  const held: Readonly<Record<string, string[]>> = {
    python: ['3.11.9'],
    numpy: ['1.26.4', '2.2.6'],
    numba: ['0.61'],
  };
  const channels: Channels = {
    read: async (names) =>
      names.map((name) => ({
        name,
        has: (wanted) => wanted in held,
        versions: (wanted) => held[wanted] ?? [],
        names: () => Object.keys(held),
      })),
    close() {},
  };

  test('packages and versions are suggested, and what is missing is told with what is meant', () =>
    inWorld(
      async (world) => {
        await world.slash('create');
        const { id: viewId } = await world.slack.untilView(ANA, says(/New environment/));
        const typed = async (query: string) => {
          const asked = { user: ANA, viewId, blockId: 'chosen', actionId: 'value', query };
          const { options, error } = await world.slack.optionsFor(asked);
          assert.equal(error, null);
          return options.map(({ value }) => value);
        };
        assert.deepEqual(await typed('num'), ['numpy', 'numba', 'num']);
        assert.deepEqual(await typed('numpy=2'), ['numpy=2', 'numpy=2.2', 'numpy=2.2.6']);
        assert.deepEqual(await typed('nunpy'), ['numpy', 'nunpy']);
        const submit = (chosen: string[], packages: string) =>
          world.slack.submitView({
            ...{ user: ANA, viewId },
            values: {
              name: { value: 'churn' },
              chosen: { value: chosen },
              packages: { value: packages },
            },
          });
        const { errors } = await submit(['nunpy'], 'numbra');
        assert.match(errors?.chosen ?? '', /No package nunpy.*Did you mean numpy/);
        assert.match(errors?.packages ?? '', /No package numbra.*Did you mean numba/);
        assert.equal((await submit(['numpy=2.2'], 'numba')).closed, true);
        await world.slack.untilMessage(says(/churn waits/));
        const specs = world.store.builds.get('build1')?.request.specs.map(formatSpec);
        assert.deepEqual(specs, ['numba', 'numpy=2.2']);
      },
      { channels },
    ));

  const file = `name: ours
channels: [conda-forge]
dependencies:
  - python=3.11
  - nunpy
  - numba
  - cupy::cupy
  - pip: ["git+https://example.org/x.git"]
`;

  test('the rows of a file that cannot be had are shown at the file, and its packages are built', () =>
    inWorld(
      async (world) => {
        await world.slash('create');
        const { id: viewId } = await world.slack.untilView(ANA, says(/New environment/));
        const submit = (content: string, packages = '') => {
          const { fileId } = world.slack.uploadFile({
            user: ANA,
            name: 'environment.yml',
            content,
          });
          return world.slack.submitView({
            ...{ user: ANA, viewId },
            values: {
              name: { value: 'my env' },
              packages: { value: packages },
              file: { value: [fileId] },
            },
          });
        };
        const { errors } = await submit(file, 'numpi');
        assert.deepEqual(Object.keys(errors ?? {}).sort(), ['file', 'name', 'packages']);
        for (const wrong of [/line 7, .*cupy/, /git\+https/, /nunpy.*Did you mean numpy/]) {
          assert.match(errors?.file ?? '', wrong);
        }
        assert.match(errors?.packages ?? '', /numpi/);
        assert.match((await submit('{')).errors?.file ?? '', /./);
        assert.match((await submit('a', file)).errors?.file ?? '', /one file/);
        const right = file.replace('nunpy', 'numpy').replace(/.*(?:cupy|pip).*\n/g, '');
        const { fileId } = world.slack.uploadFile({ user: ANA, name: 'e.yml', content: right });
        const done = await world.slack.submitView({
          ...{ user: ANA, viewId },
          values: { name: { value: 'churn' }, packages: { value: '' }, file: { value: [fileId] } },
        });
        assert.equal(done.errors, null);
        await world.slack.untilMessage(says(/churn waits/));
        const request = world.store.builds.get('build1')?.request;
        assert.deepEqual(request?.specs.map(formatSpec), ['python=3.11', 'numpy', 'numba']);
        assert.equal(request?.environment, 'churn');
      },
      { channels: { ...channels, read: (names) => channels.read(names, []) } },
    ));

  test('what would go through is offered, and fills the form in anew', () =>
    inWorld(
      async (world) => {
        await world.slash('create');
        const { id: viewId } = await world.slack.untilView(ANA, says(/New environment/));
        const submit = (values: Record<string, string | string[]>, action = 'value') =>
          world.slack.submitView({
            ...{ user: ANA, viewId },
            values: Object.fromEntries(
              Object.entries(values).map(([field, value]) => [field, { [action]: value }]),
            ),
          });
        const refused = await submit({ name: 'my env', packages: 'nunpy numba' });
        assert.deepEqual(Object.keys(refused.errors ?? {}).sort(), ['name', 'packages']);
        const offering = await world.slack.untilView(
          ANA,
          says(/What could be.*my-env numpy numba/),
        );
        assert.equal(offering.state.values.name?.value?.value, 'my env');
        await world.slack.click({ user: ANA, viewId, actionId: 'fill_in' });
        const filled = await world.slack.untilView(ANA, (view) => !says(/What could be/)(view));
        assert.deepEqual(filled.state.values, {});
        assert.match(JSON.stringify(filled.blocks), /"initial_value":"my-env"/);
        const done = await submit({}, 'value_1');
        assert.equal(done.errors, null);
        await world.slack.untilMessage(says(/my-env waits/));
        const specs = world.store.builds.get('build1')?.request.specs.map(formatSpec);
        assert.deepEqual(specs, ['numpy', 'numba']);
      },
      { channels },
    ));

  test('what the clusters of the chosen edges run stands below them', () =>
    inWorld(async (world) => {
      const [first, second] = world.services.settings.edges.map(({ name }) => name);
      assert.ok(first && second);
      await world.slash('create churn numpy');
      await world.slack.untilMessage(says(/churn waits/));
      const ready = await world.finish('build1');
      await world.move(ready.id, {
        stagings: ready.stagings.flatMap((staging) => [
          { ...staging, edge: first, cluster: { ...staging.cluster, spark: '3.5.9' } },
          { ...staging, edge: second, cluster: { ...staging.cluster, spark: '3.2.1' } },
        ]),
      });
      await world.slash('create');
      const { id: viewId } = await world.slack.untilView(ANA, says(/New environment/));
      const choose = (edges: string[]) =>
        world.slack.click({
          ...{ user: ANA, viewId, blockId: 'edges', actionId: 'value', value: edges },
          values: { name: { value: 'churn' } },
        });
      await choose([first]);
      await world.slack.untilView(ANA, says(new RegExp(`${first} runs Spark 3.5.9: Python 3`)));
      await choose([first, second]);
      const view = await world.slack.untilView(ANA, says(/On all of them: Python/));
      assert.equal(view.state.values.name?.value?.value, 'churn');
    }));

  test('edges of two platforms are a mistake of their field, and those of one are offered', () =>
    inWorld(
      async (world) => {
        await world.slash('create');
        const { id: viewId } = await world.slack.untilView(ANA, says(/New environment/));
        const fields = { name: 'churn', packages: 'numpy', edges: ['lab', 'arm'] };
        const { errors } = await world.slack.submitView({
          ...{ user: ANA, viewId },
          values: Object.fromEntries(
            Object.entries(fields).map(([field, value]) => [field, { value }]),
          ),
        });
        assert.deepEqual(Object.keys(errors ?? {}), ['edges']);
        assert.match(errors?.edges ?? '', /lab is for linux-64 and arm is for linux-aarch64/);
        await world.slack.untilView(ANA, says(/What could be.*create churn numpy --edge lab/));
        assert.equal(world.store.builds.size, 0);
      },
      {
        edges: [
          { name: 'lab', default: true },
          { name: 'arm', default: false, platform: 'linux-aarch64' },
        ],
      },
    ));

  test('a file that is pasted whole is read as one', () => {
    const content = readCreateForm(state({ packages: file }));
    assert.equal(content.text, 'create -p churn --layout local --format auto');
    assert.match(new TextDecoder().decode(content.pasted?.bytes), /^name: ours\n/);
    assert.deepEqual(Object.keys(mistakesIn(content, commands, settings)), ['packages']);
  });

  test('a file that Slack does not hand out is a mistake of its field', () =>
    inWorld(async (world) => {
      await world.slash('create');
      const { id: viewId } = await world.slack.untilView(ANA, says(/New environment/));
      const { fileId } = world.slack.uploadFile({ user: ANA, name: 'e.yml', content: file });
      world.slack.faults.next('files.info', { error: 'missing_scope' });
      const { errors } = await world.slack.submitView({
        ...{ user: ANA, viewId },
        values: { name: { value: 'churn' }, file: { value: [fileId] } },
      });
      assert.match(errors?.file ?? '', /does not let me read.*paste its text instead/);
    }));

  test('a file that takes long is read after the form has closed', () =>
    inWorld(async (world) => {
      await world.slash('create');
      const { id: viewId } = await world.slack.untilView(ANA, says(/New environment/));
      const { fileId } = world.slack.uploadFile({ user: ANA, name: 'e.yml', content: file });
      world.slack.faults.next('files.info', { delayMs: 2_600 });
      const { errors, closed } = await world.slack.submitView({
        ...{ user: ANA, viewId },
        values: { name: { value: 'churn' }, file: { value: [fileId] } },
      });
      assert.deepEqual([errors, closed], [null, true]);
      await world.slack.untilEphemeral(ANA, says(/cupy/));
    }));

  test('a menu of more than a hundred names finds all of them', () => {
    const many = Array.from({ length: 150 }, (_, index) => ({ name: `c${index}`, default: false }));
    assert.deepEqual(
      nameOptions('14', many)
        .map(({ value }) => value)
        .slice(0, 3),
      ['c14', 'c140', 'c141'],
    );
    assert.equal(nameOptions('', many).length, 100);
  });

  test('no option is longer than Slack takes', () => {
    const options = packageOptions([
      { spec: 'x'.repeat(76), note: null },
      { spec: 'numpy', note: 'y'.repeat(80) },
    ]);
    assert.deepEqual(
      options.map(({ value, description }) => [value, description?.text.length]),
      [['numpy', 75]],
    );
  });
});

describe('views', () => {
  const many = Array.from({ length: 150 }, (_, index) => ({
    name: `channel-with-a-name-that-is-really-too-long-for-a-menu-in-slack-number-${index}`,
    default: false,
  }));
  const forty = Array.from({ length: 40 }, (_, index) => environment(`env-${index}`));

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
    'view-home-empty': homeView(
      { user: ANA, withheld: [] },
      { environments: [], count: 0 },
      [],
      settings,
    ),
    'view-home': homeView(
      { user: ANA, withheld: [] },
      { environments: forty, count: 40 },
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
      type Pressed = { type: string; block_id?: string; accessory?: object };
      const { blocks } = view as { blocks: Pressed[] };
      const rows = blocks.filter(
        ({ type, accessory }) => type === 'actions' || type === 'input' || accessory,
      );
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
      `cd /srv/ferry/envs/churn/3.global\n${invocationLine('lab', 'pyspark', 'global').rows}`,
      'x'.repeat(3000),
    ]);
    assert.ok(submit, 'Slack wants it where there is a field');
    assert.ok(JSON.stringify(blocks).includes(`pyspark ${'x'.repeat(9000)}`));
    assert.ok(!('submit' in (views['view-lines-long'] as object)));
  });

  test('the Home tab has the short line of each environment, and stops what is at work', () => {
    const reader = { user: ANA, withheld: ['delete'] };
    const { blocks } = homeView(
      reader,
      { environments: [environment()], count: 1 },
      [build('running')],
      settings,
    );
    const text = JSON.stringify(blocks);
    assert.match(text, /\/srv\/ferry\/run churn@3 pyspark/);
    assert.match(text, /"type":"overflow".*update churn@3/);
    assert.doesNotMatch(text, /delete churn/);
    assert.match(text, /"type":"button","action_id":"cancel".*Stop building churn/);
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
