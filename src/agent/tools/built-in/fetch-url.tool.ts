import { Injectable } from '@nestjs/common';
import { IsNotEmpty, IsString, MaxLength } from 'class-validator';
import { OutsideText } from '../../../channel/outside-text.js';
import { markAsOutside } from '../outside-text.js';
import type { ToolContext } from '../tool-context.js';
import { DEFAULT_MAX_OUTPUT_CHARS, Describe, Tool } from '../tool.decorator.js';
import { PageFetcher } from '../web/page-fetcher.js';
import { readableText } from '../web/readable-text.js';

export class FetchUrlParameters {
  @Describe('The absolute http or https URL of a public page, e.g. "https://example.com/news".')
  @IsString()
  @IsNotEmpty()
  @MaxLength(2_000)
  url: string;
}

/** Lets the model read a page of the public internet. `web/` decides what it may reach. */
@Injectable()
export class FetchUrlTool {
  constructor(private readonly pages: PageFetcher) {}

  @Tool({
    name: 'fetch_url',
    description:
      'Fetches a public web page and returns its readable text (HTML, plain text, Markdown, JSON or XML). Redirects ' +
      'are followed; scripts are not run; nothing behind a login or in a private network can be read.',
    parameters: FetchUrlParameters,
    sideEffects: false,
  })
  async fetch({ url }: FetchUrlParameters, { progress }: ToolContext, signal: AbortSignal): Promise<string> {
    progress({ note: URL.canParse(url) ? new URL(url).host : '' });
    const page = await this.pages.fetch(url, signal);
    const text = await page.source.mapAsync(async (source) =>
      page.kind === 'html' ? await readableText(source, signal) : source.trim(),
    );
    const content = text.length === 0 ? '(the page has no readable text)' : text;
    const found = OutsideText.join([OutsideText.join(['URL: ', page.url], ''), content], '\n\n');
    return markAsOutside(found, 'a web page', DEFAULT_MAX_OUTPUT_CHARS);
  }
}
