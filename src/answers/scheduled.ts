import type { Build } from '../domain/build.ts';
import { defaultRevision, type Environment, revisionLabel } from '../domain/environment.ts';
import type { Repair } from '../domain/errors.ts';
import type { InvocationLine } from '../domain/reply.ts';
import { changedBy } from '../domain/scheduled.ts';
import type { Settings } from '../domain/services.ts';
import { labelOf, sayButtons } from './buttons.ts';
import {
  block,
  bold,
  buttons,
  code,
  type Document,
  marked,
  type Part,
  prose,
  small,
} from './document.ts';
import { newestPerEdge, verdictOf } from './evidence.ts';
import { linesOf, lineTitle, shortest, textToPaste } from './invocation.ts';
import { line } from './outside.ts';
import { whatToDo } from './whose.ts';

/** Edges whose line is shown; `run` has all of them. */
const MOST_LINES = 3;

/** How a build that a schedule asked for has ended, for the owner of the environment. */
export function describeScheduled(
  environment: Environment,
  build: Build,
  settings: Settings,
): Document {
  return build.state === 'ready' ? ready(environment, build) : broken(environment, build, settings);
}

/** What changed, and the line; nobody has asked, so all else is a press away. */
function ready(environment: Environment, build: Build): Document {
  const { name } = environment;
  const label = labelOf(build);
  const { before, changes } = changedBy(environment, build);
  const { lines, reason } = linesOf(build);
  const [first] = lines;
  const isDefault = defaultRevision(environment)?.number === build.revision;
  const back: Repair[] =
    before && isDefault
      ? [{ label: `Back to @${before.number}`, command: `rollback ${name} --to ${before.number}` }]
      : [];
  const difference: Repair[] = before
    ? [{ label: 'Show changes', command: `diff ${revisionLabel(name, before.number)} ${label}` }]
    : [];
  return {
    summary: `${label} is ready, by schedule: ${changes} ${first ? shortest(first) : ''}`.trim(),
    parts: [
      prose('✅ ', bold(label), ' is ready, by schedule. ', marked(changes, 600)),
      ...lines.slice(0, MOST_LINES).flatMap((entry) => lineOf(entry, lines.length > 1)),
      ...(reason ? [prose('⚠️ ', marked(reason))] : []),
      ...newestPerEdge(build.verifications).map((proof) => prose(verdictOf(proof))),
      ...(isDefault ? [small(code(name), ' means ', code(label), ' now.')] : []),
      ...buttons(sayButtons([...difference, ...back, ending(environment)].slice(0, 4), null)),
    ],
  };
}

/** The short line where there is one. */
function lineOf(entry: InvocationLine, isTitled: boolean): Part[] {
  const text = block(entry.short ?? textToPaste(entry), entry.language);
  return isTitled ? [lineTitle(entry), text] : [text];
}

/** Why not, and what stays as it was. */
function broken(environment: Environment, build: Build, settings: Settings): Document {
  const { name } = environment;
  const kept = defaultRevision(environment);
  const reason = build.failure?.message ?? 'No reason was recorded.';
  const next: Part[] = build.failure?.suggestion
    ? [prose(bold('What to do: '), whatToDo(build.failure, settings, 600))]
    : [];
  const stays = kept ? [code(name), ' still means ', code(revisionLabel(name, kept.number))] : [];
  return {
    summary: `${name} could not be built by schedule: ${line(reason, 600)}`,
    parts: [
      prose('❌ ', bold(name), ' could not be built by schedule. ', marked(reason, 1200)),
      ...next,
      small(
        ...[
          'Newer packages: ',
          ...marked(changedBy(environment, build).changes, 600),
          ' ',
          ...stays,
        ],
        ...['. Told once for the same; log: ', code(`${settings.command} logs ${build.id}`)],
      ),
      ...buttons(
        sayButtons(
          [
            ...(build.failure?.repairs ?? []).slice(0, 2),
            { label: 'Retry', command: `retry ${build.id}` },
            ending(environment),
          ],
          null,
        ),
      ),
    ],
  };
}

function ending({ name }: Environment): Repair {
  return { label: 'End the schedule', command: `schedule ${name} off` };
}
