/** The catalogue is lost and comes back from what lies on edges. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Archive } from '../../src/domain/archive.ts';
import { isWorthTaking } from '../../src/domain/catalogue.ts';
import { type Environment, placeOf } from '../../src/domain/environment.ts';
import { outsideError } from '../../src/domain/errors.ts';
import type { Edge, PaperFound } from '../../src/domain/ports.ts';
import {
  findEnvironment,
  findNames,
  planRestoring,
  type Refused,
  takeEnvironment,
} from '../../src/pipeline/restoring.ts';
import { staging } from '../answers/samples.ts';
import { createWorld, engineSolving, locked, type World } from './world.ts';

const progress = {
  signal: new AbortController().signal,
  log: () => undefined,
  detail: () => undefined,
};
const everybody = async () => true;

/** An edge that keeps papers as a real one does, and has the bytes of what it was sent. */
class PaperEdge {
  readonly name: string;
  readonly papers = new Map<string, PaperFound>();
  readonly bytes = new Set<string>();
  error: Error | null = null;

  constructor(name: string) {
    this.name = name;
  }

  put(paper: Pick<PaperFound, 'environment' | 'revision' | 'folder' | 'json'>): void {
    const key = `${paper.environment}/${paper.folder ?? 'record'}`;
    this.papers.set(key, { signature: '', ...paper });
  }

  edge(known: Edge): Edge {
    const place = (environment: string, revision: number, archive: Archive) => ({
      ...staging(this.name),
      ...{
        environment,
        revision,
        archive,
        driverPrefix: `/srv/ferry/envs/${environment}/${revision}`,
      },
    });
    return {
      ...known,
      name: this.name,
      stage: async ({ environment, revision, archive, papers: { json } }, _progress, following) => {
        const staged = place(environment, revision, archive);
        await following?.begins(placeOf(staged));
        this.bytes.add(`${environment}@${revision} ${archive.sha256}`);
        this.put({ environment, revision, folder: `${revision}`, json });
        return staged;
      },
      point: async (environment, _pointers, { json }) =>
        this.put({ environment, revision: null, folder: null, json }),
      environments: async () => {
        if (this.error) throw this.error;
        return [...new Set([...this.papers.values()].map(({ environment }) => environment))];
      },
      papers: async function* (this: PaperEdge, name: string) {
        for (const paper of this.papers.values()) if (paper.environment === name) yield paper;
      }.bind(this),
      recover: async ({ environment, revision, archive }) => {
        if (this.error) throw this.error;
        const isHere = this.bytes.has(`${environment}@${revision} ${archive.sha256}`);
        return isHere ? place(environment, revision, archive) : null;
      },
    };
  }
}

/** A world whose builds differ by what was asked for, with those edges. */
function createSubject(edges: readonly PaperEdge[], clock = { now: Date.now }): World {
  const archive = (root: string, digit: string) => ({
    ...{ name: `${root}.zip`, format: 'zip' as const, bytes: 9, files: 1 },
    sha256: digit.repeat(64),
  });
  let made = 0;
  const world = createWorld({
    clock,
    engine: engineSolving(async ({ specs }) => ({
      platform: 'linux-64',
      packages: specs.filter(({ name }) => name !== 'python').map(({ name }) => locked(name)),
    })),
  });
  const lab = world.ports.edges.get('lab');
  assert.ok(lab);
  const { packer } = world.ports;
  world.ports.packer = {
    ...packer,
    pack: async (request, reporting) => {
      made += 1;
      const packed = await packer.pack(request, reporting);
      return { ...packed, archive: archive(request.root, '0123456789abcdef'[made] ?? '0') };
    },
  };
  world.ports.edges = new Map(edges.map((edge) => [edge.name, edge.edge(lab)]));
  return world;
}

async function build(world: World, text: string, user = 'U1'): Promise<void> {
  const reply = await world.say(user, text);
  assert.equal(reply.kind, 'build', JSON.stringify(reply));
  const name = text.split(' ')[1] ?? '';
  await world.work(name);
  const { state, failure } = await world.newest(name);
  assert.equal(state, 'ready', JSON.stringify(failure));
}

/** Says what must not be refused. */
async function said(world: World, text: string): Promise<void> {
  const reply = await world.say('U1', text);
  assert.notEqual(reply.kind, 'refusal', JSON.stringify(reply));
}

async function restore(world: World, vouch = everybody) {
  const { names, unreached } = await findNames(world.ports, progress);
  const found = { refused: [] as Refused[], unreached };
  const plan = [];
  const taken = [];
  for (const [name, edges] of names) {
    const read = await findEnvironment(world.ports, { name, edges, vouch }, progress);
    found.refused.push(...read.refused);
    const taking = await planRestoring(world.ports, read.found);
    if (!isWorthTaking(taking) && taking.said.length === 0) continue;
    plan.push(taking);
    taken.push(await takeEnvironment(world.ports, taking, progress));
  }
  return { found, plan, taken };
}

