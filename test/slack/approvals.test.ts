/** Who decides is asked where the rule says, with what would change, and told what became of it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Message, visibleText } from '../../deploy/lab/slack/index.ts';
import type { ErrandTable } from '../../src/domain/errands.ts';
import type { Role } from '../../src/domain/roles.ts';
import { locked } from '../pipeline/world.ts';
import { ANA, BEN, DATA, inWorld, says, type World } from './world.ts';

const CHANNEL = 'C0PLATFRM1';
const role: Role = {
  ...{ name: 'release', members: [BEN], commands: [], edges: [], channels: [] },
  ...{ indexes: [], projects: [], tags: [] },
};
const rule = { edges: ['lab'], channels: [], tags: [], projects: false, by: 'release', count: 1 };

/** Ana asks for what needs approval; a worker solves it. */
async function ask({ errands, slash, slack }: World): Promise<void> {
  errands.worker = async (errand) => {
    const asked = errand.asked as ErrandTable['plan']['asked'];
    return {
      answer: {
        ...{
          request: asked.request,
          engine: 'rattler',
          projects: [],
          format: 'zip',
          notes: [],
        },
        lock: { platform: 'linux-64', packages: [locked('numpy 2.2.6')] },
        ...{ fingerprint: 'f'.repeat(64), before: null, staged: null },
      },
    };
  };
  await slash('create churn numpy');
  await slack.untilEphemeral(ANA, says(/waits for approval by 1 of the role/));
}

const at = ({ channel, ts }: Message) => ({ channel, ts });

/** The question says what became of it, and offers nothing to press any more. */
async function decidedIn({ slack }: World, { ts }: Message, words: RegExp): Promise<void> {
  const edited = await slack.untilMessage(
    (each) => each.ts === ts && words.test(visibleText(each)),
  );
  assert.doesNotMatch(JSON.stringify(edited.blocks), /"type":"button"/);
}

describe('a build that needs approval', () => {
  test('is asked about in the channel of the rule, and Approve builds it for who asked', () =>
    inWorld(
      async (world) => {
        await ask(world);
        const { slack, store } = world;
        const message = await slack.untilMessage(says(/churn waits for approval/));
        assert.equal(message.channel, CHANNEL);
        assert.match(visibleText(message), /numpy/);
        assert.equal(store.builds.size, 0);
        await slack.click({ user: ANA, ...at(message), actionId: 'say_1' });
        await slack.untilEphemeral(ANA, says(/Who asked cannot approve it/));
        await slack.click({ user: BEN, ...at(message), actionId: 'say_1' });
        const told = await slack.untilMessage(says(/was approved by/));
        assert.equal(told.channel, CHANNEL);
        await decidedIn(world, message, /was approved by.*asks for .*numpy/s);
        const live = await slack.untilMessage(says(/churn waits for a build host/));
        assert.equal(live.channel, DATA);
        const [build] = [...store.builds.values()];
        assert.equal(build?.requester.user, ANA);
      },
      { roles: [role], approvals: [{ ...rule, where: CHANNEL }] },
    ));

  test('without a channel is asked of each directly, and a refusal is told to who asked', () =>
    inWorld(
      async (world) => {
        await ask(world);
        const { slack, store } = world;
        const message = await slack.untilMessage(says(/churn waits for approval/));
        await slack.click({ user: BEN, ...at(message), actionId: 'say_2' });
        const told = await slack.untilMessage(
          (each) => each.channel !== message.channel && /was refused by/.test(visibleText(each)),
        );
        assert.match(visibleText(told), /no reason was given/);
        await decidedIn(world, message, /was refused by.*asks for .*numpy/s);
        assert.equal(store.builds.size, 0);
      },
      { roles: [role], approvals: [{ ...rule, where: null }] },
    ));
});
