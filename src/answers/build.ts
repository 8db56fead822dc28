import type { Build } from '../domain/build.ts';
import { edgesToCome, hasLine, triedStagings } from '../domain/build.ts';
import { channelsOf, edgesOf } from '../domain/defaults.ts';
import { platformOfBuild, platformsOfEdges } from '../domain/edge-platforms.ts';
import { counted, size } from '../domain/figures.ts';
import type { InvocationLine, Reply } from '../domain/reply.ts';
import type { ProjectReference } from '../domain/request.ts';
import { packagesAsked } from '../domain/request.ts';
import type { Settings } from '../domain/services.ts';
import { OUTCOMES, outcomeOf } from '../domain/subscription.ts';
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
  user,
  words,
} from './document.ts';
import { describeEvidence, newestPerEdge } from './evidence.ts';
import { describeLines, linesOf, shortest } from './invocation.ts';
import { letGoLine } from './letting-go.ts';
import { replaced } from './move.ts';
import { describeNotes, repairsOf } from './notes.ts';
import { clip, engineName, line } from './outside.ts';
import { progress, progressTitle } from './progress.ts';
import { whatToDo } from './whose.ts';

type BuildReply = Extract<Reply, { kind: 'build' }>;

/** All that is to tell of a build: what was asked, how far it is, and at the end the line or the reason. */
export function describeBuild(reply: BuildReply, settings: Settings): Document {
  const { build } = reply;
  const made = linesOf(build);
  const isCopy = reply.audience === 'requester' && build.message !== null;
  // Where the build failed, its failure has what would go through.
  const instead = build.state === 'failed' ? [] : repairsOf(build.notes);
  const asked = [small(askedFor(build)), small(factsOf(build, settings))];
  const came = [
    ...outcome(build, made, settings),
    ...describeNotes(build.notes),
    ...replaced(build),
  ];
  return {
    summary: summaryOf(build, made.lines),
    parts: [
      heading(titleOf(build)),
      // The line first where there is one, then what was asked and how it came about.
      ...(made.lines.length > 0 ? [...came, ...asked] : [...asked, ...came]),
      progress(build, reply.outlook ?? null),
      // A copy is not edited: what acts on the build stands in the live message.
      ...(isCopy
        ? buttons(buttonsOfCopy(build))
        : [...buttons(buttonsOf(build)), ...buttons(sayButtons(instead, null))]),
    ],
  };
}

export function titleOf(build: Build): string {
  const name = labelOf(build);
  switch (build.state) {
    case 'queued':
      return `🕓 ${name} waits for a build host`;
    case 'running':
      if (hasLine(build)) return `⏳ ${name} is ${howFar(build)}`;
      return build.cancelRequested ? `⏹️ Stopping the build of ${name}` : `⏳ Building ${name}`;
    case 'ready':
      if (build.letGo) return `⏹️ ${name} was let go`;
      return isProven(build) ? `✅ ${name} is ready` : `⚠️ ${name} is staged, but not proven`;
    case 'failed':
      return `${howFailed(build).icon} ${name} ${howFailed(build).words}`;
    case 'cancelled':
      return `⏹️ The build of ${name} was cancelled`;
  }
}

/** What was built and does not work is not said to be unbuilt. */
export const howFailed = (build: Build): { icon: string; words: string } =>
  OUTCOMES[outcomeOf(build) ?? 'failed'];

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
        ? `${name} is ${howFar(build, first.edge)}: ${shortest(first)}`
        : `Building ${name}: ${progressTitle(build)}`;
    case 'ready':
      if (build.letGo) return `${name} was let go.`;
      return first ? `${name} is ready on ${first.edge}: ${shortest(first)}` : `${name} is ready.`;
    case 'failed':
      return `${name} ${howFailed(build).words}: ${line(build.failure?.message ?? 'no reason was recorded', 600)}`;
    case 'cancelled':
      return `The build of ${name} was cancelled.`;
  }
}

