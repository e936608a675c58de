// Requests in flight and afterwards, through the real program: seen as they go, called off, their plans, how well they went.
import assert from 'node:assert/strict';

import {chat, CLIENT_KEY, content, eventually, events, scene, scenes} from './harness.mjs';

const TOKEN = 'token-of-the-administrator-1234';
const SCENARIO = ['u1', 'u2', 'u3'].map((id) => `[[providers]]\nid = "${id}"\nmodels = ["m1", "m2"]\n`).join('');
const provider = (id, models = ['m1'], more = '') =>
  `[[providers]]\nid = "${id}"\nbase_url = "{${id}}"\n${more}\n${models.map((one) => `[[providers.models]]\nid = "${one}"\n`).join('')}`;
const config = (providers, routing = '') => `
[server]
admin_token = "${TOKEN}"
[[client_keys]]
name = "laptop"
key = "${CLIENT_KEY}"
[[client_keys]]
name = "phone, \\"old\\""
key = "fw-another-client-key"
[routing]
strategy = "priority"
${routing}
${providers.join('\n')}`;

const told = async (gateway, target, options = {}) => {
  const answer = await gateway.ask(options.body, {target: `/admin/api/${target}`, method: 'GET', key: TOKEN, ...options});
  assert.equal(answer.status, options.status ?? 200, `${target}: ${answer.text}`);
  return answer.json ?? answer.text;
};
const live = async (gateway) => (await told(gateway, 'requests/live')).requests;
const cancel = (gateway, id, status = 200) => told(gateway, `requests/${id}/cancel`, {method: 'POST', status});
const logged = (gateway, id) =>
  eventually(async () => {
    const answer = await gateway.ask(undefined, {target: `/admin/api/requests/${id}`, method: 'GET', key: TOKEN});
    return answer.status === 200 && answer.json;
  }, `the request ${id} is in the log`);

// The text of an answer as it comes.
function reading(answer) {
  const seen = {text: '', ended: false};
  answer.on('data', (part) => (seen.text += part));
  answer.on('end', () => (seen.ended = true));
  return seen;
}

// What the simulator says of its last request to a provider.
const last = async (farm, id) => (await farm.requests(`provider=${id}`)).at(-1);

