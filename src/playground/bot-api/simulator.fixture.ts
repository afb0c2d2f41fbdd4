import { afterEach, beforeEach } from 'vitest';
import { BotApiSimulator } from '../bot-api-simulator.js';
import { callMethod } from './call-method.fixture.js';

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
