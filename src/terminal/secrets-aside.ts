import { closeSync, readFileSync } from 'node:fs';
import { SECRETS } from '../config/secrets.ts';
import { mapOf, readJson, string } from '../domain/shape.ts';

/** Of one digit, as sh takes no others, and one that nobody hands us. */
const DESCRIPTOR = 9;
const HANDED_OVER = 'CONDA_FERRY_SECRETS';
/** Tells the process that begins again that they wait for it. */
const MARK = 'CONDA_FERRY_SECRETS_AT';
/** What is expanded in a here-document is not read again, and it is a pipe: nothing lies on a disk. */
const HAND_OVER = `exec ${DESCRIPTOR}<<END
$${HANDED_OVER}
END
unset ${HANDED_OVER}
exec "$@"`;

/**
 * Begins this process again, under its id, without the variables that hold secrets: what a process was
 * started with stays in /proc/PID/environ, for all that runs as its user to read, whatever it does with
 * its variables. `nodeOptions` (`--name=value`) are Node's to begin with, but for those that NODE_OPTIONS
 * or the command line name already. Returns where there is neither.
 */
export function putSecretsAside(nodeOptions: readonly string[] = []): void {
  const { env, execArgv, execPath, argv } = process;
  const names = Object.values(SECRETS).map(({ variable }) => variable);
  const secrets = Object.entries(env).filter(([name, value]) => names.includes(name) && value);
  const given = [...execArgv, ...(env.NODE_OPTIONS ?? '').split(' ')].map(nameOf);
  const lacking = nodeOptions.filter((option) => !given.includes(nameOf(option)));
  if (secrets.length + lacking.length === 0) return;
  const command = [execPath, ...lacking, ...execArgv, ...argv.slice(1)];
  if (secrets.length === 0) process.execve?.(execPath, command, env);
  const others = Object.entries(env).filter(([name]) => !names.includes(name));
  process.execve?.('/bin/sh', ['sh', '-c', HAND_OVER, 'sh', ...command], {
    ...Object.fromEntries(others),
    [HANDED_OVER]: JSON.stringify(Object.fromEntries(secrets)),
    [MARK]: `${DESCRIPTOR}`,
  });
}

/** Of an option of Node, which may be written with either sign between its words. */
const nameOf = (option: string): string => option.replace(/=.*/s, '').replaceAll('_', '-');

/** The variables that were put aside. Read once, before a program is started that could read them, too. */
export function secretsAside(): Readonly<Record<string, string>> {
  if (process.env[MARK] !== `${DESCRIPTOR}`) return {};
  delete process.env[MARK];
  try {
    return readJson(readFileSync(DESCRIPTOR, 'utf8'), mapOf(string), (why) => new Error(why));
  } finally {
    closeSync(DESCRIPTOR);
  }
}
