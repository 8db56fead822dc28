import { isSettled } from '../src/domain/build.ts';
import { revisionOf } from '../src/domain/reference.ts';
import { isSameWatched } from '../src/domain/subscription.ts';
import { defineCommand, readerOf, requesterOf } from './command.ts';

export const show = defineCommand({
  name: 'show',
  group: 'use',
  onFirstPage: true,
  aliases: ['info'],
  summary: 'what is in an environment: packages, revisions, where it is staged',
  usage: 'show NAME[@REVISION|:TAG]',
  examples: ['show churn', 'show churn@2', 'show churn:prod'],
  args: { positionals: { revision: { kind: 'revision', required: true } } },
  reads: true,
  async run(args, context) {
    const { services } = context;
    const { environment: name, revision: which } = args.revision;
    const environment = await services.findEnvironment(name);
    const isFirst = environment.revisions.length === 0;
    const revision = isFirst && which === null ? null : revisionOf(environment, which);
    const [newest] = await services.builds({ environment: name, limit: 1 });
    const building = newest && !isSettled(newest) ? newest : null;
    const subscriptions = await services.subscriptions(requesterOf(context));
    const only = { environment: name, owner: null, edge: null };
    const isWatched = subscriptions.some(
      (each) => each.channel === null && isSameWatched(each, only),
    );
    const reader = await readerOf(context);
    return { kind: 'environment', environment, revision, building, isWatched, reader };
  },
});
