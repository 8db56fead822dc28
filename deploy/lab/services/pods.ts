import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { laboratory } from '../laboratory.ts';
import { serviceEnvironment } from './spark.ts';

/** An object of the API, as far as Spark and the runner of pods look at it. */
export interface KubernetesObject {
  metadata: {
    name?: string;
    generateName?: string;
    namespace?: string;
    resourceVersion?: string;
    creationTimestamp?: string;
    labels?: Record<string, string>;
  };
  /** Of a config map. */
  data?: Record<string, string>;
  /** Of a pod. */
  spec?: {
    containers: readonly Container[];
    volumes?: readonly { name: string; configMap?: { name: string } }[];
  };
  status?: Record<string, unknown>;
}

interface Container {
  name: string;
  args: readonly string[];
  env?: readonly {
    name: string;
    value?: string;
    valueFrom?: { fieldRef?: { fieldPath: string } };
  }[];
  volumeMounts?: readonly { name: string; mountPath: string }[];
}

export interface PodRunner {
  /** Starts a pod's command; its status follows the process. */
  start(pod: KubernetesObject): void;
  end(pod: KubernetesObject): void;
  stop(): void;
}

interface RunnerOptions {
  directory: string;
  sparkHome: string;
  find(kind: string, name: string): KubernetesObject | undefined;
  services(): readonly KubernetesObject[];
  changed(pod: KubernetesObject): void;
}

/** Where Spark's images have the configuration. */
const CONFIGURATION = '/opt/spark/conf';
/** Spark makes a driver's config map after its pod. */
const CONFIG_MAP_SECONDS = 30;

