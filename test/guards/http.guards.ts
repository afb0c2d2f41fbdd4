import type { Guard } from './guard.js';

const serverSpec = 'src/platform/http/http-server.spec.ts';
const server = 'src/platform/http/http-server.ts';
const gates = 'src/platform/http/gates.ts';

/** Limits of strangers' use of the server. */
const requestGuards: readonly Guard[] = [
  {
    id: 'http/gate-before-body',
    kind: 'secret',
    promises: [],
    keeps: 'Who has no secret or key is refused before the body is read',
    without: {
      file: gates,
      within: 'guard(',
      find: 'route.onRequest = [...hooksOf(route), hookOf(gate)];',
      replace:
        'route.preHandler = (request, reply, done) => hookOf(gate).call(fastify, request, reply, done);',
    },
    spec: 'src/platform/http/gates.spec.ts',
    test: 'pass a request that the gate admits, with its body, and no other, whose body is not even parsed',
  },
  {
    id: 'http/no-route-no-body',
    kind: 'secret',
    promises: [],
    keeps: 'What has no route is refused before the body is read',
    without: {
      file: gates,
      within: 'guard(',
      find: 'request.is404 ?',
      replace: 'request.is404 && request.raw.readableEnded ?',
    },
    spec: 'src/platform/http/gates.spec.ts',
    test: 'answer 404 without a route, and do not parse the body',
  },
  {
    id: 'http/no-open-bodies',
    kind: 'condition',
    promises: [],
    keeps: 'A route that reads bodies and has no gate stops the start',
    without: {
      file: gates,
      within: 'guard(',
      find: 'else if (readsBodies(route))',
      replace: "else if (readsBodies(route) && route.method === 'NONE')",
    },
    spec: 'src/platform/http/gates.spec.ts',
    test: 'stop a start with an ungated route that reads bodies: POST',
  },
  {
    id: 'http/request-time',
    kind: 'limit',
    promises: [7],
    keeps: 'A request that does not come whole within 30 s is broken off',
    without: {
      file: server,
      find: 'requestTimeout: limits.requestTimeoutMs',
      replace: 'requestTimeout: 0',
    },
    spec: serverSpec,
    test: 'aborts a body that drips',
  },
  {
    id: 'http/silence',
    kind: 'limit',
    promises: [7],
    keeps: 'An idle connection is closed',
    without: { file: server, find: 'server.timeout = limits.silenceTimeoutMs;' },
    spec: serverSpec,
    test: 'closes an idle connection, whatever it waits for',
  },
  {
    id: 'http/connections',
    kind: 'limit',
    promises: [7],
    keeps: 'A process has so many connections and no more',
    without: { file: server, find: 'server.maxConnections = limits.maxConnections;' },
    spec: serverSpec,
    test: 'limits the number of connections, and one that ends makes room',
  },
  {
    id: 'http/guesses-in-memory',
    kind: 'limit',
    promises: [7],
    keeps: 'Wrong keys have a limit by address, and ask no store',
    without: {
      file: 'src/admin/access/wrong-keys.ts',
      within: 'count(',
      find: 'tries.count > LIMIT',
      replace: 'tries.count > 100 * LIMIT',
    },
    spec: 'src/admin/access/wrong-keys.spec.ts',
    test: 'allows an address 60 a minute, then returns the time to wait',
  },
];

const health = 'src/platform/health/health-registry.ts';
const healthSpec = 'src/platform/health/health-registry.spec.ts';

/** The cost of readiness checks, which any client may request. */
const healthGuards: readonly Guard[] = [
  {
    id: 'health/one-check',
    kind: 'limit',
    promises: [7],
    keeps: 'One check of the parts is under way, however many ask',
    without: { file: health, within: 'async check(', find: 'this.underWay ??=', replace: 'this.underWay =' },
    spec: healthSpec,
    test: 'checks once for all concurrent callers, and for all within a second',
  },
  {
    id: 'health/reused-for-a-second',
    kind: 'limit',
    promises: [7],
    keeps: 'The parts are asked once a second at most',
    without: { file: health, within: 'async check(', find: '< FRESH_MS', replace: '< 0' },
    spec: healthSpec,
    test: 'checks once for all concurrent callers, and for all within a second',
  },
];

const headersSpec = 'test/e2e/headers.e2e-spec.ts';

/** Contents for browsers, scrapers and readers of the log. */
const answerGuards: readonly Guard[] = [
  {
    id: 'http/security-headers',
    kind: 'condition',
    promises: [],
    keeps: 'A browser shows no answer within another page, and runs nothing of it',
    without: {
      file: 'src/application.ts',
      within: 'export async function setUpHttp(',
      find: 'useSecurityHeaders(app);',
    },
    spec: headersSpec,
    test: 'each answer declares its type, is shown within no other page, and runs nothing',
  },
  {
    id: 'http/plain-acknowledgement',
    kind: 'condition',
    promises: [],
    keeps: 'An acknowledgement carries nothing that Telegram has no use for',
    without: {
      file: 'src/platform/http/security-headers.ts',
      within: 'override registerSecurityHook(',
      find: "request.url.startsWith('/webhook/')",
      replace: "request.url === ''",
    },
    spec: headersSpec,
    test: 'Telegram is no browser: its acknowledgement has only HTTP’s required headers',
  },
  {
    id: 'admin/no-store',
    kind: 'condition',
    promises: [],
    keeps: 'No cache keeps what an operator was shown',
    without: {
      file: 'src/admin/access/admin.gate.ts',
      within: 'admit(',
      find: "void reply.header('cache-control', 'no-store');",
    },
    spec: headersSpec,
    test: 'each answer declares its type, is shown within no other page, and runs nothing',
  },
  {
    id: 'admin/acts-logged',
    kind: 'condition',
    promises: [],
    keeps: 'No change over the admin API and no download goes without a log line',
    without: { file: 'src/admin/access/admin-api.decorator.ts', find: 'UseInterceptors(AdminActs),' },
    spec: headersSpec,
    test: 'has a line of each change over the admin API and of each download, without their contents',
  },
  {
    id: 'http/closed-in-production',
    kind: 'condition',
    promises: [],
    keeps: 'Production shows metrics and the description of its API to nobody, unless a setting says so',
    without: {
      file: 'src/platform/http/server.settings.ts',
      within: 'get showsMetrics(',
      find: 'this.metricsOpen ?? !this.production',
      replace: 'this.metricsOpen ?? true',
    },
    spec: headersSpec,
    test: 'metrics and the description of the API are closed',
    error: 'expected 404',
  },
  {
    id: 'http/address-of-the-refused',
    kind: 'condition',
    promises: [],
    keeps: 'The log tells who came with a wrong key or secret',
    without: {
      file: 'src/platform/observability/http-exception.filter.ts',
      find: 'new Set([401, 403, 429])',
      replace: 'new Set([403, 429])',
    },
    spec: headersSpec,
    test: 'contains the address of a client with a wrong key or secret, and no other',
  },
];

export const httpGuards: readonly Guard[] = [...requestGuards, ...healthGuards, ...answerGuards];
