import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { sendJson } from './write-answer.js';

/** One request to POST /audio/transcriptions. */
export interface Heard {
  readonly model: string;
  readonly fileName: string;
  readonly said: string;
  readonly authorization: string | null;
}

/**
 * Transcribes a file to its own bytes. A file that contains `status:500` gets that answer, once for each `status:` in
 * it, then the rest is transcribed. One with `slow:500` is answered after that many milliseconds.
 */
export class TranscriptionDouble {
  readonly heard: Heard[] = [];
  /** The usage that it reports for each; null: none, as many servers do. */
  usage: object | null = null;
  private readonly failed = new Map<string, number>();

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const headers = { 'content-type': request.headers['content-type'] ?? '' };
    const form = await new Response(Buffer.concat(chunks), { headers }).formData();
    const file = form.get('file');
    if (!(file instanceof File)) return sendJson(response, 400, { error: { message: 'no file' } });
    const said = await file.text();
    const authorization = request.headers.authorization ?? null;
    const model = form.get('model');
    if (typeof model !== 'string') return sendJson(response, 400, { error: { message: 'no model' } });
    this.heard.push({ model, fileName: file.name, said, authorization });
    const failures = [...said.matchAll(/status:(\d{3})\s*/g)];
    const before = this.failed.get(said) ?? 0;
    this.failed.set(said, before + 1);
    const failure = failures[before];
    if (failure) return sendJson(response, Number(failure[1]), { error: { message: 'as told' } });
    const slow = /slow:(\d+)\s*/.exec(said);
    if (slow) await sleep(Number(slow[1]));
    sendJson(response, 200, {
      text: said.replaceAll(/status:\d{3}\s*/g, ''),
      ...(this.usage && { usage: this.usage }),
    });
  }
}
