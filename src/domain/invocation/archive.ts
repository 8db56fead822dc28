import { printable } from '../names.ts';
import { refuse } from './refusal.ts';
import type { CheckedRequest } from './request.ts';
import { atLeast, below, versionOf } from './version.ts';

/**
 * What unpacks the archive. The NodeManager's localizer (`FSDownload`) sets every mode itself;
 * Spark's own `Utils.unpack` serves every other manager and trusts the archive or its Hadoop client
 * to keep them; a Spark Connect session is Spark's unpacker fed with a file of the client.
 */
export type Unpacker = 'yarn' | 'spark' | 'session';

/** Suffixes either unpacker dispatches on, ignoring case; longest first. */
const SUFFIXES = ['.tar.gz', '.tgz', '.zip', '.jar', '.tar'] as const;
type Suffix = (typeof SUFFIXES)[number];

/** Why a format does not survive Spark's unpacker; null when it does. Measured per version. */
const LOST_IN_SPARK: Readonly<Record<Suffix, (request: CheckedRequest) => string | null>> = {
  '.tar.gz': () => null,
  '.tgz': () => null,
  '.zip': (request) =>
    keepsZipModes(request)
      ? null
      : 'its Hadoop client is older than 3.4 and unpacks a .zip without the executable bits (HADOOP-18145), so `bin/python` could not be started (error=13)',
  '.jar': () =>
    'Spark unpacks a .jar without the executable bits, so `bin/python` could not be started (error=13)',
  '.tar': () =>
    'Spark unpacks a plain .tar with Java code that refuses or breaks the links of an environment',
};

/**
 * Spark 3 brings Hadoop 3.3 client classes, whatever the cluster's Hadoop is; Spark 4 brings 3.4
 * or later. A build "without Hadoop" uses the cluster's. Both have to be new enough, because a
 * request does not say which of the two it is.
 */
function keepsZipModes(request: CheckedRequest): boolean {
  return (
    atLeast(versionOf(request.cluster.spark), 4, 0) &&
    !below(versionOf(request.cluster.hadoop), 3, 4)
  );
}

const REMOTE =
  /^(hdfs|viewfs|webhdfs|swebhdfs|ofs|o3fs|s3|s3a|gs|abfs|abfss|wasb|wasbs|oss|adl|https?):\/\//;

export function isRemote(location: string): boolean {
  return REMOTE.test(location);
}

/**
 * Where the archive is taken from: HDFS (or another URL that all can read) when it is there (not uploaded again for every run, one
 * cached copy per node), else the edge's own copy. Throws `InvocationRefusal` when the unpacker
 * would not give back the environment.
 */
export function archiveLocation(request: CheckedRequest, unpacker: Unpacker): string {
  const { path, hdfs } = request.archive;
  if (hdfs !== null && !isRemote(hdfs)) {
    refuse(
      'bad-path',
      `\`archive.hdfs\` must be a URL such as \`hdfs:///…\` or \`https://…\`, not \`${printable(hdfs)}\`.`,
      'Give the URL the edge staged the archive at, or null.',
    );
  }
  const location = unpacker === 'session' ? path : (hdfs ?? path);
  checkLocation(location);
  const suffix = checkSuffix(location);
  const lost = unpacker === 'yarn' ? null : LOST_IN_SPARK[suffix](request);
  if (lost !== null) {
    refuse(
      'archive-format',
      `A ${suffix} cannot be used here: Spark ${request.cluster.spark ?? '(version unknown)'} unpacks it itself, and ${lost}.`,
      'Stage the environment as .tar.gz: every manager and version unpacks it whole.',
    );
  }
  return location;
}

/** The part of `--archives` for our archive: Spark splits the option at `,` and the name at `#`. */
export function archiveOption(request: CheckedRequest, location: string): string {
  return `${location}#${request.alias}`;
}

/**
 * Characters that Spark reads as something else: `,` and `#` in `--archives` itself, the rest
 * because the value goes through `java.net.URI` and Hadoop's glob (`Utils.resolveURI`,
 * `DependencyUtils.resolveGlobPath`).
 */
const UNUSABLE = /[\s,#?*[\]{}%\\^`"<>|]/;
const READ_AS: Readonly<Record<string, string>> = {
  ',': 'the end of one archive and the start of the next',
  '#': 'the start of the alias',
};

function checkLocation(location: string): void {
  const bad = UNUSABLE.exec(location)?.[0];
  if (bad !== undefined) {
    refuse(
      'archive-path',
      `The archive path \`${printable(location)}\` holds ${printable(JSON.stringify(bad))}, which cannot be given to --archives: Spark reads it as ${READ_AS[bad] ?? 'part of a URL or of a file pattern'}.`,
      'Stage the archive under a path of letters, digits and `/ . _ - + = @`.',
    );
  }
  if (/^[^/]+:\/\/[^/]*@/.test(location)) {
    refuse(
      'secret-in-request',
      'The URL of the archive carries credentials, and a command line is no place for them.',
      'Give the URL without them and keep the credentials in the Hadoop configuration.',
    );
  }
}

function checkSuffix(location: string): Suffix {
  const name = location.toLowerCase();
  const suffix = SUFFIXES.find((candidate) => name.endsWith(candidate));
  if (suffix !== undefined && !name.endsWith(`/${suffix}`)) return suffix;
  return refuse(
    'archive-format',
    `\`${printable(location.slice(location.lastIndexOf('/') + 1))}\` would be copied to the executors but not unpacked: Hadoop and Spark unpack only ${SUFFIXES.map((candidate) => `\`${candidate}\``).join(', ')}.`,
    'Stage the environment as .tar.gz, or as .zip for YARN.',
  );
}
