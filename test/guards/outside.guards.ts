import type { Guard } from './guard.js';

const words = 'src/agent/context/outside-words.spec.ts';
const everyField = 'is quoted as data, or one line where it is the name of who writes';

/** Text from outside is marked as data, and has no effect that nobody allowed. */
export const outsideGuards: readonly Guard[] = [
  {
    id: 'outside/notes',
    kind: 'condition',
    promises: [],
    keeps: 'Titles and names in what is sent are quoted as data: contacts, polls, places, games, files',
    without: {
      file: 'src/telegram/updates/message-content.ts',
      within: 'export function noteText(',
      find: 'quoteOutside(what, words)',
      replace: '`[${what}: ${OutsideText.unmarked(words)}]`',
    },
    spec: words,
    test: everyField,
  },
  {
    id: 'outside/other-bots',
    kind: 'condition',
    promises: [],
    keeps: 'What another bot wrote for the sender is quoted as data',
    without: {
      file: 'src/telegram/updates/forward-origin.ts',
      within: 'export function othersOf(',
      find: "fieldOf(message, 'via_bot')",
      replace: 'undefined',
    },
    spec: words,
    test: everyField,
  },
  {
    id: 'outside/forwarded',
    kind: 'condition',
    promises: [],
    keeps: 'What was forwarded is quoted as data, with the name of who wrote it',
    without: {
      file: 'src/telegram/updates/message-reader.ts',
      within: 'function othersText(',
      find: "quoteOutside(what, OutsideText.join([head, contentOf(message)], '\\n'))",
      replace: "what + OutsideText.unmarked(OutsideText.join([head, contentOf(message)], '\\n'))",
    },
    spec: words,
    test: everyField,
  },
  {
    id: 'outside/every-line-quoted',
    kind: 'condition',
    promises: [],
    keeps: 'No line break ends a quotation',
    without: {
      file: 'src/channel/quoted.ts',
      within: 'export function quotation(',
      find: ".replaceAll(LINE_BREAK, '\\n')",
    },
    spec: words,
    test: 'is so whatever they try',
    error: 'Property failed',
  },
  {
    id: 'outside/names-on-one-line',
    kind: 'condition',
    promises: [],
    keeps: 'A name begins no line of the system message',
    without: {
      file: 'src/channel/names.ts',
      within: 'export function nameOf(',
      find: "label(`${sender.firstName} ${sender.lastName ?? ''}`)",
      replace: "`${sender.firstName} ${sender.lastName ?? ''}`",
    },
    spec: 'src/agent/context/system-prompt.spec.ts',
    test: 'names a person and their app on one line, whatever they call themselves',
  },
  {
    id: 'outside/one-speaker',
    kind: 'condition',
    promises: [],
    keeps: 'No line of a message in a group passes for another speaker’s',
    without: {
      file: 'src/channel/names.ts',
      within: 'export function spokenBy(',
      find: "text.replaceAll(LINE_BREAK, '\\n  ')",
      replace: 'text',
    },
    spec: 'src/channel/quoted.spec.ts',
    test: 'has one line that begins with a name, and no other name on it',
    error: 'Property failed',
  },
  {
    id: 'outside/redirects',
    kind: 'condition',
    promises: [],
    keeps: 'The address to which a page redirects is marked where it cannot be fetched',
    without: {
      file: 'src/agent/tools/web/page-fetcher.ts',
      within: 'function behindRedirect(',
      find: '${where}',
      replace: '${url.href}',
    },
    spec: 'src/agent/tools/built-in/fetch-url.tool.spec.ts',
    test: 'says where a page redirects to between marks alone: a host that is not there',
  },
  {
    id: 'outside/media-types',
    kind: 'condition',
    promises: [],
    keeps: 'A media type that only a server knows is not repeated',
    without: {
      file: 'src/agent/tools/web/page-type.ts',
      find: 'NAMED.has(type)',
      replace: "type !== ''",
    },
    spec: 'src/agent/tools/built-in/fetch-url.tool.spec.ts',
    test: 'names no type that only the server knows',
  },
  {
    id: 'outside/thrown-words',
    kind: 'condition',
    promises: [],
    keeps: 'What a tool threw that is no error of ours is marked',
    without: {
      file: 'src/agent/tools/tool-runner.ts',
      within: 'private failed(',
      find: '${marked(reason)}',
      replace: '${reason}',
    },
    spec: 'src/agent/tools/tool-runner.spec.ts',
    test: 'tells the model what a tool threw, marked and cut to a readable length',
  },
];
