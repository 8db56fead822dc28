import { stat } from 'node:fs/promises';
import type { Archive, ArchiveSegment } from '../../domain/archive.ts';
import type { ClusterProfile } from '../../domain/cluster.ts';
import type { Staging } from '../../domain/environment.ts';
import { Cancelled, outsideError } from '../../domain/errors.ts';
import { activationOf } from '../../domain/invocation/activation.ts';
import { parseName } from '../../domain/names.ts';
import type { Progress, StageRequest } from '../../domain/ports.ts';
import { diskFull, megabytes } from './failures.ts';
import { coversArchive, planAssembly, segmentIndex } from './segments.ts';
import type { Session } from './session.ts';
import { type Range, upload } from './upload.ts';

/** Bytes that stay free on the edge whatever we stage. */
const RESERVE = 16 * 1024 * 1024;
/** Folders under the root that are not the alias's. */
const OWN_FOLDERS: readonly string[] = ['archives', 'envs', 'manifests'];
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
  parseName(request.alias, 'alias');
  parseName(request.archive.name, 'archive name');
  const wrong =
    OWN_FOLDERS.includes(request.alias) || !/\.(zip|tar\.gz)$/.test(request.archive.name)
      ? `alias \`${request.alias}\`, archive \`${request.archive.name}\``
      : !SHA256.test(request.archive.sha256)
        ? 'sha256'
        : !Number.isSafeInteger(request.revision) || request.revision < 1
          ? 'revision'
          : null;
  if (wrong) {
    throw outsideError({
      code: 'bad-name',
      message: `This cannot be staged: ${wrong} is not what a staging is made of.`,
      suggestion: `Use an alias other than ${OWN_FOLDERS.join(', ')}, and a .zip or .tar.gz archive.`,
    });
  }
}

export interface StagePlace {
  edge: string;
  root: string;
  /** Name of the symlink directory of the global layout. */
  globalAlias: string;
}

/**
 * Puts an archive on the edge, published and unpacked; everything found in place stays as it is.
 * The HDFS copy is not made here. `travelled` tells people what went over the link.
 */
export async function stageArchive(
  session: Session,
  place: StagePlace,
  request: StageRequest,
  cluster: ClusterProfile,
  progress: Progress,
): Promise<{ staging: Staging; travelled: string }> {
  const { archive, environment, revision } = request;
  const { root } = place;
  const symlinks = request.layout === 'global' ? request.alias : place.globalAlias;
  const variables = {
    root,
    sha: archive.sha256,
    short: archive.sha256.slice(0, 12),
    name: archive.name,
    bytes: archive.bytes,
    environment,
    revision,
    alias: symlinks,
  };
  const script = (name: 'prepare' | 'publish' | 'unpack', more = {}, deadlineSeconds = 900) =>
    session.script({ name, variables: { ...variables, ...more }, deadlineSeconds });

  const { facts } = await script('prepare');
  const state = facts.get('archive');
  const part = Number(facts.get('part') ?? 0);
  const needed =
    (state === 'intact' ? 0 : archive.bytes - Math.min(part, archive.bytes)) +
    (facts.get('driver') === 'present' ? 0 : request.unpackedBytes);
  const free = Number(facts.get('free'));
  if (needed > 0 && needed + RESERVE > free) {
    if (part > 0) await discard(session, variables);
    throw diskFull(place.edge, needed + RESERVE, free);
  }
  let travelled = 'already there';
  if (state === 'intact') {
    progress.log(`edge ${place.edge} has ${archive.name} (${archive.sha256}) already`);
  } else {
    if (state === 'damaged') {
      progress.log(`edge ${place.edge}: the archive there is damaged and is replaced`);
    }
    const known = coversArchive(request.segments, archive) ? request.segments : [];
    travelled = await send(session, place, request, known, progress, () =>
      script('publish', { segments: segmentIndex(known) }),
    );
  }
  progress.detail('unpacking');
  const unpacked = await script(
    'unpack',
    { manifest: JSON.stringify(request.manifest ?? null) },
    1800,
  );
  const prefix = unpacked.facts.get('prefix') ?? '';
  const staging: Staging = {
    edge: place.edge,
    archivePath: archivePathOf(root, archive),
    hdfs: null,
    driverPrefix: prefix,
    root,
    layout: request.layout,
    alias: request.alias,
    cluster,
    ...activationOf(activatedEnvironment(unpacked.facts), prefix),
    stagedAt: Date.now(),
  };
  return { staging, travelled };
}

/**
 * Uploads and publishes. First the bytes the edge lacks, when it has others of them; bytes that
 * arrive damaged are sent once more, whole. Answers what travelled: `78 MB sent in 0.5 s`.
 */
