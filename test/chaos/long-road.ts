import { once } from 'node:events';
import {
  createServer,
  request as ask,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { Seeded } from './seeded.js';

const UP_TO_MS = 40;

/**
 * The network between the product and a double: a request takes its time there and back. Without it a send would be over
 * in a millisecond, and hardly any fault would fall between Telegram's acceptance and our record of it.
 */
export class LongRoad {
  private readonly random = new Seeded(1);

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
    readonly root: string,
  ) {
    server.on('request', (request, response) => void this.pass(request, response));
  }

  static async to(target: string): Promise<LongRoad> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return new LongRoad(server, new URL(target), `http://127.0.0.1:${address.port}`);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** What has been sent arrives, though the sender is gone by then; an answer to nobody is dropped. */
  private async pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const body = await bytesOf(request);
      await pause(this.random.int(0, UP_TO_MS));
      const { method, url: path, headers } = request;
      const { hostname, port } = this.target;
      const forward = ask({ hostname, port, method, path, headers, agent: false });
      const answered = once(forward, 'response');
      forward.end(body);
      const [answer] = await answered;
      const answerBody = await bytesOf(answer);
      await pause(this.random.int(0, UP_TO_MS));
      response
        .writeHead(answer.statusCode, { 'content-type': answer.headers['content-type'] })
        .end(answerBody);
    } catch {
      response.socket?.resetAndDestroy();
    }
  }
}

async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
