/** Kernels before 5.1 read this much of a first line; conda and pip count with it too. */
const MAX_SHEBANG_BYTES = 127;

const HEAD_BYTES = 8192;

/** `exec` to a shell, and to Python the beginning of a string. */
export const EXEC = `'''exec'|"""exec"|''''exec|"exec"|'exec'`;

/**
 * A script that starts with a program of the prefix, changed to start with the one on the PATH; or
 * null for any other file. Known are
 *
 * - `#!<prefix>/bin/python -E`, quoted or behind `env` too;
 * - `#!/bin/sh` with a second line that only a shell executes, which installers write where the
 *   first would be longer than the kernel reads, or has a space: conda's and rattler's
 *   (`'''exec' "…" "$0" "$@" #'''`), pip's and uv's (`… "$@"` and `' '''`), virtualenv's (`"exec"`).
 *
 * Options need `env -S`: without it `env` looks for a program called `python -E`.
 */
export function portableShebang(content: Buffer, names: readonly string[]): Buffer | null {
  const head = content.toString('latin1', 0, HEAD_BYTES);
  if (!head.startsWith('#!')) return null;
  const paths = names.map((name) => Buffer.from(name).toString('latin1'));
  const path = `(?:${paths.map(escapePattern).join('|')})`;
  for (const form of FORMS) {
    const match = new RegExp(form(path)).exec(head);
    if (!match?.groups?.program) continue;
    const { program, options = '' } = match.groups;
    const rest = options.trim();
    const line = `#!/usr/bin/env ${rest ? '-S ' : ''}${program}${rest ? ` ${rest}` : ''}`;
    return Buffer.concat([Buffer.from(line, 'latin1'), content.subarray(match[0].length)]);
  }
  return null;
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/** A program in one of the folders that activation puts on the PATH, or R's own. */
const program = (path: string) => `${path}/(?:lib/R/)?bin/(?<program>[^\\s/"']+)`;

const FORMS: readonly ((path: string) => string)[] = [
  (path) =>
    `^#![ \\t]*(?:/usr/bin/env[ \\t]+(?:-S[ \\t]*)?)?["']?${program(path)}["']?(?<options>[^\\r\\n]*)`,
  (path) =>
    `^#![ \\t]*/(?:usr/)?bin/(?:env[ \\t]+)?(?:ba|da|k|z)?sh[^\\r\\n]*\\r?\\n` +
    `(?:${EXEC})[ \\t]+["']?${program(path)}["']?` +
    `(?<options>(?:[ \\t]+-[^\\s"']+)*)[ \\t]+"\\$0"[ \\t]+(?:"\\$@"|\\$\\{1\\+"\\$@"\\})` +
    `(?:[ \\t]*#[^\\r\\n]*|\\r?\\n' '''|[ \\t]*(?=\\r?\\n))`,
];

/** A first line that names `target` and that every kernel can follow. */
export function fitsShebang(content: Buffer, target: string): boolean {
  if (/\s/.test(target)) return false;
  const end = content.indexOf('\n');
  return (end < 0 ? content.length : end) <= MAX_SHEBANG_BYTES;
}

/** Folders whose programs are at the same place on every node. */
const SYSTEM_INTERPRETER = /^#![ \t]*\/(usr\/|usr\/local\/)?s?bin\/[^/\s]+(\s|$)/;
const INTERPRETER = /^#![ \t]*["']?([^\s"']+)/;
const SHELL_INTERPRETER = new RegExp(`^#![^\\n]*sh[^\\n]*\\n(?:${EXEC})[ \\t]+["']?(/[^"'\\s]+)`);

/** The interpreter a script names by a path that only some hosts have, or null. */
export function hostInterpreter(text: string): string | null {
  if (!text.startsWith('#!')) return null;
  if (!SYSTEM_INTERPRETER.test(text)) return INTERPRETER.exec(text)?.[1] ?? '';
  const second = SHELL_INTERPRETER.exec(text)?.[1];
  return second !== undefined && !SYSTEM_INTERPRETER.test(`#!${second}`) ? second : null;
}

/** What conda-build puts where the prefix will be; conda replaces it in files a package declares. */
export const PLACEHOLDER = /_placehold_placehold_placehold|anaconda1anaconda2anaconda3/;
