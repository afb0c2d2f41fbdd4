// The playground page: shows one chat of the simulated Telegram and lets its user write. No received content is ever
// parsed as HTML: every piece becomes a text node.

const API = '/playground/api';
const TYPING_SHOWS_MS = 5_000;
/** As long as Telegram shows a draft: https://core.telegram.org/bots/api#sendmessagedraft */
const DRAFT_SHOWS_MS = 30_000;
/** After this time an unanswered button can be pressed again. */
const PRESS_WAITS_MS = 15_000;
const NOTICE_SHOWS_MS = 10_000;

const log = document.querySelector('#log');
const empty = document.querySelector('#empty');
const state = document.querySelector('#state');
const notice = document.querySelector('#notice');
const picker = document.querySelector('#chat');
const composer = document.querySelector('#composer');
const field = document.querySelector('#text');

/** Elements of the messages shown, by message id. */
const shown = new Map();
let chatId = 0;
let stream = null;
let typingTimer = 0;
const typing = typingBubble();
const draft = bubble('bot draft');
const stopButton = draft.appendChild(document.createElement('button'));
let draftTimer = 0;
let noticeTimer = 0;

void start();

async function start() {
  stopButton.textContent = 'Stop';
  stopButton.addEventListener('click', () => {
    void fetch(`${API}/chats/${chatId}/stop`, { method: 'POST' });
  });
  picker.addEventListener('change', () => open(Number(picker.value)));
  document.querySelector('#new-chat').addEventListener('click', () => {
    open(newChatId());
    field.focus();
  });
  composer.addEventListener('submit', (event) => {
    event.preventDefault();
    const text = field.value;
    if (text.trim() === '') return;
    field.value = '';
    void send(text);
  });
  field.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    composer.requestSubmit();
  });
  for (const button of document.querySelectorAll('#hints button')) {
    button.addEventListener('click', () => void send(button.dataset.text));
  }
  window.addEventListener('hashchange', () => open(chatInAddress() || chatId));

  const known = await knownChats();
  open(chatInAddress() || known[0]?.chatId || newChatId());
}

/** Shows a chat and follows it. */
function open(id) {
  if (id === chatId) return;
  chatId = id;
  history.replaceState(null, '', `#${id}`);
  stream?.close();
  showChat({ messages: [], action: null, draft: null });
  void listChats();
  stream = new EventSource(`${API}/chats/${id}/stream`);
  // Also after a broken connection: the chat contains missed messages.
  stream.addEventListener('ready', () => void load(id));
  stream.addEventListener('message', (event) => upsert(JSON.parse(event.data).message));
  stream.addEventListener('removed', (event) => remove(JSON.parse(event.data).messageId));
  stream.addEventListener('pressed', (event) => showPressed(JSON.parse(event.data)));
  stream.addEventListener('action', () => showTyping());
  stream.addEventListener('draft', (event) => showDraft(JSON.parse(event.data).draft));
  stream.addEventListener('error', () => say('The connection is lost; trying again …'));
}

async function load(id) {
  const response = await fetch(`${API}/chats/${id}/messages`);
  say('');
  if (response.ok && id === chatId) showChat(await response.json());
}

async function send(text) {
  const problem = await post('messages', { chatId, text });
  say(problem && `Not sent: ${problem}`);
  if (problem && field.value === '') field.value = text;
}

/** Presses a button of a message; it stays pressed until the bot has answered, or takes too long. */
async function press(button, messageId, data) {
  if (button.getAttribute('aria-disabled') === 'true') return;
  button.setAttribute('aria-disabled', 'true');
  showNotice('');
  setTimeout(() => release(button), PRESS_WAITS_MS);
  const problem = await post('presses', { chatId, messageId, data });
  say(problem && `Not pressed: ${problem}`);
  if (problem) release(button);
}