/** Who asked for what. */
export function askedFor(build: Build, room = 600): Inline[] {
  const { projects } = build.request;
  return words(
    user(build.requester.user),
    ' asked for ',
    codes(packagesAsked(build.request), room),
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

/** From where to where it is built, and with what. */
export function factsOf(build: Build, settings: Settings): Inline[] {
  const from = channelsOf(build.request, settings);
  const onto = edgesOf(build.request, settings);
  const facts: Inline[][] = [];
  if (from.length > 0) facts.push(words('from ', codes(from, 120)));
  if (onto.length > 0) facts.push(words('to ', codes(onto, 160)));
  if (platformsOfEdges(settings).length > 1) {
    facts.push(words(`for ${platformOfBuild(build, settings)}`));
  }
  facts.push(words(`${build.request.layout} layout`));
  if (build.engine) facts.push(words(engineName(build.engine)));
  if (build.archive) {
    facts.push(words(`${line(build.archive.name, 80)} ${size(build.archive.bytes)}`));
  }
  if (build.attempt > 1) facts.push(words(`attempt ${build.attempt}`));
  facts.push(words('build ', code(build.id, 60)));
  return facts.flatMap((fact, index) => (index === 0 ? fact : [...words(' · '), ...fact]));
}

function outcome(
  build: Build,
  { lines, reason }: ReturnType<typeof linesOf>,
  settings: Settings,
): Part[] {
  if (build.letGo) return [letGoLine(build.letGo)];
  if (build.state === 'ready' || hasLine(build)) {
    return [
      ...describeLines(lines, `${settings.command} run ${labelOf(build)}`),
      ...(reason ? [prose('⚠️ ', marked(reason))] : []),
      ...proof(build),
    ];
  }
  if (build.state === 'failed') {
    return [
      ...reasonOf(build, settings, { wrong: 1800, todo: 900 }),
      ...whereToRead(build, settings),
    ];
  }
  if (build.state === 'cancelled') return [whoStopped(build)];
  if (build.cancelRequested) {
    return [
      prose(user(build.cancelRequested.user), ' asked to stop it; this takes a few seconds.'),
    ];
  }
  return [];
}

export function whoStopped({ cancelRequested }: Build): Part {
  return prose(
    ...(cancelRequested ? [user(cancelRequested.user), ' stopped it. '] : []),
    'Nothing half-made stays behind. Retry goes on from the last finished step.',
  );
}

/** What is still to come of a build whose line is there. */
export function toCome(build: Build): Part {
  const edges = edgesToCome(build);
  if (edges.length === 0) return prose('⏳ Being proven on the executors…');
  return prose(
    '⏳ Still being staged on ',
    ...codes(edges, 160),
    '; the executors are asked after that…',
  );
}

/** What is there by now of a build that is not ready. */
function howFar(build: Build, edge?: string): string {
  const there = triedStagings(build).map((staging) => staging.edge);
  if (edgesToCome(build).length === 0) return `staged${edge ? ` on ${edge}` : ''} and being proven`;
  return `staged on ${line(there.join(', '), 160)}, and not everywhere yet`;
}

/** What the executors said, or that they are being asked. */
function proof(build: Build): Part[] {
  if (build.state === 'running') return [toCome(build)];
  return [
    ...(build.verifying ? [prose('⏳ Verifying again on the cluster…')] : []),
    ...describeEvidence(build.verifications, build.stagings),
  ];
}

/** What went wrong and what to do; `room`: characters that each may take. */
export function reasonOf(
  { failure }: Build,
  settings: Settings,
  room: { wrong: number; todo: number },
): Part[] {
  if (failure === null) {
    return [
      prose(bold('What went wrong: '), 'no reason was recorded. Press Retry, or read the log.'),
    ];
  }
  return [
    prose(bold('What went wrong: '), marked(failure.message, room.wrong)),
    prose(bold('What to do: '), whatToDo(failure, settings, room.todo)),
  ];
}

/** The number of a failure, and where to read all of it. */
export function whereToRead({ failure: reason, id }: Build, settings: Settings): Part[] {
  if (reason === null) return [];
  return [
    small(
      'error ',
      code(reason.code, 60),
      ...(reason.details
        ? [`, the whole story (${counted(lineCount(reason.details), 'line')}) is in the log: `]
        : [', the log: ']),
      code(`${settings.command} logs ${id}`),
    ),
  ];
}

function lineCount(text: string): number {
  return clip(text, 200_000).trimEnd().split('\n').length;
}
