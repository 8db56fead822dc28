import { commands } from '../commands/registry.ts';
import { createDownload } from './adapters/host/slack-download.ts';
import { slackCredentials } from './config.ts';
import { type Foundation, openServices } from './foundation.ts';
import { keepUnderstanding, untilAnswered } from './pipeline/presence.ts';
import { createSlackApp, type SlackConfig } from './slack/app.ts';
import { VERSION } from './version.ts';

/** Assembles the bot: Slack on one side, store and queue on the other. */
export async function startBot(
  foundation: Foundation,
): Promise<{ close(): Promise<void>; over: Promise<never> }> {
  const { config, log, events } = foundation;
  const credentials = slackConfig(foundation);
  const { store, clock, services, close } = openServices(foundation);
  // The first question should find them read.
  foundation.channels.warm();
  const app = createSlackApp(credentials, {
    services,
    commands,
    store,
    once: store.once,
    download: createDownload(credentials),
    clock,
    log,
    meters: foundation.watch.meters,
    events,
    span: foundation.tracing.span,
  });
  foundation.watch.ask('slack', () => app.whyNotReady());
  const understanding = keepUnderstanding(store, { version: VERSION, events });
  const stop = async () => {
    understanding.close();
    await app.stop();
    await close();
  };
  try {
    await untilAnswered(() => store.requireFormat(VERSION));
    // Before anybody asks what there is: what is not indexed looks as if it were gone.
    const environments = await untilAnswered(() => store.indexEnvironments());
    if (environments > 0) log.info({ environments }, 'records of an older version are indexed');
    const { url } = await app.start();
    log.info({ mode: config.slack.mode, url }, 'bot ready');
  } catch (error) {
    await stop();
    throw error;
  }
  return { close: stop, over: understanding.newer };
}

/** Throws a ConfigError that names every secret that is missing. */
function slackConfig({ config, dispatcher }: Foundation): SlackConfig {
  const credentials = slackCredentials(config);
  const { apiUrl, host, port } = config.slack;
  const { botToken } = credentials;
  return {
    botToken,
    apiUrl,
    connection:
      credentials.mode === 'socket'
        ? { mode: 'socket', appToken: credentials.appToken, dispatcher }
        : { mode: 'http', signingSecret: credentials.signingSecret, host, port },
  };
}
