/** `[major, minor]` of `3.5.9`, `3.3.0.3.3.7180.0-274` or `2.4.0-cdh6.3.2`; null when unknown. */
export type Version = readonly [major: number, minor: number] | null;

const VERSION = /^(\d{1,4})\.(\d{1,4})(?:[.+-][\w.+-]*)?$/;

export function isVersion(text: string): boolean {
  return VERSION.test(text);
}

export function versionOf(text: string | null): Version {
  const match = text === null ? null : VERSION.exec(text);
  return match ? [Number(match[1]), Number(match[2])] : null;
}

/** False for an unknown version: what a version has to prove, it has to prove. */
export function atLeast(version: Version, major: number, minor: number): boolean {
  return version !== null && (version[0] > major || (version[0] === major && version[1] >= minor));
}

/** False for an unknown version. */
export function below(version: Version, major: number, minor: number): boolean {
  return version !== null && !atLeast(version, major, minor);
}
