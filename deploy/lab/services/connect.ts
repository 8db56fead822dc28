import { join } from 'node:path';
import {
  accepts,
  endProcesses,
  freePorts,
  type LabProcess,
  startProcess,
  waitUntil,
} from '../processes.ts';
import {
  emptied,
  endLeftovers,
  type ServiceOptions,
  serviceEnvironment,
  sparkHomeOf,
} from './spark.ts';

export interface ConnectOptions extends ServiceOptions {
  /** Where the server's executors are: `spark://…` or `yarn`. */
  master: string;
  /** What this master needs besides, as its operator would set it. */
  settings?: Readonly<Record<string, string>>;
  /** Further variables, such as HADOOP_CONF_DIR. */
  environment?: Readonly<Record<string, string>>;
}

export interface Connect {
  /** `sc://127.0.0.1:PORT`. */
  remote: string;
  logFile: string;
  process: LabProcess;
  stop(): Promise<void>;
}

const SERVER = 'org.apache.spark.sql.connect.service.SparkConnectServer';

/**
 * A Spark Connect server of Spark 4, whose jar is among Spark's own, on a free port of 127.0.0.1
 * (Spark 3.5 has it apart and ignores the address to bind to). Resolves when it takes connections.
 */
export async function startConnect(options: ConnectOptions): Promise<Connect> {
  const sparkHome = sparkHomeOf(options.spark);
  const directory = emptied(options.directory);
  const [port] = (await freePorts(1)) as [number];
  const logFile = join(directory, 'connect.log');
  const settings = {
    'spark.driver.host': '127.0.0.1',
    'spark.executor.memory': '700m',
    'spark.executor.instances': '2',
    'spark.ui.enabled': 'false',
    'spark.connect.grpc.binding.address': '127.0.0.1',
    'spark.connect.grpc.binding.port': String(port),
    'spark.sql.warehouse.dir': join(directory, 'warehouse'),
    ...options.settings,
  };
  const process = await startProcess({
    ...{ name: 'connect', mark: SERVER, logFile, owner: 'parent' },
    command: join(sparkHome, 'bin/spark-submit'),
    args: [
      ...['--class', SERVER, '--master', options.master],
      ...Object.entries(settings).flatMap(([key, value]) => ['--conf', `${key}=${value}`]),
      'spark-internal',
    ],
    env: {
      ...serviceEnvironment(sparkHome, directory),
      // Spark's launcher gives this server a daemon's memory, before a driver's.
      SPARK_DAEMON_MEMORY: '700m',
      ...options.environment,
    },
  });
  const stop = async (): Promise<void> => {
    await endProcesses([process]);
    endLeftovers(directory);
  };
  try {
    await waitUntil(() => accepts(port), { process, logFile, seconds: 180 });
  } catch (error) {
    await stop();
    throw error;
  }
  return { remote: `sc://127.0.0.1:${port}`, logFile, process, stop };
}
