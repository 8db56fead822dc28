import type { Approval, Need } from './approval.ts';
import type { Archive } from './archive.ts';
import type { ApprovedBy, AuditEntry } from './audit.ts';
import type { Block } from './block.ts';
import {
  type Begun,
  type Build,
  newBuild,
  type Requester,
  STEP_NAMES,
  type Step,
  WAYS,
  type Way,
} from './build.ts';
import type { ClusterProfile } from './cluster.ts';
import {
  type Environment,
  type Leaving,
  type LetGo,
  type LineForm,
  type Move,
  newEnvironment,
  placeOf,
  type Revision,
  type Staging,
  type Verification,
} from './environment.ts';
import type { Failure, Repair } from './errors.ts';
import type { Freeze } from './freeze.ts';
import { defaultAlias } from './invocation/alias.ts';
import type { Lock, LockedPackage, LockedWheel, Platform } from './lock.ts';
import { NOTE } from './note.ts';
import type { Outline, RevisionOutline, StagingOutline } from './outline.ts';
import type { PipRequirement } from './pip.ts';
import { ARCHITECTURES, type Architecture, PLATFORMS } from './platform.ts';
import type { UserGroup } from './ports.ts';
import type { BuildRequest, Layout, ProjectPin, ProjectReference } from './request.ts';
import { type Looked, PERIODS, type Schedule } from './schedule.ts';
import {
  boolean,
  isObject,
  listOf,
  mapOf,
  number,
  object,
  oneOf,
  or,
  type Shape,
  string,
} from './shape.ts';
import type { Spec } from './spec.ts';
import type { Use } from './use.ts';
import { DRIVER, EXECUTOR, TIMES } from './verification/printed.ts';

/** Records as they are stored, of this version and of older ones, in the terms of this version. */

const LAYOUT = oneOf<Layout>(['local', 'global']);

const SPEC = object<Spec>({
  ...{ name: string, version: or(string, null), build: or(string, null) },
  channel: or(string, null),
  subdir: or(string, undefined),
  buildNumber: or(string, undefined),
  md5: or(string, undefined),
  sha256: or(string, undefined),
});

const REQUIREMENT = object<PipRequirement>({
  ...{ name: string, extras: listOf(string), specifier: or(string, null) },
  ...{ marker: or(string, null), url: or(string, null), hashes: or(listOf(string), []) },
});

type Reference<Kind> = Extract<ProjectReference, { kind: Kind }>;

const KIND = object<Pick<ProjectReference, 'kind'>>({
  kind: oneOf(['file', 'repository', 'path']),
});
const REFERENCES = {
  file: object<Reference<'file'>>({ kind: oneOf(['file']), fileId: string, name: string }),
  repository: object<Reference<'repository'>>({
    ...{ kind: oneOf(['repository']), repository: string, ref: or(string, null) },
  }),
  path: object<Reference<'path'>>({ kind: oneOf(['path']), path: string }),
};
const REFERENCE: Shape<ProjectReference> = (value, at) =>
  REFERENCES[KIND(value, at).kind](value, at);

export const REQUEST = object<BuildRequest>({
  environment: string,
  specs: or(listOf(SPEC), []),
  pip: or(listOf(REQUIREMENT), []),
  channels: or(listOf(string), []),
  projects: or(listOf(REFERENCE), []),
  edges: or(listOf(string), []),
  layout: or(LAYOUT, 'local'),
  format: or(oneOf(['zip', 'tar.gz', 'auto']), 'auto'),
  packer: or(oneOf(['segments', 'archiver']), 'segments'),
  force: or(boolean, false),
});

const FILE = { name: string, version: string, url: string, sha256: string, size: or(number, null) };

const WHEEL = object<LockedWheel>({
  ...FILE,
  builtWith: or(listOf(object<LockedWheel>({ ...FILE, builtWith: () => undefined })), undefined),
});

const PLATFORM = oneOf<Platform>(PLATFORMS);

export const LOCK = object<Lock>({
  platform: PLATFORM,
  packages: listOf(
    object<LockedPackage>({
      ...{ name: string, version: string, build: string, subdir: string, channel: string },
      ...{ url: string, sha256: string, md5: or(string, null), size: or(number, null) },
    }),
  ),
  wheels: or(listOf(WHEEL), undefined),
});

export const PIN = object<ProjectPin>({ name: string, origin: string, sha256: string });

export const ARCHIVE = object<Archive>({
  ...{ name: string, format: oneOf(['zip', 'tar.gz']), sha256: string },
  ...{ bytes: number, files: number },
});

