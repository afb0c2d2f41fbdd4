import { readFileSync } from 'node:fs';
import { Injectable } from '@nestjs/common';

/** The pages load no other origin's files and cannot be framed. */
export const PAGE_SECURITY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The files of the page, read once. */
@Injectable()
export class PlaygroundPage {
  readonly index = read('index.html');
  readonly off = read('off.html');
  readonly style = read('playground.css');
  readonly script = read('playground.js');
}

function read(name: string): string {
  return readFileSync(new URL(`page/${name}`, import.meta.url), 'utf8');
}
