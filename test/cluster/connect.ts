/** The Spark Connect document, run by a client against a real server. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { laboratory } from '../../deploy/lab/laboratory.ts';
import { startConnect } from '../../deploy/lab/services/connect.ts';
import { sparkHomeOf } from '../../deploy/lab/services/spark.ts';
import { invoke } from '../../src/domain/invocation.ts';
import { resultIn, tell } from './cluster.ts';
import { assertFromArchive, type ServiceWorld, typeInto } from './service-world.ts';

/** Why no client can be started; false when one can. */
export const withoutClients: string | false = existsSync(join(laboratory.clients, '.stamp'))
  ? false
  : "the services' clients are not prepared";

/** The article's check, as far as a session without a SparkContext can ask it. */
const CHECK = `
import json
from pyspark.sql.functions import udf

@udf('string')
def where(number):
    import numpy, sys
    return json.dumps([numpy.__version__, sys.executable, numpy.__file__])

answers = [json.loads(row[0]) for row in spark.range(0, 1000, 1, 4).select(where('id')).distinct().collect()]
print('RESULT ' + json.dumps({
    'npv': sorted({answer[0] for answer in answers}),
    'executors': sorted({tuple(answer[1:]) for answer in answers}),
}))
spark.stop()
`;

/** Where the server's executors are, and what only its operator can set for that. */
export interface ConnectCluster {
  master: string;
  manager: 'standalone' | 'yarn';
  settings?: Readonly<Record<string, string>>;
  environment?: Readonly<Record<string, string>>;
}

/**
 * Registers a test: the snippet as it is, in front of the check. The client is the environment's own
 * Python with the client's packages beside it.
 */
export function provesConnect(
  name: string,
  spark: string,
  world: () => ServiceWorld,
  cluster: () => ConnectCluster,
  packages: readonly string[],
): void {
  test(`Spark Connect: ${name}`, { skip: withoutClients }, async () => {
    const { prefix, request, archive, edge, file, directory } = world();
    const { master, manager, settings = {}, environment = {} } = cluster();
    const server = await startConnect({
      directory: join(directory, 'connect'),
      ...{ spark, master, settings, environment },
    });
    try {
      const { cluster: known, tool: _, ...asked } = request(spark);
      const snippet = invoke({
        ...asked,
        for: 'connect',
        archive: { path: await archive('tar.gz') },
        cluster: { ...known, manager, master: server.remote },
        packages,
      });
      const program = file('connect.py', snippet.text + CHECK);
      const path = `${laboratory.clients}:${sparkHomeOf(spark)}/python`;
      const py4j = `$(echo ${sparkHomeOf(spark)}/python/lib/py4j-*.zip)`;
      const output = await typeInto(
        edge(spark),
        `PYTHONPATH=${path}:${py4j} ${prefix}/bin/python ${program}`,
      );
      assert.equal(output.code, 0, tell(output));
      assertFromArchive(resultIn(output), 'churn_tgz');
    } finally {
      await server.stop();
    }
  });
}
