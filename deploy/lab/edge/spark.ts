import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A short life on two cores: no second compiler, one collector thread. */
const SHORT_LIVED = '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC';

/**
 * The edge's Spark configuration (SPARK_CONF_DIR), tuned so that a job starts soon on a small machine.
 * It holds what an administrator would set and nothing that an invocation sets.
 */
export function writeSparkConf(options: {
  /** Folder to write spark-defaults.conf and log4j2.properties into. */
  folder: string;
  sparkHome: string;
  /** The warehouse, and the staging folder of a cluster without HDFS. */
  scratch: string;
  hdfs: boolean;
}): void {
  const { folder, sparkHome, scratch, hdfs } = options;
  const properties: Record<string, string> = {
    // Nodes have Spark at the same place: 300 MB of jars are neither uploaded nor localized per job.
    'spark.yarn.jars': `local:${sparkHome}/jars/*`,
    'spark.executor.instances': '2',
    'spark.executor.cores': '1',
    'spark.executor.memory': '1536m',
    // The article ships a million rows of a hundred columns from the driver: 0.9 GB as pickles, held
    // in the JVM as the partitions and once more as the tasks on their way.
    'spark.driver.memory': '5g',
    // A partition of it is one task of up to 144 MB; Spark's own bound is 128.
    'spark.rpc.message.maxSize': '512',
    'spark.yarn.am.memory': '512m',
    'spark.driver.host': '127.0.0.1',
    'spark.executorEnv.SPARK_LOCAL_IP': '127.0.0.1',
    'spark.yarn.appMasterEnv.SPARK_LOCAL_IP': '127.0.0.1',
    'spark.driver.defaultJavaOptions': SHORT_LIVED,
    'spark.executor.defaultJavaOptions': SHORT_LIVED,
    'spark.ui.enabled': 'false',
    'spark.ui.showConsoleProgress': 'false',
    'spark.sql.warehouse.dir': join(scratch, 'warehouse'),
    'spark.yarn.report.interval': '250ms',
  };
  if (!hdfs) properties['spark.yarn.stagingDir'] = `file://${join(scratch, 'staging')}`;
  mkdirSync(folder, { recursive: true });
  mkdirSync(join(scratch, 'staging'), { recursive: true });
  const lines = Object.entries(properties).map(([key, value]) => `${key} ${value}\n`);
  writeFileSync(join(folder, 'spark-defaults.conf'), lines.join(''));
  writeFileSync(join(folder, 'log4j2.properties'), LOG4J2);
}

const LOG4J2 = `rootLogger.level = warn
rootLogger.appenderRef.stderr.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{yy/MM/dd HH:mm:ss} %p %c{1}: %m%n%ex
logger.native.name = org.apache.hadoop.util.NativeCodeLoader
logger.native.level = error
`;
