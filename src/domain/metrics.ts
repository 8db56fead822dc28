/** What is measured of bots and workers: each metric's name, what it says, and its labels. */

export interface Metric {
  kind: 'counter' | 'gauge' | 'histogram';
  /** A sentence for whoever looks at it. */
  help: string;
  /** Of few values each: never a person, an environment or a build. */
  labels: readonly string[];
  /**
   * `all`: of the whole installation, and the same from every process, so a dashboard takes the `max`.
   * `process`: of one process, so it takes the `sum`, or each by itself.
   */
  of: 'all' | 'process';
  /** Upper bounds of a histogram, in its unit. */
  buckets?: readonly number[];
}

/** From a step that finds what is there to a solve of a large environment, or a queue of hours. */
const WORK_SECONDS = [0.1, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 7200];
const QUICK_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30];

/** Names as Prometheus has them: base units, `_total` for what only grows. */
export const METRICS = {
  conda_ferry_info: {
    kind: 'gauge',
    help: 'Always 1: which version this process is of.',
    labels: ['version'],
    of: 'process',
  },
  conda_ferry_ready: {
    kind: 'gauge',
    help: 'Whether a part of this process is ready, as /readyz says: 1 or 0.',
    labels: ['part'],
    of: 'process',
  },
  conda_ferry_redis_round_trip_seconds: {
    kind: 'gauge',
    help: 'How long Redis took for a PING of this process; missing while it does not answer.',
    labels: [],
    of: 'process',
  },
  conda_ferry_queue_jobs: {
    kind: 'gauge',
    help: 'Jobs of a queue that wait, are at work, or are to be tried again after a pause.',
    labels: ['platform', 'queue', 'state'],
    of: 'all',
  },
  conda_ferry_queue_oldest_seconds: {
    kind: 'gauge',
    help: 'How long the job that waits for longest has waited; 0 where none waits.',
    labels: ['platform', 'queue'],
    of: 'all',
  },
  conda_ferry_workers: {
    kind: 'gauge',
    help: 'Workers that take builds, of each platform that an edge has.',
    labels: ['platform'],
    of: 'all',
  },
  conda_ferry_builds_open: {
    kind: 'gauge',
    help: 'Builds that wait, are at work or being verified, or of whose end somebody is yet to be told.',
    labels: [],
    of: 'all',
  },
  conda_ferry_environments: {
    kind: 'gauge',
    help: 'Environments that somebody owns: there, or let go.',
    labels: ['state'],
    of: 'all',
  },
  conda_ferry_revisions: {
    kind: 'gauge',
    help: 'Revisions that are known, let go or not.',
    labels: [],
    of: 'all',
  },
  conda_ferry_owners: {
    kind: 'gauge',
    help: 'People who have at least one environment that is there.',
    labels: [],
    of: 'all',
  },
  conda_ferry_owners_at_limit: {
    kind: 'gauge',
    help: 'Those of them who have as many as `quota.environments` allows; 0 without that limit.',
    labels: [],
    of: 'all',
  },
  conda_ferry_approvals_waiting: {
    kind: 'gauge',
    help: 'Requests that wait for others to approve them.',
    labels: [],
    of: 'all',
  },
  conda_ferry_notices_waiting: {
    kind: 'gauge',
    help: 'Messages that are owed to people and not sent yet.',
    labels: [],
    of: 'all',
  },
  conda_ferry_leader: {
    kind: 'gauge',
    help: 'Whether a bot tells of the builds: 1 or 0.',
    labels: [],
    of: 'all',
  },
  conda_ferry_edge_free_bytes: {
    kind: 'gauge',
    help: 'Free bytes where an edge has its environments, as of when something was last staged there.',
    labels: ['edge'],
    of: 'all',
  },
  conda_ferry_slack_calls_total: {
    kind: 'counter',
    help: 'Calls of the Web API of Slack; `busy` is 429.',
    labels: ['method', 'outcome'],
    of: 'process',
  },
  conda_ferry_slack_wait_seconds_total: {
    kind: 'counter',
    help: 'Seconds that Slack has told us to wait, added up over its answers 429.',
    labels: ['method'],
    of: 'process',
  },
  conda_ferry_acknowledge_seconds: {
    kind: 'histogram',
    help: 'From when a delivery of Slack is here until it is acknowledged; Slack waits 3 s.',
    labels: ['delivery'],
    of: 'process',
    buckets: QUICK_SECONDS,
  },
  conda_ferry_command_seconds: {
    kind: 'histogram',
    help: 'How long a command took, until there is an answer: done, refused or a defect.',
    labels: ['command', 'outcome'],
    of: 'process',
    buckets: QUICK_SECONDS,
  },
  conda_ferry_build_wait_seconds: {
    kind: 'histogram',
    help: 'From when a build is asked for until a worker begins it, or goes on with it.',
    labels: [],
    of: 'process',
    buckets: WORK_SECONDS,
  },
  conda_ferry_step_seconds: {
    kind: 'histogram',
    help: 'How long a step of a build took, by how it ended.',
    labels: ['step', 'outcome'],
    of: 'process',
    buckets: WORK_SECONDS,
  },
  conda_ferry_line_seconds: {
    kind: 'histogram',
    help: 'From when a build is asked for until people have the line of an edge.',
    labels: ['edge'],
    of: 'process',
    buckets: WORK_SECONDS,
  },
  conda_ferry_build_seconds: {
    kind: 'histogram',
    help: 'From when a build is asked for until it has ended.',
    labels: ['outcome'],
    of: 'process',
    buckets: WORK_SECONDS,
  },
  conda_ferry_builds_total: {
    kind: 'counter',
    help: 'Builds that have ended; `code` is that of the failure, `none` where there is none.',
    labels: ['outcome', 'code'],
    of: 'process',
  },
  conda_ferry_archives_total: {
    kind: 'counter',
    help: 'Archives of builds: packed, completed or assembled from known packages, or known from before.',
    labels: ['kind'],
    of: 'process',
  },
  conda_ferry_segments_total: {
    kind: 'counter',
    help: 'Segments of archives: known from before, or made anew.',
    labels: ['kind'],
    of: 'process',
  },
  conda_ferry_packed_bytes_total: {
    kind: 'counter',
    help: 'Bytes of archives that were put together, whatever of them was known.',
    labels: [],
    of: 'process',
  },
  conda_ferry_sent_bytes_total: {
    kind: 'counter',
    help: 'Bytes of archives that went to an edge: what it lacked, and what was sent again.',
    labels: ['edge'],
    of: 'process',
  },
  conda_ferry_staged_bytes_total: {
    kind: 'counter',
    help: 'Bytes of archives that came to be on an edge, whatever of them was there already.',
    labels: ['edge'],
    of: 'process',
  },
  conda_ferry_proofs_total: {
    kind: 'counter',
    help: 'Verifications on a cluster: proven, smoke-tested or failed.',
    labels: ['edge', 'outcome'],
    of: 'process',
  },
  conda_ferry_errand_seconds: {
    kind: 'histogram',
    help: 'How long a worker took for an errand that somebody waited for.',
    labels: ['kind', 'outcome'],
    of: 'process',
    buckets: QUICK_SECONDS,
  },
  conda_ferry_errands_total: {
    kind: 'counter',
    help: 'Errands that a worker has answered or failed at; `code` is that of the failure.',
    labels: ['outcome', 'code'],
    of: 'process',
  },
  conda_ferry_duties_failed_total: {
    kind: 'counter',
    help: 'Duties of workers that could not be done, and are tried again.',
    labels: ['duty'],
    of: 'process',
  },
  conda_ferry_build_host_free_bytes: {
    kind: 'gauge',
    help: 'Free bytes of the disk that holds the data folder of this process.',
    labels: [],
    of: 'process',
  },
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof METRICS;

/** A value for each label of a metric. */
export type Labels<Name extends MetricName> = Readonly<
  Record<(typeof METRICS)[Name]['labels'][number], string>
>;

type OfKind<Kind extends Metric['kind']> = {
  [Name in MetricName]: (typeof METRICS)[Name]['kind'] extends Kind ? Name : never;
}[MetricName];

/** Where what happens is counted. Nothing is ever thrown. */
export interface Meters {
  /** Adds to a counter; 1 where nothing is said. */
  count<Name extends OfKind<'counter'>>(name: Name, labels: Labels<Name>, by?: number): void;
  /** Puts a value into a histogram. */
  observe<Name extends OfKind<'histogram'>>(name: Name, labels: Labels<Name>, value: number): void;
  /** What a gauge shows from now on. */
  set<Name extends OfKind<'gauge'>>(name: Name, labels: Labels<Name>, value: number): void;
}

/** For processes that nobody watches. */
export const NO_METERS: Meters = { count() {}, observe() {}, set() {} };
