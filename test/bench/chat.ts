/**
 * How long people wait: from Enter in the emulated Slack to what they read, with the real product,
 * rattler and an edge node over SSH, while other builds are at work on the same machine. There is no
 * cluster: a proof is the smoke test on the edge.
 *
 *   npm run bench:chat [-- --rounds 5 --others 4]
 */
import { parseArgs } from 'node:util';
import type { Message } from '../../deploy/lab/slack/index.ts';
import { isSettled } from '../../src/domain/build.ts';
import { startWorld, type World } from '../harness/world.ts';
import { cannotWalk, words } from '../harness.ts';
import { countOf, describeMachine, machineInWords, median, printJson } from './measuring.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    others: { type: 'string', default: '4' },
  },
});
const LONGEST_BUILD_SECONDS = 900;
const rounds = countOf('rounds', values.rounds);
const others = Number(values.others);
/** What is asked for by hand has a slot beside the others, so that no queue is measured. */
const concurrency = others + 1;

if (cannotWalk) {
  console.error(`Nothing to measure: ${cannotWalk}`);
  process.exit(2);
}

const machine = describeMachine();
/** Milliseconds of every round, by what somebody waited for. */
const waits = new Map<string, number[]>();
const world = await startWorld({ configure: () => ({ worker: { concurrency } }) });
const stopping = new AbortController();
try {
  // The first solve reads the channel: nobody waits for that every day.
  await waitFor('warming up', 'plan first python=3.11 numpy', /would have/);
  waits.clear();
  const busy = Array.from({ length: others }, (_, slot) => keepBuilding(slot));
  for (let round = 1; round <= rounds; round += 1) await measure(round);
  stopping.abort();
  await Promise.all(busy);
} finally {
  stopping.abort();
  await world.end();
}
report();

async function measure(round: number): Promise<void> {
  const name = `round-${round}`;
  await waitFor('refusal: no such package', `create ${name} python=3.11 nunpy`, /Did you mean/);
  const conflict = `create ${name} python=3.10 scipy`;
  await waitFor('refusal: does not go together', conflict, /nearest that goes together/);
  await waitFor('plan', `plan ${name} python=3.11 numpy pandas`, /would have/);
  const create = `create ${name} python=3.11 six`;
  const entered = performance.now();
  await world.slack.slash({ user: 'ana', channel: 'data-science', text: create });
  const says = (what: string, pattern: RegExp) =>
    until(
      entered,
      what,
      (message) => words(message).includes(name) && pattern.test(words(message)),
    );
  await Promise.all([
    says('build: posted', /Building|waits/),
    says('build: line', /pyspark/),
    says('build: ready', /is ready/),
  ]);
  await waitFor('known environment', create, /Nothing to build/);
}

/** From Enter to the first message that says so. */
async function waitFor(what: string, text: string, pattern: RegExp): Promise<void> {
  const had = new Set(visible());
  const entered = performance.now();
  await world.slack.slash({ user: 'ana', channel: 'data-science', text });
  await until(entered, what, (message) => !had.has(message) && pattern.test(words(message)));
}

async function until(
  entered: number,
  what: string,
  isIt: (message: Message) => boolean,
): Promise<void> {
  await world.until(what, () => visible().some(isIt));
  waits.set(what, [...(waits.get(what) ?? []), performance.now() - entered]);
}

function visible(): Message[] {
  const { workspace } = world.slack;
  return workspace.visibleTo(workspace.user('ana').id, workspace.channel('data-science').id);
}

/** One build after another, as other people make them. */
async function keepBuilding(slot: number): Promise<void> {
  for (let count = 1; !stopping.signal.aborted; count += 1) {
    const name = `other-${slot}-${count}`;
    const text = `create ${name} python=3.11 numpy scipy`;
    await world.slack.slash({ user: 'ben', channel: 'random', text });
    await settled(world, name);
  }
}

/** The first ones are made side by side, of packages that nobody has yet: on a busy machine that takes minutes. */
async function settled({ until, store }: World, environment: string): Promise<void> {
  const isSettledNow = async () => {
    const [build] = await store.listBuilds({ environment, limit: 1 });
    return stopping.signal.aborted || (build !== undefined && isSettled(build));
  };
  await until(`the end of ${environment}`, isSettledNow, LONGEST_BUILD_SECONDS);
}

function report(): void {
  const rows = [...waits].map(([what, times]) => ({
    what,
    'median ms': Math.round(median(times)),
    'worst ms': Math.round(Math.max(...times)),
  }));
  console.log(`${rounds} rounds beside ${others} other builds, on ${machineInWords(machine)}`);
  console.table(rows);
  printJson({ bench: 'chat', machine, rounds, others, rows });
}
