import type { Build, Requester } from './build.ts';
import type { Finding, Mention, ShownForm } from './diagnosis.ts';
import type { Environment, Revision } from './environment.ts';
import type { Channels } from './ports.ts';
import type { BuildRequest } from './request.ts';

/**
 * What a command may ask for, whoever typed it: the one door between the conversation and the
 * pipeline. Implemented in `src/pipeline/services.ts`.
 */
export interface Services {
  readonly settings: Settings;
  /** What the configured channels hold. */
  readonly channels: Channels;
  /**
   * Records and enqueues a build. The same request in flight is joined; another one for the same
   * environment throws `environment-busy` naming the holder; an environment with a revision that is
   * somebody else's throws `name-taken` naming the owner.
   */
  create(request: BuildRequest, requester: Requester): Promise<{ build: Build; joined: boolean }>;
  /** The same request as a new build, which solves again. Throws as `create`, and `not-allowed`. */
  rebuild(build: Build, requester: Requester): Promise<{ build: Build; joined: boolean }>;
  /** Runs a failed or cancelled build again from its last checkpoint. Throws `not-allowed`. */
  retry(build: Build, requester: Requester): Promise<Build>;
  /** Asks for the build to stop. Throws `not-allowed`; a settled build throws `already-settled`. */
  cancel(build: Build, user: string): Promise<Build>;
  /** Runs the verification of a ready build again, on the cluster. */
  verify(build: Build, user: string): Promise<Build>;
  /** By build id, or the newest build of an environment. Throws `build-not-found`. */
  findBuild(reference: string): Promise<Build>;
  builds(filter: { environment?: string; user?: string; limit: number }): Promise<Build[]>;
  environments(): Promise<Environment[]>;
  /** Throws `environment-not-found`, with the nearest name as suggestion. */
  findEnvironment(name: string): Promise<Environment>;
  /** The newest revision when `number` is null. Throws `environment-not-found`, `revision-not-found` or `not-ready`. */
  findRevision(name: string, number: number | null): Promise<Revision>;
  /**
   * Which packages have a module, those of the channels where any of them is there: as packages
   * that were built show it, else as is known without them.
   */
  packagesOf(): Promise<(module: string) => readonly string[]>;
  /** The last lines of a build's log, oldest first. */
  log(buildId: string, last: number): Promise<string[]>;
  /** Keeps what a log showed until it is said which environment is meant; answers its id. */
  keepDiagnosis(diagnosis: KeptDiagnosis): Promise<string>;
  /** Null once it is forgotten. */
  keptDiagnosis(id: string): Promise<KeptDiagnosis | null>;
  /** Remembers where the live message of a build is. */
  attachMessage(buildId: string, message: { channel: string; ts: string }): Promise<void>;
}

/** What a log showed, without the log. */
export interface KeptDiagnosis {
  findings: Finding[];
  mentions: Mention[];
  form: ShownForm;
}

/** The part of the configuration that commands, modals and help show. */
export interface Settings {
  /** The slash command, `/conda-env`. */
  command: string;
  channels: { name: string; default: boolean }[];
  edges: { name: string; default: boolean }[];
  projects: { repositories: string[]; paths: string[] };
  operators: readonly string[];
  /** Name of the symlink directory of the global layout: `MYGLOBALENV`. */
  globalAlias: string;
}

/** The channels of a request: those it names, or the configured default ones. */
export function channelsOf(request: BuildRequest, settings: Settings): string[] {
  if (request.channels.length > 0) return [...request.channels];
  return settings.channels.filter((channel) => channel.default).map((channel) => channel.name);
}
