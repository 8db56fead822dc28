/** What every service is asked with: one environment, its archives as paths and by HTTP, a shell. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { laboratory } from '../../deploy/lab/laboratory.ts';
import { endLeftovers, sparkHomeOf } from '../../deploy/lab/services/spark.ts';
import type { InvocationRequest } from '../../src/domain/invocation.ts';
import { pack } from '../../src/packing/pack.ts';
import { realPrefix } from '../packing/real-prefix.ts';
import { APPLICATION, type ApplicationResult } from './applications.ts';
import type { Output } from './cluster.ts';

/** Longest wait for one command on a busy machine; a test that needs it has failed anyway. */
const LIMIT_SECONDS = 240;

const NUMPY = '2.2.6';

export interface ServiceWorld {
  directory: string;
  /** The unpacked environment: the driver's Python in client mode. */
  prefix: string;
  /** `churn.tar.gz` or `churn.zip`, made when first asked for. */
  archive(format: 'tar.gz' | 'zip'): Promise<string>;
  /** The address at which a file of the archives' folder is served. */
  url(file: string): string;
  /** What was asked of the server: `GET /churn.zip`. */
  asked: string[];
  /** The check of the article; writes its result where its first argument says. */
  application: string;
  /** What an invocation has in common on every service; the environment's own values in place. */
  request(spark: string): Omit<InvocationRequest, 'archive' | 'cluster'> & {
    cluster: { spark: string; sparkHome: string };
  };
  file(name: string, content: string): string;
  /** Variables of an edge with this Spark; a site's files are those of `site`. */
  edge(spark: string, site?: Partial<Site>): Record<string, string>;
  stop(): Promise<void>;
}

/** What administrators wrote. */
export interface Site {
  defaults: string;
  environment: string;
}

/** Executors as small as the workers of the lab. */
const DEFAULTS = `spark.driver.host 127.0.0.1
spark.driver.memory 700m
spark.executor.memory 700m
spark.executor.instances 2
spark.executor.cores 1
spark.scheduler.minRegisteredResourcesRatio 1.0
spark.scheduler.maxRegisteredResourcesWaitingTime 120s
spark.ui.enabled false
spark.ui.showConsoleProgress false
spark.driver.defaultJavaOptions -XX:TieredStopAtLevel=1 -XX:+UseSerialGC
spark.executor.defaultJavaOptions -XX:TieredStopAtLevel=1 -XX:+UseSerialGC
`;

export async function startServiceWorld(...packages: string[]): Promise<ServiceWorld> {
  const directory = mkdtempSync(join(tmpdir(), 'ferry-services-'));
  const archives = join(directory, 'archives');
  mkdirSync(archives);
  const prefix = await realPrefix(
    join(directory, 'envs/churn/1'),
    ...['python 3.11.*', 'numpy 2.2.*', ...packages],
  );
  const asked: string[] = [];
  const server = await serveFolder(archives, asked);
  const { port } = server.address() as AddressInfo;
  const file = (name: string, content: string): string => {
    const path = join(directory, name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, content);
    return path;
  };
  const archive = async (format: 'tar.gz' | 'zip'): Promise<string> => {
    const output = join(archives, `churn.${format}`);
    if (!existsSync(output)) await pack({ prefix, output, format, root: 'churn' });
    return output;
  };
  const edge = (spark: string, site: Partial<Site> = {}): Record<string, string> => {
    const name = `conf-${spark}-${Object.keys(site).join('-')}`;
    const defaults = file(`${name}/spark-defaults.conf`, DEFAULTS + (site.defaults ?? ''));
    file(`${name}/spark-env.sh`, site.environment ?? '');
    return {
      PATH: `${sparkHomeOf(spark)}/bin:/usr/local/bin:/usr/bin:/bin`,
      LANG: 'C.UTF-8',
      HOME: directory,
      JAVA_HOME: laboratory.javaHome,
      SPARK_CONF_DIR: join(defaults, '..'),
      SPARK_LOCAL_IP: '127.0.0.1',
      SPARK_LOCAL_DIRS: join(directory, 'local'),
      FERRY_SERVICE: directory,
    };
  };
  return {
    ...{ directory, prefix, archive, asked, file, edge },
    application: file('check.py', APPLICATION),
    url: (path) => `http://127.0.0.1:${port}/${basename(path)}`,
    request: (spark) => ({
      ...{ environment: 'churn', revision: 1, driverPrefix: prefix, tool: 'spark-submit' },
      cluster: { spark, sparkHome: sparkHomeOf(spark) },
    }),
    async stop() {
      server.close();
      server.closeAllConnections();
      endLeftovers(directory);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function serveFolder(folder: string, asked: string[]): Promise<Server> {
  const server = createServer((request, response) => {
    const path = join(folder, basename(request.url ?? ''));
    asked.push(`${request.method} ${request.url}`);
    if (!existsSync(path)) return response.writeHead(404).end();
    response.writeHead(200, { 'content-length': statSync(path).size });
    if (request.method === 'HEAD') return response.end();
    return createReadStream(path).pipe(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** Types a line into a shell with these variables alone. */
export async function typeInto(
  environment: Readonly<Record<string, string>>,
  line: string,
  options: { input?: string; folder?: string } = {},
): Promise<Output> {
  const started = Date.now();
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', 'bash', '--norc', '-c', line], {
    env: environment,
    cwd: options.folder ?? environment.HOME,
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const written = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      written[stream] += text;
    });
  }
  // Its whole group: Spark is a grandchild, and holds the pipes.
  const limit = setTimeout(() => process.kill(-Number(child.pid), 'SIGKILL'), LIMIT_SECONDS * 1000);
  child.stdin.end(options.input ?? '');
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(limit);
  return { code, ...written, seconds: (Date.now() - started) / 1000 };
}

/** Python and numpy of every executor are those of the archive, and there is one numpy. */
export function assertFromArchive(
  result: Pick<ApplicationResult, 'npv' | 'executors'>,
  alias: string,
): void {
  assert.deepEqual(result.npv, [NUMPY]);
  assert.ok(result.executors.length > 0);
  for (const path of result.executors.flat()) assert.ok(path.includes(`/${alias}/churn/`), path);
}
