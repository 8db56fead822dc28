/** Lines and documents on a standalone cluster. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Standalone } from '../../deploy/lab/services/standalone.ts';
import { type InvocationRequest, invoke } from '../../src/domain/invocation.ts';
import type { ApplicationResult } from './applications.ts';
import { resultIn, tell } from './cluster.ts';
import { assertFromArchive, type ServiceWorld, type Site, typeInto } from './service-world.ts';

type Cluster = () => { world: ServiceWorld; standalone: Standalone };

/** A site whose Python has no numpy, said in every way that standalone clusters read. */
const OTHER_PYTHON: Site = {
  defaults: `spark.pyspark.python /usr/bin/python3
spark.pyspark.driver.python /usr/bin/python3
spark.executorEnv.PYTHONPATH /nowhere
`,
  environment: 'export PYSPARK_PYTHON=/usr/bin/python3 PYSPARK_DRIVER_PYTHON=/usr/bin/python3\n',
};

async function asked(cluster: Cluster, spark: string, change: Partial<InvocationRequest> = {}) {
  const { world, standalone } = cluster();
  const { cluster: known, ...request } = world.request(spark);
  return invoke({
    ...request,
    archive: { path: await world.archive('tar.gz') },
    cluster: { ...known, manager: 'standalone', master: standalone.master },
    ...change,
  });
}

/** Registers the one test that runs everywhere. */
export function provesStandaloneSubmit(cluster: Cluster, spark: string): void {
  test('spark-submit: driver and executors use the environment, and an argument stays whole', async () => {
    const { world } = cluster();
    const { text } = await asked(cluster, spark, {
      application: world.application,
      arguments: [join(world.directory, 'report'), 'a b'],
    });
    const output = await typeInto(world.edge(spark), text);
    assert.equal(output.code, 0, tell(output));
    const result = resultIn<ApplicationResult>(output);
    assertFromArchive(result, 'churn_tgz');
    assert.equal(result.driver, join(world.prefix, 'bin/python'));
    assert.equal(result.arguments[1], 'a b');
  });
}

/** Registers the tests of every form. */
export function provesStandalone(cluster: Cluster, spark: string): void {
  provesStandaloneSubmit(cluster, spark);

  test('the archive is taken from an http:// address', async () => {
    const { world } = cluster();
    const path = await world.archive('tar.gz');
    const { text } = await asked(cluster, spark, {
      application: world.application,
      archive: { path, hdfs: world.url(path) },
    });
    world.asked.length = 0;
    const output = await typeInto(world.edge(spark), text);
    assert.equal(output.code, 0, tell(output));
    assertFromArchive(resultIn<ApplicationResult>(output), 'churn_tgz');
    assert.ok(world.asked.includes('GET /churn.tar.gz'), String(world.asked));
  });

  test('the pyspark shell', async () => {
    const { world } = cluster();
    const { text } = await asked(cluster, spark, { tool: 'pyspark' });
    const output = await inTerminal(world, spark, text);
    const result = resultIn<ApplicationResult>(output);
    assertFromArchive(result, 'churn_tgz');
    assert.equal(result.driver, join(world.prefix, 'bin/python'));
  });

  test('spark-defaults.conf by --properties-file', async () => {
    const { world } = cluster();
    const document = await asked(cluster, spark, { for: 'spark-defaults' });
    const defaults = world.file('churn.conf', document.text);
    // --properties-file stands in the place of the edge's own file.
    const settings =
      '--driver-memory 700m --executor-memory 700m --conf spark.driver.host=127.0.0.1';
    const output = await typeInto(
      world.edge(spark),
      `spark-submit --properties-file ${defaults} ${settings} ${world.application}`,
    );
    assert.equal(output.code, 0, tell(output));
    const result = resultIn<ApplicationResult>(output);
    assertFromArchive(result, 'churn_tgz');
    assert.equal(result.driver, join(world.prefix, 'bin/python'));
  });

  test("the site's Python loses on driver and executors, in both tools", async () => {
    const { world } = cluster();
    const submit = await asked(cluster, spark, { application: world.application });
    const shell = await asked(cluster, spark, { tool: 'pyspark' });
    for (const output of [
      await typeInto(world.edge(spark, OTHER_PYTHON), submit.text),
      await inTerminal(world, spark, shell.text, OTHER_PYTHON),
    ]) {
      const result = resultIn<ApplicationResult>(output);
      assertFromArchive(result, 'churn_tgz');
      assert.equal(result.driver, join(world.prefix, 'bin/python'));
    }
  });
}

/** Runs the check in the shell that a line opens; Python's interactive mode needs a terminal. */
function inTerminal(world: ServiceWorld, spark: string, line: string, site?: Site) {
  const script = world.file('line.sh', line);
  return typeInto(world.edge(spark, site), `script -qec 'bash ${script}' /dev/null`, {
    // What is printed first ends the line of the prompt.
    input: `print(); exec(open('${world.application}').read())\nexit()\n`,
  });
}
