import { type ErrorText, ErrorTexts } from '../../src/platform/errors/error-text.js';
import { Redactor } from '../../src/platform/errors/redactor.js';

/** For tests without secrets. */
export const noSecrets = new Redactor([]);
export const errorTexts = new ErrorTexts(noSecrets);

export const errorText = (words: string): ErrorText => errorTexts.storable(words);
