import type { Platform } from '../domain/lock.ts';
import type { PipRequirement } from '../domain/pip.ts';
import type { Spec } from '../domain/spec.ts';
import type { PackageAddress } from './addresses.ts';

/** What a file asks for, whatever its format; rows that cannot be are named beside the others. */
export interface FileContent {
  /** The format in words people know: `environment.yml`. */
  format: string;
  /** As the file has it: not every one can be the name of an environment here. */
  name: string | null;
  channels: string[];
  /** One for each package, in the order of the file. */
  specs: Spec[];
  /** One for each package. */
  pip: PipRequirement[];
  /** Null where the file leaves it to a solver which packages there are. */
  lock: FileLock | null;
  refused: Refused[];
  /** What was left out or changed though nothing is wrong, for people. */
  notes: Note[];
}

/** A row that cannot be had; the rest of the file can. */
export interface Refused {
  /** Counted from 1. */
  line: number;
  /** The row as it stands in the file, without secrets. */
  text: string;
  message: string;
  suggestion: string | null;
}

export interface Note {
  line: number;
  text: string;
}

/** The packages that a file names with their addresses, for one platform. */
export interface FileLock {
  platform: Platform;
  packages: FilePackage[];
}

export interface FilePackage extends PackageAddress {
  sha256: string | null;
  md5: string | null;
}

/** What a file is read for. */
export interface ReadSettings {
  platform: Platform;
  /** The configured channels, by name and address; null: any channel of a public host will do. */
  channels: readonly { name: string; url: string | null }[] | null;
  /** Extras, dependency groups and features that are wanted besides what is always installed. */
  groups: readonly string[];
  /** Whether the channels have a conda package; null: what a file asks of pip stays with pip. */
  has: ((name: string) => boolean) | null;
}
