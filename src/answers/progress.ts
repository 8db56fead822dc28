/** How far a build is, step by step, with what each one took. */
import type { Build, Step, StepName, StepStatus } from '../domain/build.ts';
import { isSettled } from '../domain/build.ts';
import type { Outlook } from '../domain/estimate.ts';
import { duration, ordinal, roughly } from '../domain/figures.ts';
import type { Part, Task } from './document.ts';
import { line } from './outside.ts';

const STEP_TITLES: Readonly<Record<StepName, string>> = {
  solve: 'Solve',
  create: 'Create the environment',
  install: 'Install projects',
  pack: 'Pack the archive',
  stage: 'Stage it on the edge',
  verify: 'Verify on the executors',
};

const STEP_DOING: Readonly<Record<StepName, string>> = {
  solve: 'solving',
  create: 'creating the environment',
  install: 'installing projects',
  pack: 'packing the archive',
  stage: 'staging it on the edge',
  verify: 'verifying on the executors',
};

export function progress(build: Build, outlook: Outlook | null = null): Part {
  const steps = visibleSteps(build);
  return {
    kind: 'tasks',
    title: withOutlook(progressTitle(build), build, outlook),
    tasks: steps.map((step) => task(step, build)),
  };
}

/** `3rd in the queue, about 4 min until it begins`, and once it has: `Step 2 of 5: …, about 40 s left` */
function withOutlook(title: string, { state }: Build, outlook: Outlook | null): string {
  const { position = null, seconds = null, awaits } = outlook ?? {};
  const about = seconds !== null && seconds >= SHORTEST ? roughly(seconds * 1000) : null;
  if (state === 'queued' && awaits !== undefined) {
    const place = position === null || position === 1 ? title : `${ordinal(position)} in the queue`;
    return `${place}: no worker of ${awaits} is there at present`;
  }
  if (state === 'queued' && position !== null) {
    return `${ordinal(position)} in the queue${about === null ? '' : `, ${about} until it begins`}`;
  }
  return state === 'running' && about !== null ? `${title}, ${about} left` : title;
}

/** Seconds; of less nobody needs to be told. */
const SHORTEST = 2;

/** The steps that people are told of: without projects there is nothing to install, and nothing to show of it. */
export function visibleSteps(build: Build): Step[] {
  return build.steps.filter((step) => step.name !== 'install' || build.request.projects.length > 0);
}

export function progressTitle(build: Build): string {
  const steps = visibleSteps(build);
  const done = steps.filter((step) => step.status === 'complete').length;
  const current = steps.find((step) => step.status === 'in_progress');
  const took =
    build.startedAt !== null && build.finishedAt !== null
      ? ` in ${duration(build.finishedAt - build.startedAt)}`
      : '';
  switch (build.state) {
    case 'queued':
      return 'Waiting for a build host';
    case 'running':
      if (build.cancelRequested) return 'Stopping';
      return current
        ? `Step ${steps.indexOf(current) + 1} of ${steps.length}: ${STEP_DOING[current.name]}`
        : `${done} of ${steps.length} steps done`;
    case 'ready':
      return build.reused
        ? `Nothing to build${took}: exactly this environment was staged already`
        : `All ${steps.length} steps done${took}`;
    case 'failed':
    case 'cancelled': {
      const stopped = steps.find((step) => step.status !== 'complete');
      const word = build.state === 'failed' ? 'Failed' : 'Stopped';
      const after = took.replace(/^ in /, ' after ');
      return stopped ? `${word} while ${STEP_DOING[stopped.name]}${after}` : `${word}${after}`;
    }
  }
}

function task(step: Step, build: Build): Task {
  const took =
    step.startedAt !== null && step.finishedAt !== null && step.finishedAt > step.startedAt
      ? duration(step.finishedAt - step.startedAt)
      : null;
  const detail = [step.detail === null ? null : line(step.detail, 200), took].filter(Boolean);
  return {
    id: step.name,
    title: STEP_TITLES[step.name],
    status: shownStatus(step, build),
    detail: detail.length > 0 ? detail.join(' · ') : null,
  };
}

/** A settled build has nothing in progress, whatever its worker still managed to write. */
function shownStatus(step: Step, build: Build): StepStatus {
  if (step.status !== 'in_progress' || !isSettled(build)) return step.status;
  return AT_END[build.state];
}

const AT_END: Readonly<Record<Build['state'], StepStatus>> = {
  ready: 'complete',
  failed: 'error',
  cancelled: 'pending',
  queued: 'pending',
  running: 'in_progress',
};
