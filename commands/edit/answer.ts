import { channelsOf } from '../../src/domain/defaults.ts';
import { channelsFor } from '../../src/domain/edge-platforms.ts';
import type { Edited } from '../../src/domain/edit.ts';
import { latestRevision, type Revision } from '../../src/domain/environment.ts';
import { FerryError, userError } from '../../src/domain/errors.ts';
import { missingError, missingPackages, repairSpecs } from '../../src/domain/missing-packages.ts';
import { formatRequirement, type PipRequirement } from '../../src/domain/pip.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { referenceLabel } from '../../src/domain/reference.ts';
import type { Reply } from '../../src/domain/reply.ts';
import type { BuildRequest } from '../../src/domain/request.ts';
import { formatSpec, type Spec } from '../../src/domain/spec.ts';
import { type CommandContext, type Grammar, type KindTypes, requesterOf } from '../command.ts';
import { REQUEST_ARGS } from '../create/arguments.ts';
import { asEdit, withEdits } from './repairs.ts';
import { unchanged } from './unchanged.ts';

/** How an edit is said. */
export const EDIT_ARGS = {
  positionals: {
    revision: { kind: 'revision', required: true },
    specs: { kind: 'spec', many: true, required: true },
  },
  options: {
    force: REQUEST_ARGS.options.force,
    yes: { kind: 'flag', short: '-y', summary: 'build at once what would be shown first' },
  },
} as const satisfies Grammar;

interface Editing {
  /** The command's own name. */
  verb: 'add' | 'remove' | 'update';
  args: {
    revision: KindTypes['revision'];
    specs: readonly Spec[];
    pip?: readonly PipRequirement[];
    force: true | null;
    yes: true | null;
  };
  /** Options beside `--yes` that belong to what was typed. */
  options?: readonly string[];
  /** What is to become of the revision. */
  edit(base: Revision): Edited;
}

/** Plans an edit and shows it, or builds it where that was said; where nothing changes, says so. */
export async function answerEdit(
  { verb, args, options = [], edit }: Editing,
  context: CommandContext,
): Promise<Reply> {
  const { services } = context;
  const { environment: name, revision: which } = args.revision;
  const base = await services.findRevision(name, which).catch((error: unknown) => {
    throw inOtherOrder(verb, args, error) ?? error;
  });
  const edited = edit(base);
  const place = referenceLabel(name, which);
  const say = (specs: readonly Spec[]) =>
    [verb, place, ...specs.map(formatSpec), ...options].join(' ');
  const missing = verb === 'remove' ? null : await missingIn(edited, args.specs, say, context);
  if (missing) throw missing;
  const plan = await planned(edited, base, args.force === true, context);
  if (isSame(plan, base)) {
    const offer = verb === 'update' ? (spec: string) => `update ${place} ${spec}` : null;
    const text = await unchanged(base, args.specs, offer, services);
    return { kind: 'notice', tone: 'information', text };
  }
  if (args.yes) return buildPlanned(plan, context);
  const newest = latestRevision(await services.findEnvironment(name))?.number ?? base.number;
  const id = await services.keepPlan({ plan, newest, command: say(args.specs) });
  return { kind: 'edit', plan, base, id };
}

/** `add scipy to churn`: the environment stands last, as in a sentence. Null for anything else. */
function inOtherOrder(verb: string, args: Editing['args'], error: unknown): FerryError | null {
  if (!(error instanceof FerryError) || error.code !== 'environment-not-found') return null;
  const words = [args.revision.environment, ...args.specs.map(formatSpec)];
  const at = words.length - 2;
  if (at < 1 || !/^(?:to|from|in|of)$/.test(words[at] ?? '')) return null;
  const command = [verb, words.at(-1), ...words.slice(0, at)].join(' ');
  return userError({
    code: 'other-order',
    message: 'The environment stands first, and its packages behind it.',
    suggestion: `Did you mean \`${command}\`?`,
    repairs: [{ label: command, command }],
  });
}

/** What a build of the edit would have; whatever would go through instead is an edit, too. */
async function planned(
  { request, edit }: Edited,
  base: Revision,
  force: boolean,
  context: CommandContext,
): Promise<Plan> {
  const { services } = context;
  const forced = { edit, request: { ...request, force: request.force || force } };
  try {
    const plan = await services.planEdit(forced, requesterOf(context));
    const notes = plan.notes.map((note) => ({
      ...note,
      repair: note.repair && asEdit(note.repair, base, services.settings),
    }));
    return { ...plan, notes };
  } catch (error) {
    throw error instanceof FerryError ? withEdits(error, base, services.settings) : error;
  }
}

/** Builds what a plan has: its packages, and the code at the bytes it had then. */
export async function buildPlanned(
  { request, lock, projects }: Plan,
  context: CommandContext,
): Promise<Reply> {
  const given = { lock, projects };
  const { build, joined } = await context.services.create(request, requesterOf(context), given);
  return { kind: 'build', build, audience: joined ? 'requester' : 'channel' };
}

/** Neither the archive nor what was asked for would be another one. */
function isSame({ fingerprint, request }: Plan, base: Revision): boolean {
  const asked = ({ specs, pip }: BuildRequest) =>
    [...specs.map(formatSpec), ...pip.map(formatRequirement)].join(' ');
  return fingerprint === base.fingerprint && asked(request) === asked(base.request);
}

/** Packages that no channel of the environment has, with the same command for those meant. */
async function missingIn(
  { request }: Edited,
  specs: readonly Spec[],
  say: (specs: readonly Spec[]) => string,
  { services }: CommandContext,
): Promise<FerryError | null> {
  const channels = channelsOf(request, services.settings);
  const missing = (await missingPackages(specs, channels, channelsFor(request, services))) ?? [];
  if (missing.length === 0) return null;
  const meant = repairSpecs(specs, missing);
  const command = meant && say(meant);
  const { code, message, suggestion } = missingError(missing, channels);
  const repairs = command ? [{ label: command, command }] : [];
  return userError({ code, message, suggestion, repairs });
}
