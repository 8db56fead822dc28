import { isName } from '../names.ts';

/** An environment that a log names by one of its files. */
export interface Mention {
  environment: string;
  /** Where the file names it: a launcher or an unpacked prefix does. */
  revision: number | null;
  /** sha256 of the archive, where the file names it. */
  archive: string | null;
  /** Line of the first mention, from 1. */
  line: number;
}

const NAME = '([A-Za-z][\\w.-]{0,63}?)';
/** Paths only this product makes: of archives, unpacked prefixes, and aliases in a container. */
const PATHS: readonly {
  pattern: RegExp;
  groups: (match: RegExpExecArray) => Omit<Mention, 'line'>;
}[] = [
  {
    // Under `archives` on the edge, under the edge's own folder in HDFS.
    pattern: new RegExp(`/([0-9a-f]{64})/${NAME}\\.(?:zip|tar\\.gz)\\b`, 'g'),
    groups: ([, archive = null, environment = '']) => ({ environment, revision: null, archive }),
  },
  {
    pattern: new RegExp(`/envs/${NAME}/(\\d{1,6})/(?:bin|lib|conda-meta|share|etc|[a-z0-9])`, 'g'),
    groups: ([, environment = '', revision]) => ({
      environment,
      revision: Number(revision),
      archive: null,
    }),
  },
  {
    // The alias, or the archive where YARN unpacked it, repeats the name: `./churn_zip/churn/bin/python`.
    pattern:
      /(?:^|[\s"'=:(/])([A-Za-z][\w.-]{0,63}?)(?:_zip|_tar_gz|_tgz|\.zip|\.tar\.gz)\/([\w.-]{1,80})\/(?:bin|lib)\//gm,
    groups: ([, alias = '', folder = '']) => ({
      environment:
        folder.replaceAll(/[^\w]/g, '_') === alias.replaceAll(/[^\w]/g, '_') ? folder : '',
      revision: null,
      archive: null,
    }),
  },
  {
    // The alias of the global layout is one for all environments.
    pattern: new RegExp(`(?:^|[\\s"'=:(/])MYGLOBALENV/${NAME}/(?:bin|lib)/`, 'gm'),
    groups: ([, environment = '']) => ({ environment, revision: null, archive: null }),
  },
  {
    // What was shipped, as `--archives` and `spark.yarn.dist.archives` say it.
    pattern: new RegExp(`(?:^|[\\s"'=,:(/])${NAME}\\.(?:zip|tar\\.gz)#([\\w.-]{1,64})`, 'gm'),
    groups: ([, environment = '']) => ({ environment, revision: null, archive: null }),
  },
];
const MOST_MENTIONS = 20;
const MOST_MATCHES = 2_000;

/** The environments of ours that a log names, each once with all that is said of it, first first. */
export function mentionsIn(text: string): readonly Mention[] {
  const found = new Map<string, Mention & { index: number }>();
  for (const { pattern, groups } of PATHS) {
    let matches = 0;
    for (const match of text.matchAll(pattern)) {
      matches += 1;
      if (matches > MOST_MATCHES || found.size >= MOST_MENTIONS) break;
      const said = groups(match);
      if (!isName(said.environment)) continue;
      const index = match.index;
      const known = found.get(said.environment);
      found.set(said.environment, {
        environment: said.environment,
        revision: known?.revision ?? said.revision,
        archive: known?.archive ?? said.archive,
        index: Math.min(known?.index ?? index, index),
        line: 0,
      });
    }
  }
  return [...found.values()]
    .sort((a, b) => a.index - b.index)
    .map(({ index, ...mention }) => ({ ...mention, line: lineAt(text, index) }));
}

function lineAt(text: string, index: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < index; at = text.indexOf('\n', at + 1))
    line += 1;
  return line;
}
