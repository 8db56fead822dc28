import { join } from 'node:path';
import { FerryError } from '../domain/errors.ts';
import { ROOT } from '../root.ts';

/** One thing to correct: `edges[0].port (line 12)` and the sentence that follows. */
export interface Problem {
  where: string;
  what: string;
}

/** Everything that is wrong with the configuration, at once. */
export class ConfigError extends FerryError {
  readonly problems: readonly Problem[];

  constructor(subject: string, problems: readonly Problem[]) {
    const count = problems.length === 1 ? 'One thing' : `${problems.length} things`;
    super('user', {
      code: 'config-invalid',
      message: [
        `${count} in ${subject} must be corrected:`,
        ...problems.map(({ where, what }) => `- ${where} ${what}`),
      ].join('\n'),
      suggestion: `${join(ROOT, 'deploy/config.example.yaml')} explains every key.`,
    });
    this.problems = problems;
  }
}