async function read(world: World, name = 'churn'): Promise<Environment> {
  const environment = await world.store.readEnvironment(name);
  assert.ok(environment);
  return environment;
}

/** What must be the same again. */
const kept = ({ lastNumber: _, moves: __, ...environment }: Environment) => ({
  ...environment,
  revisions: environment.revisions.map((revision) => ({
    ...revision,
    stagings: revision.stagings.map(({ stagedAt: _, ...known }) => known),
  })),
});

describe('a catalogue that was lost', () => {
  test('comes back with owners, tags, default, locks and ids, and twice is the same as once', async () => {
    const lab = new PaperEdge('lab');
    const before = createSubject([lab]);
    await build(before, 'create churn numpy --edge lab');
    await build(before, 'create churn scipy --edge lab');
    await said(before, 'tag churn@1 prod');
    await said(before, 'rollback churn');
    await build(before, 'create fraud numpy --edge lab', 'U2');
    const after = createSubject([lab]);
    const { plan, found } = await restore(after);
    assert.deepEqual(found.refused, []);
    assert.deepEqual(
      plan.map(({ name, said }) => [name, said]),
      [
        ['churn', []],
        ['fraud', []],
      ],
    );
    for (const name of ['churn', 'fraud']) {
      assert.deepEqual(kept(await read(after, name)), kept(await read(before, name)));
    }
    assert.equal((await read(after)).defaultRevision, 1);
    const once = await read(after);
    assert.deepEqual((await restore(after)).plan, []);
    assert.deepEqual(await read(after), once);
  });

  test('has each revision known to its commands, and answered without a build', async () => {
    const lab = new PaperEdge('lab');
    await build(createSubject([lab]), 'create churn numpy --edge lab');
    const after = createSubject([lab]);
    await restore(after);
    const shown = await after.say('U1', 'status churn@1');
    assert.equal(shown.kind, 'build');
    assert.equal(shown.build.state, 'ready');
    // How long it took lies on no edge, so no time is said of it.
    assert.equal(shown.build.startedAt, null);
    const again = await after.say('U1', 'create churn numpy --edge lab');
    assert.equal(again.kind, 'known');
    const other = await after.say('U2', 'create churn numpy --edge lab');
    assert.equal(other.kind === 'refusal' && other.error.code, 'name-taken');
    await build(after, 'create churn scipy --edge lab');
    assert.equal((await after.newest('churn')).revision, 2);
  });

  test('gives no number again that was let go', async () => {
    const lab = new PaperEdge('lab');
    const before = createSubject([lab]);
    await build(before, 'create churn numpy --edge lab');
    await build(before, 'create churn scipy --edge lab');
    await said(before, 'rollback churn');
    await said(before, 'delete churn@2 --yes');
    lab.papers.delete('churn/2');
    const after = createSubject([lab]);
    await restore(after);
    assert.deepEqual(
      (await read(after)).revisions.map(({ number }) => number),
      [1],
    );
    await build(after, 'create churn pandas --edge lab');
    assert.equal((await after.newest('churn')).revision, 3);
  });

  test('takes from the edge that was told later where two disagree, and says so', async () => {
    const time = { now: 1_000 };
    const clock = { now: () => time.now };
    const [lab, far] = [new PaperEdge('lab'), new PaperEdge('madrid')];
    const before = createSubject([lab, far], clock);
    await build(before, 'create churn numpy --edge lab --edge madrid');
    await build(before, 'create churn scipy --edge lab --edge madrid');
    const stale = far.papers.get('churn/record');
    assert.ok(stale);
    time.now = 2_000;
    await said(before, 'tag churn@1 prod');
    far.papers.set('churn/record', stale);
    const after = createSubject([lab, far], clock);
    const { plan } = await restore(after);
    assert.deepEqual(plan[0]?.said, [
      'edges lab and madrid disagree on tags of churn: lab was told later and is believed',
    ]);
    assert.deepEqual((await read(after)).tags, { prod: 1 });
    assert.deepEqual(
      (await read(after)).revisions.map(({ stagings }) => stagings.map(({ edge }) => edge)),
      [
        ['lab', 'madrid'],
        ['lab', 'madrid'],
      ],
    );
  });

  test('has what each edge has of a revision, where they have other bytes', async () => {
    const [lab, far] = [new PaperEdge('lab'), new PaperEdge('madrid')];
    const before = createSubject([lab, far]);
    await build(before, 'create churn numpy --edge lab');
    await build(before, 'create churn numpy --edge madrid');
    const known = await read(before);
    const digestsOf = ({ revisions: [first] }: Environment) =>
      first?.stagings.map(({ edge, archive }) => `${archive.sha256} ${edge}`).sort() ?? [];
    assert.deepEqual(digestsOf(known), [`${'1'.repeat(64)} lab`, `${'2'.repeat(64)} madrid`]);
    const after = createSubject([lab, far]);
    const { taken } = await restore(after);
    assert.deepEqual(taken[0]?.said, []);
    assert.deepEqual(digestsOf(await read(after)), digestsOf(known));
  });

  test('leaves what the store has as it is, and adds what it has not', async () => {
    const lab = new PaperEdge('lab');
    const before = createSubject([lab]);
    await build(before, 'create churn numpy --edge lab');
    const backup = await read(before);
    await build(before, 'create churn scipy --edge lab');
    await said(before, 'tag churn@2 new');
    await said(before, 'tag churn@1 old');
    const after = createSubject([lab]);
    await after.store.claimEnvironment('churn', 'U1', 1);
    // It was moved here since.
    const at = Date.now() + 1_000;
    const move = { tag: 'new', from: null, to: 1, by: 'U1', at };
    const moved = { ...backup, tags: { new: 1 }, moves: [move] };
    await after.store.updateEnvironment('churn', () => moved);
    const { plan } = await restore(after);
    const { revisions, tags } = await read(after);
    assert.deepEqual(
      revisions.map(({ number }) => number),
      [1, 2],
    );
    assert.deepEqual(revisions[0], backup.revisions[0]);
    assert.deepEqual(tags, { new: 1 });
    assert.deepEqual(plan[0]?.said, ['churn:new stays @1 as it is here; on its edges it is @2']);
  });

  test('has tags and default where they were moved after the backup, and once is enough', async () => {
    const lab = new PaperEdge('lab');
    const before = createSubject([lab]);
    await build(before, 'create churn numpy --edge lab');
    await build(before, 'create churn scipy --edge lab');
    for (const tag of ['prod', 'old']) await said(before, `tag churn@1 ${tag}`);
    const backup = await read(before);
    await said(before, 'tag churn@2 prod');
    await said(before, 'untag churn:old');
    await said(before, 'rollback churn');
    const after = createSubject([lab]);
    await after.store.claimEnvironment('churn', 'U1', 1);
    await after.store.updateEnvironment('churn', () => backup);
    const { plan, taken } = await restore(after);
    const moved = ['churn:prod = @2', 'churn:old is taken away', 'churn = @1'];
    assert.deepEqual([plan[0]?.moved, taken[0]?.moved], [moved, moved]);
    const known = await read(after);
    assert.deepEqual([known.tags, known.defaultRevision], [{ prod: 2 }, 1]);
    assert.deepEqual(known.moves, (await read(before)).moves);
    assert.deepEqual((await restore(after)).plan, []);
    // What is moved here from then on stays, whatever an edge was told before.
    const told = lab.papers.get('churn/record');
    assert.ok(told);
    await said(after, 'tag churn@1 prod');
    lab.papers.set('churn/record', told);
    assert.deepEqual((await restore(after)).plan[0]?.said, [
      'churn:prod stays @1 as it is here; on its edges it is @2',
    ]);
    assert.equal((await read(after)).tags.prod, 1);
  });

  test('leaves a name to whom it belongs by now', async () => {
    const lab = new PaperEdge('lab');
    await build(createSubject([lab]), 'create churn numpy --edge lab');
    const after = createSubject([new PaperEdge('lab')]);
    await build(after, 'create churn scipy --edge lab', 'U2');
    const own = await read(after);
    after.ports.edges = createSubject([lab]).ports.edges;
    const { plan } = await restore(after);
    assert.deepEqual(await read(after), own);
    assert.match(plan[0]?.said.join() ?? '', /belongs to U2 here and to U1 on lab/);
  });

  test('has a revision let go whose bytes are gone: its lock comes back', async () => {
    const lab = new PaperEdge('lab');
    await build(createSubject([lab]), 'create churn numpy --edge lab');
    lab.bytes.clear();
    const after = createSubject([lab]);
    const { taken } = await restore(after);
    assert.deepEqual(taken[0]?.letGo, ['churn@1']);
    const [revision] = (await read(after)).revisions;
    assert.deepEqual(
      revision?.lock.packages.map(({ name }) => name),
      ['numpy'],
    );
    assert.notEqual(revision?.letGo, null);
    const again = await after.say('U1', 'restore churn@1');
    assert.equal(again.kind, 'build');
  });

  test('takes nothing of an edge that goes away meanwhile, and all of it the next time', async () => {
    const lab = new PaperEdge('lab');
    await build(createSubject([lab]), 'create churn numpy --edge lab');
    const after = createSubject([lab]);
    const asked = { name: 'churn', edges: ['lab'], vouch: everybody };
    const { found } = await findEnvironment(after.ports, asked, progress);
    const taking = await planRestoring(after.ports, found);
    lab.error = outsideError({ code: 'edge-unreachable', message: 'Edge lab is away.' });
    const { said } = await takeEnvironment(after.ports, taking, progress);
    assert.match(said.join(), /Edge lab is away/);
    assert.equal(await after.store.readEnvironment('churn'), null);
    const { unreached } = await findNames(after.ports, progress);
    assert.deepEqual(unreached, [{ edge: 'lab', why: 'Edge lab is away.' }]);
    lab.error = null;
    await restore(after);
    assert.equal((await read(after)).revisions.length, 1);
  });

  test('takes no paper that nobody vouches for', async () => {
    const lab = new PaperEdge('lab');
    await build(createSubject([lab]), 'create churn numpy --edge lab');
    const after = createSubject([lab]);
    const { found, plan } = await restore(after, async () => false);
    assert.deepEqual(plan, []);
    assert.deepEqual(
      found.refused.map(({ label, why }) => [label, why]),
      [
        ['churn@1', 'it is not signed'],
        ['churn', 'it is not signed'],
      ],
    );
  });

  test('of an older version comes back with its first builder as owner, which is said', async () => {
    const lab = new PaperEdge('lab');
    await build(createSubject([lab]), 'create churn numpy --edge lab');
    lab.papers.delete('churn/record');
    const paper = lab.papers.get('churn/1');
    assert.ok(paper);
    const {
      buildId: _,
      notes: __,
      imports: ___,
      channels: ____,
      ...older
    } = JSON.parse(paper.json);
    lab.put({ ...paper, json: JSON.stringify(older) });
    const after = createSubject([lab]);
    const { plan } = await restore(after);
    assert.match(plan[0]?.said.join() ?? '', /whoever built its first revision owns it/);
    const { owner, revisions } = await read(after);
    assert.deepEqual([owner, revisions.length], ['U1', 1]);
    assert.deepEqual(
      (await restore(after)).plan.flatMap(({ revisions }) => revisions),
      [],
    );
  });

  test('does not take what a build has begun that came to nothing', async () => {
    const lab = new PaperEdge('lab');
    const world = createSubject([lab]);
    await build(world, 'create churn numpy --edge lab');
    const paper = lab.papers.get('churn/1');
    assert.ok(paper);
    const json = JSON.stringify({ ...JSON.parse(paper.json), revision: 2 });
    lab.put({ ...paper, revision: 2, folder: '2', json });
    const { plan } = await restore(world);
    assert.match(plan[0]?.said.join() ?? '', /churn@2 on lab is in no record/);
    assert.equal((await read(world)).revisions.length, 1);
  });

  const FORGED: readonly [what: string, change: (manifest: Record<string, unknown>) => unknown][] =
    [
      ['another environment', (manifest) => ({ ...manifest, environment: 'fraud' })],
      ['another number', (manifest) => ({ ...manifest, revision: 2 })],
      [
        'an archive with a path for a name',
        (manifest) => ({
          ...manifest,
          archive: { ...(manifest.archive as object), name: '../../x.zip' },
        }),
      ],
      [
        'a digest that is none',
        (manifest) => ({ ...manifest, archive: { ...(manifest.archive as object), sha256: '/' } }),
      ],
      ['a person who is none', (manifest) => ({ ...manifest, builtBy: '<!channel>' })],
      ['what a terminal obeys', (manifest) => ({ ...manifest, extra: '\u001b[2J' })],
      [
        'a spec that is none',
        (manifest) => ({
          ...manifest,
          request: {
            ...(manifest.request as object),
            specs: [{ name: 'numpy; rm -rf /', version: null, build: null, channel: null }],
          },
        }),
      ],
    ];
  for (const [what, change] of FORGED) {
    test(`takes no manifest with ${what}`, async () => {
      const lab = new PaperEdge('lab');
      await build(createSubject([lab]), 'create churn numpy --edge lab');
      const paper = lab.papers.get('churn/1');
      assert.ok(paper);
      lab.put({ ...paper, json: JSON.stringify(change(JSON.parse(paper.json))) });
      const after = createSubject([lab]);
      const { found, plan } = await restore(after);
      assert.deepEqual(
        found.refused.map(({ why }) => why),
        ['it is no manifest of this revision'],
      );
      assert.deepEqual(
        plan.flatMap(({ revisions }) => revisions),
        [],
      );
    });
  }
});
