/** What channels hold, and whoever solves and creates what they have. */
import type { Lock, LockedPackage, Platform } from '../lock.ts';
import type { Spec } from '../spec.ts';
import type { Progress } from './progress.ts';

/** A channel as configured: a short name people type and the address engines read. */
export interface Channel {
  name: string;
  url: string;
}

/** What channels hold, known before anything is built and without an engine. */
export interface Channels {
  /**
   * The named channels' content in the order given, with the versions of `packages`, for a platform; left out:
   * what is built for where an edge does not say. Answers within about a second, and null when one of them cannot be known by then: nobody may wait for a slow
   * channel, and no package may be called missing because of it.
   */
  read(
    channels: readonly string[],
    packages: readonly string[],
    platform?: Platform,
  ): Promise<readonly ChannelContent[] | null>;
  close(): void;
}

/** One channel's packages for a platform and for none. */
export interface ChannelContent {
  name: string;
  has(packageName: string): boolean;
  /** In no order; empty for a package that was not asked for. */
  versions(packageName: string): readonly string[];
  /** The same object as long as the channel holds the same. */
  names(): Iterable<string> & object;
}

/** Solves and creates prefixes. Errors: `unsatisfiable`, `package-not-found`, `channel-unreachable`, `engine-missing`, `disk-full`. */
export interface Engine {
  readonly name: 'conda' | 'rattler';
  /** Version and the reason this engine was chosen, for people. */
  describe(): Promise<EngineDescription>;
  /** Solves without building anything. Channel order is priority order, strict. */
  solve(request: SolveRequest, progress: Progress): Promise<Lock>;
  /** Creates exactly the lock's packages in `prefix`, which must not exist; verifies every sha256. */
  create(request: CreatePrefixRequest, progress: Progress): Promise<void>;
  /**
   * Creates some of the lock's packages, as they would be beside the others; null where it places
   * packages by what it finds in the prefix.
   */
  createSome: ((request: CreateSomeRequest, progress: Progress) => Promise<void>) | null;
  /**
   * Reads what the channels have for a platform, so that the first solve finds it read; where nothing stays
   * between two requests there is no such thing. Rejects as a solve does.
   */
  warm?(channels: readonly Channel[], platform: Platform, progress: Progress): Promise<void>;
  /** Ends what it keeps running between two requests. */
  close(): Promise<void>;
}

export interface EngineDescription {
  name: 'conda' | 'rattler';
  /** `micromamba 2.3.0`, `conda 26.7.0`, `py-rattler 0.28.0` */
  version: string;
  executable: string;
  /** `CONDA_EXE`, `found on the PATH`, `embedded, because no conda is on the PATH` */
  reason: string;
}

export interface SolveRequest {
  specs: readonly Spec[];
  channels: readonly Channel[];
  platform: Platform;
  /** Oldest glibc of the target nodes: the solver may not choose packages that need a newer one. */
  glibc: string | null;
  /**
   * Packages that stay as they are wherever anything needs them, unless the specs cannot be met
   * otherwise. What nothing needs is left out all the same.
   */
  keep: readonly LockedPackage[];
}

export interface CreatePrefixRequest {
  lock: Lock;
  prefix: string;
}

export interface CreateSomeRequest extends CreatePrefixRequest {
  /** Names of those that come into the prefix. */
  names: readonly string[];
}
