/** What is done on an edge node. */
import type { Archive, ArchiveSegment } from '../archive.ts';
import type { ClusterProfile } from '../cluster.ts';
import type { Staging, StagingPlace } from '../environment.ts';
import type { Papers, RecordPapers } from '../manifest.ts';
import type { Pointers } from '../reference.ts';
import type { Layout } from '../request.ts';
import type { Application } from '../use.ts';
import type { GrowingArchive, SentAhead } from './packer.ts';
import type { EdgeReporting, Progress } from './progress.ts';

/** An edge node. Errors: `edge-unreachable`, `host-key-mismatch`, `edge-denied`, `disk-full`, `upload-corrupt`. */
export interface Edge {
  readonly name: string;
  /** Does ahead what a staging begins with, as far as it can be done; never rejects. */
  expect(signal: AbortSignal): Promise<void>;
  /** The cluster's facts: configured ones win, the rest is asked of the host and remembered. */
  profile(reporting: EdgeReporting): Promise<ClusterProfile>;
  /**
   * Sends what is final of an archive that is still being written, for `stage` to go on from; nothing of
   * it is published. An edge that cannot be had, or has no room, is sent less: staging says why.
   * Rejects when it is stopped; what has arrived then goes, unless a worker goes on with it.
   */
  sendAhead(growing: GrowingArchive, progress: Progress): Promise<SentAhead>;
  /**
   * Uploads, verifies, publishes, unpacks and launches; doing it again finds everything in place.
   */
  stage(request: StageRequest, progress: Progress, following?: Following): Promise<Staging>;
  /** Whether archive and driver prefix are still there and the archive's sha256 still holds. */
  isIntact(staging: Staging, signal: AbortSignal): Promise<boolean>;
  /**
   * Compares the driver prefix with its archive to the last byte, and unpacks it again where they differ, or
   * leaves it as it is. What was damaged, as a sentence; null for nothing. Throws `not-ours`.
   */
  restore(staging: Staging, reporting: EdgeReporting): Promise<string | null>;
  /** Writes what the root's program `run` starts for a staging, by what its cluster profile says. */
  launch(staging: Staging, signal: AbortSignal): Promise<Staging>;
  /**
   * Makes the names of an environment mean these revisions; one that is not here has no name. Where it has
   * some of them, it keeps what the record says.
   */
  point(
    environment: string,
    pointers: Pointers,
    papers: RecordPapers,
    signal: AbortSignal,
  ): Promise<void>;
  /** What of an environment lies here, whatever the record knows. */
  numbers(environment: string, reporting: EdgeReporting): Promise<NumbersFound>;
  /** Names of environments that have papers here. */
  environments(reporting: EdgeReporting): Promise<string[]>;
  /** The papers of one of them: for its record, and for each of its revisions. */
  papers(environment: string, reporting: EdgeReporting): AsyncIterable<PaperFound>;
  /**
   * The staging of a revision that its manifest tells of, known again by what is here, and started by its
   * name, and in HDFS where the edge has one; null where prefix or archive is not here. Throws for what no
   * staging is made of.
   */
  recover(request: RecoverRequest, progress: Progress): Promise<Staging | null>;
  /** Runs one command line as the edge's login shell would, with a time limit. */
  run(request: RunRequest, reporting: EdgeReporting): Promise<RunResult>;
  /**
   * Takes a staging back: what starts it, its prefix, and the archive with its copy in HDFS unless
   * something else on the edge is made from the same bytes. Doing it again finds nothing to do.
   * Throws `not-ours` for what does not lie under the configured root.
   */
  remove(place: StagingPlace, options: RemoveOptions): Promise<void>;
  /**
   * Applications with one of the tags that run on the edge's YARN, or ended there since; none where
   * the edge has no YARN. Throws `cluster-silent` when the ResourceManager does not answer.
   */
  applications(tags: readonly string[], since: number, signal: AbortSignal): Promise<Application[]>;
  /**
   * Removes what was sent of an archive that is not to be staged any more: by the fingerprint, and by the
   * sha256 where it is known.
   */
  discard(
    archive: { fingerprint: string; sha256: string | null },
    signal: AbortSignal,
  ): Promise<void>;
  /** Removes what an interrupted staging left; never a published path. */
  sweep(signal: AbortSignal): Promise<void>;
  /** Ends the connections that are kept open for who comes next. */
  close(): void;
}

/** Numbers of an environment that an edge has something of, in order, and whose it is as far as that is known. */
export interface NumbersFound {
  numbers: readonly number[];
  owner: string | null;
}

/** A text that lies on an edge; nobody has vouched for it yet. */
export interface PaperFound {
  environment: string;
  /** Null for the copy of the record. */
  revision: number | null;
  /** Folder of the revision's prefix: its number, and what sets other bytes of that number apart. */
  folder: string | null;
  json: string;
  /** Empty where it is not signed. */
  signature: string;
}

export interface RecoverRequest {
  environment: string;
  revision: number;
  /** As its paper says. */
  folder: string;
  archive: Archive;
  layout: Layout;
}

/** Who is told how far a staging has come. */
export interface Following {
  /**
   * Told where everything will be before any of it is published, which waits until that is recorded:
   * a worker that is killed later leaves nothing that nobody knows of. Told again where it changes.
   */
  begins(place: StagingPlace): Promise<void>;
  /** Told as soon as its Python can be started there, while the rest goes on. */
  unpacked(staging: Staging): void;
}

export interface RemoveOptions {
  /** Another revision has the same bytes: only the prefix goes. */
  keepArchive: boolean;
  signal: AbortSignal;
}

export interface StageRequest {
  environment: string;
  revision: number;
  fingerprint: string;
  /** What was sent of it while it was written; null where that was nothing, or somebody else did. */
  ahead: SentAhead | null;
  /** Archive on the build host. */
  archivePath: string;
  archive: Archive;
  /** Those an older archive on the edge holds are copied there instead of travelling. */
  segments: readonly ArchiveSegment[];
  /** For the check of free space. */
  unpackedBytes: number;
  layout: Layout;
  papers: Papers;
}

export interface RunRequest {
  /** Command text made by `domain/invocation.ts`; nothing else may reach a remote shell. */
  command: string;
  /** Folder on the edge to run in; null for a fresh private folder that is removed afterwards. */
  directory: string | null;
  /** Files put into the folder first: name → content. */
  files: Record<string, string>;
  timeoutSeconds: number;
}

export interface RunResult {
  /** null when the connection was cut or the time limit ended it: the outcome is unknown. */
  code: number | null;
  timedOut: boolean;
  stdout: string;
  stderr: string;
}
