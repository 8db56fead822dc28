import { FerryError } from '../src/domain/errors.ts';
import { createCommand } from '../src/domain/request.ts';
import { defineCommand, requesterOf } from './command.ts';
import { whileSolving } from './create/answer.ts';
import { REQUEST_ARGS, requestOf, reviewRequest } from './create/arguments.ts';

/** Slack keeps 2000 characters with a button, of which its quotes may take some. */
const LONGEST_SAID = 1_900;

export const plan = defineCommand({
  name: 'plan',
  group: 'make',
  onFirstPage: true,
  summary: 'see what `create` would build, and what would change; nothing is built',
  usage: 'plan NAME PACKAGE… [options]',
  examples: [
    'plan churn python=3.11 numpy pandas',
    'plan churn python=3.11 "numpy>=2" pandas --all',
  ],
  notes: [
    'It takes what `create` takes, solves it and shows the packages, their sizes and what is new against the newest revision.',
    'A lock in a file is not solved again: its packages are shown, and the button builds exactly those.',
    'Nothing is built and no name is taken; in a channel only you see the answer, until you share it.',
  ],
  args: {
    positionals: REQUEST_ARGS.positionals,
    options: {
      ...REQUEST_ARGS.options,
      all: { kind: 'flag', summary: 'every package, not only those asked for' },
    },
  },
  review: async (draft, context) => toPlan(await reviewRequest(draft, context)),
  reads: true,
  async run(args, context) {
    const insists = args.name !== null || args.prefix !== null;
    try {
      const request = requestOf(args);
      const planning = context.services.plan(request, requesterOf(context), args.lock);
      const plan = await whileSolving(request.environment, planning, context.tell);
      const command = createCommand(request, insists);
      const isSaid = args.lock === null && command.length <= LONGEST_SAID;
      const id = isSaid ? null : await context.services.keepPlan({ plan, newest: null, command });
      const seconds = await context.services.estimate(plan.lock);
      return { kind: 'plan', plan, whole: args.all === true, insists, id, seconds };
    } catch (error) {
      throw error instanceof FerryError ? toPlan(error) : error;
    }
  },
});

/** The same refusal, in which what would go through is looked at first, too. */
function toPlan<E extends FerryError | null>(error: E): E | FerryError {
  if (error === null || error.repairs.length === 0) return error;
  const { kind, said, code, position, replacement, others, parts, details, retryable } = error;
  const repairs = error.repairs.map(({ label, command }) => ({
    label: label.replace(/^Build /, 'Plan '),
    command: command.replace(/^create /, 'plan '),
  }));
  return new FerryError(kind, {
    ...{ code, ...said, position, replacement, others, parts, details, retryable, repairs },
  });
}