scenes('a stream is seen as it goes, with its trail, and ends on both sides when it is cancelled', async (stage) => {
  const {farm, gateway} = await stage.start({scenario: SCENARIO, config: config([provider('u1'), provider('u2')])});
  await farm.set('u1', {script: ['500']});
  await farm.set('u2', {answer: {tokens: 100_000, token_rate: 50}});
  const feed = reading(await gateway.open(undefined, {target: '/admin/api/events', method: 'GET', key: TOKEN}));
  await eventually(() => feed.text.includes('event: hello'), 'a hello');
  assert.deepEqual(await live(gateway), []);
  const stream = await gateway.open({...chat('m1'), stream: true}, {headers: {'x-request-id': 'slow'}});
  const client = reading(stream);
  const first = await eventually(async () => (await live(gateway)).find((one) => one.tokens > 0), 'the stream in flight');
  assert.equal(first.id, 'slow');
  assert.equal(first.client, 'laptop');
  assert.equal(first.surface, 'chat_completions');
  assert.equal(first.asked, 'm1');
  assert.equal(first.streamed, true);
  assert.equal(first.state, 'answering');
  assert.deepEqual([first.provider, first.model, first.key], ['u2', 'm1', 'key#1']);
  assert.deepEqual(first.attempts.map((one) => [one.provider, one.outcome, one.status]), [['u1', 'server_error', 500]]);
  assert.match(first.attempts[0].evidence, /^500 /);
  assert.ok(first.first_content_ms >= first.attempts[0].duration_ms && first.first_content_ms <= first.elapsed_ms);
  assert.ok(first.tokens_per_s > 0);
  const more = await eventually(async () => (await live(gateway)).find((one) => one.tokens > first.tokens), 'more of it');
  assert.ok(more.elapsed_ms > first.elapsed_ms);

  assert.deepEqual(await cancel(gateway, 'slow'), {id: 'slow'});
  await eventually(() => client.ended, 'the end of the stream');
  assert.match(content(client.text.slice(0, client.text.indexOf('"error"')).replace(/data: [^\n]*$/, '')), /^w0 w1 /);
  const error = events(client.text).map((data) => data !== '[DONE]' && JSON.parse(data)).find((one) => one.error).error;
  assert.equal(error.code, 'cancelled_by_admin');
  await eventually(async () => (await last(farm, 'u2')).ended === 'client_left', 'the provider is left');
  assert.deepEqual(await live(gateway), []);
  await cancel(gateway, 'slow', 404);
  const record = await logged(gateway, 'slow');
  assert.deepEqual([record.end, record.status, record.provider], ['cancelled', 200, 'u2']);
  assert.deepEqual([record.error_code, record.error], [error.code, error.message]);
  assert.deepEqual(record.attempts.map((one) => one.outcome), ['server_error', 'cancelled']);
  assert.deepEqual((await told(gateway, 'benches')).benches.filter((one) => one.scope.startsWith('u2')), [], 'nobody is to blame');

  await eventually(() => /event: request\n/.test(feed.text), 'its end in the events');
  const kinds = feed.text.split('\n\n').flatMap((event) => /^event: (started|asking|attempt|content|request)\ndata: (.*)$/m.exec(event)?.slice(1) ?? []);
  const told_ = kinds.filter((_, i) => i % 2 === 0);
  const data = kinds.filter((_, i) => i % 2 === 1).map((text) => JSON.parse(text));
  assert.deepEqual(told_, ['started', 'asking', 'attempt', 'asking', 'content', 'request']);
  assert.ok(data.every((one) => one.id === 'slow'));
  assert.deepEqual(Object.keys(data[0]), Object.keys(first), 'a row as in requests/live');
  assert.deepEqual([data[1].provider, data[3].provider], ['u1', 'u2']);
  assert.deepEqual(data[2].attempt, first.attempts[0]);
  assert.deepEqual(data[4], {id: 'slow', provider: 'u2', model: 'm1', key: 'key#1', first_content_ms: first.first_content_ms});
  assert.equal(data[5].end, 'cancelled');
});

scene('a request without content yet is told 499 when it is cancelled, whether it is asked or waits', async (stage) => {
  const limited = provider('u1', ['m1'], 'limits = { concurrency = 1 }');
  const {farm, gateway} = await stage.start({scenario: SCENARIO, config: config([limited])});
  await farm.set('u1', {script: ['hang']});
  const hanging = gateway.ask(chat('m1'), {headers: {'x-request-id': 'hanging'}});
  const asked = await eventually(async () => (await live(gateway)).find((one) => one.state === 'asking'), 'the one that hangs');
  assert.deepEqual([asked.id, asked.provider, asked.first_content_ms, asked.tokens_per_s], ['hanging', 'u1', null, null]);
  const waiting = gateway.ask(chat('m1'), {headers: {'x-request-id': 'waiting'}});
  for (const one of [hanging, waiting]) one.catch(() => {});
  const queued = await eventually(async () => (await live(gateway)).find((one) => one.state === 'waiting'), 'the one that waits');
  assert.deepEqual([queued.id, queued.provider], ['waiting', null]);
  await eventually(async () => (await farm.stats('u1')).received === 1, 'the provider has it');
  for (const id of ['waiting', 'hanging']) await cancel(gateway, id);
  for (const [id, answer] of [['hanging', await hanging], ['waiting', await waiting]]) {
    assert.equal(answer.status, 499, answer.text);
    assert.equal(answer.json.error.code, 'cancelled_by_admin');
    assert.equal(answer.headers['x-request-id'], id);
    const record = await logged(gateway, id);
    assert.deepEqual([record.end, record.status], ['cancelled', 499]);
  }
  await eventually(async () => (await last(farm, 'u1')).ended === 'client_left', 'the provider is left');
  assert.equal(await farm.received(), 1, 'who waited was never sent');
  assert.deepEqual((await told(gateway, 'benches')).benches, []);
});

