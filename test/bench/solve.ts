/**
 * What a solve takes: by a process for each request, as the engine was before it stayed, and by the one
 * that stays: its first, also after its channels were read beforehand, another request, the same again. On the lab's channel, and on one of
 * conda-forge's size as a folder and from a server, compressed and sharded. Beside it, what the bot's
 * own index of such a channel takes: reading it, a suggestion, a typo.
 *
 *   npm run bench:solve [-- --rounds 5 --records 500000 --keep FOLDER]
 *
 * `--keep`: where the large channel is made, and left for the next run.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import { createChannels } from '../../src/adapters/channels/channels.ts';
import { chooseEngine } from '../../src/adapters/engines/engine.ts';
import { missingPackages } from '../../src/domain/missing-packages.ts';
import { parseSpec } from '../../src/domain/spec.ts';
import { indexChannel, suggestSpecs } from '../../src/domain/suggestions.ts';
import { labChannel, labPython, whyNoLabChannel, whyNoLabPython } from '../adapters/engines/lab.ts';
import { type ManyRecords, writeManyRecords } from './many-records.ts';
import {
  countOf,
  describeMachine,
  machineInWords,
  median,
  printJson,
  rounded,
  runQuietly,
} from './measuring.ts';

const PROGRAM = join(import.meta.dirname, '../../src/adapters/engines/rattler-engine.py');
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    records: { type: 'string', default: '500000' },
    keep: { type: 'string' },
  },
});
const rounds = countOf('rounds', values.rounds);
const records = countOf('records', values.records);
const missing = whyNoLabPython() || whyNoLabChannel();
if (missing) {
  console.error(`Nothing to measure: ${missing}.`);
  process.exit(2);
}

interface Row {
  channel: string;
  what: string;
  seconds: number;
  cpuSeconds: number;
  /** Of the process that solves, afterwards: its own, and with the files that it maps. */
  ownMegabytes: number | null;
  megabytes: number | null;
}

const machine = describeMachine();
console.log(machineInWords(machine));
const work = await mkdtemp(join(tmpdir(), 'ferry-bench-'));
try {
  const large = await largeChannel(values.keep ?? join(work, 'channel'));
  const { folder, made } = large;
  console.log(`${made.names.length} names, ${made.records} records, ${mega(made.bytes)} MB`);
  const server = new Worker(join(import.meta.dirname, 'serve-folder.ts'), {
    workerData: { folder },
  });
  const address = await new Promise<string>((resolve) => server.once('message', resolve));
  const file = pathToFileURL(folder).href;
  const rows = [
    ...(await solves('lab', labChannel.url, ['numpy', 'pandas', 'scipy', 'six', 'pytz'])),
    ...(await solves('large, a folder', file, asked(made))),
    ...(await solves('large, zst', `${address}/plain`, asked(made))),
    ...(await solves('large, shards', `${address}/sharded`, asked(made))),
  ];
  console.table(rows);
  const index = await botsIndex(file);
  console.table(index);
  await server.terminate();
  const { bytes } = made;
  const channel = { names: made.names.length, records: made.records, bytes };
  printJson({ bench: 'solve', machine, rounds, channel, solves: rows, index });
} finally {
  await rm(work, { recursive: true, force: true });
}

async function largeChannel(folder: string): Promise<{ folder: string; made: ManyRecords }> {
  const note = join(folder, `made-${records}.json`);
  if (existsSync(note)) return { folder, made: JSON.parse(readFileSync(note, 'utf8')) };
  console.log(`making a channel of about ${records} records`);
  mkdirSync(folder, { recursive: true });
  const made = await writeManyRecords(folder, records);
  writeFileSync(note, JSON.stringify(made));
  return { folder, made };
}

/** Names that are asked for, in the large channel. */
function asked({ names }: ManyRecords): string[] {
  const usual = ['numpy', 'pandas', 'pyarrow', 'scikit-learn', 'dask', 'matplotlib-base'];
  return usual.filter((name) => names.includes(name));
}

/** All rows of one channel; a request is a Python and two of the names, another one each time. */
async function solves(channel: string, url: string, names: readonly string[]): Promise<Row[]> {
  const cache = join(work, channel.replace(/\W+/g, '-'));
  mkdirSync(cache, { recursive: true });
  const specsOf = (number: number) => {
    const pairs = names.flatMap((one, at) => names.slice(at + 1).map((other) => [one, other]));
    return ['python=3.11', ...(pairs[number % pairs.length] ?? [])];
  };
  const alone = (number: number) => {
    const specs = specsOf(number).map((spec) => spec.replace('=', ' ').replace('3.11', '3.11.*'));
    const request = {
      ...{ do: 'solve', specs, constraints: [], platform: 'linux-64', glibc: '2.17' },
      ...{ channels: [url], cache },
    };
    const file = join(work, 'request');
    writeFileSync(file, `${JSON.stringify(request)}\n`);
    return runQuietly('sh', ['-c', '"$1" -I "$2" < "$3"', 'sh', labPython, PROGRAM, file]);
  };
  const { progress, solve, engine } = engineIn(cache, url);
  const first = (number: number) => solve(specsOf(number), progress);
  const warmed = engineIn(cache, url);
  const channels = [{ name: 'channel', url }];
  try {
    await alone(0);
    return [
      await row(channel, 'a process for each', rounds, alone),
      await row(channel, 'stays: first', 1, first),
      await row(channel, 'reading beforehand', 1, async () =>
        // One that has no Python says so once it is read.
        warmed.engine.warm?.(channels, 'linux-64', progress).catch(() => undefined),
      ),
      await row(channel, 'stays: first after that', 1, () => warmed.solve(specsOf(0), progress)),
      await row(channel, 'stays: another', rounds, (number) => first(number + 1)),
      await row(channel, 'stays: the same', rounds, (number) => first(number + 1)),
    ];
  } finally {
    await Promise.all([engine.close(), warmed.engine.close()]);
  }
}

