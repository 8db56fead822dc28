import type { Platform } from '../domain/lock.ts';
import { ARCHITECTURES } from '../domain/platform.ts';

/**
 * What a `# [selector]` behind a row says: whether the row is for the platform. Null for one that
 * is not known (conda-build, "Preprocessing selectors").
 */
export function selects(selector: string, platform: Platform): boolean | null {
  const holding = ['linux', 'unix', ARCHITECTURES[platform], platform, platform.replace('-', '')];
  const known =
    /^(?:win|osx|linux|unix|win32|win64|linux32|linux64|linux-64|linux-aarch64|linux-ppc64le|osx-64|osx-arm64|osx64|win-64|arm64|aarch64|x86|x86_64|ppc64le|s390x)$/;
  const alternatives = selector.trim().split(/\s+or\s+/);
  const values = alternatives.map((alternative) => {
    const terms = alternative.split(/\s+and\s+/).map((term) => {
      const [, not, word = ''] = /^(not\s+)?(.*)$/.exec(term.trim()) ?? [];
      if (!known.test(word)) return null;
      return holding.includes(word) !== Boolean(not);
    });
    return terms.includes(false) ? false : terms.includes(null) ? null : true;
  });
  return values.includes(true) ? true : values.includes(null) ? null : false;
}

/** The selector in the comment of a row, `win` of `- pywin32  # [win]`. */
export function selectorOf(row: string): string | null {
  return /\s#.*?\[([^\]]+)\]/.exec(row)?.[1] ?? null;
}
