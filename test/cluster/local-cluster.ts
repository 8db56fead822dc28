/** Spark unpacks archives itself on every manager but YARN: shown by a cluster inside the driver. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { laboratory } from '../../deploy/lab/laboratory.ts';
import { diagnose } from '../../src/domain/diagnosis.ts';
import { lineFor } from '../../src/domain/lines.ts';
import { APPLICATION } from './applications.ts';
import { type Built, subjectOf, tell, type World, withoutSpark } from './cluster.ts';

const MASTER = 'local-cluster[2,1,1024]';

/**
 * Registers the tests on the edge of a world. `churn` is a .zip, `newer` a .tar.gz; both have numpy.
 */
export function provesLocalCluster(
  world: () => World,
  churn: () => Built,
  newer: () => Built,
): void {
  /** An edge whose Spark is another, and an environment's staging there. */
  const onLocalCluster = (build: Built, spark: string, hadoop: string) => {
    const sparkHome = borrowedSpark(world(), spark);
    const { staging } = subjectOf(build);
    const aliases = { ...staging.aliases, local: `${staging.environment}_archive` };
    const cluster = {
      ...staging.cluster,
      ...{ manager: 'local-cluster' as const, master: MASTER, spark, hadoop, sparkHome },
    };
    const conf = join(world().file(`conf-${spark}/spark-defaults.conf`, DEFAULTS), '..');
    const { javaHome } = world().lab.state;
    const env = {
      PATH: `${sparkHome}/bin:/usr/local/bin:/usr/bin:/bin`,
      JAVA_HOME: javaHome,
      SPARK_CONF_DIR: conf,
      SPARK_LOCAL_IP: '127.0.0.1',
    };
    return {
      subject: subjectOf(build, { layout: 'local', hdfs: null, aliases, cluster }),
      edge: world().edge({ env }),
      exports: Object.entries(env)
        .map(([name, value]) => `export ${name}=${value}; `)
        .join(''),
    };
  };
  const assertProven = async (build: Built, spark: string, hadoop: string, npv: string) => {
    const { subject, edge } = onLocalCluster(build, spark, hadoop);
    const proof = await world().verify(subject, { edge });
    assert.equal(proof.outcome, 'proven', `${proof.reason}\n${proof.log}`);
    assert.deepEqual(proof.npv, [npv]);
    assert.equal(proof.executors.length, 2);
    const { aliases, environment } = subject.staging;
    for (const { executable } of proof.executors) {
      const inside = `/${aliases.local}/${environment}/bin/python`;
      assert.ok(executable.endsWith(inside), executable);
    }
  };

  test('Spark 3.5.9 unpacks a .tar.gz itself, modes and all', async () => {
    await assertProven(newer(), '3.5.9', '3.3.4', '2.2.6');
  });

  test('a .zip is refused for Spark 3.5.9 off YARN, and that is what Spark does to it', async () => {
    const { subject, exports } = onLocalCluster(churn(), '3.5.9', '3.3.4');
    const application = world().file('check.py', APPLICATION);
    const options = { tool: 'spark-submit', application } as const;
    assert.throws(() => lineFor(subject, null, options), {
      code: 'archive-format',
      message: /HADOOP-18145.*error=13/,
      suggestion: /\.tar\.gz/,
    });
    // The line there would be is the one of a Spark that keeps modes.
    const { cluster } = subject.staging;
    const newerSpark = { ...cluster, spark: '4.0.0', hadoop: '3.4.1' };
    const staging = { ...subject.staging, cluster: newerSpark };
    const { text } = lineFor({ ...subject, staging }, null, options);
    const failed = await world().ssh(`${exports}${text}`);
    assert.notEqual(failed.code, 0, tell(failed));
    const findings = diagnose(`${failed.stderr}\n${failed.stdout}`);
    assert.deepEqual(
      findings.map(({ id }) => id),
      ['exec-bit-lost'],
      tell(failed),
    );
  });

  test('Spark 4.3.0 unpacks the .zip with its modes', { skip: withoutSpark('4.3.0') }, async () => {
    await assertProven(churn(), '4.3.0', '3.5.0', '1.26.4');
  });
}

/** Executors no larger than the workers of `local-cluster[2,1,1024]`. */
const DEFAULTS = `spark.driver.host 127.0.0.1
spark.driver.memory 1g
spark.executor.memory 1024m
spark.ui.enabled false
spark.ui.showConsoleProgress false
`;

/** A local cluster writes its executors' folders under SPARK_HOME: this one is thrown away. */
function borrowedSpark(world: World, version: string): string {
  const borrowed = join(world.directory, `spark-${version}`);
  if (mkdirSync(borrowed, { recursive: true }) === undefined) return borrowed;
  const original = laboratory.sparkHome(version);
  for (const name of readdirSync(original)) {
    if (name !== 'work') symlinkSync(join(original, name), join(borrowed, name));
  }
  return borrowed;
}