async function send(
  session: Session,
  place: StagePlace,
  request: StageRequest,
  segments: readonly ArchiveSegment[],
  progress: Progress,
  publish: () => Promise<{ facts: Map<string, string> }>,
): Promise<string> {
  const { archive } = request;
  const variables = { root: place.root, sha: archive.sha256 };
  const { size } = await stat(request.archivePath);
  if (size !== archive.bytes) {
    throw outsideError({
      code: 'archive-changed',
      message: `The archive has ${size} bytes instead of the ${archive.bytes} it was packed with.`,
      suggestion: 'Build it again.',
    });
  }
  const part = `${place.root}/archives/${archive.sha256}`;
  const total = { bytes: 0, seconds: 0 };
  const transfer = async (remotePath: string, ranges: readonly Range[]) => {
    const started = Date.now();
    await upload(session, {
      localPath: request.archivePath,
      ranges,
      remotePath,
      edge: place.edge,
      onDetail: progress.detail,
    });
    const bytes = ranges.reduce((sum, range) => sum + range.bytes, 0);
    const seconds = (Date.now() - started) / 1000;
    total.bytes += bytes;
    total.seconds += seconds;
    progress.log(`sent ${megabytes(bytes)} to edge ${place.edge} in ${seconds.toFixed(1)} s`);
  };
  const sendMissing = async () => {
    const assembly = await planAssembly(session, place.root, segments);
    if (!assembly) return false;
    progress.log(
      `edge ${place.edge} has ${megabytes(assembly.reusedBytes)} of ${megabytes(archive.bytes)} already`,
    );
    if (assembly.travelling.length > 0) {
      await transfer(`${part}.delta.part`, assembly.travelling);
    }
    progress.detail('assembling');
    const pieces = assembly.pieces
      .map(({ file, offset, bytes }) => `${file} ${offset} ${bytes}`)
      .join('\n');
    await session.script({
      name: 'assemble',
      variables: { ...variables, pieces },
      deadlineSeconds: 900,
    });
    return true;
  };
  const sendAll = async () => {
    await transfer(`${part}.part`, [{ offset: 0, bytes: archive.bytes }]);
    return true;
  };
  try {
    for (const attempt of segments.length > 0
      ? [sendMissing, sendAll, sendAll]
      : [sendAll, sendAll]) {
      if (!(await attempt())) continue;
      progress.detail('verifying');
      const { facts } = await publish();
      if (facts.get('published') !== 'no') return summary(total, archive);
      progress.log(`edge ${place.edge}: the sha256 of what arrived is wrong`);
    }
  } catch (error) {
    // A worker that shuts down leaves the part for the one that takes over; `sweep` is the last net.
    const resumes = error instanceof Cancelled && error.reason !== 'cancelled';
    if (!resumes) await discard(session, variables);
    throw error;
  }
  throw outsideError({
    code: 'upload-corrupt',
    message: `The archive arrived damaged on edge ${place.edge}, twice.`,
    suggestion: 'Check the disk of the edge node, and the archive on the build host.',
    retryable: true,
  });
}

function summary(sent: { bytes: number; seconds: number }, archive: Archive): string {
  if (sent.bytes === 0) return `all ${megabytes(archive.bytes)} were there in pieces`;
  const of = sent.bytes < archive.bytes ? ` of ${megabytes(archive.bytes)}` : '';
  return `${megabytes(sent.bytes)}${of} sent in ${sent.seconds.toFixed(1)} s`;
}

/** Best effort with a connection and a deadline of its own: the session's may be cut or stopped. */
async function discard(session: Session, variables: { root: string; sha: string }): Promise<void> {
  try {
    await session.detached({ name: 'discard', variables, deadlineSeconds: 10 });
  } catch {
    session.settings.log(`a part of an upload stays until the next sweep`);
  }
}

/** What the edge says an activated shell has there. */
function activatedEnvironment(facts: Map<string, string>): Record<string, string> {
  const text = facts.get('activation');
  return text === undefined ? {} : (JSON.parse(text) as Record<string, string>);
}

export async function isStagingIntact(
  session: Session,
  staging: Staging,
  archive: Archive,
): Promise<boolean> {
  const environment = staging.driverPrefix.split('/').at(-2) ?? '';
  const link = staging.layout === 'global' ? `${staging.root}/${staging.alias}/${environment}` : '';
  const { facts } = await session.script({
    name: 'intact',
    variables: {
      archive: staging.archivePath,
      sha: archive.sha256,
      prefix: staging.driverPrefix,
      link,
    },
    deadlineSeconds: 900,
  });
  return facts.get('intact') === 'yes';
}
