// The admin API, the metrics and the request log of the real program: what they tell adds up with what providers saw.
import assert from 'node:assert/strict';
import {readFileSync, readdirSync, statSync} from 'node:fs';
import http from 'node:http';
import path from 'node:path';

import {chat, CLIENT_KEY, count, eventually, median, scene} from './harness.mjs';

const TOKEN = 'token-of-the-administrator-1234';
const SECRETS = ['sk-upstream-secret-of-k1', 'sk-upstream-secret-of-k2', 'sk-upstream-secret-of-k3'];
const SCENARIO = `
[[providers]]
id = "u1"
keys = ["${SECRETS[0]}"]
models = ["m1"]
[[providers]]
id = "u2"
keys = ["${SECRETS[1]}", "${SECRETS[2]}"]
models = ["m1", "m2"]
`;
const CONFIG = `
[server]
admin_token = "${TOKEN}"
[[client_keys]]
name = "laptop"
key = "${CLIENT_KEY}"
[[client_keys]]
name = "narrow"
key = "fw-narrow-client-key"
models = ["m1"]
rpm = 2
[[providers]]
id = "u1"
base_url = "{u1}"
keys = [{ key = "${SECRETS[0]}", name = "first" }]
limits = { rpm = 1000 }
[[providers.models]]
id = "m1"
[[providers]]
id = "u2"
base_url = "{u2}"
keys = ["${SECRETS[1]}", "${SECRETS[2]}"]
[[providers.models]]
id = "m1"
[[providers.models]]
id = "m2"
[routing]
strategy = "priority"
`;

const start = (stage) => stage.start({scenario: SCENARIO, config: CONFIG});
const admin = (gateway, target, options = {}) =>
  gateway.ask(options.body, {target: `/admin/api/${target}`, method: 'GET', key: TOKEN, ...options});
const told = async (gateway, target, options) => {
  const answer = await admin(gateway, target, options);
  assert.ok(answer.status < 300, `${target}: ${answer.status} ${answer.text}`);
  return answer.json;
};

async function scrapeText(gateway) {
  const {status, text} = await gateway.ask(undefined, {target: '/metrics', method: 'GET', key: null});
  assert.equal(status, 200);
  return text;
}

// Every sample of a scrape: "name{labels}" → number.
function samples(text) {
  return new Map(
    text
      .split('\n')
      .filter((line) => line && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1).replace('+Inf', 'Infinity'))]),
  );
}

scene('A3 a client key limited to a model and a rate', async (stage) => {
  const {farm, gateway} = await start(stage);
  const key = 'fw-narrow-client-key';
  assert.equal((await gateway.ask(chat('m2'), {key})).status, 403);
  assert.equal(await farm.received(), 0);
  assert.equal((await gateway.ask(chat('m1'), {key})).status, 200);
  assert.equal((await gateway.ask(chat('m1'), {key})).status, 200);
  const third = await gateway.ask(chat('m1'), {key});
  assert.equal(third.status, 429);
  assert.ok(Number(third.headers['retry-after']) >= 1);
  const list = await gateway.ask(undefined, {key, target: '/v1/models', method: 'GET'});
  assert.deepEqual(list.json.data.map((row) => row.id).sort(), ['m1', 'u1/m1', 'u2/m1']);
  // Refusals of a known client are in the log, without attempts.
  const {requests} = await eventually(async () => {
    const page = await told(gateway, 'requests?client=narrow');
    return page.requests.length === 4 && page;
  }, 'four requests in the log');
  assert.deepEqual(requests.map((one) => one.status).sort(), [200, 200, 403, 429]);
  const errors = Object.fromEntries(requests.map((one) => [one.status, [one.error_code, one.error]]));
  assert.deepEqual(errors[200], [null, null]);
  assert.deepEqual(errors[403], ['model_not_allowed', "Your key may not use the model 'm2'."]);
  assert.deepEqual(errors[429], ['client_limit_exceeded', third.json.error.message]);
  // It is the newest that is nobody's mistake, and has a reason though no provider was asked.
  const {recent} = await told(gateway, 'status');
  assert.deepEqual([recent.last_failure.provider, recent.last_failure.error], [null, third.json.error.message]);
});

