import { createEdge } from '../adapters/edge/edge.ts';
import { inScratch } from '../adapters/host/scratch.ts';
import { publicKeyOf, signatureChecker } from '../adapters/host/signature.ts';
import { createStore } from '../adapters/redis/store.ts';
import type { Config } from '../config.ts';
import { isWorthTaking, type TakenRevision, type Taking } from '../domain/catalogue.ts';
import { revisionLabel, tagLabel } from '../domain/environment.ts';
import type { Unreached } from '../domain/errands.ts';
import { userError } from '../domain/errors.ts';
import { counted } from '../domain/figures.ts';
import { meantOf } from '../domain/near-names.ts';
import type { Progress, Store } from '../domain/ports.ts';
import { type Foundation, layFoundation } from '../foundation.ts';
import { restoreLines } from '../pipeline/backup.ts';
import {
  findEnvironment,
  findNames,
  planRestoring,
  type Refused,
  type RestoringPorts,
  type Taken,
  takeEnvironment,
  type Vouch,
} from '../pipeline/restoring.ts';
import { VERSION } from '../version.ts';
import { countsInWords, readBackup } from './backup-file.ts';
import { isWatched, whileShown } from './block.ts';
import {
  CONFIG_OPTION,
  interruptible,
  JSON_OPTION,
  readArguments,
  readSigners,
  type TerminalCommand,
  usageError,
  writeJson,
} from './command.ts';
import { requireConfiguration } from './configuration.ts';

const OPTIONS = {
  edge: {
    type: 'string',
    multiple: true,
    value: 'NAME',
    says: 'only from this edge; may be repeated',
  },
  from: {
    type: 'string',
    value: 'FILE',
    says: 'from a file of `conda-ferry backup` instead, with all that Redis had by then',
  },
  yes: { type: 'boolean', says: 'do it; without, it is only shown' },
  signers: {
    type: 'string',
    value: 'FILE',
    says: 'whose signatures count, as ssh-keygen reads it; else the key of signing.keyFile',
  },
  unsigned: { type: 'boolean', says: 'also take what nobody, or somebody else, has signed' },
  json: JSON_OPTION,
  config: CONFIG_OPTION,
} as const;

export const command: TerminalCommand = {
  options: OPTIONS,
  notes: () => [
    'For a Redis that was lost, or is older than what lies on the edges: environments, owners, tags, defaults, locks and proofs come back from the manifests on the edges. What Redis has stays as it is, but for names that were moved since, so doing it twice is the same as once. What only Redis had comes from a backup alone: subscriptions, approvals, freezes, blocks, the audit, and what was let go. With one, do that first: `--from FILE`, then without it for what came later.',
    'With `signing.keyFile`, only papers with its signature are taken. To build a revision again that was let go, say `restore NAME@REVISION` in Slack: that is another command.',
  ],
  async run(words, usage) {
    const { values, positionals } = readArguments(words, OPTIONS, usage);
    if (positionals.length > 0) throw usageError('Nothing is named here but options.', usage);
    const config = await requireConfiguration(values.config);
    const named = namedEdges(config, values.edge);
    const foundation = await layFoundation(config, { quiet: true });
    const log = (line: string) => foundation.log.debug(line);
    const { from, signers, unsigned = false, json = false, yes: isDone = false } = values;
    try {
      return await interruptible((signal) =>
        withPorts(foundation, named, async (ports) => {
          if (from !== undefined) return restoreFile(ports.store, from, { json, isDone });
          return withVouch(config, { signers, unsigned }, async (vouch) => {
            const restored = await whileShown(
              'Reading',
              (detail) => restoreAll(ports, { vouch, isDone }, { signal, log, detail }),
              { isLogged: true },
            );
            if (json) writeJson(restored);
            else process.stdout.write(`${textOf(restored).join('\n')}\n`);
            return restored.unreached.length > 0 ? 2 : 0;
          });
        }),
      );
    } finally {
      await foundation.stop();
    }
  },
};

/** The same from a backup: what Redis has stays here, too. */
async function restoreFile(
  store: Store,
  file: string,
  { json, isDone }: { json: boolean; isDone: boolean },
): Promise<number> {
  const read = await whileShown(`Reading ${file}`, () =>
    restoreLines(store, readBackup(file), { isDone }),
  );
  const { at, missing, known } = read;
  if (json) {
    writeJson({ ...read, isDone });
    return 0;
  }
  const isWorth = Object.keys(missing).length > 0;
  const end = isDone
    ? 'Now say `conda-ferry restore` for what came later: it is on the edges.'
    : isWorth
      ? 'Nothing is changed yet. The same with `--yes` does it.'
      : 'Redis has all of it.';
  process.stdout.write(
    [
      `Backup of ${new Date(at).toISOString()}`,
      `${isDone ? '✓' : '+'} ${countsInWords(missing)}`,
      ...(Object.keys(known).length > 0 ? [`  there already: ${countsInWords(known)}`] : []),
      `${end}\n`,
    ].join('\n'),
  );
  return 0;
}

function namedEdges({ edges }: Config, names: readonly string[] = []): Config['edges'] {
  const known = edges.map(({ name }) => name);
  const wrong = names.find((name) => !known.includes(name));
  if (wrong !== undefined) {
    throw userError({
      code: 'unknown-edge',
      message: `There is no edge \`${wrong}\` in the configuration.`,
      suggestion: meantOf(wrong, known).suggestion,
    });
  }
  return names.length === 0 ? edges : edges.filter(({ name }) => names.includes(name));
}

