/**
 * What staging takes on an edge node over SSH, on this machine: an OpenSSH server behind a link that
 * counts what travels. `first`: the edge has nothing; `again`: it has this very archive; `changed`: it has
 * the archive of an environment in which one package was another version. Beside it, what people do by
 * hand: `scp` and `unzip`, and `rsync` of the unpacked environment where this machine has it.
 *
 *   npm run bench:stage [-- --rounds 5 --environments usual,large]
 */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createEdge } from '../../src/adapters/edge/edge.ts';
import type { StageRequest } from '../../src/domain/ports.ts';
import { type PackReport, pack } from '../../src/packing/pack.ts';
import { type EdgeNode, startEdgeNode } from '../harness/edge-node.ts';
import { papersOf } from '../harness/papers.ts';
import { noRealPrefix } from '../packing/real-prefix.ts';
import {
  type BenchEnvironment,
  type EnvironmentName,
  isEnvironmentName,
  makeEnvironment,
} from './environments.ts';
import {
  type Contestant,
  countOf,
  describeMachine,
  machineInWords,
  measure,
  median,
  printJson,
  rounded,
  runQuietly,
} from './measuring.ts';

const RSYNC = '/usr/bin/rsync';
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '1' },
    environments: { type: 'string', default: 'usual' },
  },
});
const rounds = countOf('rounds', values.rounds);
const names = values.environments.split(',').filter(isEnvironmentName);
if (names.length === 0) {
  console.error('--environments takes usual and large.');
  process.exit(2);
}
if (noRealPrefix) {
  console.error(`Nothing to measure: ${noRealPrefix}.`);
  process.exit(2);
}

const machine = describeMachine();
const results = [];
for (const name of names) results.push(await benchmark(name));
printJson({ bench: 'stage', machine, rounds, environments: results });

async function benchmark(name: EnvironmentName) {
  const folder = await mkdtemp(join(tmpdir(), 'ferry-bench-'));
  const node = await startEdgeNode(folder);
  try {
    const environment = await makeEnvironment(folder, name);
    const { packages, changedPackage, prefix, show } = environment;
    const archive = (which: string) =>
      pack({
        ...{ prefix, format: 'zip', root: 'churn', cache: join(folder, 'cache') },
        output: join(folder, `${which}.zip`),
      });
    const first = await archive('first');
    await show('changed');
    const changed = await archive('changed');
    await show('first');
    const sent = new Map<string, number[]>();
    const list = [...ours(node, { first, changed }), ...peers(node, environment, first)];
    const measured = await measure(list.map(countingSent(node, sent)), rounds);
    const rows = measured.map(({ name, seconds }) => ({
      ...{ name, seconds },
      'MB sent': rounded(median(sent.get(name) ?? []) / 1e6),
    }));
    const [archiveMB, changedMB] = [first.bytes, newBytes(first, changed)].map((bytes) =>
      rounded(bytes / 1e6),
    );
    console.log(
      `\n${packages}: ${archiveMB} MB; changed: ${changedPackage}, ${changedMB} MB of segments`,
    );
    console.log(`median of ${rounds}, in turns, on ${machineInWords(machine)}`);
    console.table(rows);
    return { name, packages, changedPackage, archiveMB, changedMB, rows };
  } finally {
    await node.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function ours(
  { address, link, root }: EdgeNode,
  { first, changed }: { first: PackReport; changed: PackReport },
): Contestant[] {
  const { user, privateKeyFile, hostKey } = address;
  const edge = createEdge(
    {
      ...{ name: 'edge', host: link.host, port: link.port, user, privateKeyFile, hostKey, root },
      ...{ alias: 'MYGLOBALENV', hdfs: null, cluster: { manager: 'yarn' }, env: {} },
      connectTimeoutSeconds: 20,
    },
    { log: () => undefined },
  );
  const progress = {
    signal: new AbortController().signal,
    log: () => undefined,
    detail: () => undefined,
  };
  const stage = (report: PackReport, revision: number) =>
    edge.stage(stageRequest(report, revision), progress);
  const anew = () => rm(root, { recursive: true, force: true });
  const after = (report: PackReport) => async () => {
    await anew();
    await stage(report, 1);
  };
  return [
    { name: 'ours, first', prepare: anew, run: () => stage(first, 1) },
    { name: 'ours, again', prepare: after(first), run: () => stage(first, 1) },
    { name: 'ours, changed', prepare: after(first), run: () => stage(changed, 2) },
  ];
}

/** What the pipeline asks of an edge for a packed environment. */
function stageRequest(report: PackReport, revision: number): StageRequest {
  const { format, sha256, bytes, files, segments } = report;
  return {
    ...{ environment: 'churn', revision, archivePath: report.path, segments },
    archive: { name: `churn.${format}`, format, sha256, bytes, files },
    ...{ unpackedBytes: report.sourceBytes, fingerprint: sha256, ahead: null },
    layout: 'local',
    papers: papersOf({ environment: 'churn', revision, sha256 }),
  };
}

/** None of them looks at what arrived, nor makes the prefix work where it lies. */
function peers(
  { address, link, root }: EdgeNode,
  { prefix, show }: BenchEnvironment,
  first: PackReport,
): Contestant[] {
  const place = `${root}-by-hand`;
  // Through the link, where the host's key is known by the server's own port.
  const through = [`Port=${link.port}`, `HostKeyAlias=[${address.host}]:${address.port}`];
  const options = ['-q', '-F', address.sshConfigFile, ...through.flatMap((each) => ['-o', each])];
  const ssh = (command: string) => runQuietly('ssh', [...options, 'edge', command]);
  const clear = () => ssh(`rm -rf '${place}' && mkdir -p '${place}'`);
  const list: Contestant[] = [
    {
      name: 'scp and unzip',
      prepare: clear,
      async run() {
        await runQuietly('scp', [...options, first.path, `edge:${place}/churn.zip`]);
        await ssh(`unzip -q '${place}/churn.zip' -d '${place}'`);
      },
    },
  ];
  if (!existsSync(RSYNC)) return list;
  const rsync = () =>
    runQuietly(RSYNC, ['-az', '-e', `ssh ${options.join(' ')}`, prefix, `edge:${place}/`]);
  list.push(
    { name: 'rsync -az, first', prepare: clear, run: rsync },
    {
      name: 'rsync -az, changed',
      async prepare() {
        await clear();
        await rsync();
        await show('changed');
      },
      async run() {
        await rsync();
        await show('first');
      },
    },
  );
  return list;
}

/** Notes what each run sends up. */
function countingSent({ link }: EdgeNode, sent: Map<string, number[]>) {
  return (contestant: Contestant): Contestant => ({
    ...contestant,
    async run() {
      const before = link.traffic.fromClient;
      await contestant.run();
      const bytes = link.traffic.fromClient - before;
      sent.set(contestant.name, [...(sent.get(contestant.name) ?? []), bytes]);
    },
  });
}

/** Bytes of the segments that the older archive does not have. */
function newBytes(before: PackReport, after: PackReport): number {
  const known = new Set(before.segments.map(({ sha256 }) => sha256));
  return after.segments
    .filter(({ sha256 }) => !known.has(sha256))
    .reduce((total, { bytes }) => total + bytes, 0);
}
