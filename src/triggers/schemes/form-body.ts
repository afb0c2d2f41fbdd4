/** A form's fields in the order of the body; names may repeat. */
export type FormFields = readonly (readonly [name: string, value: string])[];

/** Forms with more fields are refused: they are read before anybody knows who sent them. */
const MAX_FIELDS = 1000;

/**
 * Reads `application/x-www-form-urlencoded` strictly: every field has a `=`, everything but printable ASCII is escaped,
 * and escapes are UTF-8. A lenient reader would give bodies that differ the same fields, and so the same signature.
 * @returns null if the body is not such a form
 */
export function parseForm(body: Buffer): FormFields | null {
  const text = body.toString('latin1');
  if (text === '') return [];
  if (!/^[!-~]*$/.test(text)) return null;
  const fields = text.split('&', MAX_FIELDS + 1);
  if (fields.length > MAX_FIELDS) return null;
  try {
    return fields.map((field) => {
      const middle = field.indexOf('=');
      if (middle < 1) throw new URIError(`a field without a name or a value: ${field}`);
      return [decode(field.slice(0, middle)), decode(field.slice(middle + 1))];
    });
  } catch {
    return null;
  }
}

/** @throws URIError if an escape is none, or not UTF-8 */
const decode = (text: string): string => decodeURIComponent(text.replaceAll('+', ' '));
