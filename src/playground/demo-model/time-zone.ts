/** City names of the time zones that this Node.js knows, e.g. `new york` for `America/New_York`. */
const ZONES = new Map(
  Intl.supportedValuesOf('timeZone').map((zone) => [
    zone
      .slice(zone.lastIndexOf('/') + 1)
      .replaceAll('_', ' ')
      .toLowerCase(),
    zone,
  ]),
);
const LONGEST_NAME_IN_WORDS = 4;

/** The time zone whose city a text names ("what time is it in Tokyo?"), or null. */
export function timeZoneIn(text: string): string | null {
  const words = text.toLowerCase().match(/[\p{L}/_+-]+/gu) ?? [];
  for (let length = LONGEST_NAME_IN_WORDS; length > 0; length--) {
    for (let start = 0; start + length <= words.length; start++) {
      const name = words.slice(start, start + length).join(' ');
      const zone = ZONES.get(name.slice(name.lastIndexOf('/') + 1).replaceAll('_', ' '));
      if (zone) return zone;
    }
  }
  return null;
}
