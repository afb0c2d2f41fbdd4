import { Injectable } from '@nestjs/common';
import { messageOf } from './errors.js';
import { Redactor } from './redactor.js';

declare const isErrorText: unique symbol;

/**
 * The words of an error as they are stored and shown: without secrets, and such as PostgreSQL stores. What is stored of an
 * error has this type, and `ErrorTexts` alone makes it: somebody else's words, which may quote a key, are no `ErrorText`.
 */
export type ErrorText = string & { readonly [isErrorText]: true };

const MAX_LENGTH = 2_000;

function isFit(text: string): text is ErrorText {
  return text.length <= MAX_LENGTH && !text.includes('\u0000') && text.isWellFormed();
}

/** Makes the words of errors fit to be stored. */
@Injectable()
export class ErrorTexts {
  constructor(private readonly redactor: Redactor) {}

  /** @param error anything thrown, or its words */
  storable(error: unknown): ErrorText {
    // Redact before cutting, else a secret on the edge would keep its first half.
    const clean = this.redactor.text(messageOf(error)).replaceAll('\u0000', '');
    const text = clean.slice(0, MAX_LENGTH).toWellFormed();
    if (!isFit(text)) throw new TypeError('the words of an error are not fit to be stored');
    return text;
  }
}
