import { AnyOfScheme } from '../any-of.scheme.js';
import { HmacScheme } from '../hmac.scheme.js';
import { inBody, inHeader } from '../location.js';
import type { Preset } from '../preset.js';

const signature = {
  header: 'x-grafana-alerting-signature',
  algorithm: 'sha256',
  encoding: 'hex',
} as const;

/**
 * Grafana's alerts, signed (Grafana 12). Name the timestamp header `X-Grafana-Alerting-Timestamp` in the contact point,
 * and the time is signed and checked; without one it is not. For `Authorization` headers there are the presets `bearer`
 * and `basic`. A repeated alert is a new delivery.
 * @see https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/
 */
export const grafanaPreset: Preset = {
  name: 'grafana',
  scheme: new AnyOfScheme(
    new HmacScheme({
      ...signature,
      template: '{timestamp}:{body}',
      timestamp: inHeader('x-grafana-alerting-timestamp'),
    }),
    new HmacScheme(signature),
  ),
  deliveryId: null,
  eventType: inBody('status'),
  handshake: null,
};
