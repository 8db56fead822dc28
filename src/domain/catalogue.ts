/** From what lies on edges to the catalogue: what would be taken into the records, and what is said of it. */
import { createHash } from 'node:crypto';
import { type Build, newBuild, type Step } from './build.ts';
import type { KnownRevision, RecordCopy, RevisionManifest } from './catalogue-papers.ts';
import {
  type Environment,
  isOwned,
  isThere,
  MOST_MOVES,
  type Move,
  newEnvironment,
  type Revision,
  revisionLabel,
  type Staging,
  tagLabel,
} from './environment.ts';

/** What was read of an environment on all edges. */
export interface FoundEnvironment {
  name: string;
  manifests: readonly FoundManifest[];
  copies: readonly FoundCopy[];
}

export interface FoundCopy {
  edge: string;
  copy: RecordCopy;
}

export interface FoundManifest {
  edge: string;
  /** Folder of its prefix there. */
  folder: string;
  manifest: RevisionManifest;
}

/** What would be taken of an environment into the records. */
export interface Taking {
  name: string;
  /** With the revisions that are known by now; new ones come to them. */
  environment: Environment;
  revisions: readonly TakenRevision[];
  /** What the edge that was told last knows of it; null where none was. */
  copy: RecordCopy | null;
  /** Names of a known environment that were moved after all that its record knows of: `churn:prod = @2`. */
  moved: readonly string[];
  /** Sentences: where edges disagree, and what stays as it is. */
  said: readonly string[];
}

export interface TakenRevision {
  manifest: RevisionManifest;
  /** What the record said of it; null where no edge was told. */
  known: KnownRevision | null;
  /** Where it lies, and with which bytes. */
  places: readonly (Pick<FoundManifest, 'edge' | 'folder'> & Pick<RevisionManifest, 'archive'>)[];
}

/**
 * What would be taken of an environment. What the records have stays: revisions that they do not have come to
 * it, and so does what was done to its names since. Of two edges that disagree, the one that was told later is
 * right. `begun`: numbers that builds have begun on edges and that came to no revision.
 */
export function planTaking(
  { name, manifests, copies }: FoundEnvironment,
  known: Environment | null,
  begun: ReadonlySet<number>,
): Taking {
  const said: string[] = [];
  const newest = [...copies].sort((left, right) => right.copy.at - left.copy.at)[0] ?? null;
  for (const { edge, copy } of copies) {
    if (newest === null || edge === newest.edge) continue;
    const what = differences(newest.copy, copy);
    if (what.length > 0) {
      said.push(
        `edges ${newest.edge} and ${edge} disagree on ${what.join(', ')} of ${name}: ${newest.edge} was told later and is believed`,
      );
    }
  }
  const groups = Map.groupBy(manifests, ({ manifest }) => manifest.revision);
  const record = known !== null && isOwned(known) ? known : null;
  const first = [...groups.keys()].sort((left, right) => left - right)[0] ?? 0;
  const builder = groups.get(first)?.[0]?.manifest.builtBy ?? '';
  const owner = newest?.copy.environment.owner ?? builder;
  const copy = newest?.copy ?? null;
  const nothing = { name, revisions: [], copy, moved: [], said };
  if (record !== null && record.owner !== owner) {
    said.push(
      `${name} belongs to ${record.owner} here and to ${owner} on ${newest?.edge ?? 'its edges'}: it stays as it is here`,
    );
    return { ...nothing, environment: record };
  }
  const revisions = [...groups.entries()]
    .sort(([left], [right]) => left - right)
    .flatMap(([number, group]) => {
      const taken = takeRevision(group, copy, record, said);
      if (taken === null || begun.has(number)) return [];
      return [taken];
    });
  if (record === null && newest === null && revisions.length > 0) {
    said.push(`${name} has no record on an edge: whoever built its first revision owns it`);
  }
  const lastNumber = Math.max(0, ...groups.keys(), ...copies.map(({ copy }) => copy.lastNumber));
  const numbers = new Set([
    ...revisions.map(({ manifest }) => manifest.revision),
    ...(record?.revisions.map(({ number }) => number) ?? []),
  ]);
  const environment = withNames(
    record === null
      ? foundEnvironment(name, owner, copy, manifests)
      : withMoves(record, copy, numbers),
    { copy, isNew: record === null, revisions, lastNumber },
    said,
  );
  const moved = record === null ? [] : movedNames(record, environment, copy);
  return { name, environment, revisions, copy, moved, said };
}

/** What was done to names after the last thing that the record knows of: lost with it. */
function movesSince({ createdAt, moves }: Environment, copy: RecordCopy | null): readonly Move[] {
  const last = Math.max(createdAt, moves.at(-1)?.at ?? 0);
  const isKnown = ({ tag, to, at }: Move) =>
    at < last || moves.some((known) => known.tag === tag && known.to === to && known.at === at);
  return copy?.environment.moves.filter((move) => !isKnown(move)) ?? [];
}

