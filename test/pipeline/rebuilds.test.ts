/** What has a package that it should not have is planned without it, and its owner asked to build that. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { describeProposal } from '../../src/answers/affected.ts';
import type { Environment } from '../../src/domain/environment.ts';
import { userError } from '../../src/domain/errors.ts';
import { compareLocks, type Lock } from '../../src/domain/lock.ts';
import type { Notice } from '../../src/domain/ports.ts';
import type { Reply } from '../../src/domain/reply.ts';
import type { KeptPlan } from '../../src/domain/services/edits.ts';
import { parseSpec } from '../../src/domain/spec.ts';
import { environment, revision, settings } from '../answers/samples.ts';
import { createWorld, engineSolving, locked } from './world.ts';

const OWNER = 'U0ANARUIZ1';
const [OPERATOR = ''] = settings.operators;
const lockOf = (...texts: string[]): Lock => ({
  platform: 'linux-64',
  packages: texts.map(locked),
});
const OLD = lockOf('numpy 1.26.4', 'openssl 3.0.14');

/** Environments of Ana's with one revision for each lock; a solve has the newest openssl. */
function worldOf(
  locks: Record<string, Lock[]>,
  solve: () => Lock = () => lockOf('numpy 1.26.4', 'openssl 3.0.15'),
) {
  const world = createWorld({ engine: engineSolving(async () => solve()) });
  for (const [name, own] of Object.entries(locks)) {
    const request = { ...revision(1).request, environment: name, specs: [parseSpec('numpy')] };
    const revisions = own.map((lock, index) => ({
      ...revision(index + 1),
      ...{ lock, request, fingerprint: `${name}${index}` },
    }));
    world.store.environments.set(name, { ...environment(name), revisions });
  }
  return {
    ...world,
    asked: () =>
      [...world.store.notices.values()].filter(
        (notice): notice is Extract<Notice, { kind: 'affected' }> & { leasedUntil: number } =>
          notice.kind === 'affected',
      ),
    tag: (name: string, tag: string, number: number) => {
      const known = world.store.environments.get(name) as Environment;
      world.store.environments.set(name, { ...known, tags: { ...known.tags, [tag]: number } });
    },
  };
}

function rowsOf(reply: Reply) {
  assert.ok(reply.kind === 'affected', JSON.stringify(reply));
  return reply.affected.map(({ environment, outcome }) => [environment, outcome.kind]);
}

function codeOf(reply: Reply): string {
  return reply.kind === 'refusal' ? reply.error.code : reply.kind;
}

