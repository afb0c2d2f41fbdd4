import { AnyOfScheme } from '../any-of.scheme.js';
import { inBody } from '../location.js';
import type { Preset } from '../preset.js';
import { basicScheme, bearerScheme } from '../token.scheme.js';

/**
 * Prometheus' Alertmanager, which signs nothing: `http_config` sends a bearer token, or a user and password, which is
 * the secret `user:password` here. A repeated alert is a new delivery.
 * @see https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
 */
export const alertmanagerPreset: Preset = {
  name: 'alertmanager',
  scheme: new AnyOfScheme(bearerScheme, basicScheme),
  deliveryId: null,
  eventType: inBody('status'),
  handshake: null,
};
