import type { Archive } from '../../domain/archive.ts';
import type { ClusterProfile } from '../../domain/cluster.ts';
import type { Staging, StagingPlace } from '../../domain/environment.ts';
import { outsideError } from '../../domain/errors.ts';
import { activationOf } from '../../domain/invocation/activation.ts';
import { defaultAlias } from '../../domain/invocation.ts';
import { parseName } from '../../domain/names.ts';
import type { Progress, StageRequest } from '../../domain/ports.ts';
import type { Layout } from '../../domain/request.ts';
import { mapOf, readJson, string } from '../../domain/shape.ts';
import { aheadName } from './ahead.ts';
import { isPackage } from './bundles.ts';
import { diskFull } from './failures.ts';
import { addressOf } from './hdfs.ts';
import { asSent, coversArchive, foundSegments, segmentIndex } from './segments.ts';
import { discard, Sending } from './sending.ts';
import type { Session } from './session.ts';
import { farmOf, listOf, unpack, unpackedBytes } from './unpacking.ts';

/** Bytes that stay free on the edge whatever we stage. */
export const RESERVE = 16 * 1024 * 1024;
const SHA256 = /^[0-9a-f]{64}$/;

/** Where an archive lies on the edge; published once, immutable from then on. */
export function archivePathOf(root: string, archive: Archive): string {
  return `${root}/archives/${archive.sha256}/${archive.name}`;
}

/**
 * Throws for everything that may not become part of a path on the edge. The name of the archive is
 * the environment's and its format's, so nothing free is left.
 */
export function checkStageRequest(request: StageRequest): void {
  parseName(request.environment, 'environment name');
  checkArchive(request.archive);
  checkFingerprint(request.fingerprint);
  if (!Number.isSafeInteger(request.revision) || request.revision < 1) throw noStaging('revision');
}

/** Throws for an archive whose name or hash may not become part of a path on the edge. */
export function checkArchive({ name, sha256 }: Archive): void {
  parseName(name, 'archive name');
  if (!/\.(zip|tar\.gz)$/.test(name)) throw noStaging(`archive \`${name}\``);
  if (!SHA256.test(sha256)) throw noStaging('sha256');
}

/** Throws for what may not become part of a path on the edge. */
export function checkFingerprint(fingerprint: string): void {
  if (!SHA256.test(fingerprint)) throw noStaging('fingerprint');
}

function noStaging(wrong: string) {
  return outsideError({
    code: 'bad-name',
    message: `This cannot be staged: ${wrong} is not what a staging is made of.`,
    suggestion: 'Stage a .zip or .tar.gz archive.',
  });
}

export interface StagePlace {
  edge: string;
  root: string;
  /** Name of the symlink directory of the global layout. */
  globalAlias: string;
  /** Folder in HDFS that the archive goes into; null where there is none. */
  hdfs: string | null;
}

/**
 * Puts an archive on the edge, published and unpacked; everything found in place stays as it is.
 * The HDFS copy is not made here. `begins` is told of all that before any of it is there. `travelled`
 * tells people what went over the link.
 */