/** Runs the commands of pods as the entry point of Spark's images does. */
export function startPodRunner(options: RunnerOptions): PodRunner {
  const running = new Map<KubernetesObject, ChildProcess>();
  let isStopped = false;
  const end = (pod: KubernetesObject): void => {
    const child = running.get(pod);
    if (child?.pid !== undefined && child.exitCode === null) child.kill('SIGTERM');
  };
  const run = async (pod: KubernetesObject): Promise<void> => {
    const { command, environment, folder } = await prepare(pod, options);
    if (isStopped) return;
    const log = openSync(join(folder, 'log'), 'a');
    const child = spawn('setpriv', ['--pdeathsig', 'TERM', ...command], {
      env: environment,
      cwd: join(folder, 'work-dir'),
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    running.set(pod, child);
    tell(pod, 'Running', null);
    child.once('error', () => tell(pod, 'Failed', 127));
    child.once('close', (code) => tell(pod, code === 0 ? 'Succeeded' : 'Failed', code ?? 143));
  };
  const tell = (pod: KubernetesObject, phase: string, exitCode: number | null): void => {
    const at = new Date().toISOString();
    const state =
      exitCode === null
        ? { running: { startedAt: at } }
        : { terminated: { exitCode, startedAt: at, finishedAt: at, reason: phase } };
    const name = pod.spec?.containers[0]?.name;
    const common = { image: 'none', imageID: 'none', restartCount: 0 };
    pod.status = {
      ...{ phase, podIP: '127.0.0.1', hostIP: '127.0.0.1', startTime: at },
      conditions: [{ type: 'Ready', status: exitCode === null ? 'True' : 'False' }],
      containerStatuses: [{ name, ready: exitCode === null, state, ...common }],
    };
    options.changed(pod);
  };
  return {
    start: (pod) => {
      run(pod).catch((error) => {
        writeFileSync(join(options.directory, 'runner.log'), `${error}\n`, { flag: 'a' });
        tell(pod, 'Failed', 1);
      });
    },
    end,
    stop: () => {
      isStopped = true;
      for (const pod of running.keys()) end(pod);
    },
  };
}

interface Prepared {
  folder: string;
  command: string[];
  environment: Record<string, string>;
}

async function prepare(pod: KubernetesObject, options: RunnerOptions): Promise<Prepared> {
  const container = pod.spec?.containers[0];
  if (!container) throw new Error('a pod without a container');
  const name = pod.metadata.name ?? '';
  const folder = join(options.directory, 'pods', name);
  const configuration = join(folder, 'conf');
  for (const part of ['work-dir', 'conf']) mkdirSync(join(folder, part), { recursive: true });
  await mountConfiguration(pod, container, configuration, options);
  const environment: Record<string, string> = {
    ...serviceEnvironment(options.sparkHome, options.directory),
    ...variables(container, name),
    ...{ HOME: folder, SPARK_CONF_DIR: configuration, SPARK_LOCAL_DIRS: join(folder, 'local') },
  };
  const args = container.args.map((each) => each.replace(CONFIGURATION, configuration));
  const command =
    args[0] === 'driver'
      ? [
          ...[join(options.sparkHome, 'bin/spark-submit'), '--deploy-mode', 'client'],
          ...['--conf', 'spark.driver.bindAddress=127.0.0.1', ...args.slice(1)],
        ]
      : executor(environment, { folder, configuration, name, options });
  writeFileSync(join(folder, 'command.json'), JSON.stringify({ command, environment }, null, 1));
  return { folder, command, environment };
}

async function mountConfiguration(
  pod: KubernetesObject,
  container: Container,
  folder: string,
  options: RunnerOptions,
): Promise<void> {
  const mount = container.volumeMounts?.find(({ mountPath }) => mountPath === CONFIGURATION);
  const volume = pod.spec?.volumes?.find(({ name }) => name === mount?.name);
  if (!volume?.configMap) return;
  const deadline = Date.now() + CONFIG_MAP_SECONDS * 1000;
  for (;;) {
    const map = options.find('configmaps', volume.configMap.name);
    if (map) {
      for (const [name, text] of Object.entries(map.data ?? {})) {
        writeFileSync(join(folder, name), text);
      }
      return;
    }
    if (Date.now() > deadline) throw new Error(`no config map ${volume.configMap.name}`);
    await delay(50);
  }
}

function variables(container: Container, podName: string): Record<string, string> {
  const fields: Record<string, string> = {
    'status.podIP': '127.0.0.1',
    'metadata.name': podName,
  };
  return Object.fromEntries(
    (container.env ?? []).map(({ name, value, valueFrom }) => [
      name,
      fields[valueFrom?.fieldRef?.fieldPath ?? ''] ?? value ?? '',
    ]),
  );
}

/** The JVM of an executor. The driver's service has a name only here: a file in the place of DNS. */
function executor(
  environment: Readonly<Record<string, string>>,
  place: { folder: string; configuration: string; name: string; options: RunnerOptions },
): string[] {
  const { folder, configuration, name, options } = place;
  const hosts = join(folder, 'hosts');
  const services = options
    .services()
    .map(({ metadata }) => `${metadata.name}.${metadata.namespace}.svc`);
  writeFileSync(hosts, `127.0.0.1 localhost ${hostname()} ${services.join(' ')}\n`);
  const javaOptions = Object.entries(environment)
    .filter(([key]) => key.startsWith('SPARK_JAVA_OPT_'))
    .sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
    .map(([, value]) => value);
  const from = (variable: string): string => environment[variable] ?? '';
  return [
    ...[join(laboratory.javaHome, 'bin/java'), `-Djdk.net.hosts.file=${hosts}`, ...javaOptions],
    ...[`-Xmx${from('SPARK_EXECUTOR_MEMORY')}`, '-cp'],
    `${configuration}:${options.sparkHome}/jars/*`,
    'org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend',
    ...['--driver-url', from('SPARK_DRIVER_URL'), '--executor-id', from('SPARK_EXECUTOR_ID')],
    ...['--cores', from('SPARK_EXECUTOR_CORES'), '--app-id', from('SPARK_APPLICATION_ID')],
    ...['--hostname', '127.0.0.1', '--podName', name],
    ...['--resourceProfileId', environment.SPARK_RESOURCE_PROFILE_ID ?? '0'],
  ];
}
