import { mkdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';

/** Ports that clients or other daemons must know; daemons choose the rest themselves. */
export interface Ports {
  nameNode: number;
  nameNodeHttp: number;
  resourceManager: number;
  scheduler: number;
  resourceTracker: number;
  admin: number;
  resourceManagerHttp: number;
}

type Properties = Record<string, string | number | boolean>;

/** The configuration files of a Hadoop folder, by name without `.xml`. */
export type Sites = Record<
  'core-site' | 'hdfs-site' | 'yarn-site' | 'capacity-scheduler',
  Properties
>;

/** What every daemon and every client of one cluster agrees on. */
export function clusterSites(options: {
  directory: string;
  ports: Ports;
  fileSystem: 'file' | 'hdfs';
}): Sites {
  const { directory, ports, fileSystem } = options;
  const at = (port: number): string => `127.0.0.1:${port}`;
  const anyPort = '127.0.0.1:0';
  return {
    'core-site': {
      'fs.defaultFS': fileSystem === 'hdfs' ? `hdfs://${at(ports.nameNode)}` : 'file:///',
      'hadoop.tmp.dir': join(directory, 'tmp'),
      // Daemons start together and look for each other; by default they look once a second, and
      // NodeManagers that have not found the ResourceManager after ten times once in 30 seconds.
      'ipc.client.connect.retry.interval': 100,
      'ipc.client.connect.max.retries': 100,
      'hadoop.http.staticuser.user': userInfo().username,
    },
    'hdfs-site': {
      'dfs.replication': 1,
      'dfs.namenode.name.dir': `file://${directory}/namenode`,
      'dfs.datanode.data.dir': `file://${directory}/datanode`,
      'dfs.namenode.rpc-address': at(ports.nameNode),
      'dfs.namenode.http-address': at(ports.nameNodeHttp),
      'dfs.datanode.address': anyPort,
      'dfs.datanode.ipc.address': anyPort,
      'dfs.datanode.http.address': anyPort,
      'dfs.datanode.hostname': '127.0.0.1',
      'dfs.namenode.datanode.registration.ip-hostname-check': false,
      'dfs.namenode.safemode.extension': 0,
      'dfs.namenode.edits.noeditlogchannelflush': true, // no fsync: the data is thrown away
      'dfs.heartbeat.interval': 1,
    },
    'yarn-site': {
      'yarn.resourcemanager.hostname': '127.0.0.1',
      'yarn.resourcemanager.address': at(ports.resourceManager),
      'yarn.resourcemanager.scheduler.address': at(ports.scheduler),
      'yarn.resourcemanager.resource-tracker.address': at(ports.resourceTracker),
      'yarn.resourcemanager.admin.address': at(ports.admin),
      'yarn.resourcemanager.webapp.address': at(ports.resourceManagerHttp),
      'yarn.resourcemanager.connect.retry-interval.ms': 500,
      'yarn.resourcemanager.am.max-attempts': 1,
      // By default both are in /tmp, one for all clusters of a user: they would trip over each other.
      'yarn.node-attribute.fs-store.root-dir': `file://${directory}/node-attribute`,
      'yarn.node-labels.fs-store.root-dir': `file://${directory}/node-labels`,
      // Containers are given out on a heartbeat, so this is how long each of them waits.
      'yarn.resourcemanager.nodemanagers.heartbeat-interval-ms': 100,
      'yarn.scheduler.minimum-allocation-mb': 128,
      // Room for a driver of 5 GB (edge/spark.ts) and two executors: promised, not taken.
      'yarn.scheduler.maximum-allocation-mb': 10240,
      'yarn.nodemanager.resource.memory-mb': 10240,
      'yarn.nodemanager.resource.cpu-vcores': 8,
      'yarn.nodemanager.vmem-check-enabled': false,
      'yarn.nodemanager.pmem-check-enabled': false,
      'yarn.nodemanager.disk-health-checker.enable': false,
      'yarn.nodemanager.env-whitelist': 'JAVA_HOME,PATH,LANG',
      'yarn.timeline-service.enabled': false,
    },
    'capacity-scheduler': {
      'yarn.scheduler.capacity.root.queues': 'default',
      'yarn.scheduler.capacity.root.default.capacity': 100,
      'yarn.scheduler.capacity.root.default.user-limit-factor': 10,
      'yarn.scheduler.capacity.maximum-am-resource-percent': 0.9,
    },
  };
}

/** What one NodeManager adds to `yarn-site`; its folders are under `directory`. */
export function nodeManagerSite(directory: string): Properties {
  const anyPort = '127.0.0.1:0';
  return {
    'yarn.nodemanager.hostname': '127.0.0.1',
    'yarn.nodemanager.address': anyPort,
    'yarn.nodemanager.localizer.address': anyPort,
    'yarn.nodemanager.webapp.address': anyPort,
    'yarn.nodemanager.collector-service.address': anyPort,
    'yarn.nodemanager.local-dirs': join(directory, 'local'),
    'yarn.nodemanager.log-dirs': join(directory, 'logs'),
  };
}

/** INFO for YARN, because a container's life can only be read from there; else warnings. */
const LOG4J = `log4j.rootLogger=WARN,console
log4j.logger.org.apache.hadoop.yarn.server=INFO
log4j.appender.console=org.apache.log4j.ConsoleAppender
log4j.appender.console.target=System.err
log4j.appender.console.layout=org.apache.log4j.PatternLayout
log4j.appender.console.layout.ConversionPattern=%d{ISO8601} %p %c{2}: %m%n
`;

/** Writes a Hadoop configuration folder. */
export function writeSites(folder: string, sites: Sites): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, properties] of Object.entries(sites)) {
    const lines = Object.entries(properties).map(
      ([key, value]) =>
        `  <property><name>${key}</name><value>${escapeXml(String(value))}</value></property>\n`,
    );
    writeFileSync(
      join(folder, `${name}.xml`),
      `<configuration>\n${lines.join('')}</configuration>\n`,
    );
  }
  writeFileSync(join(folder, 'log4j.properties'), LOG4J);
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
