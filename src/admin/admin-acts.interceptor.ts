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
 * Leaves a log line of everything that is changed over the admin API, and of every download: who asked, for what, and
 * which fields were named; nothing of what stood in them. Reading page by page leaves none, and what is refused has a line
 * of the filter's.
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
