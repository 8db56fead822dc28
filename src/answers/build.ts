import type { Build, Step, StepName, StepStatus } from '../domain/build.ts';
import { isBeingProven, isSettled } from '../domain/build.ts';
import { channelsOf, edgesOf } from '../domain/defaults.ts';
import type { ErrorKind } from '../domain/errors.ts';
import { counted, duration, size } from '../domain/figures.ts';
import type { InvocationLine, Reply } from '../domain/reply.ts';
import type { ProjectReference } from '../domain/request.ts';
import { packagesAsked } from '../domain/request.ts';
import type { Settings } from '../domain/services.ts';
import { buttonsOf, buttonsOfCopy, labelOf, sayButtons } from './buttons.ts';
import {
  bold,
  buttons,
  code,
  codes,
  type Document,
  heading,
  type Inline,
  marked,
  type Part,
  prose,
  small,
  type Task,
  user,
  words,
} from './document.ts';
import { describeEvidence, newestPerEdge } from './evidence.ts';
import { describeLines, linesOf, shortest } from './invocation.ts';
import { letGoLine } from './letting-go.ts';
import { replaced } from './move.ts';
import { describeNotes, repairsOf } from './notes.ts';
import { clip, engineName, line } from './outside.ts';

type BuildReply = Extract<Reply, { kind: 'build' }>;

/** The live message: what was asked, how far it is, and at the end the line or the reason. */
export function describeBuild(reply: BuildReply, settings: Settings): Document {
  const { build } = reply;
  const made = linesOf(build);
  const isCopy = reply.audience === 'requester' && build.message !== null;
  // Where the build failed, its failure has what would go through.
  const instead = build.state === 'failed' ? [] : repairsOf(build.notes);
  const asked = [small(request(build)), small(place(build, settings))];
  const came = [
    ...outcome(build, made, settings),
    ...describeNotes(build.notes),
    ...replaced(build),
  ];
  return {
    summary: summaryOf(build, made.lines),
    parts: [
      heading(title(build)),
      // The line first where there is one, then what was asked and how it came about.
      ...(made.lines.length > 0 ? [...came, ...asked] : [...asked, ...came]),
      progress(build),
      // A copy is not edited: what acts on the build stands in the live message.
      ...(isCopy
        ? buttons(buttonsOfCopy(build))
        : [...buttons(buttonsOf(build)), ...buttons(sayButtons(instead, null))]),
    ],
  };
}

function title(build: Build): string {
  const name = labelOf(build);
  switch (build.state) {
    case 'queued':
      return `🕓 ${name} waits for a build host`;
    case 'running':
      if (isBeingProven(build)) return `⏳ ${name} is staged and being proven`;
      return build.cancelRequested ? `⏹️ Stopping the build of ${name}` : `⏳ Building ${name}`;
    case 'ready':
      if (build.letGo) return `⏹️ ${name} was let go`;
      return isProven(build) ? `✅ ${name} is ready` : `⚠️ ${name} is staged, but not proven`;
    case 'failed':
      return `❌ ${name} could not be built`;
    case 'cancelled':
      return `⏹️ The build of ${name} was cancelled`;
  }
}

/** False when the newest answer of some edge's executors was no. */
function isProven(build: Build): boolean {
  return newestPerEdge(build.verifications).every(({ outcome }) => outcome !== 'failed');
}

function summaryOf(build: Build, [first]: readonly InvocationLine[]): string {
  const name = labelOf(build);
  switch (build.state) {
    case 'queued':
      return `${name} waits for a build host.`;
    case 'running':
      return first
        ? `${name} is staged on ${first.edge} and being proven: ${shortest(first)}`
        : `Building ${name}: ${progressTitle(build)}`;
    case 'ready':
      if (build.letGo) return `${name} was let go.`;
      return first ? `${name} is ready on ${first.edge}: ${shortest(first)}` : `${name} is ready.`;
    case 'failed':
      return `${name} could not be built: ${line(build.failure?.message ?? 'no reason was recorded', 600)}`;
    case 'cancelled':
      return `The build of ${name} was cancelled.`;
  }
}

function request(build: Build): Inline[] {
  const { projects } = build.request;
  return words(
    user(build.requester.user),
    ' asked for ',
    codes(packagesAsked(build.request), 600),
    projects.length > 0 ? ' with ' : '',
    codes(projects.map(projectName), 200),
  );
}

