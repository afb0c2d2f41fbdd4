import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';

type SecurityHook = Parameters<FastifyAdapter['registerSecurityHook']>[0];

/** Nest's adapter, which adds security headers to every answer but the webhook's: its client is no browser. */
export class BrowserSafeAdapter extends FastifyAdapter {
  override registerSecurityHook(hook: SecurityHook): void {
    super.registerSecurityHook((request, response) =>
      request.url.startsWith('/webhook/') ? undefined : hook(request, response),
    );
  }
}

/**
 * Makes a browser treat answers as their declared type, embed none of them in another page, and run none of their
 * content. A page with scripts sets a policy of its own. Call it before the application is initialised.
 */
export function useSecurityHeaders(app: NestFastifyApplication): void {
  app.useSecurityHeaders({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: "'none'", baseUri: "'none'", formAction: "'none'", frameAncestors: "'none'" },
    },
    xFrameOptions: { action: 'deny' },
    // The TLS proxy decides for how long, and for which other names.
    strictTransportSecurity: false,
  });
}
