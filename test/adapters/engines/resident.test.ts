import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, describe, test } from 'node:test';
import { Resident, type ResidentLimits } from '../../../src/adapters/engines/resident.ts';
import { cleanEnvironment, run } from '../../../src/adapters/host/process.ts';
import { Cancelled, outsideError } from '../../../src/domain/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'resident-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Answers with its process id; `until` waits for another question, `once` dies where no file is. */
const PROGRAM = join(folder, 'helper.mjs');
writeFileSync(
  PROGRAM,
  `import { createInterface } from 'node:readline';
   import { existsSync, writeFileSync } from 'node:fs';
   const waiting = [];
   const answer = (id, memory = 0) =>
     console.log(JSON.stringify({ id, type: 'result', memory, pid: process.pid }));
   const deeds = {
     pid: ({ id, memory }) => answer(id, memory),
     until: ({ id }) => waiting.push(id),
     release: ({ id }) => { for (const each of [...waiting.splice(0), id]) answer(each); },
     hang: () => {},
     die: () => process.exit(3),
     once: ({ id, file }) => {
       if (existsSync(file)) return answer(id);
       writeFileSync(file, '');
       console.error('out of memory');
       process.kill(process.pid, 'SIGKILL');
     },
     shout: () => console.log('warning: something'),
   };
   createInterface({ input: process.stdin }).on('line', (line) => {
     const question = JSON.parse(line);
     deeds[question.do](question);
   });`,
);

const open: Resident[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((resident) => resident.close()));
});

function resident(limits: Partial<ResidentLimits> = {}) {
  const made = new Resident({
    launch: async () => ({
      ...{ file: process.execPath, args: [PROGRAM], cwd: folder },
      env: cleanEnvironment({ home: folder }),
    }),
    explain: ({ code, signal, tail }) =>
      outsideError({
        code: 'ended',
        message: `${code ?? signal}`,
        details: tail.join('\n'),
      }),
    limits: { grace: 1, ...limits },
  });
  open.push(made);
  const ask = async (
    what: Record<string, unknown>,
    { signal = new AbortController().signal, seconds = 60 } = {},
  ) => (JSON.parse(await made.ask(what, seconds, signal)) as { pid: number }).pid;
  return { made, ask };
}

async function gone(pid: number): Promise<void> {
  while (existsSync(`/proc/${pid}`)) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('a helper that stays', () => {
  test('answers many questions at a time, each its own, as one process', async () => {
    const { ask } = resident();
    const first = await ask({ do: 'pid' });
    const waiting = ask({ do: 'until' });
    assert.equal(await ask({ do: 'pid' }), first);
    assert.equal(await ask({ do: 'release' }), first);
    assert.equal(await waiting, first);
  });

  test('that is killed between two questions is started again', async () => {
    const { ask } = resident();
    const first = await ask({ do: 'pid' });
    process.kill(first, 'SIGKILL');
    await gone(first);
    assert.notEqual(await ask({ do: 'pid' }), first);
  });

  test('that dies over a question is asked it once more, and then its last words are told', async () => {
    const { ask } = resident();
    const file = join(folder, 'died');
    await ask({ do: 'once', file });
    await assert.rejects(ask({ do: 'die' }), { code: 'ended', message: '3' });
    rmSync(file);
    const both = [ask({ do: 'once', file }), ask({ do: 'pid' })];
    await Promise.all(both);
  });

  test('that says what is no answer is ended, and what it said is told', async () => {
    const { ask } = resident();
    await assert.rejects(ask({ do: 'shout' }), { code: 'ended', details: 'warning: something' });
  });

  test('makes room for another one after so many answers, or when it has become too large', async () => {
    const { ask } = resident({ answers: 2, bytes: 1_000 });
    const first = await ask({ do: 'pid' });
    assert.equal(await ask({ do: 'pid' }), first);
    const second = await ask({ do: 'pid', memory: 1_001 });
    assert.notEqual(second, first);
    const third = await ask({ do: 'pid', memory: 1_000 });
    assert.notEqual(third, second);
    assert.equal(await ask({ do: 'pid' }), third);
    await Promise.all([gone(first), gone(second)]);
  });

  test('is ended when nobody waits for its work any more, but not under somebody else', async () => {
    const { ask } = resident();
    const first = await ask({ do: 'pid' });
    const other = ask({ do: 'until' });
    const cancel = new AbortController();
    const hanging = ask({ do: 'hang' }, { signal: cancel.signal });
    cancel.abort(new Cancelled('shutdown'));
    await assert.rejects(hanging, { name: 'Cancelled', reason: 'shutdown' });
    let second = first;
    while (second === first) second = await ask({ do: 'pid' });
    assert.equal(existsSync(`/proc/${first}`), true);
    // What the first process cannot answer any more, the second is asked.
    process.kill(first, 'SIGKILL');
    let answered: number | null = null;
    void other.then((pid) => {
      answered = pid;
    });
    while (answered === null) await ask({ do: 'release' });
    assert.equal(answered, second);
  });

  test('that could not even begin is begun anew with the next question', async () => {
    const places = ['/nowhere/at/all', folder];
    const made = new Resident({
      explain: () => assert.fail('it has never been there'),
      launch: async () => ({
        ...{ file: process.execPath, args: [PROGRAM], cwd: places.shift() ?? folder },
        env: cleanEnvironment({ home: folder }),
      }),
    });
    open.push(made);
    const ask = () => made.ask({ do: 'pid' }, 60, new AbortController().signal);
    await assert.rejects(ask(), { code: 'program-missing' });
    assert.match(await ask(), /"pid":/);
  });

  test('that is not done in time is ended', async () => {
    const { ask } = resident();
    const first = await ask({ do: 'pid' });
    await assert.rejects(ask({ do: 'hang' }, { seconds: 0.01 }), { code: 'program-hung' });
    await gone(first);
  });

  test('takes no question that is given up already, and none once it is closed', async () => {
    const { made, ask } = resident();
    const first = await ask({ do: 'pid' });
    await assert.rejects(ask({ do: 'pid' }, { signal: AbortSignal.abort() }), Cancelled);
    const hanging = assert.rejects(ask({ do: 'hang' }), Cancelled);
    await made.close();
    await hanging;
    await gone(first);
    await assert.rejects(ask({ do: 'pid' }), Cancelled);
  });

  test('does not keep our own process from ending, and ends with it', async () => {
    const script = join(folder, 'ours.mjs');
    const source = join(import.meta.dirname, '../../../src/adapters/engines/resident.ts');
    const env = cleanEnvironment({ home: folder });
    writeFileSync(
      script,
      `import { Resident } from ${JSON.stringify(source)};
       const resident = new Resident({ explain: (end) => new Error(end.tail.join()), launch: async () => ({
         file: process.execPath, args: [${JSON.stringify(PROGRAM)}], cwd: '/', env: ${JSON.stringify(env)} }) });
       console.log(await resident.ask({ do: 'pid' }, 60, new AbortController().signal));`,
    );
    const { code, stdout } = await run({
      ...{ file: process.execPath, args: [script], cwd: folder, env },
      ...{ signal: new AbortController().signal, timeoutSeconds: 60, idleSeconds: null },
    });
    assert.equal(code, 0, stdout);
    await gone((JSON.parse(stdout) as { pid: number }).pid);
  });
});
