import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { execute } from '../../commands/execute.ts';
import { commandHelp, commands } from '../../commands/registry.ts';
import { renderText } from '../../src/answers/text.ts';
import type { Reply } from '../../src/domain/reply.ts';
import { renderMessage } from '../../src/slack/blocks.ts';
import { settings } from '../answers/samples.ts';
import { testGoldens } from '../harness/golden.ts';
import { createMemory } from '../slack/memory.ts';

/** What an operator is answered to `/conda-env TEXT` where the commands are those there are. */
function answer(text: string): Promise<Reply> {
  const { services } = createMemory();
  const place = { user: settings.operators[0] ?? '', channel: 'C1', team: null };
  return execute(text, commands, { ...place, services, commands: commandHelp });
}

const overview = await answer('help');
const texts: Record<string, string> = {
  'help.txt': `${renderText(overview, settings)}\n`,
  'help-all.txt': `${renderText(await answer('help all'), settings)}\n`,
  'help.json': `${JSON.stringify(renderMessage(overview, settings), null, 2)}\n`,
};
for (const { name } of commands) {
  texts[`help-${name}.txt`] = `${renderText(await answer(`help ${name}`), settings)}\n`;
}

const mentions = (name: string) => new RegExp(`• \`${name}\` `);

describe('what help says of the commands there are', () => {
  testGoldens(join(import.meta.dirname, 'help'), texts);

  test('the first page is short, begins with what a newcomer needs, and leads to all of them', () => {
    const rows = texts['help.txt']?.split('\n').filter((row) => row.startsWith('  • ')) ?? [];
    assert.match(rows[0] ?? '', /`create`/);
    assert.ok(rows.length <= 15, `${rows.length} rows`);
    assert.match(texts['help.txt'] ?? '', /Next: help all/);
    // Nothing needs approval here.
    const shown = commands.filter(({ name }) => name !== 'approve' && name !== 'refuse');
    for (const { name } of shown) assert.match(texts['help-all.txt'] ?? '', mentions(name));
  });
});