function engineIn(dataDirectory: string, url: string) {
  const engine = chooseEngine({
    ...{ configured: 'rattler', environment: {}, dataDirectory },
    python: async () => labPython,
  });
  const progress = { signal: new AbortController().signal, log() {}, detail() {} };
  const solve = (specs: readonly string[], how: typeof progress) =>
    engine.solve(
      {
        specs: specs.map((text) => parseSpec(text)),
        channels: [{ name: 'channel', url }],
        ...{ platform: 'linux-64', glibc: '2.17', keep: [] },
      },
      how,
    );
  return { engine, progress, solve };
}

async function row(
  channel: string,
  what: string,
  count: number,
  work: (number: number) => Promise<unknown>,
): Promise<Row> {
  const seconds: number[] = [];
  const cpu = cpuOfAll();
  for (let number = 0; number < count; number += 1) {
    const started = performance.now();
    await work(number);
    seconds.push((performance.now() - started) / 1000);
  }
  const cpuSeconds = rounded((cpuOfAll() - cpu) / count, 4);
  const [own, all] = memoryOfChild();
  return {
    ...{ channel, what, seconds: rounded(median(seconds), 4), cpuSeconds },
    ...{ ownMegabytes: own, megabytes: all },
  };
}

/** What the bot keeps of a channel's index, on the thread that answers people. */
async function botsIndex(url: string) {
  const channels = createChannels({
    channels: [{ name: 'large', url }],
    ...{ platform: 'linux-64', network: {}, log: console.error, timing: { patience: 600_000 } },
  });
  const watch = watchThread();
  const before = heapInUse();
  const read = await channels.read(['large'], ['numpy']);
  const rows = [{ what: 'reading', ...watch.take() }];
  const heap = heapInUse() - before;
  watch.take();
  const [content] = read ?? [];
  if (!content) throw new Error('the channel could not be read');
  const index = indexChannel(content);
  rows.push({ what: 'sorting its names', ...watch.take() });
  for (const typed of ['n', 'num', 'numpy>=1', 'nunpy', 'scikit-laern']) {
    suggestSpecs(typed, [index]);
    rows.push({ what: `suggestions for ${typed}`, ...watch.take() });
  }
  const typos = ['nunpy', 'pandsa', 'xyzzyfoo'].map((text) => parseSpec(text));
  await missingPackages(typos, ['large'], channels);
  rows.push({ what: 'three typos', ...watch.take() });
  watch.end();
  channels.close();
  console.log(`the bot's index: ${mega(heap)} MB of heap`);
  return rows;
}

/** Bytes, without what nobody holds any more. */
function heapInUse(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().heapUsed;
}

/**
 * Processor time of this thread since the last `take`, and its longest stretch without a turn of the
 * event loop: other programs that are at work do not lengthen it.
 */
function watchThread() {
  const now = () => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  };
  let isOn = true;
  let [began, turned, longest] = [now(), now(), 0];
  const turn = () => {
    longest = Math.max(longest, now() - turned);
    turned = now();
    if (isOn) setImmediate(turn);
  };
  setImmediate(turn);
  return {
    take() {
      turn();
      const taken = {
        'cpu ms': rounded(now() - began, 1),
        'longest stretch ms': rounded(longest, 1),
      };
      [began, turned, longest] = [now(), now(), 0];
      return taken;
    },
    end() {
      isOn = false;
    },
  };
}

/** Processor seconds of this process, its children, and theirs that have ended. */
function cpuOfAll(): number {
  const pids = ['self', ...children()];
  const ticks = pids.flatMap((pid) => {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    // utime, stime, cutime, cstime: proc(5).
    return fields.slice(11, 15).map(Number);
  });
  return ticks.reduce((sum, each) => sum + each, 0) / 100;
}

/** Megabytes of the process that stays: its own, and with what it maps; null without one. */
function memoryOfChild(): [own: number | null, all: number | null] {
  const [pid] = children();
  if (pid === undefined) return [null, null];
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]);
  return [mega(field('RssAnon') * 1024), mega(field('VmRSS') * 1024)];
}

function children(): string[] {
  return readdirSync('/proc/self/task').flatMap((task) =>
    readFileSync(`/proc/self/task/${task}/children`, 'utf8').split(' ').filter(Boolean),
  );
}

function mega(bytes: number): number {
  return Math.round(bytes / 1e6);
}