async function withPorts<T>(
  { connection, prefix, config, log, redact }: Foundation,
  named: Config['edges'],
  work: (ports: RestoringPorts) => Promise<T>,
): Promise<T> {
  const store = createStore({ connection, prefix, audit: config.audit });
  const edges = new Map(
    named.map((edge) => [
      edge.name,
      createEdge(edge, {
        log: (line) => log.debug({ edge: edge.name }, line),
        timing: { keepMilliseconds: KEEP_CONNECTIONS },
      }),
    ]),
  );
  try {
    await store.requireFormat(VERSION);
    return await work({ store, edges, clock: store.clock, redact });
  } finally {
    for (const edge of edges.values()) edge.close();
    await store.close();
  }
}

/** From one question to an edge to the next. */
const KEEP_CONNECTIONS = 60_000;

/** Whose papers are believed; everybody's where nobody signs. */
async function withVouch<T>(
  { signing: { keyFile }, dataDirectory }: Config,
  { signers, unsigned }: { signers: string | undefined; unsigned: boolean },
  work: (vouch: Vouch) => Promise<T>,
): Promise<T> {
  const named = signers && (await readSigners(signers));
  const keys = named ?? (keyFile && `conda-ferry ${await publicKeyOf(keyFile)}`);
  if (unsigned || keys === null) return work(async () => true);
  return inScratch(dataDirectory, async (folder) => work(await signatureChecker(folder, keys)));
}

/** What is shown: of each environment what would be taken, and what was where that was asked for. */
interface Restored {
  plan: Planned[];
  refused: Refused[];
  unreached: Unreached[];
  taken: Taken[] | null;
}

type Planned = ReturnType<typeof shownPlan>;

async function restoreAll(
  ports: RestoringPorts,
  { vouch, isDone }: { vouch: Vouch; isDone: boolean },
  progress: Progress,
): Promise<Restored> {
  const { names, unreached } = await findNames(ports, progress);
  const restored: Restored = {
    ...{ plan: [], refused: [], unreached: [...unreached], taken: isDone ? [] : null },
  };
  let count = 0;
  for (const [name, edges] of names) {
    progress.signal.throwIfAborted();
    count += 1;
    if (isWatched() || count % 50 === 0)
      progress.detail(`${count} of ${counted(names.size, 'environment')}`);
    const read = await findEnvironment(ports, { name, edges, vouch }, progress);
    restored.refused.push(...read.refused);
    restored.unreached.push(...read.unreached);
    const taking = await planRestoring(ports, read.found);
    const isWorth = isWorthTaking(taking);
    if (isWorth || taking.said.length > 0) restored.plan.push(shownPlan(taking));
    if (isWorth) restored.taken?.push(await takeEnvironment(ports, taking, progress));
  }
  return restored;
}

function shownPlan({ name, environment, revisions, moved, said }: Taking) {
  const { owner, tags, defaultRevision } = environment;
  return {
    ...{ name, owner, tags, defaultRevision, moved, said },
    revisions: revisions.map(shownRevision),
  };
}

function shownRevision({ manifest, known, places }: TakenRevision) {
  return {
    number: manifest.revision,
    edges: [...new Set(places.map(({ edge }) => edge))],
    isProven: known?.verifications.some(({ outcome }) => outcome === 'proven') ?? false,
  };
}

function textOf({ plan, refused, unreached, taken }: Restored): string[] {
  const worth = plan.filter(({ revisions, moved }) => revisions.length + moved.length > 0);
  const complaints = [
    ...unreached.map(({ edge, why }) => `edge ${edge} says nothing: ${why}`),
    ...refused.map(({ edge, label, why }) => `${label} on edge ${edge} is refused: ${why}`),
    ...plan.flatMap(({ said }) => said),
    ...(taken ?? []).flatMap(({ said }) => said),
  ].map((text) => `! ${text}`);
  const hint = refused.length > 0 ? [UNSIGNED] : [];
  if (taken !== null) return [...taken.map(textOfTaken), ...complaints, ...hint, sumOf(taken)];
  const end =
    worth.length === 0
      ? `${complaints.length > 0 ? 'Nothing else is to be taken' : 'Redis has all that lies on the edges'}.`
      : `Nothing is changed yet: ${counted(worth.length, 'environment')} would be. The same with \`--yes\` does it.`;
  return [...worth.map(textOfPlanned), ...complaints, ...hint, end];
}

const UNSIGNED = 'To take what is refused for its signature all the same: `--unsigned`.';

function textOfPlanned({ name, owner, revisions, moved, ...planned }: Planned): string {
  const labels = revisions.map(
    ({ number, edges }) => `${revisionLabel(name, number)} (${edges.join(', ')})`,
  );
  const tags = Object.entries(planned.tags).map(
    ([tag, number]) => `${tagLabel(name, tag)} = @${number}`,
  );
  const { defaultRevision } = planned;
  const names = [...tags, ...(defaultRevision === null ? [] : [`${name} = @${defaultRevision}`])];
  // Of a known one only what changes.
  const told = moved.length > 0 ? moved : names;
  return `+ ${name} of ${owner}: ${[...labels, ...told].join(', ')}`;
}

function textOfTaken({ name, revisions, letGo, moved, staged }: Taken): string {
  const came = revisions.map((label) => (letGo.includes(label) ? `${label} (let go)` : label));
  const more = staged.map(({ label, edge }) => `${label} on ${edge}`);
  return `✓ ${name}: ${[...came, ...more, ...moved].join(', ') || 'nothing came'}`;
}

function sumOf(taken: readonly Taken[]): string {
  const revisions = taken.reduce((sum, each) => sum + each.revisions.length, 0);
  const what = revisions === 0 ? 'Names' : counted(revisions, 'revision');
  return `${what} of ${counted(taken.length, 'environment')} came back.`;
}
