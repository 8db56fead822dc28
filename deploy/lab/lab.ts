import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import {
  type Cluster,
  type ClusterAddress,
  endContainers,
  type HadoopVersion,
  startCluster,
  writeHadoopCommands,
} from './cluster/cluster.ts';
import { type Edge, type EdgeAddress, startEdge, stopEdge } from './edge/edge.ts';
import { writeSparkConf } from './edge/spark.ts';
import { laboratory } from './laboratory.ts';
import { endProcesses, isRunning, type LabProcess, type Owner } from './processes.ts';

export interface LabOptions {
  /** Everything that runs keeps its files here; `.lab/run` by default. */
  directory?: string;
  hadoop?: HadoopVersion;
  fileSystem?: 'file' | 'hdfs';
  nodeManagers?: 1 | 2;
  /** A version that `deploy/lab/prepare` fetched. */
  spark?: string;
  owner?: Owner;
}

/** All that a configuration of the product needs; this is what `.lab/run/lab.json` holds. */
export interface LabState {
  directory: string;
  /** A conda channel as a `file://` URL. */
  channel: string;
  edge: EdgeAddress;
  cluster: ClusterAddress;
  sparkHome: string;
  sparkVersion: string;
  javaHome: string;
  /** A Python with py-rattler, conda-pack and the judges. */
  python: string;
  /** A Redis-compatible server. */
  valkeyServer: string;
  options: Required<Pick<LabOptions, 'hadoop' | 'fileSystem' | 'nodeManagers' | 'spark'>>;
  processes: LabProcess[];
}

export interface Lab {
  state: LabState;
  stop(): Promise<void>;
}

const SPARK = '3.5.9';
/** What `sh deploy/lab/prepare` fetches for people; 3.5.0 comes with what the tests need. */
const HADOOP_FOR_PEOPLE = '3.3.6';

/**
 * Starts an edge node and a cluster behind it, and resolves when both answer: about 4 s, 11 s with
 * HDFS (2 cores). They end with `stop`, and with this process unless `owner` is `nobody`.
 */
