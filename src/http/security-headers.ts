import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';

type SecurityHook = Parameters<FastifyAdapter['registerSecurityHook']>[0];

/** Nest's adapter, whose security headers come with every answer but the webhook's: who reads that is no browser. */
export class BrowserSafeAdapter extends FastifyAdapter {
  override registerSecurityHook(hook: SecurityHook): void {
    super.registerSecurityHook((request, response) =>
      request.url.startsWith('/webhook/') ? undefined : hook(request, response),
    );
  }
}

/**
 * Has a browser take answers for the type they say, show none of them within another page, and run nothing of them. A page
 * that runs something says so with a policy of its own. Call it before the application is initialised.
 */
export function useSecurityHeaders(app: NestFastifyApplication): void {
  app.useSecurityHeaders({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: "'none'", baseUri: "'none'", formAction: "'none'", frameAncestors: "'none'" },
    },
    xFrameOptions: { action: 'deny' },
    // Whoever ends TLS decides for how long, and for which other names.
    strictTransportSecurity: false,
  });
}
