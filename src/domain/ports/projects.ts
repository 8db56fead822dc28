/** What comes on top of conda's packages: people's own code, and packages of pip. */
import type { Requester } from '../build.ts';
import type { Lock, LockedWheel } from '../lock.ts';
import type { PipRequirement } from '../pip.ts';
import type { ProjectPin, ProjectReference } from '../request.ts';
import type { Progress } from './progress.ts';

/** Who asks for a file of a conversation, and in which one. */
export type FileAsker = Pick<Requester, 'user' | 'channel'>;

/** Pins, builds and installs people's own code on top of a prefix. */
export interface Projects {
  /**
   * Resolves references to exact bytes kept under `directory`. Files must be the asker's, or shared in
   * the conversation where they ask; null where that was looked at when they were first asked for.
   */
  pin(
    references: readonly ProjectReference[],
    directory: string,
    progress: Progress,
    asker: FileAsker | null,
  ): Promise<ProjectPin[]>;
  /** Builds in the sandbox without network and installs into the prefix, last. */
  install(
    pins: readonly InstallPin[],
    directory: string,
    target: InstallTarget,
    progress: Progress,
  ): Promise<void>;
}

/** What projects are installed into. */
export interface InstallTarget {
  prefix: string;
  /** Oldest glibc of the target nodes: what is compiled may need no newer one; null when it is not known. */
  glibc: string | null;
}

/** What is installed on top of a prefix, at exact bytes. */
export interface InstallPin extends ProjectPin {
  /**
   * Of a package of pip's that is there as source alone: the version that it must have, and the
   * sha256 of each wheel that its build has; their bytes lie beside its own.
   */
  sdist?: { version: string; builtWith: readonly string[] };
}

/** Packages of pip, beside those of conda. */
export interface Pip {
  /** Names of the configured indexes; none: nothing of pip can be had. */
  readonly indexes: readonly string[];
  /**
   * One wheel for each package that the requirements need and conda does not bring, or its sdist
   * where that is allowed and no wheel fits. Errors: `requirements-unsatisfiable` with the resolver's
   * words as details, `index-unreachable`, `sdist-build-requirement`, `sdist-unreadable`.
   */
  resolve(request: ResolveRequest, progress: Progress): Promise<LockedWheel[]>;
  /**
   * Puts the bytes of each wheel, and of what builds an sdist, checked, under `directory` as pinned
   * projects have them. Errors: `index-unreachable`, `wheel-changed`, `wheel-gone`, `disk-full`,
   * `sdist-not-allowed`.
   */
  fetch(
    wheels: readonly LockedWheel[],
    directory: string,
    progress: Progress,
  ): Promise<InstallPin[]>;
}

export interface ResolveRequest {
  requirements: readonly PipRequirement[];
  /** What conda installs: it satisfies, and nothing of it is replaced. */
  lock: Lock;
  /** Wheels that stay as they are, unless the requirements cannot be met otherwise. */
  keep: readonly LockedWheel[];
  /** Version of the environment's Python: `3.11.9`. */
  python: string;
  /** Oldest glibc of the target nodes; null when it is not known. */
  glibc: string | null;
}
