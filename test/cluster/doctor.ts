/** The doctor makes an environment end to end: here a real cluster proves it, and HDFS has it meanwhile. */
import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { writeConfiguration } from '../../deploy/lab/configuration.ts';
import { startSlackEmulator } from '../../deploy/lab/slack/index.ts';
import { startProduct } from '../harness/product.ts';
import { tell, type World } from './cluster.ts';

/** Registers the test on the cluster of a world, with records of its own beside those of the others. */
export function provesDoctor(world: () => World): void {
  test('check --full has the cluster prove what it makes, and leaves nothing of it', async () => {
    const { directory, lab, root, ssh, applications } = world();
    const own = join(directory, 'doctor');
    const slack = await startSlackEmulator();
    const config = join(own, 'conda-ferry.yaml');
    await writeConfiguration(config, lab.state, {
      ...{ dataDirectory: join(own, 'data'), root, slackApiUrl: slack.apiUrl, hdfs: true },
    });
    const there = () => globSync('{archives,packages,envs,manifests}/*', { cwd: root });
    const before = { there: new Set(there()), applications: applications().length };
    const doctor = startProduct(['check', '--full', '--config', config], {
      PATH: '/usr/local/bin:/usr/bin:/bin',
      HOME: own,
      SLACK_BOT_TOKEN: slack.botToken,
      SLACK_APP_TOKEN: slack.appToken,
    });
    try {
      assert.equal(await doctor.ended, 0, doctor.output());
    } finally {
      doctor.kill('SIGKILL');
      await slack.stop();
    }
    // Not tried on the edge alone, and no doubt beside it.
    assert.match(doctor.output(), /✓ full: made, .* in .*: solve .*, stage .*, verify /);
    assert.doesNotMatch(doctor.output(), /[!✗?] full/);
    assert.ok(applications().length > before.applications, doctor.output());
    const come = there().filter((path) => !before.there.has(path));
    assert.deepEqual(come, [], doctor.output());
    const listed = await ssh('hdfs dfs -ls -R /envs');
    assert.equal(listed.code, 0, tell(listed));
    assert.match(listed.stdout, /churn/);
    assert.doesNotMatch(listed.stdout, /conda-ferry-check/);
  });
}
