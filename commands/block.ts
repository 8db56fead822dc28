import { userError } from '../src/domain/errors.ts';
import { counted } from '../src/domain/figures.ts';
import { formatSpec } from '../src/domain/spec.ts';
import { defineCommand, requesterOf } from './command.ts';

export const block = defineCommand({
  name: 'block',
  group: 'lookAfter',
  aliases: ['blocks'],
  summary: 'keep a package out of everything new; without anything, what is blocked',
  usage: 'block [PACKAGE] --why TEXT',
  examples: ['block', 'block "openssl<3.0.15" --why CVE-2024-9143'],
  whoCanUse: 'operators',
  notes: [
    'New builds get other versions where that is possible; where it is not they are refused, and told who blocked what and why.',
    'What is built already stays usable: `search "openssl<3.0.15"` says who has it. `unblock` ends a block.',
  ],
  args: {
    positionals: { spec: { kind: 'spec' } },
    options: { why: { kind: 'sentence', value: 'TEXT', summary: 'told to whoever is refused' } },
  },
  reads: ({ spec, why }) => spec === null && why === null,
  async run({ spec, why }, context) {
    const { services } = context;
    if (spec === null && why === null) return { kind: 'blocks', blocks: await services.blocks() };
    if (spec === null || why === null) {
      throw userError({
        code: spec === null ? 'missing-argument' : 'missing-why',
        message: `\`block\` needs ${spec === null ? 'a package' : 'a reason, for whoever is refused'}.`,
        suggestion:
          spec === null
            ? 'Write it before `--why`.'
            : 'Write it after `--why`; it needs no quotes.',
      });
    }
    await services.block(spec, why, requesterOf(context));
    const text = formatSpec(spec);
    const { count } = await services.search([spec], { all: false, start: 0, limit: 0 });
    const has = count.environments;
    return {
      kind: 'notice',
      tone: 'success',
      text: `\`${text}\` is kept out of everything new. ${has === 0 ? 'No environment has it.' : `${counted(has, 'environment')} ${has === 1 ? 'has' : 'have'} it: \`search ${text}\` says which, \`rebuild --affected\` asks the owners.`} \`unblock ${text}\` ends it.`,
    };
  },
});
