import { existsSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { DynamicModule } from '@nestjs/common';
import { fileURLToPath } from 'node:url';
import { NestFactory } from '@nestjs/core';
import type { FastifyAdapter, NestFastifyApplication } from '@nestjs/platform-fastify';
import { IsolatedEntry } from './agent/loop/isolation/isolated-entry.js';
import { AppModule } from './app.module.js';
import type { Environment } from './platform/config/read-settings.js';
import { assertComplete, loadSettings, type Settings } from './settings/settings.js';
import { DatabaseModule } from './platform/database/database.module.js';
import { EmbeddedPostgres, embeddedFolder } from './platform/database/embedded-postgres.js';
import { ConnectionsPerAddress } from './platform/http/connections-per-address.js';
import { Gates } from './platform/http/gates.js';
import { createHttpServer, fixedHttpLimits, listenFailure } from './platform/http/http-server.js';
import { BrowserSafeAdapter, useSecurityHeaders } from './platform/http/security-headers.js';
import { refuseUnroutable } from './platform/observability/http-exception.filter.js';
import { PinoLoggerService } from './platform/observability/pino-logger.service.js';
import { secretsOf } from './platform/config/setting-secrets.js';
import { SimulatorClaim } from './playground/simulator-claim.js';
import { type StandIns, startStandIns } from './playground/stand-ins.js';
import { NEVER } from './platform/runtime/pause.js';
import { BODY_LIMIT_BYTES, useBodyParser } from './webhook/body-parser.js';

/** A listening process of Turnpike. */
export interface RunningApplication {
  /** Its address, e.g. `http://127.0.0.1:3000`. */
  readonly url: string;
  readonly settings: Settings;
  readonly standIns: StandIns;
  /** Ends it in order: stops receiving, finishes or hands back running work, closes everything. */
  stop(): Promise<void>;
}

/** The entry module of an isolated process (null: there can be none), and its arguments. */
export type IsolatedStart = Pick<IsolatedEntry, 'file' | 'args'>;

/** The built file; the sources alone cannot be run. */
const isolatedFile = fileURLToPath(new URL('isolated-main.js', import.meta.url));
const isolatedMain: IsolatedStart = { file: existsSync(isolatedFile) ? isolatedFile : null, args: [] };

/**
 * Starts the roles that the environment asks for, with stand-ins for Telegram and the model if none is configured. A
 * failed start leaves nothing running.
 * @param stopping aborted: the wait for a database ends, and this rejects
 * @param isolated the start of a process that calls `serveIsolatedRun`
 * @throws SettingsError when the settings do not allow a start
 * @throws the reason why a part did not start
 */
export async function startApplication(
  env: Environment,
  stopping: AbortSignal = NEVER,
  isolated: IsolatedStart = isolatedMain,
): Promise<RunningApplication> {
  const standIns = await startStandIns(env);
  try {
    const settings = loadSettings(standIns.env);
    assertComplete(settings);
    const embedded = new EmbeddedPostgres(embeddedFolder(settings.database.dataDir));
    try {
      const entry = new IsolatedEntry(isolated.file, isolated.args, standIns.env);
      return await start(settings, standIns, DatabaseModule.forProcess(embedded, stopping), entry);
    } catch (error) {
      await embedded.stop();
      throw error;
    }
  } catch (error) {
    await standIns.stop();
    throw error;
  }
}

async function start(
  settings: Settings,
  standIns: StandIns,
  database: DynamicModule,
  entry: IsolatedEntry,
): Promise<RunningApplication> {
  const logger = new PinoLoggerService({ settings: settings.log, redactValues: secretsOf(settings) });
  const module = await AppModule.forRoot(settings, standIns, database, entry);
  const app = await NestFactory.create<NestFastifyApplication>(module, httpAdapter(settings), {
    ...httpOptions,
    logger,
  });
  await setUpHttp(app, settings);
  try {
    await app.listen(settings.server.port, settings.server.host);
  } catch (error) {
    await app.close();
    throw listenFailure(error, settings.server);
  }
  const url = addressOf(app, settings.server.host);
  await app.get(SimulatorClaim).announce(url);
  standIns.connect(url);
  return {
    url,
    settings,
    standIns,
    stop: async () => {
      await app.close();
      await standIns.stop();
    },
  };
}

/** The HTTP options of this application; tests with their own assembly use the same. */
export function httpAdapter({ server }: Settings): FastifyAdapter {
  const { trustedProxies, maxConnections, maxConnectionsPerAddress } = server;
  const perAddress = new ConnectionsPerAddress(maxConnectionsPerAddress, trustedProxies);
  return new BrowserSafeAdapter({
    bodyLimit: BODY_LIMIT_BYTES,
    frameworkErrors: refuseUnroutable,
    trustProxy: trustedProxies.length > 0 && [...trustedProxies],
    serverFactory: (handler: RequestListener) =>
      createHttpServer(handler, { ...fixedHttpLimits, maxConnections, perAddress }),
  });
}

/** Connections that a client keeps open do not delay the end. */
export const httpOptions = { bodyParser: false, abortOnError: false, forceCloseConnections: true } as const;

/** Call it before the application is initialised, which registers its routes. */
export async function setUpHttp(app: NestFastifyApplication, { server }: Settings): Promise<void> {
  useBodyParser(app);
  app.get(Gates).guard(app.getHttpAdapter().getInstance());
  useSecurityHeaders(app);
  if (!server.showsDocs) return;
  const { setUpDocs } = await import('./admin/docs/docs.js');
  setUpDocs(app);
}

function addressOf(app: NestFastifyApplication, host: string): string {
  const address: AddressInfo | string | null = app.getHttpServer().address();
  const port = typeof address === 'object' && address !== null ? address.port : '';
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
