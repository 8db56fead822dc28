/**
 * A worker process over the real queue and the real records, whose builds do nothing but wait.
 * Arguments: socket, prefix, slots, seconds of each build. SIGTERM ends it in order.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { createStore } from '../../src/adapters/redis/store.ts';
import { createWorker } from '../../src/adapters/redis/worker.ts';
import { abandonBuild, runBuild } from '../../src/pipeline/run.ts';
import { createWorld } from '../pipeline/world.ts';

const [socketPath = '', prefix = '', slots = '1', seconds = '1'] = process.argv.slice(2);
const connection = { socketPath };
const store = createStore({ connection, prefix });
const { engine } = createWorld().ports;
const { ports } = createWorld({
  store,
  engine: {
    ...engine,
    create: async (_request, { signal }) => wait(Number(seconds) * 1000, undefined, { signal }),
  },
});
const worker = createWorker({
  ...{ connection, prefix, platform: 'linux-64', concurrency: Number(slots) },
  run: (job, signal) => runBuild(ports, job, signal),
  abandoned: (job, reason) => abandonBuild(ports, job, reason),
});

process.on('SIGTERM', async () => {
  await worker.close();
  await store.close();
  process.exit(0);
});
await worker.ready();
process.stdout.write('ready\n');