scene('O2 the log tells why a request failed, and repeats neither a prompt nor a provider', async (stage) => {
  const {farm, gateway} = await start(stage);
  const words = 'words of a prompt';
  const kept = async (answer) => {
    const record = await eventually(async () => {
      const one = await admin(gateway, `requests/${answer.headers['x-request-id']}`);
      return one.status === 200 && one.json;
    }, 'the request in the log');
    assert.ok(!JSON.stringify({...record, attempts: []}).includes(words), JSON.stringify(record));
    return [record.status, record.error_code, record.error];
  };
  const unknown = await gateway.ask(chat('gpt-9'));
  assert.deepEqual(await kept(unknown), [404, 'model_not_found', unknown.json.error.message]);
  const count = await gateway.ask({...chat('m1'), n: words});
  assert.match(count.json.error.message, /words of a prompt/);
  assert.deepEqual(await kept(count), [400, null, '`n` must be a whole number….']);
  const item = await gateway.ask({model: 'm1', input: [{type: words}]}, {target: '/v1/responses'});
  assert.match(item.json.error.message, /words of a prompt/);
  assert.deepEqual(await kept(item), [400, null, '`input[0].type` is …, which no chat model that freeway knows can be told.']);
  // Its request is refused by both of its providers, in their own words.
  const fault = {status: 400, body: {error: {message: `${words} are not allowed`, code: words}}};
  for (const id of ['u1', 'u2']) await farm.set(id, {fault});
  const blamed = await gateway.ask(chat('m1'));
  assert.match(blamed.text, /words of a prompt/);
  assert.deepEqual(await kept(blamed), [400, null, null]);
});

scene('A4 client keys, the admin token and URLs open only what they are for', async (stage) => {
  const {gateway} = await start(stage);
  assert.equal((await admin(gateway, 'status', {key: CLIENT_KEY})).status, 401);
  assert.equal((await admin(gateway, `status?key=${TOKEN}`, {key: null})).status, 401);
  assert.equal((await gateway.ask(chat('m1'), {key: TOKEN})).status, 401);
  const status = await told(gateway, 'status');
  assert.equal(status.journal.state, 'ok');
  assert.equal(status.configuration.path, gateway.configFile);
  // Over the Unix socket no token is needed.
  const socket = readdirSync(gateway.data).find((name) => statSync(path.join(gateway.data, name)).isSocket());
  const answer = await new Promise((resolve, reject) =>
    http.get({socketPath: path.join(gateway.data, socket), path: '/admin/api/status'}, resolve).on('error', reject),
  );
  assert.equal(answer.statusCode, 200);
  answer.resume();
});

scene('A5 a thousand wrong keys from one address leave a good client alone', async (stage) => {
  const {gateway} = await start(stage);
  const agent = new http.Agent({keepAlive: true, maxSockets: 8});
  const wrong = Array.from({length: 1000}, (_, i) => gateway.ask(chat('m1'), {key: `fw-wrong-${i}`, agent}));
  const good = Array.from({length: 20}, () => gateway.ask(chat('m1')));
  const statuses = count(await Promise.all(wrong), (answer) => answer.status);
  assert.deepEqual(statuses, {401: 20, 429: 980});
  for (const answer of await Promise.all(good)) assert.equal(answer.status, 200);
  agent.destroy();
  const metrics = samples(await scrapeText(gateway));
  assert.equal(metrics.get('freeway_wrong_keys_total{door="v1"}'), 1000);
  assert.equal(metrics.get('freeway_throttled_total'), 980);
});

// Statuses of 25 wrong keys, each sent for the address that `address` makes.
async function guesses(gateway, address) {
  const statuses = [];
  for (let i = 0; i < 25; ++i) {
    const answer = await gateway.ask(chat('m1'), {key: `fw-wrong-${i}`, headers: {'x-forwarded-for': address(i)}});
    statuses.push(answer.status);
  }
  return count(statuses, (status) => status);
}

