import { createHmac, randomUUID } from 'node:crypto';
import { HttpConnection } from './http-connection.js';

/** The target of updates. */
export interface WebhookTarget {
  readonly port: number;
  readonly path: string;
  readonly secret: string;
  /** Sources in place of Telegram, in turn, to which the requests are signed as GitHub does. */
  readonly paths?: readonly string[];
  readonly signingSecret?: string | null;
}

/** The request that posts an update to the target: all of it as ASCII text. */
export function requestsTo(target: WebhookTarget): (update: string) => string {
  const { port, path, paths = [path], secret, signingSecret = null } = target;
  if (signingSecret !== null) return signedRequestsTo(port, paths, signingSecret);
  const head =
    `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\n` +
    `X-Telegram-Bot-Api-Secret-Token: ${secret}\r\nContent-Length: `;
  return (update) => `${head}${update.length}\r\n\r\n${update}`;
}

function signedRequestsTo(port: number, paths: readonly string[], secret: string): (body: string) => string {
  let number = 0;
  const load = randomUUID();
  return (body) => {
    number += 1;
    const signature = createHmac('sha256', secret).update(body).digest('hex');
    return (
      `POST ${paths[number % paths.length]} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\n` +
      `X-GitHub-Event: push\r\nX-GitHub-Delivery: ${load}-${number}\r\n` +
      `X-Hub-Signature-256: sha256=${signature}\r\nContent-Length: ${body.length}\r\n\r\n${body}`
    );
  };
}

/** Posts each update once, over some connections side by side. @throws Error if one is not accepted */
export async function postAll(
  target: WebhookTarget,
  updates: readonly string[],
  connections = 32,
): Promise<void> {
  const request = requestsTo(target);
  const left = [...updates];
  const post = async () => {
    const connection = await HttpConnection.open(target.port);
    try {
      for (let update = left.pop(); update !== undefined; update = left.pop()) {
        const { status, body } = await connection.send(request(update));
        if (status !== 200 || body !== '{"status":"queued"}') throw new Error(`answered ${status} ${body}`);
      }
    } finally {
      connection.close();
    }
  };
  await Promise.all(Array.from({ length: connections }, post));
}
