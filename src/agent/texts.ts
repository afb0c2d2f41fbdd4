/** What the agent says without a model, in Markdown. */
export const texts = {
  start: [
    '**Hello!** I am an AI assistant. Write to me as you would to a person.',
    'I can calculate, tell the time, remember what you ask me to, and search what we talked about.',
    'Type /help to see the commands.',
  ].join('\n\n'),
  help: [
    '**What you can type**',
    '- /start: a short introduction',
    '- /help: this list',
    '- /reset: begin anew; what I was asked to remember stays',
  ].join('\n'),
  reset: 'A new beginning: I no longer look at what was said before. What you asked me to remember stays.',
  refusal: 'Sorry, this bot is private. Ask its operator to let you in.',
  overflow:
    'You are writing faster than I can answer. Until I have caught up, further messages are not read.',
  failed: 'Sorry, something went wrong and I could not answer this. Please try again later.',
  timedOut: 'Sorry, this took too long and I had to stop. Please try again, perhaps with a smaller question.',
  modelRefusedRequest: 'Sorry, the language model did not accept this request, so I could not answer it.',
  stepsExhausted: 'I stopped here: this needed more steps than I may take for one answer.',
  empty: 'I have no answer to that. Please put it another way.',
  filtered: 'I cannot answer that: the provider’s content filter stopped the answer.',
  cutOff: '_(The answer reached its length limit and ends here.)_',
} as const;