scene('A5 behind a trusted proxy each of its clients guesses for itself', async (stage) => {
  const config = CONFIG.replace('[server]', '[server]\ntrusted_proxies = ["127.0.0.0/8"]');
  const {gateway} = await stage.start({scenario: SCENARIO, config});
  assert.deepEqual(await guesses(gateway, () => '203.0.113.7'), {401: 20, 429: 5});
  assert.deepEqual(await guesses(gateway, () => '203.0.113.8, 127.0.0.2'), {401: 20, 429: 5}, 'another one was not turned away');
  assert.deepEqual(await guesses(gateway, (i) => `192.0.2.${i}, 203.0.113.8`), {429: 25}, 'what a client puts before it is nothing');
});

scene('A5 behind any other proxy the proxy itself is the address', async (stage) => {
  const config = CONFIG.replace('[server]', '[server]\ntrusted_proxies = ["10.0.0.1"]');
  const {gateway} = await stage.start({scenario: SCENARIO, config});
  assert.deepEqual(await guesses(gateway, (i) => `203.0.113.${i}`), {401: 20, 429: 5});
});

scene('O2 what a known client was refused by its head or its body is in the log, too', async (stage) => {
  const config = CONFIG.replace('[server]', '[server]\nbody_limit = 1000');
  const {farm, gateway} = await stage.start({scenario: SCENARIO, config});
  const large = JSON.stringify(chat('m1', 'x'.repeat(2000)));
  const refused = [
    await gateway.ask(large),
    await gateway.ask(large, {headers: {'transfer-encoding': 'chunked'}}),
    await gateway.ask('{"model":"m1","messages":['),
    await gateway.ask(undefined, {method: 'GET'}),
  ];
  assert.deepEqual(refused.map((answer) => answer.status), [413, 413, 400, 405]);
  assert.equal((await gateway.ask(large, {key: 'fw-wrong'})).status, 401);
  assert.equal((await gateway.ask(chat('m1'))).status, 200);
  const {requests} = await eventually(async () => {
    const page = await told(gateway, 'requests');
    return page.requests.length === 5 && page;
  }, 'the requests in the log');
  const rows = requests.filter((one) => one.status !== 200).map((one) => [one.id, one.client, one.end, one.status, one.asked]);
  const expected = refused.map((answer) => [answer.headers['x-request-id'], 'laptop', 'failed', answer.status, null]);
  // Rows are written once their answers are sent, on whichever loop, so their order says nothing.
  const byId = (a, b) => (a[0] < b[0] ? -1 : 1);
  assert.deepEqual(rows.sort(byId), expected.sort(byId));
  const metrics = samples(await scrapeText(gateway));
  for (const [status, n] of Object.entries({400: 1, 401: 1, 405: 1, 413: 2})) {
    const name = `freeway_requests_total{surface="chat_completions",status="${status}",end="refused"}`;
    assert.equal(metrics.get(name), n, name);
  }
  assert.equal(await farm.received(), 1);
});

scene('S6 a stream that broke is a failure in the log', async (stage) => {
  const {farm, gateway} = await start(stage);
  await farm.set('u1', {script: ['close_mid_stream']});
  const answer = await gateway.ask({...chat('u1/m1'), stream: true});
  assert.equal(answer.status, 200);
  assert.equal((await gateway.ask({...chat('u1/m1'), stream: true})).status, 200);
  const all = await eventually(async () => {
    const {requests} = await told(gateway, 'requests');
    return requests.length === 2 && requests;
  }, 'both requests in the log');
  assert.deepEqual(all.map((one) => one.end).sort(), ['answered', 'broken'], 'in the order in which they ended');
  const {requests} = await told(gateway, 'requests?end=broken');
  assert.deepEqual(requests.map((one) => [one.id, one.provider]), [[answer.headers['x-request-id'], 'u1']]);
  assert.deepEqual([requests[0].error_code, requests[0].error], ['upstream_stream_error', "The provider's stream broke before its end…"]);
  const {usage} = await told(gateway, 'usage');
  assert.deepEqual([usage[0].requests, usage[0].answered, usage[0].broken], [2, 1, 1]);
});