const CLUSTER = object<ClusterProfile>({
  name: string,
  manager: oneOf(['yarn', 'kubernetes', 'standalone', 'local-cluster']),
  spark: or(string, null),
  hadoop: or(string, null),
  master: or(string, null),
  sparkHome: or(string, null),
  glibc: or(string, null),
  architecture: or(oneOf<Architecture>(Object.values(ARCHITECTURES)), null),
  siteVariables: or(listOf(string), undefined),
  siteAliases: or(listOf(string), undefined),
});

/**
 * A staging as any version has stored it. Older ones did not say what it is a staging of nor with which
 * bytes, and had only the alias of its own layout.
 */
export type StoredStaging = Omit<Staging, 'environment' | 'revision' | 'archive' | 'aliases'> &
  Partial<Pick<Staging, 'environment' | 'revision' | 'archive' | 'aliases'>> & {
    alias?: string;
    /** Which removal it was, nobody said, nor when it would be over. */
    leavingSince?: number;
  };

const LEAVING = object<Leaving>({ by: string, until: number });

const STAGING = object<StoredStaging>({
  edge: string,
  environment: or(string, undefined),
  revision: or(number, undefined),
  archive: or(ARCHIVE, undefined),
  archivePath: string,
  archiveLink: or(string, null),
  globalFolder: or(string, null),
  hdfs: or(string, null),
  driverPrefix: string,
  root: string,
  layout: LAYOUT,
  alias: or(string, undefined),
  aliases: or(object<Staging['aliases']>({ local: string, global: string }), undefined),
  cluster: CLUSTER,
  activation: or(mapOf(string), {}),
  variables: or(mapOf(string), undefined),
  stagedAt: number,
  leaving: or(LEAVING, undefined),
  leavingSince: or(number, undefined),
});

/** Milliseconds after which a removal of those was taken for over. */
const OLDER_LEASE = 30 * 60_000;

/** The same in the terms of this version; `of` is the record that it stands in. */
function readStaging(
  { alias, leavingSince, ...stored }: StoredStaging,
  of: Pick<Staging, 'environment' | 'revision'> & { archive: Archive | null },
): Staging {
  const { environment = of.environment, revision = of.revision } = stored;
  const archive = stored.archive ?? archiveAt(stored.archivePath, of.archive);
  const byDefault = (layout: Staging['layout']) =>
    (layout === stored.layout && alias) || defaultAlias(layout, environment, stored.archivePath);
  const aliases = stored.aliases ?? { local: byDefault('local'), global: byDefault('global') };
  const leaving = leavingSince && { by: '', until: leavingSince + OLDER_LEASE };
  return { ...(leaving ? { leaving } : {}), ...stored, environment, revision, archive, aliases };
}

/**
 * The bytes of a staging that does not say them, by its path on the edge: the record has one archive for all edges,
 * and it may be another one by now. Its length is then not known, and taken for the other one's.
 */
function archiveAt(path: string, known: Archive | null): Archive {
  const [sha256 = '', name = ''] = path.split('/').slice(-2);
  const format = name.endsWith('.zip') ? 'zip' : 'tar.gz';
  return { ...(known ?? { format, bytes: 0, files: 0 }), name, sha256 };
}

const FORM = object<LineForm>({
  purpose: oneOf(['shell', 'jupyter', 'livy', 'spark-defaults', 'connect']),
  tool: oneOf(['pyspark', 'spark-submit']),
  mode: oneOf(['client', 'cluster']),
  layout: LAYOUT,
});

export const VERIFICATION = object<Verification>({
  edge: string,
  form: or(FORM, undefined),
  at: number,
  outcome: oneOf(['proven', 'smoke-tested', 'failed']),
  reason: or(string, null),
  npv: listOf(string),
  driver: or(DRIVER, undefined),
  executors: listOf(EXECUTOR),
  tables: or(listOf(string), undefined),
  seconds: number,
  times: or(TIMES, undefined),
});

export const NOTES = or(listOf(NOTE), []);
export const IMPORTS = mapOf(listOf(string));

/** What builds and revisions have in common. */
const MADE = {
  request: REQUEST,
  projects: listOf(PIN),
  notes: NOTES,
  imports: IMPORTS,
  stagings: listOf(STAGING),
  verifications: listOf(VERIFICATION),
};

const LET_GO = object<LetGo>({ at: number, by: or(string, null) });

const USE = object<Use>({ application: string, user: string, edge: string, at: number });

type StoredRevision = Omit<Revision, 'stagings'> & { stagings: StoredStaging[] };

