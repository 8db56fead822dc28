/** Lines on a Kubernetes API whose pods are processes: see the API's own header for what that leaves open. */
import assert from 'node:assert/strict';
import { globSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Kubernetes, startKubernetes } from '../../deploy/lab/services/kubernetes.ts';
import { type InvocationRequest, invoke } from '../../src/domain/invocation.ts';
import type { ApplicationResult } from './applications.ts';
import { type Output, resultIn, tell } from './cluster.ts';
import { assertFromArchive, type ServiceWorld, typeInto } from './service-world.ts';

/** A site whose own Python has no numpy, in every place that Kubernetes reads. */
const OTHER_PYTHON = `spark.pyspark.python /usr/bin/python3
spark.pyspark.driver.python /usr/bin/python3
spark.kubernetes.driverEnv.PYSPARK_DRIVER_PYTHON /usr/bin/python3
spark.kubernetes.driverEnv.PYSPARK_PYTHON /usr/bin/python3
spark.executorEnv.PYSPARK_PYTHON /usr/bin/python3
`;

/** Registers the tests. The site's Python loses in each of them. */
export function provesKubernetes(world: () => ServiceWorld, spark: string): void {
  const run = async (
    change: Partial<InvocationRequest>,
  ): Promise<{ output: Output; kubernetes: Kubernetes; pods: string }> => {
    const { directory, request, archive, edge } = world();
    const kubernetes = await startKubernetes({ directory: join(directory, 'kubernetes'), spark });
    try {
      const { cluster, ...asked } = request(spark);
      const { text } = invoke({
        ...asked,
        archive: { path: await archive('tar.gz') },
        cluster: { ...cluster, manager: 'kubernetes', master: kubernetes.master },
        ...change,
      });
      const settings = Object.entries(kubernetes.settings);
      const defaults = OTHER_PYTHON + settings.map(([key, value]) => `${key} ${value}\n`).join('');
      const output = await typeInto(edge(spark, { defaults }), text);
      const logs = globSync(join(kubernetes.podsFolder, '*/log')).map(
        (log) => `--- ${log}\n${readFileSync(log, 'utf8').slice(-2500)}`,
      );
      return { output, kubernetes, pods: logs.join('\n') };
    } finally {
      await kubernetes.stop();
    }
  };

  test('client mode: pods unpack the .tar.gz of the edge', async () => {
    const { application, prefix } = world();
    const { output, pods } = await run({ application });
    assert.equal(output.code, 0, `${tell(output)}\n${pods}`);
    const result = resultIn<ApplicationResult>(output);
    assertFromArchive(result, 'churn_tgz');
    for (const [executable] of result.executors) assert.match(executable, /\/pods\/[^/]+-exec-\d/);
    assert.equal(result.driver, join(prefix, 'bin/python'));
  });

  const inCluster = async (
    change: (report: string) => Promise<Partial<InvocationRequest>>,
  ): Promise<void> => {
    const report = join(world().directory, `report-${Date.now()}`);
    const { output, pods } = await run({
      mode: 'cluster',
      ...(await change(report)),
      arguments: [report, 'a b'],
    });
    assert.equal(output.code, 0, `${tell(output)}\n${pods}`);
    const text = readFileSync(report, 'utf8');
    const result = resultIn<ApplicationResult>({ ...output, stdout: text });
    assertFromArchive(result, 'churn_tgz');
    assert.match(result.driver, /\/pods\/[^/]+-driver\/.*\/?churn_tgz\/churn\/bin\/python$/);
    assert.equal(result.arguments[1], 'a b');
  };

  test('cluster mode: archive and application from http://', async () => {
    const { archive, url, application } = world();
    await inCluster(async () => {
      const path = await archive('tar.gz');
      return { archive: { path, hdfs: url(path) }, application: `local://${application}` };
    });
  });

  test('cluster mode: what is on the edge is uploaded, and the alias stays', async () => {
    const { directory, application } = world();
    const upload = join(directory, 'upload');
    mkdirSync(upload, { recursive: true });
    await inCluster(async () => ({
      application,
      conf: { 'spark.kubernetes.file.upload.path': `file://${upload}` },
    }));
  });
}
