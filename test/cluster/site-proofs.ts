/** What a site has loses, and when it does win the proof says which file does. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, test } from 'node:test';
import type { Edge } from '../../src/domain/ports.ts';
import { quote } from '../../src/domain/shell.ts';
import { type Built, subjectOf, type World } from './cluster.ts';
import { assertOurs, FORMS, isRun, runCell } from './site-forms.ts';
import { SITES, type Site, type SiteParts, siteParts, writeSite } from './sites.ts';

/** Registers the tests of the normal run: all there is, in every form, and what the proof says. */
export function provesSites(world: () => World, churn: () => Built, bare: () => Built): void {
  let parts: SiteParts;
  before(async () => {
    parts = await siteParts(world(), bare());
  });
  const site = SITES.at(-1) as Site;
  for (const form of FORMS.filter((each) => isRun(site, each) && each.name !== 'livy')) {
    test(`loses with every Python it names: ${form.name}`, async () => {
      assertOurs(world(), site, await runCell(world(), churn(), parts, { site, form }));
    });
  }

  test('that wins is named by the proof, with file and line, and what to do', async () => {
    const folder = join(world().file('site/more/pandas/__init__.py', ''), '../..');
    const packages: Site = {
      name: 'packages of its own',
      environment: () => ['# for everybody', `export PYTHONPATH=${folder}`],
    };
    const conf = writeSite(world(), packages, parts);
    // The line of a staging that was made before the site changed.
    const proof = await world().verify(subjectOf(churn()), {
      ...{ executors: 1, edge: edgeWith(world(), conf) },
    });
    assert.equal(proof.outcome, 'failed', proof.log);
    assert.ok(
      proof.reason?.includes(
        `not from the archive. \`spark-env.sh\` on the edge (\`${conf}/spark-env.sh\`, line 2) exports \`PYTHONPATH=${folder}\` and wins`,
      ),
      `${proof.reason}`,
    );
  });
}

/** An edge node whose Spark reads these files. */
function edgeWith(world: World, conf: string): Edge {
  const edge = world.edge();
  return {
    ...edge,
    run: (request, progress) =>
      edge.run(
        { ...request, command: `export SPARK_CONF_DIR=${quote(conf)}; ${request.command}` },
        progress,
      ),
  };
}
