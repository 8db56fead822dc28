import type { Entry } from './command.ts';

/**
 * Nearly all that the bot makes is garbage once it has answered; about 50 MB live. On a host with much
 * memory V8 lets hundreds of MB of it lie, and does not give them back. Here new objects get 24 MB, and old
 * ones, as there may be few of them, about half of what lives besides (V8 lets the more lie the more there
 * may be). `npm run bench:load` and `bench:size` show what that saves and costs.
 */
const SMALL_HEAP = ['--max-semi-space-size=8', '--max-old-space-size=1024'];

/**
 * Every sub-command, in the order help shows them. Each is loaded only when it is asked for, so that
 * `parse` does not wait for Slack's packages.
 */
export const CATALOGUE: Readonly<Record<string, Entry>> = {
  init: {
    words:
      '[--config FILE] [--slack MODE] [--url URL] [--command NAME] [--channel NAME=URL]... [--edge USER@HOST[:PORT]] [--key FILE] [--host-key KEY] [--root DIR] [--systemd] [--yes] [--json]',
    summary:
      'asks for what a first start needs, and writes the configuration and the manifest of the Slack app',
    load: () => import('./init.ts'),
  },
  start: {
    words: '[--config FILE] [--log FORMAT]',
    summary: 'bot and worker in one process, with a Redis of its own unless REDIS_URL is set',
    isService: true,
    load: () => import('./start.ts'),
  },
  bot: {
    words: '[--config FILE] [--log FORMAT]',
    summary: 'only the bot, against a shared Redis',
    isService: true,
    nodeOptions: SMALL_HEAP,
    load: () => import('./bot.ts'),
  },
  worker: {
    words: '[--config FILE] [--log FORMAT]',
    summary: 'only a worker, against a shared Redis; start as many as you like',
    isService: true,
    load: () => import('./worker.ts'),
  },
  drain: {
    words: 'HOST [--wait] [--undo] [--json] [--config FILE]',
    summary: 'has the workers of a build host finish what they do, take no more and end',
    load: () => import('./drain.ts'),
  },
  check: {
    words: '[--full] [--json] [--config FILE]',
    summary:
      'the doctor: configuration, this host, Redis, edges, channels, Slack; names each failure and its fix',
    load: () => import('./check.ts'),
  },
  backup: {
    words: 'FILE [--json] [--config FILE]',
    summary: 'all that Redis has of environments, builds and who may do what, in one file',
    load: () => import('./backup.ts'),
  },
  restore: {
    words:
      '[--from FILE] [--edge NAME]... [--yes] [--signers FILE] [--unsigned] [--json] [--config FILE]',
    summary:
      'environments, owners, tags and locks from the manifests on the edges, where Redis was lost, or from a backup; shows first, --yes does it',
    load: () => import('./restore.ts'),
  },
  exec: {
    words: "[--user U] [--channel C] [--wait] [--file PATH] [--json] [--config FILE] -- 'TEXT'",
    summary:
      'runs the text after /conda-env as that person; --wait makes the build here and follows it',
    load: () => import('./exec.ts'),
  },
  parse: {
    words: "[--json] [--config FILE] -- 'TEXT'",
    summary: 'what the text after /conda-env means, without doing it',
    load: () => import('./parse.ts'),
  },
  read: {
    words: '[FILE] [--with GROUP]... [--prefer conda] [--platform P] [--json] [--config FILE]',
    summary:
      'what a file of packages asks for, with every row that cannot be had, and the command it makes',
    load: () => import('./read.ts'),
  },
  diff: {
    words:
      'FILE|NAME[@REVISION|:TAG] FILE|NAME[@REVISION|:TAG] [--platform P] [--json] [--config FILE]',
    summary:
      'what differs between two files of packages, or a file and a revision; of an environment.yml, which of its constraints are met',
    load: () => import('./diff.ts'),
  },
  pack: {
    words:
      'PREFIX -o FILE [--root NAME] [--cache DIR] [--verify] [--level N] [--target-prefix PATH] [--packer segments|archiver] [--json]',
    summary: 'a prefix into a .tar.gz or .zip; prints files, bytes, sha256, seconds and cache hits',
    load: () => import('./pack.ts'),
  },
  lint: {
    words: 'FILE [--profile P] [--glibc V] [--architecture A] [--free-bytes N] [--json]',
    summary: 'what would go wrong with an archive, before it is shipped; exit 1 when it would',
    load: () => import('./lint.ts'),
  },
  'verify-archive': {
    words: 'FILE [--manifest FILE] [--signers FILE] [--json]',
    summary:
      'whether an archive has the bytes that its manifest says, and who signed that; exit 1 when not',
    load: () => import('./verify-archive.ts'),
  },
  invoke: {
    words: '[--json] [REQUEST.json]',
    summary:
      'the invocation for a described staging; reads the request from a file or standard input',
    load: () => import('./invoke.ts'),
  },
  diagnose: {
    words: '[FILE] [--json]',
    summary: 'a log or traceback → causes, fixes and the lines that show them',
    load: () => import('./diagnose.ts'),
  },
  completion: {
    words: 'bash | zsh | fish',
    summary: 'a script that has the shell complete sub-commands, options and files',
    load: async () => ({ command: (await import('./completion.ts')).completionOf(CATALOGUE) }),
  },
  lab: {
    words: 'up | down | status [--json]',
    summary: 'the one-machine world: edge node, cluster and channel (made by `deploy/lab/prepare`)',
    load: () => import('./lab.ts'),
  },
};

/** How a sub-command is typed: `conda-ferry parse [--json] [--config FILE] -- 'TEXT'`. */
export const usageOf = (name: string): string => `conda-ferry ${name} ${CATALOGUE[name]?.words}`;
