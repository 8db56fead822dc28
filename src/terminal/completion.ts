import { commands } from '../../commands/registry.ts';
import { userError } from '../domain/errors.ts';
import { meantOf } from '../domain/near-names.ts';
import { quote } from '../domain/shell.ts';
import { type Entry, readArguments, type TerminalCommand } from './command.ts';

/** A sub-command with its options, as shells offer them. */
interface Offered {
  name: string;
  summary: string;
  options: { name: string; short: string | null; hasValue: boolean; says: string }[];
  /** What may stand behind `--`: the first word of a text, of those that take one. */
  said: readonly string[];
}

/** Shell → the script that teaches it, and where that is read from. */
const SHELLS: Readonly<Record<string, { script(all: readonly Offered[]): string; how: string }>> = {
  bash: { script: forBash, how: 'eval "$(conda-ferry completion bash)"   # in ~/.bashrc' },
  zsh: {
    script: forZsh,
    how: 'conda-ferry completion zsh > "$fpath[1]/_conda-ferry"',
  },
  fish: {
    script: forFish,
    how: 'conda-ferry completion fish > ~/.config/fish/completions/conda-ferry.fish',
  },
};

/** The sub-command `completion` for these and itself. */
export const completionOf = (catalogue: Readonly<Record<string, Entry>>): TerminalCommand => ({
  options: {},
  notes: () => [
    `Once, for each shell:\n${Object.values(SHELLS)
      .map(({ how }) => `  ${how}`)
      .join('\n')}`,
  ],
  async run(words, usage) {
    const { positionals } = readArguments(words, {}, usage);
    const [name = ''] = positionals;
    const shell = Object.hasOwn(SHELLS, name) ? SHELLS[name] : undefined;
    if (shell === undefined || positionals.length > 1) {
      const { suggestion } = meantOf(name, Object.keys(SHELLS));
      throw userError({
        code: 'usage',
        message: name === '' ? 'No shell is named.' : `There is no completion for \`${name}\`.`,
        suggestion: name === '' ? `Usage: ${usage}` : suggestion,
      });
    }
    process.stdout.write(shell.script(await offered(catalogue)));
    return 0;
  },
});

/** What the catalogue has, with the options of each. */
async function offered(catalogue: Readonly<Record<string, Entry>>): Promise<Offered[]> {
  return Promise.all(
    Object.entries(catalogue).map(async ([name, { summary, words, load }]) => {
      const { options } = (await load()).command;
      return {
        name,
        summary,
        options: [
          ...Object.entries(options).map(([option, { short = null, type, says }]) => ({
            ...{ name: option, short, hasValue: type === 'string', says },
          })),
          { name: 'help', short: 'h', hasValue: false, says: 'this page' },
        ],
        said: words.includes("-- 'TEXT'") ? commands.map((each) => each.name) : [],
      };
    }),
  );
}

const flagsOf = ({ options }: Offered): string => options.map(({ name }) => `--${name}`).join(' ');

function forBash(all: readonly Offered[]): string {
  const cases = all.map((each) => `    ${each.name}) words='${flagsOf(each)}' ;;`);
  const said = all.filter((each) => each.said.length > 0);
  return `# Completion of conda-ferry for bash; \`conda-ferry completion bash\` prints it.
_conda_ferry() {
  local current=\${COMP_WORDS[COMP_CWORD]} words='' word
  if ((COMP_CWORD == 1)); then
    words='${all.map(({ name }) => name).join(' ')} help'
  else
    case \${COMP_WORDS[1]} in
${cases.join('\n')}
    esac
    for word in "\${COMP_WORDS[@]:2:COMP_CWORD-2}"; do
      [ "$word" = -- ] || continue
      case \${COMP_WORDS[1]} in
        ${said.map(({ name }) => name).join(' | ')}) words='${said[0]?.said.join(' ')}' ;;
      esac
    done
  fi
  # Anything else is a file's name, which the shell completes by itself.
  case $words:$current in --*:-* | [!-]*:*) mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current") ;; esac
}
complete -o default -F _conda_ferry conda-ferry
`;
}

function forZsh(all: readonly Offered[]): string {
  const row = (name: string, says: string) => quote(`${name.replaceAll(':', '\\:')}:${says}`);
  const cases = all.map(({ name, options }) => {
    const rows = options.map((option) => `        ${row(`--${option.name}`, option.says)}`);
    return `      ${name})\n        options=(\n  ${rows.join('\n  ')}\n        ) ;;`;
  });
  return `#compdef conda-ferry
# \`conda-ferry completion zsh\` prints this.
_conda_ferry() {
  local -a commands options
  if (( CURRENT == 2 )); then
    commands=(
${all.map(({ name, summary }) => `      ${row(name, summary)}`).join('\n')}
    )
    _describe command commands
  else
    case $words[2] in
${cases.join('\n')}
    esac
    if [[ $PREFIX == -* ]]; then _describe option options; else _files; fi
  fi
}
_conda_ferry "$@"
`;
}

function forFish(all: readonly Offered[]): string {
  const lines = all.flatMap(({ name, summary, options }) => [
    `complete -c conda-ferry -n __fish_use_subcommand -f -a ${name} -d ${quote(summary)}`,
    ...options.map((option) => {
      const short = option.short === null ? '' : ` -s ${option.short}`;
      const value = option.hasValue ? ' -r' : '';
      const where = quote(`__fish_seen_subcommand_from ${name}`);
      return `complete -c conda-ferry -n ${where} -l ${option.name}${short}${value} -d ${quote(option.says)}`;
    }),
  ]);
  return `# Completion of conda-ferry for fish; \`conda-ferry completion fish\` prints it.\n${lines.join('\n')}\n`;
}
