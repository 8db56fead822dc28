/** What an operator may see of all that runs: the sample that tests of rendering share. */
import type { Operations, WorkerSight } from '../../src/domain/operations.ts';

const AT = Date.UTC(2026, 2, 2, 9, 0, 0);

function worker(host: string, change: Partial<WorkerSight> = {}): WorkerSight {
  return {
    ...{ id: `${host}:4711`, host, version: '0.1.0', platform: 'linux-64', concurrency: 2 },
    ...{ startedAt: AT - 86_400_000, at: AT - 2_000, isDraining: false, isOver: false },
    ...{ freeSlots: 2, work: [] },
    ...change,
  };
}

export const OPERATIONS: Operations = {
  at: AT,
  queues: [
    {
      ...{ platform: 'linux-64', queue: 'builds', waiting: 3, active: 1, delayed: 1 },
      ...{ oldestSeconds: 250, oldest: { id: 'b9', environment: 'fraud', user: 'U0BENOIT22' } },
    },
    {
      ...{ platform: 'linux-64', queue: 'proofs', waiting: 0, active: 0, delayed: 0 },
      ...{ oldestSeconds: 0, oldest: null },
    },
    {
      ...{ platform: 'linux-64', queue: 'errands', waiting: 0, active: 0, delayed: 0 },
      ...{ oldestSeconds: 0, oldest: null },
    },
  ],
  workers: [
    worker('build1', {
      freeSlots: 1,
      work: [
        {
          ...{ id: 'b4k7q2', purpose: 'build', since: AT - 95_000 },
          build: { id: 'b4k7q2', environment: 'churn', user: 'U0ANARUIZ1' },
        },
        { id: 'b5', purpose: 'verify', since: AT - 12_000, build: null },
      ],
    }),
    worker('build2', { isDraining: true, freeSlots: 0 }),
    worker('build3', {
      ...{ at: AT - 120_000, freeSlots: 0 },
      work: [
        {
          ...{ id: 'b8', purpose: 'build', since: AT - 150_000 },
          build: { id: 'b8', environment: 'risk', user: 'U0BENOIT22' },
        },
      ],
    }),
  ],
  edges: [
    { name: 'lab', freeBytes: 41_200_000_000, freeze: null },
    {
      name: 'madrid',
      freeBytes: null,
      freeze: {
        ...{ edge: 'madrid', why: 'Quarter end', user: 'U0ANARUIZ1', at: AT - 3_600_000 },
      },
    },
  ],
  ended: {
    ...{ hours: 24, ready: 40, cancelled: 1, isPart: true },
    failed: [
      { code: 'unsatisfiable', count: 5 },
      { code: 'edge-unreachable', count: 2 },
    ],
  },
};
