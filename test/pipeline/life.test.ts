/**
 * The life of a build, in every order that a number of surprises allows: who asks, cancels, tries again,
 * verifies, deletes, makes, removes and looks after, any of them killed, a job given to two workers.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { outsideError } from '../../src/domain/errors.ts';
import { reconcile } from '../../src/pipeline/reconciling.ts';
import { removeLetGo } from '../../src/pipeline/removing.ts';
import { abandonBuild, runProof } from '../../src/pipeline/run.ts';
import { removeUnproven } from '../../src/pipeline/unproven.ts';
import { isFull } from '../harness/full.ts';
import { explore } from './exploring.ts';
import { ANA, Life, type Parts, requestOf } from './lives.ts';

const quiet = { signal: new AbortController().signal, log: () => undefined };

const ask =
  (...names: string[]) =>
  ({ services }: Parts) =>
    services.create(requestOf(...names), ANA);
const askOn =
  (...edges: string[]) =>
  ({ services }: Parts) =>
    services.create({ ...requestOf('numpy'), edges }, ANA);
const reconciles = ({ ports }: Parts) => reconcile(ports, quiet);
const givesUp = ({ ports }: Parts) => abandonBuild(ports, FIRST, new Error('no worker lived'));
const removes = ({ ports }: Parts) => removeLetGo(ports, 'churn', quiet);
const deletes = ({ services }: Parts) => services.letGo('churn', 1, false, ANA);
const cancels = async (parts: Parts) => parts.services.cancel(await known(parts), ANA);
const retries = async (parts: Parts) => parts.services.retry(await known(parts), ANA);
const verifies = async (parts: Parts) => parts.services.verify(await known(parts), ANA);

/** The build that was asked for before anything is explored. */
async function known({ ports }: Parts) {
  const build = await ports.store.readBuild(KNOWN);
  assert.ok(build);
  return build;
}

const KNOWN = 'before1';
const FIRST = { buildId: KNOWN, attempt: 1 };

async function queued(): Promise<Life> {
  const life = new Life();
  await life.before(ask('numpy'));
  return life;
}

async function ready(): Promise<Life> {
  const life = await queued();
  await life.workAll();
  life.passTime();
  return life;
}

/** It is staged, and nobody has proven it. */
async function failed(): Promise<Life> {
  const life = await queued();
  await life.workAll(1);
  life.jobs.jobs.clear();
  await life.before(givesUp);
  life.passTime();
  return life;
}

/** Its revision is kept, and its worker did not live to end it. */
async function kept(): Promise<Life> {
  const life = await queued();
  await life.workAll(1);
  const away = outsideError({ code: 'store-unavailable', message: 'Redis is away.' });
  await life.before(async ({ ports }) => {
    const edges = new Map(
      [...ports.edges].map(([name, edge]) => [
        name,
        { ...edge, point: () => Promise.reject(away) },
      ]),
    );
    await assert.rejects(runProof({ ...ports, edges }, FIRST, quiet.signal), away);
  });
  life.jobs.jobs.clear();
  return life;
}

/** The edge has what its worker staged, who did not live to say so. */
async function published(): Promise<Life> {
  const life = await queued();
  life.node.stopsWorkers = true;
  await life.workAll(1);
  life.node.stopsWorkers = false;
  return life;
}

/** The same is on one edge with former bytes, and on another one with those that are made by now. */
async function packedAnew(): Promise<Life> {
  const life = new Life({ edges: ['lab', 'madrid'] });
  await life.before(ask('numpy'));
  await life.workAll();
  life.packedBy = () => 'a newer engine';
  await life.before(askOn('madrid'));
  await life.workAll();
  life.passTime();
  const [revision] = life.store.environments.get('churn')?.revisions ?? [];
  const digests = revision?.stagings.map(({ edge, archive }) => `${edge} ${archive.sha256}`) ?? [];
  const had = [...life.nodes.values()].flatMap(({ name, archives }) =>
    [...archives].map((sha256) => `${name} ${sha256}`),
  );
  assert.equal(new Set(digests.map((each) => each.split(' ')[1])).size, 2, 'the bytes differ');
  assert.deepEqual(digests, had, 'the record says which edge has which');
  return life;
}

async function deleted(): Promise<Life> {
  const life = await ready();
  await life.before(deletes);
  return life;
}

interface Row {
  life(): Promise<Life>;
  /** Surprises in every run, where one is too many for that. */
  surprises?: number;
}

