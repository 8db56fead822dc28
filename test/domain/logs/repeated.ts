/** Blocks of text, each to be repeated until it is long. */
import { FAILURES, noise } from '../diagnosis-logs.ts';

export const LOGS: Record<string, string> = {
  'a job that works': `${noise(100).join('\n')}\n`,
  'failures of every kind': Object.values(FAILURES).flat().join('\n'),
  'one traceback again and again': `${FAILURES['module-missing-on-executor'][0]}\n`,
  'headers without an end': 'Traceback (most recent call last)\n  x\n  y\n  z\n',
};

/** What would make a careless pattern try again and again. */
export const HOSTILE: Record<string, string> = {
  'a line without end': 'not found /a/b/c: No such file or directory ',
  slashes: '/',
  blanks: ' ',
  dots: 'a.',
  'quotes and brackets': '"[\'(<{',
  'written-out line ends': 'Traceback (most recent call last)\\nFile "x" ',
  'half of every wording': 'Cannot run program "./a/b/bin/python',
  'links that never close': 'not found <http://a',
  colours: '\u001b[31mnot found\u001b[0m',
  'tokens for the redaction': 'java.io.IOException: No space left on device secret.secret.secret',
};

/** `length` characters of a block again and again. */
export function filled(block: string, length: number): string {
  return block.repeat(Math.ceil(length / block.length)).slice(0, length);
}
