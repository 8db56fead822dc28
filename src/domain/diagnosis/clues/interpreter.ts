import { CANNOT_RUN, type Clue, isOnEdge, PYTHON_PATH } from './clue.ts';

/** The executable bit and the interpreter. */
export const INTERPRETER_CLUES: readonly Clue[] = [
  {
    id: 'exec-bit-lost',
    needle: 'Cannot run program',
    pattern: new RegExp(`${CANNOT_RUN}13\\b`),
    confidence: 0.95,
    accept: ({ match }) => !isOnEdge(match[1] ?? ''),
  },
  {
    id: 'exec-bit-lost',
    needle: 'Permission denied',
    pattern: new RegExp(`(?:^|[\\s:'"])${PYTHON_PATH}['"]?: [Pp]ermission denied`),
    confidence: 0.85,
    accept: ({ match }) => !isOnEdge(match[1] ?? ''),
  },
  {
    id: 'exec-bit-lost',
    needle: 'Permission denied',
    pattern: new RegExp(`^PermissionError: \\[Errno 13\\] Permission denied: '${PYTHON_PATH}'`),
    confidence: 0.8,
    accept: ({ match }) => !isOnEdge(match[1] ?? ''),
  },
  {
    id: 'exec-bit-lost',
    needle: 'ermission denied: unknown',
    pattern: new RegExp(`exec: "${PYTHON_PATH}": [Pp]ermission denied: unknown`),
    confidence: 0.8,
  },
  {
    id: 'interpreter-not-found',
    needle: 'Cannot run program',
    pattern: new RegExp(`${CANNOT_RUN}2\\b`),
    confidence: 0.9,
  },
  {
    id: 'interpreter-not-found',
    needle: 'No such file or directory',
    pattern: new RegExp(
      `(?:^|[\\s:'"])${PYTHON_PATH}['"]?: (?:cannot execute: )?No such file or directory`,
    ),
    confidence: 0.85,
    accept: ({ message }) =>
      !message.includes('bad interpreter') && !/can't open file/.test(message),
  },
  {
    id: 'interpreter-not-found',
    needle: 'not found',
    pattern: new RegExp(`(?:^|[\\s:'"])(?:exec: )?${PYTHON_PATH}['"]?: (?:command )?not found`),
    confidence: 0.85,
  },
  {
    id: 'interpreter-not-found',
    needle: 'no such file or directory',
    pattern: new RegExp(`exec: "${PYTHON_PATH}": (?:stat .{1,300}: )?no such file or directory`),
    confidence: 0.85,
  },
  {
    id: 'interpreter-not-found',
    needle: 'No such file or directory',
    pattern: new RegExp(
      `^FileNotFoundError: \\[Errno 2\\] No such file or directory: '${PYTHON_PATH}'`,
    ),
    confidence: 0.8,
  },
  {
    // Looked for on the node's own path: `spark-class`, `pyspark` and `env` say it so.
    id: 'interpreter-not-found',
    needle: ['No such file or directory', 'not found'],
    pattern:
      /(?:^|[\s/])(?:env: ['"\u2018]?(python[\d.]*)['"\u2019]?: No such file or directory|(?:pyspark|spark-class|spark-submit|find-spark-home|load-spark-env\.sh|entrypoint\.sh|launch_container\.sh|default_container_executor\.sh): line \d+: (?:exec: )?['"]?(python[\d.]*)['"]?: (?:command )?not found)/,
    confidence: 0.82,
  },
  {
    // Spark goes on with another one.
    id: 'interpreter-not-found',
    needle: 'Missing Python executable',
    pattern: /Missing Python executable '?"?([^'"]*)/,
    confidence: 0.65,
    mayRecover: true,
  },
  {
    id: 'interpreter-not-found',
    needle: 'executable file not found in',
    pattern: /exec: "([^"\s]*python[\d.]*)": executable file not found in \$PATH/,
    confidence: 0.88,
  },
  {
    // A diagnosis that was cut off before the reason; the other reasons say themselves elsewhere.
    id: 'interpreter-not-found',
    needle: 'Cannot run program',
    pattern:
      /(?:Exception|Error)(?::| \()\s{0,9}Cannot run program "([^"\s]{0,300}python[\d.]{0,9})"?(?: \(in directory "[^"]{0,300}"?\)?)?:?[\s.…]{0,9}(?:e|er|err|erro|error)?[\s.…]{0,9}$/,
    confidence: 0.6,
  },
  {
    id: 'zip-symlink-hang',
    needle: 'not found',
    pattern:
      /(?<![\w./-])[\w-]{0,100}((?:\.{1,2}|\/)[^\s:]{0,300}\/bin\/python[\d.]{0,9}): (?:line )?1: (?:\S{1,300}: )?python[\d.]+: (?:command )?not found/,
    confidence: 0.95,
  },
];
