import type { Preset } from '../preset.js';
import { alertmanagerPreset } from './alertmanager.preset.js';
import { basicPreset } from './basic.preset.js';
import { bearerPreset } from './bearer.preset.js';
import { bitbucketPreset } from './bitbucket.preset.js';
import { clerkPreset } from './clerk.preset.js';
import { discordPreset } from './discord.preset.js';
import { githubPreset } from './github.preset.js';
import { gitlabPreset } from './gitlab.preset.js';
import { grafanaPreset } from './grafana.preset.js';
import { hubspotPreset } from './hubspot.preset.js';
import { intercomPreset } from './intercom.preset.js';
import { linearPreset } from './linear.preset.js';
import { metaPreset } from './meta.preset.js';
import { nonePreset } from './none.preset.js';
import { openaiPreset } from './openai.preset.js';
import { pagerdutyPreset } from './pagerduty.preset.js';
import { resendPreset } from './resend.preset.js';
import { sentryPreset } from './sentry.preset.js';
import { shopifyPreset } from './shopify.preset.js';
import { slackPreset } from './slack.preset.js';
import { standardWebhooksPreset } from './standard-webhooks.preset.js';
import { stripePreset } from './stripe.preset.js';
import { svixPreset } from './svix.preset.js';
import { twilioPreset } from './twilio.preset.js';
import { vercelPreset } from './vercel.preset.js';
import { zoomPreset } from './zoom.preset.js';

/** All presets. One more is a file beside this one, a line here, and an example in one of the fixtures. */
export const presets: readonly Preset[] = [
  alertmanagerPreset,
  basicPreset,
  bearerPreset,
  bitbucketPreset,
  clerkPreset,
  discordPreset,
  githubPreset,
  gitlabPreset,
  grafanaPreset,
  hubspotPreset,
  intercomPreset,
  linearPreset,
  metaPreset,
  nonePreset,
  openaiPreset,
  pagerdutyPreset,
  resendPreset,
  sentryPreset,
  shopifyPreset,
  slackPreset,
  standardWebhooksPreset,
  stripePreset,
  svixPreset,
  twilioPreset,
  vercelPreset,
  zoomPreset,
];

const byName: ReadonlyMap<string, Preset> = new Map(presets.map((preset) => [preset.name, preset]));

/** @returns the preset of this name; null if there is none */
export const findPreset = (name: string): Preset | null => byName.get(name) ?? null;
