import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Cancelled } from '../../../src/domain/errors.ts';
import type { SentAhead, StageRequest } from '../../../src/domain/ports.ts';
import { Growth } from '../../../src/pipeline/growth.ts';
import { makeSegmentedArchive, startWorld, type World, withoutSshd } from './world.ts';

const MB = 1_000_000;
const shared = randomBytes(5 * MB);
/** More has left than fits between the two sides: the edge writes. */
const isUnderWay = (text: string): boolean => /^[5-9]\S* MB sent$/.test(text);

describe('an archive that is sent while it is written', { skip: withoutSshd }, () => {
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(() => world[Symbol.asyncDispose]());

  const segmented = (revision: number, own = randomBytes(5 * MB)) =>
    makeSegmentedArchive(world.directory, revision, { shared, own });
  const growthOf = ({ fingerprint, archive }: StageRequest) =>
    new Growth({ fingerprint, name: archive.name });
  const aheadOf = ({ fingerprint, archive }: StageRequest) =>
    join(world.root, 'archives', `${fingerprint}.${archive.name}.part`);
  const sentBy = async <T>(task: () => Promise<T>): Promise<[number, T]> => {
    const before = world.link.traffic.fromClient;
    const result = await task();
    return [world.link.traffic.fromClient - before, result];
  };
  const leftovers = () =>
    readdirSync(world.root, { recursive: true }).filter((name) => /\.part/.test(String(name)));

  /** Sends all but the archive's end, which is there once the rest has travelled. */
  async function ahead(request: StageRequest, signal = world.progress.signal): Promise<SentAhead> {
    const growth = growthOf(request);
    const arrived = Promise.withResolvers<void>();
    const detail = (text: string) => {
      if (text.endsWith(' sent')) arrived.resolve();
    };
    const sending = world.edge().sendAhead(growth, { ...world.progress, signal, detail });
    for (const segment of request.segments.slice(0, -1)) growth.add(segment, request.archivePath);
    await Promise.race([arrived.promise, sending]);
    growth.end();
    return sending;
  }
  async function stage(request: StageRequest, sent: SentAhead | null): Promise<number> {
    const [bytes, staging] = await sentBy(() =>
      world.edge().stage({ ...request, ahead: sent }, world.progress),
    );
    assert.deepEqual(readFileSync(staging.archivePath), readFileSync(request.archivePath));
    assert.ok(existsSync(join(staging.driverPrefix, 'bin/python')));
    assert.deepEqual(leftovers(), []);
    return bytes;
  }

  it('is whole with its end, and what an older one has of it does not travel', async () => {
    const first = segmented(1);
    const [early, sent] = await sentBy(() => ahead(first));
    assert.equal(sent.segments, first.segments.length - 1);
    assert.ok(early > 10 * MB, 'all of it has travelled before it was whole');
    assert.ok(!existsSync(join(world.root, 'archives', first.archive.sha256)), 'not published');
    assert.ok((await stage(first, sent)) < 500_000);
    const second = segmented(2);
    const [next, known] = await sentBy(() => ahead(second));
    assert.ok(next > 5 * MB && next < 6 * MB, `${next} bytes of one segment`);
    assert.ok((await stage(second, known)) < 500_000);
  });

  it('goes on from what a worker has sent that is told to stop, or was killed', async () => {
    const request = segmented(3);
    const stop = new AbortController();
    const growth = growthOf(request);
    const detail = (text: string) => {
      if (isUnderWay(text)) stop.abort(new Cancelled('shutdown'));
    };
    const reporting = { ...world.progress, signal: stop.signal, detail };
    const sending = world.edge().sendAhead(growth, reporting);
    for (const segment of request.segments.slice(0, -1)) growth.add(segment, request.archivePath);
    await assert.rejects(sending, Cancelled);
    assert.ok(existsSync(aheadOf(request)));
    const [bytes] = await sentBy(() => ahead(request));
    assert.ok(bytes < 8 * MB, `${bytes} bytes of what was left`);
    // Whoever stages it knows nothing of what the other one has decided.
    assert.ok((await stage(request, null)) < 500_000);
  });

  it('leaves nothing when the build is cancelled, or its archive will never be whole', async () => {
    for (const error of [new Cancelled('cancelled'), new Error('unreadable')]) {
      const request = segmented(4);
      const stop = new AbortController();
      const growth = growthOf(request);
      const detail = (text: string) => {
        if (!isUnderWay(text)) return;
        growth.fail(error);
        stop.abort(error);
      };
      const reporting = { ...world.progress, signal: stop.signal, detail };
      const sending = world.edge().sendAhead(growth, reporting);
      for (const segment of request.segments.slice(0, -1)) growth.add(segment, request.archivePath);
      await assert.rejects(sending);
      assert.deepEqual(leftovers(), []);
    }
  });

  it('is sent again where what arrived is wrong, or what it was to be put together from is gone', async () => {
    const damaged = segmented(5);
    const sent = await ahead(damaged);
    const part = readFileSync(aheadOf(damaged));
    part[1000] = (part[1000] ?? 0) ^ 1;
    writeFileSync(aheadOf(damaged), part);
    assert.ok((await stage(damaged, sent)) > 10 * MB);
    const last = segmented(6);
    const known = await ahead(last);
    for (const { file } of known.found.values()) rmSync(file, { force: true });
    assert.ok((await stage(last, known)) > 10 * MB);
  });

  it('that cannot be sent is staged all the same', async () => {
    const request = segmented(7);
    world.link.faults.refuse = true;
    const sent = await ahead(request);
    world.link.faults.refuse = false;
    assert.equal(sent.segments, 0);
    assert.match(world.log.at(-1) ?? '', /edge1 is not sent more ahead: .*cannot be reached/);
    await stage(request, sent);
  });
});
