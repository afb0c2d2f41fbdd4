import { AnyOfScheme } from '../any-of.scheme.js';
import { inHeader } from '../location.js';
import type { Preset } from '../preset.js';
import { standardWebhooksScheme } from '../standard-webhooks.scheme.js';
import { tokenScheme } from '../token.scheme.js';

/**
 * GitLab. The secret is a signing token (GitLab 19: `whsec_…`), which covers time and body, or the older secret token,
 * which GitLab sends as it is.
 * @see https://docs.gitlab.com/user/project/integrations/webhooks/#signing-tokens
 */
export const gitlabPreset: Preset = {
  name: 'gitlab',
  scheme: new AnyOfScheme(standardWebhooksScheme(), tokenScheme('x-gitlab-token')),
  deliveryId: inHeader('idempotency-key'),
  eventType: inHeader('x-gitlab-event'),
  handshake: null,
};
