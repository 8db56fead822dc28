import type { Archive } from '../../domain/archive.ts';
import { outsideError } from '../../domain/errors.ts';
import type { Progress } from '../../domain/ports.ts';
import type { EdgeProfile } from './profile.ts';
import type { Session } from './session.ts';

/** Absolute path or `hdfs://authority/path`, without a trailing slash. */
const BASE = /^(hdfs:\/\/[A-Za-z0-9._:-]+)?(\/[A-Za-z0-9._=-]+)+$/;

/** Where archives go in HDFS: `hdfs://namenode:8020/envs`; null when the edge has none to use. */
export function hdfsBase(
  configured: string | 'auto' | null,
  profile: EdgeProfile,
  edge: { name: string; user: string },
): string | null {
  if (configured === null) return null;
  const { defaultFileSystem, hasHdfs } = profile;
  if (configured === 'auto') {
    return hasHdfs && defaultFileSystem ? `${defaultFileSystem}/user/${edge.user}/envs` : null;
  }
  const base = configured.replace(/\/+$/, '');
  if (!BASE.test(base)) {
    throw outsideError({
      code: 'bad-config',
      message: `\`hdfs: ${configured}\` of edge ${edge.name} is not a folder in HDFS.`,
      suggestion: 'Write an absolute path such as `/envs`, or `auto`, or null for no HDFS.',
    });
  }
  if (!hasHdfs) {
    throw outsideError({
      code: 'edge-tool-missing',
      message: `Edge ${edge.name} has no \`hdfs\` program on the PATH of its login shell.`,
      suggestion: 'Install the Hadoop client there, set PATH in `env`, or set `hdfs` to null.',
    });
  }
  return base.startsWith('/') ? `${defaultFileSystem ?? ''}${base}` : base;
}

/** What is copied into HDFS, from where on the edge to where. */
export interface HdfsCopy {
  base: string;
  /** Root of the stagings on the edge. */
  root: string;
  archive: Archive;
  archivePath: string;
  kerberos: boolean;
}

/**
 * Puts a published archive into HDFS once and returns its address. A file anyone may read in
 * folders anyone may pass is what YARN's localizer calls PUBLIC: one copy per node for all jobs
 * and users (org.apache.hadoop.yarn.util.FSDownload, `isPublic`).
 * Errors: `kerberos`, `hdfs-denied`, `upload-corrupt`.
 */
export async function putIntoHdfs(
  session: Session,
  copy: HdfsCopy,
  progress: Progress,
): Promise<string> {
  progress.detail('looking into HDFS');
  const { facts } = await hdfs(session, 'put', copy, 1800);
  const address = addressOf(copy);
  if (facts.get('found') !== 'yes') progress.log(`archive in HDFS: ${address}`);
  const closed = facts.get('closed');
  if (closed) {
    progress.log(`folder \`${closed}\` in HDFS is closed to others: each job gets its own copies`);
  }
  return address;
}

/** Whether the file is there with the right length and the note that its bytes were verified. */
export async function isInHdfs(session: Session, copy: HdfsCopy): Promise<boolean> {
  const { facts } = await hdfs(session, 'find', copy, 120);
  return facts.get('found') === 'yes';
}

/** Removes the file with its folder; one that is gone already is no mistake. */
export async function removeFromHdfs(session: Session, copy: HdfsCopy): Promise<void> {
  if (!BASE.test(copy.base)) throw new Error(`${copy.base} is no folder in HDFS`);
  await hdfs(session, 'remove', copy, 300);
}

/**
 * Whether the SSH user may write where archives go, and in its own folder in HDFS, where Spark uploads what an
 * application needs unless `spark.yarn.stagingDir` says otherwise; `reason` is what HDFS said to the first that failed.
 */
export async function tryHdfs(
  session: Session,
  place: Pick<HdfsCopy, 'base' | 'root' | 'kerberos'>,
): Promise<{ folder: boolean; home: boolean; reason: string }> {
  const { facts } = await inFolder(session, 'try', place, 0, 90);
  const reason = (facts.get('reason') ?? '').trim().replace(/^mkdir: /, '');
  return { folder: facts.get('folder') !== 'no', home: facts.get('home') !== 'no', reason };
}

/** Removes what a copy left that was killed so many minutes ago, and answers the lines that say what. */
export async function sweepHdfs(
  session: Session,
  place: Pick<HdfsCopy, 'base' | 'root' | 'kerberos'>,
  minutes: number,
): Promise<string> {
  return (await inFolder(session, 'sweep', place, minutes, 600)).stdout;
}

/** What is done in the folder of all archives, and not with one of them. */
function inFolder(
  session: Session,
  action: 'sweep' | 'try',
  { base, root, kerberos }: Pick<HdfsCopy, 'base' | 'root' | 'kerberos'>,
  minutes: number,
  deadlineSeconds: number,
) {
  const nothing = { archive: '', sha: '', name: '', bytes: 0, ancestors: '' };
  return session.script({
    name: 'hdfs',
    variables: { action, ...nothing, base, root, minutes, kerberos: kerberos ? 'yes' : 'no' },
    login: true,
    deadlineSeconds,
  });
}

function hdfs(
  session: Session,
  action: 'find' | 'put' | 'remove',
  copy: HdfsCopy,
  deadlineSeconds: number,
) {
  return session.script({
    name: 'hdfs',
    variables: {
      action,
      archive: copy.archivePath,
      root: copy.root,
      base: copy.base,
      ancestors: ancestorsOf(copy.base).join(' '),
      sha: copy.archive.sha256,
      name: copy.archive.name,
      bytes: copy.archive.bytes,
      kerberos: copy.kerberos ? 'yes' : 'no',
    },
    login: true,
    deadlineSeconds,
  });
}

/** Where an archive lies in HDFS. */
export function addressOf({ base, archive }: Pick<HdfsCopy, 'base' | 'archive'>): string {
  return `${base}/${archive.sha256}/${archive.name}`;
}

/** The base that `addressOf` made the address from. */
export function baseOf(address: string): string {
  return address.split('/').slice(0, -2).join('/');
}

/** Every folder from the top to the base: one that is closed makes a public file private. */
function ancestorsOf(base: string): string[] {
  const [, authority = '', path = ''] = /^(hdfs:\/\/[^/]+)?(\/.*)$/.exec(base) ?? [];
  const names = path.split('/').slice(1);
  return names.map((_, index) => `${authority}/${names.slice(0, index + 1).join('/')}`);
}
