import { withoutDefaultEdges } from '../src/domain/defaults.ts';
import { userError } from '../src/domain/errors.ts';
import { counted } from '../src/domain/figures.ts';
import type { Reference } from '../src/domain/reference.ts';
import { referenceLabel } from '../src/domain/reference.ts';
import type { Reply } from '../src/domain/reply.ts';
import { formatSpec, type Spec } from '../src/domain/spec.ts';
import { type CommandContext, defineCommand, requesterOf } from './command.ts';
import { answerTo, whileSolving } from './create/answer.ts';

/** Between two words of how far it is. */
const TELL_MS = 20_000;

export const rebuild = defineCommand({
  name: 'rebuild',
  group: 'lookAfter',
  summary: 'build what was asked for with today’s newest; or have all made anew that has a package',
  usage: 'rebuild NAME[@REVISION|:TAG] | rebuild --affected [PACKAGE…]',
  examples: ['rebuild churn', 'rebuild --affected', 'rebuild --affected "openssl<3.0.15"'],
  whoCanUse: 'its owner and operators; `--affected`: operators',
  notes: [
    '`rebuild churn` asks for the same packages again: within the constraints all are as new as there is. `update churn --latest` shows first what would change.',
    '`--affected` looks for environments whose default or tagged revision has a package, or with none named, what is blocked. Each is planned without it, all else where it is, and its owner asked directly, with what would change and a button that builds it. Nothing is built unasked.',
  ],
  args: {
    positionals: {
      revision: { kind: 'revision', givenBy: ['affected'] },
      specs: { kind: 'spec', many: true },
    },
    options: {
      affected: { kind: 'flag', summary: 'all that has a package: its owners are asked' },
    },
  },
  async run({ revision, specs, affected }, context) {
    if (affected) return askOwners(specs, context);
    if (revision === null) {
      throw userError({
        code: 'missing-argument',
        message: '`rebuild` needs an environment.',
        suggestion:
          'Write `rebuild NAME`; or, for all that has a package, `rebuild --affected "openssl<3.0.15"`.',
      });
    }
    if (specs.length > 0) throw notOfSome(revision, specs);
    return again(revision, context);
  },
});

async function again(
  { environment: name, revision: which }: Reference,
  context: CommandContext,
): Promise<Reply> {
  const { services, tell } = context;
  const { request } = await services.findRevision(name, which);
  const asked = withoutDefaultEdges(request, services.settings);
  const creating = services.createPlanned(asked, requesterOf(context));
  return answerTo(await whileSolving(name, creating, tell));
}

/** Says how far it is now and then, as an answer for many takes its time. */
async function askOwners(specs: readonly Spec[], context: CommandContext): Promise<Reply> {
  const { services, tell } = context;
  let told = Date.now();
  const planned = (done: number, all: number) => {
    if (done === all || Date.now() - told < TELL_MS) return;
    told = Date.now();
    tell?.(`${done} of ${counted(all, 'environment')} are planned…`);
  };
  const asked = await services.askOwners(specs, requesterOf(context), planned);
  return { kind: 'affected', ...asked };
}

function notOfSome({ environment, revision }: Reference, specs: readonly Spec[]) {
  const words = [referenceLabel(environment, revision), ...specs.map(formatSpec)].join(' ');
  return userError({
    code: 'rebuild-of-some',
    message: '`rebuild` takes the newest of everything, and packages are named.',
    suggestion: `Did you mean \`update ${words}\`?`,
    repairs: [{ label: `update ${words}`, command: `update ${words}` }],
  });
}
