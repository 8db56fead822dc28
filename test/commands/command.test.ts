import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Arguments, defineCommand, type Incomplete } from '../../commands/command.ts';
import { parseCommand } from '../../commands/grammar/parse.ts';
import { commands } from '../../commands/registry.ts';
import { settings } from '../answers/samples.ts';

/** Compiles only where both types are the same. */
type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <_ extends true>(): void => undefined;

const ARGS = {
  positionals: {
    environment: { kind: 'environment', required: true, givenBy: ['name'] },
    tool: { kind: 'tool' },
  },
  options: {
    name: { kind: 'environment', short: '-n', value: 'NAME', summary: '' },
    edge: { kind: 'edge', many: true, value: 'NAME', summary: '' },
    yes: { kind: 'flag', summary: '' },
  },
} as const;
type Given = Arguments<typeof ARGS>;

describe('a command', () => {
  test('has arguments of the types that its grammar says', () => {
    holds<Same<Given['environment'], string>>();
    holds<Same<Given['tool'], 'pyspark' | 'spark-submit' | null>>();
    holds<Same<Given['name'], string | null>>();
    holds<Same<Given['edge'], string[]>>();
    holds<Same<Given['yes'], true | null>>();
    holds<Same<Given['rest'], string[]>>();
    holds<Same<Incomplete<Given>['environment'], string | null>>();
    holds<Same<Incomplete<Given>['edge'], string[]>>();
    // @ts-expect-error A grammar has no argument of a name that is not in it.
    holds<Same<Given['nobody'], string>>();
  });

  test('may be said again only where it changes nothing', () => {
    const reads = (text: string) => {
      const said = parseCommand(text, commands, settings);
      return said.kind === 'command' && said.command.reads(said.arguments);
    };
    for (const text of ['list', 'run churn', 'add churn scipy', 'update churn', 'freeze', 'block'])
      assert.ok(reads(text), text);
    for (const text of [
      ...['create churn numpy', 'add churn scipy --yes', 'remove churn scipy -y', 'apply abc'],
      ...['freeze --why x', 'block numpy --why x', 'tag churn@1 prod', 'delete churn', 'nonsense'],
    ])
      assert.ok(!reads(text), text);
  });

  /** What a text gives for the environment and the tool. */
  function parsed(text: string) {
    const command = defineCommand({
      ...{ name: 'try', group: 'use', summary: '', usage: 'try NAME', examples: [], args: ARGS },
      run: async ({ environment }) => ({ kind: 'notice', tone: 'success', text: environment }),
    });
    const result = parseCommand(text, [command], settings);
    if (result.kind !== 'command') return result.kind;
    return [result.arguments.environment, result.arguments.tool];
  }

  test('takes a required argument from a word, or from an option that gives it', () => {
    assert.deepEqual(parsed('try churn pyspark'), ['churn', 'pyspark']);
    assert.deepEqual(parsed('try -n churn pyspark'), ['churn', 'pyspark']);
    assert.deepEqual(parsed('try'), 'error');
  });
});
