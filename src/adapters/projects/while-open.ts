import type { FileHandle } from 'node:fs/promises';

/** Closes what was opened once it was used, however that ends: Node 22 has no `await using`. */
export async function whileOpen<Answer>(
  opening: Promise<FileHandle>,
  use: (file: FileHandle) => Promise<Answer>,
): Promise<Answer> {
  const file = await opening;
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}
