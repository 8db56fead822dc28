/**
 * How long a whole build takes on this machine, from its solve to the line: engine, packer and edge node
 * (OpenSSH behind a link) are real, only the records are in memory. `cold`: the build host knows nothing,
 * the channel's indexes aside; the edge has nothing. Each build is made in two ways, in turns: as it is, and
 * with an archive that only travels once it is whole. Beside the seconds to the line stand those of each
 * step, as people are told them; steps that run side by side add up to more than the whole.
 *
 *   npm run bench:build [-- --rounds 3 --environments usual,large --megabits 0,400 --edges 1]
 *
 * `--megabits` is what the link to each edge carries in a second; 0 is what this machine can.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { laboratory } from '../../deploy/lab/laboratory.ts';
import { createEdge } from '../../src/adapters/edge/edge.ts';
import { chooseEngine } from '../../src/adapters/engines/engine.ts';
import { createWorkspace } from '../../src/adapters/host/workspace.ts';
import { createPacker } from '../../src/adapters/packers/packer.ts';
import { newBuild, STEP_NAMES } from '../../src/domain/build.ts';
import type { Edge } from '../../src/domain/ports.ts';
import { parseSpec } from '../../src/domain/spec.ts';
import { runBuild } from '../../src/pipeline/run.ts';
import { build as sample } from '../answers/samples.ts';
import { type EdgeNode, startEdgeNode } from '../harness/edge-node.ts';
import { createWorld } from '../pipeline/world.ts';
import { askedOf, type EnvironmentName, isEnvironmentName } from './environments.ts';
import {
  countOf,
  describeMachine,
  machineInWords,
  median,
  printJson,
  rounded,
} from './measuring.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '1' },
    environments: { type: 'string', default: 'usual' },
    megabits: { type: 'string', default: '0' },
    edges: { type: 'string', default: '1' },
  },
});
const rounds = countOf('rounds', values.rounds);
const edgeCount = countOf('edges', values.edges);
const names = values.environments.split(',').filter(isEnvironmentName);
const rates = values.megabits.split(',').map(Number);
const WAYS = ['sent once whole', 'sent while written'] as const;
type Way = (typeof WAYS)[number];
const never = new AbortController().signal;
const machine = describeMachine();

const folder = await mkdtemp(join(tmpdir(), 'ferry-bench-'));
const nodes: EdgeNode[] = [];
const results: Record<string, unknown>[] = [];
try {
  for (let at = 0; at < edgeCount; at += 1)
    nodes.push(await startEdgeNode(join(folder, `node${at}`)));
  for (const name of names) {
    for (const megabits of rates) {
      const runs = WAYS.map((way) => ({ way, figures: [] as Record<string, number>[] }));
      for (let round = 0; round < rounds; round += 1) {
        for (const { way, figures } of runs) figures.push(await buildCold(name, megabits, way));
      }
      for (const { way, figures } of runs) {
        const row = Object.keys(figures[0] ?? {}).map((key) => [
          key,
          rounded(median(figures.map((each) => each[key] ?? 0))),
        ]);
        results.push({ name, megabits, way, ...Object.fromEntries(row) });
      }
    }
  }
  console.log(`\nmedian of ${rounds}, ${edgeCount} edge(s), on ${machineInWords(machine)}`);
  console.table(results);
  printJson({ bench: 'build', machine, rounds, edges: edgeCount, results });
} finally {
  await Promise.all(nodes.map((node) => node.stop()));
  await rm(folder, { recursive: true, force: true });
}

/** An edge as the worker has it, behind a node's link. */
function edgeAt({ address, link, root }: EdgeNode, name: string, way: Way): Edge {
  const { user, privateKeyFile, hostKey } = address;
  const edge = createEdge(
    {
      ...{ name, host: link.host, port: link.port, user, privateKeyFile, hostKey, root },
      ...{ alias: 'MYGLOBALENV', hdfs: null, cluster: { manager: 'yarn' }, env: {} },
    },
    { log: () => undefined },
  );
  const nothing = { segments: 0, found: new Map(), seconds: 0 };
  return way === 'sent while written' ? edge : { ...edge, sendAhead: async () => nothing };
}

/** Seconds to the line and of each step, and megabytes of the archive. */
async function buildCold(
  name: EnvironmentName,
  megabits: number,
  way: Way,
): Promise<Record<string, number>> {
  const directory = join(folder, 'data');
  await rm(directory, { recursive: true, force: true });
  const { channel, specs } = await askedOf(name);
  const engine = chooseEngine({
    ...{ configured: 'rattler', environment: process.env, dataDirectory: directory },
    python: async () => laboratory.python,
  });
  for (const { root, link } of nodes) {
    await rm(root, { recursive: true, force: true });
    link.faults.rate = megabits > 0 ? (megabits * 1e6) / 8 : Number.POSITIVE_INFINITY;
  }
  const world = createWorld({
    engine,
    packer: createPacker({ dataDirectory: directory, cacheBytes: 20e9 }),
    workspace: createWorkspace({ directory, slots: 1 }),
    edges: new Map(nodes.map((node, at) => [`edge${at}`, edgeAt(node, `edge${at}`, way)] as const)),
    channels: [{ name: 'bench', default: true, url: pathToFileURL(channel).href }],
    verification: { enabled: true, timeoutSeconds: 60, executors: 1 },
  });
  try {
    const { request, requester } = sample('queued');
    const wanted = specs.map((text) => parseSpec(text.replace(' ', '=')));
    const asked = { ...request, specs: wanted, edges: [...world.ports.edges.keys()] };
    const build = newBuild({ id: 'bench1', request: asked, requester, now: Date.now() });
    await world.store.createBuild(build);
    const started = performance.now();
    await runBuild(world.ports, { buildId: build.id, attempt: build.attempt }, never);
    const seconds = (performance.now() - started) / 1000;
    const done = await world.store.readBuild(build.id);
    if (!done || done.failure) throw new Error(JSON.stringify(done?.failure));
    const steps = STEP_NAMES.map((step) => {
      const known = done.steps.find((each) => each.name === step);
      const [from, to] = [known?.startedAt ?? 0, known?.finishedAt ?? Date.now()];
      return [step, (to - from) / 1000] as const;
    });
    return { line: seconds, ...Object.fromEntries(steps), MB: (done.archive?.bytes ?? 0) / 1e6 };
  } finally {
    await engine.close();
  }
}
