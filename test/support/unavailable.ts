import supertest from 'supertest';
import { expect } from 'vitest';
import { eventually } from './eventually.js';

/** The update was refused, and Telegram is to send it again. */
export function expectUnavailable({
  status,
  headers,
  body,
}: Pick<supertest.Response, 'status' | 'headers' | 'body'>): void {
  expect(status).toBe(503);
  expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(1);
  expect(body).toEqual({ statusCode: 503, message: expect.any(String), error: 'Service Unavailable' });
}

/** The process is alive but not ready, because of this part, whose failure it may notice a second later. */
export async function expectOnlyLive({ url }: { readonly url: string }, part: string): Promise<void> {
  await supertest(url).get('/health/live').expect(200);
  const { body } = await eventually(() => supertest(url).get('/health/ready').expect(503));
  expect(body.parts).toMatchObject({ [part]: expect.not.stringMatching(/^ok$/) });
}
