import { userError } from '../domain/errors.ts';
import { type InvocationRequest, invoke } from '../domain/invocation.ts';
import {
  JSON_OPTION,
  readArguments,
  readText,
  type TerminalCommand,
  writeJson,
} from './command.ts';

const OPTIONS = { json: JSON_OPTION } as const;

export const command: TerminalCommand = {
  options: OPTIONS,
  async run(words, usage) {
    const { values, positionals } = readArguments(words, OPTIONS, usage);
    const [file] = positionals;
    const text = await readText(file, 'Name a JSON file, or pipe the request in.');
    // `invoke` reads every field of it and refuses what is wrong in its own words.
    const invocation = invoke(parseJson(text) as InvocationRequest);
    if (values.json) writeJson(invocation);
    else {
      process.stdout.write(`${invocation.text}\n`);
      for (const warning of invocation.warnings)
        process.stderr.write(`${warning.id}: ${warning.text}\n`);
    }
    return 0;
  },
};

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw userError({
      code: 'bad-json',
      message: `The request is not JSON: ${(error as Error).message}.`,
      suggestion: 'Give one JSON object, in a file or on standard input.',
    });
  }
}
