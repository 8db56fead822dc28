import { join } from 'node:path';
import { endProcesses, freePorts, type LabProcess, startProcess, waitUntil } from '../processes.ts';
import {
  emptied,
  endLeftovers,
  type ServiceOptions,
  serviceEnvironment,
  sparkHomeOf,
  timesInLog,
} from './spark.ts';

export interface Standalone {
  /** `spark://127.0.0.1:PORT`. */
  master: string;
  sparkHome: string;
  /** Where the workers unpack: one folder an application and executor under each. */
  workerFolders: readonly string[];
  processes: LabProcess[];
  stop(): Promise<void>;
}

const WORKERS = ['worker1', 'worker2'];
/** One core and this much a worker: room for one executor, so that an application gets two. */
const WORKER_MEMORY = '1g';

/**
 * Spark's own cluster: one master and two workers on free ports of 127.0.0.1. Resolves when the
 * master has registered both.
 */
export async function startStandalone(options: ServiceOptions): Promise<Standalone> {
  const sparkHome = sparkHomeOf(options.spark);
  const directory = emptied(options.directory);
  const [port, ...webPorts] = (await freePorts(2 + WORKERS.length)) as [number, ...number[]];
  const master = `spark://127.0.0.1:${port}`;
  const processes: LabProcess[] = [];
  const start = async (name: string, main: string, args: string[]) => {
    const logFile = join(directory, `${name}.log`);
    const process = await startProcess({
      // spark-class becomes Java under the same number, and both are called with the class.
      ...{ name, mark: main, logFile, owner: 'parent' },
      command: join(sparkHome, 'bin/spark-class'),
      args: [main, '--host', '127.0.0.1', '--webui-port', String(webPorts.shift()), ...args],
      env: serviceEnvironment(sparkHome, directory),
    });
    processes.push(process);
    return { process, logFile, seconds: 180 };
  };
  const stop = async (): Promise<void> => {
    await endProcesses(processes);
    endLeftovers(directory);
  };
  try {
    const ready = await start('master', 'org.apache.spark.deploy.master.Master', [
      ...['--port', String(port)],
    ]);
    await waitUntil(() => timesInLog(ready.logFile, 'I have been elected leader') > 0, ready);
    for (const name of WORKERS) {
      await start(name, 'org.apache.spark.deploy.worker.Worker', [
        ...['-c', '1', '-m', WORKER_MEMORY, '-d', join(directory, name)],
        master,
      ]);
    }
    const registered = () => timesInLog(ready.logFile, 'Registering worker ');
    await waitUntil(() => registered() >= WORKERS.length, ready);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    master,
    sparkHome,
    workerFolders: WORKERS.map((name) => join(directory, name)),
    processes,
    stop,
  };
}
