import { diagnose as findCauses } from '../src/domain/diagnosis.ts';
import { userError } from '../src/domain/errors.ts';
import { defineCommand } from './command.ts';

export const diagnose = defineCommand({
  name: 'diagnose',
  aliases: ['explain'],
  summary: 'paste a traceback or a log: the cause, and the line that works',
  usage: 'diagnose TEXT',
  examples: [
    'diagnose Cannot run program "./churn_zip/churn/bin/python": error=13, Permission denied',
  ],
  notes: [
    'For more than a few lines, attach the log as a file and mention the bot, or use “Diagnose this” on a message.',
  ],
  args: { raw: true },
  async run(args, { services }) {
    if (args.raw === '') {
      throw userError({
        code: 'missing-argument',
        message: '`diagnose` needs the text of a failure.',
        suggestion:
          'Paste the traceback after the word, or use “Diagnose this” on the message that holds it.',
      });
    }
    const context = { packagesOf: await services.packagesOf() };
    return { kind: 'findings', findings: findCauses(args.raw, context) };
  },
});
