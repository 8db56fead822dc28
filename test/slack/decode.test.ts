import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseCommand } from '../../commands/grammar/parse.ts';
import { commands } from '../../commands/registry.ts';
import { decodeSlackText } from '../../src/slack/decode.ts';
import { settings } from '../answers/samples.ts';
import { ANA, DATA, inWorld, says, visibleText } from './world.ts';

describe('the text of a command as Slack sends it', () => {
  it('is what the person sees', () => {
    assert.equal(
      decodeSlackText('create a numpy&gt;=1.26,&lt;2 “pandas” —layout global'),
      'create a numpy>=1.26,<2 "pandas" --layout global',
    );
    assert.equal(decodeSlackText('<http://a.example/x|a.example/x>'), 'a.example/x');
    assert.equal(decodeSlackText('<https://a.example/x>'), 'https://a.example/x');
    assert.equal(decodeSlackText('<@U0FERRYBOT> help'), '@U0FERRYBOT help');
    assert.equal(decodeSlackText('audit --user <@U0ANARUIZ1|ana>'), 'audit --user @U0ANARUIZ1');
  });

  it('names packages that Slack takes for addresses', () => {
    const text = decodeSlackText('create churn <http://ruamel.yaml|ruamel.yaml> numpy');
    const parsed = parseCommand(text, commands, settings);
    assert.equal(parsed.kind, 'command');
    assert.equal(text, 'create churn ruamel.yaml numpy');
  });

  const address = 'https://a.example/numpy.conda';
  const isShownAsTyped = (text: string) =>
    text.includes(`create churn ${address}`) && !text.includes('<http');

  it('is decoded after a slash command', () =>
    inWorld(async (world) => {
      await world.slash(`create churn ${address}`);
      const answer = await world.slack.untilEphemeral(ANA, says(/not a package spec/));
      assert.ok(isShownAsTyped(visibleText(answer)), visibleText(answer));
    }));

  it('is decoded after a mention', () =>
    inWorld(async (world) => {
      const text = `<@U0FERRYBOT> create churn ${address}`;
      await world.slack.say({ user: ANA, channel: DATA, text });
      const answer = await world.slack.untilMessage(says(/not a package spec/));
      assert.ok(isShownAsTyped(visibleText(answer)), visibleText(answer));
    }));
});
