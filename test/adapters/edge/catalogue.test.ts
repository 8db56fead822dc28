/** What of the catalogue lies on an edge node, read from a real one. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { recordCopy } from '../../../src/domain/catalogue-papers.ts';
import { newEnvironment } from '../../../src/domain/environment.ts';
import type { PaperFound, StageRequest } from '../../../src/domain/ports.ts';
import { papersOf } from '../../harness/papers.ts';
import { makeArchive, startWorld, type World, withoutSshd } from './world.ts';

describe('the catalogue on an edge node', { skip: withoutSshd }, () => {
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(() => world[Symbol.asyncDispose]());
  beforeEach(() => void world.newRoot());

  const { signal } = new AbortController();
  const stage = (request: StageRequest) => world.edge().stage(request, world.progress);
  const told = (owner: string) => {
    const copy = recordCopy(newEnvironment('churn', owner, 5), 7);
    return { json: `${JSON.stringify(copy)}\n`, 'json.sig': 'a signature\n' };
  };
  const point = (owner: string) =>
    world.edge().point('churn', { default: 1, tags: { latest: 1 } }, told(owner), signal);
  const papers = async () => {
    const found: PaperFound[] = [];
    const edge = world.edge();
    for (const name of await edge.environments(world.progress)) {
      for await (const paper of edge.papers(name, world.progress)) found.push(paper);
    }
    return found;
  };

  it('is nothing where nothing was staged', async () => {
    assert.deepEqual(await papers(), []);
    assert.deepEqual(await world.edge().numbers('churn', world.progress), {
      numbers: [],
      owner: null,
    });
  });

  it('has the numbers of what lies there, and whose it is once that was told', async () => {
    for (const revision of [1, 2, 10]) await stage(makeArchive(world.directory, { revision }));
    const edge = world.edge();
    assert.deepEqual(await edge.numbers('churn', world.progress), {
      numbers: [1, 2, 10],
      owner: null,
    });
    await point('U0ANA');
    assert.deepEqual(await edge.numbers('churn', world.progress), {
      numbers: [1, 2, 10],
      owner: 'U0ANA',
    });
  });

  it('of an older version says whose it is by the first manifest, once a name means something', async () => {
    const request = makeArchive(world.directory);
    await stage({ ...request, papers: papersOf({ environment: 'churn', builtBy: 'U0ANA' }) });
    const edge = world.edge();
    assert.equal((await edge.numbers('churn', world.progress)).owner, null);
    symlinkSync('./churn@1', join(world.root, 'launch/churn'));
    assert.equal((await edge.numbers('churn', world.progress)).owner, 'U0ANA');
  });

  it('has its papers to the byte, with their signatures', async () => {
    const request = makeArchive(world.directory);
    const manifest = { environment: 'churn', words: 'Grüße, 你好', long: 'x'.repeat(300_000) };
    await stage({ ...request, papers: papersOf(manifest) });
    await point('U0ANA');
    const place = { environment: 'churn' };
    const [first, second, ...more] = (await papers()).sort(
      (left, right) => (left.revision ?? 0) - (right.revision ?? 0),
    );
    assert.deepEqual(more, []);
    const { json, 'json.sig': signature } = told('U0ANA');
    assert.deepEqual(first, { ...place, revision: null, folder: null, json, signature });
    assert.deepEqual(second, {
      ...{ ...place, revision: 1, folder: '1', json: `${JSON.stringify(manifest)}\n` },
      signature: 'a signature\n',
    });
  });

  it('leaves out what has no name of ours, is a link or too long', async () => {
    const folder = join(world.root, 'manifests/churn');
    mkdirSync(folder, { recursive: true });
    mkdirSync(join(world.root, 'manifests/-rf'));
    writeFileSync(join(world.root, 'manifests/-rf/1.json'), '{}');
    for (const name of ['0.json', '1234567.json', '1-zz.json', '$(id).json', 'a b.json']) {
      writeFileSync(join(folder, name), '{}');
    }
    symlinkSync('/etc/passwd', join(folder, '7.json'));
    writeFileSync(join(folder, '8.json'), 'x'.repeat(2_500_001));
    writeFileSync(join(folder, '9.json'), '{}');
    assert.deepEqual(
      (await papers()).map(({ environment, folder }) => [environment, folder]),
      [['churn', '9']],
    );
  });

  it('has each staging known again as it was staged', async () => {
    const request = makeArchive(world.directory, {
      files: { 'etc/conda/activate.d/a.sh': 'export GDAL_DATA=$CONDA_PREFIX/share MODE=x\n' },
    });
    const { stagedAt: _, ...staged } = await stage(request);
    const { environment, revision, archive, layout } = request;
    const asked = { environment, revision, folder: '1', archive, layout };
    const known = await world.edge().recover(asked, world.progress);
    assert.ok(known);
    const { stagedAt: __, ...recovered } = known;
    assert.deepEqual(recovered, staged);
    assert.equal(await world.edge().isIntact(known, signal), true);
  });

  it('has none of what is not there as its manifest says, and touches nothing outside', async () => {
    const request = makeArchive(world.directory);
    await stage(request);
    const { environment, revision, archive, layout } = request;
    const asked = { environment, revision, folder: '1', archive, layout };
    const edge = world.edge();
    const other = { ...archive, sha256: 'a'.repeat(64) };
    assert.equal(await edge.recover({ ...asked, archive: other }, world.progress), null);
    const short = { ...archive, bytes: archive.bytes - 1 };
    assert.equal(await edge.recover({ ...asked, archive: short }, world.progress), null);
    for (const wrong of [{ folder: '../../tmp' }, { environment: '..' }, { folder: '2' }]) {
      await assert.rejects(edge.recover({ ...asked, ...wrong }, world.progress), {
        code: /not-ours|bad-name/,
      });
    }
  });

  it('keeps no record of an environment once nothing of it is there', async () => {
    const request = makeArchive(world.directory);
    const staging = await stage(request);
    await point('U0ANA');
    const file = join(world.root, 'manifests/churn/record.json');
    assert.match(readFileSync(file, 'utf8'), /U0ANA/);
    await world.edge().remove(staging, { keepArchive: false, signal });
    await point('U0ANA');
    assert.deepEqual(await papers(), []);
    assert.deepEqual(await world.edge().numbers('churn', world.progress), {
      numbers: [],
      owner: null,
    });
  });
});
