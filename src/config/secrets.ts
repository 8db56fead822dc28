import { open } from 'node:fs/promises';
import { whyNotPrivate } from '../domain/private-file.ts';
import type { Path } from '../reading/yaml.ts';
import { type ConfigDocument, keyOf, valueAt } from './document.ts';
import type { Problem } from './problems.ts';

type SecretName = 'botToken' | 'appToken' | 'signingSecret' | 'proxy' | 'redisUrl';

/** Null where there is none. */
export type Secrets = Record<SecretName, string | null>;

/** How a path begins that lies in the folder of credentials systemd gives a service (systemd.exec, LoadCredential). */
export const CREDENTIALS = /^\$CREDENTIALS_DIRECTORY(?=\/)/;

interface Secret {
  /** The variable of the environment, which wins over the file. */
  variable: string;
  /** The key that names a file holding it. */
  fileKey: Path;
  /** How it begins, and what it must be. */
  form?: { begins: RegExp; expected: string };
}

export const SECRETS: Readonly<Record<SecretName, Secret>> = {
  botToken: {
    variable: 'SLACK_BOT_TOKEN',
    fileKey: ['slack', 'botTokenFile'],
    form: {
      begins: /^xox(e\.xox)?b-/,
      expected:
        'the bot token, which begins with `xoxb-` (OAuth & Permissions → Bot User OAuth Token)',
    },
  },
  appToken: {
    variable: 'SLACK_APP_TOKEN',
    fileKey: ['slack', 'appTokenFile'],
    form: {
      begins: /^xapp-/,
      expected:
        'an app-level token, which begins with `xapp-` (Basic Information → App-Level Tokens, scope connections:write)',
    },
  },
  signingSecret: {
    variable: 'SLACK_SIGNING_SECRET',
    fileKey: ['slack', 'signingSecretFile'],
  },
  // It may have a password.
  proxy: { variable: 'HTTPS_PROXY', fileKey: ['network', 'proxyFile'] },
  redisUrl: { variable: 'REDIS_URL', fileKey: ['redisUrlFile'] },
};

/** Where an address may stand that has no password. */
const ADDRESSES: readonly (readonly [SecretName, Path])[] = [
  ['redisUrl', ['redisUrl']],
  ['proxy', ['network', 'proxy']],
];

/**
 * Every secret, from the environment or from the file that the configuration names for it, and
 * everything that is wrong with them. `absolute` gives the path of a file that is named.
 */
export async function readSecrets(
  document: ConfigDocument,
  environment: Readonly<Record<string, string | undefined>>,
  absolute: (path: string) => string,
): Promise<{ secrets: Secrets; problems: Problem[] }> {
  const secrets: Secrets = {
    ...{ botToken: null, appToken: null, signingSecret: null, proxy: null, redisUrl: null },
  };
  const problems: Problem[] = [];
  for (const name of Object.keys(SECRETS) as SecretName[]) {
    const { variable, fileKey, form } = SECRETS[name];
    const named = valueAt(document.content, fileKey);
    let value = environment[variable] || null;
    if (value === null && typeof named === 'string') {
      if (CREDENTIALS.test(named) && !environment.CREDENTIALS_DIRECTORY) {
        const what = `names ${named}, and systemd gave this process no credentials: only its units have them: \`systemctl start conda-ferry@check\` for the doctor, \`systemd-run\` with LoadCredential for others (deploy/README.md).`;
        problems.push({ where: document.placeOf(fileKey), what });
        continue;
      }
      const read = await readSecretFile(absolute(named));
      value = read.value;
      if (read.fault) problems.push({ where: document.placeOf(fileKey), what: read.fault });
    }
    if (value && form && !form.begins.test(value)) {
      problems.push({ where: variable, what: `must be ${form.expected}.` });
    }
    secrets[name] = value;
  }
  for (const [name, path] of ADDRESSES) {
    const address = valueAt(document.content, path);
    if (typeof address !== 'string' || passwordOf(address) === null) continue;
    const { variable, fileKey } = SECRETS[name];
    problems.push({
      where: document.placeOf(path),
      what: `holds a password, which does not belong here. Set ${variable} in the environment, or put the address into a file of its own and name that in \`${keyOf(fileKey)}\`.`,
    });
  }
  return { secrets, problems };
}

export async function readSecretFile(
  file: string,
): Promise<{ value: string | null; fault: string | null }> {
  let text: string;
  try {
    const handle = await open(file);
    try {
      const fault = whyNotPrivate(await handle.stat(), process.geteuid?.());
      if (fault !== null) {
        return { value: null, fault: `names ${file}, and ${fault}: \`chmod 600 ${file}\`.` };
      }
      text = await handle.readFile('utf8');
    } finally {
      await handle.close();
    }
  } catch (error) {
    const why = (error as Error).message;
    return { value: null, fault: `names ${file}, which cannot be read: ${why}.` };
  }
  const value = text.trim();
  if (value === '') return { value: null, fault: `names ${file}, which is empty.` };
  return { value, fault: null };
}

/** The password in an address; null where there is none. */
export function passwordOf(address: string): string | null {
  if (!URL.canParse(address)) return null;
  const { password } = new URL(address);
  return password ? decodeURIComponent(password) : null;
}
