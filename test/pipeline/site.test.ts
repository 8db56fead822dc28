import assert from 'node:assert/strict';
import { test } from 'node:test';
import { execute } from '../../commands/execute.ts';
import { commandHelp, commands } from '../../commands/registry.ts';
import { staging } from '../answers/samples.ts';
import { createWorld } from './world.ts';

test('a proof asks the site anew, and the lines after it know what its files say', async () => {
  const world = createWorld();
  const say = (text: string) =>
    execute(text, commands, {
      ...{ user: 'U1', channel: 'C1', team: null },
      ...{ services: world.services, commands: commandHelp },
    });
  const line = async () => {
    const reply = await say('run churn');
    return reply.kind === 'invocation' ? reply.lines[0]?.text : assert.fail(reply.kind);
  };
  await say('create churn numpy');
  await world.work('churn');
  assert.doesNotMatch((await line()) ?? '', /load-spark-env/);

  const launched: (readonly string[] | undefined)[] = [];
  for (const edge of world.ports.edges.values()) {
    edge.profile = async () => ({ ...staging().cluster, siteVariables: ['PYTHONPATH'] });
    edge.launch = async (known) => {
      launched.push(known.cluster.siteVariables);
      return known;
    };
  }
  const [build] = await world.store.listBuilds({ environment: 'churn', limit: 1 });
  await world.proveAgain(build?.id ?? '');
  // What the launcher starts is written anew, once.
  await world.proveAgain(build?.id ?? '');
  assert.deepEqual(launched, [['PYTHONPATH']]);
  assert.match((await line()) ?? '', /^SPARK_HOME=\S+ bash .*load-spark-env/);
});
