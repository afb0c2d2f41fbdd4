import { MAX_CONTEXT_MESSAGES } from '../../memory/group.settings.js';
import { BusyMode } from '../../generated/prisma/client.js';

/** A request with /settings. */
export type WantedSetting =
  | { readonly kind: 'show' }
  /** How many messages are kept as context; 0: none. */
  | { readonly kind: 'window'; readonly messages: number }
  | { readonly kind: 'answer'; readonly all: boolean }
  | { readonly kind: 'mode'; readonly mode: BusyMode };

const modes = Object.values(BusyMode);

export const readMode = (word: string): BusyMode | null =>
  modes.find((mode) => mode === word.toLowerCase()) ?? null;

/** Reads the arguments of /settings; null for anything else. Pure and total. */
export function readSetting(args: string): WantedSetting | null {
  const [name = '', value = '', ...more] = args.toLowerCase().split(/\s+/);
  if (name === '') return { kind: 'show' };
  if (more.length > 0) return null;
  switch (name) {
    case 'window':
      return readWindow(value);
    case 'answer':
      return value === 'all' || value === 'mentioned' ? { kind: 'answer', all: value === 'all' } : null;
    case 'mode': {
      const mode = readMode(value);
      return mode && { kind: 'mode', mode };
    }
    default:
      return null;
  }
}

function readWindow(value: string): WantedSetting | null {
  if (value === 'off') return { kind: 'window', messages: 0 };
  const messages = /^\d{1,3}$/.test(value) ? Number(value) : -1;
  return messages >= 0 && messages <= MAX_CONTEXT_MESSAGES ? { kind: 'window', messages } : null;
}
