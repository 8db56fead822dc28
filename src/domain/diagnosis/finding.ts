import type { Versions } from './versions.ts';

/** The causes of failures this product knows, by the name shown in documents. */
export const FAILURE_IDS = [
  'exec-bit-lost',
  'interpreter-not-found',
  'archive-missing',
  'archive-not-unpacked',
  'archive-content-mismatch',
  'python-version-mismatch',
  'module-missing-on-executor',
  'spark-home-missing',
  'zip-symlink-hang',
  'zip-data-descriptor',
  'zip-unsupported-feature',
  'plain-tar-off-yarn',
  'conda-files-clobbered',
  'editable-package',
  'dangling-link',
  'glibc-or-arch',
  'numpy-abi',
  'egg-cache',
  'egg-shadows-package',
  'pythonhome-leak',
  'prefix-hardcoded',
  'archive-overwritten',
  'no-space',
  'libhdfs',
  'activate-d',
  'kerberos',
  'staged-unreadable',
  'package-unsupported-by-spark',
  'python-unsupported-by-spark',
  'module-missing-on-driver',
  'spark-version-differs',
  'java-unsupported',
  'python-worker-crash',
  'package-version-differs',
  'upload-path-missing',
  'standalone-cluster-python',
  'archive-scheme-unsupported',
  'livy-local-path',
  'config-too-late',
  'cache-not-writable',
  'library-shadowed',
  'hdfs-home-missing',
  'ca-bundle-missing',
  'locale-ascii',
  'mkl-openmp-conflict',
  'noexec-mount',
  'module-shadowed',
  'hash-seed-missing',
  'python-worker-no-connect',
  'connect-server-without-python',
] as const;

export type FailureId = (typeof FAILURE_IDS)[number];

/** One line of the given text. */
export interface Evidence {
  /** From 1. */
  line: number;
  /** Trimmed, at most 300 characters, secrets taken out. */
  text: string;
}

/** A module that one side does not have. */
export interface MissingModule {
  /** As Python or Spark names it: `sklearn.linear_model`, `PyArrow`. */
  module: string;
  /** The conda packages that have it, likeliest first; empty when it is nobody's, so one's own. */
  packages: readonly string[];
}

/** What the next revision of an environment needs to be otherwise. */
export interface Mend {
  /** Packages it needs, in these versions: `pandas>=1.0.5,<2.0`. */
  specs?: readonly string[];
  /** Packages it must not have. */
  without?: readonly string[];
  format?: 'tar.gz';
  /** The person's own code, which only they can name. */
  project?: boolean;
}

/** A cause that the text shows. */
export interface Finding {
  id: FailureId;
  title: string;
  /** From 0 to 1: how sure the wording makes us. */
  confidence: number;
  evidence: Evidence[];
  cause: string;
  fix: string;
  /** What to type: a line to paste, or a command of the bot. */
  command: string;
  /** Of the causes about modules: the one that is missing. */
  missing?: MissingModule;
  /** Where another build can mend it: what that needs to be. */
  mend?: Mend;
  /** What the evidence names, and the versions the log does: enough to word the fix for one environment. */
  subject?: string | null;
  versions?: Versions;
}
