/** Sizes and durations as people read them. */

export function duration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 10) return `${Math.max(0, seconds).toFixed(1)} s`;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  if (minutes >= 48 * 60) return `${Math.round(minutes / (24 * 60))} days`;
  const rest = minutes % 60 === 0 ? '' : ` ${minutes % 60} min`;
  return `${Math.floor(minutes / 60)} h${rest}`;
}

/** Decimal units, as conda and package sites count. */
export function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** `1 package`, `16 packages` */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** A guess of a duration: `about 40 s`, `about 4 min`. */
export function roughly(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  const step = seconds < 15 ? 1 : seconds < 90 ? 5 : 60;
  return `about ${duration(Math.max(1, Math.round(seconds / step)) * step * 1000).replace('.0 ', ' ')}`;
}

/** `1st`, `2nd`, `11th` */
export function ordinal(count: number): string {
  const isTeen = count % 100 > 10 && count % 100 < 14;
  return `${count}${isTeen ? 'th' : (['th', 'st', 'nd', 'rd'][count % 10] ?? 'th')}`;
}

/** How much of how much: `31 MB of 62 MB`. */
export const part = (done: number, all: number): string => `${size(done)} of ${size(all)}`;

const PARTS = /(\d+(?:\.\d+)?)(?: (bytes|[kMGT]B))? of (\d+(?:\.\d+)?) (bytes|[kMGT]B|\w+)/g;
const UNITS: Readonly<Record<string, number>> = { kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };

/**
 * The share, from 0 to 1, that a text tells of: `31 MB of 62 MB`, `3 of 9 packages`. Of several it is that of
 * their sum; null where it tells of none.
 */
export function shareIn(text: string): number | null {
  let [done, all] = [0, 0];
  for (const [, some, unit = '', whole, wholeUnit = ''] of text.matchAll(PARTS)) {
    done += Number(some) * (UNITS[unit] ?? 1);
    all += Number(whole) * (UNITS[wholeUnit] ?? 1);
  }
  return all > 0 ? Math.min(1, done / all) : null;
}
