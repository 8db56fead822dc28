import { compareSides, type Side } from '../src/domain/comparison.ts';
import { usualPlatform } from '../src/domain/edge-platforms.ts';
import { type Revision, revisionLabel } from '../src/domain/environment.ts';
import { userError } from '../src/domain/errors.ts';
import { everyPackage, type Platform } from '../src/domain/lock.ts';
import type { Reply } from '../src/domain/reply.ts';
import {
  type CommandContext,
  defineCommand,
  type KindTypes,
  type PackagesFile,
} from './command.ts';
import { sideOfFile } from './diff/side.ts';

export const diff = defineCommand({
  name: 'diff',
  group: 'change',
  summary: 'what differs between two revisions, environments, or a file and one of them',
  usage: 'diff NAME[@REVISION|:TAG] [NAME[@REVISION|:TAG]]',
  examples: ['diff churn', 'diff churn@1 churn@3', 'diff churn:prod churn', 'diff churn fraud'],
  notes: [
    'One revision is compared with the default one, and that with the one before it.',
    'With a file, attached or pasted, that is compared with the revision: an `environment.yml` by which of its constraints the revision meets, a lock by its packages. In a terminal: `conda-ferry diff FILE churn@3`, or two files.',
    'Packages with their versions and sizes, what was asked for, code of your own, and the archive.',
  ],
  args: {
    file: true,
    positionals: {
      from: { kind: 'revision', required: true },
      to: { kind: 'revision' },
    },
  },
  reads: true,
  async run(args, { services }) {
    if (args.file !== null) {
      if (args.to !== null) throw tooMuch();
      return compareWithFile(args.file, args.from, services);
    }
    const first = await revisionOf(args.from, services);
    if (args.to !== null) {
      return { kind: 'revisions', from: first, to: await revisionOf(args.to, services) };
    }
    const usual = await services.findRevision(args.from.environment, null);
    if (first.number !== usual.number) return { kind: 'revisions', from: first, to: usual };
    return { kind: 'revisions', from: await revisionBefore(usual, services), to: usual };
  },
});

/** The file against the revision, or against the environment that it names. */
async function compareWithFile(
  file: PackagesFile,
  named: KindTypes['revision'] | null,
  services: CommandContext['services'],
): Promise<Reply> {
  const { name, ...read } = sideOfFile(file, services.settings);
  const reference = named ?? (name === null ? null : { environment: name, revision: null });
  if (reference === null) {
    throw userError({
      code: 'nothing-to-compare',
      message: 'What is the file to be compared with? It does not name an environment.',
      suggestion: 'Name a revision: `diff churn@3`.',
    });
  }
  const revision = await revisionOf(reference, services);
  const { platform } = revision.lock;
  const from = platform === usualPlatform(services.settings) ? read : readFor(platform, file);
  const to = sideOfRevision(revision);
  return { kind: 'comparison', from, to, compared: compareSides(from, to) };
}

/** What a file asks for may depend on the platform. */
function readFor(platform: Platform, file: PackagesFile): Side {
  const { name: _, ...side } = sideOfFile(file, { platform });
  return side;
}

function tooMuch(): Error {
  return userError({
    code: 'too-much-to-compare',
    message: 'A file is compared with one revision, and two are named.',
    suggestion: 'Leave one out, or the file.',
  });
}

/** A revision as one of two that are compared. */
export function sideOfRevision({ request, number, lock }: Revision): Side {
  return {
    label: revisionLabel(request.environment, number),
    ...{ asked: request, installed: everyPackage(lock), left: [] },
  };
}

function revisionOf(
  { environment, revision }: KindTypes['revision'],
  services: CommandContext['services'],
): Promise<Revision> {
  return services.findRevision(environment, revision);
}

/** Throws `first-revision`. */
async function revisionBefore(
  { request: { environment: name }, number }: Revision,
  services: CommandContext['services'],
): Promise<Revision> {
  const { revisions } = await services.findEnvironment(name);
  const before = revisions.findLast((known) => known.number < number);
  if (before) return before;
  throw userError({
    code: 'first-revision',
    message: `\`${revisionLabel(name, number)}\` is the first: there is no revision before it.`,
    suggestion: `\`show ${name}\` shows what is in it, and \`diff ${name} OTHER\` compares it with another environment.`,
  });
}
