import { setTimeout as pause } from 'node:timers/promises';
import { HttpConnection } from './http-connection.js';
import { updateText } from './updates.js';
import { requestsTo, type WebhookTarget } from './webhook-request.js';

/** The messages to send, and their timing. */
export interface Load extends WebhookTarget {
  readonly connections: number;
  /** Counted from the end of the warm-up. */
  readonly seconds: number;
  readonly warmUpSeconds: number;
  /** Updates a second whatever the server does; null: each connection sends its next as soon as it has its answer. */
  readonly ratePerSecond: number | null;
  /** The first update_id; the load uses the ones from there upwards. */
  readonly firstUpdateId: number;
}

/** The results. */
export interface LoadResult {
  readonly accepted: number;
  /** Answers other than an acceptance, by status and body. */
  readonly others: Readonly<Record<string, number>>;
  readonly perSecond: number;
  /** One a request, in ms; with a rate, from its due time, so that a server that stalls cannot hide it. */
  readonly latencies: readonly number[];
}

/** Puts one load on a server and reports. */
export async function runLoad(load: Load): Promise<LoadResult> {
  const connections = await Promise.all(
    Array.from({ length: load.connections }, () => HttpConnection.open(load.port)),
  );
  const run = new Run(load);
  try {
    await (load.ratePerSecond === null
      ? run.asFastAsPossible(connections)
      : run.atRate(connections, load.ratePerSecond));
  } finally {
    for (const connection of connections) connection.close();
  }
  return run.result();
}

class Run {
  private readonly request: (update: string) => string;
  private readonly begin = performance.now();
  private readonly countFrom: number;
  private readonly end: number;
  private readonly latencies: number[] = [];
  private readonly others: Record<string, number> = {};
  private readonly unixSeconds = Math.floor(Date.now() / 1_000);
  private nextUpdateId: number;
  private lastAnswer: number;

  constructor(load: Load) {
    this.request = requestsTo(load);
    this.countFrom = this.begin + load.warmUpSeconds * 1_000;
    this.end = this.countFrom + load.seconds * 1_000;
    this.lastAnswer = this.countFrom;
    this.nextUpdateId = load.firstUpdateId;
  }

  async asFastAsPossible(connections: readonly HttpConnection[]): Promise<void> {
    await Promise.all(
      connections.map(async (connection) => {
        for (let now = performance.now(); now < this.end; now = performance.now())
          await this.sendOne(connection, now);
      }),
    );
  }

  async atRate(connections: readonly HttpConnection[], perSecond: number): Promise<void> {
    const free = [...connections];
    const due: number[] = [];
    const busy = new Set<Promise<void>>();
    const sendDue = () => {
      while (due.length > 0 && free.length > 0) {
        // The longest idle one: servers close connections that are idle for seconds.
        const connection = free.shift();
        const at = due.shift();
        if (!connection || at === undefined) return;
        const sent = this.sendOne(connection, at).finally(() => {
          free.push(connection);
          busy.delete(sent);
          sendDue();
        });
        busy.add(sent);
      }
    };
    for (let count = 0; ;) {
      const now = performance.now();
      for (; this.begin + (count * 1_000) / perSecond <= now; count += 1)
        due.push(this.begin + (count * 1_000) / perSecond);
      sendDue();
      if (now >= this.end) break;
      await pause(1);
    }
    while (busy.size > 0) await Promise.all(busy);
  }

  result(): LoadResult {
    const seconds = (this.lastAnswer - this.countFrom) / 1_000;
    const accepted = this.latencies.length;
    return { accepted, others: this.others, perSecond: accepted / seconds, latencies: this.latencies };
  }

  private async sendOne(connection: HttpConnection, since: number): Promise<void> {
    const update = updateText(this.nextUpdateId, this.unixSeconds);
    this.nextUpdateId += 1;
    const { status, body } = await connection.send(this.request(update));
    const now = performance.now();
    if (status !== 200 || body !== '{"status":"queued"}') {
      const key = `${status} ${body}`;
      this.others[key] = (this.others[key] ?? 0) + 1;
    } else if (since >= this.countFrom) {
      this.latencies.push(now - since);
      this.lastAnswer = now;
    }
  }
}
