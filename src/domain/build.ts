import type { Archive } from './archive.ts';
import {
  isSamePlace,
  type LetGo,
  type Staging,
  type StagingPlace,
  type Verification,
} from './environment.ts';
import type { Failure } from './errors.ts';
import type { Lock, Platform } from './lock.ts';
import type { Note } from './note.ts';
import type { BuildRequest, ProjectPin } from './request.ts';

/** The steps of a build in the order they run; the first page of `src/pipeline/run.ts`. */
export const STEP_NAMES = ['solve', 'create', 'install', 'pack', 'stage', 'verify'] as const;
export type StepName = (typeof STEP_NAMES)[number];

/** Slack's own status words (task_card), so that nothing needs translating. */
export type StepStatus = 'pending' | 'in_progress' | 'complete' | 'error';

export interface Step {
  name: StepName;
  status: StepStatus;
  /** One short line for people: `16 packages, 98 MB to download`. */
  detail: string | null;
  /** Milliseconds since the epoch. */
  startedAt: number | null;
  finishedAt: number | null;
}

/** `ready`, `failed` and `cancelled` are terminal: a build reaches exactly one of them, once. */
export type BuildState = 'queued' | 'running' | 'ready' | 'failed' | 'cancelled';

/** Who asked, and where the conversation is. */
export interface Requester {
  user: string;
  channel: string;
  team: string | null;
  /** The thread it is in, by its first message; absent outside of threads. */
  thread?: string;
  /** By which way they asked, and in which words; absent on older records, and where nothing was said. */
  way?: Way;
  said?: string;
}

/** Ways to ask: those of Slack, and those without it. */
export const WAYS = [
  'slash',
  'button',
  'form',
  'mention',
  'message',
  'shortcut',
  'schedule',
  'terminal',
] as const;
export type Way = (typeof WAYS)[number];

/** The live message of a build; null until Slack has confirmed it. */
export interface MessageReference {
  channel: string;
  ts: string;
}

/** What an edge may have because of a build: it was about to publish it there. */
export type Begun = StagingPlace;

export interface Build {
  id: string;
  /** 1 for the first run; a retry adds one. */
  attempt: number;
  request: BuildRequest;
  requester: Requester;
  /** Whose workers make it; null in records of older versions. */
  platform: Platform | null;
  state: BuildState;
  steps: Step[];
  message: MessageReference | null;
  /** `conda 26.7.0` or `rattler 0.28.0`, known once a worker has taken the build. */
  engine: string | null;
  /** The one the build began with, or the engine's answer. */
  lock: Lock | null;
  /** Those the build began with, or as they were found. */
  projects: ProjectPin[];
  fingerprint: string | null;
  /** What its solve had to say. */
  notes: Note[];
  revision: number | null;
  /**
   * The revision that the environment's name meant until this build, when that was not just the one
   * before: somebody had moved it, or this build is an older one again.
   */
  replaces: number | null;
  archive: Archive | null;
  /** Package asked for → modules it installs, for the executors to import. */
  imports: Record<string, string[]>;
  stagings: Staging[];
  /** Of all its attempts, but for what is a revision's once it is ready; what is removed is taken out. */
  begun: Begun[];
  /** Newest last; at most one per edge and run. */
  verifications: Verification[];
  /** True while a ready build is being verified again at somebody's request. */
  verifying: boolean;
  /** True when the fingerprint was known, staged and intact, so that nothing had to be built. */
  reused: boolean;
  failure: Failure | null;
  /** The revision it made was let go: what this build staged is no more. */
  letGo: LetGo | null;
  cancelRequested: { user: string; at: number } | null;
  /** Who asked for it to be retried or verified again last; null where nobody has. */
  pressed: { by: string; at: number } | null;
  createdAt: number;
  /** When this attempt was asked for: of the first one, when the build was created. */
  queuedAt: number;
  startedAt: number | null;
  finishedAt: number | null;
}