export async function startLab(options: LabOptions = {}): Promise<Lab> {
  const {
    directory = join(laboratory.folder, 'run'),
    hadoop = '3.5.0',
    fileSystem = 'file',
    nodeManagers = 1,
    spark = SPARK,
    owner = 'parent',
  } = options;
  const sparkHome = laboratory.sparkHome(spark);
  if (!existsSync(sparkHome)) {
    throw new Error(`Spark ${spark} is not in ${sparkHome}. Type: sh deploy/lab/prepare test`);
  }
  const clusterDirectory = join(directory, 'cluster');
  const edgeDirectory = join(directory, 'edge');
  const hadoopConfDir = join(clusterDirectory, 'conf');
  const commands = join(edgeDirectory, 'bin');
  const sparkConf = join(edgeDirectory, 'spark-conf');
  mkdirSync(edgeDirectory, { recursive: true });
  writeSparkConf({
    folder: sparkConf,
    sparkHome,
    scratch: join(edgeDirectory, 'spark'),
    hdfs: fileSystem === 'hdfs',
  });
  writeHadoopCommands(commands, { hadoop, hadoopConfDir });

  const starting = [
    startEdge({
      directory: edgeDirectory,
      owner,
      env: {
        PATH: `${sparkHome}/bin:${commands}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
        JAVA_HOME: laboratory.javaHome,
        HADOOP_CONF_DIR: hadoopConfDir,
        SPARK_CONF_DIR: sparkConf,
        SPARK_LOCAL_IP: '127.0.0.1',
        SPARK_LOCAL_DIRS: join(edgeDirectory, 'spark/local'),
      },
    }),
    startCluster({ directory: clusterDirectory, hadoop, fileSystem, nodeManagers, owner }),
  ] as const;
  const [edge, cluster] = await bothOrNeither(starting);
  const { process: sshd, stop: _, ...edgeAddress } = edge;
  const { processes: daemons, stop: __, ...clusterAddress } = cluster;
  return {
    state: {
      directory,
      channel: pathToFileURL(laboratory.channel).href,
      edge: edgeAddress,
      cluster: clusterAddress,
      sparkHome,
      sparkVersion: spark,
      javaHome: laboratory.javaHome,
      python: laboratory.python,
      valkeyServer: laboratory.valkeyServer,
      options: { hadoop, fileSystem, nodeManagers, spark },
      processes: [sshd, ...daemons],
    },
    stop: async () => {
      await Promise.all([edge.stop(), cluster.stop()]);
    },
  };
}

/** When one of the two fails, the other must not be left running. */
async function bothOrNeither(
  starting: readonly [Promise<Edge>, Promise<Cluster>],
): Promise<[Edge, Cluster]> {
  const ends = await Promise.allSettled(starting);
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed) {
    for (const end of ends) if (end.status === 'fulfilled') await end.value.stop();
    throw failed.reason;
  }
  return Promise.all(starting);
}

const stateFile = (directory: string): string => join(directory, 'lab.json');

function readState(directory: string): LabState | null {
  if (!existsSync(stateFile(directory))) return null;
  return JSON.parse(readFileSync(stateFile(directory), 'utf8')) as LabState;
}

/** A lab that outlives this process, with the Hadoop everyone has. Harmless when it is already up with the same options. */
export async function labUp(options: LabOptions = {}): Promise<LabState> {
  const directory = options.directory ?? join(laboratory.folder, 'run');
  const running = readState(directory);
  if (running?.processes.every(isRunning)) {
    for (const [name, value] of Object.entries(running.options)) {
      const wanted = options[name as keyof LabOptions] ?? value;
      if (wanted !== value) {
        throw new Error(
          `The lab is up with ${name} ${value}, not ${wanted}. Type: conda-ferry lab down`,
        );
      }
    }
    return running;
  }
  await labDown(directory);
  const hadoop = options.hadoop ?? HADOOP_FOR_PEOPLE;
  const { state } = await startLab({ ...options, hadoop, directory, owner: 'nobody' });
  writeFileSync(stateFile(directory), `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  return state;
}

/** Ends what `labUp` started; true when there was something to end. */
export async function labDown(directory = join(laboratory.folder, 'run')): Promise<boolean> {
  const state = readState(directory);
  if (!state) return false;
  for (const each of state.processes) {
    if (each.name === 'sshd' && isRunning(each)) await stopEdge(each, join(directory, 'edge'));
  }
  await endProcesses(state.processes);
  endContainers(join(directory, 'cluster'));
  rmSync(stateFile(directory));
  return true;
}

export type LabStatus = { up: boolean; state: LabState | null; ended: string[] };

/** What is recorded, and which of its processes have ended since. */
export function labStatus(directory = join(laboratory.folder, 'run')): LabStatus {
  const state = readState(directory);
  const ended = (state?.processes ?? []).filter((each) => !isRunning(each)).map(({ name }) => name);
  return { up: state !== null && ended.length === 0, state, ended };
}

const USAGE = `Usage: node deploy/lab/lab.ts up [--hdfs] [--hadoop 3.5.0|3.3.6] [--nodes 1|2] [--spark VERSION] [--json]
       node deploy/lab/lab.ts down [--json]
       node deploy/lab/lab.ts status [--json]`;

function describe(state: LabState): string {
  return [
    `edge      ssh -F ${state.edge.sshConfigFile} edge`,
    `cluster   Hadoop ${state.cluster.hadoop}, ${state.cluster.nameNode ?? 'no HDFS'}, ${state.cluster.resourceManagerUrl}`,
    `Spark     ${state.sparkVersion} in ${state.sparkHome}`,
    `channel   ${state.channel}`,
    `details   ${stateFile(state.directory)}`,
  ].join('\n');
}

/** The `lab` sub-command; answers the exit code: 0 done, 1 the user's mistake, 2 a failure outside. */
export async function main(args: string[]): Promise<number> {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args);
  } catch (error) {
    return fail(args, { code: 'usage', message: (error as Error).message, suggestion: USAGE }, 1);
  }
  const { values, positionals } = parsed;
  const print = (text: string, json: unknown): void =>
    console.log(values.json ? JSON.stringify(json) : text);
  try {
    if (positionals[0] === 'up') {
      const state = await labUp(optionsOf(values));
      print(describe(state), state);
    } else if (positionals[0] === 'down') {
      const ended = await labDown();
      print(ended ? 'The lab is down.' : 'The lab was not up.', { ended });
    } else {
      const status = labStatus();
      const word = status.up ? 'The lab is up.' : 'The lab is not up.';
      const lost = status.ended.length > 0 ? ` Ended by itself: ${status.ended.join(', ')}.` : '';
      print(
        [word + lost, status.up && status.state ? describe(status.state) : ''].join('\n').trim(),
        status,
      );
      return status.up ? 0 : 2;
    }
    return 0;
  } catch (error) {
    const message = `lab: ${(error as Error).message}`;
    return fail(args, { code: 'lab-failed', message, suggestion: null }, 2);
  }
}

/** Says it where it is looked for, as every sub-command does; answers the exit code. */
function fail(
  args: readonly string[],
  error: { code: string; message: string; suggestion: string | null },
  exitCode: number,
): number {
  if (args.includes('--json')) console.log(JSON.stringify({ error }));
  else console.error([error.message, error.suggestion].filter(Boolean).join('\n'));
  return exitCode;
}

function parse(args: string[]) {
  const parsed = parseArgs({
    args,
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      hdfs: { type: 'boolean', default: false },
      hadoop: { type: 'string' },
      spark: { type: 'string' },
      nodes: { type: 'string' },
    },
  });
  const [command, ...more] = parsed.positionals;
  if (!['up', 'down', 'status'].includes(command ?? '') || more.length > 0) {
    throw new Error(`lab: say one of up, down, status.`);
  }
  const { hadoop, nodes } = parsed.values;
  if (hadoop !== undefined && hadoop !== '3.5.0' && hadoop !== '3.3.6') {
    throw new Error(`lab: there is no Hadoop ${hadoop} here, only 3.5.0 and 3.3.6.`);
  }
  if (nodes !== undefined && nodes !== '1' && nodes !== '2') {
    throw new Error(`lab: --nodes is 1 or 2, not ${nodes}.`);
  }
  return parsed;
}

function optionsOf(values: ReturnType<typeof parse>['values']): LabOptions {
  return {
    ...(values.hdfs && { fileSystem: 'hdfs' as const }),
    ...(values.hadoop && { hadoop: values.hadoop as HadoopVersion }),
    ...(values.spark && { spark: values.spark }),
    ...(values.nodes && { nodeManagers: Number(values.nodes) as 1 | 2 }),
  };
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
