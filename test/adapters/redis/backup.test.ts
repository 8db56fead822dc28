/** All records in a file, and from it into another store. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { Store } from '../../../src/domain/ports.ts';
import { restoreLines } from '../../../src/pipeline/backup.ts';
import { countsInWords, readBackup, writeBackup } from '../../../src/terminal/backup-file.ts';
import { build, environment } from '../../answers/samples.ts';
import { useStores } from './stores.ts';

describe('a backup', () => {
  const stores = useStores();
  const folder = mkdtempSync(join(tmpdir(), 'backup-'));
  after(() => rmSync(folder, { recursive: true }));
  const { signal } = new AbortController();

  async function fill(store: Store): Promise<void> {
    const sample = environment();
    await store.claimEnvironment(sample.name, sample.owner, sample.createdAt);
    await store.updateEnvironment(sample.name, () => sample);
    await store.beginBuild({ ...build('ready'), id: 'b1' });
    await store.beginBuild({ ...build('running'), id: 'b2' });
    await store.writeFreeze({ edge: 'lab', why: 'upgrade', user: 'U1', at: 5 });
    await store.writeGroup({ id: 'S1', members: ['U1'], at: 5 });
    await store.learnModules({ sklearn: ['scikit-learn'] });
    for (const at of [1, 2, 3]) {
      await store.appendAudit({
        ...{ at: Date.now() + at, requester: build('ready').requester, login: null, deed: 'tag' },
        ...{
          environment: 'churn',
          build: null,
          text: `tag ${at}`,
          outcome: 'done',
          approval: null,
        },
      });
    }
  }

  async function listOf<T>(source: AsyncIterable<T>): Promise<T[]> {
    const all: T[] = [];
    for await (const each of source) all.push(each);
    return all;
  }

  const all = async (store: Store) => ({
    environment: await store.readEnvironment(environment().name),
    builds: (await store.listBuilds({ limit: 9 })).map((each) => [each.id, each.state]),
    open: await store.openBuilds(),
    outlines: await store.listOutlines({ letGo: true, limit: null }),
    freezes: await store.readFreezes(),
    groups: await store.readGroups(),
    modules: await store.readModules(),
    audit: await listOf(store.auditEntries(0)),
  });

  test('has all records, which another store then has, and twice is the same as once', async () => {
    const [from, to] = [stores.storeOf(), stores.storeOf()];
    await fill(from);
    const file = join(folder, 'all.zst');
    const { counts, left } = await writeBackup(from, file, 7, signal);
    assert.deepEqual(left, []);
    assert.deepEqual(counts, {
      ...{ environment: 1, build: 2, group: 1, freeze: 1, modules: 1, audit: 3 },
    });
    assert.equal(statSync(file).mode & 0o777, 0o600);

    const counted = await restoreLines(to, readBackup(file), { isDone: false });
    assert.deepEqual(counted, { at: 7, missing: counts, known: {} });
    assert.equal(await to.readEnvironment(environment().name), null);
    await restoreLines(to, readBackup(file), { isDone: true });
    assert.deepEqual(await all(to), await all(from));
    const again = await restoreLines(stores.storeOf(), readBackup(file), { isDone: false });
    assert.deepEqual(again.missing, counts);
    const { missing } = await restoreLines(to, readBackup(file), { isDone: true });
    assert.deepEqual(missing, {});
    assert.deepEqual(await all(to), await all(from));
  });

  test('leaves what the store has as it is', async () => {
    const [from, to] = [stores.storeOf(), stores.storeOf()];
    await fill(from);
    const file = join(folder, 'older.zst');
    await writeBackup(from, file, 7, signal);
    const { name, owner } = environment();
    await to.claimEnvironment(name, owner, 9);
    const newer = await to.updateEnvironment(name, () => ({ ...environment(), keptUntil: 99 }));
    await restoreLines(to, readBackup(file), { isDone: true });
    assert.deepEqual(await to.readEnvironment(name), newer);
  });

  test('has deeds at their own time, whenever they come to a store', async () => {
    const [from, to] = [stores.storeOf(), stores.storeOf()];
    const at = Date.now() - 60_000;
    await from.appendAudit({
      ...{ at, requester: build('ready').requester, login: null, deed: 'tag' },
      ...{ environment: 'churn', build: null, text: 'tag', outcome: 'done', approval: null },
    });
    const file = join(folder, 'audit.zst');
    await writeBackup(from, file, 7, signal);
    await restoreLines(to, readBackup(file), { isDone: true });
    assert.deepEqual(await listOf(to.auditEntries(at + 1)), []);
    assert.equal((await listOf(to.auditEntries(at))).length, 1);
  });

  const DAMAGED: readonly [what: string, change: (bytes: Buffer) => Buffer, says: RegExp][] = [
    ['ends too early', (bytes) => bytes.subarray(0, bytes.length / 2), /damaged|ends too early/],
    ['is none', () => Buffer.from('hello'), /damaged, or no backup/],
  ];
  for (const [what, change, says] of DAMAGED) {
    test(`that ${what} is refused in words`, async () => {
      const store = stores.storeOf();
      await fill(store);
      const file = join(folder, 'damaged.zst');
      await writeBackup(store, file, 7, signal);
      writeFileSync(file, change(readFileSync(file)));
      await assert.rejects(
        restoreLines(stores.storeOf(), readBackup(file), { isDone: false }),
        (error: Error & { code: string }) =>
          error.code === 'backup-unreadable' && says.test(error.message),
      );
    });
  }

  test('of a newer version, or with a record that is none, is refused with its line', async () => {
    const read = async (...lines: object[]) =>
      restoreLines(
        stores.storeOf(),
        (async function* () {
          yield* lines.map((line) => JSON.stringify(line));
        })(),
        { isDone: true },
      );
    const head = { backup: 'conda-ferry', format: 1, at: 7 };
    await assert.rejects(read({ ...head, format: 2 }), /line 1: a newer version/);
    await assert.rejects(read(head, { kind: 'fish', value: 1 }), /line 2: .*`fish`/);
    await assert.rejects(read(head, { kind: 'build', value: { id: 1 } }), /line 2: /);
    await assert.rejects(read(head), /ends too early/);
  });

  test('is not begun where nobody may write, and leaves nothing half written', async () => {
    const file = join(folder, 'nowhere/all.zst');
    await assert.rejects(writeBackup(stores.storeOf(), file, 7, signal), {
      code: 'file-unwritable',
    });
    await assert.rejects(listOf(readBackup(file)), { code: 'file-unreadable' });
  });
});

test('what a backup holds is counted in words', () => {
  assert.equal(
    countsInWords({ environment: 2, modules: 1, audit: 61 }),
    '2 environments, 1 table of modules, 61 lines of the audit',
  );
  assert.equal(countsInWords({}), 'nothing');
});