scene('the provider is left at once, even if the client takes nothing any more', async (stage) => {
  const {farm, gateway} = await stage.start({scenario: SCENARIO, config: config([provider('u1')])});
  await farm.set('u1', {answer: {text: 'x'.repeat(30 << 20), chunk_bytes: 64 << 10}});
  const stream = await gateway.open({...chat('m1'), stream: true}, {headers: {'x-request-id': 'stuck'}});
  stream.pause();
  // Once nothing comes of it any more, all buffers on the way are full.
  let before = -1;
  await eventually(async () => {
    const {tokens} = (await live(gateway)).find((one) => one.id === 'stuck');
    const same = tokens > 0 && tokens === before;
    before = tokens;
    if (!same) await new Promise((resolve) => setTimeout(resolve, 300));
    return same;
  }, 'a client that is stuck');
  assert.equal((await last(farm, 'u1')).ended, 'running');
  await cancel(gateway, 'stuck');
  await eventually(async () => (await last(farm, 'u1')).ended === 'client_left', 'the provider is left');
  const client = reading(stream);
  stream.resume();
  await eventually(() => client.ended, 'the client reads on');
  assert.match(client.text, /"code":"cancelled_by_admin"/);
  assert.equal((await logged(gateway, 'stuck')).end, 'cancelled');
});

scene('the plan of a request tells the routes in their order and why not the others', async (stage) => {
  const providers = [
    provider('u1', ['m1'], 'limits = { rpm = 1 }'),
    `${provider('u2')}tools = false\n`,
    provider('u3', ['m1', 'm2']),
  ];
  const {gateway} = await stage.start({scenario: SCENARIO, config: config(providers)});
  await gateway.ask(chat('u1/m1'));
  const tools = [{type: 'function', function: {name: 'f', parameters: {type: 'object', properties: {}}}}];
  const answer = await gateway.ask({...chat('auto'), tools}, {headers: {'x-request-id': 'planned'}});
  assert.equal(answer.headers['x-routed-via'], 'u3/m1');
  const {plan} = await logged(gateway, 'planned');
  assert.equal(plan.strategy, 'priority');
  assert.deepEqual(plan.routes.map((one) => [one.route, one.place]), [['u3/m1 key#1', 1], ['u3/m2 key#1', 2]]);
  for (const {reasons} of plan.routes) assert.ok(reasons.length > 0 && reasons.every((one) => one.text.length > 0 && one.code));
  const why = Object.fromEntries(plan.left_out.map((one) => [one.provider, one]));
  assert.deepEqual(Object.keys(why).sort(), ['u1', 'u2']);
  assert.equal(why.u1.why, 'quota');
  assert.match(why.u1.reason, /rpm.*1 of 1 used/);
  assert.equal(why.u1.reason_code, 'quota');
  assert.deepEqual([why.u1.reason_values.used, why.u1.reason_values.limit], ['1', '1']);
  assert.ok(Date.parse(why.u1.until) > Date.now() - 1000);
  assert.deepEqual([why.u2.why, why.u2.reason, why.u2.until], ['capability', 'it has no tools', null]);
  const {attempts} = await logged(gateway, 'planned');
  assert.deepEqual(attempts.map((one) => one.provider), ['u3'], 'it went where the plan said');
});

// The smallest value that at least so many percent of all do not exceed.
const percentile = (values, percent) =>
  values.length ? [...values].sort((a, b) => a - b)[Math.ceil((values.length * percent) / 100) - 1] : null;
const sum = (rows, pick) => rows.reduce((all, row) => all + pick(row), 0);

