import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { laboratory } from '../laboratory.ts';
import {
  endProcesses,
  endWhere,
  freePorts,
  type LabProcess,
  type Owner,
  startProcess,
  waitUntil,
} from '../processes.ts';
import { clusterSites, nodeManagerSite, type Ports, writeSites } from './sites.ts';

/** 3.5.0 is what the demo uses; 3.3.6 is the line most clusters still run. */
export type HadoopVersion = '3.5.0' | '3.3.6';

export interface ClusterOptions {
  /** Configuration, logs, HDFS blocks and what containers unpack; emptied at the start. */
  directory: string;
  hadoop?: HadoopVersion;
  /** The cluster's default file system: HDFS, or this machine's own. */
  fileSystem?: 'file' | 'hdfs';
  nodeManagers?: 1 | 2;
  owner?: Owner;
}

/** What a client's configuration needs. */
export interface ClusterAddress {
  hadoop: HadoopVersion;
  /** For HADOOP_CONF_DIR on the edge. */
  hadoopConfDir: string;
  resourceManagerUrl: string;
  /** `hdfs://127.0.0.1:PORT`, or null without HDFS. */
  nameNode: string | null;
}

export interface Cluster extends ClusterAddress {
  processes: LabProcess[];
  stop(): Promise<void>;
}

const JVM_OPTIONS = [
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Xshare:auto',
  '-Djava.net.preferIPv4Stack=true',
  // Without libhadoop a NodeManager runs `chmod` once per localized file. vfork takes 1.9 ms for that
  // instead of the default's 3.5 (measured, 2 cores): 9 s instead of 17 for an environment of 5,000.
  '-Djdk.lang.Process.launchMechanism=VFORK',
  ...['lang', 'util', 'net', 'io'].map((name) => `--add-opens=java.base/java.${name}=ALL-UNNAMED`),
];

/** Main class and heap of each kind of daemon. */
const DAEMONS = {
  namenode: { main: 'org.apache.hadoop.hdfs.server.namenode.NameNode', heap: '192m' },
  datanode: { main: 'org.apache.hadoop.hdfs.server.datanode.DataNode', heap: '192m' },
  resourcemanager: {
    main: 'org.apache.hadoop.yarn.server.resourcemanager.ResourceManager',
    heap: '256m',
  },
  nodemanager: { main: 'org.apache.hadoop.yarn.server.nodemanager.NodeManager', heap: '256m' },
} as const;

/**
 * A real YARN cluster (and HDFS) on this machine, one JVM per daemon, on free ports of 127.0.0.1.
 * Resolves when every NodeManager is RUNNING and, with HDFS, a DataNode is live.
 */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { directory, hadoop = '3.5.0', fileSystem = 'file', nodeManagers = 1 } = options;
  const owner = options.owner ?? 'parent';
  const jars = laboratory.hadoopJars(hadoop);
  if (!existsSync(jars)) {
    throw new Error(`Hadoop ${hadoop} is not in ${jars}. Type: sh deploy/lab/prepare test`);
  }
  endContainers(directory); // of a cluster here that was killed
  rmSync(directory, { recursive: true, force: true });
  const ports = await choosePorts();
  const sites = clusterSites({ directory, ports, fileSystem });
  const hadoopConfDir = join(directory, 'conf');
  writeSites(hadoopConfDir, sites);
  mkdirSync(join(directory, 'logs'));

  const processes: LabProcess[] = [];
  const start = async (kind: keyof typeof DAEMONS, name: string, conf: string) => {
    const logFile = join(directory, 'logs', `${name}.log`);
    const { main, heap } = DAEMONS[kind];
    const daemon = await startProcess({
      name,
      command: join(laboratory.javaHome, 'bin/java'),
      args: [...javaArguments(hadoop, conf, heap), `-Dferry.daemon=${directory}/${name}`, main],
      env: javaEnvironment(conf, join(directory, 'logs')),
      logFile,
      mark: `-Dferry.daemon=${directory}/${name}`,
      owner,
    });
    processes.push(daemon);
    return { process: daemon, logFile, seconds: 180 };
  };

  const startYarn = async (): Promise<void> => {
    const names = Array.from({ length: nodeManagers }, (_, index) => `nodemanager${index + 1}`);
    const resourceManager = await start('resourcemanager', 'resourcemanager', hadoopConfDir);
    for (const name of names) {
      const conf = join(directory, name, 'conf');
      writeSites(conf, {
        ...sites,
        'yarn-site': { ...sites['yarn-site'], ...nodeManagerSite(join(directory, name)) },
      });
      await start('nodemanager', name, conf);
    }
    // From the log: the REST interface of the shaded 3.3 jar answers 500.
    const running = (): number =>
      readFileSync(resourceManager.logFile, 'utf8').split('Node Transitioned from NEW to RUNNING')
        .length - 1;
    await waitUntil(() => running() >= nodeManagers, resourceManager);
  };

  const startHdfs = async (): Promise<void> => {
    await formatNameNode(hadoop, hadoopConfDir);
    const nameNode = await start('namenode', 'namenode', hadoopConfDir);
    await start('datanode', 'datanode', hadoopConfDir);
    await waitUntil(() => hasLiveDataNode(ports.nameNodeHttp), nameNode);
  };

  const stop = async (): Promise<void> => {
    await endProcesses(processes);
    endContainers(directory);
  };
  try {
    await Promise.all([startYarn(), fileSystem === 'hdfs' && startHdfs()]);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    hadoop,
    hadoopConfDir,
    resourceManagerUrl: `http://127.0.0.1:${ports.resourceManagerHttp}`,
    nameNode: fileSystem === 'hdfs' ? `hdfs://127.0.0.1:${ports.nameNode}` : null,
    processes,
    stop,
  };
}

