import { edgesOf } from '../../src/domain/defaults.ts';
import { type Revision, revisionLabel } from '../../src/domain/environment.ts';
import { FerryError, type Repair } from '../../src/domain/errors.ts';
import { formatRequirement } from '../../src/domain/pip.ts';
import type { BuildRequest } from '../../src/domain/request.ts';
import type { Settings } from '../../src/domain/services.ts';
import { formatSpec } from '../../src/domain/spec.ts';
import type { Arguments } from '../command.ts';
import { type REQUEST_ARGS, requestOf } from '../create/arguments.ts';
import { create } from '../create.ts';
import { parseCommand } from '../grammar/parse.ts';

type Base = Pick<Revision, 'number' | 'request'>;

/** The same refusal, in which what would go through is an edit, too. */
export function withEdits(error: FerryError, base: Base, settings: Settings): FerryError {
  const { kind, said, code, position, replacement, others, details, retryable } = error;
  const repairs = error.repairs.flatMap((repair) => asEdit(repair, base, settings) ?? []);
  return new FerryError(kind, {
    ...{ code, ...said, position, replacement, others, details, retryable, repairs },
  });
}

/**
 * A `create` of the revision's environment as what has to be added to it, where that says it all;
 * null where the revision is just that.
 */
export function asEdit(repair: Repair, base: Base, settings: Settings): Repair | null {
  const parsed = parseCommand(repair.command, [create], settings);
  if (parsed.kind !== 'command') return repair;
  // The parser fills exactly what the grammar of the command names.
  const request = requestOf(parsed.arguments as Arguments<typeof REQUEST_ARGS>);
  const isRest =
    JSON.stringify(restOf(request, settings)) === JSON.stringify(restOf(base.request, settings));
  const words = isRest ? addedWords(base.request, request) : null;
  if (words === null) return repair;
  const label = revisionLabel(request.environment, base.number);
  const command = ['add', label, ...words].join(' ');
  return words.length > 0 ? { label: command, command } : null;
}

/** What of a request an edit leaves as it is. */
function restOf(request: BuildRequest, settings: Settings) {
  const { environment, channels, projects, layout, format, packer } = request;
  return {
    environment,
    channels,
    projects,
    edges: edgesOf(request, settings),
    layout,
    format,
    packer,
  };
}

/** Null where something of the first request is gone in the other one. */
function addedWords(before: BuildRequest, request: BuildRequest): string[] | null {
  const specs = wordsBeyond(before.specs, request.specs, formatSpec);
  const pip = wordsBeyond(before.pip, request.pip, formatRequirement);
  if (specs === null || pip === null) return null;
  return [
    ...specs,
    ...pip.map((text) => `--pip "${text}"`),
    ...(request.force && !before.force ? ['--force'] : []),
  ];
}

/** Those that are new or others now; null where the name of one is gone. */
function wordsBeyond<T extends { name: string }>(
  before: readonly T[],
  after: readonly T[],
  format: (each: T) => string,
): string[] | null {
  const names = new Set(after.map(({ name }) => name));
  if (before.some(({ name }) => !names.has(name))) return null;
  const known = new Set(before.map(format));
  return after.map(format).filter((text) => !known.has(text));
}
