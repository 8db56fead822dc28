import type { Spec } from './spec.ts';

/** The two layouts of the article *Conda envs in PySpark*. */
export type Layout = 'local' | 'global';
export type ArchiveFormat = 'zip' | 'tar.gz';
export type Packer = 'segments' | 'archiver';

/** The user's own code, as asked for; pinned to exact bytes before it is built. */
export type ProjectReference =
  | { kind: 'file'; fileId: string; name: string }
  | { kind: 'repository'; repository: string; ref: string | null }
  | { kind: 'path'; path: string };

/** A project at exact bytes: `sha256` is over the wheel, sdist or source tree. */
export interface ProjectPin {
  name: string;
  origin: string;
  sha256: string;
}

/** What a person asked for, parsed and checked; nothing in it is free text any more. */
export interface BuildRequest {
  environment: string;
  specs: readonly Spec[];
  /** Names of configured channels, highest priority first; empty means the configured default. */
  channels: readonly string[];
  projects: readonly ProjectReference[];
  /** Names of configured edge nodes; empty means the default edge. */
  edges: readonly string[];
  layout: Layout;
  /** `auto`: zip where the edge's profile says YARN, tar.gz everywhere else. */
  format: ArchiveFormat | 'auto';
  packer: Packer;
}
