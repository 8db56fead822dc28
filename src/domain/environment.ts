import type { Archive } from './archive.ts';
import type { ClusterProfile } from './cluster.ts';
import type { ClusterMode, Purpose, Tool } from './invocation/request.ts';
import type { Lock } from './lock.ts';
import type { Note } from './note.ts';
import type { BuildRequest, Layout, ProjectPin } from './request.ts';

/** A named, owned line of revisions. */
export interface Environment {
  name: string;
  owner: string;
  createdAt: number;
  revisions: Revision[];
}

/** One fingerprint in the history of an environment: `churn@3`. */
export interface Revision {
  number: number;
  fingerprint: string;
  buildId: string;
  request: BuildRequest;
  lock: Lock;
  projects: ProjectPin[];
  /** What its solve had to say; none on records of older versions. */
  notes: Note[];
  archive: Archive;
  imports: Record<string, string[]>;
  stagings: Staging[];
  verifications: Verification[];
  createdAt: number;
  createdBy: string;
}

/** An archive present and verified on an edge node (and in HDFS when the edge has it). */
export interface Staging {
  edge: string;
  /** What it is a staging of: `churn`, 3. */
  environment: string;
  revision: number;
  /** Absolute path of the archive on the edge node. */
  archivePath: string;
  /** `hdfs://…` address of the same bytes; null when the edge has no HDFS. */
  hdfs: string | null;
  /** Unpacked prefix on the edge node, for the driver in client mode. */
  driverPrefix: string;
  /** Folder everything lies under; the global layout's line runs here. */
  root: string;
  layout: Layout;
  /**
   * What executors see the archive as in each layout: `churn_zip`, and the edge's own name for all
   * environments, `MYGLOBALENV`. Under that name the edge has a folder with a link to each of them.
   */
  aliases: Readonly<Record<Layout, string>>;
  cluster: ClusterProfile;
  /** Variables that activation would set to paths of the prefix, relative to it. */
  activation: Record<string, string>;
  /** Variables that it would set to other values; records of older versions have none. */
  variables?: Record<string, string>;
  stagedAt: number;
}

/** How a line is started. What one form proves says nothing certain of another. */
export interface LineForm {
  purpose: Purpose;
  tool: Tool;
  mode: ClusterMode;
  layout: Layout;
}

/** Evidence returned by the executors themselves. */
export interface Verification {
  edge: string;
  /** The form that ran; records of older versions do not say. */
  form?: LineForm;
  at: number;
  outcome: 'proven' | 'smoke-tested' | 'failed';
  /** Why it is only smoke-tested, or why it failed; null when proven. */
  reason: string | null;
  /** The article's check: numpy's version on every executor; one element when all agree. */
  npv: string[];
  /** What the driver's Python said of itself; records of older versions and smoke tests have none. */
  driver?: DriverEvidence | null;
  executors: ExecutorEvidence[];
  seconds: number;
}

/** What one executor's Python said of itself. */
export interface ExecutorEvidence {
  host: string;
  executable: string;
  python: string;
  glibc: string | null;
  /** Package name → version found there. */
  packages: Record<string, string>;
  /** Where numpy was imported from; must lie under the alias. */
  numpyFile: string | null;
  /** Import name → reason it could not be imported. */
  failedImports: Record<string, string>;
  /** `sys.prefix`; it and `files` are missing in records of older versions. */
  prefix?: string;
  /** Module → the file or folder it comes from. */
  files?: Record<string, string>;
}

/** What the driver's Python said of itself. */
export interface DriverEvidence {
  host: string;
  executable: string;
  prefix: string;
  python: string;
  files: Record<string, string>;
}

/** What executors see the archive as in the layout it was staged for. */
export function aliasOf({ aliases, layout }: Pick<Staging, 'aliases' | 'layout'>): string {
  return aliases[layout];
}

export function latestRevision(environment: Environment): Revision | null {
  return environment.revisions.at(-1) ?? null;
}

/**
 * A name belongs to somebody once there is a revision of it. Before that the record only says who
 * tried first: the name is free whenever no build is at work on it.
 */
export function isOwned(environment: Environment): boolean {
  return environment.revisions.length > 0;
}

/** `churn@3` */
export function revisionLabel(name: string, number: number): string {
  return `${name}@${number}`;
}
