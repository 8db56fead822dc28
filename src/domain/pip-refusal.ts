import type { Lock } from './lock.ts';
import { printable } from './names.ts';
import { listInWords } from './phrase.ts';
import { condaVersion, normalName, type PipRequirement } from './pip.ts';
import { distributionsOf, pipNames } from './pip-names.ts';
import { meetsVersion } from './spec.ts';

/** Why packages of pip cannot be had beside those of conda, for people. */
export interface PipRefusal {
  code: 'requirement-not-found' | 'no-wheel' | 'requirements-conflict';
  message: string;
  suggestion: string;
  /** What conda can be asked for instead; null where that is not plain. */
  instead: { conda: string; specifier: string } | null;
}

type Packages = Pick<Lock, 'packages'>;

/** What is asked of pip although conda brings another version of it; null where nothing is. */
export function refusedByConda(
  requirements: readonly PipRequirement[],
  lock: Packages,
): PipRefusal | null {
  const held = new Map(distributionsOf(lock).map(({ name, version }) => [name, version]));
  const refused = requirements.find(({ name, specifier }) => {
    const version = held.get(name);
    return version !== undefined && !meetsVersion(version, condaVersion(specifier));
  });
  if (!refused) return null;
  const { name, specifier } = refused;
  return against(lock, name, [`you ask pip for \`${name}${specifier}\``], specifier, null);
}

/**
 * What uv's refusal means (its words are `details`): a package that no index has, one without a
 * wheel that fits, or one that needs another version than conda brings.
 */
export function explainPipRefusal(
  details: string,
  lock: Packages,
  requirements: readonly PipRequirement[],
): PipRefusal {
  const text = reasonsOf(details);
  return (
    needsOther(text, lock) ?? notFound(text) ?? withoutWheel(text) ?? otherwise(text, requirements)
  );
}

/** The reasons alone, on one line, without the hints, which speak of uv's own options. */
function reasonsOf(details: string): string {
  const reasons = /cause: (.*?)(?=\n\s*hint:|$)/s.exec(details)?.[1] ?? details;
  return reasons.replace(/\s+/g, ' ').trim();
}

/** A package of pip that needs what conda has only in another version. */
function needsOther(text: string, lock: Packages): PipRefusal | null {
  for (const { name, version } of distributionsOf(lock)) {
    if (!text.includes(`only ${name}==${version} is available`)) continue;
    const wants = wantsOf(text, name).filter(({ specifier }) => specifier !== `==${version}`);
    const [first] = wants;
    if (!first) continue;
    const who = wants.map(({ by, specifier }) => `\`${by}\` needs \`${name}${specifier}\``);
    // Two versions of one package may need different ones: the first will do.
    const isOne = wants.every(({ by }) => by === first.by);
    return against(lock, name, who, isOne ? first.specifier : null, first.by);
  }
  return null;
}

function against(
  lock: Packages,
  name: string,
  who: readonly string[],
  specifier: string | null,
  by: string | null,
): PipRefusal {
  const entry = lock.packages.find((each) => pipNames(each.name).includes(name));
  const conda = entry?.name ?? name;
  const other = by === null ? '' : `, or pip for another version of \`${by}\``;
  return {
    code: 'requirements-conflict',
    message: `Pip’s packages do not go with conda’s: ${listInWords([...who, `conda has \`${conda} ${entry?.version}\``], 'and')}.`,
    suggestion:
      specifier === null
        ? `Ask conda for another version of \`${conda}\`; pip never replaces what conda brings.`
        : `Ask conda for \`${conda}${specifier}\`${other}; pip never replaces what conda brings.`,
    instead: specifier === null ? null : { conda, specifier },
  };
}

/** Who needs which version of a package: `modern==3.0 depends on six>=2`. */
function wantsOf(text: string, name: string): { by: string; specifier: string }[] {
  const mark = /(?:\[[^\]]*\])?(?:\{[^}]*\})?/.source;
  const clause = /[<>=!~]=?[\w.*+!-]+/.source;
  const needed = `${name.replaceAll('.', '\\.')}${mark}(${clause}(?:, ?${clause})*)`;
  const pattern = new RegExp(`(\\S+?)${mark} depends? on ${needed}`, 'g');
  const wants = [...text.matchAll(pattern)].map(([, by = '', specifier = '']) => ({
    by: nameOf(by),
    specifier: specifier.replace(/[.,\s]+$/, ''),
  }));
  return [...new Map(wants.map((want) => [`${want.by} ${want.specifier}`, want])).values()];
}

/** The package alone of `pandas[all]==2.3.0` and `numpy{python_full_version < '3.12'}`. */
function nameOf(word: string): string {
  return normalName(/^[A-Za-z0-9._-]+/.exec(word)?.[0] ?? word);
}

function notFound(text: string): PipRefusal | null {
  const found = [...text.matchAll(/(\S+?)(?:\{[^}]*\})? was not found in the package registry/g)];
  if (found.length === 0) return null;
  const names = [...new Set(found.map(([, name = '']) => `\`${printable(nameOf(name))}\``))];
  return {
    code: 'requirement-not-found',
    message: `No index of pip has ${listInWords(names, 'or')}.`,
    suggestion: 'Check the name, or ask conda for it, without `--pip`.',
    instead: null,
  };
}

function withoutWheel(text: string): PipRefusal | null {
  const [, found, what] =
    /(\S+?)(?:\{[^}]*\})? has no (usable wheels|wheels with)/.exec(text) ?? [];
  if (found === undefined) return null;
  const name = nameOf(found);
  const lacks = `\`${printable(found)}\` has no wheel for this Python and these nodes`;
  const others = `Ask conda for \`${name}\`, ask pip for another version`;
  // uv says so of what has an sdist, and the other of what has none.
  if (what === 'usable wheels') {
    return {
      code: 'no-wheel',
      message: `${lacks}: its index has the source alone, and the operator does not allow to build it.`,
      suggestion: `${others}, or ask the operator to allow its source: \`${name}\` under \`sdists\` in the configuration.`,
      instead: null,
    };
  }
  return {
    code: 'no-wheel',
    message: `${lacks}.`,
    suggestion: `${others}, or install it as a project: \`--project REPOSITORY@REF\`.`,
    instead: null,
  };
}

function otherwise(text: string, requirements: readonly PipRequirement[]): PipRefusal {
  const version = /there (?:is|are) no versions? of (\S+?),? /.exec(text)?.[1];
  if (version !== undefined) {
    return {
      code: 'requirement-not-found',
      message: `No index of pip has a version that meets \`${printable(version)}\`.`,
      suggestion: `Ask for another version, or for any: \`--pip ${nameOf(version)}\`.`,
      instead: null,
    };
  }
  const names = requirements.map(({ name }) => `\`${name}\``);
  return {
    code: 'requirements-conflict',
    message: `What is asked of pip does not go together: ${printable(text.replace(/,? we can conclude that your requirements are unsatisfiable\.$/, '.'), 300)}`,
    suggestion: `Loosen or leave out one of ${listInWords(names, 'and')}.`,
    instead: null,
  };
}
