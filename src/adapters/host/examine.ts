import { mkdtemp, rmdir, stat, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Fault, failed, faultsOfRoom, type Look, warning } from '../../domain/doctor.ts';
import { size } from '../../domain/figures.ts';

/** Files of which an environment has some ten thousand. */
const FEW_FILES = 200_000;
const LISTEN_PATIENCE_MS = 3_000;

/** Looks whether a folder, or what is there of the way to it, can be written, and at the room there. */
export async function examineFolder(folder: string, key: string): Promise<Look> {
  const where = await nearest(folder);
  const fault = await whyNotWritable(where);
  if (fault !== null) {
    const text = `\`${folder}\` cannot be written: ${fault}`;
    const fix = `Give it to the user that Conda Ferry runs as (\`mkdir -p ${folder} && chown USER ${folder}\`), or set another \`${key}\`.`;
    return { text: '', faults: [failed(text, fix)] };
  }
  const { bavail, bsize, files, ffree } = await statfs(where);
  const free = bavail * bsize;
  const few = files > 0 && ffree < FEW_FILES;
  const faults: Fault[] = [
    ...faultsOfRoom(
      free,
      folder,
      `Make room, set less \`worker.cacheGigabytes\`, or another \`${key}\`.`,
    ),
    ...(few
      ? [
          warning(
            `\`${folder}\` takes only ${ffree} more files, and an environment has some ten thousand`,
            'Make a file system with more inodes (`df -i`).',
          ),
        ]
      : []),
  ];
  return { text: `\`${folder}\` has ${size(free)} left`, faults };
}

/** The folder, or the nearest above it that is there. */
async function nearest(folder: string): Promise<string> {
  const isThere = await stat(folder).then(
    () => true,
    () => false,
  );
  return isThere || folder === dirname(folder) ? folder : nearest(dirname(folder));
}

async function whyNotWritable(folder: string): Promise<string | null> {
  try {
    if (!(await stat(folder)).isDirectory()) return `${folder} is no folder`;
    // Rights alone do not tell: the file system may be read-only, or of another kind.
    await rmdir(await mkdtemp(join(folder, '.conda-ferry-')));
    return null;
  } catch (error) {
    return (error as Error).message.replace(/, \w+ '.*/, ` (${folder})`);
  }
}

/**
 * Looks whether requests can be listened for at a host's port. A bot of ours that listens there already is known by
 * its answer to Slack's own look (`ssl_check`) at `path`.
 */
export async function examinePort(host: string, port: number, path: string): Promise<Look> {
  const why = await whyNotListening(host, port);
  const place = `${host}:${port}`;
  if (why === null) return { text: `${place} is free`, faults: [] };
  if (why === 'EADDRINUSE' && (await answersSlack(`http://${place}${path}`))) {
    return { text: `a bot listens at ${place} already`, faults: [] };
  }
  const what = why === 'EADDRINUSE' ? `another program has ${place}` : `${place}: ${why}`;
  const fix = `Set \`slack.host\` and \`slack.port\` to an address of this machine that is free; \`ss -ltnp 'sport = :${port}'\` tells who has this one.`;
  return { text: '', faults: [failed(what, fix)] };
}

function whyNotListening(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)));
  });
}

async function answersSlack(address: string): Promise<boolean> {
  const asked = fetch(address, {
    method: 'POST',
    body: new URLSearchParams({ ssl_check: '1' }),
    redirect: 'error',
    signal: AbortSignal.timeout(LISTEN_PATIENCE_MS),
  }).then(
    async (response) => response.ok && (await response.text()) === '',
    () => false,
  );
  return Promise.race([asked, sleep(LISTEN_PATIENCE_MS, false, { ref: false })]);
}

/** glibc of this host; null where it has none, or another C library. */
export function glibcOfHost(): string | null {
  // It would look up the names of all network interfaces otherwise.
  const report = Object.assign(process.report, { excludeNetwork: true });
  const { header } = report.getReport() as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime ?? null;
}

/** Node's name of an architecture, by the name of a platform of conda's. */
const ARCHITECTURES: Readonly<Record<string, string>> = {
  'linux-64': 'x64',
  'linux-aarch64': 'arm64',
};
/** The oldest glibc that conda-forge's packages are built for. */
const OLDEST_GLIBC = [2, 17] as const;

/** Looks whether environments of a platform can be made on this host. */
export function examineHost(
  platform: string,
  { glibc = glibcOfHost(), architecture = process.arch as string } = {},
): Look {
  const [major = 0, minor = 0] = (glibc ?? '').split('.').map(Number);
  const isOld = major < OLDEST_GLIBC[0] || (major === OLDEST_GLIBC[0] && minor < OLDEST_GLIBC[1]);
  const needs = `glibc ${OLDEST_GLIBC.join('.')} or newer`;
  const faults: (Fault | false)[] = [
    ARCHITECTURES[platform] !== architecture &&
      failed(
        `this host is ${architecture}, and environments are to be built for ${platform}`,
        'Set `worker.platform` to that of this host, or run the worker on another one. A bot alone may run here.',
      ),
    glibc === null &&
      failed(
        'this host has no glibc, and conda’s packages for Linux do not run without',
        `Run the worker on a host with ${needs} (Debian, Ubuntu, RHEL; not Alpine). A bot alone may run here.`,
      ),
    glibc !== null &&
      isOld &&
      failed(
        `glibc ${glibc} of this host is too old for packages of conda-forge`,
        `Run the worker on a host with ${needs}.`,
      ),
  ];
  return {
    text: `${platform}, glibc ${glibc ?? 'none'}`,
    faults: faults.filter((fault) => fault !== false),
  };
}
