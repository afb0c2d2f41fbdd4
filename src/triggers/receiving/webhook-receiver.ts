import { createHash } from 'node:crypto';
import { Injectable, Logger, MethodNotAllowedException, PayloadTooLargeException } from '@nestjs/common';
import { messageOf, RetryLaterError } from '../../platform/errors/errors.js';
import { Metrics } from '../../platform/observability/metrics.js';
import { Clock } from '../../platform/runtime/clock.js';
import { SlidingWindow } from '../../platform/throttling/sliding-window.js';
import { TooManyRequestsException } from '../../platform/throttling/too-many-requests.exception.js';
import { readLocation } from '../schemes/location.js';
import { headerOf, type SignedRequest } from '../schemes/signed-request.js';
import type { HandshakeAnswer } from '../schemes/verification.js';
import { verifyRequest } from '../schemes/verify-request.js';
import type { KnownSource } from '../sources/source-directory.js';
import { writeWebhook } from '../webhook-event.js';
import { UnsignedWebhookException } from './unsigned-webhook.exception.js';
import { readWebhookBody } from './webhook-body.js';
import { WebhookInbox } from './webhook-inbox.js';

const MINUTE_MS = 60_000;
const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.)/;
/** Headers that proxies and browsers set. */
const PASSED_ON = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via', 'origin'];

/** The outcome of a request. */
export type Reception =
  | { readonly kind: 'stored'; readonly status: 'queued' | 'duplicate' }
  | { readonly kind: 'handshake'; readonly answer: HandshakeAnswer };

/** A request to a source, and the addresses that it came through. */
export interface WebhookRequest extends SignedRequest {
  /** The peer of the connection, and the sender as trusted proxies report it. */
  readonly addresses: readonly string[];
}

/** Verifies the requests of sources, and stores those that are authentic. */
@Injectable()
export class WebhookReceiver {
  private readonly logger = new Logger(WebhookReceiver.name);
  private readonly count: (of: { readonly source: string; readonly outcome: string }) => void;

  constructor(
    private readonly inbox: WebhookInbox,
    private readonly windows: SlidingWindow,
    private readonly clock: Clock,
    metrics: Metrics,
  ) {
    const help = 'Requests to sources of webhooks, by what became of them; a refused one by its reason';
    this.count = metrics.openCounter('webhooks_total', help, ['source', 'outcome']);
  }

  /**
   * Answers once an authentic webhook is durable.
   * @throws UnsignedWebhookException if it is not authentic; the answer does not say why, the log and the counter do
   * @throws HttpException for a body or a rate past the source's limits
   * @throws RetryLaterError when it cannot be made durable, or this process cannot read the source's secrets
   */
  async receive(source: KnownSource, request: WebhookRequest): Promise<Reception> {
    const verification = this.verify(source, request);
    switch (verification.kind) {
      case 'refused':
        this.count({ source: source.name, outcome: verification.reason });
        throw new UnsignedWebhookException(verification.reason);
      case 'handshake':
        this.count({ source: source.name, outcome: 'handshake' });
        this.logger.log({ msg: 'handshake of a source answered', source: source.name });
        return verification;
      case 'accepted': {
        const status = await this.store(source, request, verification.deliveryId);
        this.count({ source: source.name, outcome: status });
        return { kind: 'stored', status };
      }
    }
  }

  private verify({ name, preset, secrets, maxBodyBytes }: KnownSource, request: WebhookRequest) {
    if (secrets === null)
      throw new RetryLaterError('SOURCE_SECRETS_UNREADABLE', `the secrets of ${name} are not readable`);
    if (request.body.length > maxBodyBytes) throw new PayloadTooLargeException();
    const isOpen = preset.scheme.proves === 'nothing';
    if (isOpen && !isOfThisMachine(request)) return { kind: 'refused', reason: 'not-loopback' } as const;
    return verifyRequest(preset, request, secrets, this.clock.now().getTime());
  }

  private async store(
    source: KnownSource,
    request: WebhookRequest,
    deliveryId: string | null,
  ): Promise<'queued' | 'duplicate'> {
    if (request.method !== 'POST') throw new MethodNotAllowedException();
    const { value, text } = readWebhookBody(headerOf(request, 'content-type') ?? '', request.body);
    await this.assertRate(source);
    const { eventType } = source.preset;
    const type = eventType && readLocation(eventType, request, value);
    const externalId = deliveryId ?? digestOf(request.body);
    const status = await this.inbox.accept({
      sourceId: source.id,
      source: source.name,
      externalId,
      payload: writeWebhook(type, text),
    });
    this.logger.log({ msg: `webhook ${status}`, source: source.name, deliveryId: externalId });
    return status;
  }

  /** After the signature, so that a stranger cannot use up the source's rate. Without its store every request passes. */
  private async assertRate({ id, ratePerMinute }: KnownSource): Promise<void> {
    if (ratePerMinute === null) return;
    const hits = await this.windows
      .takeHits(`source:${id}`, 1, ratePerMinute, MINUTE_MS)
      .catch((error: unknown) =>
        this.logger.warn({ msg: 'rate of a source not known', error: messageOf(error) }),
      );
    if (hits?.granted === 0)
      throw new TooManyRequestsException(
        'Too many webhooks of this source',
        Math.ceil(hits.retryAfterMs / 1_000),
      );
  }
}

/**
 * A proxy or a tunnel on this machine passes on what others send, and a browser what a page of others tells it to: both
 * come from a loopback address too.
 */
const isOfThisMachine = ({ addresses, headers }: WebhookRequest): boolean =>
  addresses.every((address) => LOOPBACK.test(address)) &&
  PASSED_ON.every((name) => headers[name] === undefined);

/** Tells repeats apart where the provider gives no id. */
const digestOf = (body: Buffer): string => `sha256:${createHash('sha256').update(body).digest('hex')}`;
