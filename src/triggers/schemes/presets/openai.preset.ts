import type { Preset } from '../preset.js';
import { standardWebhooksPreset } from './standard-webhooks.preset.js';

/**
 * OpenAI keeps to Standard Webhooks.
 * @see https://platform.openai.com/docs/guides/webhooks
 */
export const openaiPreset: Preset = { ...standardWebhooksPreset, name: 'openai' };