function projectName(project: ProjectReference): string {
  switch (project.kind) {
    case 'file':
      return project.name;
    case 'repository':
      return project.ref === null ? project.repository : `${project.repository}@${project.ref}`;
    case 'path':
      return project.path;
  }
}

function place(build: Build, settings: Settings): Inline[] {
  const from = channelsOf(build.request, settings);
  const onto = edgesOf(build.request, settings);
  const facts: Inline[][] = [];
  if (from.length > 0) facts.push(words('from ', codes(from, 120)));
  if (onto.length > 0) facts.push(words('to ', codes(onto, 160)));
  facts.push(words(`${build.request.layout} layout`));
  if (build.engine) facts.push(words(engineName(build.engine)));
  if (build.archive) {
    facts.push(words(`${line(build.archive.name, 80)} ${size(build.archive.bytes)}`));
  }
  if (build.attempt > 1) facts.push(words(`attempt ${build.attempt}`));
  facts.push(words('build ', code(build.id, 60)));
  return facts.flatMap((fact, index) => (index === 0 ? fact : [...words(' · '), ...fact]));
}

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

function progress(build: Build): Part {
  const steps = visibleSteps(build);
  return {
    kind: 'tasks',
    title: progressTitle(build),
    tasks: steps.map((step) => task(step, build)),
  };
}

/** Without projects there is nothing to install, and nothing to show of it. */
function visibleSteps(build: Build): Step[] {
  return build.steps.filter((step) => step.name !== 'install' || build.request.projects.length > 0);
}

function progressTitle(build: Build): string {
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

function outcome(
  build: Build,
  { lines, reason }: ReturnType<typeof linesOf>,
  settings: Settings,
): Part[] {
  if (build.letGo) return [letGoLine(build.letGo)];
  if (build.state === 'ready' || isBeingProven(build)) {
    const shells = lines.filter((entry) => entry.tool === 'pyspark');
    return [
      ...describeLines(
        shells.length > 0 ? shells : lines,
        `${settings.command} run ${labelOf(build)}`,
      ),
      ...(reason ? [prose('⚠️ ', marked(reason))] : []),
      ...proof(build),
    ];
  }
  if (build.state === 'failed') return failure(build, settings);
  if (build.state === 'cancelled') {
    return [
      prose(
        ...(build.cancelRequested ? [user(build.cancelRequested.user), ' stopped it. '] : []),
        'Nothing half-made stays behind. Retry goes on from the last finished step.',
      ),
    ];
  }
  if (build.cancelRequested) {
    return [
      prose(user(build.cancelRequested.user), ' asked to stop it; this takes a few seconds.'),
    ];
  }
  return [];
}

/** What the executors said, or that they are being asked. */
function proof(build: Build): Part[] {
  if (build.state === 'running') return [prose('⏳ Being proven on the executors…')];
  return [
    ...(build.verifying ? [prose('⏳ Verifying again on the cluster…')] : []),
    ...describeEvidence(build.verifications, build.stagings),
  ];
}

const WHOSE: Readonly<Record<ErrorKind, string>> = {
  user: 'Change the request and send it again.',
  outside: 'Nothing is wrong with the request. Press Retry when the cause is gone.',
  defect: 'This is a mistake in Conda Ferry, not in the request.',
};

function failure(build: Build, settings: Settings): Part[] {
  const reason = build.failure;
  if (reason === null) {
    return [
      prose(bold('What went wrong: '), 'no reason was recorded. Press Retry, or read the log.'),
    ];
  }
  const again = reason.retryable ? ' The same request may work in a while.' : '';
  return [
    prose(bold('What went wrong: '), marked(reason.message, 1800)),
    prose(
      bold('What to do: '),
      reason.suggestion ? marked(reason.suggestion, 900) : WHOSE[reason.kind] + again,
    ),
    small(
      'error ',
      code(reason.code, 60),
      ...(reason.details
        ? [`, the whole story (${counted(lineCount(reason.details), 'line')}) is in the log: `]
        : [', the log: ']),
      code(`${settings.command} logs ${build.id}`),
    ),
  ];
}

function lineCount(text: string): number {
  return clip(text, 200_000).trimEnd().split('\n').length;
}
