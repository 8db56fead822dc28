/** What must hold of what builds have left behind, once all that is done unasked has been done. */
import assert from 'node:assert/strict';
import { isSamePlace, isThere } from '../../src/domain/environment.ts';
import type { MemoryStore } from '../slack/memory.ts';
import type { EdgeNode } from './edge-node.ts';

export interface Left {
  store: MemoryStore;
  nodes: ReadonlyMap<string, EdgeNode>;
}

const JUDGES: readonly ((left: Left) => void)[] = [
  allEnded,
  offeredIsThere,
  nothingUnnamed,
  readyIsKept,
  keptIsReady,
  keptIsAsTold,
  namesMeanWhatIsThere,
];

/** Throws what is wrong, with the log of the duties that should have mended it. */
export function judge<L extends Left>(
  left: L,
  log: readonly string[],
  judges: readonly ((left: L) => void)[] = JUDGES,
): void {
  try {
    for (const each of judges) each(left);
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${log.join('\n')}`, { cause: error });
  }
}

/** No state is without a way out. */
function allEnded({ store }: Left): void {
  for (const { id, state, verifying } of store.builds.values()) {
    assert.ok(!['queued', 'running'].includes(state), `build ${id} is ${state} for ever`);
    assert.equal(verifying, false, `build ${id} is being verified for ever`);
  }
  assert.deepEqual([...store.open], [], 'builds are open for ever');
  const begun = [...store.builds.values()].flatMap((build) => build.begun);
  assert.deepEqual(begun, [], 'what is begun is not looked after');
}

function offeredIsThere({ store, nodes }: Left): void {
  for (const { name, number, stagings } of offered(store)) {
    assert.ok(stagings.length > 0, `${name}@${number} is offered nowhere`);
    for (const { edge, driverPrefix, archive } of stagings) {
      const isWhole = nodes.get(edge)?.has(driverPrefix, archive.sha256);
      assert.ok(isWhole, `${name}@${number} is offered, and not whole on ${edge}`);
    }
  }
}

/** Neither prefix nor archive lies on an edge of which no revision says so. */
function nothingUnnamed({ store, nodes }: Left): void {
  const named = [...offered(store)].flatMap(({ stagings }) =>
    stagings.flatMap(({ edge, driverPrefix, archive }) => [
      `${edge} ${driverPrefix}`,
      `${edge} ${archive.sha256}`,
    ]),
  );
  const there = [...nodes.values()].flatMap(({ name, prefixes, archives }) =>
    [...prefixes.keys(), ...archives].map((each) => `${name} ${each}`),
  );
  const left = there.filter((each) => !named.includes(each));
  assert.deepEqual(left, [], 'something is left on an edge');
}

function readyIsKept({ store }: Left): void {
  for (const { id, state, letGo, revision, request } of store.builds.values()) {
    if (state !== 'ready' || letGo) continue;
    const revisions = store.environments.get(request.environment)?.revisions ?? [];
    const isKept = revisions.some(({ number }) => number === revision);
    assert.ok(isKept, `build ${id} is ready and nothing is kept of it`);
  }
}

/** Whoever is told that a build was cancelled or has failed finds nothing of it. */
function keptIsReady({ store }: Left): void {
  for (const { name, number, buildId } of offered(store)) {
    const state = store.builds.get(buildId)?.state ?? 'ready';
    assert.equal(state, 'ready', `build ${buildId} is ${state}, and ${name}@${number} kept`);
  }
}

/** The build that made a revision last has the line of what was kept of it. */
function keptIsAsTold({ store }: Left): void {
  for (const { name, number, buildId, stagings } of offered(store)) {
    for (const told of store.builds.get(buildId)?.stagings ?? []) {
      const kept = stagings.find(({ edge }) => edge === told.edge);
      const isSame = kept !== undefined && isSamePlace(kept, told);
      assert.ok(isSame, `build ${buildId} has another ${name}@${number} on ${told.edge}`);
    }
  }
}

/** In the records; and what an edge was told last may be older, but leads to nothing that is gone. */
function namesMeanWhatIsThere({ store, nodes }: Left): void {
  for (const { name, revisions, tags, defaultRevision } of store.environments.values()) {
    const there = revisions.filter(isThere).map(({ number }) => number);
    const named = Object.entries(tags);
    if (defaultRevision !== null) named.push([name, defaultRevision]);
    for (const { name: edge, pointers } of nodes.values()) {
      const known = there.length > 0 ? pointers.get(name) : undefined;
      named.push(...Object.entries(known?.tags ?? {}).map(onEdge(edge)));
      if (known?.default) named.push([`${name} on ${edge}`, known.default]);
    }
    for (const [each, number] of named) {
      assert.ok(there.includes(number), `${each} of ${name} is @${number}, which is not there`);
    }
  }
}

const onEdge =
  (edge: string) =>
  ([tag, number]: [string, number]): [string, number] => [`${tag} on ${edge}`, number];

function* offered({ environments }: MemoryStore) {
  for (const { name, revisions } of environments.values()) {
    for (const revision of revisions.filter(isThere)) yield { name, ...revision };
  }
}