scene('usage tells what the providers\' tokens would have cost, by the prices of the models that answered', async (stage) => {
  const prices = {'u1/m1': {input: 250, output: 1000}, 'u2/m2': {input: 3.5, output: 0}};
  const table = ({input, output}) => `price = { input = ${input}, output = ${output}, source = "a page", as_of = "2026-11" }`;
  const config = CONFIG.replace('id = "m1"\n', `id = "m1"\n${table(prices['u1/m1'])}\n`).replace('id = "m2"\n', `id = "m2"\n${table(prices['u2/m2'])}\n`);
  const {farm, gateway} = await stage.start({scenario: SCENARIO, config});
  for (let i = 0; i < 3; ++i) for (const model of ['u1/m1', 'u2/m1', 'u2/m2']) assert.equal((await gateway.ask(chat(model, `costs ${i}`))).status, 200);
  const expected = {};
  for (const [provider, {keys}] of Object.entries(await farm.stats())) {
    for (const [model, {tokens}] of Object.values(keys).flatMap((key) => Object.entries(key.models))) {
      const place = (expected[`${provider}/${model}`] ??= {tokens: 0, cost: 0});
      place.tokens += tokens.prompt + tokens.completion;
      const price = prices[`${provider}/${model}`];
      place.cost = price ? place.cost + (tokens.prompt * price.input + tokens.completion * price.output) / 1e6 : null;
    }
  }
  const near = (cost, other, what) => assert.ok(Math.abs(cost - other) < 1e-12, `${what}: ${cost}, not ${other}`);
  const rows = await eventually(async () => {
    const {usage} = await told(gateway, 'usage?by=provider,model');
    return usage.reduce((sum, row) => sum + row.requests, 0) === 9 && usage;
  }, 'nine requests in the usage');
  for (const row of rows) {
    const {tokens, cost} = expected[`${row.provider}/${row.model}`];
    assert.equal(row.unpriced_tokens, cost === null ? tokens : 0);
    if (cost === null) assert.equal(row.cost_usd, null);
    else near(row.cost_usd, cost, row.model);
  }
  const all = expected['u1/m1'].cost + expected['u2/m2'].cost;
  for (const by of ['', 'client', 'hour']) {
    const {usage} = await told(gateway, `usage?by=${by}`);
    near(usage.reduce((sum, row) => sum + row.cost_usd, 0), all, by);
    assert.equal(usage.reduce((sum, row) => sum + row.unpriced_tokens, 0), expected['u2/m1'].tokens);
  }
  const {models} = await told(gateway, 'models?provider=u1');
  assert.deepEqual(models[0].price, {...prices['u1/m1'], source: 'a page', as_of: '2026-11'});
});

scene('O2 S10 fifty mixed requests: usage equals what providers reported, cancelled ones are no failures', async (stage) => {
  const {farm, gateway} = await start(stage);
  const asked = [];
  for (let i = 0; i < 15; ++i) asked.push(gateway.ask(chat('m1', `plain ${i}`)));
  // Every other stream asks for its usage; what is counted is the same.
  for (let i = 0; i < 15; ++i) asked.push(gateway.ask({...chat('m2', `streamed ${i}`), stream: true, ...(i % 2 && {stream_options: {include_usage: true}})}));
  for (const answer of await Promise.all(asked.splice(0))) assert.equal(answer.status, 200);
  // Failed over: u1 is down.
  await farm.set('u1', {faults: ['500']});
  for (let i = 0; i < 15; ++i) {
    const answer = await gateway.ask(chat('m1', `elsewhere ${i}`));
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['x-routed-via'], 'u2/m1');
  }
  const names = {[SECRETS[0]]: 'first', [SECRETS[1]]: 'key#1', [SECRETS[2]]: 'key#2'};
  const reported = {};
  for (const [provider, {keys}] of Object.entries(await farm.stats())) {
    for (const [key, {models}] of Object.entries(keys)) {
      const tokens = Object.values(models).reduce((sum, {tokens: {prompt, completion}}) => sum + prompt + completion, 0);
      if (tokens > 0) reported[`${provider} ${names[key]}`] = tokens;
    }
  }
  // The usage is that, key by key, before anybody leaves in the middle.
  const {usage: byKeyOnly} = await eventually(async () => {
    const answer = await told(gateway, 'usage?by=provider,key');
    return answer.usage.reduce((sum, row) => sum + row.requests, 0) === 45 && answer;
  }, '45 requests in the usage');
  const used = byKeyOnly.filter((row) => row.total_tokens > 0).map((row) => [`${row.provider} ${row.key}`, row.total_tokens]);
  assert.deepEqual(Object.fromEntries(used), reported);
  // Cancelled in the middle of a stream.
  await farm.set('u2', {answer: {tokens: 200, token_rate: 20}});
  for (let i = 0; i < 5; ++i) {
    const answer = await gateway.open({...chat('m2', `left ${i}`), stream: true});
    await new Promise((resolve) => answer.once('data', resolve));
    answer.destroy();
  }
  const all = await eventually(async () => {
    const {usage} = await told(gateway, 'usage');
    return usage[0]?.requests === 50 && usage[0];
  }, 'fifty requests in the usage');
  assert.equal(all.answered, 45);
  assert.equal(all.cancelled, 5);
  assert.equal(all.failed + all.broken, 0);

  // The attempts of the answered requests add up to the same.
  const logged = {};
  const {requests} = await told(gateway, 'requests?limit=1000&end=answered');
  for (const {id} of requests) {
    for (const attempt of (await told(gateway, `requests/${id}`)).attempts) {
      const name = `${attempt.provider} ${attempt.key}`;
      logged[name] = (logged[name] ?? 0) + attempt.tokens.prompt + attempt.tokens.completion;
    }
  }
  assert.deepEqual(logged, reported);
  const {usage: byKey} = await told(gateway, 'usage?by=provider,key');
  assert.equal(byKey.reduce((sum, row) => sum + row.total_tokens, 0), all.total_tokens);
  assert.equal(byKey.reduce((sum, row) => sum + row.requests, 0), 50);

  const cancelled = await told(gateway, 'requests?end=cancelled');
  assert.equal(cancelled.requests.length, 5);
  assert.ok(cancelled.requests.every((one) => one.status === null));
  assert.deepEqual((await told(gateway, 'benches')).benches.filter((bench) => bench.scope.startsWith('u2')), []);
});