/** Ends what runs in the containers of a cluster that is itself gone. */
export function endContainers(directory: string): void {
  endWhere((environment) =>
    environment.some((each) => each.startsWith(`LOCAL_DIRS=${directory}/`)),
  );
}

/**
 * Writes the `hdfs`, `hadoop` and `yarn` commands that an edge node has into `directory`. They are
 * the same Java classes as the distribution's, started from the cluster's jars.
 */
export function writeHadoopCommands(
  directory: string,
  cluster: Pick<ClusterAddress, 'hadoop' | 'hadoopConfDir'>,
): void {
  mkdirSync(directory, { recursive: true });
  const java = [
    join(laboratory.javaHome, 'bin/java'),
    ...javaArguments(cluster.hadoop, '$conf', '192m'),
  ];
  const client = 'org.apache.hadoop.yarn.client.cli';
  const script = `#!/bin/sh
# The Hadoop commands of the lab's edge node: those a person or a program needs there.
conf=\${HADOOP_CONF_DIR:-${cluster.hadoopConfDir}}
name=$(basename "$0")
sub=\${1:-}
[ $# -gt 0 ] && shift
case "$name $sub" in
  'hdfs dfs' | 'hadoop fs' | 'hadoop dfs') set -- org.apache.hadoop.fs.FsShell "$@" ;;
  'hdfs getconf') set -- org.apache.hadoop.hdfs.tools.GetConf "$@" ;;
  'hdfs dfsadmin') set -- org.apache.hadoop.hdfs.tools.DFSAdmin "$@" ;;
  'yarn application' | 'yarn app') set -- ${client}.ApplicationCLI "$sub" "$@" ;;
  'yarn node') set -- ${client}.NodeCLI "$@" ;;
  *' version') set -- org.apache.hadoop.util.VersionInfo ;;
  *' classpath') echo "$conf:${laboratory.hadoopJars(cluster.hadoop)}/*"; exit 0 ;;
  *) echo "$name: the lab's edge node has no '$sub' command" >&2; exit 1 ;;
esac
exec ${java.map((word) => `"${word}"`).join(' ')} "$@"
`;
  for (const name of ['hdfs', 'hadoop', 'yarn']) {
    writeFileSync(join(directory, name), script, { mode: 0o755 });
  }
}

function javaArguments(hadoop: HadoopVersion, conf: string, heap: string): string[] {
  const jars = laboratory.hadoopJars(hadoop);
  return [
    `-Xmx${heap}`,
    ...JVM_OPTIONS,
    `-Djava.library.path=${join(jars, 'native')}`,
    '-cp',
    `${conf}:${jars}/*`,
  ];
}

/** The PATH is a node's, not that of whoever started the lab: containers inherit it. */
function javaEnvironment(conf: string, logs: string): NodeJS.ProcessEnv {
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    LANG: 'C.UTF-8',
    JAVA_HOME: laboratory.javaHome,
    HADOOP_CONF_DIR: conf,
    YARN_CONF_DIR: conf,
    HADOOP_LOG_DIR: logs,
  };
}

async function formatNameNode(hadoop: HadoopVersion, conf: string): Promise<void> {
  await promisify(execFile)(
    join(laboratory.javaHome, 'bin/java'),
    [
      ...javaArguments(hadoop, conf, '192m'),
      ...[DAEMONS.namenode.main, '-format', '-force', '-nonInteractive'],
    ],
    { env: javaEnvironment(conf, conf) },
  );
}

async function hasLiveDataNode(port: number): Promise<boolean> {
  try {
    const query = 'qry=Hadoop:service=NameNode,name=FSNamesystemState';
    const answer = await fetch(`http://127.0.0.1:${port}/jmx?${query}`);
    const { beans } = (await answer.json()) as { beans: { NumLiveDataNodes: number }[] };
    return (beans[0]?.NumLiveDataNodes ?? 0) > 0;
  } catch {
    return false; // not listening yet
  }
}

async function choosePorts(): Promise<Ports> {
  const [nameNode, nameNodeHttp, resourceManager, scheduler, resourceTracker, admin, web] =
    (await freePorts(7)) as [number, number, number, number, number, number, number];
  return {
    ...{ nameNode, nameNodeHttp, resourceManager, scheduler, resourceTracker, admin },
    resourceManagerHttp: web,
  };
}
