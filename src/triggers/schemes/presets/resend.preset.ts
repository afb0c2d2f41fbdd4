import type { Preset } from '../preset.js';
import { svixPreset } from './svix.preset.js';

/**
 * Resend sends through Svix.
 * @see https://resend.com/docs/dashboard/webhooks/verify-webhooks-requests
 */
export const resendPreset: Preset = { ...svixPreset, name: 'resend' };
