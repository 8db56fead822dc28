import type { Reply } from '../domain/reply.ts';
import { type Document, markedWithPeople, prose } from './document.ts';
import { line } from './outside.ts';

export function describeNotice({ tone, text }: Extract<Reply, { kind: 'notice' }>): Document {
  const icon = tone === 'success' ? '✅ ' : 'ℹ️ ';
  return { summary: line(text, 600), parts: [prose(icon, markedWithPeople(text, 2000))] };
}
