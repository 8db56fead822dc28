import { checkConfigFile } from '../../config/schema.ts';
import type { Path } from '../../reading/yaml.ts';

/** What a first configuration needs to be told. */
export interface Answers {
  mode: 'socket' | 'http';
  /** Where Slack reaches the bot: `https://ferry.example.com`; null in the mode `socket`. */
  url: string | null;
  command: string;
  channels: { name: string; url: string }[];
  edge: { user: string; host: string; port: number };
  /** Path of the private key that logs in on the edge. */
  key: string;
  /** The folder on the edge. */
  root: string;
}

/** One thing to be told, by an option of its name or by an answer. */
export interface Question {
  option: 'slack' | 'url' | 'command' | 'channel' | 'edge' | 'key' | 'root';
  asks: string;
  /** Taken for an empty answer; null where there must be one. */
  usual(answers: Partial<Answers>): string | null;
  isAsked?(answers: Partial<Answers>): boolean;
  /** Null for a text that has not the form. */
  read(text: string): Partial<Answers> | null;
  /** What a text of another form is told. */
  form: string;
  /** The part of the configuration whose rules hold for it. */
  path: Path;
}

/** An edge and a channel that break no rule, for looking at the others. */
const SOME = {
  channels: [{ name: 'some', url: 'https://channel.example.com' }],
  edges: [{ name: 'edge', host: 'edge.example.com' }],
};

/** The folder on an edge where nobody names one. */
function usualRoot(): string {
  const checked = checkConfigFile(SOME);
  return Array.isArray(checked) ? '' : (checked.edges[0]?.root ?? '');
}

/** In the order they are asked in. `secrets`: the folder that keys lie in. */
export const questions = (secrets: string): readonly Question[] => [
  {
    option: 'slack',
    asks: 'How Slack reaches the bot: `socket`, where the bot calls Slack, or `http`, where Slack calls the bot',
    usual: () => 'socket',
    read: (text) => (text === 'socket' || text === 'http' ? { mode: text } : null),
    form: '`socket` or `http`',
    path: ['slack', 'mode'],
  },
  {
    option: 'url',
    asks: 'The address at which Slack reaches the bot, `https://…`',
    usual: () => null,
    isAsked: ({ mode }) => mode === 'http',
    read(text) {
      const url = URL.canParse(text) ? new URL(text) : null;
      const isBare = url?.protocol === 'https:' && !url.username && !url.search && !url.hash;
      return isBare ? { url: text.replace(/\/+$/, '') } : null;
    },
    form: 'an address such as `https://ferry.example.com`',
    path: ['slack', 'host'],
  },
  {
    option: 'command',
    asks: 'The slash command that people type',
    usual: () => '/conda-env',
    read: (text) => ({ command: text }),
    form: '',
    path: ['slack', 'command'],
  },
  {
    option: 'channel',
    asks: 'The channels that packages come from, NAME=URL, with blanks between several',
    usual: () => 'conda-forge=https://conda.anaconda.org/conda-forge',
    read(text) {
      const pairs = text.split(/\s+/).map((word) => /^([^=]+)=(.+)$/.exec(word));
      if (pairs.includes(null)) return null;
      return { channels: pairs.map((pair) => ({ name: pair?.[1] ?? '', url: pair?.[2] ?? '' })) };
    },
    form: 'a name and an address: `internal=https://conda.example.com/internal`',
    path: ['channels'],
  },
  {
    option: 'edge',
    asks: 'The edge node, USER@HOST or USER@HOST:PORT',
    usual: () => null,
    read(text) {
      const [, user, host, port = '22'] = /^([^@\s]+)@([^@\s]+?)(?::(\d{1,5}))?$/.exec(text) ?? [];
      if (user === undefined || host === undefined) return null;
      return { edge: { user, host, port: Number(port) } };
    },
    form: 'a user and a host: `conda-ferry@edge1.example.com`, with `:2222` behind it for another port',
    path: ['edges', 0],
  },
  {
    option: 'key',
    asks: 'The private key that logs in there; one that is not there is made',
    usual: () => `${secrets}/edge-key`,
    read: (text) => ({ key: text }),
    form: '',
    path: ['edges', 0, 'privateKeyFile'],
  },
  {
    option: 'root',
    asks: 'The folder there that environments are staged into',
    usual: usualRoot,
    read: (text) => ({ root: text }),
    form: '',
    path: ['edges', 0, 'root'],
  },
];

/** What a text answers to a question, or what must stand in its place. */
export function readAnswer(question: Question, text: string): Partial<Answers> | string {
  const part = question.read(text.trim());
  if (part === null) return question.form;
  const violations = checkConfigFile(contentOf(part));
  const broken = (Array.isArray(violations) ? violations : []).find(({ path }) =>
    question.path.every((each, index) => path[index] === each),
  );
  return broken === undefined ? part : broken.message;
}

/** The configuration as far as it is known, for its rules to look at. */
function contentOf({ mode, command, channels, edge, key, root }: Partial<Answers>) {
  return {
    slack: { mode, command },
    channels: channels ?? SOME.channels,
    edges: [{ ...SOME.edges[0], ...edge, privateKeyFile: key, root }],
  };
}
