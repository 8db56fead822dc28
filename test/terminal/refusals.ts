/**
 * Asks sub-commands, each by its name and words in the JSON on standard input, in this one process; writes what
 * each was refused with to descriptor 3, null for what was not.
 */
import { readFileSync, writeSync } from 'node:fs';
import { FerryError } from '../../src/domain/errors.ts';
import { CATALOGUE, usageOf } from '../../src/terminal/catalogue.ts';

const asked: [name: string, words: string[]][] = JSON.parse(readFileSync(0, 'utf8'));
const refused = [];
for (const [name, words] of asked) {
  const entry = await CATALOGUE[name]?.load();
  const error = await entry?.command.run(words, usageOf(name)).catch((thrown: unknown) => thrown);
  const { code, kind, message, suggestion } = error instanceof FerryError ? error : {};
  refused.push(code === undefined ? null : { name, code, kind, message, suggestion });
}
writeSync(3, JSON.stringify(refused));
