/**
 * What is wrong with a file that holds a secret: somebody else may read or write it. Null: nothing. The rule
 * is OpenSSH's (`sshkey_perm_ok` in authfile.c): it is asked of what we own; what root or another one keeps
 * for us, as mounted secrets, is theirs to protect. `us`: the user id that we run as.
 */
export function whyNotPrivate(
  { uid, mode }: { uid: number; mode: number },
  us: number | undefined,
): string | null {
  if (uid !== us || (mode & 0o077) === 0) return null;
  return `others may read or write it (mode ${(mode & 0o7777).toString(8).padStart(4, '0')})`;
}
