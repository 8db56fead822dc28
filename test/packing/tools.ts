import { run } from '../harness/command.ts';

/** Runs a program and returns what it printed. */
export async function output(program: string, ...args: string[]): Promise<string> {
  const { stdout } = await run(program, args, { maxBuffer: 256 * 1024 * 1024 });
  return stdout;
}

/** Runs a Python program and parses the JSON it prints. */
// biome-ignore lint/suspicious/noExplicitAny: what Python prints has whatever shape it prints
export async function python(program: string, ...args: string[]): Promise<any> {
  return JSON.parse(await output('python3', '-c', program, ...args));
}

/** Every member of a tar or zip as Python's own readers see it: path → [kind, mode, digest]. */
export async function listWithPython(
  archive: string,
): Promise<Record<string, [kind: string, mode: number, digest: string]>> {
  return python(
    `
import sys, json, hashlib, tarfile, zipfile
path, found = sys.argv[1], {}
digest = lambda data: hashlib.sha256(data).hexdigest()
if path.endswith('.zip'):
    with zipfile.ZipFile(path) as z:
        assert z.testzip() is None
        for i in z.infolist():
            kind = 'directory' if i.is_dir() else 'file'
            name = i.filename.rstrip('/')
            assert name not in found, name
            found[name] = [kind, (i.external_attr >> 16) & 0o7777, '' if i.is_dir() else digest(z.read(i))]
else:
    with tarfile.open(path) as t:
        for m in t:
            kind = 'directory' if m.isdir() else 'link' if m.issym() else 'file' if m.isreg() else 'other'
            assert m.name not in found, m.name
            found[m.name] = [kind, m.mode, m.linkname if m.issym() else '' if m.isdir() else digest(t.extractfile(m).read())]
print(json.dumps(found))
`,
    archive,
  );
}
