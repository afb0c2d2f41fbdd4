import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { answer, isForModel } from './outside-answers.js';

/** A model that answers at once, or when it is released, and a Bot API that accepts everything and records the time. */
export class SteeredOutside {
  private readonly held = new Set<() => void>();
  private holding = false;
  private lastSent = new Map<number, number>();
  /** The monotonic times, in ms, of the first request to the model and the first message sent since `forget`. */
  askedAt: number | null = null;
  sentAt: number | null = null;

  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => void this.serve(request, response));
  }

  static async start(): Promise<SteeredOutside> {
    const server = createServer();
    const outside = new SteeredOutside(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return outside;
  }

  get address(): string {
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('the outside does not listen');
    return `http://127.0.0.1:${address.port}`;
  }

  /** Held requests to the model whose callers still wait. */
  get waiting(): number {
    return this.held.size;
  }

  /** The time of each chat's last message, in ms since 1970; since `hold`. */
  get sent(): ReadonlyMap<number, number> {
    return this.lastSent;
  }

  forget(): void {
    this.askedAt = this.sentAt = null;
  }

  /** From now on the model holds its answers. */
  hold(): void {
    this.holding = true;
    this.lastSent = new Map();
  }

  /** Releases the held answers, and answers the next ones at once. */
  release(): void {
    this.holding = false;
    for (const go of this.held) go();
    this.held.clear();
  }

  async close(): Promise<void> {
    this.release();
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = request.url ?? '';
    if (isForModel(url)) this.askedAt ??= performance.now();
    let text = '';
    request.setEncoding('utf8');
    for await (const chunk of request) text += String(chunk);
    if (url.endsWith('/sendMessage')) this.note(text);
    if (this.holding && isForModel(url)) await this.wait(response);
    answer(response, url);
  }

  /** Until the answer is released, or its caller is gone. */
  private async wait(response: ServerResponse): Promise<void> {
    await new Promise<void>((go) => {
      this.held.add(go);
      response.once('close', () => {
        this.held.delete(go);
        go();
      });
    });
  }

  private note(text: string): void {
    const { chat_id: chat }: { chat_id: number | string } = JSON.parse(text);
    this.lastSent.set(Number(chat), Date.now());
    this.sentAt ??= performance.now();
  }
}
