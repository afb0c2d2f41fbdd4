import { Injectable } from '@nestjs/common';
import { Webhook } from 'standardwebhooks';
import { Dialer } from '../../agent/tools/web/dialer.js';
import { requestOver } from '../../agent/tools/web/request-over.js';
import { openSecret } from '../../platform/secrets/secret-box.js';
import { SecretsKey } from '../../platform/secrets/secrets-key.js';
import type { ClaimedDelivery } from './delivery.repository.js';
import { EndpointHosts } from './endpoint-hosts.js';

/**
 * Calls an endpoint, signed by Standard Webhooks. It follows no redirect, uses no proxy, and reads nothing but the
 * status of the answer.
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
@Injectable()
export class EndpointCaller {
  /** The time of one call, with the look-up of the name and the connection. */
  protected readonly timeoutMs: number = 15_000;

  constructor(
    private readonly hosts: EndpointHosts,
    private readonly dialer: Dialer,
    private readonly key: SecretsKey,
  ) {}

  /**
   * @param stop aborted: the call is broken off
   * @returns the status of the answer
   * @throws what keeps the call from being made, or answered; a `TimeoutError`; the reason of `stop`
   */
  async call(delivery: ClaimedDelivery, now: Date, stop: AbortSignal): Promise<number> {
    const signal = AbortSignal.any([AbortSignal.timeout(this.timeoutMs), stop]);
    try {
      return await this.callUntil(signal, delivery, now);
    } catch (error) {
      // Node's own error says only that something was aborted.
      signal.throwIfAborted();
      throw error;
    }
  }

  private async callUntil(signal: AbortSignal, delivery: ClaimedDelivery, now: Date): Promise<number> {
    const url = new URL(delivery.url);
    const { type, data, createdAt } = delivery;
    const body = JSON.stringify({ type, timestamp: createdAt.toISOString(), data });
    const headers = {
      ...this.signed(delivery, body, now),
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'user-agent': 'Turnpike',
    };
    const socket = await this.dialer.connect(url, await this.hosts.addressesOf(url, signal), signal);
    try {
      const { statusCode = 0 } = await requestOver(socket, url, { method: 'POST', headers, signal }, body);
      return statusCode;
    } finally {
      socket.destroy();
    }
  }

  private signed(
    { endpointId, messageId, sealed, previousSealed }: ClaimedDelivery,
    body: string,
    now: Date,
  ) {
    // The same in each attempt: the receiver knows a repeated one by it.
    const id = `msg_${messageId}`;
    const signatures = [sealed, previousSealed].flatMap((secret) =>
      secret === null ? [] : new Webhook(openSecret(this.key.get(), endpointId, secret)).sign(id, now, body),
    );
    return {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
      'webhook-signature': signatures.join(' '),
    };
  }
}
