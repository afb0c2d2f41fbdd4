import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { GiveUpError } from '../../platform/errors/errors.js';
import { Ids } from '../../platform/runtime/ids.js';
import { sealSecret } from '../../platform/secrets/secret-box.js';
import { SecretsKey } from '../../platform/secrets/secrets-key.js';
import { EndpointRepository, type ListedDelivery, type ListedEndpoint } from './endpoint.repository.js';
import { type NotificationType, TEST_TYPE } from '../notification-type.js';

/** Endpoints in all: each of them is looked at whenever something is told. */
const MAX_ENDPOINTS = 20;
const SECRET_BYTES = 24;

/** An endpoint as an operator wishes it. */
export interface EndpointWish {
  readonly url: string;
  readonly description: string | null;
  readonly types: readonly NotificationType[];
  readonly enabled: boolean;
}

/** An endpoint with its new secret, which is shown this once. */
export interface EndpointWithSecret {
  readonly endpoint: ListedEndpoint;
  /** `whsec_` and base64. */
  readonly secret: string;
}

/** Keeps the endpoints that get notifications. */
@Injectable()
export class EndpointsService {
  constructor(
    private readonly endpoints: EndpointRepository,
    private readonly key: SecretsKey,
    private readonly ids: Ids,
  ) {}

  async list(after: string | null, limit: number): Promise<ListedEndpoint[]> {
    return await this.endpoints.list(after, limit);
  }

  /** @throws GiveUpError with a code: ENDPOINT_UNKNOWN */
  async get(id: string): Promise<ListedEndpoint> {
    return known(await this.endpoints.find(id));
  }

  /** @throws GiveUpError with a code: ENDPOINT_INVALID, ENDPOINTS_FULL, SECRETS_KEY_MISSING */
  async create({ types, url, ...wish }: EndpointWish): Promise<EndpointWithSecret> {
    assertUrl(url);
    if ((await this.endpoints.count()) >= MAX_ENDPOINTS)
      throw new GiveUpError('ENDPOINTS_FULL', `There are at most ${MAX_ENDPOINTS} endpoints`);
    const id = this.ids.next();
    const secret = newSecret();
    const sealed = sealSecret(this.key.get(), id, secret);
    const endpoint = await this.endpoints.create({ ...wish, url, id, types: [...types], sealed });
    return { endpoint, secret };
  }

  /**
   * Enabling one, or giving it another URL, forgets since when it failed.
   * @throws GiveUpError with a code: ENDPOINT_UNKNOWN, ENDPOINT_INVALID
   */
  async change(id: string, { types, url, ...wish }: Partial<EndpointWish>): Promise<ListedEndpoint> {
    if (url !== undefined) assertUrl(url);
    const change = {
      ...wish,
      ...(url !== undefined && { url }),
      ...(types && { types: [...types] }),
      ...((wish.enabled === true || url !== undefined) && { failingSince: null }),
    };
    return known(await this.endpoints.change(id, change));
  }

  /** @throws GiveUpError with a code: ENDPOINT_UNKNOWN, SECRETS_KEY_MISSING */
  async rotate(id: string): Promise<EndpointWithSecret> {
    const secret = newSecret();
    const endpoint = known(await this.endpoints.rotate(id, sealSecret(this.key.get(), id, secret)));
    return { endpoint, secret };
  }

  /** @throws GiveUpError with a code: ENDPOINT_UNKNOWN */
  async remove(id: string): Promise<void> {
    if (!(await this.endpoints.remove(id))) throw unknown();
  }

  /** @throws GiveUpError with a code: ENDPOINT_UNKNOWN */
  async deliveries(id: string, after: bigint | null, limit: number): Promise<ListedDelivery[]> {
    await this.get(id);
    return await this.endpoints.deliveries(id, after, limit);
  }

  /** @throws GiveUpError with a code: ENDPOINT_UNKNOWN, ENDPOINT_DISABLED, DELIVERY_UNKNOWN */
  async redeliver(id: string, deliveryId: bigint): Promise<void> {
    await this.requireEnabled(id);
    if (!(await this.endpoints.redeliver(id, deliveryId)))
      throw new GiveUpError('DELIVERY_UNKNOWN', 'The endpoint has no delivery with this id');
  }

  /**
   * Sends it a notification of the type `endpoint.test`, whichever types it wants.
   * @returns the id of the delivery
   * @throws GiveUpError with a code: ENDPOINT_UNKNOWN, ENDPOINT_DISABLED
   */
  async test(id: string): Promise<bigint> {
    await this.requireEnabled(id);
    return await this.endpoints.addTest(id, TEST_TYPE);
  }

  /** A delivery to a disabled endpoint would wait until somebody enables it. */
  private async requireEnabled(id: string): Promise<void> {
    if (!(await this.get(id)).enabled)
      throw new GiveUpError('ENDPOINT_DISABLED', 'The endpoint is disabled: enable it first');
  }
}

const newSecret = (): string => `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;

const unknown = (): GiveUpError => new GiveUpError('ENDPOINT_UNKNOWN', 'There is no endpoint with this id');

function known(endpoint: ListedEndpoint | null): ListedEndpoint {
  if (!endpoint) throw unknown();
  return endpoint;
}

/** The address is checked again whenever it is connected to. */
function assertUrl(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:')
    throw new GiveUpError('ENDPOINT_INVALID', 'url: it must be one of https or http');
  if (url.username !== '' || url.password !== '')
    throw new GiveUpError('ENDPOINT_INVALID', 'url: it must have no user name and no password');
}
