import type { SignatureScheme } from './signature-scheme.js';
import { AUTHENTIC } from './verification.js';

/** Accepts every request, for trials on one machine. It `proves` nothing, so its caller accepts loopback only. */
export const unsignedScheme: SignatureScheme = {
  proves: 'nothing',
  verify: () => AUTHENTIC,
};
