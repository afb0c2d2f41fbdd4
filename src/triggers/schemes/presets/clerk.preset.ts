import type { Preset } from '../preset.js';
import { svixPreset } from './svix.preset.js';

/**
 * Clerk sends through Svix.
 * @see https://clerk.com/docs/guides/development/webhooks/overview
 */
export const clerkPreset: Preset = { ...svixPreset, name: 'clerk' };
