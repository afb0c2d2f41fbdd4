import type { Guard } from './guard.js';

const serverSpec = 'src/http/http-server.spec.ts';
const server = 'src/http/http-server.ts';
const gates = 'src/http/gates.ts';

/** What strangers may take of the server. */
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
    spec: 'src/http/gates.spec.ts',
    test: 'let in whom the gate admits, with the body, and nobody else, whose body is not even parsed',
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
    spec: 'src/http/gates.spec.ts',
    test: 'answer 404 to what has no route, and do not parse it',
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
    spec: 'src/http/gates.spec.ts',
    test: 'stop a start with a route that reads bodies of anybody: POST',
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
    test: 'breaks off a body that drips',
  },
  {
    id: 'http/silence',
    kind: 'limit',
    promises: [7],
    keeps: 'A connection on which nothing moves is closed',
    without: { file: server, find: 'server.timeout = limits.silenceTimeoutMs;' },
    spec: serverSpec,
    test: 'closes a connection on which nothing moves, whatever it waits for',
  },
  {
    id: 'http/connections',
    kind: 'limit',
    promises: [7],
    keeps: 'A process has so many connections and no more',
    without: { file: server, find: 'server.maxConnections = limits.maxConnections;' },
    spec: serverSpec,
    test: 'has so many connections and no more, and room again when one ends',
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
    test: 'gives an address 60 a minute, then tells how long to wait',
  },
];

const health = 'src/observability/health-registry.ts';
const healthSpec = 'src/observability/health-registry.spec.ts';

/** What the question whether a process is ready costs, which anybody may ask. */
const healthGuards: readonly Guard[] = [
  {
    id: 'health/one-check',
    kind: 'limit',
    promises: [7],
    keeps: 'One check of the parts is under way, however many ask',
    without: { file: health, within: 'async check(', find: 'this.underWay ??=', replace: 'this.underWay =' },
    spec: healthSpec,
    test: 'asks once for all who ask at once, and for all within a second',
  },
  {
    id: 'health/told-for-a-second',
    kind: 'limit',
    promises: [7],
    keeps: 'The parts are asked once a second at most',
    without: { file: health, within: 'async check(', find: '< FRESH_MS', replace: '< 0' },
    spec: healthSpec,
    test: 'asks once for all who ask at once, and for all within a second',
  },
];

export const httpGuards: readonly Guard[] = [...requestGuards, ...healthGuards];
