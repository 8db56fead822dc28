/** The Jupyter document, started as notebooks start it: by jupyter_client. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { laboratory } from '../../deploy/lab/laboratory.ts';
import type { Standalone } from '../../deploy/lab/services/standalone.ts';
import { invoke } from '../../src/domain/invocation.ts';
import type { ApplicationResult } from './applications.ts';
import { resultIn, tell } from './cluster.ts';
import { withoutClients } from './connect.ts';
import { assertFromArchive, type ServiceWorld, typeInto } from './service-world.ts';

/** Asks a new kernel for its SparkContext, then runs the application in it. */
const CLIENT = `
import sys
from jupyter_client.manager import start_new_kernel

manager, client = start_new_kernel(kernel_name='churn', startup_timeout=180)
def show(message):
    content = message['content']
    print(content.get('text', '') or content.get('traceback', ''), end='')
for cell in ["print('SC', sc.version)", open(sys.argv[1]).read()]:
    client.execute_interactive(cell, timeout=180, output_hook=show)
client.stop_channels()
manager.shutdown_kernel(now=True)
`;

/**
 * Registers the test. The channel has no ipykernel: the unpacked environment finds the lab's through
 * a `.pth`, and the archive, which executors use, goes without.
 */
export function provesJupyter(
  cluster: () => { world: ServiceWorld; standalone: Standalone },
  spark: string,
): void {
  test('a Jupyter kernel has sc, and runs the check', { skip: withoutClients }, async () => {
    const { world, standalone } = cluster();
    const { cluster: known, tool: _, ...asked } = world.request(spark);
    const archive = { path: await world.archive('tar.gz') };
    const kernel = invoke({
      ...asked,
      ...{ for: 'jupyter', archive, packages: ['ipykernel'] },
      cluster: { ...known, manager: 'standalone', master: standalone.master },
    });
    const jupyter = join(world.file('jupyter/kernels/churn/kernel.json', kernel.text), '../../..');
    world.file('envs/churn/1/lib/python3.11/site-packages/clients.pth', `${laboratory.clients}\n`);
    const output = await typeInto(
      { ...world.edge(spark), JUPYTER_PATH: jupyter },
      `${world.prefix}/bin/python ${world.file('client.py', CLIENT)} ${world.application}`,
    );
    assert.equal(output.code, 0, tell(output));
    assert.match(
      output.stdout,
      new RegExp(`^SC ${spark.replaceAll('.', '\\.')}$`, 'm'),
      tell(output),
    );
    const result = resultIn<ApplicationResult>(output);
    assertFromArchive(result, 'churn_tgz');
    assert.equal(result.driver, join(world.prefix, 'bin/python'));
  });
}
