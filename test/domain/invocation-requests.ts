import type { InvocationRequest } from '../../src/domain/invocation.ts';

/** The request of the documentation: a YARN edge with everything known. */
export const CHURN = {
  environment: 'churn',
  revision: 3,
  layout: 'local',
  alias: 'churn_zip',
  archive: { path: '/srv/ferry/archives/ab12/churn.zip', hdfs: null },
  driverPrefix: '/srv/ferry/envs/churn/3',
  cluster: {
    manager: 'yarn',
    spark: '3.5.9',
    hadoop: '3.3.6',
    master: null,
    sparkHome: '/opt/spark',
  },
  tool: 'pyspark',
  mode: 'client',
  application: null,
  arguments: [],
  conf: {},
} as const satisfies InvocationRequest;

export const TGZ = { path: '/srv/ferry/archives/ab12/churn.tar.gz', hdfs: null };
export const KUBERNETES = {
  ...CHURN.cluster,
  manager: 'kubernetes',
  master: 'k8s://https://10.0.0.1:6443',
} as const;
export const STANDALONE = {
  ...CHURN.cluster,
  manager: 'standalone',
  master: 'spark://master:7077',
} as const;
