import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { laboratory } from '../laboratory.ts';
import { endWhere } from '../processes.ts';

/** What services of Spark have in common. */
export interface ServiceOptions {
  /** Logs, and what workers unpack; emptied at the start. */
  directory: string;
  /** Spark's version: its folder has to be in the lab. */
  spark: string;
}

/** SPARK_HOME of the version. Throws when the lab lacks it. */
export function sparkHomeOf(spark: string): string {
  const sparkHome = laboratory.sparkHome(spark);
  if (existsSync(sparkHome)) return sparkHome;
  throw new Error(`Spark ${spark} is not in ${sparkHome}. Type: sh deploy/lab/prepare test`);
}

/** An empty folder for one service. */
export function emptied(directory: string): string {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  return directory;
}

/** A server's variables: a node's PATH, not that of whoever started the lab. */
export function serviceEnvironment(sparkHome: string, directory: string): Record<string, string> {
  return {
    PATH: `${sparkHome}/bin:/usr/local/bin:/usr/bin:/bin`,
    LANG: 'C.UTF-8',
    HOME: directory,
    JAVA_HOME: laboratory.javaHome,
    SPARK_HOME: sparkHome,
    SPARK_LOCAL_IP: '127.0.0.1',
    SPARK_LOCAL_DIRS: join(directory, 'local'),
    SPARK_DAEMON_MEMORY: '256m',
    SPARK_DAEMON_JAVA_OPTS: '-XX:+UseSerialGC -XX:TieredStopAtLevel=1',
    // Executors and their Python workers inherit it, and are known by it when a service is gone.
    FERRY_SERVICE: directory,
  };
}

/** Ends what a service left: executors that outlive a killed worker, their Python workers, pods. */
export function endLeftovers(directory: string): void {
  endWhere((environment) => environment.includes(`FERRY_SERVICE=${directory}`));
}

/** How often this text is in a log; 0 while there is no log. */
export function timesInLog(logFile: string, text: string): number {
  return existsSync(logFile) ? readFileSync(logFile, 'utf8').split(text).length - 1 : 0;
}