export async function stageArchive(
  session: Session,
  place: StagePlace,
  request: StageRequest,
  cluster: ClusterProfile,
  progress: Progress,
  begins: (place: StagingPlace) => Promise<void>,
): Promise<{ staging: Staging; travelled: string }> {
  const { archive, environment, revision, ahead } = request;
  const variables = {
    root: place.root,
    sha: archive.sha256,
    short: archive.sha256.slice(0, 12),
    name: archive.name,
    bytes: archive.bytes,
    environment,
    revision,
    alias: place.globalAlias,
  };
  const script = (name: 'prepare' | 'publish', more = {}) =>
    session.script({ name, variables: { ...variables, ...more }, deadlineSeconds: 900 });
  const segments = coversArchive(request.segments, archive) ? request.segments : [];
  const packages = segments.filter(isPackage);

  const { facts, stdout } = await script('prepare', {
    wanted: segments.map(({ sha256 }) => sha256).join('\n'),
    list: listOf(packages),
    ahead: aheadName({ fingerprint: request.fingerprint, name: archive.name }),
  });
  const found = asSent(segments, foundSegments(stdout), ahead);
  const farm = await farmOf({ ...request, segments }, packages, stdout);
  const state = facts.get('archive');
  tellDamage(place.edge, facts, progress.log);
  const delta = Number(facts.get('delta') ?? 0);
  // What travels whole, in pieces or not, is the archive once it is there.
  const part = Math.max(Number(facts.get('part') ?? 0), found.size > 0 ? 0 : delta);
  const needed =
    (state === 'intact' ? 0 : archive.bytes - Math.min(part, archive.bytes)) +
    (facts.get('driver') === 'present' ? 0 : unpackedBytes(request, farm));
  const free = Number(facts.get('free'));
  if (needed > 0 && needed + RESERVE > free) {
    if (part + delta > 0) await discard(session, variables);
    throw diskFull(place.edge, needed + RESERVE, free);
  }
  let published = placeOf(place, request, facts);
  await begins(published);
  let travelled = 'already there';
  if (state === 'intact') {
    progress.log(`edge ${place.edge} has ${archive.name} (${archive.sha256}) already`);
  } else {
    if (state === 'damaged') {
      progress.log(`edge ${place.edge}: the archive there is damaged and is replaced`);
    }
    const begun = delta > 0 ? { seconds: ahead?.seconds ?? 0 } : null;
    const shipment = { ...place, ...request, segments, found, farm, begun };
    const sending = new Sending(session, shipment, progress);
    travelled = await sending.until(async (pieces) => {
      const { facts } = await script('publish', { segments: segmentIndex(segments), pieces });
      return facts.get('published') !== 'no';
    });
  }
  progress.detail('unpacking');
  const { json, 'json.sig': signature, 'cdx.json': bill } = request.papers;
  for (;;) {
    const unpacked = await unpack(
      session,
      { ...variables, told: published.driverPrefix, manifest: json, signature, bill },
      { ...request, segments },
      farm,
    );
    const { driverPrefix } = published;
    published = placeOf(place, request, unpacked);
    if (published.driverPrefix === driverPrefix) {
      return { staging: stagingOf(place, request.layout, cluster, published, unpacked), travelled };
    }
    // Other bytes have come under the number since; it is told first where these go then.
    await begins(published);
  }
}

/** `facts`: the prefix as a program of the edge says it. */
function placeOf(
  { edge, root, hdfs }: StagePlace,
  { environment, revision, archive }: StageRequest,
  facts: Map<string, string>,
): StagingPlace {
  return {
    ...{ edge, environment, revision, archive },
    archivePath: archivePathOf(root, archive),
    hdfs: hdfs && addressOf({ base: hdfs, archive }),
    driverPrefix: facts.get('prefix') ?? '',
  };
}

/** `unpacked`: what a program of the edge says of the prefix. */
export function stagingOf(
  place: StagePlace,
  layout: Layout,
  cluster: ClusterProfile,
  published: StagingPlace,
  unpacked: Map<string, string>,
): Staging {
  const { environment, archive } = published;
  return {
    ...published,
    archiveLink: null,
    globalFolder: null,
    hdfs: null,
    root: place.root,
    layout,
    aliases: {
      local: defaultAlias('local', environment, archive.name),
      global: place.globalAlias,
    },
    cluster,
    ...activationOf(activatedEnvironment(place.edge, unpacked), published.driverPrefix),
    stagedAt: Date.now(),
  };
}

/** What the edge says an activated shell has there. */
function activatedEnvironment(edge: string, facts: Map<string, string>): Record<string, string> {
  return readJson(facts.get('activation') ?? '{}', mapOf(string), (why) =>
    outsideError({
      code: 'edge-failed',
      message: `What activation sets on edge ${edge} cannot be read: ${why}.`,
      suggestion: 'Look at the `etc/conda/activate.d` scripts of the packages, then stage again.',
      details: facts.get('activation') ?? null,
    }),
  );
}

export async function isStagingIntact(session: Session, staging: Staging): Promise<boolean> {
  const { globalFolder, aliases, environment } = staging;
  // Where an older version staged it, there is none yet; launching it makes one.
  const isLinked = staging.layout === 'global' && globalFolder !== null;
  const link = isLinked ? `${globalFolder}/${aliases.global}/${environment}` : '';
  const { facts } = await session.script({
    name: 'intact',
    variables: {
      archive: staging.archivePath,
      sha: staging.archive.sha256,
      prefix: staging.driverPrefix,
      link,
    },
    deadlineSeconds: 900,
  });
  tellDamage(staging.edge, facts, session.settings.log);
  return facts.get('intact') === 'yes';
}

/** What a program says of a driver prefix that is not as it was made; it is unpacked again. */
function tellDamage(edge: string, facts: Map<string, string>, log: (line: string) => void): void {
  const damaged = facts.get('damaged');
  if (damaged !== undefined) log(`edge ${edge}: ${damaged} is not as it was`);
}
