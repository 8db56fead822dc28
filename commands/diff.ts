import { type Revision, revisionLabel } from '../src/domain/environment.ts';
import { userError } from '../src/domain/errors.ts';
import { type CommandContext, defineCommand, type KindTypes } from './command.ts';

export const diff = defineCommand({
  name: 'diff',
  group: 'change',
  summary: 'what differs between two revisions, or two environments',
  usage: 'diff NAME[@REVISION|:TAG] [NAME[@REVISION|:TAG]]',
  examples: ['diff churn', 'diff churn@1 churn@3', 'diff churn:prod churn', 'diff churn fraud'],
  notes: [
    'One revision is compared with the default one, and that with the one before it.',
    'Packages with their versions and sizes, what was asked for, code of your own, and the archive.',
  ],
  args: {
    positionals: {
      from: { kind: 'revision', required: true },
      to: { kind: 'revision' },
    },
  },
  reads: true,
  async run(args, { services }) {
    const first = await revisionOf(args.from, services);
    if (args.to !== null) {
      return { kind: 'revisions', from: first, to: await revisionOf(args.to, services) };
    }
    const usual = await services.findRevision(args.from.environment, null);
    if (first.number !== usual.number) return { kind: 'revisions', from: first, to: usual };
    return { kind: 'revisions', from: await revisionBefore(usual, services), to: usual };
  },
});

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