const REVISION = object<StoredRevision>({
  ...{ number, fingerprint: string, buildId: string, lock: LOCK, archive: ARCHIVE, ...MADE },
  ...{ createdAt: number, createdBy: string, letGo: or(LET_GO, null) },
  used: or(USE, null),
});

const SCHEDULE = object<Schedule>({
  ...{ every: oneOf(PERIODS), by: string, dueAt: number },
  // Whoever said it to an older version was promised that nothing is built.
  tellOnly: or(boolean, true),
  last: or(
    object<Looked>({
      ...{ at: number, text: string, reason: or(string, '') },
      outcome: oneOf(['same', 'changed', 'waiting', 'built', 'broken']),
    }),
    null,
  ),
});

const REMINDED = object<{ of: number; at: number }>({ of: number, at: number });

const ENVIRONMENT = object<Omit<Environment, 'revisions'> & { revisions: StoredRevision[] }>({
  ...{ name: string, owner: string },
  createdAt: number,
  revisions: listOf(REVISION),
  tags: mapOf(number),
  defaultRevision: or(number, null),
  keptUntil: or(number, null),
  reminded: or(REMINDED, null),
  schedule: or(SCHEDULE, null),
  lastNumber: or(number, undefined),
  moves: listOf(
    object<Move>({
      ...{ tag: or(string, null), from: or(number, null), to: or(number, null) },
      ...{ by: string, at: number },
    }),
  ),
});

const FAILURE = object<Failure>({
  ...{ code: string, kind: oneOf(['user', 'outside', 'defect']), message: string },
  suggestion: or(string, null),
  details: or(string, null),
  retryable: boolean,
  repairs: or(listOf(object<Repair>({ label: string, command: string })), undefined),
});

const STEP = object<Step>({
  name: oneOf(STEP_NAMES),
  status: oneOf(['pending', 'in_progress', 'complete', 'error']),
  detail: or(string, null),
  startedAt: or(number, null),
  finishedAt: or(number, null),
});

const REQUESTER = object<Requester>({
  user: string,
  channel: string,
  team: or(string, null),
  thread: or(string, undefined),
  way: or(oneOf<Way>(WAYS), undefined),
  said: or(string, undefined),
});

export const APPROVAL = object<Approval>({
  ...{ id: string, requester: REQUESTER, digest: string },
  ...{ request: REQUEST, lock: LOCK, projects: listOf(PIN) },
  tag: or(object<NonNullable<Approval['tag']>>({ name: string, revision: number }), null),
  before: or(object<NonNullable<Approval['before']>>({ number, lock: LOCK }), null),
  needs: listOf(
    object<Need>({ about: string, by: string, count: number, where: or(string, null) }),
  ),
  given: listOf(
    object<Approval['given'][number]>({ user: string, at: number, roles: listOf(string) }),
  ),
  refused: or(
    object<NonNullable<Approval['refused']>>({ user: string, at: number, why: string }),
    null,
  ),
  ...{ createdAt: number, expiresAt: number, buildId: or(string, null) },
  isSpent: or(boolean, false),
});

export const USER_GROUP = object<UserGroup>({ id: string, members: listOf(string), at: number });

export const FREEZE = object<Freeze>({
  ...{ edge: or(string, null), why: string, user: string, at: number },
});

export const BLOCK = object<Block>({ spec: SPEC, why: string, user: string, at: number });

export const AUDIT_ENTRY = object<AuditEntry>({
  ...{ at: number, requester: REQUESTER, login: or(string, null), deed: string },
  ...{ environment: or(string, null), build: or(string, null), text: string, outcome: string },
  approval: or(object<ApprovedBy>({ id: string, by: listOf(string) }), null),
});

/** What a build cannot be without. */
const ASKED = object<Pick<Build, 'id' | 'request' | 'requester' | 'createdAt'>>({
  ...{ id: string, request: REQUEST, requester: REQUESTER, createdAt: or(number, 0) },
});

const BEGUN = object<Begun>({
  ...{ edge: string, environment: string, revision: number, archive: ARCHIVE },
  ...{ archivePath: string, hdfs: or(string, null), driverPrefix: string },
  leaving: or(LEAVING, undefined),
});

type StoredBuild = Omit<Build, 'stagings' | 'begun'> & {
  stagings: StoredStaging[];
  begun: Begun[] | null;
};

