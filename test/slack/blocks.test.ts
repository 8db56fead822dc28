import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { KnownBlock } from '@slack/types';
import { describeLive } from '../../src/answers/live.ts';
import { describeSettled } from '../../src/answers/settled.ts';
import { describeStory, describeVerified } from '../../src/answers/story.ts';
import type { Build } from '../../src/domain/build.ts';
import { generalFindings, type InvocationLine, type Reply } from '../../src/domain/reply.ts';
import { parseSpec } from '../../src/domain/spec.ts';
import {
  type Message,
  MOST_BLOCKS,
  messageOf,
  renderMessage,
  textLength,
} from '../../src/slack/blocks.ts';
import {
  ANA,
  build,
  buildReply,
  commandHelps,
  environment,
  executor,
  failures,
  invocationLine,
  revision,
  samples,
  settings,
  staging,
  verification,
} from '../answers/samples.ts';
import { cannotJudge, judge } from './judge.ts';

const HOSTILE =
  '<!channel> <@U0ANARUIZ1> & </script> ``` `x` *b* _i_ ~s~ :boom: \u202egnp.exe\u202c \u200b \u0000 \u001b[31mred';
const long = (length: number) =>
  'Solving failed because of this and that. '.repeat(length / 41 + 1).slice(0, length);

const invocation = (...lines: InvocationLine[]): Reply => ({
  kind: 'invocation',
  ...{ environment: 'churn', revision: 3, lines },
});

/** Larger than anything a person should be able to cause. */
const extremes: Readonly<Record<string, Reply>> = {
  'extreme-300-specs': buildReply(
    build('queued', {
      request: {
        ...build('queued').request,
        specs: Array.from({ length: 300 }, (_, index) =>
          parseSpec(`package-${index}>=1.${index},<99`),
        ),
        channels: Array.from({ length: 40 }, (_, index) => `channel-number-${index}`),
        edges: Array.from({ length: 40 }, (_, index) => `edge-number-${index}`),
        projects: Array.from({ length: 40 }, (_, index) => ({
          kind: 'repository' as const,
          repository: `team/project-${index}`,
          ref: 'main',
        })),
      },
    }),
  ),
  'extreme-5-edges': buildReply(
    build('ready', {
      stagings: [1, 2, 3, 4, 5].map((index) => staging(`edge-${index}`)),
      verifications: [1, 2, 3, 4, 5].map((index) =>
        verification(`edge-${index}`, 'proven', {
          executors: Array.from({ length: 40 }, (_, host) => ({
            ...executor(`host-${host}.very.long.cluster.domain.example.com`),
            failedImports: Object.fromEntries(
              Array.from({ length: 30 }, (_, name) => [`module_${name}`, long(500)]),
            ),
          })),
        }),
      ),
    }),
  ),
  'extreme-warnings': invocation(
    ...[1, 2, 3, 4, 5].map((index) => ({
      ...invocationLine(`edge-${index}`),
      warnings: Array.from({ length: 10 }, () => long(900)),
    })),
  ),
  'extreme-line': invocation({ ...invocationLine(), rows: 'x'.repeat(9_000) }),
  'extreme-error': buildReply(
    build('failed', {
      failure: {
        ...failures.user,
        message: long(40_000),
        suggestion: long(40_000),
        details: long(40_000),
      },
    }),
  ),
  'extreme-builds': {
    kind: 'builds',
    builds: Array.from({ length: 400 }, () =>
      build('failed', { failure: { ...failures.user, message: long(4000) } }),
    ),
  },
  'extreme-environments': {
    kind: 'environments',
    ...{ page: 1, count: 400, mine: false, all: false },
    reader: ANA,
    environments: Array.from({ length: 400 }, (_, index) =>
      environment(`environment-number-${index}`),
    ),
    others: null,
    letGo: 0,
  },
  'extreme-environment': {
    kind: 'environment',
    reader: ANA,
    isWatched: false,
    environment: environment('churn', 90),
    revision: {
      ...revision(),
      lock: {
        platform: 'linux-64',
        packages: Array.from({ length: 900 }, (_, index) => ({
          ...(revision().lock.packages[0] as ReturnType<
            typeof revision
          >['lock']['packages'][number]),
          name: `package-${index}`,
        })),
      },
      stagings: Array.from({ length: 30 }, (_, index) => staging(`edge-${index}`)),
      verifications: Array.from({ length: 30 }, (_, index) => verification(`edge-${index}`)),
    },
    building: null,
  },
  'extreme-log': {
    kind: 'log',
    build: build('running'),
    lines: Array.from({ length: 5000 }, () => long(2000)),
    last: 5000,
    passedOver: null,
    more: true,
  },
  'extreme-findings': {
    ...generalFindings([]),
    findings: Array.from({ length: 30 }, () => ({
      id: 'no-space' as const,
      title: long(400),
      confidence: 0.7,
      evidence: Array.from({ length: 50 }, (_, index) => ({
        line: index * 1000,
        text: long(3000),
      })),
      cause: long(4000),
      fix: long(4000),
      command: long(1400),
    })),
  },
  'extreme-help': {
    kind: 'help',
    topic: null,
    all: true,
    command: '/conda-env',
    commands: Array.from({ length: 5 }, () => commandHelps).flat(),
  },
  'extreme-refusal': {
    kind: 'refusal',
    error: {
      kind: 'user',
      code: 'bad-spec',
      message: long(40_000),
      suggestion: long(40_000),
      typed: long(40_000),
      position: { start: 12_000, end: 30_000 },
      repairs: Array.from({ length: 9 }, () => ({ label: long(400), command: long(1900) })),
    },
  },
  'extreme-notice': { kind: 'notice', tone: 'information', text: long(40_000) },
};

