import { IsInt } from 'class-validator';
import { Tool } from '../../src/agent/tools/tool.decorator.js';

class Page {
  @IsInt()
  page: number;
}

/** A tool `read` whose result is the page's number and then, after a colon, `text`. */
export function bookOf(text: string): new () => object {
  class Book {
    @Tool({ name: 'read', description: 'Reads a page.', parameters: Page })
    read({ page }: Page): string {
      return text === '' ? `page ${page}` : `page ${page}: ${text}`;
    }
  }
  return Book;
}
