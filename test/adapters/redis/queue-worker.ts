/**
 * A worker process to be killed: takes jobs of linux-64 and works on each until it is told to stop.
 * Arguments: socket, prefix. Writes one JSON line per event; SIGTERM closes the worker.
 */
import { createWorker } from '../../../src/adapters/redis/worker.ts';

const [socketPath = '', prefix = ''] = process.argv.slice(2);

const write = (event: string, detail: unknown) =>
  process.stdout.write(`${JSON.stringify({ event, detail })}\n`);

const worker = createWorker({
  connection: { socketPath },
  prefix,
  platform: 'linux-64',
  concurrency: 1,
  lockDurationMs: 1_000,
  stalledIntervalMs: 300,
  async run(job, signal) {
    write('started', job.buildId);
    const { promise, reject } = Promise.withResolvers<never>();
    signal.addEventListener('abort', () => reject(signal.reason));
    await promise;
  },
  async abandoned() {},
});

process.on('SIGTERM', async () => {
  await worker.close();
  write('closed', null);
  process.exit(0);
});
await worker.ready();