// What the measures of these rows of the log must be.
function measured(rows) {
  const answered = rows.filter((one) => one.end === 'answered');
  const streams = answered.filter((one) => one.streamed && one.first_content_ms !== null);
  const left = rows.filter((one) => one.end === 'cancelled').length;
  return {
    requests: rows.length,
    answered: answered.length,
    failed: rows.filter((one) => one.end === 'failed').length,
    broken: rows.filter((one) => one.end === 'broken').length,
    cancelled: left,
    success: rows.length > left ? answered.length / (rows.length - left) : null,
    ttft_p50_ms: percentile(streams.map((one) => one.first_content_ms), 50),
    ttft_p95_ms: percentile(streams.map((one) => one.first_content_ms), 95),
    total_p50_ms: percentile(answered.map((one) => one.total_ms), 50),
    total_p95_ms: percentile(answered.map((one) => one.total_ms), 95),
    prompt_tokens: sum(rows, (one) => one.tokens.prompt),
    completion_tokens: sum(rows, (one) => one.tokens.completion),
  };
}

// RFC 4180.
function parse_csv(text) {
  const rows = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r\n)/y;
  for (let row = []; cell.lastIndex < text.length; ) {
    const [, quoted, plain, end] = cell.exec(text) ?? assert.fail(`no CSV at ${cell.lastIndex}: ${text}`);
    row.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end === ',') continue;
    rows.push(row);
    row = [];
  }
  const [names, ...lines] = rows;
  return lines.map((line) => Object.fromEntries(line.map((value, i) => [names[i], value])));
}

scenes('measures are those of the log and the simulator, CSV holds the same, and status tells of lately', async (stage) => {
  const {farm, gateway} = await stage.start({scenario: SCENARIO, config: config([provider('u1', ['m1', 'm2']), provider('u2', ['m1'])])});
  for (const id of ['u1', 'u2']) await farm.set(id, {answer: {latency: '2ms', jitter: '20ms', tokens: 6, token_rate: 400}});
  const asks = [];
  for (let i = 0; i < 48; ++i) {
    const key = i % 3 ? CLIENT_KEY : 'fw-another-client-key';
    const model = ['u1/m1', 'u1/m2', 'u2/m1'][i % 3];
    asks.push(gateway.ask({...chat(model, `number ${i}`), stream: i % 4 > 0}, {key}));
  }
  for (const answer of await Promise.all(asks)) assert.equal(answer.status, 200, answer.text);
  await farm.set('u2', {script: ['close_mid_stream', '500']});
  const broken = await gateway.ask({...chat('u2/m1'), stream: true});
  assert.equal(broken.status, 200, broken.text);
  await logged(gateway, broken.headers['x-request-id']);
  const failed = await gateway.ask(chat('u2/m1'), {headers: {'x-request-id': 'failed'}});
  assert.ok(failed.status >= 500);
  const rows = await eventually(async () => {
    const {requests} = await told(gateway, 'requests?limit=1000');
    return requests.length === 50 && requests;
  }, 'fifty requests in the log');
  for (const row of rows) {
    // A request that nobody served belongs to the last route that was tried.
    if (row.provider === null) ({provider: row.provider, model: row.model} = (await logged(gateway, row.id)).attempts.at(-1));
  }

  const places = {provider: (row) => row.provider, model: (row) => row.model, client: (row) => row.client, hour: (row) => row.time.slice(0, 13)};
  for (const by of [[], ['provider'], ['client'], ['provider', 'model'], ['provider', 'client', 'hour']]) {
    const {measures, complete} = await told(gateway, `measures?by=${by.join(',')}`);
    assert.equal(complete, true);
    const groups = new Map();
    for (const row of rows) {
      const place = by.map((one) => places[one](row)).join('\n');
      groups.set(place, [...(groups.get(place) ?? []), row]);
    }
    assert.equal(measures.length, groups.size);
    for (const measure of measures) {
      const place = by.map((one) => (one === 'hour' ? measure.time.slice(0, 13) : measure[one])).join('\n');
      const expected = measured(groups.get(place));
      for (const [name, value] of Object.entries(expected)) assert.equal(measure[name], value, `${name} of ${place || 'all'}`);
    }
    const csv = await told(gateway, `measures?by=${by.join(',')}&format=csv`);
    const same = measures.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, String(value ?? '')])));
    assert.deepEqual(parse_csv(csv), same);
  }
  const {measures: [all]} = await told(gateway, 'measures');
  assert.ok(all.tokens_per_s_p50 > 0);
  const {usage} = await told(gateway, 'usage?by=provider,client,day');
  assert.deepEqual(
    parse_csv(await told(gateway, 'usage?by=provider,client,day&format=csv')),
    usage.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, String(value ?? '')]))),
  );
  assert.ok(usage.some((row) => row.client === 'phone, "old"'), 'a name that has to be quoted');
  // Nothing came after now, and all of it since the start.
  const now = new Date(Date.now() + 60_000).toISOString();
  assert.equal((await told(gateway, `measures?from=${now}`)).measures[0].requests, 0);
  assert.equal((await told(gateway, `measures?to=${now}`)).measures[0].requests, 50);

  // What the simulator wrote to the end was answered.
  const stats = await farm.stats();
  const {measures: byProvider} = await told(gateway, 'measures?by=provider');
  for (const id of ['u1', 'u2']) {
    const models = Object.values(stats[id].keys).flatMap((key) => Object.values(key.models));
    assert.equal(byProvider.find((row) => row.provider === id).answered, sum(models, (one) => one.ok), id);
  }
  const {recent} = await told(gateway, 'status');
  assert.deepEqual([recent.span_s, recent.requests, recent.answered, recent.failed], [900, 50, 48, 2]);
  assert.deepEqual([recent.success, recent.ttft_p50_ms, recent.ttft_p95_ms], [all.success, all.ttft_p50_ms, all.ttft_p95_ms]);
  assert.deepEqual([recent.last_failure.id, recent.last_failure.provider, recent.last_failure.status], ['failed', 'u2', failed.status]);
  assert.match(recent.last_failure.evidence, /^500 /);
  assert.equal(recent.last_failure.error_code, failed.json.error.code);
  assert.match(recent.last_failure.error, /^No provider could answer this request\. One route was tried: u2\/m1 key#1… \(server_error\)/);
  // Models tell what the router has measured of them.
  const row = await eventually(async () => {
    const {models} = await told(gateway, 'models?provider=u1');
    return models.find((one) => one.model === undefined && one.id === 'u1/m1' && one.measures?.calls > 0);
  }, 'measures of u1/m1');
  assert.ok(row.measures.ttft_ms > 0 && row.measures.tokens_per_s > 0 && row.measures.success > 0.9);
});

