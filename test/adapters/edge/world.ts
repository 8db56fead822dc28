import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { startEdge } from '../../../deploy/lab/edge/edge.ts';
import { type Link, startLink } from '../../../deploy/lab/edge/link.ts';
import { createEdge, type EdgeConfig, type EdgeTiming } from '../../../src/adapters/edge/edge.ts';
import { examineEdge } from '../../../src/adapters/edge/examine.ts';
import type { EdgeObserver } from '../../../src/adapters/edge/session.ts';
import type { Archive, ArchiveSegment } from '../../../src/domain/archive.ts';
import type { Edge, Progress, StageRequest } from '../../../src/domain/ports.ts';
import { execFileSync } from '../../harness/command.ts';
import { papersOf } from '../../harness/papers.ts';

/** A real OpenSSH server on 127.0.0.1 behind a link that can be made bad. */
/** A fault of the doctor, as plain data. */
export interface SeenFault {
  text: string;
  fix: string;
  status: string;
}

export interface World {
  directory: string;
  /** Root folder of the stagings on the edge. */
  root: string;
  link: Link;
  config: EdgeConfig;
  /** Gives it a root that nobody has used, before each test; answers how many there were. */
  newRoot(): number;
  log: string[];
  edge(change?: Partial<EdgeConfig>, timing?: Partial<EdgeTiming>, observer?: EdgeObserver): Edge;
  progress: Progress;
  /** What the doctor finds of the edge whose text has these words. */
  faults(words: string): Promise<SeenFault[]>;
  /** Gives the server another host key, as a reinstalled host has. */
  changeHostKey(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Why these tests cannot run here, or false. */
export const withoutSshd = ['/usr/sbin/sshd', '/usr/local/sbin/sshd'].some(existsSync)
  ? false
  : 'there is no OpenSSH server on this machine';

export async function startWorld(env: Record<string, string> = {}, sessions = 100): Promise<World> {
  const directory = mkdtempSync(join(tmpdir(), 'edge-test-'));
  const root = join(directory, 'root');
  const log: string[] = [];
  const hostDirectory = join(directory, 'host');
  let host = await startEdge({ directory: hostDirectory, env, sessions });
  const link = await startLink(host);
  const config: EdgeConfig = {
    name: 'edge1',
    host: link.host,
    port: link.port,
    user: host.user,
    privateKeyFile: host.privateKeyFile,
    hostKey: host.hostKey,
    root,
    alias: 'MYGLOBALENV',
    hdfs: null,
    cluster: { manager: 'yarn' },
    env: {},
    connectTimeoutSeconds: 5,
  };
  let roots = 0;
  const world: World = {
    directory,
    root,
    link,
    config,
    newRoot() {
      roots += 1;
      world.root = join(directory, `root-${roots}`);
      config.root = world.root;
      return roots;
    },
    log,
    edge: (change, timing, observer) =>
      createEdge(
        { ...config, ...change },
        {
          log: (line) => log.push(line),
          timing: { attempts: 3, backoffMilliseconds: 20, silenceMilliseconds: 1_500, ...timing },
          ...(observer ? { observer } : {}),
        },
      ),
    async faults(words) {
      const expected = { platform: 'linux-64', compiledWith: null } as const;
      const { faults } = await examineEdge(config, expected, world.progress.signal);
      const found: SeenFault[] = JSON.parse(JSON.stringify(faults));
      return found.filter(({ text }) => text.includes(words));
    },
    progress: {
      signal: new AbortController().signal,
      log: (line) => log.push(line),
      detail: () => {},
    },
    async changeHostKey() {
      await host.stop();
      for (const name of ['host_ed25519', 'host_ed25519.pub']) rmSync(join(hostDirectory, name));
      host = await startEdge({ directory: hostDirectory, port: host.port, env, sessions });
    },
    async [Symbol.asyncDispose]() {
      await link.stop();
      await host.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
  return world;
}

/** A tiny packed environment: a `python` that is a shell script, and `padding` bytes of noise. */
export function makeArchive(
  directory: string,
  options: {
    environment?: string;
    format?: 'zip' | 'tar.gz';
    padding?: number;
    files?: Record<string, string>;
    revision?: number;
    layout?: 'local' | 'global';
  } = {},
): StageRequest {
  const { environment = 'churn', format = 'tar.gz', padding = 0, revision = 1 } = options;
  const work = mkdtempSync(join(directory, 'pack-'));
  const prefix = join(work, environment);
  const files: Record<string, string> = {
    'bin/python': '#!/bin/sh\nexec python3 "$@"\n',
    'lib/module.py': `answer = ${revision}\n`,
    ...options.files,
  };
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(prefix, name, '..'), { recursive: true });
    writeFileSync(join(prefix, name), content);
    chmodSync(join(prefix, name), name.startsWith('bin/') ? 0o755 : 0o644);
  }
  if (padding > 0) writeFileSync(join(prefix, 'padding'), randomBytes(padding));
  const name = `${environment}.${format}`;
  const path = join(work, name);
  if (format === 'zip') execFileSync('zip', ['-q', '-r', path, environment], { cwd: work });
  else execFileSync('tar', ['-czf', path, environment], { cwd: work });
  const bytes = readFileSync(path);
  const archive: Archive = {
    name,
    format,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    bytes: bytes.length,
    files: Object.keys(files).length,
  };
  const layout = options.layout ?? 'local';
  return {
    environment,
    revision,
    ...{ fingerprint: 'f'.repeat(64), ahead: null },
    archivePath: path,
    archive,
    layout,
    segments: [],
    unpackedBytes: Math.ceil(bytes.length * 3.5),
    papers: papersOf({ environment, revision, sha256: archive.sha256 }),
  };
}

/**
 * An archive of one gzip member per file, with the segments that say so: two archives with the same
 * `shared` bytes share that member.
 */
export function makeSegmentedArchive(
  directory: string,
  revision: number,
  files: { shared: Buffer; own: Buffer },
): StageRequest {
  const work = mkdtempSync(join(directory, 'pack-'));
  const contents = { 'bin/python': '#!/bin/sh\n', ...files };
  const segments: ArchiveSegment[] = [];
  let whole = Buffer.alloc(0);
  const add = (name: string, content: Buffer) => {
    const member = gzipSync(content);
    const sha256 = createHash('sha256').update(member).digest('hex');
    segments.push({ name, bytes: member.length, sha256, offset: whole.length });
    whole = Buffer.concat([whole, member]);
  };
  for (const [name, content] of Object.entries(contents)) {
    const path = join(work, 'churn', name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, content);
    chmodSync(path, 0o755);
    const tar = execFileSync('tar', ['-b1', '--mtime=@0', '-cf', '-', `churn/${name}`], {
      cwd: work,
      maxBuffer: 64 * 1024 * 1024,
    });
    // Without the two empty blocks that end a tar file.
    add(name, tar.subarray(0, tar.length - 1024));
  }
  add('end', Buffer.alloc(1024));
  const name = 'churn.tar.gz';
  writeFileSync(join(work, name), whole);
  const sha256 = createHash('sha256').update(whole).digest('hex');
  return {
    environment: 'churn',
    revision,
    ...{ fingerprint: sha256, ahead: null },
    archivePath: join(work, name),
    archive: { name, format: 'tar.gz', sha256, bytes: whole.length, files: 3 },
    unpackedBytes: Math.ceil(whole.length * 3.5),
    layout: 'local',
    papers: papersOf({ revision }),
    segments,
  };
}