/** The same hostile text wherever somebody outside may have written it. */
const hostile: Readonly<Record<string, Reply>> = {
  'hostile-build': buildReply(
    build('failed', {
      id: HOSTILE.slice(0, 30),
      engine: HOSTILE,
      requester: { user: HOSTILE, channel: HOSTILE, team: null },
      failure: {
        ...failures.user,
        ...{ code: HOSTILE, message: HOSTILE, suggestion: HOSTILE },
        repairs: [{ label: HOSTILE, command: HOSTILE }],
      },
      steps: build('failed').steps.map((step) => ({ ...step, detail: HOSTILE })),
    }),
  ),
  'hostile-evidence': buildReply(
    build('ready', {
      verifications: [
        verification('lab', 'failed', {
          reason: HOSTILE,
          npv: [HOSTILE, 'x'],
          executors: [
            {
              ...executor(HOSTILE),
              python: HOSTILE,
              numpyFile: HOSTILE,
              failedImports: { [HOSTILE]: HOSTILE },
            },
          ],
        }),
      ],
    }),
  ),
  'hostile-line': invocation({ ...invocationLine(), warnings: [HOSTILE] }),
  'hostile-log': {
    kind: 'log',
    build: build('running'),
    passedOver: null,
    lines: [HOSTILE],
    last: 10,
    more: true,
  },
  'hostile-refusal': {
    kind: 'refusal',
    error: {
      kind: 'user',
      code: 'x',
      message: HOSTILE,
      suggestion: HOSTILE,
      typed: HOSTILE,
      position: { start: 3, end: 9 },
      repairs: [{ label: HOSTILE, command: `create churn ${HOSTILE}` }],
    },
  },
  'hostile-findings': {
    ...generalFindings([]),
    findings: [
      {
        id: 'kerberos',
        title: HOSTILE,
        confidence: 1,
        evidence: [{ line: 1, text: HOSTILE }],
        cause: HOSTILE,
        fix: HOSTILE,
        command: HOSTILE,
      },
    ],
  },
};

function elementsOf(message: Message, type: string): Record<string, unknown>[] {
  const found: Record<string, unknown>[] = [];
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) for (const item of value) walk(item);
    else if (typeof value === 'object' && value !== null) {
      if ((value as { type?: unknown }).type === type) found.push(value as Record<string, unknown>);
      for (const item of Object.values(value)) walk(item);
    }
  };
  walk(message.blocks);
  return found;
}

