// How Telegram handles single characters: which it removes, which it cannot show, where a text may not be cut.

// Control characters except tab and line feed, and characters that Telegram removes from every text: directional
// overrides, and three combining marks that strike letters through.
// eslint-disable-next-line no-control-regex -- removing them is the purpose
const REMOVED = /[\u0000-\u0008\u000e-\u001f\u007f-\u009f\u202a-\u202e]|\u030a|\u0333|\u033f/g;
// A letter with the ring that Telegram removes, if Unicode has both as one character.
const RINGED = /[AaUuwy]\u030a/g;
// Every way to end a line that is not a line feed.
const LINE_ENDS = /\r\n|[\r\v\f\u0085\u2028\u2029]/g;
// Anything but white space, invisible characters and the three combining marks that Telegram removes.
const VISIBLE = /[^\s\p{Cc}\p{Cf}\p{Zs}\p{Default_Ignorable_Code_Point}\u030a\u0333\u033f\u2800\ufffc]/u;
const SPACE = /\s/;

/** The same text without characters that Telegram would refuse or remove: well-formed, LF line ends, no controls. */
export function cleanText(text: string): string {
  const ringed = text.toWellFormed().replace(RINGED, (letter) => letter.normalize('NFC'));
  return ringed.replace(LINE_ENDS, '\n').replace(REMOVED, '');
}

/** Without tabs, which Telegram would turn into one space each. */
export function expandTabs(text: string, spaces: string): string {
  return text.replaceAll('\t', spaces);
}

/** Whether a message of this text would look empty. Telegram then refuses it ("message text is empty"). */
export function isBlank(text: string): boolean {
  return !VISIBLE.test(text);
}

/** Whether the UTF-16 unit at `index` is white space. False outside the text. */
export function isSpaceAt(text: string, index: number): boolean {
  return SPACE.test(text.charAt(index));
}

/** Whether a cut before the UTF-16 unit at `index` would split a character outside the basic plane. */
export function splitsSurrogatePair(text: string, index: number): boolean {
  const before = text.charCodeAt(index - 1);
  const after = text.charCodeAt(index);
  return before >= 0xd800 && before <= 0xdbff && after >= 0xdc00 && after <= 0xdfff;
}
