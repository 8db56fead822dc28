import type { Archive } from '../../domain/build.ts';
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

/**
 * Puts a published archive into HDFS once. A file anyone may read in folders anyone may pass is
 * what YARN's localizer calls PUBLIC: one copy per node for all jobs and users
 * (org.apache.hadoop.yarn.util.FSDownload, `isPublic`).
 * Errors: `kerberos`, `hdfs-denied`, `upload-corrupt`.
 */
export async function putIntoHdfs(
  session: Session,
  base: string,
  archive: Archive,
  archivePath: string,
  kerberos: boolean,
  progress: Progress,
): Promise<string> {
  const address = `${base}/${archive.sha256}/${archive.name}`;
  if (await isInHdfs(session, address, archive, kerberos)) return address;
  progress.detail('copying into HDFS');
  const { facts } = await session.script({
    name: 'hdfs-put',
    variables: {
      archive: archivePath,
      base,
      ancestors: ancestorsOf(base).join(' '),
      sha: archive.sha256,
      name: archive.name,
    },
    login: true,
    deadlineSeconds: 1800,
  });
  progress.log(`archive in HDFS: ${address}`);
  const closed = facts.get('closed');
  if (closed) {
    progress.log(`folder \`${closed}\` in HDFS is closed to others: each job gets its own copies`);
  }
  return address;
}

/** Every folder from the top to the base: one that is closed makes a public file private. */
function ancestorsOf(base: string): string[] {
  const [, authority = '', path = ''] = /^(hdfs:\/\/[^/]+)?(\/.*)$/.exec(base) ?? [];
  const names = path.split('/').slice(1);
  return names.map((_, index) => `${authority}/${names.slice(0, index + 1).join('/')}`);
}

/** Whether the file is there with the right length and the note that its bytes were verified. */
export async function isInHdfs(
  session: Session,
  address: string,
  archive: Archive,
  kerberos: boolean,
): Promise<boolean> {
  const { facts } = await session.script({
    name: 'hdfs-find',
    variables: { address, bytes: archive.bytes, kerberos: kerberos ? 'yes' : 'no' },
    login: true,
    deadlineSeconds: 120,
  });
  return facts.get('found') === 'yes';
}
