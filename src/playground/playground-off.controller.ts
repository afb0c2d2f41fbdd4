import { Controller, Get, Header } from '@nestjs/common';
import { ApiExcludeController } from '../platform/openapi/api-docs.js';
import { PAGE_SECURITY, PlaygroundPage } from './playground-page.js';

/** The playground of a process that serves a real bot. */
@ApiExcludeController()
@Controller('playground')
export class PlaygroundOffController {
  constructor(private readonly page: PlaygroundPage) {}

  @Get()
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('content-security-policy', PAGE_SECURITY)
  show(): string {
    return this.page.off;
  }

  @Get('playground.css')
  @Header('content-type', 'text/css; charset=utf-8')
  style(): string {
    return this.page.style;
  }
}
