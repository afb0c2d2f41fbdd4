import { afterEach, beforeEach } from 'vitest';
import { BotApiSimulator } from '../bot-api-simulator.js';

export const CHAT = 77;
export const ADA = { firstName: 'Ada' };

/** The simulator of the running test. */
export let telegram: BotApiSimulator;

/** Each test of the file gets a simulator of its own. */
export function useSimulator(): void {
  beforeEach(() => begin());
  afterEach(() => telegram.stop());
}

/** A second one, for a test with other options. */
export async function beginAnew(options: Parameters<typeof BotApiSimulator.start>[0]): Promise<void> {
  await telegram.stop();
  await begin(options);
}

async function begin(options?: Parameters<typeof BotApiSimulator.start>[0]): Promise<void> {
  telegram = await BotApiSimulator.start(options);
}

export const call = (method: string, params: object = {}) => callMethod(telegram, method, params);
export const send = (params: object) => call('sendMessage', { chat_id: CHAT, ...params });

/** An answer of the Bot API as a bot receives it. */
interface Answer {
  readonly ok: boolean;
  readonly error_code?: number;
  readonly description?: string;
  readonly result?: unknown;
}

/** Calls a method as a bot does. */
export async function callMethod(
  { root, token }: Pick<BotApiSimulator, 'root' | 'token'>,
  method: string,
  params: object = {},
): Promise<Answer> {
  const response = await fetch(`${root}/bot${token}/${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(params),
  });
  const answer: unknown = await response.json();
  return { ok: false, ...Object(answer) };
}