/** The names that were moved since are as the edge was told, as far as they mean revisions that there are. */
function withMoves(
  record: Environment,
  copy: RecordCopy | null,
  numbers: { has(number: number): boolean },
): Environment {
  const moves = movesSince(record, copy);
  if (copy === null || moves.length === 0) return record;
  const tags = { ...record.tags };
  let { defaultRevision } = record;
  for (const { tag } of moves) {
    const { tags: told, defaultRevision: toldDefault } = copy.environment;
    const number = tag === null ? toldDefault : numberOf(told, tag);
    if (number !== null && !numbers.has(number)) continue;
    if (tag === null) defaultRevision = number;
    else if (number === null) delete tags[tag];
    else tags[tag] = number;
  }
  return {
    ...{ ...record, tags, defaultRevision },
    moves: [...record.moves, ...moves].slice(-MOST_MOVES),
  };
}

/** A tag may be called `constructor`. */
const numberOf = (tags: Environment['tags'], tag: string): number | null =>
  (Object.hasOwn(tags, tag) ? tags[tag] : null) ?? null;

function movedNames(
  record: Environment,
  { name, tags, defaultRevision }: Environment,
  copy: RecordCopy | null,
): string[] {
  return [...new Set(movesSince(record, copy).map(({ tag }) => tag))].map((tag) => {
    const number = tag === null ? defaultRevision : numberOf(tags, tag);
    const none = tag === null ? '= its newest' : 'is taken away';
    return `${tagLabel(name, tag)} ${number === null ? none : `= @${number}`}`;
  });
}

function differences(one: RecordCopy, other: RecordCopy): string[] {
  const text = (value: unknown) => JSON.stringify(value);
  const numbers = ({ revisions }: RecordCopy) => revisions.map(({ number }) => number);
  const [left, right] = [one.environment, other.environment];
  return [
    ...(left.owner === right.owner ? [] : ['owner']),
    ...(text(sorted(left.tags)) === text(sorted(right.tags)) ? [] : ['tags']),
    ...(left.defaultRevision === right.defaultRevision ? [] : ['default']),
    ...(text(numbers(one)) === text(numbers(other)) ? [] : ['revisions']),
  ];
}

const sorted = (tags: Environment['tags']) => Object.entries(tags).sort();

/** One number on all edges; null where nothing of it is to be taken. */
function takeRevision(
  group: readonly FoundManifest[],
  copy: RecordCopy | null,
  record: Environment | null,
  said: string[],
): TakenRevision | null {
  const [any] = group;
  if (any === undefined) return null;
  const { environment: name, revision: number } = any.manifest;
  const label = revisionLabel(name, number);
  const edges = [...new Set(group.map(({ edge }) => edge))].join(', ');
  const here = record?.revisions.find((revision) => revision.number === number) ?? null;
  const known = copy?.revisions.find((revision) => revision.number === number) ?? null;
  if (here === null && copy !== null && known === null) {
    said.push(
      `${label} on ${edges} is in no record: it came to nothing or was let go; its number is not given again`,
    );
    return null;
  }
  const latest = group.toSorted((left, right) => right.manifest.builtAt - left.manifest.builtAt);
  const right = here?.fingerprint ?? known?.fingerprint ?? latest[0]?.manifest.fingerprint;
  const own = latest.filter(({ manifest }) => manifest.fingerprint === right);
  const others = group.filter(({ manifest }) => manifest.fingerprint !== right);
  if (others.length > 0) {
    const where = [...new Set(others.map(({ edge }) => edge))].join(', ');
    said.push(`${label} on ${where} is something else than the one that counts, and is left there`);
  }
  const [manifest] = own;
  if (manifest === undefined) return null;
  const places = own
    .filter(({ edge }) => here === null || !here.stagings.some((staging) => staging.edge === edge))
    .map(({ edge, folder, manifest: { archive } }) => ({ edge, folder, archive }));
  if (here !== null && (!isThere(here) || places.length === 0)) return null;
  return { manifest: manifest.manifest, known, places };
}

function foundEnvironment(
  name: string,
  owner: string,
  copy: RecordCopy | null,
  manifests: readonly FoundManifest[],
): Environment {
  if (copy !== null) return { ...copy.environment, tags: {}, defaultRevision: null };
  const builtAt = manifests.map(({ manifest }) => manifest.builtAt);
  return newEnvironment(name, owner, Math.min(...builtAt));
}

