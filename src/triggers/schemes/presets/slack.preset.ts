import { jsonAnswer } from '../handshake.js';
import { HmacScheme } from '../hmac.scheme.js';
import { fieldOf, inBody, inHeader } from '../location.js';
import type { Preset } from '../preset.js';

/**
 * Slack's Events API, commands and interactions. Events have an id; commands, which are forms, have none.
 * @see https://docs.slack.dev/authentication/verifying-requests-from-slack/
 * @see https://docs.slack.dev/reference/events/url_verification/
 */
export const slackPreset: Preset = {
  name: 'slack',
  scheme: new HmacScheme({
    header: 'x-slack-signature',
    algorithm: 'sha256',
    encoding: 'hex',
    prefix: 'v0=',
    template: 'v0:{timestamp}:{body}',
    timestamp: inHeader('x-slack-request-timestamp'),
  }),
  deliveryId: inBody('event_id'),
  eventType: inBody('event', 'type'),
  handshake: {
    kind: 'signed',
    answer(json) {
      const challenge = fieldOf(json, 'challenge');
      const isAsked = fieldOf(json, 'type') === 'url_verification' && typeof challenge === 'string';
      return isAsked ? jsonAnswer({ challenge }) : null;
    },
  },
};