/** @returns the reason why the server refused it; empty if it was accepted */
async function post(path, body) {
  try {
    const response = await fetch(`${API}/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (response.ok) return '';
    const { message } = await response.json();
    return Array.isArray(message) ? message.join(', ') : message;
  } catch {
    return 'the server does not answer.';
  }
}

/** The bot answered a press: https://core.telegram.org/bots/api#answercallbackquery */
function showPressed({ messageId, text }) {
  for (const button of shown.get(messageId)?.querySelectorAll('.buttons button') ?? []) release(button);
  showNotice(text);
}

function release(button) {
  if (!button.dataset.unknown) button.removeAttribute('aria-disabled');
}

function showNotice(text) {
  clearTimeout(noticeTimer);
  notice.textContent = text;
  notice.hidden = text === '';
  if (text !== '') noticeTimer = setTimeout(() => showNotice(''), NOTICE_SHOWS_MS);
}

function showChat(chat) {
  for (const element of shown.values()) element.remove();
  shown.clear();
  typing.remove();
  for (const message of chat.messages) upsert(message);
  showDraft(chat.draft);
  if (chat.action) showTyping();
  empty.hidden = shown.size > 0;
  toEnd();
}

/** Adds a message or replaces it after an edit, a reaction or its acknowledgement. */
function upsert(message) {
  const following = isAtEnd();
  const isNew = !shown.has(message.messageId);
  const element = shown.get(message.messageId) ?? bubble(message.from);
  element.firstChild.replaceChildren(formatted(message.text, message.entities));
  if (message.attachment) element.firstChild.prepend(`[${message.attachment}] `);
  showButtons(element, message);
  element.querySelector('.note')?.remove();
  const note = noteOf(message);
  if (note) element.append(note);
  if (isNew) {
    shown.set(message.messageId, element);
    log.append(element);
    empty.hidden = true;
    if (message.from === 'bot') typing.remove();
    if (typing.isConnected) log.append(typing);
    if (message.from === 'user') void listChats();
  }
  if (following || message.from === 'user') toEnd();
}

function remove(messageId) {
  shown.get(messageId)?.remove();
  shown.delete(messageId);
}

function showTyping() {
  const following = isAtEnd();
  clearTimeout(typingTimer);
  typingTimer = setTimeout(() => typing.remove(), TYPING_SHOWS_MS);
  if (!draft.isConnected) log.append(typing);
  if (following) toEnd();
}

function showDraft(content) {
  const following = isAtEnd();
  clearTimeout(draftTimer);
  draft.remove();
  if (!content) return;
  typing.remove();
  draft.firstChild.replaceChildren(content.text ? formatted(content.text, content.entities) : 'Thinking …');
  stopButton.hidden = !content.canStop;
  draftTimer = setTimeout(() => draft.remove(), content.at + DRAFT_SHOWS_MS - Date.now());
  log.append(draft);
  if (following) toEnd();
}

/** Shows a message's inline keyboard as it is now. */
function showButtons(element, { messageId, replyMarkup }) {
  const rows = replyMarkup?.inline_keyboard ?? [];
  const written = JSON.stringify(rows);
  if ((element.dataset.buttons ?? '[]') === written) return;
  element.dataset.buttons = written;
  const before = element.querySelector('.buttons');
  // The focus of a keyboard user moves to the chat.
  if (before?.contains(document.activeElement)) log.focus();
  before?.remove();
  if (rows.length === 0) return;
  const keyboard = document.createElement('div');
  keyboard.className = 'buttons';
  keyboard.setAttribute('role', 'group');
  keyboard.setAttribute('aria-label', 'Buttons of this message');
  for (const row of rows) {
    const line = document.createElement('div');
    line.append(...row.map((button) => buttonOf(messageId, button)));
    keyboard.append(line);
  }
  element.firstChild.after(keyboard);
}

/** https://core.telegram.org/bots/api#inlinekeyboardbutton */
function buttonOf(messageId, { text, callback_data: data, url }) {
  if (url !== undefined) {
    const anchor = link(url);
    anchor.textContent = text;
    return anchor;
  }
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = text;
  if (data === undefined) {
    button.dataset.unknown = 'true';
    button.title = 'The playground cannot press this kind of button.';
    button.setAttribute('aria-disabled', 'true');
  } else {
    button.addEventListener('click', () => void press(button, messageId, data));
  }
  return button;
}

function noteOf({ ack, editedAt, reaction, from }) {
  const parts = [];
  if (reaction) parts.push(reaction);
  if (from === 'bot' && editedAt) parts.push('edited');
  const refused = ack && (ack.status < 200 || ack.status > 299);
  if (ack && !refused) parts.push(`acknowledged in ${milliseconds(ack.milliseconds)}`);
  if (refused) parts.push(`not taken (${ack.status || 'no answer'}), try ${ack.attempt}; it is sent again`);
  if (parts.length === 0) return null;
  const note = document.createElement('small');
  note.className = refused ? 'note bad' : 'note';
  note.textContent = parts.join(' · ');
  return note;
}

function milliseconds(value) {
  return value < 10 ? `${value.toFixed(1)} ms` : `${Math.round(value)} ms`;
}

function bubble(kind) {
  const element = document.createElement('article');
  element.className = `message ${kind}`;
  element.setAttribute('aria-label', kind === 'user' ? 'You' : 'Bot');
  const content = document.createElement('div');
  content.className = 'bubble';
  content.dir = 'auto';
  element.append(content);
  return element;
}

function typingBubble() {
  const element = bubble('bot');
  element.setAttribute('aria-label', 'The bot is typing');
  element.firstChild.classList.add('dots');
  element.firstChild.append(...[1, 2, 3].map(() => document.createElement('i')));
  return element;
}

/** A text with Telegram's entities, as nodes. Offsets count UTF-16 units, as JavaScript's strings do. */
function formatted(text, entities) {
  const fragment = document.createDocumentFragment();
  const sorted = entities.toSorted((a, b) => a.offset - b.offset || b.length - a.length);
  fill(fragment, text, 0, text.length, sorted);
  return fragment;
}

/** Fills a node with text[from, to); `entities` lie in there and are sorted, the outer before the inner. */
function fill(parent, text, from, to, entities) {
  let at = from;
  const waiting = [...entities];
  while (waiting.length > 0) {
    const entity = waiting.shift();
    const end = Math.min(entity.offset + entity.length, to);
    const inner = [];
    while (waiting.length > 0 && waiting[0].offset < end) inner.push(waiting.shift());
    // An entity that extends beyond this one continues behind it.
    for (const other of inner.toReversed()) {
      const rest = other.offset + other.length - end;
      if (rest > 0) waiting.unshift({ ...other, offset: end, length: rest });
    }
    parent.append(text.slice(at, entity.offset));
    const node = nodeOf(entity, text.slice(entity.offset, end));
    fill(node, text, entity.offset, end, inner);
    parent.append(node);
    at = end;
    // A block breaks the line by itself.
    if (getsOwnLine(entity) && text[at] === '\n') at += 1;
  }
  parent.append(text.slice(at, to));
}

function getsOwnLine({ type }) {
  return type === 'pre' || type === 'blockquote' || type === 'expandable_blockquote';
}

const TAGS = {
  bold: 'strong',
  italic: 'em',
  underline: 'u',
  strikethrough: 's',
  code: 'code',
  pre: 'pre',
  blockquote: 'blockquote',
  expandable_blockquote: 'blockquote',
};

function nodeOf(entity, covered) {
  if (entity.type === 'text_link' || entity.type === 'url') return link(entity.url ?? covered);
  const node = document.createElement(TAGS[entity.type] ?? 'span');
  if (entity.type === 'spoiler') node.className = 'spoiler';
  // One is shown by focus, the other may have to be scrolled.
  if (entity.type === 'spoiler' || entity.type === 'pre') node.tabIndex = 0;
  if (entity.language) node.title = entity.language;
  return node;
}

/** An address that could run a script stays text. */
function link(address) {
  const harmless = /^(https?|tg|mailto):/i.test(address) ? address : `https://${address}`;
  if (!URL.canParse(harmless)) return document.createElement('span');
  const node = document.createElement('a');
  node.href = harmless;
  node.rel = 'noopener noreferrer';
  node.target = '_blank';
  return node;
}

async function knownChats() {
  try {
    return await (await fetch(`${API}/chats`)).json();
  } catch {
    return [];
  }
}

async function listChats() {
  const chats = await knownChats();
  if (!chats.some((chat) => chat.chatId === chatId)) chats.unshift({ chatId, name: 'New chat' });
  picker.replaceChildren(
    ...chats.map(({ chatId: id, name }) => new Option(`${name} · ${id}`, id, false, id === chatId)),
  );
}

function newChatId() {
  return 100_000 + (crypto.getRandomValues(new Uint32Array(1))[0] % 900_000_000);
}

function chatInAddress() {
  const id = Number(location.hash.slice(1));
  return Number.isSafeInteger(id) && id > 0 ? id : 0;
}

function say(problem) {
  state.textContent = problem;
  state.hidden = problem === '';
}

function isAtEnd() {
  return log.scrollHeight - log.scrollTop - log.clientHeight < 80;
}

function toEnd() {
  log.scrollTop = log.scrollHeight;
}
