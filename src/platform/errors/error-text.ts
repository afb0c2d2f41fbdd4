import { Injectable } from '@nestjs/common';
import { messageOf } from './errors.js';
import { Redactor } from './redactor.js';

declare const isErrorText: unique symbol;

/**
 * The text of an error as it is stored and shown: without secrets, and valid for PostgreSQL. Only `ErrorTexts` makes
 * this type, so that text from elsewhere, which may quote a key, is not stored as an error.
 */
export type ErrorText = string & { readonly [isErrorText]: true };

const MAX_LENGTH = 2_000;

function isFit(text: string): text is ErrorText {
  return text.length <= MAX_LENGTH && !text.includes('\u0000') && text.isWellFormed();
}

/** Makes the texts of errors fit to be stored. */
@Injectable()
export class ErrorTexts {
  constructor(private readonly redactor: Redactor) {}

  /** @param error anything thrown, or its text */
  storable(error: unknown): ErrorText {
    // Redact before cutting, else a secret on the edge would keep its first half.
    const clean = this.redactor.text(messageOf(error)).replaceAll('\u0000', '');
    const text = clean.slice(0, MAX_LENGTH).toWellFormed();
    if (!isFit(text)) throw new TypeError('the words of an error are not fit to be stored');
    return text;
  }
}
