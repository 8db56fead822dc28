/** Values of options that are one of a few: a slip is told with what is meant, by each sub-command. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { FerryError } from '../../src/domain/errors.ts';
import { CATALOGUE } from '../../src/terminal/catalogue.ts';
import { readArguments } from '../../src/terminal/command.ts';
import { documentIn, typed } from '../harness/typed.ts';
import { temporaryFolder } from '../packing/fake-prefix.ts';

/** What stands for a value that is not one of a few, or that a configuration has: its tests are elsewhere. */
const OPEN = ['FILE', 'PATH', 'DIR', 'NAME', 'U', 'C', 'N', 'V', 'URL', 'KEY', 'GROUP'];
const OPEN_FORMS = ['NAME=URL', 'USER@HOST[:PORT]'];

describe('a slip in the value of an option', () => {
  for (const [name, entry] of Object.entries(CATALOGUE)) {
    test(`of ${name} is told with what is meant`, async () => {
      const { options } = (await entry.load()).command;
      for (const [option, { type, value = '', choices }] of Object.entries(options)) {
        if (type !== 'string') continue;
        const isOpen = [...OPEN, ...OPEN_FORMS].includes(value);
        assert.equal(choices === undefined, isOpen, `--${option} ${value}`);
        const [choice] = choices ?? [];
        if (choice === undefined) continue;
        const slip = `${choice}x`;
        assert.throws(
          () => readArguments([`--${option}=${slip}`], options, 'usage'),
          (error) =>
            error instanceof FerryError &&
            error.code === `unknown-${option}` &&
            error.message === `\`--${option}\` takes no \`${slip}\`.` &&
            error.suggestion?.startsWith(`Did you mean \`${choice}\`?`) === true,
        );
      }
    });
  }

  test('of an edge that is configured, of a shell and of what the lab does, too', async (context) => {
    const file = join(await temporaryFolder(context), 'conda-ferry.yaml');
    const lists = ['channels: [{ name: lab, url: "file:///srv/channel" }]'];
    writeFileSync(file, [...lists, 'edges: [{ name: madrid, host: edge }]', ''].join('\n'));
    const environment = { SLACK_BOT_TOKEN: 'xoxb-1', SLACK_APP_TOKEN: 'xapp-1' };
    for (const [words, meant] of [
      [['restore', '--edge', 'madird', '--config', file], 'madrid'],
      [['completion', 'bsah'], 'bash'],
      [['lab', 'stauts'], 'status'],
    ] as const) {
      const { status, stdout } = typed([...words, '--json'], { environment });
      if (words[0] === 'completion') continue;
      assert.equal(status, 1);
      assert.match(documentIn(stdout).error.suggestion, new RegExp(`^Did you mean \`${meant}\``));
    }
    assert.match(typed(['completion', 'bsah']).stderr, /Did you mean `bash`\?/);
  });
});
