import { commands } from '../commands/registry.ts';
import { createQueue } from './adapters/queue.ts';
import { createStore } from './adapters/store.ts';
import { type Config, slackCredentials } from './config.ts';
import { type Foundation, newBuildId, REDIS_PREFIX, settingsOf } from './foundation.ts';
import { createServices } from './pipeline/services.ts';
import { createSlackApp, type SlackConfig } from './slack/app.ts';

/** Assembles the bot: Slack on one side, store and queue on the other. */
export async function startBot(foundation: Foundation): Promise<{ close(): Promise<void> }> {
  const { config, connection, log } = foundation;
  const clock = { now: Date.now };
  const store = createStore({ connection, prefix: REDIS_PREFIX });
  const queue = createQueue({ connection, prefix: REDIS_PREFIX });
  const services = createServices({
    store,
    queue,
    clock,
    platform: config.platform,
    settings: settingsOf(config),
    newId: newBuildId,
  });
  const app = createSlackApp(slackConfig(config), {
    services,
    commands,
    store,
    once: store.once,
    clock,
    log,
  });
  const { url } = await app.start();
  log.info({ mode: config.slack.mode, url }, 'bot ready');
  return {
    async close() {
      await app.stop();
      await queue.close();
      await store.close();
    },
  };
}

/** Throws a ConfigError that names every secret that is missing. */
function slackConfig(config: Config): SlackConfig {
  const credentials = slackCredentials(config);
  const { apiUrl, host, port } = config.slack;
  const { botToken } = credentials;
  return {
    botToken,
    apiUrl,
    connection:
      credentials.mode === 'socket'
        ? { mode: 'socket', appToken: credentials.appToken }
        : { mode: 'http', signingSecret: credentials.signingSecret, host, port },
  };
}
