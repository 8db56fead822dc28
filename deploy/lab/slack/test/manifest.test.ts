/** An app is known by its manifest, in a program and at the command line. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { readManifest, startSlackEmulator } from '../index.ts';

const FOLDER = mkdtempSync(join(tmpdir(), 'manifest-'));
after(() => rmSync(FOLDER, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(FOLDER, name);
  writeFileSync(path, text);
  return path;
}

const YAML = `
display_information:
  name: Hello There
features:
  slash_commands:
    - command: /hello
      description: Says hello
      usage_hint: "[name]"
  shortcuts:
    - { type: message, callback_id: greet, name: Greet the author }
    - { type: global, callback_id: all, name: Greet all }
oauth_config:
  scopes:
    bot: [commands, chat:write]
`;

describe('a manifest', () => {
  it('says name, commands, message shortcuts and scopes, in YAML or JSON', async () => {
    const expected = {
      appName: 'Hello There',
      scopes: ['commands', 'chat:write'],
      commands: [{ command: '/hello', description: 'Says hello', usageHint: '[name]' }],
      shouldEscape: false,
      shortcuts: [{ callbackId: 'greet', name: 'Greet the author' }],
    };
    assert.deepEqual(await readManifest(file('app.yaml', YAML)), expected);
    const json = JSON.stringify({
      display_information: { name: 'Hello There' },
      features: {
        slash_commands: [{ command: '/hello', description: 'Says hello', usage_hint: '[name]' }],
        shortcuts: [{ type: 'message', callback_id: 'greet', name: 'Greet the author' }],
      },
      oauth_config: { scopes: { bot: ['commands', 'chat:write'] } },
    });
    assert.deepEqual(await readManifest(file('app.json', json)), expected);
  });

  it('makes an app of that name, with that command alone', async () => {
    const slack = await startSlackEmulator(await readManifest(file('app.yaml', YAML)));
    try {
      const { name, real_name: realName } = slack.workspace.bot;
      assert.deepEqual([name, realName], ['hello-there', 'Hello There']);
      const at = { user: 'ana', channel: 'general', text: '' };
      assert.deepEqual(await slack.slash({ ...at, command: '/conda-env' }), {
        status: null,
        ackBody: null,
        error: '`/conda-env` is not a valid command.',
      });
    } finally {
      await slack.stop();
    }
  });

  it('that is none is refused at the command line, with the reason', () => {
    for (const [name, reason] of [
      [file('list.yaml', '- a'), /^--manifest .*list\.yaml: no app manifest/],
      [join(FOLDER, 'missing.yaml'), /^--manifest .*missing\.yaml: ENOENT/],
    ] as const) {
      const words = [join(import.meta.dirname, '../main.ts'), '--manifest', name];
      const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
      assert.deepEqual([status, stdout], [1, '']);
      assert.match(stderr, reason);
    }
  });
});
