import { formatSpec } from '../src/domain/spec.ts';
import { defineCommand, requesterOf } from './command.ts';

export const unblock = defineCommand({
  name: 'unblock',
  group: 'lookAfter',
  summary: 'end a block of a package',
  usage: 'unblock PACKAGE',
  examples: ['unblock "openssl<3.0.15"'],
  whoCanUse: 'operators',
  notes: ['Written as it was blocked; `block` lists what is.'],
  args: { positionals: { spec: { kind: 'spec', required: true } } },
  async run({ spec }, context) {
    const { services } = context;
    const ended = await services.unblock(spec, requesterOf(context));
    return {
      kind: 'notice',
      tone: 'success',
      text: `\`${formatSpec(ended.spec)}\` can be had again.`,
    };
  },
});
