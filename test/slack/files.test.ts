/** A lock is read where it was asked for when it is short, and kept as a file when it is long. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { visibleText } from '../../deploy/lab/slack/index.ts';
import { lockFile } from '../../src/domain/lock-file.ts';
import { environment, revision } from '../answers/samples.ts';
import { ANA, BEN, DATA, inWorld, says, type World } from './world.ts';

/** `churn` with so many packages in its one revision. */
function churn({ store }: World, count: number) {
  const known = revision(1);
  const [sample] = known.lock.packages;
  assert.ok(sample);
  const packages = Array.from({ length: count }, (_, index) => ({
    ...sample,
    name: `package-${index}`,
  }));
  const lock = { ...known.lock, packages };
  store.environments.set('churn', { ...environment(), revisions: [{ ...known, lock }] });
  return lockFile({ label: 'churn@1', name: 'churn', lock, projects: [] }, 'explicit');
}

describe('a lock', () => {
  test('that is short is read where it was asked for', () =>
    inWorld(async (world) => {
      const { text } = churn(world, 2);
      await world.slash('lock churn', { user: BEN });
      const answer = await world.slack.untilEphemeral(BEN, says(/@EXPLICIT/));
      assert.ok(visibleText(answer).includes(text.trimEnd()));
      assert.deepEqual(world.slack.files(), []);
    }));

  test('that is long is a file for who asked, whole and in their direct conversation', () =>
    inWorld(async (world) => {
      const { text, name } = churn(world, 60);
      await world.slash('lock churn', { user: BEN });
      const answer = await world.slack.untilEphemeral(BEN, says(/in our direct conversation/));
      assert.match(visibleText(answer), /conda create --name churn --file churn\.explicit\.txt/);
      const [file, ...others] = world.slack.files();
      assert.deepEqual([file?.name, file?.content.toString(), others], [name, text, []]);
      assert.match(String(file?.channels), /^D/);
      assert.equal(world.slack.messages(DATA).length, 0);
      await world.slack.directMessage({ user: ANA, text: 'lock churn' });
      const shared = await world.slack.untilMessage(says(/Here is the file/));
      assert.deepEqual(world.slack.files()[1]?.channels, [shared.channel]);
    }));

  test('that is long is shared as the file it is, and how to use it is said for all', () =>
    inWorld(async (world) => {
      const { text } = churn(world, 60);
      await world.slash('lock churn', { user: BEN });
      const { ts } = await world.slack.untilEphemeral(BEN, says(/Share here/));
      await world.slack.click({ user: BEN, channel: DATA, ts, actionId: 'share' });
      const shared = await world.slack.untilMessage(says(/shared this: .*lock churn/));
      assert.match(visibleText(shared), /conda create --name churn/);
      const inChannel = world.slack.files().filter(({ channels }) => channels.includes(DATA));
      assert.deepEqual(
        inChannel.map(({ content }) => content.toString()),
        [text],
      );
    }));

  test('that cannot be sent says why, and how to get it', () =>
    inWorld(
      async (world) => {
        churn(world, 60);
        await world.slash('lock churn');
        const answer = await world.slack.untilEphemeral(ANA, says(/files:write/));
        assert.match(visibleText(answer), /conda-ferry exec -- 'lock churn'/);
      },
      { emulator: { scopes: ['commands', 'chat:write', 'im:write', 'im:history'] } },
    ));

  test('of which Slack has lost the bytes is not shared', () =>
    inWorld(async (world) => {
      churn(world, 60);
      world.slack.faults.next('upload', { status: 500 });
      await world.slash('lock churn');
      await world.slack.untilEphemeral(ANA, says(/Slack did not take/));
      assert.deepEqual(world.slack.calls('files.completeUploadExternal'), []);
    }));
});
