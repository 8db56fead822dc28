/** The app against the emulated Slack, over a store in memory; a test moves the builds itself. */
import { join } from 'node:path';
import { commands } from '../../commands/registry.ts';
import {
  type EmulatorOptions,
  type Message,
  readManifest,
  type SlackEmulator,
  startSlackEmulator,
  visibleText,
} from '../../deploy/lab/slack/index.ts';
import { createDownload } from '../../src/adapters/host/slack-download.ts';
import type { ApprovalRule } from '../../src/domain/approval.ts';
import type { Build } from '../../src/domain/build.ts';
import type { Channels, Clock } from '../../src/domain/ports.ts';
import type { Role } from '../../src/domain/roles.ts';
import type { Settings } from '../../src/domain/services.ts';
import { createSlackApp, type SlackApp, type SlackConfig } from '../../src/slack/app.ts';
import type { Pace } from '../../src/slack/deliveries/pace.ts';
import { build, settings } from '../answers/samples.ts';
import { createMemory, type Memory } from './memory.ts';

export interface World extends Memory {
  slack: SlackEmulator;
  app: SlackApp;
  /** Where HTTP mode listens. */
  url: string | null;
  /** Lines the app logged: level and message. */
  logged: { level: string; message: string; fields: object }[];
  slash(
    text: string,
    options?: { user?: string; channel?: string },
  ): ReturnType<SlackEmulator['slash']>;
  /** Moves a build as a worker would. */
  move(buildId: string, change: Partial<Build>): Promise<Build>;
  /** Makes the build ready as `churn@1`, with its revision in the catalogue. */
  finish(buildId: string): Promise<Build>;
  /** A second app on the same store and Slack, as after a restart. */
  restart(): Promise<void>;
  /** One more app on the same store and Slack, beside the first. */
  another(): Promise<SlackApp>;
}

export const ANA = 'U0ANARUIZ1';
export const BEN = 'U0BENOKAF1';
export const OMAR = 'U0OMARHAD1';
export const DATA = 'C0DATASCI1';

/** Quick where people would wait; the allowance of edits is Slack's own. */
const QUICK: Partial<Pace> = {
  betweenEdits: 20,
  outbox: 20,
  leader: { lease: 10_000, renewal: 20 },
  backoff: { first: 20, longest: 100 },
};

export interface WorldOptions {
  /** In place of those of the samples. */
  edges?: Settings['edges'];
  mode?: 'socket' | 'http';
  emulator?: EmulatorOptions;
  pace?: Partial<Pace>;
  roles?: readonly Role[];
  approvals?: readonly ApprovalRule[];
  /** What channels hold; nothing is known of them where it is left out. */
  channels?: Channels;
  /** The one that all hosts share. */
  clock?: Clock;
  /** How the app reaches Slack, where that is not as it stands. */
  way?: (slack: SlackEmulator) => Promise<Way>;
}

type Way = { apiUrl: string } & Pick<SlackConfig['connection'] & { mode: 'socket' }, 'dispatcher'>;

const MANIFEST = join(import.meta.dirname, '../../deploy/manifest.yaml');

/** Runs `body` with everything started, and stops all of it after. */
export async function inWorld(
  body: (world: World) => Promise<void>,
  options: WorldOptions = {},
): Promise<void> {
  const slack = await startSlackEmulator({
    record: join(import.meta.dirname, '../.out/slack'),
    // What the product does must be allowed by what it asks for.
    ...(await readManifest(MANIFEST)),
    ...options.emulator,
  });
  const memory = createMemory(options.channels, {
    settings: {
      ...settings,
      roles: options.roles ?? [],
      approvals: options.approvals ?? [],
      edges: options.edges ?? settings.edges,
    },
  });
  const { apiUrl, dispatcher = null } = (await options.way?.(slack)) ?? { apiUrl: slack.apiUrl };
  const logged: World['logged'] = [];
  const level = (name: string) => (fields: object, message: string) =>
    void logged.push({ level: name, message, fields });
  const log = { info: level('info'), warn: level('warn'), error: level('error') };
  const seen = new Set<string>();
  const connection: SlackConfig['connection'] =
    options.mode === 'http'
      ? { mode: 'http', signingSecret: slack.signingSecret, host: '127.0.0.1', port: 0 }
      : { mode: 'socket', appToken: slack.appToken, dispatcher };
  let listening: string | null = null;
  const others: SlackApp[] = [];
  const start = async (): Promise<SlackApp> => {
    const app = createSlackApp(
      {
        botToken: slack.botToken,
        connection,
        apiUrl,
        pace: { ...QUICK, ...options.pace },
      },
      {
        services: memory.services,
        commands,
        store: memory.store,
        once: async (key) => {
          if (seen.has(key)) return false;
          seen.add(key);
          return true;
        },
        download: createDownload({ botToken: slack.botToken, apiUrl }),
        clock: options.clock ?? { now: Date.now },
        log,
        events: memory.events,
      },
    );
    listening = (await app.start()).url;
    slack.setRequestUrl(listening);
    return app;
  };
  const move: World['move'] = (buildId, change) =>
    memory.store.updateBuild(buildId, (current) => ({ ...current, ...change }));
  const world: World = {
    ...memory,
    slack,
    app: await start(),
    url: listening,
    logged,
    slash: (text, { user = ANA, channel = DATA } = {}) => slack.slash({ user, channel, text }),
    move,
    async finish(buildId) {
      const ready = build('ready', { revision: 1 });
      const { steps, engine, fingerprint, archive, stagings, verifications } = ready;
      const now = Date.now();
      const made = await move(buildId, {
        ...{ state: 'ready', steps, engine, fingerprint, archive, stagings, verifications },
        revision: 1,
        startedAt: now - 42_000,
        finishedAt: now,
      });
      await memory.store.updateEnvironment(made.request.environment, (environment) => ({
        ...environment,
        revisions: [
          {
            number: 1,
            fingerprint: 'f'.repeat(64),
            buildId,
            request: made.request,
            lock: { platform: 'linux-64', packages: [] },
            projects: [],
            notes: [],
            archive: made.archive as NonNullable<Build['archive']>,
            imports: {},
            stagings,
            verifications,
            letGo: null,
            used: null,
            createdAt: now,
            createdBy: made.requester.user,
          },
        ],
      }));
      return made;
    },
    async restart() {
      await world.app.stop();
      world.app = await start();
    },
    async another() {
      const app = await start();
      others.push(app);
      return app;
    },
  };
  try {
    await body(world);
  } finally {
    for (const app of [world.app, ...others]) await app.stop();
    await slack.stop();
  }
}

export { visibleText };

export const says =
  (pattern: RegExp) =>
  (message: Message | object): boolean =>
    pattern.test(visibleText(message));
