/** Promises of the lines a person pastes, kept on whatever cluster the caller started. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { articleScript, holds, runInPyspark } from '../../deploy/lab/article.ts';
import { APPLICATION, type ApplicationResult } from './applications.ts';
import { type Built, resultIn, tell, typed, unpackedCopies, type World } from './cluster.ts';

/** Enough for the article's deciles, and soon done. */
const ROWS = 1000;

/** Both the Python and the numpy of every executor are those of the archive. */
function assertFromArchive(result: ApplicationResult, inside: string): void {
  assert.ok(result.executors.length > 0);
  for (const path of result.executors.flat()) assert.ok(path.includes(inside), path);
}

/**
 * Registers the tests. The environment `churn` must be a .zip in the local layout with numpy and
 * pandas, and must have been verified, so that these are its second and later applications.
 */
export function provesLines(world: () => World, churn: () => Built): void {
  let application: string;
  before(() => {
    application = world().file('check.py', APPLICATION);
  });

  test('the build proved on every executor what the archive holds', () => {
    const [proof] = churn().verifications;
    assert.equal(proof?.outcome, 'proven');
    assert.deepEqual(proof.npv, ['1.26.4']);
    assert.equal(proof.executors.length, 2);
    for (const executor of proof.executors) {
      assert.match(executor.executable, /\/churn_zip\/churn\/bin\/python$/);
      assert.match(executor.numpyFile ?? '', /\/churn_zip\/churn\/lib\/.*\/numpy\/__init__\.py$/);
      assert.match(executor.python, /^3\.11\./);
      assert.match(executor.glibc ?? '', /^2\.\d+$/);
      assert.deepEqual(executor.packages, { numpy: '1.26.4', pandas: '2.0.3' });
      assert.deepEqual(executor.failedImports, {});
    }
  });

  for (const layout of ['local', 'global'] as const) {
    test(`pyspark, ${layout} layout: the pasted line gives one numpy and ten equal parts`, async () => {
      const line = await world().line(`run churn pyspark --layout ${layout}`);
      const folder = join(world().root, 'envs/churn/1.global');
      assert.equal(line.directory, layout === 'global' ? folder : null);
      const script = world().file('article.py', articleScript(ROWS));
      const result = await runInPyspark(world().lab.state.edge, line, script, () => {});
      assert.deepEqual(result.npv, ['1.26.4']);
      assert.ok(holds(result), JSON.stringify(result));
    });

    test(`spark-submit, ${layout} layout: driver and executors use the environment`, async () => {
      const line = await world().line(
        `run churn spark-submit --layout ${layout} -- ${application}`,
      );
      // Only the layout that is staged has a short one.
      assert.equal(line.short === null, layout === 'global');
      const output = await world().ssh(line.short ?? typed(line));
      assert.equal(output.code, 0, tell(output));
      const result = resultIn<ApplicationResult>(output);
      assert.deepEqual(result.npv, ['1.26.4']);
      const alias = layout === 'local' ? 'churn_zip' : 'MYGLOBALENV';
      assertFromArchive(result, `/${alias}/churn/`);
      const driver = layout === 'local' ? 'envs/churn/1' : 'envs/churn/1.global/MYGLOBALENV/churn';
      assert.equal(result.driver, join(world().root, driver, 'bin/python'));
    });
  }

  test("cluster mode: the driver in its container uses the archive, whatever the person's shell exports", async () => {
    const report = join(world().directory, 'report');
    const line = await world().line(
      `run churn spark-submit --mode cluster -- ${application} ${report}`,
    );
    const output = await world().ssh(
      `export PYSPARK_DRIVER_PYTHON=/nowhere/python PYTHONPATH=/nowhere; ${line.short}`,
    );
    assert.equal(output.code, 0, tell(output));
    assert.ok(existsSync(report), tell(output));
    const result = resultIn<ApplicationResult>({ ...output, stdout: readFileSync(report, 'utf8') });
    assert.deepEqual(result.npv, ['1.26.4']);
    assertFromArchive(result, '/churn_zip/churn/');
    assert.match(result.driver, /\/container_\w+_000001\/churn_zip\/churn\/bin\/python$/);
    assert.deepEqual(result.arguments, [report]);
  });
}

/** Registers the tests of the copy in HDFS; they look at what `provesLines` left. */
export function provesSharedCopy(world: () => World, churn: () => Built): void {
  test('the archive lies in HDFS under its sha256, open to all readers', async () => {
    const { archive, stagings } = churn();
    const { nameNode } = world().lab.state.cluster;
    assert.equal(stagings[0]?.hdfs, `${nameNode}/envs/${archive?.sha256}/${archive?.name}`);
    const output = await world().ssh(
      `hdfs dfs -stat '%A %b %n' /envs /envs/${archive?.sha256} /envs/${archive?.sha256}/churn.zip`,
    );
    assert.deepEqual(output.stdout.trim().split('\n'), [
      'rwxr-xr-x 0 envs',
      `rwxr-xr-x 0 ${archive?.sha256}`,
      `rw-r--r-- ${archive?.bytes} churn.zip`,
    ]);
  });

  test('a node unpacks it once for all applications, and downloads nothing again', async () => {
    const applications = world().applications().length;
    assert.ok(applications >= 3, `${applications} applications`);
    const copies = unpackedCopies(world(), 'churn.zip');
    assert.deepEqual(copies.own, []);
    const [copy, ...others] = copies.public;
    assert.ok(copy !== undefined && others.length === 0, `${copies.public}`);
    const proof = churn().verifications[0]?.at ?? 0;
    const { birthtimeMs, ctimeMs } = statSync(join(copy, 'churn/bin/python'));
    // Unpacked for the proof, the first application, and not touched by the ones after it.
    assert.ok(Math.max(birthtimeMs, ctimeMs) < proof, `${birthtimeMs} ${ctimeMs} ${proof}`);
    assert.equal(downloadsOf(world(), 'churn.zip'), 1);
  });
}

/** How often the NodeManager says it downloaded a file of this name into its public cache. */
function downloadsOf(world: World, name: string): number {
  const log = readFileSync(
    join(world.lab.state.directory, 'cluster/logs/nodemanager1.log'),
    'utf8',
  );
  return log
    .split('\n')
    .filter((line) => /Downloading public resource/.test(line) && line.includes(`/${name},`))
    .length;
}
