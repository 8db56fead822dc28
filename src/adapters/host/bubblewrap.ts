import { constants, lstatSync, readlinkSync } from 'node:fs';
import { chmod, chown, lstat, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** What a program in the sandbox sees of this host, at the paths it has outside; everything else is not there. */
export interface View {
  /** Files and folders. */
  readable: readonly string[];
  /** Folders; what lies in them may be made and changed. */
  writable: readonly string[];
  /** The folder it starts in, which it may write. */
  directory: string | null;
  hasNetwork: boolean;
}

/** `ourselves` without any rights, for programs of ours; `nobody` for code of others. */
export type Identity = 'ourselves' | 'nobody';

export const PROGRAMS = '/usr/sbin:/usr/bin:/sbin:/bin';
const GIGABYTE = 1024 ** 3;
const TEMPORARY_BYTES = GIGABYTE;
/** Of what processes share by name; containers usually have as much. */
const SHARED_BYTES = GIGABYTE / 16;
/** `nobody`. The kernel counts no processes for root, so as root we become somebody else. */
const NOBODY = 65534;

const isRoot = process.getuid?.() === 0;

/** Programs of the system that a sandbox needs here. */
export const NEEDED = isRoot ? ['bwrap', 'prlimit', 'setpriv'] : ['bwrap', 'prlimit'];

/** The loader's cache, the links behind names such as `cc`, and whose certificates are believed: nothing secret. */
const CONFIGURATION = [
  ...['/etc/ld.so.cache', '/etc/alternatives'],
  ...['certs', 'cert.pem', 'openssl.cnf'].map((name) => `/etc/ssl/${name}`),
  ...['/etc/pki/tls/certs', '/etc/pki/tls/cert.pem', '/etc/pki/ca-trust/extracted'],
];

/** How hosts are found. */
const NETWORK = ['resolv.conf', 'hosts', 'host.conf', 'nsswitch.conf', 'gai.conf'].map(
  (name) => `/etc/${name}`,
);

/** What setpriv needs to leave root behind; it drops these too. */
const CAPABILITIES = ['CAP_SETUID', 'CAP_SETGID', 'CAP_SETPCAP'].flatMap((name) => [
  '--cap-add',
  name,
]);

/** The words that come before a program and put it into a sandbox. */
export function bubblewrap(view: View, identity: Identity): string[] {
  const { readable, directory, hasNetwork } = view;
  const writable = directory === null ? view.writable : [directory, ...view.writable];
  const configuration = hasNetwork ? [...CONFIGURATION, ...NETWORK] : CONFIGURATION;
  const becomes = isRoot && identity === 'nobody';
  return [
    join('/usr/bin', 'bwrap'),
    ...['--unshare-ipc', '--unshare-pid', '--unshare-uts', '--unshare-cgroup-try'],
    ...(hasNetwork ? [] : ['--unshare-net']),
    // As root no user namespace is needed, and inside one we could not become somebody else.
    ...(isRoot ? ['--cap-drop', 'ALL'] : ['--unshare-user']),
    ...(becomes ? CAPABILITIES : []),
    ...['--die-with-parent', '--new-session', '--hostname', 'sandbox'],
    ...['--ro-bind', '/usr', '/usr'],
    ...['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'].flatMap(systemFolder),
    ...['--proc', '/proc', '--dev', '/dev'],
    ...temporary('/dev/shm', SHARED_BYTES),
    ...temporary('/tmp', TEMPORARY_BYTES),
    ...waysTo([...configuration, ...readable, ...writable]),
    ...configuration.flatMap((path) => ['--ro-bind-try', path, path]),
    ...mounts(readable, writable),
    ...(directory === null ? [] : ['--chdir', directory]),
    // Both are in memory, without a limit, and everybody's own where we are not root.
    ...['--remount-ro', '/dev', '--remount-ro', '/', '--'],
    ...(becomes ? NO_LONGER_ROOT : []),
  ];
}

/**
 * The kernel counts what is nobody's together, on the whole host, but apart in each user namespace (Linux 5.14):
 * one sandbox that takes all processes it may would leave none to the others. Without one where none may be made.
 */
const COUNTED_APART =
  '/usr/bin/unshare --user /bin/true 2>/dev/null && set -- /usr/bin/unshare --user -- "$@"; exec "$@"';

/** An identity for which the kernel enforces limits. */
const NO_LONGER_ROOT = [
  '/usr/bin/setpriv',
  ...['--reuid', `${NOBODY}`, '--regid', `${NOBODY}`, '--clear-groups'],
  ...['--inh-caps=-all', '--bounding-set=-all', '--no-new-privs', '--'],
  ...['/bin/sh', '-c', COUNTED_APART, 'sh'],
];

/** What lies in another one comes after it, and so holds. */
function mounts(readable: readonly string[], writable: readonly string[]): string[] {
  const kinds = new Map([
    ...readable.map((path) => [path, '--ro-bind'] as const),
    ...writable.map((path) => [path, '--bind'] as const),
  ]);
  const outermost = [...kinds].sort(([one], [other]) => one.length - other.length);
  return outermost.flatMap(([path, kind]) => [kind, path, path]);
}

/** A folder in memory for everybody in the sandbox. */
const temporary = (path: string, bytes: number): string[] => [
  ...['--perms', '1777', '--size', `${bytes}`, '--tmpfs', path],
];

/** Empty folders on the way to what is shown; bubblewrap would make them for root alone. */
function waysTo(paths: readonly string[]): string[] {
  const folders = new Set<string>();
  for (const path of paths) {
    for (let at = dirname(path); at !== '/' && at !== '/tmp'; at = dirname(at)) folders.add(at);
  }
  return [...folders].sort().flatMap((folder) => ['--perms', '0755', '--dir', folder]);
}

/** `/bin` is a link into `/usr` on a merged system, and a folder on others. */
function systemFolder(path: string): string[] {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return [];
  return found.isSymbolicLink()
    ? ['--symlink', readlinkSync(path), path]
    : ['--ro-bind', path, path];
}

/** A directory with all that it holds, and folders alone, become nobody's where code runs as such. */
export async function giveAway(directory: string, folders: readonly string[]): Promise<void> {
  if (!isRoot) return;
  for (const folder of [directory, ...folders]) {
    await chown(folder, NOBODY, NOBODY);
    // bubblewrap enters it while it is root without root's rights.
    await chmod(folder, 0o755);
  }
  for (const entry of await readdir(directory, { withFileTypes: true, recursive: true })) {
    if (!entry.isSymbolicLink()) await chown(join(entry.parentPath, entry.name), NOBODY, NOBODY);
  }
}

/** Lets nobody read files, and folders with all that they hold, whatever our umask and a package's modes were. */
export async function letRead(paths: readonly string[]): Promise<void> {
  if (!isRoot) return;
  for (const path of paths) {
    const { mode } = await lstat(path);
    const isFolder = (mode & constants.S_IFMT) === constants.S_IFDIR;
    const isLink = (mode & constants.S_IFMT) === constants.S_IFLNK;
    const open = isFolder || mode & 0o100 ? 0o555 : 0o444;
    if (!isLink && (mode & open) !== open) await chmod(path, (mode & 0o777) | open);
    if (isFolder) await letRead((await readdir(path)).map((name) => join(path, name)));
  }
}

/** The folder is ours again, and what was made in it stays whose it is. */
export async function takeBack(folder: string): Promise<void> {
  if (isRoot) await chown(folder, 0, 0);
}
