import { scalar } from '../../domain/lock-files/yaml.ts';
import type { Answers } from './answers.ts';

/** Where things are that the answers do not tell. */
export interface Places {
  /** The folder of secrets as the configuration names it: a path, or `$CREDENTIALS_DIRECTORY/secrets_` of a unit. */
  secrets: { folder: string; named: (file: string) => string };
  /** Null for the default. */
  dataDirectory: string | null;
}

/** Files for the secrets that a mode needs: the key that names each, its name, and what Slack calls it. */
export function secretFiles(mode: Answers['mode']) {
  const bot = {
    ...{ key: 'botTokenFile', file: 'slack-bot-token' },
    from: 'OAuth & Permissions → Bot User OAuth Token (xoxb-…)',
  };
  const second =
    mode === 'socket'
      ? {
          ...{ key: 'appTokenFile', file: 'slack-app-token' },
          from: 'Basic Information → App-Level Tokens, scope connections:write (xapp-…)',
        }
      : {
          ...{ key: 'signingSecretFile', file: 'slack-signing-secret' },
          from: 'Basic Information → Signing Secret',
        };
  return [bot, second];
}

/** `hostKey`: `ssh-ed25519 AAAA…`; null where nobody has said that it is the right one. */
export function configuration(answers: Answers, hostKey: string | null, places: Places): string {
  const { mode, command, channels, edge, key, root } = answers;
  const { folder, named } = places.secrets;
  const isSecret = key.startsWith(`${folder}/`);
  return `# Configuration of Conda Ferry, as \`conda-ferry init\` wrote it. deploy/config.example.yaml explains these keys
# and all others; \`conda-ferry check\` looks at what is configured.

slack:
  # ${mode === 'socket' ? 'socket: the bot calls Slack, nothing has to reach it.' : 'http: Slack calls the bot at host:port, behind your own HTTPS proxy.'}
  mode: ${mode}
  # Each holds one line, and nobody but root and the service may read it.
${secretFiles(mode)
  .map((each) => `  ${each.key}: ${quoted(named(each.file))}\n`)
  .join('')}  # The slash command as it is named in the app's manifest.
  command: ${quoted(command)}
  # Member IDs of people who may act on everybody's environments (profile → Copy member ID).
  operators: []

# Left out: a Redis of its own in the data directory. Needed once bot and workers run on several hosts; an address
# with a password belongs into a file, \`redisUrlFile\`.
# redisUrl: redis://redis.example.com:6379/0

${
  places.dataDirectory === null
    ? ''
    : `# Caches, archives and the Redis of its own.\ndataDirectory: ${quoted(places.dataDirectory)}\n\n`
}# What people may name, and nothing else. The first one is used when a request names none.
channels:
${channels.map(({ name, url }) => `  - name: ${quoted(name)}\n    url: ${quoted(url)}\n`).join('')}
# The hosts that people run pyspark and spark-submit on.
edges:
  - name: edge
    host: ${quoted(edge.host)}
    port: ${edge.port}
    user: ${quoted(edge.user)}
    privateKeyFile: ${quoted(isSecret ? named(key.slice(folder.length + 1)) : key)}
    # Nothing is sent to a host that shows another key.
    ${hostKey === null ? '# hostKey: ssh-ed25519 AAAA…   (nobody has said which is the right one; `conda-ferry check` shows what it sees)' : `hostKey: ${quoted(hostKey)}`}
    # Belongs to \`user\`, and everybody may read it.
    root: ${quoted(root)}
`;
}

const quoted = (text: string): string => (/^\/[\w./-]+$/.test(text) ? text : scalar(text));

/**
 * The manifest of the app with the command's name and, for the mode `http`, where Slack sends what people do.
 * `manifest`: deploy/manifest.yaml.
 */
export function manifestFor(manifest: string, { mode, url, command }: Answers): string {
  const body = manifest.replace(/^(?:#.*\n)+/, '');
  const named = body.replace(/^( *- command: ).*$/m, `$1${command}`);
  const head = `# The Slack app of Conda Ferry: "Your apps" → "Create New App" → "From a manifest".\n`;
  if (mode === 'socket') return `${head}${named}`;
  const address = JSON.stringify(`${url}/slack/events`);
  return `${head}${named
    .replace(/^( *)- command: .*$/m, `$&\n$1  url: ${address}`)
    .replace(/^( *)(?:event_subscriptions|interactivity):$/gm, `$&\n$1  request_url: ${address}`)
    .replace(/^( *socket_mode_enabled: ).*$/m, '$1false')}`;
}

/** What is to be done outside, and what was left open, then the two commands that come next. */
export function closing(
  answers: Answers,
  hostKey: string | null,
  publicKey: string,
  files: { configuration: string; manifest: string; secrets: string; script: string },
  isUnit: boolean,
): string {
  const { mode, edge, root } = answers;
  const tokens = secretFiles(mode).map(
    ({ file, from }) => `       ${files.secrets}/${file}   ${from}`,
  );
  const [check, start] = isUnit
    ? [
        'systemctl start conda-ferry@check; journalctl -o cat -n 40 -u conda-ferry@check',
        'systemctl enable --now conda-ferry@start',
      ]
    : [
        `conda-ferry check --config ${files.configuration}`,
        `conda-ferry start --config ${files.configuration}`,
      ];
  return `
Two things outside:
  1. In Slack: https://api.slack.com/apps → Create New App → From a manifest, with ${files.manifest}.
     Install it, and put what it shows into these files, which are empty:
${tokens.join('\n')}
  2. On ${edge.host}: the account, the folder and the key, as this file sets them up, copied there:
       ${files.script}
       sudo sh edge-account.sh --user ${edge.user} --root ${root} --key '${publicKey}'
     Where the cluster has HDFS, with this behind it: --hdfs /user/${edge.user}/envs
${
  hostKey === null
    ? `
Left open: \`hostKey\` of the edge in ${files.configuration}. Nothing is sent there until it is set;
the doctor shows what to write.
`
    : ''
}
Then type:
  ${check}
  ${start}
`;
}
