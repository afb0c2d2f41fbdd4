import { Injectable, NotFoundException } from '@nestjs/common';
import type { FastifyInstance, HookHandlerDoneFunction, onRequestHookHandler, RouteOptions } from 'fastify';
import type { Gate } from './gate.js';

/** Methods whose bodies Fastify does not read. */
const BODILESS = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/** Assigns gates to routes. */
@Injectable()
export class Gates {
  private readonly gates: Gate[] = [];

  /** Adds a gate, before routes are registered. @throws Error when another gate has its paths already */
  add(gate: Gate): void {
    const other = this.gates.find(({ path }) => path.startsWith(gate.path) || gate.path.startsWith(path));
    if (other) throw new Error(`two gates stand before ${gate.path}`);
    this.gates.push(gate);
  }

  /** The gate of a route, by the route as it is written; null: the route is open. */
  before(route: string): Gate | null {
    return this.gates.find(({ path }) => route.startsWith(path)) ?? null;
  }

  /**
   * Puts each gate before its routes, and refuses requests without a route before reading them. Call it before routes
   * are registered. A route that reads bodies and has no gate stops the start: its author must declare which senders
   * may use it.
   */
  guard(fastify: FastifyInstance): void {
    fastify.addHook('onRequest', (request, _reply, done) =>
      done(request.is404 ? new NotFoundException(`Cannot ${request.method} ${request.url}`) : undefined),
    );
    fastify.addHook('onRoute', (route) => {
      const gate = this.before(route.url);
      if (gate) route.onRequest = [...hooksOf(route), hookOf(gate)];
      else if (readsBodies(route))
        throw new Error(`${String(route.method)} ${route.url} reads bodies of anybody: put a Gate before it`);
    });
  }
}

function hookOf(gate: Gate): onRequestHookHandler {
  return (request, reply, done: HookHandlerDoneFunction) => {
    try {
      gate.admit(request, reply);
    } catch (error) {
      return done(error instanceof Error ? error : new Error(String(error)));
    }
    done();
  };
}

function hooksOf({ onRequest }: RouteOptions): onRequestHookHandler[] {
  if (onRequest === undefined) return [];
  return Array.isArray(onRequest) ? onRequest : [onRequest];
}

function readsBodies({ method }: RouteOptions): boolean {
  return [method].flat().some((one) => !BODILESS.has(one.toUpperCase()));
}
