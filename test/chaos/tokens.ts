/** Finds tokens in a text, in their order. */
export const tokensOf = (text: string): string[] => text.match(/q\d+c\d+n\d+z/g) ?? [];
