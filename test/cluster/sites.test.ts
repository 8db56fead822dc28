/** Every form of a line against everything a site may have, on the real cluster. */
import { after, before, describe, test } from 'node:test';
import { isFull } from '../harness/full.ts';
import { type Built, startWorld, type World, withoutCluster } from './cluster.ts';
import { assertOurs, FORMS, isRun, runCell } from './site-forms.ts';
import { SITES, type SiteParts, siteParts } from './sites.ts';

/** Spark 4 asks settings of its own; the rows that Spark 3 shows need not be shown again. */
const CLUSTERS = [
  { hadoop: '3.5.0', spark: '3.5.9', sites: SITES },
  {
    hadoop: '3.5.0',
    spark: '4.3.0',
    sites: SITES.filter(({ name, ask }) => ask?.includes('sql') || name.startsWith('both files')),
  },
] as const;

for (const { sites, ...versions } of CLUSTERS) {
  const skip = isFull
    ? withoutCluster(versions.hadoop, versions.spark)
    : 'the whole table runs in the full run, with CONDA_FERRY_TEST=full';

  describe(`a site's files and Spark ${versions.spark}`, { skip }, () => {
    let world: World;
    let churn: Built;
    let parts: SiteParts;
    before(async () => {
      world = await startWorld(versions);
      churn = await world.build('churn python=3.11 numpy=1.26 pandas=2.0');
      parts = await siteParts(world, await world.build('bare python=3.11 six'));
    });
    after(() => world?.stop());

    for (const site of sites) {
      for (const form of FORMS.filter((each) => isRun(site, each))) {
        test(`${site.name}: ${form.name}`, async () => {
          assertOurs(world, site, await runCell(world, churn, parts, { site, form }));
        });
      }
    }
  });
}
