import type { IncomingMessage } from 'node:http';
import { badRequest, BotApiError } from './bot-api-error.js';
import { asRecord, Params, type ParamValue } from './params.js';

/** The largest request the simulator reads; uploads of tests fit. */
const MAX_BODY_BYTES = 20 * 1024 * 1024;

/**
 * Reads the parameters of a call from its query and its body: `application/json`, `application/x-www-form-urlencoded`
 * or `multipart/form-data`. The body wins over the query.
 * @throws BotApiError for a body that cannot be read
 */
export async function readCall(request: IncomingMessage, query: URLSearchParams): Promise<Params> {
  const values = new Map<string, ParamValue>(query);
  const body = await readBody(request);
  const type = request.headers['content-type'] ?? '';
  if (body.length === 0) return new Params(values);
  if (type.includes('application/json')) {
    for (const [name, value] of readJson(body)) values.set(name, value);
  } else if (type.includes('multipart/form-data')) {
    for (const [name, value] of await readForm(body, type)) values.set(name, value);
  } else {
    for (const [name, value] of new URLSearchParams(body.toString('utf8'))) values.set(name, value);
  }
  return new Params(values);
}

/** @throws BotApiError 413 for more than `MAX_BODY_BYTES` */
async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    size += bytes.length;
    if (size > MAX_BODY_BYTES) throw new BotApiError(413, 'Request Entity Too Large');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function readJson(body: Buffer): [string, ParamValue][] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch {
    throw badRequest("can't parse request: can't parse JSON object");
  }
  const record = asRecord(parsed);
  if (!record) throw badRequest("can't parse request: JSON object expected");
  return Object.entries(record).filter((entry): entry is [string, ParamValue] => entry[1] !== undefined);
}

async function readForm(body: Buffer, type: string): Promise<[string, ParamValue][]> {
  try {
    const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData();
    const fields: [string, ParamValue][] = [];
    form.forEach((value, name) => {
      fields.push([
        name,
        typeof value === 'string' ? value : { name: value.name, size: value.size, type: value.type },
      ]);
    });
    return fields;
  } catch {
    throw badRequest("can't parse request: wrong multipart form data");
  }
}