const preformatted = (message: Message): string[] =>
  elementsOf(message, 'rich_text_preformatted').map((element) =>
    (element.elements as { text: string }[]).map(({ text }) => text).join(''),
  );

const labels = (message: Message): string[] =>
  elementsOf(message, 'button').map((button) => (button.text as { text: string }).text);

const blockTypes = (message: Message): string[] =>
  message.blocks.map((block: KnownBlock) => block.type);

/** What is sent of a build: its message, the story below it, and the words to who asked. */
function sentOf(name: string, about: Build): [string, Message][] {
  const log = Array.from({ length: 40 }, () => HOSTILE + long(900));
  return [
    [`live-${name}`, messageOf(describeLive(about, settings))],
    [`story-${name}`, messageOf(describeStory(about, log, settings))],
    [`settled-${name}`, messageOf(describeSettled(about, 'https://slack.example/1'))],
    [`verified-${name}`, messageOf(describeVerified(about))],
  ];
}

describe('replies as Block Kit', () => {
  const all = { ...samples, ...extremes, ...hostile };
  const messages = Object.fromEntries(
    Object.entries(all).flatMap(([name, reply]) => [
      [name, renderMessage(reply, settings)],
      ...(reply.kind === 'build' ? sentOf(name, reply.build) : []),
    ]),
  );
  const message = (name: string): Message => messages[name] as Message;

  test("Slack's own models accept every reply", { skip: cannotJudge }, () => {
    assert.equal(judge(messages), '');
  });

  test('no reply passes the limits on blocks, text and notification', () => {
    for (const [name, { blocks, text }] of Object.entries(messages)) {
      assert.ok(
        blocks.length > 0 && blocks.length <= MOST_BLOCKS,
        `${name}: ${blocks.length} blocks`,
      );
      assert.ok(textLength(blocks) < 10_000, `${name}: ${textLength(blocks)} characters`);
      assert.ok(
        text.trim().length > 0 && text.length <= 4_000,
        `${name}: notification ${text.length}`,
      );
    }
  });

  test('every reply is written to fit; the last guard has nothing to cut', () => {
    for (const [name, { blocks }] of Object.entries(messages)) {
      assert.doesNotMatch(JSON.stringify(blocks), /did not fit into one message/, name);
    }
  });

  test('outside text mentions nobody, formats nothing and hides nothing', () => {
    for (const name of Object.keys(hostile)) {
      const sent = message(name);
      for (const element of elementsOf(sent, 'mrkdwn')) {
        assert.doesNotMatch(String(element.text), /<!(?!date)|<@(?!U0ANARUIZ1>)/, name);
      }
      assert.doesNotMatch(sent.text, /<!|<@/, name);
      assert.doesNotMatch(JSON.stringify(sent), /\u202e|\u200b|\\u0000|\\u001b/, name);
    }
  });

  test('a build is one plan whose tasks carry the status of the steps', () => {
    const [plan] = elementsOf(message('build-running'), 'plan');
    const tasks = plan?.tasks as { task_id: string; status: string }[];
    assert.deepEqual(
      tasks.map(({ task_id, status }) => [task_id, status]),
      [
        ['solve', 'complete'],
        ['create', 'in_progress'],
        ['pack', 'pending'],
        ['stage', 'pending'],
        ['verify', 'pending'],
      ],
    );
    assert.equal(plan?.title, 'Step 2 of 5: creating the environment');
  });

  test('a settled build shows nothing in progress', () => {
    for (const name of ['build-failed-user', 'build-cancelled', 'build-ready-local']) {
      assert.ok(!JSON.stringify(message(name).blocks).includes('in_progress'), name);
    }
  });

  test('the line is shown literally, so that copying it gives exactly the line', () => {
    const hostile = `A='1 & 2 > 3 <x>' \\\n  pyspark \`id\` "$HOME"`;
    const entry = { ...invocationLine(), short: '/srv/run <churn> & `id`', rows: hostile };
    const sent = renderMessage(invocation(entry), settings);
    assert.deepEqual(preformatted(sent), [entry.short, hostile]);
  });

  test('the global layout comes with the folder it holds in', () => {
    const [short, shown, ...others] = preformatted(message('build-ready-global'));
    assert.equal(short, '/srv/ferry/run churn@3 pyspark');
    assert.match(
      shown ?? '',
      /^cd \/srv\/ferry\/envs\/churn\/3\.global\nPYSPARK_PYTHON=\.\/MYGLOBALENV\/churn\/bin\/python /,
    );
    assert.deepEqual(others, []);
  });

  test('each edge has its line and its evidence', () => {
    assert.equal(preformatted(message('build-ready-two-edges')).length, 4);
    const text = JSON.stringify(message('build-ready-two-edges').blocks);
    assert.match(text, /Proven on the executors/);
    assert.match(text, /Smoke-tested/);
  });

  test('a line too long to show is not cut: the message says where to find it', () => {
    const sent = message('extreme-line');
    assert.deepEqual(preformatted(sent), ['/srv/ferry/run churn@3 pyspark']);
    assert.match(JSON.stringify(sent.blocks), /too long to show here.*run churn@3/);
  });

  test('what is left out of a long list is counted', () => {
    assert.match(JSON.stringify(message('extreme-300-specs').blocks), / and 2\d\d more/);
    assert.match(JSON.stringify(message('extreme-builds').blocks), /and 380 more/);
  });

  test('buttons are those that make sense in the state', () => {
    assert.deepEqual(labels(message('build-queued')), ['Cancel', 'Logs']);
    assert.deepEqual(labels(message('build-running')), ['Cancel', 'Logs']);
    assert.deepEqual(labels(message('build-stopping')), ['Logs']);
    assert.deepEqual(labels(message('build-ready-local')), [
      'Line to copy',
      'spark-submit',
      'Verify',
      'Rebuild (newest packages)',
      'Logs',
    ]);
    assert.deepEqual(labels(message('build-verifying')), ['Line to copy', 'spark-submit', 'Logs']);
    assert.deepEqual(labels(message('build-failed-user')), ['Retry', 'Logs']);
    assert.deepEqual(labels(message('build-cancelled')), ['Retry', 'Logs']);
  });

  test('cancelling asks first', () => {
    const [cancel] = elementsOf(message('build-running'), 'button');
    assert.ok(cancel?.confirm);
  });

  test('a notification says what happened and gives the line', () => {
    assert.match(
      message('build-ready-local').text,
      /^churn@3 is ready on lab: \/srv\/ferry\/run churn@3 pyspark$/,
    );
    assert.match(message('build-failed-user').text, /^churn could not be built: No build of/);
    assert.match(message('build-failed-outside').text, /does not answer on port 22/);
  });

  test('a refusal marks the wrong part of what was typed', () => {
    assert.deepEqual(preformatted(message('refusal')), ['crate churn numpy\n^^^^^']);
  });

  test('a message has a plan or nothing of its kind: task cards never stand alone', () => {
    for (const [name, sent] of Object.entries(messages)) {
      assert.ok(!blockTypes(sent).includes('task_card'), name);
      assert.ok(blockTypes(sent).filter((type) => type === 'plan').length <= 1, name);
    }
  });

  test('every row of buttons keeps its block id whatever stands around it', () => {
    for (const [name, { blocks }] of Object.entries(messages)) {
      const rows = blocks.filter(({ type }) => type === 'actions');
      assert.deepEqual(
        rows.map(({ block_id }) => block_id),
        rows.map((_, index) => `actions_${index + 1}`),
        name,
      );
      for (const row of rows) {
        const ids = elementsOf({ text: '', blocks: [row] }, 'button').map(
          ({ action_id }) => action_id,
        );
        assert.equal(new Set(ids).size, ids.length, `${name}: ${ids}`);
      }
    }
  });

  test('secrets in outside text are taken out', () => {
    const secret =
      'login with xoxb-123456789012-abcdefghij at https://ana:hunter2@conda.example/t/abcdef012345/main';
    const sent = renderMessage(
      buildReply(build('failed', { failure: { ...failures.user, message: secret } })),
      settings,
    );
    assert.doesNotMatch(JSON.stringify(sent), /abcdefghij|hunter2|abcdef012345/);
  });
});
