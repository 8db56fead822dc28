import { AGAIN, type FailureCause, line, rebuild, WITH_PROJECT } from './cause.ts';

/** The nodes the environment lands on. */
export const NODE_CAUSES: readonly FailureCause[] = [
  {
    id: 'glibc-or-arch',
    title: 'The environment was built for another system',
    cause:
      'The nodes have an older C library or another processor than the environment was built for. Seen: {subject}.',
    fix: "Build again with the glibc and architecture in the cluster's profile: the solver then picks packages the nodes can run.",
    command: rebuild(AGAIN),
    mend: AGAIN,
    explainedBy: [],
  },
  {
    id: 'egg-cache',
    title: 'Nodes have no writable cache folder',
    cause:
      'A package shipped as an egg has to be unpacked before its compiled parts can be loaded, and the home folder in a container is not writable.',
    fix: 'Build the package into the environment with --project instead of shipping an egg; {line} also sets PYTHON_EGG_CACHE=./.eggs.',
    command: rebuild(WITH_PROJECT),
    mend: WITH_PROJECT,
    explainedBy: [],
  },
  {
    id: 'no-space',
    title: 'A disk is full',
    cause:
      'A disk or quota has no room for the archive and its unpacked copy: on a node, the edge, in HDFS or on the build host.',
    fix: 'Free room where the evidence points, and remove revisions nobody uses.',
    command: (known) => `${known.bot} show ${known.environment}`,
    explainedBy: [],
  },
  {
    id: 'libhdfs',
    title: 'pyarrow cannot load libhdfs',
    cause:
      'The library is part of Hadoop on the nodes, not of the environment, and neither its folder nor the Java class path is set for Python workers.',
    fix: "Set ARROW_LIBHDFS_DIR and CLASSPATH (`hadoop classpath --glob`) for executors to the nodes' Hadoop.",
    command: (known) =>
      `${known.bot} run ${known.environment} spark-submit --conf spark.executorEnv.ARROW_LIBHDFS_DIR=/PATH/TO/hadoop/lib/native`,
    explainedBy: [],
  },
  {
    id: 'activate-d',
    title: 'Variables of the activated environment are not set',
    cause:
      'Packages such as GDAL and PROJ find their data through variables that `conda activate` sets, and nothing is activated on the nodes.',
    fix: 'Run with {line}, which sets what `activate.d` would, relative to the alias.',
    command: line,
    explainedBy: [],
  },
  {
    id: 'kerberos',
    title: 'No valid Kerberos ticket',
    cause:
      'Hadoop refused the connection: the ticket or delegation token is missing or has expired.',
    fix: 'Get a ticket on the edge and run the line again; jobs longer than the ticket need --principal and --keytab.',
    command: () => 'kinit && klist -s',
    explainedBy: [],
  },
];
