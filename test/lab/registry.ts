import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { execFileSync } from '../harness/command.ts';

/** What goes wrong with one download of the payload, after a third of it. */
export type Fault = 'stall' | 'cut' | 'slow' | 'none';

/**
 * A registry for npm, pip and Maven at once, on a free port of 127.0.0.1. It serves one package,
 * `payload` 1.0.0.
 */
export interface Registry {
  url: string;
  /** How often the payload was asked for. */
  downloads(): number;
  stop(): Promise<void>;
}

const PAYLOAD_BYTES = 120_000;
/** A slow download needs this long; with a byte every half second. */
const SLOW_SECONDS = 13;
const MAVEN = join(homedir(), '.m2/repository');

export const noMavenPlugin: string | false = existsSync(
  join(MAVEN, 'org/apache/maven/plugins/maven-dependency-plugin/3.6.1'),
)
  ? false
  : "Maven's plugin is not on this machine: run deploy/lab/prepare";

/** A local repository with links to what Maven has here, without the notes on where it is from. */
export function linkMaven(repository: string): void {
  execFileSync('cp', ['-as', MAVEN, repository]);
  const notes = ['(', '-name', '_remote.repositories', '-o', '-name', '*.lastUpdated', ')'];
  execFileSync('find', [repository, ...notes, '-delete']);
}

/** The payload as each client wants it: a tarball, a wheel and a jar. */
function makePackages(folder: string): Record<'npm' | 'pip' | 'maven', Buffer> {
  mkdirSync(join(folder, 'package'), { recursive: true });
  mkdirSync(join(folder, 'wheel/payload-1.0.0.dist-info'), { recursive: true });
  const data = randomBytes(PAYLOAD_BYTES);
  writeFileSync(join(folder, 'package/data'), data);
  writeFileSync(
    join(folder, 'package/package.json'),
    JSON.stringify({ name: 'payload', version: '1.0.0' }),
  );
  writeFileSync(join(folder, 'wheel/payload.data'), data);
  const info = join(folder, 'wheel/payload-1.0.0.dist-info');
  writeFileSync(join(info, 'METADATA'), 'Metadata-Version: 2.1\nName: payload\nVersion: 1.0.0\n');
  writeFileSync(
    join(info, 'WHEEL'),
    'Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
  );
  writeFileSync(join(info, 'RECORD'), '');
  execFileSync('tar', ['-czf', 'payload.tgz', 'package'], { cwd: folder });
  const zip = 'import shutil; shutil.make_archive("payload", "zip", "wheel")';
  execFileSync('python3', ['-c', zip], { cwd: folder });
  const wheel = readFileSync(join(folder, 'payload.zip'));
  return { npm: readFileSync(join(folder, 'payload.tgz')), pip: wheel, maven: wheel };
}

const hash = (name: string, encoding: 'hex' | 'base64', bytes: Buffer): string =>
  createHash(name).update(bytes).digest(encoding);

/** `faults`: what goes wrong with the first downloads, one each; after them nothing does. */
export async function startRegistry(folder: string, faults: readonly Fault[]): Promise<Registry> {
  const left = [...faults];
  const packages = makePackages(folder);
  const ended = new AbortController();
  let downloads = 0;
  let url = '';
  const registry: Registry = {
    url,
    downloads: () => downloads,
    stop: async () => {
      ended.abort();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  const send = async (response: ServerResponse, bytes: Buffer): Promise<void> => {
    downloads += 1;
    const fault = left.shift() ?? 'none';
    response.writeHead(200, { 'content-length': bytes.length });
    if (fault === 'none') return void response.end(bytes);
    const third = Math.floor(bytes.length / 3);
    response.write(bytes.subarray(0, third));
    if (fault === 'stall') return;
    const pieces = SLOW_SECONDS * 2;
    for (let piece = 0; piece < pieces; piece += 1) {
      await pause(500, undefined, { signal: ended.signal }).catch(() => {});
      if (fault === 'cut') return void response.destroy();
      const part = (from: number) => third + Math.floor(((bytes.length - third) * from) / pieces);
      response.write(bytes.subarray(part(piece), part(piece + 1)));
    }
    response.end();
  };

  /** Path → answer: bytes of the payload, or anything else at once. */
  const pages: Record<string, () => { payload: Buffer } | { page: string }> = {
    '/npm/payload': () => ({
      page: JSON.stringify({
        name: 'payload',
        'dist-tags': { latest: '1.0.0' },
        versions: {
          '1.0.0': {
            ...{ name: 'payload', version: '1.0.0' },
            dist: {
              tarball: `${url}/npm/payload/-/payload-1.0.0.tgz`,
              integrity: `sha512-${hash('sha512', 'base64', packages.npm)}`,
            },
          },
        },
      }),
    }),
    '/npm/payload/-/payload-1.0.0.tgz': () => ({ payload: packages.npm }),
    '/pip/payload/': () => ({
      page: `<a href="/pip/files/payload-1.0.0-py3-none-any.whl#sha256=${hash('sha256', 'hex', packages.pip)}">payload-1.0.0-py3-none-any.whl</a>`,
    }),
    '/pip/files/payload-1.0.0-py3-none-any.whl': () => ({ payload: packages.pip }),
    '/maven/here/payload/1.0.0/payload-1.0.0.jar': () => ({ payload: packages.maven }),
    '/maven/here/payload/1.0.0/payload-1.0.0.jar.sha1': () => ({
      page: hash('sha1', 'hex', packages.maven),
    }),
    '/maven/here/payload/1.0.0/payload-1.0.0.pom': () => ({
      page: '<project><modelVersion>4.0.0</modelVersion><groupId>here</groupId><artifactId>payload</artifactId><version>1.0.0</version></project>',
    }),
  };

  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    const answer = pages[path]?.();
    if (answer === undefined) response.writeHead(404).end();
    else if ('payload' in answer) void send(response, answer.payload);
    else response.writeHead(200, { 'content-type': typeOf(path) }).end(answer.page);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  registry.url = url;
  return registry;
}

const typeOf = (path: string): string =>
  path.startsWith('/npm/')
    ? 'application/json'
    : path.startsWith('/pip/')
      ? 'text/html'
      : 'text/xml';