export function newBuild(input: {
  id: string;
  request: BuildRequest;
  requester: Requester;
  now: number;
  platform?: Platform | null;
  /** Packages to build with; left out, the engine is asked for them. */
  lock?: Lock | null;
  /** Code to build with; left out, whatever the request names by then. */
  projects?: ProjectPin[];
}): Build {
  return {
    id: input.id,
    attempt: 1,
    request: input.request,
    requester: input.requester,
    platform: input.platform ?? null,
    state: 'queued',
    steps: pendingSteps(),
    message: null,
    engine: null,
    lock: input.lock ?? null,
    projects: input.projects ?? [],
    fingerprint: null,
    notes: [],
    revision: null,
    replaces: null,
    archive: null,
    imports: {},
    stagings: [],
    begun: [],
    verifications: [],
    verifying: false,
    reused: false,
    failure: null,
    letGo: null,
    cancelRequested: null,
    pressed: null,
    createdAt: input.now,
    queuedAt: input.now,
    startedAt: null,
    finishedAt: null,
  };
}

export function pendingSteps(): Step[] {
  return STEP_NAMES.map((name) => ({
    name,
    status: 'pending',
    detail: null,
    startedAt: null,
    finishedAt: null,
  }));
}

/** Whether nothing but the executors' word is left: everything is staged, and each edge has tried it. */
export function isTried(build: Build): boolean {
  // One that has ended is over only once the build is: its worker may have been killed in between.
  const isAsked = build.steps.some(({ name, status }) => name === 'verify' && status !== 'pending');
  // One that is run again beside whoever goes on with it has none of them for a while.
  const isStaged = build.request.edges.every((name) =>
    build.stagings.some(({ edge }) => edge === name),
  );
  return build.state === 'running' && isAsked && isStaged && build.stagings.every(isTriedOn(build));
}

/**
 * Where the line is there before the build is ready: on edges that have tried the environment, while no
 * edge has found anything wrong. One does not wait for another that is still sent its archive.
 */
export function triedStagings(build: Build): Staging[] {
  const isWrong = ({ edge }: Staging) =>
    build.verifications.findLast((known) => known.edge === edge)?.outcome === 'failed';
  const isStopped = build.state !== 'running' || build.cancelRequested !== null;
  if (isStopped || build.stagings.some(isWrong)) return [];
  return build.stagings.filter(isTriedOn(build));
}

/** Whether a line is there before the build is ready. */
export function hasLine(build: Build): boolean {
  return triedStagings(build).length > 0;
}

/** Edges that were asked for, and where the line is not there yet. */
export function edgesToCome(build: Build): string[] {
  const there = triedStagings(build).map(({ edge }) => edge);
  return build.request.edges.filter((edge) => !there.includes(edge));
}

function isTriedOn({ verifications }: Build) {
  return ({ edge }: Staging) => verifications.some((known) => known.edge === edge);
}

/** The build where this is about to be published. */
export function withBegun(build: Build, begun: Begun): Build {
  return { ...build, begun: [...build.begun.filter((known) => !isSamePlace(known, begun)), begun] };
}

/** Whether it has ended, and an edge may have something of it that no revision has. */
export function isUnproven(build: Build): boolean {
  return isSettled(build) && build.begun.length > 0;
}

/**
 * What it has begun that may be none of its revision's. Of two workers that were given it, each may have made
 * bytes of its own: which of two places on an edge was kept is looked at once nobody is at work.
 */
export function begunBesides({ begun, stagings }: Build): Begun[] {
  const places = Map.groupBy(begun, ({ edge }) => edge);
  return begun.filter(
    (known) =>
      places.get(known.edge)?.length !== 1 ||
      !stagings.some((staging) => isSamePlace(known, staging)),
  );
}

export function isSettled(build: Build): boolean {
  return build.state === 'ready' || build.state === 'failed' || build.state === 'cancelled';
}
