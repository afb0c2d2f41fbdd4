import { HttpConnection } from './http-connection.js';

/** The target of updates. */
export interface WebhookTarget {
  readonly port: number;
  readonly path: string;
  readonly secret: string;
}

/** The request that posts an update to the target: all of it as ASCII text. */
export function requestsTo({ port, path, secret }: WebhookTarget): (update: string) => string {
  const head =
    `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\n` +
    `X-Telegram-Bot-Api-Secret-Token: ${secret}\r\nContent-Length: `;
  return (update) => `${head}${update.length}\r\n\r\n${update}`;
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