scene('O3 scrapes under load are quick, only grow and hold no secret', async (stage) => {
  const {gateway} = await start(stage);
  let running = true;
  const agent = new http.Agent({keepAlive: true, maxSockets: 16});
  const load = Promise.all(
    Array.from({length: 16}, async () => {
      while (running) await gateway.ask(chat('m1'), {agent});
    }),
  );
  let before = new Map();
  const times = {empty: [], metrics: [], status: []};
  const timed = async (what, ask) => {
    const began = performance.now();
    const text = await ask();
    times[what].push(performance.now() - began);
    for (const secret of [...SECRETS, CLIENT_KEY, TOKEN]) assert.ok(!text.includes(secret), `${secret} in ${what}`);
    return text;
  };
  try {
    for (let i = 0; i < 20; ++i) {
      await timed('empty', async () => (await gateway.ask(undefined, {target: '/livez', method: 'GET', key: null})).text);
      const now = samples(await timed('metrics', () => scrapeText(gateway)));
      await timed('status', async () => (await admin(gateway, 'status')).text);
      for (const [name, value] of before) {
        if (!/_total|_bucket|_count|_sum/.test(name)) continue;
        assert.ok(now.get(name) >= value, `${name} fell from ${value} to ${now.get(name)}`);
      }
      before = now;
    }
  } finally {
    running = false;
    await load;
    agent.destroy();
  }
  assert.ok(before.get('freeway_requests_total{surface="chat_completions",status="200",end="answered"}') > 0);
  assert.ok(before.get('process_resident_memory_bytes') > 1e6);
  // Beside an answer that says nothing, on the same busy machine.
  for (const what of ['metrics', 'status']) {
    const more = median(times[what]) - median(times.empty);
    assert.ok(more < 50, `${what} took ${more.toFixed(1)} ms more than nothing`);
  }
});

