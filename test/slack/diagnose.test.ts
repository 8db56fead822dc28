/** A failed job in Slack: which environment it was, asked where it is not known, and what to press. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { environment } from '../answers/samples.ts';
import { ANA, DATA, inWorld, says, visibleText, type World } from './world.ts';

const LOG = `org.apache.spark.api.python.PythonException: Traceback (most recent call last):
  File "/opt/spark/python/lib/pyspark.zip/pyspark/worker.py", line 1247, in main
ModuleNotFoundError: No module named 'sklearn'`;
const SHIPPED = './churn_zip/churn/bin/python';
const mention = { user: ANA, channel: DATA };

function hold(world: World, ...names: string[]): void {
  for (const name of names) world.store.environments.set(name, environment(name));
}

describe('diagnose', () => {
  test('names the environment of the log, with its line and the build that mends it', () =>
    inWorld(async (world) => {
      hold(world, 'churn', 'fraud');
      await world.slack.say({ ...mention, text: `<@U0FERRYBOT> diagnose ${SHIPPED}\n${LOG}` });
      const answer = await world.slack.untilMessage(says(/What went wrong/));
      const text = visibleText(answer);
      assert.match(text, /For\s+churn@3\s+of/);
      assert.match(text, /The line of churn@3\s+\(pyspark, client mode\) on\s+lab/);
      assert.match(text, /Build it with scikit-learn/);
      const { ts } = answer;
      await world.slack.click({ user: ANA, channel: DATA, ts, actionId: 'say_1' });
      await world.slack.untilMessage(says(/churn waits/));
      const [build] = [...world.store.builds.values()];
      assert.deepEqual(
        build?.request.specs.map(({ name }) => name),
        ['python', 'numpy', 'scipy', 'pandas', 'scikit-learn'],
      );
    }));

  test('asks which of several it is, and the answer takes the place of the question', () =>
    inWorld(async (world) => {
      hold(world, 'churn', 'fraud');
      const { message: asked } = await world.slack.say({
        ...mention,
        text: `<@U0FERRYBOT> diagnose ${LOG}`,
      });
      const question = await world.slack.untilMessage(says(/Which environment is it/));
      assert.equal(question.thread_ts, asked.ts);
      const { ts } = question;
      const choose = (value: string) =>
        world.slack.selectOption({ user: ANA, channel: DATA, ts, actionId: 'choose', value });
      const [id] = [...world.store.kept.keys()];
      await choose(JSON.stringify({ c: `diagnose --environment fraud --kept ${id}` }));
      const answer = await world.slack.untilMessage(says(/For\s+fraud@3\s+of/));
      assert.equal(answer.ts, ts);
      assert.doesNotMatch(visibleText(answer), /Which environment is it/);
    }));

  test('asks one person alone where one asked alone, and they may share what they chose', () =>
    inWorld(async (world) => {
      hold(world, 'churn', 'fraud');
      await world.slash(`diagnose ${LOG}`);
      const { ts } = await world.slack.untilEphemeral(ANA, says(/Which environment is it/));
      const [id] = [...world.store.kept.keys()];
      const value = JSON.stringify({ c: `diagnose --environment churn --kept ${id}` });
      await world.slack.selectOption({ user: ANA, channel: DATA, ts, actionId: 'choose', value });
      await world.slack.untilEphemeral(ANA, says(/For\s+churn@3\s+of/));
      await world.slack.click({ user: ANA, channel: DATA, ts, actionId: 'share' });
      await world.slack.untilMessage(says(/For\s+churn@3\s+of[\s\S]*shared this/));
    }));

  test('reads a long log that is attached to its end, as it is', () =>
    inWorld(async (world) => {
      hold(world, 'churn');
      const line = `26/11/23 01:09:19 INFO Task: &lt; ${'x'.repeat(60)}\n`;
      const content = Buffer.from(`${line.repeat(3000)}${SHIPPED}\n${LOG} &lt;`);
      const text = '<@U0FERRYBOT> diagnose';
      await world.slack.shareFile({ ...mention, name: 'job.log', content, text });
      const answer = await world.slack.untilMessage(says(/What went wrong/));
      assert.match(visibleText(answer), /Build it with scikit-learn/);
      assert.match(visibleText(answer), /For\s+churn@3\s+of/);
    }));
});
