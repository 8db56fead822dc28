/** What is told of a build, in its order: who looks into the log finds each thing once. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { createLog, logEvents } from '../../src/adapters/host/log.ts';
import { Cancelled, outsideError } from '../../src/domain/errors.ts';
import { createEvents } from '../../src/domain/events.ts';
import { carryOutCancel } from '../../src/pipeline/cancelling.ts';
import { runBuild } from '../../src/pipeline/run.ts';
import { executor } from '../answers/samples.ts';
import { createLoneWorld, createWorld, engineRefusing, jobFor, type World } from './world.ts';

/** Those of a world, with what is never the same left out. */
const told = ({ happened }: World, ...left: string[]) =>
  happened.map(({ name, fields }) => {
    const known = Object.entries(fields).filter(
      ([field, value]) => value !== null && !['seconds', 'waited', ...left].includes(field),
    );
    return [name, Object.fromEntries(known)] as const;
  });

/** The same of one name alone. */
const toldAs = (world: World, wanted: string, ...left: string[]) =>
  told(world, ...left).flatMap(([name, fields]) => (name === wanted ? [fields] : []));

describe('the events of a build', () => {
  test('tell who asked, each step, the edge, and how it ended', async () => {
    const world = createWorld();
    await world.say('U01', 'create churn numpy');
    await world.work('churn');
    const build = { user: 'U01', environment: 'churn', build: 'build1', attempt: 1 };
    const asked = { deed: 'create', user: 'U01', environment: 'churn' };
    const step = (name: string, outcome = 'complete', reason?: string) =>
      ['step-ended', { ...build, step: name, outcome, ...(reason && { reason }) }] as const;
    const { bytes, files } = (await world.newest('churn')).archive ?? {};
    assert.deepEqual(told(world), [
      ['deed-asked', { ...asked, text: 'create churn numpy' }],
      [
        'errand-ended',
        {
          ...{ kind: 'plan', errand: 'errand1', user: 'U01', environment: 'churn' },
          ...{ outcome: 'answered', packages: 0 },
        },
      ],
      ['build-queued', { ...build, platform: 'linux-64', edges: ['lab'] }],
      ['deed-done', { ...asked, build: 'build1' }],
      ['build-started', build],
      step('solve', 'complete', '0 packages'),
      step('create', 'complete', '0 packages'),
      step('install', 'skipped', 'nothing on top of conda’s packages'),
      ['archive-made', { ...build, kind: 'packed', bytes, files, known: 0, made: 0 }],
      step('pack', 'complete', 'zip, 41 MB, 8123 files'),
      ['archive-staged', { ...build, edge: 'lab', revision: 1, bytes }],
      step('stage'),
      step('verify', 'skipped', 'switched off in the configuration'),
      ['build-settled', { ...build, outcome: 'ready', revision: 1, reused: false }],
    ]);
  });

  test('are of steps that a trace can follow, each around what it does', async () => {
    const open: string[] = [];
    const seen: string[] = [];
    const world = createWorld({
      async span(name, attributes, work) {
        assert.deepEqual(attributes, { build: 'build1', attempt: 1 });
        open.push(name);
        seen.push(open.join(' > '));
        return work().finally(() => open.pop());
      },
    });
    await world.say('U01', 'create churn numpy');
    await world.work('churn');
    const names = seen.map((way) => way.split(' > ').at(-1));
    assert.deepEqual(names.toSorted(), ['step create', 'step pack', 'step solve', 'step stage']);
    assert.deepEqual(open, []);
  });

  test('tell where it failed and why, and hold no secret', async () => {
    const engine = engineRefusing(() =>
      outsideError({ code: 'channel-away', message: 'No answer, and hunter2 in the address.' }),
    );
    const world = createLoneWorld({ engine });
    await world.say('U01', 'create churn numpy');
    await world.work('churn');
    const reason = 'No answer, and «secret» in the address.';
    assert.deepEqual(toldAs(world, 'step-ended', 'user', 'environment', 'build', 'attempt'), [
      { step: 'solve', outcome: 'failed', reason },
    ]);
    assert.deepEqual(toldAs(world, 'build-settled', 'user', 'environment', 'build', 'attempt'), [
      { outcome: 'failed', reused: false, code: 'channel-away', reason },
    ]);
  });

  for (const [reason, outcome] of [
    ['cancelled', 'cancelled'],
    ['shutdown', 'interrupted'],
  ] as const) {
    test(`tell of a step that is stopped by what, and of no defect: ${reason}`, async () => {
      const stop = new AbortController();
      const engine = engineRefusing(() => {
        stop.abort(new Cancelled(reason));
        return new Error('it was stopped');
      });
      const world = createLoneWorld({ engine });
      await world.say('U01', 'create churn numpy');
      const job = jobFor((await world.newest('churn')).id);
      await runBuild(world.ports, job, stop.signal).catch(() => undefined);
      assert.deepEqual(toldAs(world, 'step-ended', 'user', 'environment', 'build', 'attempt'), [
        { step: 'solve', outcome, reason: `stopped: ${reason}` },
      ]);
    });
  }

  test('tell once how it ended, though its job and its cancelling come again', async () => {
    const world = createWorld();
    await world.say('U01', 'create churn numpy');
    const asked = await world.newest('churn');
    const queue = { cancel: async () => ({ isAtWork: false }) };
    for (let times = 0; times < 2; times += 1) {
      await carryOutCancel({ ...world.ports, queue }, asked);
      await world.work('churn');
    }
    const of = ['user', 'environment', 'build', 'attempt'];
    assert.deepEqual(toldAs(world, 'build-settled', ...of), [
      { outcome: 'cancelled', reused: false },
    ]);
    assert.deepEqual(toldAs(world, 'build-started'), []);
  });

  test('tell of the line and of the proof on each edge', async () => {
    const evidence = { npv: ['2.2.6'], registered: 2, driver: null };
    const executors = [executor('worker-1'), executor('worker-2')];
    const stdout = `CONDA_FERRY_EVIDENCE ${JSON.stringify({ ...evidence, executors })}\n`;
    const run = async () => ({ code: 0, timedOut: false, stdout, stderr: '' });
    const edges = [...createWorld().ports.edges].map(
      ([name, edge]) => [name, { ...edge, run }] as const,
    );
    const world = createWorld({
      edges: new Map(edges),
      verification: { enabled: true, timeoutSeconds: 1, executors: 2 },
    });
    await world.say('U01', 'create churn numpy');
    await world.work('churn');
    const of = ['user', 'environment', 'build', 'attempt'];
    assert.deepEqual(toldAs(world, 'line-shown', ...of), [{ edge: 'lab', revision: 1 }]);
    assert.deepEqual(toldAs(world, 'staging-verified', ...of, 'reason'), [
      { edge: 'lab', revision: 1, outcome: 'proven', executors: 2 },
    ]);
  });
});

