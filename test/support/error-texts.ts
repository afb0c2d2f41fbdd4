import { type ErrorText, ErrorTexts } from '../../src/errors/error-text.js';
import { Redactor } from '../../src/errors/redactor.js';

/** Where no secret is known. */
export const noSecrets = new Redactor([]);
export const errorTexts = new ErrorTexts(noSecrets);

export const errorText = (words: string): ErrorText => errorTexts.storable(words);
