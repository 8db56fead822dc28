/** What lies on a build host. */
import type { Archive } from '../archive.ts';

/** Folders and files on the build host. */
export interface Workspace {
  /**
   * A prefix at a constant path, held by one build at a time: files that embed their prefix are
   * then the same in every environment. Waits for a free one, and says by whom they are held, again
   * whenever that changes; the folder is empty when given.
   */
  acquirePrefix(
    buildId: string,
    signal: AbortSignal,
    waiting: (why: string) => Promise<void>,
  ): Promise<HeldPrefix>;
  /** Where prefixes lie, be they there or not: the one that is held first comes first. */
  prefixes(): readonly string[];
  /** Where the archive of a fingerprint lies; the folder exists. */
  archivePath(fingerprint: string, name: string): Promise<string>;
  /** True when the file there has exactly this sha256. */
  holdsArchive(path: string, archive: Archive): Promise<boolean>;
  /** Removes the archive of a fingerprint from this build host, if it is there. */
  removeArchive(fingerprint: string): Promise<void>;
  /**
   * Removes archives of other fingerprints than these that nobody has touched for a day, and answers
   * which: what a retry would go on with stays as long.
   */
  sweepArchives(kept: ReadonlySet<string>): Promise<string[]>;
  /** Removes folders of other builds than these that nobody has touched for a day; answers whose. */
  sweepBuilds(kept: ReadonlySet<string>): Promise<string[]>;
  /** Where pinned projects of a build are kept; removed with `clear`. */
  projectDirectory(buildId: string): Promise<string>;
  /** Modules that each package installs into site-packages, from the prefix's own records. */
  importNames(prefix: string, packages: readonly string[]): Promise<Record<string, string[]>>;
  /** Modules that can be imported from a prefix, and the packages of the channels that have each. */
  modules(prefix: string): Promise<Record<string, string[]>>;
  clear(buildId: string): Promise<void>;
}

export interface HeldPrefix {
  path: string;
  release(): Promise<void>;
}