scene('X5 no secret is in any answer, log, file, backup or masked export', async (stage) => {
  const env = {FREEWAY_LOG_LEVEL: 'debug'};
  const {farm, gateway} = await stage.start({scenario: SCENARIO, config: CONFIG, env});
  const stored = {key: 'sk-stored-secret-of-k4-0123', password: 'password-of-the-proxy'};
  const key = {provider: 'u1', name: 'stored', value: stored.key, proxy: `socks5h://me:${stored.password}@127.0.0.1:9`, check: false};
  let seen = (await admin(gateway, 'keys', {method: 'POST', body: key})).text;
  await farm.set('u1', {faults: [{kind: 'status', status: 503, body: {error: {message: `no ${SECRETS[0]} here, nor ${stored.key}`}}}]});
  for (const body of [chat('m1'), {...chat('u1/m1'), stream: true}, chat('u1/m1')]) seen += (await gateway.ask(body)).text;
  for (const target of ['status', 'pools', 'routes', 'models', 'requests', 'usage', 'keys', 'clients', 'benches']) {
    const answer = await admin(gateway, target);
    assert.equal(answer.status, 200, `${target}: ${answer.text}`);
    seen += answer.text;
  }
  const page = await eventually(async () => {
    const got = await told(gateway, 'requests');
    return got.requests.length >= 3 && got;
  }, 'requests in the log');
  for (const {id} of page.requests) seen += (await admin(gateway, `requests/${id}`)).text;
  seen += await scrapeText(gateway);
  seen += (await gateway.ask(chat('m1'), {target: '/admin/api/explain', key: TOKEN})).text;

  const command = async (...args) => {
    const done = await gateway.command(args);
    assert.equal(done.code, 0, `${args.join(' ')}: ${done.err}`);
    seen += done.out + done.err;
    return done.out;
  };
  for (const format of ['env', 'json', 'csv', 'text']) {
    assert.match(await command('keys', 'export', '--format', format), /stored/, `${format} has the stored key`);
  }
  await command('keys', 'list');
  await command('backup');
  await gateway.stop();
  seen += gateway.said;
  for (const name of readdirSync(gateway.data, {recursive: true})) {
    const file = path.join(gateway.data, name);
    if (statSync(file).isFile()) seen += readFileSync(file, 'latin1');
  }
  for (const secret of [...SECRETS, ...Object.values(stored), CLIENT_KEY, TOKEN]) {
    assert.ok(!seen.includes(secret), `${secret} is somewhere`);
  }
  assert.ok(seen.includes('[redacted]'), 'the planted secret was seen and hidden');
  assert.ok(!seen.includes('"content":"hi"'), 'no prompt is kept');
});

scene('M1 the model list tells what can serve now', async (stage) => {
  const {farm, gateway} = await start(stage);
  const row = async () => (await gateway.ask(undefined, {target: '/v1/models/u1/m1', method: 'GET'})).json.freeway;
  assert.equal((await row()).available, true);
  await farm.set('u1', {script: ['401']});
  await gateway.ask(chat('u1/m1'));
  const dead = await row();
  assert.equal(dead.available, false);
  assert.match(dead.reason, /invalid_key/);
  const {models} = await told(gateway, 'models?provider=u1');
  assert.equal(models[0].available, false);
  assert.match(models[0].reason, /invalid_key/);
  assert.deepEqual(await told(gateway, 'benches/lift', {method: 'POST', body: {scope: 'u1 first'}}), {lifted: 1});
  assert.equal((await row()).available, true);
});

scene('events tell of requests, benches and their end, and stop with the server', async (stage) => {
  const {farm, gateway} = await start(stage);
  const answer = await gateway.open(undefined, {target: '/admin/api/events', method: 'GET', key: TOKEN});
  assert.match(answer.headers['content-type'], /^text\/event-stream/);
  let text = '';
  answer.on('data', (part) => (text += part));
  const ended = new Promise((resolve) => answer.once('end', resolve));
  await eventually(() => text.includes('event: hello'), 'a hello');
  await gateway.ask(chat('m1'));
  await eventually(() => /event: request\ndata: .*"model":"m1".*"end":"answered"/.test(text), 'the request');
  await farm.set('u1', {script: ['401']});
  await gateway.ask(chat('u1/m1'));
  await eventually(() => /event: bench\ndata: \{"scope":"u1 first","reason":"invalid_key"/.test(text), 'the bench');
  await told(gateway, 'benches/lift', {method: 'POST'});
  await eventually(() => text.includes('event: lifted\ndata: {"scope":"u1 first"}'), 'its end');
  gateway.kill('SIGTERM');
  await ended;
  assert.deepEqual(await gateway.exited, {code: 0, signal: null});
});
