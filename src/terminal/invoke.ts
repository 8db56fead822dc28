import { userError } from '../domain/errors.ts';
import { type InvocationRequest, invoke } from '../domain/invocation.ts';
import { readArguments, readText, type TerminalCommand, writeJson } from './command.ts';

const usage = 'conda-ferry invoke [--json] [REQUEST.json]';

export const command: TerminalCommand = {
  usage,
  summary:
    'the invocation for a described staging; reads the request from a file or standard input',
  async run(words) {
    const { values, positionals } = readArguments(words, { json: { type: 'boolean' } }, usage);
    const [file] = positionals;
    const text = await readText(file, 'Name a JSON file, or pipe the request in.');
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
      suggestion: 'Give one JSON object on standard input, as in src/README.md.',
    });
  }
}
