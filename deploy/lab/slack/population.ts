/** Who lives in the workspace when nobody says otherwise. */
import type { Channel, Team, User, Usergroup } from './workspace.ts';

export const TEAM: Team = { id: 'T0ACMEDATA', domain: 'acme-data', name: 'Acme Data' };

const person = (
  id: string,
  name: string,
  realName: string,
  title: string,
  color: string,
): User => ({
  id,
  name,
  real_name: realName,
  title,
  email: `${name}@acme.example`,
  is_admin: false,
  is_bot: false,
  color,
});

const BOT_ID = 'U0FERRYBOT';

/** The app's own user, called as the app is. */
export const appUser = (name = 'Conda Ferry'): User => ({
  ...person(BOT_ID, name.toLowerCase().replaceAll(/\W+/g, '-'), name, 'App', '0b7285'),
  email: '',
  is_bot: true,
});

/** Omar's id: whoever configures the bot for this workspace names him as its operator. */
export const OPERATOR = 'U0OMARHAD1';

/** Ana asks for environments, Ben too, Omar runs the platform and approves. */
export const defaultUsers = (): User[] => [
  person('U0ANARUIZ1', 'ana', 'Ana Ruiz', 'Data scientist', '7c3aed'),
  person('U0BENOKAF1', 'ben', 'Ben Okafor', 'Data analyst', 'c2410c'),
  { ...person(OPERATOR, 'omar', 'Omar Haddad', 'Platform operator', '15803d'), is_admin: true },
];

/** The app is in every channel but `random`, where only `chat:write.public` lets it speak. */
export const defaultChannels = (): Channel[] => {
  const everyone = ['U0ANARUIZ1', 'U0BENOKAF1', OPERATOR];
  const channel = (
    id: string,
    name: string,
    kind: Channel['kind'],
    members: string[],
    purpose: string,
  ): Channel => ({ id, name, kind, members, topic: '', purpose, created: 1_700_000_000 });
  return [
    channel(
      'C0DATASCI1',
      'data-science',
      'public',
      [...everyone, BOT_ID],
      'Notebooks, models and the environments they need',
    ),
    channel('C0GENERAL1', 'general', 'public', [...everyone, BOT_ID], 'Everything else'),
    channel('C0RANDOM01', 'random', 'public', everyone, 'Off topic'),
    channel(
      'C0PLATFRM1',
      'platform-ops',
      'private',
      [OPERATOR, BOT_ID],
      'Build hosts, edge nodes, approvals',
    ),
  ];
};

export const defaultUsergroups = (): Usergroup[] => [
  { id: 'S0PLATFRM1', handle: 'platform', name: 'Platform operators', users: [OPERATOR] },
  {
    id: 'S0DATASCI1',
    handle: 'data-scientists',
    name: 'Data scientists',
    users: ['U0ANARUIZ1', 'U0BENOKAF1'],
  },
];
