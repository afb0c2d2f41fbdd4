import type { Guard } from './guard.js';

const redactor = 'src/errors/redactor.ts';
const redactorSpec = 'src/errors/redactor.spec.ts';

/** What somebody else quotes of our secrets. */
export const secretGuards: readonly Guard[] = [
  {
    id: 'secrets/stored-words',
    kind: 'secret',
    promises: [],
    keeps: 'No secret is stored with the words of an error',
    without: {
      file: 'src/errors/error-text.ts',
      within: 'storable(',
      find: 'this.redactor.text(messageOf(error))',
      replace: 'messageOf(error)',
    },
    spec: 'src/errors/error-text.spec.ts',
    test: 'leave secrets out, also one on the edge of what is kept',
  },
  {
    id: 'secrets/percent-encoded',
    kind: 'secret',
    promises: [],
    keeps: 'A percent-encoded secret is known as one',
    without: {
      file: redactor,
      within: 'function percentEncoded(',
      find: '(?:25)*',
      replace: '',
    },
    spec: redactorSpec,
    test: 'takes out a percent-encoded secret, whichever characters are, in whichever case, however often',
    error: 'Property failed',
  },
  {
    id: 'secrets/base64',
    kind: 'secret',
    promises: [],
    keeps: 'A secret in base64 is known as one, whatever stands before it',
    without: { file: redactor, within: 'function base64Forms(', find: '[0, 1, 2]', replace: '[0]' },
    spec: redactorSpec,
    test: 'takes out a secret in base64, whatever stands before and behind it',
    error: 'Property failed',
  },
  {
    id: 'secrets/tool-results',
    kind: 'secret',
    promises: [],
    keeps: 'No secret is in what a tool tells the model',
    without: {
      file: 'src/agent/tools/tool-runner.ts',
      within: 'private async call(',
      find: 'this.redactor.text(textOf(value))',
      replace: 'textOf(value)',
    },
    spec: 'src/agent/tools/tool-runner.spec.ts',
    test: 'lets no secret of the settings through, whatever the tool does with it: leak',
  },
  {
    id: 'secrets/no-user-in-addresses',
    kind: 'secret',
    promises: [],
    keeps: 'No password is in an address that is logged and shown',
    without: {
      file: 'src/config/http-address.ts',
      within: 'export function isHttpAddress(',
      find: "username === '' && password === ''",
      replace: "username !== ' ' && password !== ' '",
    },
    spec: 'src/config/http-address.spec.ts',
    test: 'take a plain one, and none with a password, which is not shown: OPENAI_BASE_URL',
  },
  {
    id: 'secrets/guessable',
    kind: 'secret',
    promises: [],
    keeps: 'Production starts with no secret that a person typed to get past a rule',
    without: {
      file: 'src/config/settings.ts',
      find: '    ...(settings.server.production ? guessableSecrets(Object.values(settings)) : []),\n',
    },
    spec: 'src/config/settings.spec.ts',
    test: 'refuse production with a guessable ADMIN_API_KEY, outside it do not',
  },
  {
    id: 'playground/own-host',
    kind: 'secret',
    promises: [],
    keeps: 'The playground obeys no page of a name that its owner has resolve to this machine',
    without: {
      file: 'src/playground/same-site.guard.ts',
      within: 'admit(',
      find: '!isOwnHost(headers.host, this.server.host)',
      replace: "headers.host === '' && isOwnHost('', '')",
    },
    spec: 'src/playground/playground.spec.ts',
    test: 'refuses a page of a name that its owner has resolve to this machine, though it is of that origin',
  },
  {
    id: 'mcp/own-server-only',
    kind: 'secret',
    promises: [],
    keeps: 'An MCP server has calls and their headers sent to nobody but itself',
    without: {
      file: 'src/agent/mcp/bounded-fetch.ts',
      within: 'async function fetchWithin(',
      find: 'next?.origin !== url.origin',
      replace: 'next === null',
    },
    spec: 'src/agent/mcp/bounded-fetch.spec.ts',
    test: 'is not sent on to another port of this machine',
    error: 'redirects to another one',
  },
  {
    id: 'cli/seen-only',
    kind: 'condition',
    promises: [],
    keeps: 'No word of a stranger steers the terminal of who runs a command',
    without: {
      file: 'src/cli/run-cli.ts',
      find: 'onTerminal(redactor.text(`${messageOf(error)}${hint}`))',
      replace: 'redactor.text(`${messageOf(error)}${hint}`)',
    },
    spec: 'src/cli/printable.spec.ts',
    test: 'is held to that whichever command it is of, errors and their hints too',
  },
];
