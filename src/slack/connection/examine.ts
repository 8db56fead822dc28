/** What the doctor asks of Slack: tokens, scopes and channels. Nothing is posted, and nothing is waited for. */
import { type Fault, failed, type Look, unknown, warning } from '../../domain/doctor.ts';
import { counted } from '../../domain/figures.ts';
import type { Call } from '../chat/call.ts';
import { ChatError, isBusy } from '../chat/error.ts';
import type { Reading } from '../chat/reading.ts';
import { signIn, whyNoSocket } from './sign-in.ts';

/**
 * Whose token it is, and whether it has the scopes that the app's manifest asks for. Errors: those of `signIn`.
 */
export async function examineBotToken(call: Call, wanted: readonly string[]): Promise<Look> {
  const { user, team, scopes } = await signIn(call);
  const lacking = scopes === null ? [] : wanted.filter((scope) => !scopes.includes(scope));
  const text = `the app lacks ${lacking.length === 1 ? 'the scope' : 'the scopes'} ${lacking.join(', ')}`;
  const fix =
    'Add them on the app’s page, OAuth & Permissions → Bot Token Scopes (or paste deploy/manifest.yaml), and install the app again.';
  return {
    text: `signed in as ${user} in ${team}`,
    faults: lacking.length === 0 ? [] : [failed(text, fix)],
  };
}

/** Whether sockets are opened for the app-level token. Errors: those of `whyNoSocket`. */
export async function examineAppToken(call: Call): Promise<Look> {
  try {
    await call('apps.connections.open', {});
  } catch (error) {
    if (isBusy(error)) return notNow(error.retryAfter);
    throw error instanceof ChatError ? whyNoSocket(error) : error;
  }
  return { text: 'Slack opens sockets for it', faults: [] };
}

/** Slack answers this question a few times a minute. */
function notNow(seconds: number): Look {
  const text = 'Slack was asked too often to say whether it accepts the token';
  return { text: '', faults: [unknown(text, `Check again in ${counted(seconds, 'second')}.`)] };
}

/** What Slack tells nobody, so that it shows only when the first request comes. */
export function untold(mode: 'socket' | 'http', command: string, declared: string): Look {
  const faults: Fault[] = [
    unknown(
      `Slack does not tell which slash command the app has; here it is \`${command}\``,
      command === declared
        ? 'See on the app’s page, Slash Commands, that it is the same.'
        : `deploy/manifest.yaml has \`${declared}\`: see on the app’s page, Slash Commands, that it is \`${command}\` there.`,
    ),
  ];
  if (mode === 'http') {
    faults.push(
      unknown(
        'whether the signing secret is right shows with the first request that Slack signs',
        'Type the slash command in Slack; when it fails and the log says `not signed by Slack`, copy the Signing Secret from the app’s page, Basic Information.',
      ),
    );
  }
  return { text: '', faults };
}

/** Whether the bot may post and read in the channel where approvals are asked for. */
export async function examineChannel(call: Call, channel: string): Promise<Look> {
  try {
    await call('conversations.history', { channel, limit: 1 });
    return { text: 'the bot is in it', faults: [] };
  } catch (error) {
    if (!(error instanceof ChatError) || error.kind !== 'refused') throw error;
    const fix = 'In that channel, type `/invite @Conda Ferry` (the name of your app).';
    const fault =
      error.code === 'not_in_channel'
        ? warning('the bot is not in it: it posts approvals there, and cannot find them again', fix)
        : error.code === 'channel_not_found'
          ? failed(
              'it is not there, or private and the bot is not in it',
              `${fix} Or correct \`where\` in \`approvals.rules\`.`,
            )
          : failed(`Slack does not let the bot read it (${error.code})`, fix);
    return { text: 'is there', faults: [fault] };
  }
}

/** Whether Slack says who is in a user group that a role names. */
export async function examineGroup(
  reading: Pick<Reading, 'membersOfGroup'>,
  id: string,
): Promise<Look> {
  try {
    const members = await reading.membersOfGroup(id);
    return { text: counted(members.length, 'person', 'people'), faults: [] };
  } catch (error) {
    if (!(error instanceof ChatError)) throw error;
    const fix =
      error.code === 'missing_scope'
        ? 'Give the app the scope `usergroups:read` and install it again.'
        : 'Write the ID of a user group there is (`roles` in the configuration).';
    return { text: '', faults: [failed(`Slack does not say who is in it: ${error.code}`, fix)] };
  }
}
