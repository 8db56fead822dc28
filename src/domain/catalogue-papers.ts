/** What edges keep of the catalogue beside what is staged, from which it can be had again where it was lost. */
import type { Archive } from './archive.ts';
import { type Environment, nextNumber, type Revision } from './environment.ts';
import type { Manifest } from './manifest.ts';
import { isName } from './names.ts';
import { formatRequirement, parseRequirement } from './pip.ts';
import type { Channel } from './ports.ts';
import { isObject, listOf, number, object, or, parseJson, string } from './shape.ts';
import { formatSpec, parseSpec } from './spec.ts';
import {
  ARCHIVE,
  IMPORTS,
  LOCK,
  NOTES,
  PIN,
  REQUEST,
  readEnvironment,
  VERIFICATION,
} from './stored.ts';

/** The manifest of a revision: all of it that moving names and new proofs do not change. */
export interface RevisionManifest
  extends Omit<Manifest, 'archive'>,
    Pick<Revision, 'request' | 'lock' | 'projects' | 'notes' | 'imports'> {
  archive: Archive;
  builtBy: string;
  /** Null where an older version wrote it. */
  buildId: string | null;
  /** The channels that it was solved with, the first one first; none where an older version wrote it. */
  channels: readonly Pick<Channel, 'name' | 'url'>[];
}

/** The record of an environment as an edge was told it. */
export interface RecordCopy {
  /** When it was told: Unix milliseconds. */
  at: number;
  /** Without its revisions. */
  environment: Environment;
  /** The highest number that was given, be there a revision of it or not. */
  lastNumber: number;
  revisions: readonly KnownRevision[];
}

/** What the record says of a revision that is there, and its manifest does not. */
export type KnownRevision = Pick<
  Revision,
  'number' | 'fingerprint' | 'buildId' | 'createdAt' | 'createdBy' | 'verifications'
>;

const REVISION_MANIFEST = object<RevisionManifest>({
  ...{ environment: string, revision: number, fingerprint: string, builtAt: number },
  ...{ archive: ARCHIVE, lock: LOCK, projects: listOf(PIN), request: REQUEST, builtBy: string },
  ...{ notes: NOTES, imports: or(IMPORTS, {}), buildId: or(string, null) },
  channels: or(
    listOf(object<RevisionManifest['channels'][number]>({ name: string, url: string })),
    [],
  ),
});

const KNOWN = object<KnownRevision>({
  ...{ number, fingerprint: string, buildId: string, createdAt: number, createdBy: string },
  verifications: listOf(VERIFICATION),
});

const RECORD_COPY = object<RecordCopy>({
  ...{ at: number, environment: readEnvironment, lastNumber: number, revisions: listOf(KNOWN) },
});

/** What an edge is told of a record at a moment. */
export function recordCopy(environment: Environment, at: number): RecordCopy {
  return {
    at,
    environment: { ...environment, revisions: [] },
    lastNumber: nextNumber(environment) - 1,
    revisions: environment.revisions
      .filter(({ letGo }) => letGo === null)
      .map(({ number, fingerprint, buildId, createdAt, createdBy, verifications }) => ({
        ...{ number, fingerprint, buildId, createdAt, createdBy, verifications },
      })),
  };
}

/** The numbers that a reference can name: `churn@999999`. */
const MOST_NUMBER = 999_999;
const SHA256 = /^[0-9a-f]{64}$/;
/** People by their id in Slack, and those of the command line. */
const PERSON = /^[A-Za-z0-9._@-]{1,80}$/;

export const isNumber = (value: number): boolean =>
  Number.isSafeInteger(value) && value >= 1 && value <= MOST_NUMBER;

const isPerson = (text: string): boolean => PERSON.test(text);

/**
 * A manifest that lies on an edge as that of this revision; null where it is none, is another one's, or holds
 * what no request and no path is made of: whoever can write there is not believed.
 */
export function readManifest(
  text: string,
  environment: string,
  revision: number,
): RevisionManifest | null {
  const manifest = parseJson(text, REVISION_MANIFEST);
  const isOwn = manifest?.environment === environment && manifest.revision === revision;
  return manifest && isOwn && isSound(manifest) ? manifest : null;
}

/** What an edge was told of the record of this environment; null as above. */
export function readCopy(text: string, environment: string): RecordCopy | null {
  const copy = parseJson(text, RECORD_COPY);
  if (copy === null || copy.environment.name !== environment) return null;
  const { owner, tags, defaultRevision, moves, schedule } = copy.environment;
  const people = [owner, ...moves.map(({ by }) => by), ...(schedule ? [schedule.by] : [])];
  const numbers = [
    ...copy.revisions.map((known) => known.number),
    ...Object.values(tags),
    ...(defaultRevision === null ? [] : [defaultRevision]),
  ];
  const isRight =
    people.every(isPerson) &&
    Object.keys(tags).every(isName) &&
    numbers.every(isNumber) &&
    (copy.lastNumber === 0 || isNumber(copy.lastNumber)) &&
    copy.revisions.every(
      ({ fingerprint, buildId, createdBy }) =>
        SHA256.test(fingerprint) && isName(buildId) && isPerson(createdBy),
    );
  return isRight && !hasControls(copy.environment) ? copy : null;
}

/** Whose an environment is by the paper that `numbers` of an edge tells; null where it says nothing. */
export function ownerIn(
  papers: { record: string | null; first: string | null },
  environment: string,
): string | null {
  if (papers.record !== null)
    return readCopy(papers.record, environment)?.environment.owner ?? null;
  const first = papers.first === null ? null : parseJson(papers.first, FIRST);
  return first?.environment === environment && isPerson(first.builtBy) ? first.builtBy : null;
}

const FIRST = object<Pick<RevisionManifest, 'environment' | 'builtBy'>>({
  ...{ environment: string, builtBy: string },
});

function isSound(manifest: RevisionManifest): boolean {
  const { environment, revision, fingerprint, archive, request, builtBy, buildId, lock } = manifest;
  return (
    isName(environment) &&
    isNumber(revision) &&
    isPerson(builtBy) &&
    (buildId === null || isName(buildId)) &&
    [fingerprint, archive.sha256].every((digest) => SHA256.test(digest)) &&
    [`${environment}.zip`, `${environment}.tar.gz`].includes(archive.name) &&
    archive.name.endsWith(`.${archive.format}`) &&
    request.environment === environment &&
    [...request.channels, ...request.edges].every(isName) &&
    lock.packages.every(({ sha256 }) => SHA256.test(sha256)) &&
    isSayable(manifest) &&
    !hasControls({ ...manifest, notes: null })
  );
}

/** Whether what was asked for is what it is read as when it is said again. */
function isSayable({ request }: RevisionManifest): boolean {
  try {
    return (
      request.specs.map(formatSpec).every((text) => formatSpec(parseSpec(text)) === text) &&
      request.pip
        .map(formatRequirement)
        .every((text) => formatRequirement(parseRequirement(text)) === text)
    );
  } catch {
    return false;
  }
}

/** Whether a text in it has a character that a terminal may obey. */
function hasControls(value: unknown): boolean {
  if (typeof value === 'string') return /\p{Cc}/u.test(value);
  if (Array.isArray(value)) return value.some(hasControls);
  return isObject(value) && Object.entries(value).some((entry) => entry.some(hasControls));
}
