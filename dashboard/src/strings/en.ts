// English: the measure of what there is to say. Sentences end with a stop; names of things don't.
const plural = (count: number, one: string, many: string) => (count === 1 ? one : many);

export const en = {
  language: 'Language',
  nav: {
    label: 'Pages', menu: 'Menu', skip: 'To the content',
    home: 'Home', live: 'Live', keys: 'Keys', models: 'Models', clients: 'Clients', playground: 'Playground', usage: 'Usage', settings: 'Settings',
  },
  theme: { title: 'Theme', system: 'As the system', light: 'Light', dark: 'Dark' },
  palette: {
    title: 'Go to', button: 'Go to', keys: 'Ctrl K or ?', hint: 'A page, a key, a client, a model', page: 'Page', nothing: 'Nothing has that name.',
  },
  line: {
    open: (inFlight: number) => (inFlight ? `Live, ${inFlight} in flight` : 'Live'),
    lost: 'No connection; trying again', connecting: 'Connecting',
  },
  errors: {
    unreachable: 'freeway does not answer; is it still running?',
    status: (status: number) => `freeway answered ${status} without saying why.`,
  },
  common: {
    retry: 'Try again', copy: 'Copy', copied: 'Copied', notCopied: 'Select it and copy by hand', close: 'Close', cancel: 'Cancel', save: 'Save',
    remove: 'Remove', more: 'Show more', all: 'All', none: 'None', yes: 'yes', no: 'no', unknown: 'unknown', search: 'Search', loading: 'Loading', never: 'never', showAll: (count: string) => `Show all ${count}`,
    due: 'due now', inTime: (span: string) => `in ${span}`, of: (a: string, b: string) => `${a} of ${b}`, optional: 'optional', unlimited: 'no limit',
    provider: 'Provider', model: 'Model', key: 'Key', client: 'Client', name: 'Name', state: 'State', time: 'Time', reason: 'Reason', tokens: 'Tokens', requests: 'Requests',
  },
  signIn: {
    welcome: 'Sign in to this gateway.', setUp: 'Nobody has an account here yet. Choose the password that opens this page.',
    account: 'Account', password: 'Password', least: (count: number) => `At least ${count} characters.`,
    code: 'One-time code', codeNote: 'It stands in the terminal or the log where freeway was started.', create: 'Create the account', go: 'Sign in',
  },
  session: { signOut: 'Sign out' },
  confirm: { title: 'Your password again', go: 'Confirm' },
  home: {
    working: 'Is it working?', connect: 'How do I connect?', broken: 'What is broken?', left: 'What is left today?',
    serving: (count: number, known: number) => `Working: ${count} of ${known} providers ${plural(known, 'serves', 'serve')} now.`,
    notServing: 'Not working: no provider serves now.', noProvider: 'No provider is set up yet.', draining: 'freeway is shutting down and takes no new requests.',
    success: 'Success, last 15 min', successNote: (good: string, all: string) => `${good} of ${all} requests answered`, noRequests: 'no request ended',
    ttft: 'Time to first token, last 15 min', ttftNote: (p95: string) => `median; 95 % within ${p95}`, ttftNone: 'no streamed answer',
    lastFailure: 'Last failure', noFailure: 'none in the log', openRoutes: 'Routes open', routesNote: (benched: number, spent: number) => `${benched} benched, ${spent} out of quota`,
    inFlight: 'In flight now', waiting: (count: number) => (count ? `${count} waiting in line` : 'nobody waits in line'),
    refused: (status: number) => `refused with ${status} before any provider was asked`,
    providers: (count: number) => `${count} ${plural(count, 'provider', 'providers')} in use`, why: 'Why', open: 'Routes open', until: 'Until',
  },
  start: {
    title: 'First steps', finish: 'Finish', skip: 'Skip these steps', done: 'done', open: 'not done yet',
    keyless: 'Providers without a key', serves: (names: string) => `Serving already: ${names}.`, nothingServes: 'Nothing serves yet: switch one on here, or add a key below.',
    offer: (name: string) => `${name} answers without a key.`, switchOn: 'Switch it on',
    keylessNote: 'Prompts go to these providers without an account of yours; whether they train on them is on the Models page.',
    ask: 'A first answer', key: 'A first key', keyNote: 'More providers, more models, more allowance. Any of the free ones will do; keys stay sealed on this machine.',
    client: 'A first client',
  },
  connect: {
    address: 'Address', modelName: 'Model', modelNote: 'freeway picks one; every model of the Models page may be named instead',
    makeKey: 'Make a key', clientName: 'Name of a client', made: (name: string) => `The key of ${name}:`, once: 'It is shown this once; only its digest is kept.',
    kinds: 'Kinds of clients', shell: 'In a terminal:', cline: 'API provider "OpenAI Compatible", with:', placeholder: 'YOUR_KEY',
  },
  test: {
    send: 'Send a test', prompt: 'Say in one sentence what you are.', waiting: 'Waiting for the first token…', empty: 'The answer is empty.', details: 'Its plan and attempts',
    figures: (first: string, total: string, tokens: string) => `First token after ${first}, whole answer after ${total}, ${tokens} tokens.`,
  },
  broken: {
    nothing: 'Nothing is broken.', lift: 'Lift the bench', liftAll: 'Lift all benches', lifted: (count: number) => `${count} ${plural(count, 'bench', 'benches')} lifted.`,
    keyPage: 'Make a new key there', pasteNew: 'Paste it here', enable: 'Look at it', resets: 'More', gone: 'The provider no longer lists this model.',
    successor: 'Use', noSuccessor: 'No other provider in use has it.', reload: 'The last reload of the configuration failed', log: 'The request log', catalog: 'The installed catalog', journal: 'The journal',
  },
  pools: {
    pool: 'Allowance', used: 'Used', left: 'Left', frees: 'More', forecast: 'Forecast', source: 'Source of the limit',
    inFlight: (count: string) => `+ ${count} in flight`, spent: 'spent', lasts: 'lasts until it resets', runsOut: (time: string) => `runs out at ${time}`,
    learned: (how: string) => `learned from the provider (${how})`, asOf: (source: string, date: string) => `${source}, ${date}`, configured: 'configuration',
    count: (used: string, all: string) => `${used} of ${all} allowances touched`, none: 'No provider in use has an allowance that is known.', untouched: 'Untouched ones too',
    noMatch: 'No allowance has that name.', unused: 'Nothing is used yet.',
    units: {
      requests: 'requests', tokens: 'tokens', input_tokens: 'input tokens', output_tokens: 'output tokens', concurrent: 'at once', audio_seconds: 'seconds of audio', neurons: 'neurons', credit: 'credit',
    },
  },
  paste: {
    label: 'Keys', hint: 'Paste a key, a list of keys, or a whole .env, JSON or CSV file', found: 'What was found', take: 'Add', takeLine: (line: number) => `Add line ${line}`, choose: 'Choose…',
    unlocks: 'Unlocks', models: (count: string, n: number) => `${count} ${plural(n, 'model', 'models')}`, add: (count: number) => `Add and check ${count} ${plural(count, 'key', 'keys')}`,
    count: (count: number) => `${count} ${plural(count, 'key', 'keys')} added.`, line: (line: number) => `Line ${line}`, added: 'added',
    states: { new: 'new', known: 'known already', doubtful: 'looks doubtful', unknown: 'whose is it?', bad: 'no key' },
    checks: { valid: 'The provider takes it.', invalid: 'The provider refuses it.', inconclusive: 'Added; whether the provider takes it could not be checked.' },
  },
  request: {
    nobody: 'no provider', running: 'running', took: (start: string, length: string) => `at ${start}, took ${length}`, planBy: (strategy: string) => `Ranked by the strategy “${strategy}”.`,
    planned: 'The plan', place: 'Place', reasons: 'Why here', leftOut: (count: number) => `${count} left out`, again: 'Open again',
    ends: { answered: 'answered', failed: 'failed', broken: 'broken off', cancelled: 'cancelled' },
    states: { planning: 'planning', waiting: 'waiting in line', asking: 'asking', answering: 'answering' },
  },
  outcomes: {
    answered: 'answered', cancelled: 'called off', server_error: 'server error', rate_limited: 'rate limited', quota: 'out of quota', invalid_key: 'key refused', timeout: 'no answer in time',
    unreachable: 'not reachable', model_gone: 'model gone', bad_answer: 'unreadable answer',
  },
  keyState: { serving: 'serving', out_of_quota: 'out of quota', benched: 'benched', invalid: 'refused by the provider', disabled: 'switched off', unused: 'not in use' },
  providerState: { serving: 'serving', benched: 'benched', out_of_quota: 'out of quota', no_key: 'no key', idle: 'idle' },
};
