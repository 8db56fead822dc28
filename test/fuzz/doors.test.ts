/** Whatever comes in is read or refused in words, and reaches no program but as what it was read as. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { parseCommand } from '../../commands/grammar/parse.ts';
import { commands } from '../../commands/registry.ts';
import { CondaEngine } from '../../src/adapters/engines/conda.ts';
import { run } from '../../src/adapters/host/process.ts';
import { FerryError } from '../../src/domain/errors.ts';
import type { BuildRequest } from '../../src/domain/request.ts';
import { settings } from '../answers/samples.ts';
import { isFull } from '../harness/full.ts';
import fc from '../harness/properties.ts';
import { DOORS, hostile } from './doors.ts';
import { recordPrograms } from './recorder.ts';

const RUNS = isFull ? 5_000 : 40;

describe('at every door', () => {
  for (const { name, input, enter } of DOORS) {
    test(`${name} is read or refused in words, and starts no program`, async () => {
      const started = await recordPrograms(() =>
        fc.assert(
          fc.asyncProperty(input, async (value) => {
            try {
              await enter(value as never);
            } catch (error) {
              if (!(error instanceof FerryError) || error.kind === 'defect') throw error;
            }
          }),
          { numRuns: RUNS },
        ),
      );
      assert.deepEqual(started, []);
    });
  }
});

describe('a program', () => {
  const folder = mkdtempSync(join(tmpdir(), 'doors-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  test('that is started is recorded with its words', async () => {
    const started = await recordPrograms(async () => {
      await run({
        ...{ file: '/bin/true', args: ['--', 'a b'], cwd: '/', env: {} },
        ...{ signal: AbortSignal.timeout(10_000), timeoutSeconds: 10, idleSeconds: null },
      });
    });
    assert.deepEqual(started, [['/bin/true', '--', 'a b']]);
  });

  test('gets of what people ask for nothing but names that were read as such', async () => {
    const executable = join(folder, 'conda');
    // Whatever it is asked for is missing, so it is asked what there is instead.
    writeFileSync(
      executable,
      `#!/bin/sh
for word; do [ "$last" = --file ] && file=$word; last=$word; done
printf '{"exception_name": "PackagesNotFoundError", "packages": ["%s"]}' "$(sed 's/["\\\\\\\\]//g;s/ .*//' "$file" | head -1)"
exit 1
`,
    );
    chmodSync(executable, 0o755);
    const engine = new CondaEngine({
      ...{ executable, reason: '', dataDirectory: join(folder, 'data'), network: {} },
      limits: { solveSeconds: 30, createSeconds: 30, idleSeconds: 30 },
    } as unknown as ConstructorParameters<typeof CondaEngine>[0]);
    const url = 'https://example.org/lab';
    const progress = { signal: AbortSignal.timeout(600_000), log() {}, detail() {} };
    let asked = 0;
    const started = await recordPrograms(() =>
      fc.assert(
        fc.asyncProperty(hostile, async (text) => {
          const parsed = parseCommand(`create churn ${text}`, commands, settings);
          if (parsed.kind !== 'command') return;
          const { specs } = parsed.arguments as unknown as Pick<BuildRequest, 'specs'>;
          if (!Array.isArray(specs)) return;
          asked += 1;
          const channels = [{ name: 'lab', url }];
          const request = { specs, channels, platform: 'linux-64', glibc: null, keep: [] } as const;
          await assert.rejects(engine.solve(request, progress), FerryError);
        }),
        { numRuns: isFull ? 1_000 : 60, examples: [['numpy'], ['numpy>=1.26,<2 scipy']] },
      ),
    );
    assert.ok(asked >= 2 && started.length >= asked);
    const options = '--dry-run --json --yes --strict-channel-priority --prefix --file --channel';
    const ours = new Set(['create', 'search', '--override-channels', url, ...options.split(' ')]);
    for (const [file, ...words] of started) {
      if (file?.endsWith('/flock')) {
        assert.match(words.join(' '), /^(?:--[a-z-]+ |\d+ ?)+$/);
        continue;
      }
      assert.equal(file, executable);
      const others = words.filter((word) => !ours.has(word) && !word.startsWith(`${folder}/`));
      for (const word of others) assert.match(word, /^[a-z0-9_][a-z0-9._-]*\*?$/, word);
      assert.ok(others.length <= 1, others.join(' '));
    }
  });
});