const LIVES: Readonly<Record<string, Row>> = {
  'two ask for the same, and one for something else': {
    life: async () =>
      new Life().add('ana', ask('numpy')).add('again', ask('numpy')).add('other', ask('pandas')),
  },
  'the same, while a worker takes what there is': {
    surprises: 0,
    life: async () =>
      new Life()
        .add('ana', ask('numpy'))
        .add('again', ask('numpy'))
        .add('other', ask('pandas'))
        .addWorker('worker'),
  },
  'a build is looked after while it is asked for and made': {
    life: async () =>
      new Life().add('ana', ask('numpy')).addWorker('worker').add('duty', reconciles),
  },
  'one that waits is cancelled, and something else asked for': {
    surprises: 0,
    life: async () =>
      (await queued()).add('cancel', cancels).add('other', ask('pandas')).addWorker('worker'),
  },
  'one that is cancelled is looked after': {
    surprises: 0,
    life: async () =>
      (await queued()).add('cancel', cancels).add('duty', reconciles).addWorker('worker'),
  },
  'one whose worker was killed as soon as it was published is cancelled': {
    life: async () => (await published()).add('cancel', cancels).addWorker('worker'),
  },
  'the same, while something else is asked for and it is looked after': {
    surprises: 0,
    life: async () =>
      (await published())
        .add('cancel', cancels)
        .add('other', ask('pandas'))
        .add('duty', reconciles)
        .addWorker('worker'),
  },
  'one whose revision is kept is given up while it is cancelled and looked after': {
    life: async () =>
      (await kept())
        .add('queue', givesUp)
        .add('cancel', cancels)
        .add('duty', reconciles)
        .addWorker('worker'),
  },
  'two workers come to one build': {
    life: async () => (await queued()).addWorker('worker').addWorker('second'),
  },
  'two workers come to one build, each of which makes other bytes': {
    life: async () => {
      const life = (await queued()).addWorker('worker').addWorker('second');
      life.packedBy = (name) => name;
      return life;
    },
  },
  'one that failed is tried again by two': {
    life: async () =>
      (await failed()).add('retry', retries).add('again', retries).addWorker('worker'),
  },
  'one that failed is tried again while something else is asked for': {
    surprises: 0,
    life: async () =>
      (await failed()).add('retry', retries).add('other', ask('pandas')).addWorker('worker'),
  },
  'what a failed one staged is removed while it is tried again': {
    life: async () => {
      const life = await failed();
      for (let minute = 0; minute < 25 * 60; minute += 1) life.passTime();
      return life
        .add('retry', retries)
        .add('duty', ({ ports }) => removeUnproven(ports, quiet))
        .addWorker('worker');
    },
  },
  'one that is ready is verified again and looked after': {
    life: async () =>
      (await ready()).add('verify', verifies).add('duty', reconciles).addWorker('worker'),
  },
  'one that is ready is verified again and deleted': {
    life: async () =>
      (await ready()).add('verify', verifies).add('delete', deletes).addWorker('worker'),
  },
  'one that is ready is deleted, removed and asked for again': {
    surprises: 0,
    life: async () =>
      (await ready())
        .add('delete', deletes)
        .add('ana', ask('numpy'))
        .add('duty', removes)
        .addWorker('worker'),
  },
  'what is deleted is removed and asked for again': {
    surprises: 0,
    life: async () =>
      (await deleted()).add('duty', removes).add('ana', ask('numpy')).addWorker('worker'),
  },
  'what two edges have in other bytes is deleted and removed': {
    life: async () => (await packedAnew()).add('delete', deletes).add('duty', removes),
  },
  'what two edges have in other bytes is deleted and asked for again on one of them': {
    surprises: 0,
    life: async () => {
      const life = await packedAnew();
      await life.before(deletes);
      return life.add('duty', removes).add('ana', askOn('lab')).addWorker('worker');
    },
  },
  'what two edges have in other bytes is asked for on both, and verified': {
    surprises: 0,
    life: async () =>
      (await packedAnew())
        .add('ana', askOn('lab', 'madrid'))
        .add('verify', verifies)
        .addWorker('worker'),
  },
  'two remove what is asked for again': {
    surprises: 0,
    life: async () =>
      (await deleted())
        .add('duty', removes)
        .add('errand', removes)
        .add('ana', ask('numpy'))
        .addWorker('worker'),
  },
};

describe('a build ends once, is told, and leaves its name free, whatever comes between', () => {
  for (const [name, { life, surprises = 1 }] of Object.entries(LIVES)) {
    test(name, async (context) => {
      const more = isFull ? 1 : 0;
      const explored = await explore(life, { surprises: surprises + more, mishaps: 1 });
      const { ways, calls, states } = explored;
      context.diagnostic(`${ways} ways, ${calls} calls, ${states} states`);
      assert.ok(ways > 1, 'there is more than one way');
    });
  }
});