describe('rebuild --affected', () => {
  test('asks each owner of what is blocked, with a button that changes that alone', async () => {
    const world = worldOf({ churn: [OLD], clean: [lockOf('numpy 1.26.4')], fraud: [OLD] });
    await world.say(OPERATOR, 'block "openssl<3.0.15" --why CVE-2024-9143');
    const reply = await world.say(OPERATOR, 'rebuild --affected');
    assert.deepEqual(rowsOf(reply), [
      ['churn', 'asked'],
      ['fraud', 'asked'],
    ]);
    assert.equal(world.store.builds.size, 0);
    const [first, ...more] = world.asked();
    assert.equal(more.length, 1);
    assert.equal(first?.environment, 'churn');
    assert.match(
      first?.text ?? '',
      /`churn@1` has `openssl 3\.0\.14`\. `openssl<3\.0\.15` is blocked: CVE-2024-9143\./,
    );
    const [build] = first?.repairs ?? [];
    assert.equal(codeOf(await world.say(OWNER, build?.command ?? '')), 'build');
    const { lock, requester } = await world.newest('churn');
    assert.equal(requester.user, OWNER);
    const { changed, added, removed } = compareLocks(OLD, lock as Lock);
    assert.deepEqual(
      [changed.map(({ after }) => `${after.name} ${after.version}`), added, removed],
      [['openssl 3.0.15'], [], []],
    );
  });

  test('asks for what is named where nothing is blocked, and says what to type for neither', async () => {
    const world = worldOf({ churn: [OLD] });
    const neither = await world.say(OPERATOR, 'rebuild --affected');
    assert.ok(neither.kind === 'refusal');
    assert.equal(neither.error.code, 'nothing-blocked');
    assert.match(String(neither.error.suggestion), /rebuild --affected "openssl<3\.0\.15"/);
    const named = await world.say(OPERATOR, 'rebuild --affected openssl<3.0.15');
    assert.deepEqual(rowsOf(named), [['churn', 'asked']]);
    assert.deepEqual(rowsOf(await world.say(OPERATOR, 'rebuild --affected openssl<3')), []);
  });

  test('asks once for the same, however often it is said', async () => {
    const world = worldOf({ churn: [OLD] });
    await world.say(OPERATOR, 'rebuild --affected openssl<3.0.15');
    await world.say(OPERATOR, 'rebuild --affected openssl<3.0.15');
    assert.equal(world.asked().length, 1);
  });

  test('says why one cannot be, and asks nobody then', async () => {
    const same = worldOf({ churn: [OLD] }, () => OLD);
    const reply = await same.say(OPERATOR, 'rebuild --affected openssl<3.0.15');
    assert.ok(reply.kind === 'affected');
    const [row] = reply.affected;
    assert.match(JSON.stringify(row?.outcome), /`openssl 3\.0\.14` is the newest/);
    const none = worldOf({ churn: [OLD] }, () => {
      throw userError({ code: 'unsatisfiable', message: 'numpy needs it.', suggestion: null });
    });
    assert.deepEqual(rowsOf(await none.say(OPERATOR, 'rebuild --affected openssl<3.0.15')), [
      ['churn', 'cannot'],
    ]);
    assert.deepEqual([...same.asked(), ...none.asked()], []);
  });

  test('asks to move a tag where the default revision has the package no more', async () => {
    const world = worldOf({ churn: [OLD, lockOf('numpy 1.26.4', 'openssl 3.0.15')] });
    world.tag('churn', 'prod', 1);
    const reply = await world.say(OPERATOR, 'rebuild --affected openssl<3.0.15');
    assert.deepEqual(rowsOf(reply), [['churn', 'move']]);
    const [asked] = world.asked();
    assert.deepEqual(asked?.repairs, [{ label: 'Move prod to @2', command: 'tag churn@2 prod' }]);
  });

  test('is for operators, and is in the audit', async () => {
    const world = worldOf({ churn: [OLD] });
    const refused = await world.say(OWNER, 'rebuild --affected openssl<3.0.15');
    assert.equal(codeOf(refused), 'not-allowed');
    await world.say(OPERATOR, 'rebuild --affected openssl<3.0.15');
    assert.deepEqual(
      world.store.audit.map(({ deed, text, outcome }) => [deed, text, outcome]),
      [
        ['rebuild', 'rebuild --affected openssl<3.0.15', 'not-allowed'],
        ['rebuild', 'rebuild --affected openssl<3.0.15', 'done'],
      ],
    );
  });

  test('is refused as a whole where no build host plans, instead of once for each', async () => {
    const world = worldOf({ churn: [OLD], fraud: [OLD] });
    world.errands.worker = null;
    const refused = await world.say(OPERATOR, 'rebuild --affected openssl<3.0.15');
    assert.equal(codeOf(refused), 'errand-unanswered');
  });

  test('asks in words that show the difference, and not for what has changed meanwhile', async () => {
    const world = worldOf({ churn: [OLD] });
    await world.say(OPERATOR, 'rebuild --affected openssl<3.0.15');
    const [notice] = world.asked();
    assert.ok(notice?.planId);
    const kept = await world.store.readKept<KeptPlan>(notice.planId);
    const known = world.store.environments.get('churn') as Environment;
    const document = JSON.stringify(describeProposal(known, notice, kept)?.parts);
    assert.match(document, /openssl 3\.0\.14 → 3\.0\.15.*Build churn/);
    const newer = {
      ...known,
      revisions: [
        ...known.revisions,
        { ...revision(2), request: known.revisions[0]?.request ?? revision(2).request },
      ],
    };
    assert.equal(describeProposal(newer, notice, kept), null);
  });
});

describe('rebuild', () => {
  test('builds what was asked for with today’s newest', async () => {
    const world = worldOf({ churn: [OLD] });
    assert.equal(codeOf(await world.say(OWNER, 'rebuild churn')), 'build');
    const { lock, request } = await world.newest('churn');
    assert.deepEqual(request.specs, [parseSpec('numpy')]);
    assert.ok(lock?.packages.some(({ version }) => version === '3.0.15'));
  });

  test('of somebody else’s is refused, and of some packages is an update', async () => {
    const world = worldOf({ churn: [OLD] });
    assert.equal(codeOf(await world.say('U01', 'rebuild churn')), 'name-taken');
    const some = await world.say(OWNER, 'rebuild churn numpy');
    assert.ok(some.kind === 'refusal');
    assert.deepEqual(
      some.error.repairs.map(({ command }) => command),
      ['update churn numpy'],
    );
    assert.equal(codeOf(await world.say(OWNER, 'rebuild')), 'missing-argument');
  });
});
