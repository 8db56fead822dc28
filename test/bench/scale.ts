/**
 * What more workers are worth: two, four and eight on one Redis. First builds that only wait, over the real
 * queue and the real records: what is left of the ideal is ours. Then real small ones, asked for in the
 * emulated Slack, made by workers that share one data folder and staged over SSH: there the machine's
 * processors are the bound, and the figures say whether workers get in each other's way.
 *
 * With --simulate nothing is built: an hour at noon of so many people is gone through event by event, and it is
 * said how much of each thing is used, and at how many people all of it is.
 *
 *   npm run bench:scale -- --simulate [--users 10000 --hosts 100 --seed 1]
 *   npm run bench:scale [-- --workers 2,4,8 --simulated 1000 --seconds 2 --slots 4 --real 100]
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createQueue } from '../../src/adapters/redis/queue.ts';
import { createStore } from '../../src/adapters/redis/store.ts';
import { type Build, isSettled } from '../../src/domain/build.ts';
import type { Store } from '../../src/domain/ports.ts';
import { buildFor } from '../adapters/redis/builds-fixture.ts';
import { startServer } from '../adapters/redis/fixture.ts';
import { startWorld } from '../harness/world.ts';
import { cannotWalk } from '../harness.ts';
import {
  countOf,
  cpuOfChildren,
  describeMachine,
  machineInWords,
  printJson,
  rounded,
} from './measuring.ts';
import { USUAL } from './simulation/simulate.ts';
import { tellSimulation } from './simulation/tell.ts';

const WORKER = join(import.meta.dirname, 'scale-worker.ts');
const PREFIX = 'bench';
const LOOK_MS = 50;
/** Small ones that differ, so that not all are the same archive. */
const SMALL = ['six', 'pytz', 'ferry-entry', 'ferry-prefix', 'ferry-links', 'ferry-activate'];

const { values } = parseArgs({
  options: {
    workers: { type: 'string', default: '2,4' },
    simulated: { type: 'string', default: '60' },
    seconds: { type: 'string', default: '0.5' },
    slots: { type: 'string', default: '4' },
    real: { type: 'string', default: '6' },
    simulate: { type: 'boolean', default: false },
    users: { type: 'string', default: '10000' },
    hosts: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
  },
});
if (values.simulate) {
  const users = countOf('users', values.users);
  tellSimulation({
    ...USUAL,
    users,
    hosts: countOf('hosts', values.hosts),
    seed: countOf('seed', values.seed),
  });
  process.exit(0);
}
const counts = values.workers.split(',').map((value) => countOf('workers', value));
const simulated = countOf('simulated', values.simulated);
const seconds = Number(values.seconds);
const slots = countOf('slots', values.slots);
const real = countOf('real', values.real);
if (cannotWalk) {
  console.error(`Nothing to measure: ${cannotWalk}`);
  process.exit(2);
}

const machine = describeMachine();
const waiting = [];
for (const workers of counts) waiting.push(await simulate(workers));
console.log(
  `${simulated} builds that wait ${seconds} s, ${slots} at a time in a worker, on ${machineInWords(machine)}`,
);
console.table(waiting);
const making = [];
for (const workers of counts) making.push(await makeReal(workers));
console.log(`${real} small builds asked for in Slack, workers with one data folder`);
console.table(making);
printJson({ bench: 'scale', machine, simulated, seconds, slots, real, waiting, making });

function named(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `env-${at}`);
}

async function simulate(workers: number) {
  const environments = named(simulated);
  const cpu = cpuOfChildren();
  const redis = await startServer();
  const { connection } = redis;
  const socketPath = 'socketPath' in connection ? connection.socketPath : '';
  const store = createStore({ connection, prefix: PREFIX });
  const queue = createQueue({ connection, prefix: PREFIX });
  const words = [WORKER, socketPath, PREFIX, `${slots}`, `${seconds}`];
  const processes = Array.from({ length: workers }, () =>
    spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] }),
  );
  let took = 0;
  try {
    await Promise.all(processes.map(({ stdout }) => once(stdout, 'data')));
    const started = performance.now();
    for (const environment of environments) {
      const made = buildFor(`build-${environment}`, { environment, now: Date.now() });
      // What a build is made of is recorded as an edge has it.
      const build = { ...made, request: { ...made.request, edges: ['lab'] } };
      await store.claimEnvironment(environment, build.requester.user, Date.now());
      await store.beginBuild(build);
      await queue.enqueue(build, 'linux-64', 'build');
    }
    await untilSettled(store, environments);
    took = (performance.now() - started) / 1000;
    await Promise.all(processes.map(ended));
  } finally {
    for (const child of processes) child.kill('SIGKILL');
    await queue.close();
    await store.close();
    await redis.remove();
  }
  const perSecond = simulated / took;
  const ideal = (workers * slots) / seconds;
  return {
    workers,
    seconds: rounded(took),
    'builds/s': rounded(perSecond),
    'builds/s ÷ workers': rounded(perSecond / workers),
    'of the ideal': rounded(perSecond / ideal),
    'cpu ms of a build': Math.round(((cpuOfChildren() - cpu) / simulated) * 1000),
  };
}

async function ended(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
}

async function makeReal(workers: number) {
  const world = await startWorld({
    processes: ['bot', ...Array.from({ length: workers }, () => 'worker' as const)],
    configure: () => ({ worker: { concurrency: workers } }),
  });
  try {
    const ask = (name: string, packages: string) => {
      const text = `create ${name} python=3.11 ${packages}`;
      return world.slack.slash({ user: 'ana', channel: 'data-science', text });
    };
    // The first one downloads what all of them have.
    await ask('first', SMALL.join(' '));
    await untilSettled(world.store, ['first']);
    const started = performance.now();
    for (const [at, name] of named(real).entries()) {
      await ask(name, SMALL[at % SMALL.length] ?? 'six');
    }
    await untilSettled(world.store, named(real));
    const took = (performance.now() - started) / 1000;
    const perMinute = (real / took) * 60;
    return {
      workers,
      seconds: rounded(took),
      'builds/min': rounded(perMinute),
      'builds/min ÷ workers': rounded(perMinute / workers),
    };
  } finally {
    await world.end();
  }
}

/** Until the builds of all have ended, looked at one after another; throws when one failed. */
async function untilSettled(store: Store, environments: readonly string[]): Promise<void> {
  for (const environment of environments) {
    let build: Build | undefined;
    while (build === undefined || !isSettled(build)) {
      [build] = await store.listBuilds({ environment, limit: 1 });
      if (build === undefined || !isSettled(build)) await wait(LOOK_MS);
    }
    if (build.state !== 'ready') throw new Error(`${environment}: ${build.failure?.message}`);
  }
}
