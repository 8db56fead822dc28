/**
 * What the simulation reckons with. A figure beside which a command stands was measured by it, on two cores of
 * an AMD EPYC; the others are estimates, and what they decide is worth as much.
 */
import type { StepName } from '../../../src/domain/build.ts';

/** Seconds of the steps, in the middle, and megabytes sent to an edge. */
export interface BuildCost {
  seconds: Readonly<Record<StepName, number>>;
  megabytes: number;
}

export const COSTS = {
  /** `npm run demo -- --exit`: numpy, scipy and pandas, of which no package was there before. */
  newBuild: {
    seconds: { solve: 0.03, create: 0.94, install: 0, pack: 2.35, stage: 5.38, verify: 21.2 },
    megabytes: 82,
  },
  /** The same with one package changed: from Enter to the line 4.9 s. */
  knownBuild: {
    seconds: { solve: 0.03, create: 0.3, install: 0, pack: 1.2, stage: 3.2, verify: 21.2 },
    megabytes: 20,
  },
  /** How far steps are from the middle: the standard deviation of the logarithm. */
  spread: 0.5,
  /** `npm run bench:load`: processor milliseconds of the bot, and commands in Redis, for one answer. */
  answer: { botMs: 5.1, redisCommands: 8.7 },
  /** Estimated: commands in Redis for a build from its record to its end, and the bot's part. */
  build: { redisCommands: 90, botMs: 60 },
  /** What a worker asks of Redis while nothing happens, each second: BullMQ's three queues, and its presence. */
  idleWorkerCommands: 6,
  /** Commands a second that one core of a Redis carries out; a script of ours counts as a few. */
  redisCommandsPerSecond: 50_000,
  /** Messages that are edited: what a build shows from its place in the queue to its proof. */
  editsOfBuild: 9,
  /** Of those, what a person waits for: the line, and the end. */
  neededEdits: 2,
  /** Posts in the channel: the build, and the notice in its thread. */
  postsOfBuild: 2,
} as const satisfies Record<string, unknown> & { newBuild: BuildCost; knownBuild: BuildCost };
