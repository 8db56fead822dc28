import type { Manager } from '../cluster.ts';
import { printable } from '../names.ts';
import { isRemote, type Unpacker } from './archive.ts';
import { refuse } from './refusal.ts';
import type { CheckedRequest, ClusterMode } from './request.ts';
import { below, versionOf } from './version.ts';

/** What differs between cluster managers; everything else in a line is the same for all. */
export interface ManagerRules {
  name: string;
  unpacker: Unpacker;
  /** Spark's setting behind `--archives`. */
  archivesSetting: 'spark.yarn.dist.archives' | 'spark.archives';
  /** Where the driver's variables go in cluster mode. */
  driverVariables: string | null;
  /** `--master`, or a refusal. */
  master: (request: CheckedRequest) => string;
  /** Throws when this manager cannot run this request. */
  check: (request: CheckedRequest, archive: string) => void;
}

export const MANAGERS: Readonly<Record<Manager, ManagerRules>> = {
  yarn: {
    name: 'YARN',
    unpacker: 'yarn',
    archivesSetting: 'spark.yarn.dist.archives',
    driverVariables: 'spark.yarn.appMasterEnv',
    master: (request) => {
      const { master } = request.cluster;
      if (master === null || master === 'yarn' || Object.hasOwn(OLD_MASTERS, master)) return 'yarn';
      return wrongMaster(request, '`yarn`, or null');
    },
    check: () => {},
  },
  kubernetes: {
    name: 'Kubernetes',
    unpacker: 'spark',
    archivesSetting: 'spark.archives',
    driverVariables: 'spark.kubernetes.driverEnv',
    master: masterLike(/^k8s:\/\/\S+$/, '`k8s://https://HOST:PORT`'),
    check: (request, archive) => {
      checkArchivesOption(request);
      if (request.mode === 'client') return;
      const uploads = Object.hasOwn(request.conf, 'spark.kubernetes.file.upload.path');
      if (!isRemote(archive) && !uploads) {
        refuse(
          'archive-unreachable',
          `In cluster mode the driver runs in a pod, which cannot read \`${printable(archive)}\` on the edge.`,
          'Stage the archive into HDFS or object storage, or set `spark.kubernetes.file.upload.path` in `conf`.',
        );
      }
      const { application } = request;
      if (application !== null && !uploads && !/^[a-z][a-z0-9+.-]*:\//.test(application)) {
        refuse(
          'application-unreachable',
          `In cluster mode the driver runs in a pod, which cannot read \`${printable(application)}\` on the edge.`,
          'Give the application as a URL (`hdfs://…`, `s3a://…`, `local:///…` inside the image), or set `spark.kubernetes.file.upload.path` in `conf`.',
        );
      }
    },
  },
  standalone: {
    name: 'a standalone cluster',
    unpacker: 'spark',
    archivesSetting: 'spark.archives',
    driverVariables: null,
    master: masterLike(/^spark:\/\/[^\s,]+:\d+(,[^\s,]+:\d+)*$/, '`spark://HOST:PORT`'),
    check: (request) => {
      checkArchivesOption(request);
      clientOnly(
        request,
        'Spark has no cluster mode for Python applications on standalone clusters',
      );
    },
  },
  'local-cluster': {
    name: 'a local cluster',
    unpacker: 'spark',
    archivesSetting: 'spark.archives',
    driverVariables: null,
    master: masterLike(/^local-cluster\[ *\d+ *, *\d+ *, *\d+ *\]$/, '`local-cluster[2,1,1024]`'),
    check: (request) => {
      checkArchivesOption(request);
      clientOnly(request, 'a local cluster lives inside the driver, on the edge');
    },
  },
};

/** Masters that carried the deploy mode until Spark 2, as the article writes them. */
export const OLD_MASTERS: Readonly<Record<string, ClusterMode>> = {
  'yarn-client': 'client',
  'yarn-cluster': 'cluster',
};

function masterLike(pattern: RegExp, example: string): (request: CheckedRequest) => string {
  return (request) => {
    const { master } = request.cluster;
    return master !== null && pattern.test(master) ? master : wrongMaster(request, example);
  };
}

function wrongMaster(request: CheckedRequest, example: string): never {
  const { manager, master } = request.cluster;
  return refuse(
    master === null ? 'master-required' : 'bad-master',
    master === null
      ? `${MANAGERS[manager].name} needs the master's address, and the profile has none.`
      : `\`${printable(master)}\` is not a master of ${MANAGERS[manager].name}.`,
    `Set \`cluster.master\` to ${example}.`,
  );
}

/** `--archives` off YARN came with Spark 3.1 (SPARK-33530); before, it was silently ignored. */
function checkArchivesOption(request: CheckedRequest): void {
  if (!below(versionOf(request.cluster.spark), 3, 1)) return;
  refuse(
    'archives-unsupported',
    `Spark ${request.cluster.spark} ignores --archives on ${MANAGERS[request.cluster.manager].name}: only YARN had it before Spark 3.1.`,
    'Use YARN, or Spark 3.1 or later.',
  );
}

function clientOnly(request: CheckedRequest, reason: string): void {
  if (request.mode === 'client') return;
  refuse('mode-unsupported', `Cluster mode cannot work: ${reason}.`, 'Use `--mode client`.');
}
