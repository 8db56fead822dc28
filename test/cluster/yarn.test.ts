import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { applicationRows } from '../../deploy/lab/behind.ts';
import { runWithout } from '../../deploy/lab/guide.ts';
import { isRunning } from '../../deploy/lab/processes.ts';
import { diagnose } from '../../src/domain/diagnosis.ts';
import { type Built, startWorld, type World, withoutCluster } from './cluster.ts';
import { provesDoctor } from './doctor.ts';
import { provesCures } from './failures.ts';
import { provesLines, provesSharedCopy } from './lines.ts';
import { provesLocalCluster } from './local-cluster.ts';
import { provesSites } from './site-proofs.ts';
import { provesSmokeTest, provesVerification } from './verification.ts';

describe('YARN 3.5.0 with HDFS and Spark 3.5.9', { skip: withoutCluster('3.5.0', '3.5.9') }, () => {
  const built: Record<string, Built> = {};
  let world: World;
  const theWorld = () => world;
  const environment = (name: string) => () => {
    const build = built[name];
    assert.ok(build, `${name} was not built`);
    return build;
  };
  const churn = environment('churn');
  const newer = environment('newer');

  before(async () => {
    world = await startWorld();
    built.churn = await world.build('churn python=3.11 numpy=1.26 pandas=2.0');
  });
  after(async () => {
    await world?.stop();
    assert.deepEqual(world?.lab.state.processes.filter(isRunning), []);
  });

  describe('lines', () => {
    provesLines(theWorld, churn);
    provesSharedCopy(theWorld, churn);
  });

  describe('builds', () => {
    test('a .tar.gz in the global layout is proven too', async () => {
      built.newer = await world.build(
        'newer python=3.11 numpy=2.2 setuptools --layout global --format tar.gz',
      );
      const [proof] = built.newer.verifications;
      assert.equal(proof?.outcome, 'proven');
      assert.deepEqual(proof.npv, ['2.2.6']);
      assert.equal(proof.executors.length, 2);
      for (const { executable, packages, numpyFile } of proof.executors) {
        assert.match(executable, /\/MYGLOBALENV\/newer\/bin\/python$/);
        assert.match(numpyFile ?? '', /\/MYGLOBALENV\/newer\/lib\//);
        assert.deepEqual(packages, { numpy: '2.2.6', setuptools: '75.8.0' });
      }
    });

    test('an environment with pandas is proven by DataFrames, too, there and back', () => {
      const [proof] = churn().verifications;
      assert.deepEqual(proof?.tables, ['a DataFrame', 'toPandas', 'createDataFrame']);
    });

    test('an environment without numpy is proven by what it has', async () => {
      built.bare = await world.build('bare python=3.11 six');
      const [proof] = built.bare.verifications;
      assert.equal(proof?.outcome, 'proven');
      assert.deepEqual(proof.npv, []);
      assert.equal(proof.executors.length, 2);
      for (const { numpyFile, packages, failedImports } of proof.executors) {
        assert.deepEqual([numpyFile, packages, failedImports], [null, { six: '1.17.0' }, {}]);
      }
      assert.deepEqual(proof.tables, []);
    });
  });

  describe('a site', () => {
    provesSites(theWorld, churn, environment('bare'));
  });

  describe('the failures of the article', () => {
    provesCures(theWorld, churn, newer);

    test('what the demo has people break breaks, for the reason that it says', async () => {
      const { state } = world.lab;
      const traceback = await runWithout(state.edge, world.directory, state.python);
      assert.match(traceback, /ModuleNotFoundError: No module named 'numpy'$/);
      assert.deepEqual(
        diagnose(traceback).map(({ id }) => id),
        ['module-missing-on-executor'],
      );
      const page = await fetch(`${state.cluster.resourceManagerUrl}/cluster/apps`);
      const [newest] = applicationRows(await page.text());
      assert.equal(newest?.label, 'without conda-ferry');
    });
  });

  describe('the proof', () => {
    provesVerification(theWorld, churn, newer);
  });

  describe('Spark’s own unpacker', () => {
    provesLocalCluster(theWorld, churn, newer);
  });

  describe('the doctor', () => {
    provesDoctor(theWorld);
  });

  describe('without a cluster', () => {
    provesSmokeTest(theWorld, churn);
  });
});
