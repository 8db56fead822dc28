import { defineCommand } from './command.ts';
import { buildPlanned } from './edit/answer.ts';

export const apply = defineCommand({
  name: 'apply',
  group: 'make',
  summary: 'build exactly what `add`, `remove`, `update` or the `plan` of a file has shown',
  usage: 'apply PLAN',
  examples: ['apply p3f2a9c'],
  whoCanUse: 'its owner and operators',
  notes: [
    'What is shown has a button that says this. A newer revision meanwhile makes an edit void.',
  ],
  args: { positionals: { plan: { kind: 'plan', required: true } } },
  async run(args, context) {
    const { services } = context;
    const { plan, command } = await services.keptPlan(args.plan);
    // A button says this; what was said is what it was planned with.
    return buildPlanned(plan, { ...context, said: command });
  },
});