/** Tags and default of what is taken, as far as they say something of revisions that there are then. */
function withNames(
  environment: Environment,
  taking: {
    copy: RecordCopy | null;
    isNew: boolean;
    revisions: readonly TakenRevision[];
    lastNumber: number;
  },
  said: string[],
): Environment {
  const { copy, isNew, revisions } = taking;
  const numbers = revisions.map(({ manifest }) => manifest.revision);
  const tags = { ...environment.tags };
  for (const [tag, number] of Object.entries(copy?.environment.tags ?? {})) {
    const label = `${environment.name}:${tag}`;
    if (Object.hasOwn(tags, tag)) {
      if (tags[tag] !== number) {
        said.push(`${label} stays @${tags[tag]} as it is here; on its edges it is @${number}`);
      }
    } else if (numbers.includes(number)) tags[tag] = number;
    else if (isNew) said.push(`${label} is @${number}, which lies nowhere: it is left out`);
  }
  const meant = copy?.environment.defaultRevision ?? null;
  const isMeant = isNew && meant !== null && numbers.includes(meant);
  const lastNumber = Math.max(taking.lastNumber, environment.lastNumber ?? 0);
  return {
    ...environment,
    tags,
    ...(isMeant ? { defaultRevision: meant } : {}),
    lastNumber,
  };
}

/** Whether anything would change by it. */
export function isWorthTaking({ revisions, moved }: Taking): boolean {
  return revisions.length + moved.length > 0;
}

/** The id of the build that made it; where nobody knows that any more, one that is always the same. */
function buildIdOf({ manifest, known }: TakenRevision): string {
  const digest = createHash('sha256')
    .update(`${manifest.environment}@${manifest.revision} ${manifest.fingerprint}`)
    .digest('hex');
  return manifest.buildId ?? known?.buildId ?? `b${digest.slice(0, 10)}`;
}

/** The revision as the records have it again; without a staging its bytes are let go, and its lock stays. */
export function takenRevision(
  taken: TakenRevision,
  stagings: readonly Staging[],
  now: number,
): Revision {
  const { manifest, known } = taken;
  const { revision: number, fingerprint, request, lock, projects, notes, archive } = manifest;
  return {
    ...{ number, fingerprint, request, lock, projects, notes, archive, imports: manifest.imports },
    buildId: buildIdOf(taken),
    stagings: [...stagings],
    verifications: known?.verifications ?? [],
    createdAt: known?.createdAt ?? manifest.builtAt,
    createdBy: known?.createdBy ?? manifest.builtBy,
    used: null,
    letGo: stagings.length > 0 ? null : { at: now, by: null },
  };
}

/** The environment as it is by now with what is taken; what it has already stays. */
export function withTaken(
  current: Environment,
  { environment, copy }: Taking,
  revisions: readonly Revision[],
): Environment {
  const before = isOwned(current) ? current : { ...environment, revisions: [] };
  const merged = new Map(before.revisions.map((revision) => [revision.number, revision]));
  for (const revision of revisions) {
    const here = merged.get(revision.number);
    if (here === undefined) merged.set(revision.number, revision);
    else if (here.fingerprint === revision.fingerprint && isThere(here)) {
      const added = revision.stagings.filter(
        ({ edge }) => !here.stagings.some((staging) => staging.edge === edge),
      );
      merged.set(revision.number, { ...here, stagings: [...here.stagings, ...added] });
    }
  }
  const base = withMoves(before, copy, merged);
  const tags = Object.fromEntries(
    Object.entries({ ...environment.tags, ...base.tags }).filter(([, number]) =>
      merged.has(number),
    ),
  );
  const { lastNumber } = environment;
  return {
    ...base,
    tags,
    ...(lastNumber === undefined ? {} : { lastNumber }),
    revisions: [...merged.values()].sort((left, right) => left.number - right.number),
  };
}

/**
 * The build that made a revision, as far as that is known: what `status`, `logs` and `verify` ask for. When it was
 * begun is not known, and so not how long it took.
 */
export function takenBuild(environment: string, revision: Revision): Build {
  const { number, buildId: id, request, createdAt, createdBy, lock, projects } = revision;
  const requester = { user: createdBy, channel: 'terminal', team: null, way: 'terminal' as const };
  const made = newBuild({
    ...{ id, request: { ...request, environment }, requester, now: createdAt },
    ...{ platform: lock.platform, lock, projects },
  });
  const over = { status: 'complete', finishedAt: createdAt } as const;
  const { fingerprint, notes, archive, imports, stagings, verifications, letGo } = revision;
  return {
    ...{ ...made, fingerprint, notes, archive, imports, stagings, verifications, letGo },
    ...{ state: 'ready', revision: number, finishedAt: createdAt },
    steps: made.steps.map((step): Step => ({ ...step, ...over })),
  };
}
