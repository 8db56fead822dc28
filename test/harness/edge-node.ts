import { createHash } from 'node:crypto';
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Edge, startEdge } from '../../deploy/lab/edge/edge.ts';
import { type Link, startLink } from '../../deploy/lab/edge/link.ts';
import { descendantsOf, endDescendants, signal } from '../../deploy/lab/processes.ts';
import { run } from './command.ts';

/** An edge node without Spark: a real OpenSSH server on this machine, behind a link that can be made bad. */
export interface EdgeNode {
  address: Edge;
  link: Link;
  /** Staging root. */
  root: string;
  /** What `command` prints in a session of a person on the edge node. */
  ssh(command: string): Promise<string>;
  /** sha256 of the bytes that lie there now as the newest archive of an environment. */
  sha256(environment: string): string;
  /** What was published of an environment: its revisions' manifests. */
  manifests(environment: string): Manifest[];
  /** Paths under the root of what was published, whole or not: archives, prefixes and manifests. */
  published(): string[];
  /** Everything half-done under the root; empty whenever nothing is at work. */
  leftovers(): string[];
  /** Cuts the next `times` connections once this many bytes have gone up. */
  cutAfter(bytes: number, times?: number): void;
  /** Ends the server with all that runs there, as a power cut does. */
  kill(): Promise<void>;
  /** Starts it again, at the same address with the same keys. */
  start(): Promise<void>;
  /** Stops the server and all that it has started until `thaw`. */
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
}

export interface Manifest {
  environment: string;
  revision: number;
  fingerprint: string;
  archive: { name: string; sha256: string; bytes: number };
}

export async function startEdgeNode(directory: string): Promise<EdgeNode> {
  const root = join(directory, 'root');
  const host = join(directory, 'host');
  const address = await startEdge({ directory: host });
  let server = address;
  const stopped = new Set<number>();
  const link = await startLink(address);
  const manifests = (environment: string): Manifest[] =>
    globSync('*.json', { cwd: join(root, 'manifests', environment) })
      .filter((name) => /^\d+\.json$/.test(name))
      .map((name) => readFileSync(join(root, 'manifests', environment, name), 'utf8'))
      .map((text) => JSON.parse(text) as Manifest)
      .sort((left, right) => left.revision - right.revision);
  return {
    address,
    link,
    root,
    ssh: async (command) => {
      const { stdout } = await run('ssh', ['-F', address.sshConfigFile, 'edge', command]);
      return stdout.trim();
    },
    sha256: (environment) => {
      const newest = manifests(environment).at(-1);
      if (!newest) throw new Error(`nothing of ${environment} is on the edge node`);
      const path = join(root, 'archives', newest.archive.sha256, newest.archive.name);
      return createHash('sha256').update(readFileSync(path)).digest('hex');
    },
    manifests,
    published: () => globSync(['archives/*', '{envs,manifests}/*/*'], { cwd: root }),
    leftovers: () => [...halfDone(root, 3)],
    cutAfter(bytes, times = 1) {
      Object.assign(link.faults, { cutAfter: bytes, cuts: times });
    },
    async kill() {
      endDescendants(server.process.pid);
      signal(server.process.pid, 'SIGKILL');
      await server.stop();
    },
    async start() {
      server = await startEdge({ directory: host, port: address.port });
    },
    freeze() {
      // The server first: it starts nothing more, so that nobody is missed.
      for (const pid of [server.process.pid, ...descendantsOf(server.process.pid)]) {
        stopped.add(pid);
        signal(pid, 'SIGSTOP');
      }
    },
    thaw() {
      for (const pid of stopped) signal(pid, 'SIGCONT');
      stopped.clear();
    },
    async stop() {
      await link.stop();
      await server.stop();
    },
  };
}

/** Names under `folder` that no publication has; prefixes themselves lie deeper than we look. */
function* halfDone(folder: string, depth: number): Generator<string> {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (/\.part(-|$)/.test(entry.name)) yield path;
    else if (entry.isDirectory() && depth > 1) yield* halfDone(path, depth - 1);
  }
}