const BUILD = object<StoredBuild>({
  ...{ id: string, attempt: number, requester: REQUESTER, ...MADE },
  platform: or(PLATFORM, null),
  state: oneOf(['queued', 'running', 'ready', 'failed', 'cancelled']),
  steps: listOf(STEP),
  message: or(object<NonNullable<Build['message']>>({ channel: string, ts: string }), null),
  engine: or(string, null),
  lock: or(LOCK, null),
  fingerprint: or(string, null),
  revision: or(number, null),
  replaces: or(number, null),
  archive: or(ARCHIVE, null),
  begun: or(listOf(BEGUN), null),
  verifying: boolean,
  reused: boolean,
  failure: or(FAILURE, null),
  letGo: or(LET_GO, null),
  cancelRequested: or(
    object<NonNullable<Build['cancelRequested']>>({ user: string, at: number }),
    null,
  ),
  pressed: or(object<NonNullable<Build['pressed']>>({ by: string, at: number }), null),
  ...{ createdAt: number, queuedAt: number },
  startedAt: or(number, null),
  finishedAt: or(number, null),
});

/** A build; fields that an older program did not know get the values of a new one. */
export const readBuild: Shape<Build> = (value, at) => {
  const { createdAt, ...asked } = ASKED(value, at);
  const fields = isObject(value) ? value : {};
  const stored = BUILD({ ...newBuild({ ...asked, now: createdAt }), begun: null, ...fields }, at);
  const { request, revision, archive } = stored;
  const of = { environment: request.environment, revision: revision ?? 0, archive };
  const stagings = stored.stagings.map((staging) => readStaging(staging, of));
  return { ...stored, stagings, begun: stored.begun ?? begunByOlder({ ...stored, stagings }) };
};

/** Older versions knew of what was staged alone, and all of that of one archive. */
function begunByOlder({ archive, state, stagings }: Pick<Build, 'archive' | 'state' | 'stagings'>) {
  if (archive === null || state === 'ready') return [];
  return stagings.map(placeOf);
}

/** What an environment cannot be without. */
const NAMED = object<Pick<Environment, 'name' | 'owner' | 'createdAt'>>({
  ...{ name: string, owner: string, createdAt: or(number, 0) },
});

/** An environment; fields that an older program did not know get the values of a new one. */
export const readEnvironment: Shape<Environment> = (value, at) => {
  const { name, owner, createdAt } = NAMED(value, at);
  const fields = isObject(value) ? value : {};
  const stored = ENVIRONMENT({ ...newEnvironment(name, owner, createdAt), ...fields }, at);
  return {
    ...stored,
    revisions: stored.revisions.map((revision) => {
      const { number, archive } = revision;
      const of = { environment: stored.name, revision: number, archive };
      return {
        ...revision,
        stagings: revision.stagings.map((staging) => readStaging(staging, of)),
      };
    }),
  };
};

const OUTLINED_ARCHIVE = object<RevisionOutline['archive']>({ sha256: string, bytes: number });

type StoredStagingOutline = Omit<StagingOutline, 'archive'> &
  Partial<Pick<StagingOutline, 'archive'>>;

const REVISION_OUTLINE = object<
  Omit<RevisionOutline, 'stagings'> & { stagings: StoredStagingOutline[] }
>({
  ...{ number, fingerprint: string, buildId: string, createdAt: number },
  ...{ letGo: or(LET_GO, null), used: or(USE, null), archive: OUTLINED_ARCHIVE },
  request: object<RevisionOutline['request']>({ specs: listOf(SPEC), pip: listOf(REQUIREMENT) }),
  lock: object<RevisionOutline['lock']>({ platform: PLATFORM }),
  stagings: listOf(
    object<StoredStagingOutline>({
      ...{ edge: string, stagedAt: number, archive: or(OUTLINED_ARCHIVE, undefined) },
    }),
  ),
  verifications: listOf(object<RevisionOutline['verifications'][number]>({ at: number })),
});

/** Older versions, which one beside this may be, know of one archive for all edges. */
const readRevisionOutline: Shape<RevisionOutline> = (value, at) => {
  const { archive, stagings, ...stored } = REVISION_OUTLINE(value, at);
  return { ...stored, archive, stagings: stagings.map((staging) => ({ archive, ...staging })) };
};

/** An outline; it is made anew with its record, by whichever version writes that. */
export const OUTLINE = object<Outline>({
  ...{ name: string, owner: string, createdAt: number },
  ...{ tags: mapOf(number), defaultRevision: or(number, null), keptUntil: or(number, null) },
  ...{ reminded: or(REMINDED, null), schedule: or(SCHEDULE, null) },
  revisions: listOf(readRevisionOutline),
});