test('the log has the whole story of a build, each event a line, and no secret', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ferry-events-'));
  try {
    const file = join(folder, 'ferry.log');
    const log = createLog({ level: 'info', format: 'json', file }, ['hunter2']);
    const world = createWorld({ events: createEvents([logEvents(log)]) });
    await world.say('U01', 'create churn numpy');
    await world.work('churn');
    const text = readFileSync(file, 'utf8');
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const steps = lines.flatMap(({ event, step }) => (event === 'step-ended' ? [step] : []));
    assert.deepEqual(steps, ['solve', 'create', 'install', 'pack', 'stage', 'verify']);
    const { time, seconds, ...last } = lines.at(-1);
    assert.ok(Date.parse(time) > 0 && seconds >= 0);
    assert.deepEqual(last, {
      ...{ level: 'info', host: hostname(), pid: process.pid, event: 'build-settled' },
      ...{ user: 'U01', environment: 'churn', build: 'build1', attempt: 1 },
      ...{ outcome: 'ready', revision: 1, reused: false },
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe('the events of what people do', () => {
  test('tell what was refused with its code, and mask what was typed', async () => {
    const world = createWorld();
    await world.say('U02', 'freeze lab --why "password=hunter2hunter2"');
    const asked = { deed: 'freeze', user: 'U02' };
    assert.deepEqual(toldAs(world, 'deed-asked'), [
      { ...asked, text: 'freeze lab --why password=«secret»' },
    ]);
    assert.deepEqual(toldAs(world, 'deed-refused', 'reason'), [{ ...asked, code: 'not-allowed' }]);
    assert.deepEqual(toldAs(world, 'deed-done'), []);
  });

  test('tell who joined, who let go of what, and where it is gone', async () => {
    const world = createWorld();
    await world.say('U01', 'create churn numpy');
    await world.say('U02', 'create churn numpy');
    assert.deepEqual(toldAs(world, 'build-joined', 'attempt', 'build'), [
      { user: 'U02', environment: 'churn' },
    ]);
    await world.work('churn');
    await world.say('U01', 'tag churn prod');
    await world.say('U01', 'untag churn prod');
    await world.say('U01', 'delete churn --yes');
    assert.deepEqual(toldAs(world, 'name-moved'), [
      { user: 'U01', environment: 'churn', tag: 'prod', revision: 1 },
      { user: 'U01', environment: 'churn', tag: 'prod' },
    ]);
    assert.deepEqual(toldAs(world, 'revision-let-go'), [
      { user: 'U01', environment: 'churn', revision: 1, reason: 'deleted' },
    ]);
    assert.deepEqual(toldAs(world, 'staging-removed'), [
      { environment: 'churn', revision: 1, edge: 'lab', reason: 'let go' },
    ]);
  });
});