scene('a pool tells when it will be used up at the present rate', async (stage) => {
  const limits = 'limits = { rpd = 10, rpm = 100 }';
  const {gateway} = await stage.start({scenario: SCENARIO, config: config([provider('u1', ['m1'], limits)])});
  for (let i = 0; i < 8; ++i) assert.equal((await gateway.ask(chat('m1'))).status, 200);
  const before = Date.now();
  const pools = Object.fromEntries((await told(gateway, 'pools')).pools.map((one) => [one.pool, one]));
  const after = Date.now();
  assert.equal(pools.rpm.forecast, null, 'a sliding window frees as it is used');
  const {used, limit, forecast} = pools.rpd;
  assert.deepEqual([used, limit], [8, 10]);
  // The same in the test's words, at either end of the moment in which it was asked.
  const day = 24 * 3600 * 1000;
  const begin = Math.floor(before / day) * day;
  const [early, late] = [before, after].map((at) => at + ((at - begin) * (limit - used)) / used);
  const soon = late < begin + day && before - begin > 30 * 60 * 1000;
  if (!soon) {
    assert.equal(forecast, null, 'it is refilled before, or the day has just begun');
  } else {
    const at = Date.parse(forecast.exhausted_at);
    assert.ok(at >= Math.floor(early) - 1 && at <= late + 1, `${forecast.exhausted_at} is between ${early} and ${late}`);
    assert.equal(forecast.basis, `8 used since ${new Date(begin).toISOString()}`);
  }
  for (let i = 0; i < 2; ++i) await gateway.ask(chat('m1'));
  const {pools: [spent]} = await told(gateway, 'pools?provider=u1');
  const last = (await told(gateway, 'pools')).pools.find((one) => one.pool === 'rpd');
  assert.equal(spent.provider, 'u1');
  assert.equal(last.forecast.basis, 'all of it is used');
});
