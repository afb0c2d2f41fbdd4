import { visible } from '../texts/visible-text.js';

/** All that a command says, as a terminal shows it: what it would obey, or nobody would see, is written out. Tabs stay. */
export const onTerminal = (text: string): string => text.split('\t').map(visible).join('\t');
