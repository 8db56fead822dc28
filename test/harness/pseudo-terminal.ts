import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { Screen } from './screen.ts';

export interface PseudoTerminal {
  readonly screen: Screen;
  /** All that was written, as it came. */
  written(): string;
  /** Types it; `\u0003` is Ctrl-C. */
  type(text: string): void;
  resize(columns: number, rows?: number): void;
  /** Waits until the screen, or what has scrolled away from it, shows it. */
  until(shown: RegExp | ((screen: Screen) => boolean)): Promise<void>;
  /** Resolves with the exit code; of a signal 128 and its number, as in shells. */
  readonly ended: Promise<number>;
}

export interface TerminalOptions {
  columns?: number;
  rows?: number;
  /** Whether it folds what stands there when it is made narrower, or cuts it. */
  folds?: boolean;
  environment?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Told of each piece that is written, once it is on the screen. */
  onWrite?: (text: string) => void;
}

/** Runs a program as somebody does who watches it. The kernel ends it with us. */
export function onTerminal(
  command: readonly string[],
  { environment = process.env, cwd, onWrite, ...size }: TerminalOptions = {},
): PseudoTerminal {
  const screen = new Screen(size);
  const { columns, rows } = screen;
  const child = spawn(
    'setpriv',
    [
      ...['--pdeathsig', 'TERM', 'python3', join(import.meta.dirname, 'pseudo-terminal.py')],
      ...[`${columns}`, `${rows}`, ...command],
    ],
    {
      env: { TERM: 'xterm-256color', ...environment },
      cwd,
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    },
  );
  const sizes = child.stdio[3] as Writable;
  let written = '';
  let complaints = '';
  let hasEnded = false;
  const waiting = new Set<() => void>();
  const heard = () => {
    for (const look of waiting) look();
  };
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    written += text;
    screen.write(text);
    onWrite?.(text);
    heard();
  });
  const ended = once(child, 'close').then(([code]) => {
    hasEnded = true;
    heard();
    return Number(code);
  });
  return {
    screen,
    ended,
    written: () => written,
    type: (text) => void child.stdin?.write(text),
    resize(to, high = screen.rows) {
      screen.resize(to, high);
      sizes.write(`${to} ${high}\n`);
    },
    until: (shown) =>
      new Promise((resolve, reject) => {
        const isShown =
          shown instanceof RegExp
            ? () => shown.test(screen.lines().join('\n'))
            : () => shown(screen);
        const look = () => {
          if (!isShown() && !hasEnded) return;
          waiting.delete(look);
          if (isShown()) resolve();
          else
            reject(new Error(`never shown: ${shown}\n${screen.lines().join('\n')}\n${complaints}`));
        };
        waiting.add(look);
        look();
      }),
  };
}
