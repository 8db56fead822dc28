/** What operators read of events: deploy/EVENTS.md has each, and all that it carries. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createEvents, EVENTS, FIELDS, watchedBy } from '../../src/domain/events.ts';

const PAGE = join(import.meta.dirname, '../../deploy/EVENTS.md');

function tableOf(): string {
  const code = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(', ');
  const events = Object.entries(EVENTS).map(
    ([name, { level, says, fields }]) => `| \`${name}\` | ${level} | ${says} | ${code(fields)} |`,
  );
  const fields = Object.entries(FIELDS).map(
    ([name, { type, says }]) => `| \`${name}\` | ${type} | ${says} |`,
  );
  return [
    '| event | level | told when | carries, where it applies |',
    '| ----- | ----- | --------- | ------------------------ |',
    ...[...events, ''],
    '| field | type | is |',
    '| ----- | ---- | -- |',
    ...fields,
  ].join('\n');
}

test('the page of events has every event and field, as the table of the code says', () => {
  const page = readFileSync(PAGE, 'utf8');
  const [, before, , after] =
    /^(.*<!-- table: [^\n]* -->\n)(.*)(<!-- \/table -->.*)$/s.exec(page) ?? [];
  assert.ok(before && after, 'the page says where its table is');
  const wanted = `${before}\n${tableOf()}\n\n${after}`;
  if (process.env.UPDATE_GOLDEN) writeFileSync(PAGE, wanted);
  assert.equal(
    readFileSync(PAGE, 'utf8'),
    wanted,
    'UPDATE_GOLDEN=1 node --test test/domain/events.test.ts makes it anew',
  );
});

test('every field is carried by an event', () => {
  const carried = new Set<string>(Object.values(EVENTS).flatMap(({ fields }) => [...fields]));
  assert.deepEqual(
    Object.keys(FIELDS).filter((name) => !carried.has(name)),
    [],
  );
});

test('every listener hears of an event', () => {
  const heard: unknown[] = [];
  const events = createEvents([(event) => heard.push(event), (event) => heard.push(event)]);
  events.emit('swept', { kind: 'records', count: 3 });
  const event = { name: 'swept', fields: { kind: 'records', count: 3 } };
  assert.deepEqual(heard, [event, event]);
});

test('what cannot be asked is told when that begins and when it ends, with how long it was', () => {
  const time = { now: 0 };
  const told: string[] = [];
  const sight = watchedBy(() => time.now, {
    away: (reason) => told.push(reason),
    back: (seconds) => told.push(`${seconds} s`),
  });
  sight.back();
  sight.away('refused');
  time.now = 2_000;
  sight.away('timed out');
  sight.back();
  sight.back();
  assert.deepEqual(told, ['refused', '2 s']);
});
