import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import type { LabState } from './lab.ts';
import { OPERATOR } from './slack/index.ts';

/** What may differ between the demo and tests. */
export interface LabConfiguration {
  /** Where bot and worker keep their data. */
  dataDirectory: string;
  /** Staging root on the edge node. */
  root: string;
  /** `…/api/` of the emulated Slack. */
  slackApiUrl: string;
  mode?: 'socket' | 'http';
  engine?: 'auto' | 'conda' | 'rattler';
  hdfs?: boolean;
  logFile?: string | null;
  overrides?: Record<string, unknown>;
}

/** The configuration an operator would write for this lab, as `conda-ferry.yaml` holds it. */
export function labConfiguration(state: LabState, options: LabConfiguration) {
  return {
    slack: {
      mode: options.mode ?? 'socket',
      apiUrl: options.slackApiUrl,
      port: 0,
      operators: [OPERATOR],
    },
    dataDirectory: options.dataDirectory,
    engine: options.engine ?? 'auto',
    python: state.python,
    channels: [{ name: 'lab', url: state.channel, default: true }],
    edges: [
      {
        name: 'edge',
        host: state.edge.host,
        port: state.edge.port,
        user: state.edge.user,
        privateKeyFile: state.edge.privateKeyFile,
        hostKey: state.edge.hostKey,
        root: options.root,
        hdfs: options.hdfs ? '/envs' : null,
        // What a real edge node has in /etc/profile.d, which a lab must not write.
        env: {
          PATH: `${state.sparkHome}/bin:${join(state.directory, 'edge', 'bin')}:/usr/local/bin:/usr/bin:/bin`,
          JAVA_HOME: state.javaHome,
          HADOOP_CONF_DIR: state.cluster.hadoopConfDir,
          SPARK_CONF_DIR: join(state.directory, 'edge', 'spark-conf'),
          SPARK_LOCAL_IP: '127.0.0.1',
        },
        cluster: {
          manager: 'yarn',
          spark: state.sparkVersion,
          hadoop: state.cluster.hadoop,
          sparkHome: state.sparkHome,
        },
      },
    ],
    verify: { timeoutSeconds: 300, executors: 2 },
    log: { level: 'info', file: options.logFile ?? null },
    ...options.overrides,
  };
}

/** Writes the configuration where `conda-ferry --config` reads it. */
export async function writeConfiguration(
  file: string,
  state: LabState,
  options: LabConfiguration,
): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, stringify(labConfiguration(state, options)));
}
