import type { ChatDescription, Inbound, Sender } from '../../channel/inbound.js';

/** An update in which nobody wrote anything; whoever reads it adds what it is. */
export function unwritten(externalId: string, chat: ChatDescription, sender: Sender | null): Inbound {
  return {
    externalId,
    chat,
    sender,
    text: '',
    isOfOthers: false,
    attachments: [],
    isWordless: true,
    command: null,
    press: null,
    stoppedPreview: null,
    happening: null,
    channelMessageId: null,
    isFromBot: false,
    isOverheard: false,
    isEdit: false,
    inBatch: false,
  };
}
