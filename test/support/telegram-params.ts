import type { IncomingMessage } from 'node:http';

export function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').split('?', 1)[0] ?? '/';
}

/** Parameters in the Bot API's forms: query, form or JSON; null if they cannot be read. */
export async function readParams(request: IncomingMessage): Promise<Record<string, unknown> | null> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const body = Buffer.concat(chunks).toString();
  const query = Object.fromEntries(new URL(request.url ?? '/', 'http://localhost').searchParams);
  if (body === '') return query;
  if (!(request.headers['content-type'] ?? '').includes('json')) {
    return { ...query, ...Object.fromEntries(new URLSearchParams(body)) };
  }
  try {
    const json: unknown = JSON.parse(body);
    return typeof json === 'object' && json !== null ? { ...query, ...json } : null;
  } catch {
    return null;
  }
}
