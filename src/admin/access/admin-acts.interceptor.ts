import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  Logger,
  type NestInterceptor,
  StreamableFile,
} from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { type Observable, tap } from 'rxjs';

/**
 * Logs every change and every download over the admin API: the caller, the target, and the names of the given fields
 * without their values. Reading a page is not logged; the exception filter logs refusals.
 */
@Injectable()
export class AdminActs implements NestInterceptor {
  private readonly logger = new Logger('Admin');

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    return next.handle().pipe(
      tap((answer) => {
        const isDownload = answer instanceof StreamableFile;
        if (request.method !== 'GET' || isDownload) this.note(request, isDownload ? 'download' : 'change');
      }),
    );
  }

  private note(
    { method, routeOptions, params, body, ip }: FastifyRequest,
    kind: 'change' | 'download',
  ): void {
    this.logger.log({
      msg: 'admin act',
      kind,
      act: `${method} ${routeOptions.url}`,
      ids: params,
      fields: Object.keys(Object(body)),
      address: ip,
    });
  }
}
